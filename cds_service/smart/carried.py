"""What a page carries from one what-if to the next: the case that was read, sealed, since nothing is stored here."""

from __future__ import annotations

from typing import Any

import msgspec

from ..case.fact import (
    Case,
    Choice,
    DraftOrder,
    Evidence,
    Fact,
    Interval,
    Members,
    QueryFailure,
    Unread,
    Value,
    Why,
)
from ..case.vocabulary import Vocabulary
from .seal import SealBroken, Seals

SECONDS = 3_600
"""How long what-ifs can be asked after the record was read."""

_PURPOSE = "record"


class _Choice(msgspec.Struct, tag="choice"):
    possible: frozenset[str | bool]


class _Interval(msgspec.Struct, tag="interval"):
    low: float
    high: float
    low_open: bool
    high_open: bool


class _Members(msgspec.Struct, tag="members"):
    present: frozenset[str]
    unknown: frozenset[str]


class _Fact(msgspec.Struct):
    value: _Choice | _Interval | _Members
    why: Why | None
    evidence: tuple[Evidence, ...]
    overruled: tuple[Evidence, ...]
    remarks: tuple[str, ...]


class _Case(msgspec.Struct):
    patient: str
    facts: dict[str, _Fact]
    condition: str | None
    failed: tuple[str, ...]
    why_failed: dict[str, QueryFailure]
    unread: tuple[Unread, ...]
    tests_ordered: frozenset[str]
    in_remission: bool
    other_malignancy: bool


class Person(msgspec.Struct, frozen=True):
    """Whose record it is, as the record says it: for the eyes of the user, who must see whose page it is."""

    id: str
    name: str | None = None
    born: str | None = None
    gender: str | None = None


class About(msgspec.Struct, frozen=True):
    """Where, when and for whom a record was read.

    `withheld` are the prefetch keys for which the EHR granted no leave, `orders` how the drafts were come by: `none`,
    `read` at the server, or `plain` (only what the card said of them).
    """

    client: str
    server: str
    read_at: str
    person: Person
    user: str | None = None
    hook: str = ""
    orders: str = "none"
    withheld: tuple[str, ...] = ()
    banner: bool = True


class _Carried(msgspec.Struct):
    about: About
    case: _Case
    drafts: tuple[DraftOrder, ...]
    knowledge: str


def carry(seals: Seals, about: About, case: Case, drafts: tuple[DraftOrder, ...], knowledge: str) -> str:
    """Seal a reading under the version of the knowledge by which it was read."""
    members = {name: getattr(case, name) for name in _Case.__struct_fields__ if name != "facts"}
    facts = {name: _packed(fact) for name, fact in case.facts.items()}
    carried = _Carried(about, _Case(facts=facts, **members), drafts, knowledge)
    return seals.seal(_PURPOSE, msgspec.msgpack.encode(carried), SECONDS)


def carried(
    seals: Seals, sealed: str, vocabulary: Vocabulary, knowledge: str
) -> tuple[About, Case, tuple[DraftOrder, ...]]:
    """What was sealed. Raises SealBroken, also where it was read by other knowledge than is served now."""
    content = seals.opened(_PURPOSE, sealed)
    try:
        found = msgspec.msgpack.decode(content, type=_Carried)
    except msgspec.DecodeError:
        raise SealBroken from None
    if found.knowledge != knowledge or any(name not in vocabulary for name in found.case.facts):
        raise SealBroken
    members: dict[str, Any] = {name: getattr(found.case, name) for name in _Case.__struct_fields__}
    members["facts"] = {name: _unpacked(name, fact) for name, fact in found.case.facts.items()}
    return found.about, Case(**members), found.drafts


def _packed(fact: Fact) -> _Fact:
    value: _Choice | _Interval | _Members
    match fact.value:
        case Choice(possible):
            value = _Choice(possible)
        case Interval(low, high, low_open, high_open):
            value = _Interval(low, high, low_open, high_open)
        case Members(present, unknown):
            value = _Members(present, unknown)
    return _Fact(value, fact.why, fact.evidence, fact.overruled, fact.remarks)


def _unpacked(name: str, fact: _Fact) -> Fact:
    value: Value
    match fact.value:
        case _Choice(possible):
            value = Choice(possible)
        case _Interval(low, high, low_open, high_open):
            value = Interval(low, high, low_open, high_open)
        case _Members(present, unknown):
            value = Members(present, unknown)
    return Fact(name, value, fact.why, fact.evidence, fact.overruled, fact.remarks)
