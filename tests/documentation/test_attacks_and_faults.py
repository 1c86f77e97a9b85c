"""The table of attacks and faults: each row names a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs" / "attacks-and-faults.md"


def rows() -> list[list[str]]:
    lines = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| "))
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "attack or fault"]


@cache
def defined(file: Path) -> frozenset[str]:
    """The names of the tests in a file."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef))


def test_there_are_rows() -> None:
    assert len(rows()) > 30


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_each_row_names_a_test_that_exists(row: list[str]) -> None:
    _attack, what, test = row
    assert what
    named = re.findall(r"`([a-z_/]+\.py)::(?:\w+::)?(test_\w+)(?:\[(.+?)\])?`", test)
    assert named, "name a test as `folder/test_file.py::test_name`"
    for file, name, case in named:
        path = CHECKOUT / "tests" / file
        assert name in defined(path)
        assert case in path.read_text(encoding="utf-8")
