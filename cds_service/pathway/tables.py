"""Decision tables: facts in, the set of results still possible out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from ..case.fact import Choice, Scalar, Value
from ..case.vocabulary import AuthoringError, Vocabulary, nearest
from .criteria import NOTHING, Criterion, Values, compile_criterion, leaves, representative_values

# beyond this many combinations a table should be split; all of ours are far below
GRID_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    criterion: Criterion
    results: frozenset[Scalar]
    remark: str | None
    silent: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One derived fact of one disease. `facts` are its inputs, `sources` the ids of those it rests on."""

    id: str
    disease: str
    derives: str
    rows: tuple[Row, ...]
    facts: frozenset[str]
    sources: tuple[str, ...]
    trees: tuple[Mapping[str, Any], ...]

    def evaluate(self, values: Values) -> Choice:
        """The results of every row that is met or may be met."""
        possible: frozenset[Scalar] = frozenset()
        for row in self.rows:
            answer = row.criterion.test(values)
            if answer is True:
                return Choice(row.results)
            if answer is None:
                possible |= row.results
        return Choice(possible)

    def needs(self, values: Values) -> frozenset[str]:
        """Input facts that are unknown and could change the result."""
        return NOTHING.union(*(row.criterion.needs(values) for row in self.rows))

    def remarks(self, values: Values) -> tuple[str, ...]:
        """Remarks of the rows that are met."""
        return tuple(
            dict.fromkeys(
                row.remark for row in self.rows if row.remark and row.criterion.test(values) is True
            )
        )

    def rows_met(self, values: Values) -> list[tuple[int, bool | None]]:
        """Number (from 1) and answer of every row that is not excluded, for the trace."""
        answers = ((n, row.criterion.test(values)) for n, row in enumerate(self.rows, 1))
        return [(n, answer) for n, answer in answers if answer is not False]


def compile_tables(documents: Iterable[Mapping[str, Any]], vocabulary: Vocabulary) -> tuple[Table, ...]:
    """All tables, each disease's in an order in which one comes after the tables whose results it reads.

    Raises AuthoringError for a result the fact cannot have, two tables of one disease for one fact, a derived
    fact without a table, tables that need each other, and for a gap or a clash on the grid of the table's cut
    points.
    """
    by_disease: dict[str, dict[str, Table]] = {}
    for document in documents:
        tables = by_disease.setdefault(document["disease"], {})
        for index, source in enumerate(document["tables"]):
            table = _compile(source, document["disease"], vocabulary, ("tables", index))
            if table.derives in tables:
                raise AuthoringError(f"two tables derive {table.derives!r}", ("tables", index, "derives"))
            tables[table.derives] = table
    for name in (d.id for d in vocabulary.definitions.values() if d.derived):
        if not any(name in tables for tables in by_disease.values()):
            raise AuthoringError(f"no table derives the fact {name!r}")
    return tuple(table for tables in by_disease.values() for table in _ordered(tables))


def _compile(
    source: Mapping[str, Any], disease: str, vocabulary: Vocabulary, where: tuple[str | int, ...]
) -> Table:
    derives = vocabulary[source["derives"]]
    allowed: frozenset[Scalar] = (
        frozenset({True, False})
        if derives.type == "boolean"
        else frozenset({*derives.values, *derives.not_addressed})
    )
    rows = []
    for number, row in enumerate(source["rows"]):
        results = frozenset(row["then"] if isinstance(row["then"], list) else [row["then"]])
        for result in results - allowed:
            raise AuthoringError(
                f"{result!r} is no value of {derives.id!r}{nearest(result, allowed)}",
                (*where, "rows", number, "then"),
            )
        criterion = compile_criterion(row["when"], vocabulary)
        rows.append(Row(criterion, results, row.get("remark"), row.get("silent", False)))
    trees = tuple(row["when"] for row in source["rows"])
    table = Table(
        id=source["table"],
        disease=disease,
        derives=derives.id,
        rows=tuple(rows),
        facts=frozenset().union(*(row.criterion.facts for row in rows)),
        sources=tuple(dict.fromkeys(c["source"] for c in source["cite"])),
        trees=trees,
    )
    _check_grid(table, vocabulary, where)
    return table


def _check_grid(table: Table, vocabulary: Vocabulary, where: tuple[str | int, ...]) -> None:
    """Every combination of known inputs must meet exactly one row."""
    trees = list(table.trees)
    facts = sorted(table.facts)
    columns: list[list[Value]] = [_grid_values(fact, trees, vocabulary) for fact in facts]
    size = 1
    for column in columns:
        size *= len(column)
    if size > GRID_LIMIT:
        raise AuthoringError(
            f"table {table.id!r} has {size} combinations of inputs; split it (at most {GRID_LIMIT})", where
        )
    for combination in product(*columns):
        values = dict(zip(facts, combination, strict=True))
        met = [n for n, row in enumerate(table.rows) if row.criterion.test(values) is True]
        if len(met) != 1:
            told = ", ".join(f"{fact} = {_tell(value)}" for fact, value in values.items())
            problem = "no row covers" if not met else f"rows {[n + 1 for n in met]} all cover"
            raise AuthoringError(
                f"table {table.id!r}: {problem} {told}", (*where, "rows", *(met[1:2] if met else ()))
            )


def _grid_values(fact: str, trees: list[Mapping[str, Any]], vocabulary: Vocabulary) -> list[Value]:
    """Representative values that the trees can tell apart, one of each kind."""
    values = representative_values(fact, trees, vocabulary)
    tests = [compile_criterion(leaf, vocabulary).test for leaf in _leaves_of(fact, trees)]
    distinct: dict[tuple[bool | None, ...], Value] = {}
    for value in values:
        distinct.setdefault(tuple(test({fact: value}) for test in tests), value)
    return list(distinct.values())


def _leaves_of(fact: str, trees: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [leaf for tree in trees for leaf in leaves(tree) if leaf["fact"] == fact]


def _tell(value: Value) -> str:
    if isinstance(value, Choice):
        return "/".join(str(v) for v in value.possible)
    present = getattr(value, "present", None)
    return f"{value.low:g}" if present is None else str(sorted(present))  # type: ignore[union-attr]


def _ordered(tables: Mapping[str, Table]) -> tuple[Table, ...]:
    ordered: dict[str, Table] = {}

    def place(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise AuthoringError(f"tables need each other: {' -> '.join([*above, name])}")
        if name in ordered or name not in tables:
            return
        for fact in sorted(tables[name].facts):
            place(fact, (*above, name))
        ordered[name] = tables[name]

    for name in tables:
        place(name, ())
    return tuple(ordered.values())
