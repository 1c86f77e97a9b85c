"""The search for missing facts: those whose value would change groups, options or a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..case.fact import Choice, Interval, Members, Value
from .assessment import Missing
from .criteria import NOTHING, Values, regions
from .knowledge import Knowledge
from .needs import Behind, placing_facts
from .others import Others
from .outcome import Outcome, Session
from .verdict import UNSTATED


def missing_facts(
    values: Values,
    now: Outcome,
    session: Session,
    knowledge: Knowledge,
    behind: Behind,
) -> Iterator[Missing]:
    """Facts whose value would change groups, options or a verdict, most decisive first.

    Each candidate is given every value it could still have; the fewer undecided orders, groups and options
    that leaves on average, the more decisive it is. One that is known and asked for, since it leaves a derived fact
    open all the same, stands for that fact.
    """
    wanted = placing_facts(values, knowledge).union(
        *[
            offer.needs(inside)
            for group, inside, _ in now.standing
            for offer in group.offers
            if offer.asks or not offer.facts.isdisjoint(behind.open)
        ],
        *[verdict.needs for verdict in now.verdicts],
    )
    candidates = behind.of(wanted, through=True)
    asked_for = {
        fact: table.derives
        for table in knowledge.tables
        if table.derives in behind.open
        for fact in table.asks(values)
    }
    others = Others(values, now, session, knowledge)
    scored: list[tuple[tuple[float, ...], int, Missing]] = []
    for position, name in enumerate(knowledge.in_order(candidates)):
        if knowledge.vocabulary[name].never_asked:
            continue
        varied = name if name in behind.open else asked_for.get(name, name)
        possible = _possible_values(varied, values[varied], knowledge)
        outcomes = [others.with_(varied, value) for value in possible]
        # many values lead to the same outcome
        distinct = {id(o): o for o in outcomes}
        differing = [o for o in distinct.values() if o is not now]
        if not differing:
            continue
        judged = {key: _judged(o) for key, o in distinct.items()}
        changes = _changes(now, differing, judged.values())
        if changes:
            unresolved = {key: o.unresolved() for key, o in distinct.items()}
            scores = [unresolved[id(o)] for o in outcomes]
            score = tuple(sum(column) / len(scores) for column in zip(*scores, strict=True))
            leads = tuple([(value, judged[id(o)]) for value, o in zip(possible, outcomes, strict=True)])
            scored.append(
                (score, position, Missing(name, changes, leads, varied if varied != name else None))
            )
    found = [missing for _, _, missing in sorted(scored, key=lambda s: (s[0], s[1]))]
    yield from _with_joint_needs(found, now, knowledge, behind)
    scope = behind.of(NOTHING.union(*[c.needs(values) for c in knowledge.out_of_scope]))
    for name in knowledge.in_order(scope - {m.fact for m in found}):
        yield Missing(
            name, ("patientGroups", "options", "orders") if now.verdicts else ("patientGroups", "options")
        )


def _with_joint_needs(
    found: list[Missing], now: Outcome, knowledge: Knowledge, behind: Behind
) -> Iterator[Missing]:
    """What was found, and where no single fact decides an open order, all on which it hangs together."""
    open_ = [v for v in now.verdicts if v.verdict == "undetermined" and UNSTATED.isdisjoint(v.reasons)]
    if not open_ or any("orders" in m.changes for m in found):
        yield from found
        return
    joint = behind.of(NOTHING.union(*(v.needs for v in open_)))
    for name in knowledge.in_order(joint):
        before = next((m.changes for m in found if m.fact == name), ())
        yield Missing(name, (*before, "orders"))
    yield from (m for m in found if m.fact not in joint)


def _changes(
    now: Outcome, outcomes: Sequence[Outcome], judged: Iterable[Mapping[str, str]]
) -> tuple[str, ...]:
    placed, options, before = now.placed, now.options, _judged(now)
    changes = []
    if [o for o in outcomes if o.placed != placed]:
        changes.append("patientGroups")
    if [o for o in outcomes if o.options is not options and o.options != options]:
        changes.append("options")
    if any(after != before and not _same_answer(before, after) for after in judged):
        changes.append("orders")
    return tuple(changes)


def _judged(outcome: Outcome) -> dict[str, str]:
    """Verdicts of the orders under review, those left out that wait for the order's own reason rather than
    for a fact."""
    return {
        v.order.reference: v.verdict
        for v in outcome.verdicts
        if v.order.selected and UNSTATED.isdisjoint(v.reasons)
    }


def _same_answer(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether the clinician is told the same; that an order off the pathway could also be contraindicated
    only makes the same no stronger."""
    return before.keys() == after.keys() and all(
        word == after[order] or (word, after[order]) == ("off-pathway", "contraindicated")
        for order, word in before.items()
    )


def _possible_values(name: str, value: Value, knowledge: Knowledge) -> list[Value]:
    """Known values that the fact could still turn out to have."""
    if isinstance(value, Choice):
        return [Choice(frozenset({v})) for v in sorted(value.possible, key=str)]
    if isinstance(value, Members):
        alone: list[Value] = [Members(value.present | {m}) for m in sorted(value.unknown)]
        # a report that names no driver at all is none of the results that a test can have
        closes = knowledge.vocabulary[name].closed == "when-reported" and not value.present
        return alone if closes else [Members(value.present), *alone]
    assert isinstance(value, Interval)
    return list(regions(value, knowledge.cuts(name)))
