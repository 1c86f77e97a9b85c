"""Which record wins: from all readings of a fact to the one statement about the patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from .fact import Choice, Evidence, Fact, Interval, Members, Value, Why
from .vocabulary import FactDefinition, Vocabulary

# whether any table or pathway could answer differently for two values of a fact
TellsApart = Callable[[str, Value, Value], bool]
# queries fail together in a few ways
UNSPOKEN_KEPT = 200


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What one record says of one fact.

    For set facts `member` is one of its values and `positive` says whether the record finds or excludes it.
    For others `value` is what it states. `rank` is the kind of record, as named under `wins` in `facts.yaml`.
    `why` marks a record that is there but cannot be used. With a `value` beside it, that of every possibility, it also
    outranks what older records say: of a fact whose newest record counts.
    """

    fact: str
    rank: str
    evidence: Evidence
    value: Value | None = None
    member: str | None = None
    positive: bool = True
    why: Why | None = None
    remark: str | None = None


def settle(
    readings: Iterable[Reading], vocabulary: Vocabulary, failed: frozenset[str], tells_apart: TellsApart
) -> Mapping[str, Fact]:
    """Every fact of the vocabulary that is not derived, settled; derived ones only where a record states them.

    Rank decides first, then the later date; equals that a table would answer differently are conflicting,
    and every value they state stays possible.
    """
    by_fact: dict[str, list[Reading]] = {}
    for reading in readings:
        by_fact.setdefault(reading.fact, []).append(reading)
    facts = dict(_unspoken(vocabulary, failed))
    out_of_place = False
    for name, found in by_fact.items():
        definition = vocabulary.definitions.get(name)
        if definition is None:
            continue
        incomplete = not failed.isdisjoint(definition.queries)
        out_of_place = out_of_place or name not in facts
        if definition.type == "codes":
            facts[name] = _settle_members(definition, found, incomplete)
        else:
            facts[name] = _settle_one(definition, found, incomplete, tells_apart)
    if out_of_place:
        facts = {name: facts[name] for name in vocabulary if name in facts}
    return facts


def _unspoken(vocabulary: Vocabulary, failed: frozenset[str]) -> Mapping[str, Fact]:
    """The facts as they are where no record speaks of any: so most facts of most patients are."""
    found = vocabulary.unspoken.get(failed)
    if found is None:
        found = {}
        for name, definition in vocabulary.definitions.items():
            incomplete = not failed.isdisjoint(definition.queries)
            if definition.derived:
                continue
            if definition.type == "codes":
                found[name] = _settle_members(definition, [], incomplete)
            else:
                found[name] = _without_record(definition, [], incomplete)
        if len(vocabulary.unspoken) < UNSPOKEN_KEPT:
            vocabulary.unspoken[failed] = found
    return found


def _settle_one(
    definition: FactDefinition, found: list[Reading], incomplete: bool, tells_apart: TellsApart
) -> Fact:
    usable = [r for r in found if r.value is not None]
    if not usable:
        return _without_record(definition, found, incomplete)
    if len(usable) == 1:
        # as nearly every fact that is on record
        (only,) = usable
        value = only.value
        assert value is not None
        said = (only.remark,) if only.remark else ()
        return Fact(definition.id, value, only.why, (only.evidence,), (), said)
    ordered = sorted(usable, key=lambda r: (definition.rank(r.rank), _newest_first(r), r.evidence.resource))
    best = ordered[0]
    equals = [r for r in ordered if _equal(definition, r, best)]
    # what leaves open what another says contradicts nothing
    wide = _wider({r.value for r in equals if r.value is not None and not r.why})
    exact = [r for r in equals if r.why or r.value not in wide]
    stated = _value(exact[0])
    rivals = [r for r in exact if r.value != stated and tells_apart(definition.id, _value(r), stated)]
    remarks = tuple(dict.fromkeys(r.remark for r in exact if r.remark))
    unread = next((r.why for r in exact if r.why), None)
    if rivals:
        value = stated
        for rival in rivals:
            value = _union(value, _value(rival))
        evidence = _by_resource(r.evidence for r in equals)
        return Fact(definition.id, value, unread or "conflicting", evidence, remarks=remarks)
    agreeing: list[Reading] = []
    overruled: list[Reading] = []
    for reading in ordered:
        if reading.why and not _equal(definition, reading, best):
            continue
        differs = reading.value != stated and tells_apart(definition.id, _value(reading), stated)
        (
            overruled
            if differs and not (_narrows(stated, _value(reading)) and not exact[0].why)
            else agreeing
        ).append(reading)
    return Fact(
        definition.id,
        stated,
        unread,
        tuple(
            dict.fromkeys(
                [exact[0].evidence, *sorted((r.evidence for r in agreeing), key=lambda e: e.resource)]
            )
        ),
        _by_resource(r.evidence for r in overruled),
        remarks,
    )


def _without_record(definition: FactDefinition, found: list[Reading], incomplete: bool) -> Fact:
    """No usable record: unreadable ones, a failed query, or absence with its written meaning."""
    evidence = _by_resource(r.evidence for r in found)
    if found:
        why: Why = next((r.why for r in found if r.why), "uncodable")
        remarks = tuple(dict.fromkeys(r.remark for r in found if r.remark))
        return Fact(definition.id, definition.unknown(), why, evidence, remarks=remarks)
    if incomplete:
        return Fact(definition.id, definition.unknown(), "failed-query")
    absent = definition.absence()
    if absent is None:
        return Fact(definition.id, definition.unknown(), "missing")
    return Fact(definition.id, absent, remarks=(definition.absent_remark or "not-recorded",))


def _settle_members(definition: FactDefinition, found: list[Reading], incomplete: bool) -> Fact:
    named = [r for r in found if r.member is not None]
    positive = _dates(r for r in named if r.positive)
    negative = _dates(r for r in named if not r.positive)
    present: set[str] = set()
    absent: set[str] = set()
    disputed: set[str] = set()
    for member in definition.values:
        if member in positive and member in negative:
            # a find after an exclusion is news; an exclusion after a find does not undo it
            (present if positive[member] > negative[member] else disputed).add(member)
        elif member in positive:
            present.add(member)
        elif member in negative:
            absent.add(member)
    unknown = set(definition.values) - present - absent
    drivers = present - definition.open_members
    # a record that is there but cannot be used may name any member
    incomplete = incomplete or any(r.why is not None for r in found)
    # a member that stands for any of the others closes nothing
    if (definition.closed == "when-reported" and drivers) or (
        definition.closed == "when-complete" and not incomplete and (drivers or not present)
    ):
        unknown = set(disputed)
    value = Members(frozenset(present), frozenset(unknown))
    evidence = _by_resource(r.evidence for r in found)
    remarks = tuple(dict.fromkeys(r.remark for r in found if r.remark))
    if disputed:
        return Fact(definition.id, value, "conflicting", evidence, remarks=remarks)
    if present or absent or not unknown:
        if not found:
            remarks = (definition.absent_remark or "not-recorded",)
        return Fact(definition.id, value, None, evidence, remarks=remarks)
    if found:
        why: Why = next((r.why for r in found if r.why), "uncodable")
        return Fact(definition.id, value, why, evidence, remarks=remarks)
    return Fact(definition.id, value, "failed-query" if incomplete else "missing")


def _dates(readings: Iterable[Reading]) -> dict[str, str]:
    """The latest date at which each member was named; undated comes first."""
    latest: dict[str, str] = {}
    for reading in readings:
        member = reading.member or ""
        latest[member] = max(latest.get(member, ""), reading.evidence.date or "")
    return latest


def _equal(definition: FactDefinition, one: Reading, best: Reading) -> bool:
    """Whether two records are of one rank and neither is known to be the later one."""
    if definition.rank(one.rank) != definition.rank(best.rank):
        return False
    first, second = one.evidence.date, best.evidence.date
    if first is None or second is None:
        return True
    # `2025` and `2025-03` may be the same day
    return first.startswith(second) or second.startswith(first)


def _wider(values: set[Value]) -> set[Value]:
    """Those of some values that leave open what another of them says. A code has so few that they are compared."""
    choices = [v for v in values if isinstance(v, Choice)]
    return {wide for wide in choices if any(_narrows(other, wide) for other in choices)}


def _narrows(one: Value, other: Value) -> bool:
    """Whether one of two values says more exactly what the other says."""
    return isinstance(one, Choice) and isinstance(other, Choice) and one.possible < other.possible


def _newest_first(reading: Reading) -> tuple[int, ...]:
    digits = (reading.evidence.date or "0").replace("-", "").ljust(8, "0")
    return (-int(digits),)


def _by_resource(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each once; what stands in one resource keeps the order in which it was read."""
    return tuple(sorted(dict.fromkeys(evidence), key=lambda e: e.resource))


def _value(reading: Reading) -> Value:
    assert reading.value is not None
    return reading.value


def _union(one: Value, other: Value) -> Value:
    if isinstance(one, Choice) and isinstance(other, Choice):
        return Choice(one.possible | other.possible)
    if isinstance(one, Interval) and isinstance(other, Interval):
        return one.hull(other)
    raise TypeError("values of one fact have one type")
