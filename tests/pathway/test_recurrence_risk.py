"""The recurrence-risk table against a second one (recurrence-risk.csv), written by hand from 000's two lists and
decision 13."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest

from cds_service.case.fact import Choice, Interval, Value
from cds_service.pathway.tables import Table

from .cases import R0, assessed, draft, gist, knowledge, unknown

# 000 puts sizes into ≤2, >2 to 5, >5 to 10 and >10 cm, and counts into ≤5 and >5 per 50 HPF.
# Cells that it leaves out are "not-defined" (decision 13), never low.
FEW, MANY = "≤5", ">5"
BANDS = {
    "≤2": (0.4, 1.9, 2.0),
    ">2-5": (2.01, 3.5, 5.0),
    ">5-10": (5.01, 7.0, 10.0),
    ">10": (10.01, 14.0, 35.0),
}
COUNTS = {FEW: (0.0, 2.0, 5.0), MANY: (5.01, 6.0, 40.0)}
ORIGINS = ("gastric", "non-gastric")

with Path(__file__).with_name("recurrence-risk.csv").open(encoding="utf-8", newline="") as _lines:
    _ROWS = list(csv.DictReader(_lines))
RISK = {(row["origin"], row["size-cm"], row["mitoses-per-50-hpf"]): row["risk"] for row in _ROWS}
INSUFFICIENT = {
    (row["origin"], row["size-cm"], row["mitoses-per-50-hpf"])
    for row in _ROWS
    if row["insufficient-data"] == "yes"
}


def _table(derives: str) -> Table:
    table = knowledge().table(derives)
    assert table is not None
    return table


def risk(site: set[str], size: Value, mitoses: Value) -> set[object]:
    values = {"gist-site": Choice(frozenset(site)), "tumour-size-cm": size, "mitoses-per-50-hpf": mitoses}
    return set(_table("recurrence-risk").evaluate(values).possible)


def point(number: float) -> Interval:
    return Interval(number, number)


CELLS = [
    pytest.param(site, size, count, RISK[site, band, column], id=f"{site}-{size}cm-{count}")
    for site in ORIGINS
    for band, sizes in BANDS.items()
    for column, counts in COUNTS.items()
    for size in sizes
    for count in counts
]


@pytest.mark.parametrize(("site", "size", "count", "expected"), CELLS)
def test_every_cell_and_boundary(site: str, size: float, count: float, expected: str) -> None:
    assert risk({site}, point(size), point(count)) == {expected}


def test_the_second_table_has_every_cell_once() -> None:
    assert len(_ROWS) == len(RISK)
    assert set(RISK) == set(product(ORIGINS, BANDS, COUNTS))


@pytest.mark.parametrize(("band", "column"), list(product(BANDS, COUNTS)))
@pytest.mark.parametrize("site", ORIGINS)
def test_cells_from_insufficient_data_carry_that_remark(site: str, band: str, column: str) -> None:
    values: dict[str, Value] = {
        "gist-site": Choice(frozenset({site})),
        "tumour-size-cm": point(BANDS[band][1]),
        "mitoses-per-50-hpf": point(COUNTS[column][1]),
    }
    remarks = _table("recurrence-risk").remarks(values)

    assert ("insufficient-data" in remarks) is ((site, band, column) in INSUFFICIENT)


@pytest.mark.parametrize(
    ("site", "size", "mitoses", "origins", "bands", "columns"),
    [
        ("stomach", 6, None, ["gastric"], [">5-10"], COUNTS),
        ("stomach", 12, None, ["gastric"], [">10"], COUNTS),
        ("stomach", 4, None, ["gastric"], [">2-5"], COUNTS),
        ("stomach", 1.5, None, ["gastric"], ["≤2"], COUNTS),
        ("jejunum", 6, None, ["non-gastric"], [">5-10"], COUNTS),
        ("jejunum", 12, None, ["non-gastric"], [">10"], COUNTS),
        ("jejunum", None, 9, ["non-gastric"], BANDS, [MANY]),
        ("stomach", None, 9, ["gastric"], BANDS, [MANY]),
        # unknown origin is both (decision 13)
        (None, 6, 3, ORIGINS, [">5-10"], [FEW]),
        (None, 3, 9, ORIGINS, [">2-5"], [MANY]),
        (None, 6, 9, ORIGINS, [">5-10"], [MANY]),
        (None, None, None, ORIGINS, BANDS, COUNTS),
        # more than 10 cm, without an exact number
        ("stomach", Interval(10, low_open=True), 3, ["gastric"], [">10"], [FEW]),
        ("stomach", Interval(10), 3, ["gastric"], [">5-10", ">10"], [FEW]),
        # at most 5 mitoses
        ("ileum", 4, Interval(0, 5), ["non-gastric"], [">2-5"], [FEW]),
        ("stomach", 6, Interval(4, 8), ["gastric"], [">5-10"], COUNTS),
    ],
)
def test_unknown_facts_leave_every_risk_that_is_still_possible(
    site: str | None,
    size: float | Interval | None,
    mitoses: float | Interval | None,
    origins: Iterable[str],
    bands: Iterable[str],
    columns: Iterable[str],
) -> None:
    case = gist(primary_site=site, tumour_size_cm=size, mitoses_per_50_hpf=mitoses)
    value = assessed(case).facts["recurrence-risk"].value

    assert isinstance(value, Choice)
    assert value.possible == {RISK[cell] for cell in product(origins, bands, columns)}


@pytest.mark.parametrize(
    ("site", "column", "said"),
    [
        ("stomach", "gastric", False),
        # 000 names small bowel and colorectal tumours
        *((s, "non-gastric", False) for s in ("duodenum", "jejunum", "ileum", "small-intestine")),
        *((s, "non-gastric", False) for s in ("colon", "rectum")),
        # read as non-gastric although 000 does not name them: the card says so (decision 13)
        *((s, "non-gastric", True) for s in ("oesophagus", "mesentery", "omentum")),
    ],
)
def test_the_column_of_a_primary_site(site: str, column: str, said: bool) -> None:
    case = assessed(gist(R0, primary_site=site, tumour_size_cm=6, mitoses_per_50_hpf=3))

    assert case.facts["gist-site"].value == Choice(frozenset({column}))
    assert ("non-gastric-by-exclusion" in case.remarks) is said


def test_a_risk_that_the_record_states_is_taken_only_where_the_table_allows_it() -> None:
    """A statement narrows what the table leaves open; against the table both stay possible."""
    allowed = gist(primary_site="stomach", tumour_size_cm=6, recurrence_risk="high")
    against = gist(primary_site="stomach", tumour_size_cm=6, mitoses_per_50_hpf=2, recurrence_risk="high")

    assert assessed(allowed).facts["recurrence-risk"].value == Choice(frozenset({"high"}))
    assert assessed(against).facts["recurrence-risk"].value == Choice(frozenset({"low", "high"}))


def test_an_unknown_risk_says_what_would_decide_it() -> None:
    case = gist(R0, primary_site="stomach", tumour_size_cm=6, genotype={"kit-exon-11"})

    assert [m.fact for m in assessed(case, draft("imatinib")).missing] == ["mitoses-per-50-hpf"]
    assert unknown("mitoses-per-50-hpf") == case.facts["mitoses-per-50-hpf"].value
