"""Breaking one cell of any decision table makes the check fail and name the table and the row.

Every row of every table is taken out, doubled with another result, and changed cell by cell. A change counts as
a break if the engine itself, walked point by point, finds a patient whom another number of rows covers than one.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_service.authored import Document, read_yaml
from cds_service.case.fact import Choice, Interval, Members, Value
from cds_service.checked import mistakes
from cds_service.pathway.criteria import leaves
from cds_service.pathway.flaws import Flaw
from cds_service.pathway.knowledge import Knowledge
from cds_service.pathway.proof import prove
from cds_service.pathway.tables import Table, compile_table
from tests.shipped import shipped

from .authoring import KNOWLEDGE, Copy

BOUNDS = ("above", "at-least", "below", "up-to")
Row = dict[str, Any]


def knowledge() -> Knowledge:
    return shipped().knowledge


@cache
def written() -> dict[str, tuple[Path, str, dict[str, Any]]]:
    """Every table as it is written, by its id, with the file that holds it and its disease."""
    found = {}
    for path in sorted((KNOWLEDGE / "tables").glob("*.yaml")):
        content = read_yaml(path, path.name).content
        for table in content["tables"]:
            found[table["table"]] = path, content["disease"], table
    return found


@dataclass(frozen=True)
class Break:
    """A table with one thing broken: `row` (from 0) is where, in the table as it was."""

    told: str
    table: dict[str, Any]
    row: int

    def found(self) -> tuple[Flaw, ...]:
        return prove([self.compiled()], knowledge().vocabulary, ()).flaws

    def compiled(self) -> Table:
        disease = written()[self.table["table"]][1]
        return compile_table(self.table, disease, knowledge().vocabulary, ("tables", 0))


def without(table: str, row: int) -> Break:
    broken = copy.deepcopy(written()[table][2])
    del broken["rows"][row]
    return Break(f"{table}: row {row + 1} taken out", broken, row)


def doubled(table: str, row: int) -> Break:
    broken = copy.deepcopy(written()[table][2])
    again = copy.deepcopy(broken["rows"][row])
    definition = knowledge().vocabulary[broken["derives"]]
    values = definition.values or (True, False)
    again["then"] = next(v for v in values if v != again["then"])
    broken["rows"].append(again)
    return Break(f"{table}: row {row + 1} doubled as {again['then']}", broken, row)


def changed(table: str, row: int) -> Iterator[Break]:
    """Each cell of the row changed in each way that a slip of the pen could."""
    count = len(_cells(written()[table][2]["rows"][row]))
    for cell in range(count):
        for change in range(20):
            # every row a copy of its own, so that a change stays in one row
            broken = {
                **written()[table][2],
                "rows": [copy.deepcopy(r) for r in written()[table][2]["rows"]],
            }
            leaf = _cells(broken["rows"][row])[cell]
            before = dict(leaf)
            slips = list(_slips(leaf))
            if change >= len(slips):
                break
            leaf.clear()
            leaf.update(slips[change])
            if leaf != before:
                yield Break(f"{table}: row {row + 1}, {before} became {leaf}", broken, row)


def _cells(row: Row) -> list[dict[str, Any]]:
    """The one-fact tests of a row, each once though it may be written once and meant twice."""
    _own(row)
    return list(leaves(row["when"]))  # type: ignore[arg-type]


def _own(tree: Any) -> None:
    """Give every part of a tree an object of its own: an anchor would change every place that it is used."""
    items = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree))
    for key, value in items:
        if isinstance(value, dict | list):
            tree[key] = copy.copy(value)
            _own(tree[key])


def _slips(leaf: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    definition = knowledge().vocabulary[leaf["fact"]]
    for bound in BOUNDS:
        if bound in leaf:
            yield {**leaf, bound: leaf[bound] + 1}
            yield {**leaf, bound: leaf[bound] - 0.5}
            other = {"above": "at-least", "at-least": "above", "below": "up-to", "up-to": "below"}[bound]
            yield {**{k: v for k, v in leaf.items() if k != bound}, other: leaf[bound]}
    if "is" in leaf:
        values = definition.values or (True, False)
        yield from ({**leaf, "is": v} for v in values[:8] if v != leaf["is"])
    for listing in ("in", "has-any", "has-none"):
        if len(leaf.get(listing, ())) > 1:
            yield {**leaf, listing: leaf[listing][1:]}
            yield {**leaf, listing: leaf[listing][:-1]}
    if "has" in leaf:
        yield from ({**leaf, "has": v} for v in definition.values[:4] if v != leaf["has"])


def patients(trees: list[Mapping[str, Any]], most: int = 1000) -> Iterator[dict[str, Value]]:
    """Settled inputs on both sides of everything that the trees ask for: all of them, or so many drawn ones."""
    columns: dict[str, list[Value]] = {}
    for leaf in (leaf for tree in trees for leaf in leaves(tree)):
        columns.setdefault(leaf["fact"], [])
    for fact in columns:
        definition = knowledge().vocabulary[fact]
        if definition.type in ("code", "boolean"):
            columns[fact] = [Choice(frozenset({v})) for v in definition.values or (True, False)]
        elif definition.type == "codes":
            named = {m for t in trees for x in leaves(t) if x["fact"] == fact for m in _members(x)}
            few = sorted(named)[:3] + sorted(named)[-3:]
            columns[fact] = [Members(frozenset()), *(Members(frozenset({m})) for m in sorted(named))]
            columns[fact] += [Members(frozenset({a, b})) for a, b in product(few, few) if a < b]
        else:
            cuts = {x[b] for t in trees for x in leaves(t) if x["fact"] == fact for b in BOUNDS if b in x}
            whole = definition.type == "integer"
            near = {c + d for c in cuts for d in ((-1, 0, 1) if whole else (-0.4, -0.1, 0, 0.1, 0.4, 1.5))}
            columns[fact] = [Interval(n, n) for n in sorted(n for n in near if n >= 0)]
    total = 1
    for column in columns.values():
        total *= len(column)
    if total <= most:
        yield from (dict(zip(columns, c, strict=True)) for c in product(*columns.values()))
        return
    chosen = random.Random(total)
    for _ in range(most):
        yield {fact: chosen.choice(column) for fact, column in columns.items()}


def _members(leaf: Mapping[str, Any]) -> list[str]:
    return [leaf["has"]] if "has" in leaf else list(leaf.get("has-any", leaf.get("has-none", ())))


def truly_broken(break_: Break) -> bool:
    """Whether some patient is covered by no row or by several, in the engine alone."""
    table = break_.compiled()
    trees = [*table.trees, *knowledge_table(break_.table["table"]).trees]
    return any(
        sum(row.criterion.test(values) is True for row in table.rows) != 1 for values in patients(trees)
    )


def knowledge_table(name: str) -> Table:
    return next(t for t in knowledge().tables if t.id == name)


def rows() -> list[Any]:
    return [
        pytest.param(table, row, id=f"{table}-{row + 1}")
        for table, (_, _, source) in written().items()
        for row in range(len(source["rows"]))
    ]


@pytest.mark.parametrize(("table", "row"), rows())
def test_a_row_taken_out_leaves_a_gap_where_it_was(table: str, row: int) -> None:
    found = [f for f in without(table, row).found() if "no row covers" in f.message]
    whole = knowledge_table(table)
    if not any(whole.rows[row].criterion.test(p) is True for p in patients([*whole.trees], most=20_000)):
        # a row for inputs that are not known leaves no settled patient uncovered
        assert any("known" in repr(tree) for tree in [whole.trees[row]])
        return

    (flaw,) = found
    assert flaw.table == table
    assert flaw.shown_by is not None
    # the patient who is shown is one of those whom the row covered
    assert knowledge_table(table).rows[row].criterion.test(flaw.shown_by) is True
    assert flaw.cells


@pytest.mark.parametrize(("table", "row"), rows())
def test_a_row_doubled_with_another_result_clashes_with_itself(table: str, row: int) -> None:
    break_ = doubled(table, row)
    last = len(break_.table["rows"])
    found = [f for f in break_.found() if "both cover" in f.message]

    assert found
    assert any(f"rows {row + 1} and {last} both cover" in f.message for f in found), found
    assert {c.row for f in found for c in f.cells} >= {row + 1, last}


def first_of_some() -> list[Any]:
    """The rows, those slow that are neither the first of their table nor every sixth."""
    return [
        p if p.values[1] == 0 or number % 6 == 0 else pytest.param(*p.values, id=p.id, marks=pytest.mark.slow)
        for number, p in enumerate(rows())
    ]


@pytest.mark.parametrize(("table", "row"), first_of_some())
def test_a_changed_cell_is_found_and_its_row_named(table: str, row: int) -> None:
    for break_ in changed(table, row):
        if not truly_broken(break_):
            continue
        found = break_.found()
        assert found, break_.told
        assert {f.table for f in found} == {table}, break_.told
        assert row + 1 in {c.row for f in found for c in f.cells}, f"{break_.told}\n{found}"


def test_most_changes_of_a_cell_are_true_breaks() -> None:
    """Else the test above would say little."""
    breaks = [
        b for table, row in ((p.values[0], p.values[1]) for p in rows()[:40]) for b in changed(table, row)
    ]
    chosen = random.Random(4).sample(breaks, 40)

    assert sum(truly_broken(b) for b in chosen) > 25


def in_a_copy(break_: Break, root: Path) -> tuple[Copy, str]:
    """A scratch copy of all knowledge with the break in it, and the name of the broken file."""
    scratch = Copy.make(root)
    path = written()[break_.table["table"]][0]
    name = f"knowledge/tables/{path.name}"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["tables"] = [
        break_.table if t["table"] == break_.table["table"] else t for t in content["tables"]
    ]
    (scratch.root / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return scratch, name


@pytest.mark.parametrize("seed", range(4))
def test_the_command_fails_and_names_file_line_table_and_row(seed: int, tmp_path: Path) -> None:
    chosen = random.Random(seed)
    table, row = chosen.choice(rows()).values
    breaks = [doubled(table, row), *(b for b in changed(table, row) if truly_broken(b))]
    break_ = chosen.choice(breaks)
    scratch, name = in_a_copy(break_, tmp_path)

    found = scratch.check()

    assert found.exit_code == 1, break_.told
    assert "Traceback" not in found.output
    told = [line for line in found.output.splitlines() if line.startswith(f"{name}:")]
    named = re.compile(rf"table '{table}': .*\brows? (?:\d+, )*{row + 1}, .*line \d+: ")
    assert any(named.search(line) for line in told), f"{break_.told}\n{found.output}"


def test_the_line_of_a_cell_is_the_line_on_which_it_stands(tmp_path: Path) -> None:
    break_ = next(b for b in changed("recurrence-risk", 13) if "tumour-size-cm" in b.told and truly_broken(b))
    scratch, name = in_a_copy(break_, tmp_path)
    document: Document = read_yaml(scratch.root / name, name)
    lines = (scratch.root / name).read_text(encoding="utf-8").splitlines()

    told = mistakes(break_.found(), [document])

    assert told
    for mistake in told:
        assert mistake.file == name
        assert "tumour-size-cm" in "\n".join(lines[mistake.line - 2 : mistake.line + 2])


@pytest.mark.slow
def test_a_cell_that_is_wrong_but_complete_is_found_by_its_patients(tmp_path: Path) -> None:
    """Another result in a row leaves no gap: the patients tell, and the row is named first."""
    scratch = Copy.make(tmp_path)
    line = scratch.replace("knowledge/tables/gist.yaml", "        then: high\n", "        then: moderate\n")
    found = scratch.check(fixtures=True)
    assert found.exit_code == 1
    told = found.output.partition("Where to look first:")[2].splitlines()
    # the row begins at the line of its condition, right above its result
    assert f"knowledge/tables/gist.yaml:{line - 1}: row recurrence-risk" in told[1]
    assert "patients do not get what their sources lead one to expect" in found.output
