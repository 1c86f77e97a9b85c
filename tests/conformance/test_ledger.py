"""The ledger of requirements: each row is shown by tests that exist, or says why no test shows it."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cds_service.conformance.invariant import invariants
from cds_service.conformance.requirement import LEVELS, Requirement, requirements

from ..operation.running import CHECKOUT

LEDGER = Path(__file__).parent / "requirements.csv"
ROWS = requirements()
WORDS = 30
SECTION = r"(index|order-select|order-sign|patient-view)#[a-z0-9-]+|input/fsh/invariants/cds-[a-z]+-\d"


def test_the_package_reads_this_ledger() -> None:
    with LEDGER.open(newline="", encoding="utf-8") as stream:
        assert [row["id"] for row in csv.DictReader(stream)] == [row.id for row in ROWS]
    assert len(ROWS) >= 100


def test_every_row_is_whole() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row.level in LEVELS, row
        assert row.says, row
        assert 0 < len(row.says.split()) <= WORDS, row
        assert row.section, row
        for section in row.section.split():
            assert re.fullmatch(
                r"(index|order-select|order-sign|patient-view)#[a-z0-9-]+|input/fsh/invariants/.+", section
            )


def test_a_row_has_a_test_or_a_reason() -> None:
    for row in ROWS:
        assert row.tests or row.why_no_test, row.id


@pytest.mark.parametrize("row", [row for row in ROWS if row.tests], ids=lambda row: row.id)
def test_the_tests_of_a_row_exist(row: Requirement) -> None:
    for node in row.tests:
        assert not problem(node), f"{node}: {problem(node)}"


@pytest.mark.parametrize(
    "node",
    [
        "tests/conformance/test_nowhere.py::test_a_requirement_holds",
        "tests/conformance/test_ledger.py::test_that_nobody_wrote",
        "tests/http/test_hooks.py::TestBrowsers::test_that_nobody_wrote",
        "tests/http/test_hooks.py::test_another_origin_is_not_let_in",
        "tests/conformance/test_ledger.py",
        "tests/conformance/test_running_service.py::test_a_requirement_holds[no.such-row]",
    ],
)
def test_a_test_that_does_not_exist_is_found_out(node: str) -> None:
    assert problem(node)


def test_every_invariant_has_a_row_of_its_own() -> None:
    named = {row.id for row in ROWS if row.section.startswith("input/fsh/invariants")}
    assert named == set(invariants())
    assert len(named) == 12


def problem(node: str) -> str:
    """Why a pytest node id names no test; empty if it names one.

    What stands in brackets is the id of a requirement: the one test that is named so has one case for each.
    """
    match = re.fullmatch(r"([\w/]+\.py)::((?:\w+::)?\w+)(?:\[([\w.-]+)\])?", node)
    if not match:
        return "is no node id"
    path, name, case = match.groups()
    if not (CHECKOUT / path).is_file():
        return "no such file"
    if name not in nodes_of(path):
        return "no such test"
    if case is not None and case not in {row.id for row in ROWS}:
        return "no such case"
    return ""


@cache
def nodes_of(path: str) -> frozenset[str]:
    """The tests of a file, those of classes as `Class::test`."""
    tree = ast.parse((CHECKOUT / path).read_text(encoding="utf-8"))

    def names(body: list[ast.stmt], prefix: str) -> Iterator[str]:
        for statement in body:
            if isinstance(statement, ast.FunctionDef) and statement.name.startswith("test_"):
                yield prefix + statement.name
            elif isinstance(statement, ast.ClassDef) and statement.name.startswith("Test"):
                yield from names(statement.body, f"{statement.name}::")

    return frozenset(names(tree.body, ""))
