"""Every cell of the recurrence-risk table of 000, on both sides of each cut point, is shown by a patient."""

from __future__ import annotations

import re

import pytest

from ..beside import shared
from .shown import FIXTURES, Shown, expected_facts

SITES = {"gastric": "Risk levels for gastric", "non-gastric": "Risk levels for non-gastric"}
LEVELS = {"high": "high", "moderate": "moderate", "low": "low", "very low": "very-low"}
# each size exactly at a cut point and just above it, in cm, and the band in which it lies
SIZES = {2.0: "≤2", 2.1: ">2≤5", 5.0: ">2≤5", 5.1: ">5≤10", 10.0: ">5≤10", 10.1: ">10"}
MITOSES = {5: "≤5", 6: ">5"}


def table_of_000() -> dict[tuple[str, str, str], str]:
    """The cells that the source fills: by site, band of size and band of mitoses."""
    (source,) = shared("seeds").glob("000_*.txt")
    cells: dict[tuple[str, str, str], str] = {}
    site = level = None
    for line in source.read_text(encoding="utf-8").splitlines():
        text = line.strip(" •\t").lower()
        if heading := next((s for s, begins in SITES.items() if text.startswith(begins.lower())), None):
            site = heading
        elif text.startswith("in the case of"):
            site = None
        elif site and (word := text.removesuffix(":").removesuffix(" risk")) in LEVELS:
            level = LEVELS[word]
        elif site and level and text.startswith("tumour size"):
            size, mitoses = text.split(";")
            band = "".join(re.findall(r"[>≤]\d+", size))
            few_or_many = "".join(re.findall(r"([>≤]) ?5 mitoses", mitoses))
            assert (site, band, few_or_many) not in cells
            cells[site, band, f"{few_or_many}5"] = level
    return cells


def test_the_table_is_read_whole() -> None:
    """Gastric tumours up to 2 cm and small non-gastric ones with few mitoses are left out by the source."""
    everything = {(s, b, m) for s in SITES for b in SIZES.values() for m in MITOSES.values()}
    left_out = {("gastric", "≤2", "≤5"), ("gastric", "≤2", ">5"), ("non-gastric", "≤2", "≤5")}
    assert set(table_of_000()) == everything - left_out


@pytest.mark.parametrize("mitoses", MITOSES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("site", SITES)
def test_the_cell_is_shown_at_its_edge(shown: Shown, site: str, size: float, mitoses: int) -> None:
    risk = table_of_000().get((site, SIZES[size], MITOSES[mitoses]), "not-defined")
    wanted = {
        "tumour-size-cm": {"known": size},
        "mitoses-per-50-hpf": {"known": mitoses},
        "recurrence-risk": {"known": risk},
    }
    found = [
        name
        for name, fixture in FIXTURES.items()
        if wanted.items() <= dict(expected_facts(fixture)).items()
        and shown.fact(name, "gist-site").get("value") == site
    ]
    assert found, f"no patient shows {site}, {size} cm, {mitoses} per 50 HPF, {risk}"
