"""Decision tables: facts in, the set of results still possible out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..case.fact import Choice, Scalar
from ..case.vocabulary import AuthoringError, Vocabulary, nearest
from .criteria import NOTHING, Criterion, Values, compile_criterion
from .generated import made_when_called, results_of
from .options import Citation, citations_of


@dataclass(frozen=True, slots=True)
class Row:
    """`ask` are the facts whose record, made more exact or put right, would settle what the row leaves open."""

    criterion: Criterion
    results: frozenset[Scalar]
    remark: str | None
    silent: bool
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One derived fact of one disease.

    `evaluate` gives the results of every row that is met or may be met, up to the first that is met. `facts` are its
    inputs, `inputs` the same in order, `sources` the ids of those it rests on. `silence` are the facts of which a row
    reads silence, with the reason in writing: `stated` and `known` answer no while such a fact is open.
    """

    id: str
    disease: str
    derives: str
    rows: tuple[Row, ...]
    facts: frozenset[str]
    sources: tuple[str, ...]
    trees: tuple[Mapping[str, Any], ...]
    silence: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    evaluate: Callable[[Values], Choice] = field(init=False, compare=False, repr=False)
    inputs: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _asking: tuple[Row, ...] = field(init=False, repr=False, compare=False)
    _remarking: tuple[Row, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", tuple(sorted(self.facts)))
        object.__setattr__(self, "_asking", tuple(row for row in self.rows if row.ask))
        object.__setattr__(self, "_remarking", tuple(row for row in self.rows if row.remark))

    def needs(self, values: Values, open_: frozenset[str] | None = None) -> frozenset[str]:
        """Input facts that are unknown and could change the result; `open_` are all that are unknown, where the
        caller knows them."""
        found = [
            row.criterion.needs(values)
            for row in self.rows
            if open_ is None or not row.criterion.facts.isdisjoint(open_)
        ]
        return NOTHING.union(*found)

    def asks(self, values: Values) -> frozenset[str]:
        """What to ask for where a row leaves several results open although its facts are known."""
        if not self._asking:
            return NOTHING
        return NOTHING.union(*[row.ask for row in self._asking if row.criterion.test(values) is True])

    def remarks(self, values: Values) -> tuple[str, ...]:
        """Remarks of the rows that are met."""
        if not self._remarking:
            return ()
        met = [row.remark or "" for row in self._remarking if row.criterion.test(values) is True]
        return tuple(dict.fromkeys(met)) if met else ()

    def rows_met(self, values: Values) -> list[tuple[int, bool | None]]:
        """Number (from 1) and answer of every row that is not excluded, for the trace."""
        answers = ((n, row.criterion.test(values)) for n, row in enumerate(self.rows, 1))
        return [(n, answer) for n, answer in answers if answer is not False]


def compile_tables(documents: Iterable[Mapping[str, Any]], vocabulary: Vocabulary) -> tuple[Table, ...]:
    """All tables, each disease's in an order in which one comes after the tables whose results it reads.

    Raises AuthoringError for a result the fact cannot have, two tables of one disease for one fact, a derived
    fact without a table, and tables that need each other. Gaps and clashes are for `proof`, which takes longer.
    """
    by_disease: dict[str, dict[str, Table]] = {}
    for document in documents:
        tables = by_disease.setdefault(document["disease"], {})
        for index, source in enumerate(document["tables"]):
            table = compile_table(source, document["disease"], vocabulary, ("tables", index))
            if table.derives in tables:
                raise AuthoringError(f"two tables derive {table.derives!r}", ("tables", index, "derives"))
            tables[table.derives] = table
    for name in (d.id for d in vocabulary.definitions.values() if d.derived):
        if not any(name in tables for tables in by_disease.values()):
            raise AuthoringError(f"no table derives the fact {name!r}")
    return tuple(table for tables in by_disease.values() for table in _ordered(tables))


def compile_table(
    source: Mapping[str, Any], disease: str, vocabulary: Vocabulary, where: tuple[str | int, ...]
) -> Table:
    """One table that the schema accepted.

    Raises AuthoringError for a result that the fact cannot have, and for a row that asks for another derived fact.
    """
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
        ask = tuple(row.get("ask", ()))
        for place, fact in enumerate(ask):
            # what users are asked for they must be able to record
            if vocabulary[fact].derived and fact != derives.id:
                told = f"{fact!r} is derived: ask for a fact that is recorded, or for {derives.id!r} itself"
                raise AuthoringError(told, (*where, "rows", number, "ask", place))
        criterion = compile_criterion(row["when"], vocabulary)
        rows.append(Row(criterion, results, row.get("remark"), row.get("silent", False), ask))
    trees = tuple(row["when"] for row in source["rows"])
    table = Table(
        id=source["table"],
        disease=disease,
        derives=derives.id,
        rows=tuple(rows),
        facts=frozenset().union(*(row.criterion.facts for row in rows)),
        sources=tuple(dict.fromkeys(c["source"] for c in source["cite"])),
        trees=trees,
        silence=tuple(s["fact"] for s in source.get("silence", ())),
        citations=citations_of(source["cite"]),
    )
    by_row = [(row.criterion.tree, row.results) for row in rows]
    made_when_called(table, "evaluate", lambda: results_of(by_row, vocabulary))
    return table


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
