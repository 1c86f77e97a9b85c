"""The ledger: every paragraph and bullet of the sources is carried by the knowledge, or says why not.

`ledger.csv` has a row for each piece that `paragraphs.py` cuts: a locator in at most twelve words of ours, pointers to
what carries it, and a fixture that shows it; or the reason why nothing carries it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from cds_service.loading import Loaded
from cds_service.pathway.assessment import Assessment
from cds_service.replay.coverage import Coverage, measure
from cds_service.replay.run import answers
from tests.shipped import patients, service

from ..beside import shared
from .paragraphs import Piece, pieces

LEDGER = Path(__file__).parent / "ledger.csv"
SOURCES = ("000", "001", "002", "003", "004")
WORDS = 12
COPIED = 6
# reasons for which a piece may be carried by nothing
REASONS = frozenset(
    {
        "heading of what follows",
        "navigation or legal text",
        "joins drugs of one regimen",
        "separates alternatives",
        "only names a line or a list",
        "study result that decides nothing by itself",
        "describes a technique; nothing recorded decides it",
        "weighed by the treating team; no rule is given",
        "leaves doses to local protocols",
        "literature reference",
        "points to another section",
        "epidemiology",
        "trial administration",
        "arms of a trial never fill a suggestion",
    }
)
# pointers that no patient shows: what a source is, where sources differ, what a fact is called
SHOWN_BY_NOBODY = ("difference", "fact", "source")


@dataclass(frozen=True)
class Row:
    piece: str
    locator: str
    carried_by: tuple[str, ...]
    fixture: str
    why_not: str


def rows() -> list[Row]:
    with LEDGER.open(newline="", encoding="utf-8") as stream:
        return [
            Row(r["piece"], r["locator"], tuple(r["carried_by"].split()), r["fixture"], r["why_not"])
            for r in csv.DictReader(stream)
        ]


ROWS = rows()


@pytest.fixture(scope="module")
def cut() -> dict[str, Piece]:
    files = sorted(shared("seeds").glob("*.txt"))
    assert [f.name[:3] for f in files] == list(SOURCES)
    return {piece.id: piece for file in files for piece in pieces(file)}


@pytest.fixture(scope="module")
def answered() -> dict[str, Assessment]:
    named = {row.fixture for row in ROWS if row.fixture}
    chosen = [f for f in patients() if f.name in named]
    return {name: answer.assessment for name, answer in answers(chosen, service)}


@pytest.fixture(scope="module")
def coverage(loaded: Loaded, answered: dict[str, Assessment]) -> Coverage:
    return measure(loaded, answered.items())


def known(loaded: Loaded, coverage: Coverage) -> Mapping[str, frozenset[str]]:
    """Every id that a pointer of each kind may name."""
    knowledge = loaded.knowledge
    inside = [c.statement.address.partition(" > ") for c in coverage.covered]
    rules = ("contraindication", "caution", "off-pathway")
    return {
        "offer": frozenset(c.statement.address for c in coverage.covered if c.statement.kind == "offer"),
        "rule": frozenset(
            name
            for c, (_, _, name) in zip(coverage.covered, inside, strict=True)
            if c.statement.kind in rules
        ),
        "refusal": frozenset(
            name
            for c, (_, _, name) in zip(coverage.covered, inside, strict=True)
            if c.statement.kind in ("refusal", "unaddressed")
        ),
        "group": frozenset(knowledge.groups),
        "table": frozenset(t.id for t in knowledge.tables),
        "row": frozenset(f"{t.id}/{n}" for t in knowledge.tables for n in range(1, len(t.rows) + 1)),
        "option": frozenset(knowledge.judge.options),
        "trial": frozenset(c.statement.address for c in coverage.covered if c.statement.kind == "criterion"),
        "difference": frozenset(loaded.wording.terms["differences"]),
        "fact": frozenset(knowledge.vocabulary.definitions),
        "source": frozenset(loaded.sources),
    }


def test_every_piece_of_the_sources_has_one_row(cut: dict[str, Piece]) -> None:
    assert [row.piece for row in ROWS] == list(cut)


def test_a_row_is_carried_or_says_why_not() -> None:
    for row in ROWS:
        assert bool(row.carried_by) != bool(row.why_not), row
        assert not row.why_not or row.why_not in REASONS, row


def test_no_pointer_dangles(loaded: Loaded, coverage: Coverage) -> None:
    names = known(loaded, coverage)
    for row in ROWS:
        for pointer in row.carried_by:
            kind, _, name = pointer.partition(":")
            assert name in names[kind], (row.piece, pointer)


def test_what_carries_a_piece_cites_its_source(loaded: Loaded) -> None:
    """An offer, rule or trial criterion that carries a piece of a source names that source."""
    cited: dict[str, set[str]] = {}
    for group in (*loaded.knowledge.groups.values(), *loaded.knowledge.not_addressed.values()):
        for offer in group.offers:
            cited[f"offer:{offer.id}"] = set(offer.sources)
    for row in ROWS:
        offers = [cited[p] for p in row.carried_by if p in cited]
        assert not offers or any(row.piece[:3] in sources for sources in offers), row


def test_a_row_has_a_fixture_unless_nobody_can_show_it() -> None:
    for row in ROWS:
        shown = [p for p in row.carried_by if p.partition(":")[0] not in SHOWN_BY_NOBODY]
        assert bool(row.fixture) == bool(shown), row


def test_the_fixture_shows_something_that_carries_the_piece(
    answered: dict[str, Assessment], coverage: Coverage
) -> None:
    shown = {}
    for covered in coverage.covered:
        one = covered.statement
        name = one.address if " > " not in one.address else one.address.partition(" > ")[2]
        shown.setdefault(name, set()).update(name for names in covered.shown.values() for name in names)
    for row in ROWS:
        if row.fixture:
            assessment = answered[row.fixture]
            assert any(_shows(p, row.fixture, assessment, shown) for p in row.carried_by), row


def _shows(pointer: str, fixture: str, assessment: Assessment, shown: Mapping[str, set[str]]) -> bool:
    kind, _, name = pointer.partition(":")
    match kind:
        case "group":
            return name in (*assessment.groups, *assessment.treated_as)
        case "option":
            return any(v.option == name for v in assessment.verdicts)
        case "table":
            return any(fixture in shown[a] for a in shown if a.startswith(f"{name} row "))
        case "row":
            return fixture in shown[name.replace("/", " row ")]
        case _:
            return fixture in shown.get(name, ())


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def test_a_locator_is_short() -> None:
    for row in ROWS:
        assert 0 < len(words(row.locator)) <= WORDS, row


def test_nothing_in_the_ledger_is_copied_from_the_sources(cut: dict[str, Piece]) -> None:
    """No run of more than six words of the ledger stands in a source."""
    text = {
        source: " ".join(words(" ".join(p.text for p in cut.values() if p.id[:3] == source)))
        for source in SOURCES
    }
    for row in ROWS:
        for told in (row.locator, row.why_not):
            said = words(told)
            for start in range(len(said) - COPIED):
                run = " ".join(said[start : start + COPIED + 1])
                assert all(run not in source for source in text.values()), (row.piece, run)


def test_the_splitter_cuts_paragraphs_and_bullets(tmp_path: Path) -> None:
    file = tmp_path / "009_abc.txt"
    file.write_text("A heading\n\nOne line\nand its rest.\n\n  • first\n  • second\n  1. third\n")
    found = list(pieces(file))
    assert [p.text for p in found] == [
        "A heading",
        "One line and its rest.",
        "• first",
        "• second",
        "1. third",
    ]
    assert [p.id[:7] for p in found] == [f"009-00{n}" for n in range(1, 6)]
    assert len({p.id[8:] for p in found}) == 5
