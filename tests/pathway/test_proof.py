"""The proof of the tables: sound ones pass, and each kind of flaw is found and laid to its row and cell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any

import pytest

from cds_service.case.fact import Choice, Interval, Value
from cds_service.case.vocabulary import FactDefinition, Vocabulary
from cds_service.pathway.flaws import Flaw
from cds_service.pathway.groups import PLACED_BY
from cds_service.pathway.placement_proof import Answered
from cds_service.pathway.proof import Proof, prove
from cds_service.pathway.tables import compile_tables

from .cases import knowledge

VOCABULARY = Vocabulary(
    {
        d.id: d
        for d in (
            FactDefinition("size", "quantity", unit="cm"),
            FactDefinition("deep", "boolean"),
            FactDefinition("site", "code", values=("arm", "leg", "back")),
            FactDefinition("drugs", "codes", values=("a", "b")),
            FactDefinition("bulk", "code", values=("small", "large"), derived=True),
            FactDefinition("group", "code", values=("one", "two", "three"), derived=True),
        )
    }
)
SMALL = {"when": {"fact": "size", "up-to": 5}, "then": "small"}
LARGE = {"when": {"fact": "size", "above": 5}, "then": "large"}
ONE = {"when": {"fact": "bulk", "is": "small"}, "then": "one"}
TWO = {"when": {"all": [{"fact": "bulk", "is": "large"}, {"fact": "deep", "is": False}]}, "then": "two"}
THREE = {"when": {"all": [{"fact": "bulk", "is": "large"}, {"fact": "deep", "is": True}]}, "then": "three"}


def proof(bulk: list[Mapping[str, Any]], group: list[Mapping[str, Any]] | None = None, **more: Any) -> Proof:
    """The proof of a table from sizes to bulk, and of one from bulk and depth to groups, with `more` members."""
    cite = [{"source": "000", "section": "a", "says": "b"}]
    tables = [
        {"table": "bulk", "derives": "bulk", "because": "", "rows": bulk, "cite": cite},
        {
            "table": "group",
            "derives": "group",
            "because": "",
            "rows": group or [ONE, TWO, THREE],
            "cite": cite,
        }
        | more,
    ]
    compiled = compile_tables([{"disease": "sts", "tables": tables}], VOCABULARY)
    return prove(compiled, VOCABULARY, ["group"], {"three"})


def only(found: Proof) -> Flaw:
    (flaw,) = found.flaws
    assert found.placements == ()
    return flaw


def test_a_complete_table_passes_and_its_points_are_counted() -> None:
    found = proof([SMALL, LARGE])

    assert found.flaws == ()
    bulk, group = found.tables
    # small, large, either; and for the group the same beside deep, superficial, either
    assert (bulk.table, bulk.facts, bulk.points, bulk.unknown) == ("bulk", 1, 3, 1)
    assert (group.table, group.facts, group.points, group.unknown) == ("group", 2, 9, 5)


def test_the_placement_is_counted_over_recorded_facts() -> None:
    (placement,) = proof([SMALL, LARGE]).placements

    assert (placement.facts, placement.points, placement.unknown) == (2, 9, 5)
    # a small one whatever the depth (deep, superficial, either); a large superficial one; large and deep is not
    # addressed; what is left may be several
    assert placement.everywhere == Answered(one=3 + 1, several=9 - 3 - 1 - 1, not_addressed=1)
    assert placement.settled == Answered(one=2 + 1, several=0, not_addressed=1)
    assert placement.reached == {"one", "two", "three"}


def test_a_gap_names_what_is_not_covered_and_the_nearest_cells() -> None:
    flaw = only(proof([SMALL, {**LARGE, "when": {"fact": "size", "above": 6}}]))

    assert flaw.table == "bulk"
    assert "no row covers size = 5.5" in flaw.message
    assert [(c.row, c.where, c.text) for c in flaw.cells] == [
        (1, ("rows", 0, "when"), "size up-to 5"),
        (2, ("rows", 1, "when"), "size above 6"),
    ]


def test_a_gap_at_a_single_number_is_found() -> None:
    flaw = only(proof([{**SMALL, "when": {"fact": "size", "below": 5}}, LARGE]))

    assert "no row covers size = 5" in flaw.message


def test_a_clash_names_both_rows_and_the_cells_in_which_they_differ() -> None:
    wide = {"all": [{"fact": "bulk", "is": "large"}, {"fact": "deep", "is": True}, {"always": True}]}
    flaw = only(
        proof(
            [SMALL, LARGE], [ONE, {**TWO, "when": {"fact": "bulk", "is": "large"}}, {**THREE, "when": wide}]
        )
    )

    assert flaw.table == "group"
    assert "rows 2 and 3 both cover bulk = large, deep = true" in flaw.message
    assert (3, ("rows", 2, "when", "all", 1), "deep is true") in [
        (c.row, c.where, c.text) for c in flaw.cells
    ]


def test_a_row_that_nothing_meets_is_refused() -> None:
    never = {"when": {"all": [{"fact": "size", "above": 5}, {"fact": "size", "below": 3}]}, "then": "large"}
    flaw = only(proof([SMALL, LARGE, never]))

    assert "row 3 covers nothing" in flaw.message


def test_an_open_result_without_a_reason_is_refused() -> None:
    either = {**LARGE, "then": ["small", "large"], "ask": ["size"]}
    flaw = only(proof([SMALL, either]))

    assert "row 2 leaves large or small open and does not say why" in flaw.message
    assert flaw.cells[0].where == ("rows", 1, "then")
    for reason in ({"silent": True}, {"remark": "depends"}):
        assert proof([SMALL, {**either, **reason}]).flaws == ()


def test_an_open_result_of_which_nobody_is_asked_is_refused() -> None:
    flaw = only(proof([SMALL, {**LARGE, "then": ["small", "large"], "silent": True}]))

    assert "row 2 leaves large or small open and does not say what to ask for" in flaw.message
    assert flaw.cells[0].where == ("rows", 1, "then")


STATED = {"stated": {"fact": "deep", "is": True}}
UNLESS_STATED: list[Mapping[str, Any]] = [
    ONE,
    {**TWO, "when": {"all": [{"fact": "bulk", "is": "large"}, {"not": STATED}]}},
    {**THREE, "when": {"all": [{"fact": "bulk", "is": "large"}, STATED]}},
]


def test_reading_silence_is_refused_as_learning_would_widen_the_results() -> None:
    flaw = only(proof([SMALL, LARGE], UNLESS_STATED))

    assert "learning more of deep (unknown, then true) makes three possible" in flaw.message
    assert "`silence`" in flaw.message
    assert (2, ("rows", 1, "when", "all", 1, "not")) in [(c.row, c.where) for c in flaw.cells]


def test_reading_silence_is_allowed_where_the_table_says_so() -> None:
    found = proof([SMALL, LARGE], UNLESS_STATED, silence=[{"fact": "deep", "because": "nobody measures it"}])

    assert found.flaws == ()
    assert len(found.placements) == 1


def test_silence_that_changes_no_result_is_refused() -> None:
    same = {**THREE, "then": "two", "when": {"all": [{"fact": "bulk", "is": "large"}, STATED]}}
    found = proof(
        [SMALL, LARGE], [ONE, UNLESS_STATED[1], same], silence=[{"fact": "deep", "because": "no use"}]
    )

    flaw = only(found)
    assert "'deep' is explained, but when it ends no result comes back" in flaw.message


def test_silence_about_one_fact_excuses_no_other() -> None:
    known = {"known": "size"}
    rows: list[Mapping[str, Any]] = [
        {**ONE, "when": {"all": [{"fact": "bulk", "is": "small"}, known]}},
        {**ONE, "when": {"all": [{"fact": "bulk", "is": "small"}, {"not": known}]}, "then": "two"},
        UNLESS_STATED[1],
        UNLESS_STATED[2],
    ]
    found = proof([SMALL, LARGE], rows, silence=[{"fact": "deep", "because": "nobody measures it"}])

    flaw = next(f for f in found.flaws if "learning more of size" in f.message)
    assert {c.text for c in flaw.cells} == {"known size"}
    assert not any("learning more of deep" in f.message for f in found.flaws)


def test_silence_that_no_row_reads_is_refused() -> None:
    flaw = only(proof([SMALL, LARGE], silence=[{"fact": "deep", "because": "nobody measures it"}]))

    assert "'deep' is explained, but no row reads it" in flaw.message
    assert flaw.cells[0].where == ("silence", 0, "fact")


def test_every_flaw_of_every_table_is_told_at_once() -> None:
    found = proof([SMALL], [ONE, TWO])

    assert {f.table for f in found.flaws} == {"bulk", "group"}


# --- the shipped knowledge ------------------------------------------------------------------------


DISEASES = tuple(knowledge().diseases)


@cache
def shipped(disease: str) -> Proof:
    part = knowledge().of(disease)
    silent = part.vocabulary[PLACED_BY].not_addressed
    return prove(part.tables, part.vocabulary, [PLACED_BY], silent)


@pytest.mark.parametrize("disease", DISEASES)
def test_the_shipped_tables_are_complete(disease: str) -> None:
    found = shipped(disease)

    assert found.flaws == ()
    assert [t.table for t in found.tables] == [t.id for t in knowledge().of(disease).tables]


@pytest.mark.parametrize("disease", DISEASES)
def test_the_placement_answers_everywhere_and_reaches_every_group(disease: str) -> None:
    (placement,) = shipped(disease).placements
    counts, settled = placement.everywhere, placement.settled

    assert counts.one + counts.several + counts.not_addressed == placement.points
    assert settled.one + settled.several + settled.not_addressed == placement.points - placement.unknown
    part = knowledge().of(disease)
    assert placement.reached == {*part.groups, *part.not_addressed}


def test_all_21_groups_are_reached() -> None:
    reached = {r for disease in DISEASES for p in shipped(disease).placements for r in p.reached}

    assert set(knowledge().vocabulary[PLACED_BY].values) <= reached


def test_the_risk_table_is_as_large_as_counted_by_hand() -> None:
    # site: gastric, non-gastric, either; size: 4 ranges and every run of them; mitoses: 2 and their run
    risk = next(t for t in shipped("gist").tables if t.table == "recurrence-risk")
    sizes, mitoses, sites = 4 + 3 + 2 + 1, 3, 3

    assert risk.points == sites * sizes * mitoses
    assert risk.points - risk.unknown == 2 * 4 * 2


def test_every_settled_point_of_the_risk_table_meets_one_row_when_walked_by_hand() -> None:
    """The same statement without any of the proof's own machinery."""
    table = knowledge().table("recurrence-risk")
    assert table is not None
    numbers = (0.1, 1.9, 2.0, 2.1, 4.9, 5.0, 5.1, 9.9, 10.0, 10.1, 40.0)
    for site, size, mitoses in product(("gastric", "non-gastric"), numbers, (0.0, 4.0, 5.0, 5.5, 6.0, 100.0)):
        values: dict[str, Value] = {
            "gist-site": Choice(frozenset({site})),
            "tumour-size-cm": Interval(size, size),
            "mitoses-per-50-hpf": Interval(mitoses, mitoses),
        }
        assert sum(row.criterion.test(values) is True for row in table.rows) == 1, values
