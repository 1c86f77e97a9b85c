"""The vocabulary of facts: type, unit, allowed values, what absence means, which record wins.

Read from `knowledge/facts.yaml`. Nothing here knows FHIR or a pathway.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from .fact import Choice, Fact, Interval, Members, Scalar, Value

# the base of every canonical URL of ours: a name, not a site
CANONICAL = "https://sarcoma-cds.org/fhir"
CASE_FACTS = f"{CANONICAL}/CodeSystem/case-facts"

FactType = Literal["code", "codes", "boolean", "quantity", "integer"]


class AuthoringError(ValueError):
    """A mistake in authored knowledge or wording.

    `where` is the path of keys and indexes inside the document; whoever read the document turns it into
    file and line.
    """

    def __init__(self, message: str, where: Sequence[str | int] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.where = tuple(where)


def nearest(word: object, valid: Iterable[object]) -> str:
    """`; did you mean 'x'?` for the valid word nearest to a misspelt one, or the empty string."""
    matches = get_close_matches(str(word), [str(v) for v in valid], n=1, cutoff=0.5)
    return f"; did you mean {matches[0]!r}?" if matches else ""


@dataclass(frozen=True, slots=True)
class FactDefinition:
    """What `facts.yaml` says of one fact.

    `absent` is the value that complete and successful queries without a record stand for, or None when
    absence leaves the fact unknown. `queries` are the prefetch keys that must have succeeded before absence
    may be read. `wins` are ranks of records, best first; records of one rank are equals.
    `closed` (sets): `when-reported` = members not named are not in the set once any member is,
    `when-complete` = once the queries succeeded, `never` = members not named stay unknown.
    `always_listed` are the diseases in which it is listed even if nothing is known of it, `never_asked` says that
    nobody is asked to record it, `not_addressed` are results that stand for what the sources do not address.
    `lasts` (booleans): for how many days a dated yes and a dated no speak of today.
    """

    id: str
    type: FactType
    values: tuple[str, ...] = ()
    unit: str | None = None
    absent: Scalar | None = None
    absent_members: bool = False
    absent_remark: str | None = None
    queries: tuple[str, ...] = ()
    wins: tuple[tuple[str, ...], ...] = ()
    closed: Literal["when-reported", "when-complete", "never"] = "never"
    open_members: frozenset[str] = frozenset()
    derived: bool = False
    always_listed: frozenset[str] = frozenset()
    never_asked: bool = False
    not_addressed: tuple[str, ...] = ()
    lasts: tuple[int, int] | None = None

    def unknown(self) -> Value:
        """The value of which nothing is known."""
        if self.type == "boolean":
            return Choice(frozenset({True, False}))
        if self.type == "code":
            return Choice(frozenset(self.values))
        if self.type == "codes":
            return Members(frozenset(), frozenset(self.values))
        return Interval(0.0)

    def absence(self) -> Value | None:
        """The value that absence of any record stands for, or None."""
        if self.type == "codes":
            return Members(frozenset()) if self.absent_members else None
        return None if self.absent is None else Choice(frozenset({self.absent}))

    def rank(self, record: str) -> int:
        """0 for the best rank; ranks that `wins` does not name come last."""
        for position, equals in enumerate(self.wins):
            if record in equals:
                return position
        return len(self.wins)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every fact the service knows, in the order in which `facts.yaml` lists them.

    `unspoken` holds what they are where no record speaks of them, by the queries that failed, once that has been asked;
    `lasting` for how many days a dated yes and a dated no of a fact speak of today.
    """

    definitions: Mapping[str, FactDefinition]
    unspoken: dict[frozenset[str], Mapping[str, Fact]] = field(
        default_factory=dict, repr=False, compare=False
    )

    lasting: Mapping[str, tuple[int, int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lasting = {name: d.lasts for name, d in self.definitions.items() if d.lasts is not None}
        object.__setattr__(self, "lasting", lasting)

    def __getitem__(self, fact: str) -> FactDefinition:
        return self.definitions[fact]

    def __contains__(self, fact: object) -> bool:
        return fact in self.definitions

    def __iter__(self) -> Any:
        return iter(self.definitions)


FACTS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["facts"],
    "additionalProperties": False,
    "properties": {
        "facts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["fact", "type", "because"],
                "additionalProperties": False,
                "properties": {
                    "fact": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
                    "type": {"enum": ["code", "codes", "boolean", "quantity", "integer"]},
                    "values": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "unit": {"enum": ["cm", "a", "/(50.[HPF])", "1"]},
                    "absent": {"type": ["string", "boolean"]},
                    "absent-remark": {"type": "string"},
                    "queries": {"type": "array", "items": {"type": "string"}},
                    "wins": {
                        "type": "array",
                        "items": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    },
                    "closed": {"enum": ["when-reported", "when-complete", "never"]},
                    "open-members": {"type": "array", "items": {"type": "string"}},
                    "derived": {"type": "boolean"},
                    "always-listed": {"type": "array", "items": {"type": "string"}},
                    "never-asked": {"type": "boolean"},
                    "not-addressed": {"type": "array", "items": {"type": "string"}},
                    "lasts": {
                        "type": "object",
                        "required": ["positive", "negative"],
                        "additionalProperties": False,
                        "properties": {
                            "positive": {"type": "integer", "minimum": 1},
                            "negative": {"type": "integer", "minimum": 1},
                        },
                    },
                    "because": {"type": "string"},
                },
            },
        }
    },
}


def read_vocabulary(document: Mapping[str, Any], queries: Iterable[str]) -> Vocabulary:
    """The vocabulary of a document that `FACTS_SCHEMA` accepted; `queries` are the prefetch keys there are.

    Raises AuthoringError for a fact named twice, a code without values, or an absence that is no value.
    """
    definitions: dict[str, FactDefinition] = {}
    for index, row in enumerate(document["facts"]):
        where = ("facts", index)
        name = row["fact"]
        if name in definitions:
            raise AuthoringError(f"fact {name!r} is defined twice", (*where, "fact"))
        values = tuple(row.get("values", ()))
        if row["type"] in ("code", "codes") and not values:
            raise AuthoringError(f"fact {name!r} is a {row['type']} and needs values", where)
        absent = row.get("absent")
        if row["type"] == "code" and absent is not None and absent not in values:
            raise AuthoringError(
                f"{absent!r} is no value of {name!r}{nearest(absent, values)}", (*where, "absent")
            )
        if "lasts" in row and row["type"] != "boolean":
            raise AuthoringError(f"{name!r} is no boolean: it has no yes that lasts", (*where, "lasts"))
        if row["type"] == "codes" and absent not in (None, "none"):
            raise AuthoringError("a set's absence can only be 'none' (no members)", (*where, "absent"))
        for position, query in enumerate(row.get("queries", ())):
            if query not in queries:
                raise AuthoringError(
                    f"nothing is asked for as {query!r}{nearest(query, queries)}",
                    (*where, "queries", position),
                )
        open_members = frozenset(row.get("open-members", ()))
        for member in open_members - set(values):
            raise AuthoringError(f"{member!r} is no value of {name!r}", (*where, "open-members"))
        definitions[name] = FactDefinition(
            id=name,
            type=row["type"],
            values=values,
            unit=row.get("unit"),
            absent=None if row["type"] == "codes" else absent,
            absent_members=row["type"] == "codes" and absent == "none",
            absent_remark=row.get("absent-remark"),
            queries=tuple(row.get("queries", ())),
            wins=tuple(tuple(equals) for equals in row.get("wins", ())),
            closed=row.get("closed", "never"),
            open_members=open_members,
            derived=row.get("derived", False),
            always_listed=frozenset(row.get("always-listed", ())),
            never_asked=row.get("never-asked", False),
            not_addressed=tuple(row.get("not-addressed", ())),
            lasts=(row["lasts"]["positive"], row["lasts"]["negative"]) if "lasts" in row else None,
        )
    return Vocabulary(definitions)
