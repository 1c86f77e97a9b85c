"""The pathway engine: derive, place, offer, judge, and say which missing facts would decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from ..case.fact import Case, Choice, DraftOrder, Evidence, Fact, Interval, Members, Value
from ..case.vocabulary import Vocabulary
from .answer import Answer, some
from .assessment import Assessment, Missing, Offered, Placement
from .criteria import NOTHING, Criterion, Values, cut_points, regions
from .groups import PLACED_BY, Group
from .options import Offer
from .orders import UNSTATED, Judge, Verdict, drugs_beside
from .tables import Table
from .trials import Trial

# option, role, line
OfferKey = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All compiled knowledge of the pathways, shared by every call and never changed.

    `trees` are all authored criteria; `out_of_scope` those under which no pathway speaks; `not_addressed` the
    situations of which the sources say nothing. `of` gives the part that speaks of one disease.
    """

    version: str
    vocabulary: Vocabulary
    tables: tuple[Table, ...]
    groups: Mapping[str, Group]
    judge: Judge
    out_of_scope: tuple[Criterion, ...]
    trees: tuple[Mapping[str, Any], ...]
    not_addressed: Mapping[str, Group] = field(default_factory=dict)
    diseases: Mapping[str, Knowledge] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()
    _cuts: Mapping[str, set[float]] = field(init=False, repr=False, compare=False)
    _weighed: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cuts", cut_points(self.trees))
        object.__setattr__(self, "_weighed", self.judge.facts.union(*(g.facts for g in self.situations())))

    def cuts(self, fact: str) -> Iterable[float]:
        """Every number that an authored criterion compares a fact with."""
        return self._cuts.get(fact, ())

    @property
    def weighed(self) -> frozenset[str]:
        """Every fact by which orders are judged and options offered, derived ones among them: what stands behind
        these only through a table is not."""
        return self._weighed

    def situations(self) -> Iterable[Group]:
        """Every patient group, and every situation that the sources do not address."""
        return (*self.groups.values(), *self.not_addressed.values())

    def of(self, disease: str) -> Knowledge:
        """The tables, groups, rules and criteria of one disease alone."""
        return self.diseases.get(disease, self)

    def table(self, derives: str) -> Table | None:
        return next((t for t in self.tables if t.derives == derives), None)

    def behind(self, fact: str) -> frozenset[str]:
        """Every fact on which a derived one rests, the derived ones between them included."""
        table = self.table(fact)
        if table is None:
            return NOTHING
        return table.facts.union(*(self.behind(f) for f in table.facts))

    def situation(self, name: str) -> Group:
        """A patient group, or a situation that the sources do not address."""
        return self.groups[name] if name in self.groups else self.not_addressed[name]


def divided(knowledge: Knowledge, trees: Mapping[str, tuple[Mapping[str, Any], ...]]) -> Knowledge:
    """The knowledge with its part for each disease; `trees` are the criteria by disease."""
    return replace(
        knowledge,
        diseases={
            disease: replace(
                knowledge,
                tables=tuple(t for t in knowledge.tables if t.disease == disease),
                groups={n: g for n, g in knowledge.groups.items() if g.disease == disease},
                not_addressed={n: g for n, g in knowledge.not_addressed.items() if g.disease == disease},
                judge=knowledge.judge.of(disease),
                trees=own,
            )
            for disease, own in trees.items()
            if any(g.disease == disease for g in knowledge.groups.values())
        },
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """One offer of one possible group, and whether its condition is met. `position` is that of the group, `inside`
    are the values of a patient who is in it."""

    position: int
    inside: Values
    offer: Offer
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one set of values leads to; compared to find facts that would change something.

    `situations` are the groups whose offers apply, `standing` how each of their offers stands.
    `addressed` says whether the sources speak of at least one possible group, by itself or through what it is
    treated as.
    """

    groups: tuple[str, ...]
    treated_as: tuple[str, ...]
    not_addressed: tuple[str, ...]
    addressed: bool
    options: Mapping[OfferKey, Answer]
    verdicts: tuple[Verdict, ...]
    situations: Sequence[Group] = field(compare=False)
    standing: Mapping[OfferKey, Sequence[_Standing]] = field(compare=False)

    @property
    def placed(self) -> tuple[tuple[str, ...], ...]:
        return self.groups, self.treated_as, self.not_addressed

    def unresolved(self) -> tuple[int, int, int, int]:
        """Orders undecided, groups too many, first-line options undecided, all options undecided: fewer is
        more decided."""
        undecided = sum(
            1 for v in self.verdicts if v.verdict == "undetermined" or (v.verdict == "caution" and v.tests)
        )
        too_many = len(self.groups) + len(self.not_addressed) + max(len(self.treated_as) - 1, 0) - 1
        open_ = [line for (_, _, line), answer in self.options.items() if answer is None]
        return undecided, too_many, open_.count("first"), len(open_)


def assess(
    case: Case, orders: Sequence[DraftOrder], knowledge: Knowledge, review: Sequence[DraftOrder]
) -> Assessment:
    """Assess a case and its drafts.

    `orders` are all drafts of the session (they are read together), `review` those to be judged. Drafts that
    are not under review but contraindicated are judged too, so that their card is not lost.
    """
    disease = case.facts["disease"]
    word = (
        str(next(iter(disease.value.possible)))
        if disease.known and isinstance(disease.value, Choice)
        else "unknown"
    )
    base = {name: fact.value for name, fact in case.facts.items()}
    if word not in knowledge.diseases or any(c.test(base) is True for c in knowledge.out_of_scope):
        return _outside(case, word, knowledge, review)
    knowledge = knowledge.of(word)
    values = derive(base, case, knowledge)
    outcome = _outcome(values, case, orders, review, knowledge)
    missing = tuple(_missing(values, outcome, case, orders, review, knowledge))
    facts = dict(case.facts)
    remarks: dict[str, None] = {}
    for table in knowledge.tables:
        facts[table.derives] = _derived_fact(table, values, facts)
        remarks |= dict.fromkeys(table.remarks(values))
    options = tuple(_offers(values, outcome, knowledge))
    return Assessment(
        case=case,
        knowledge_version=knowledge.version,
        disease=word,
        placement=_placement(outcome),
        groups=outcome.groups,
        treated_as=outcome.treated_as,
        not_addressed=outcome.not_addressed,
        facts=facts,
        options=options,
        verdicts=outcome.verdicts,
        missing=missing,
        listed=_listed(word, facts, missing, options, knowledge),
        remarks=tuple(remarks) + (() if base["age-years"].settled else ("age-not-recorded",)),
        trials=tuple(s for t in knowledge.trials if (s := t.assess(word, values)) is not None),
    )


def _placement(outcome: _Outcome) -> Placement:
    if not outcome.addressed:
        return "not-addressed"
    return "placed" if len(outcome.groups) == 1 and not outcome.not_addressed else "several"


def _outside(case: Case, disease: str, knowledge: Knowledge, review: Sequence[DraftOrder]) -> Assessment:
    """No pathway speaks of this patient: no groups, no options, every order out of scope."""
    facts = {n: case.facts[n] for n in ("disease", "age-years") if n in case.facts}
    return Assessment(
        case=case,
        knowledge_version=knowledge.version,
        disease=disease,
        placement="out-of-scope",
        groups=(),
        facts=facts,
        options=(),
        verdicts=tuple(Verdict(o, knowledge.judge.option_of(o, NOTHING), "out-of-scope") for o in review),
        missing=(),
        listed=tuple(facts),
    )


def derive(base: Values, case: Case, knowledge: Knowledge, fixed: str = "") -> dict[str, Value]:
    """Base values with the answer of every table but the one of the fact `fixed`.

    A derived fact that the record states itself is taken if the table allows it; if the table says otherwise
    both stay possible.
    """
    values = dict(base)
    for table in knowledge.tables:
        if table.derives != fixed:
            values[table.derives] = _derived(table, values, case)
    return values


def _derived(table: Table, values: Values, case: Case) -> Choice:
    computed = table.evaluate(values)
    stated = case.facts.get(table.derives) if table.derives != PLACED_BY else None
    if stated is None or not stated.evidence or not isinstance(stated.value, Choice):
        return computed
    agreed = stated.value.possible & computed.possible
    return Choice(agreed if agreed == stated.value.possible else computed.possible | stated.value.possible)


def _derived_fact(table: Table, values: Values, facts: Mapping[str, Fact]) -> Fact:
    evidence: dict[Evidence, None] = {}
    for name in sorted(table.facts):
        if name in facts and facts[name].known:
            evidence |= dict.fromkeys(facts[name].evidence)
    stated = facts.get(table.derives)
    if stated is not None:
        evidence |= dict.fromkeys(stated.evidence)
    return Fact(table.derives, values[table.derives], evidence=tuple(evidence), remarks=table.remarks(values))


def _names(values: Values, fact: str = PLACED_BY) -> tuple[str, ...]:
    placed = values[fact]
    assert isinstance(placed, Choice)
    return tuple(sorted(str(g) for g in placed.possible))


def _situations(values: Values, knowledge: Knowledge) -> list[Group]:
    """The possible groups whose offers apply; for one that is treated as others, these with its own offers."""
    found: list[Group] = []
    for name in _names(values):
        group = knowledge.situation(name)
        if group.treated_as is None:
            found.append(group)
            continue
        for primary in _names(values, group.treated_as):
            stands_for = knowledge.situation(primary)
            found.append(replace(stands_for, offers=(*stands_for.offers, *group.offers)))
    return found


def _standing(
    values: Values,
    groups: Sequence[Group],
    knowledge: Knowledge,
    known: tuple[_Outcome, frozenset[str]] | None = None,
) -> dict[OfferKey, list[_Standing]]:
    """How every offer of the possible groups stands, by option, role and line; as `known` where nothing differs."""
    # groups offer the same options
    refused = cache(lambda option: knowledge.judge.refused(option, values))
    before: dict[tuple[int, str], _Standing] = {}
    differing = NOTHING
    if known is not None and [g.id for g in known[0].situations] == [g.id for g in groups]:
        before = {(s.position, s.offer.id): s for standings in known[0].standing.values() for s in standings}
        differing = known[1]
    found: dict[OfferKey, list[_Standing]] = {}
    for position, group in enumerate(groups):
        inside = group.within(values)
        for offer in group.offers:
            stood = before.get((position, offer.id))
            if (
                stood is not None
                and offer.facts.isdisjoint(differing)
                and knowledge.judge.refusing(offer.option).isdisjoint(differing)
            ):
                answer = stood.answer
            else:
                answer = offer.evaluate(inside)
                if answer is not False and refused(offer.option):
                    answer = False
            standing = _Standing(position, inside, offer, answer)
            found.setdefault((offer.option, offer.role, offer.line), []).append(standing)
    return found


def _over_groups(standings: Sequence[_Standing], groups: Sequence[Group]) -> Answer:
    """Met only if every possible group offers it now; not met if none may."""
    in_group: dict[int, Answer] = {}
    for s in standings:
        in_group[s.position] = some((in_group.get(s.position, False), s.answer))
    if len(in_group) == len(groups) and all(answer is True for answer in in_group.values()):
        return True
    return False if all(answer is False for answer in in_group.values()) else None


def _offers(values: Values, now: _Outcome, knowledge: Knowledge) -> Iterator[Offered]:
    """Every option that is met or unknown over the possible groups, in the order of the pathway files."""
    several = len(now.situations) > 1
    placing = _base_needs(_placing(values, knowledge), values, knowledge) if several else NOTHING
    for (option, role, line), answer in now.options.items():
        standings = now.standing[option, role, line]
        chosen = [s for s in standings if s.answer is not False]
        unknown = NOTHING.union(*(s.offer.needs(s.inside) for s in chosen if s.answer is None))
        needs = NOTHING if answer else placing | _base_needs(unknown, values, knowledge)
        yield Offered(
            option,
            role,
            line,
            answer,
            tuple(dict.fromkeys(source for s in chosen for source in s.offer.sources)),
            _in_order(needs, knowledge),
            next((s.offer.differs for s in chosen if s.offer.differs), None),
        )


def _in_order(names: frozenset[str], knowledge: Knowledge) -> tuple[str, ...]:
    return tuple(name for name in knowledge.vocabulary if name in names)


def _outcome(
    values: Values,
    case: Case,
    orders: Sequence[DraftOrder],
    review: Sequence[DraftOrder],
    knowledge: Knowledge,
    known: tuple[_Outcome, frozenset[str]] | None = None,
) -> _Outcome:
    """What the values lead to. `known` is what others lead to, and in which facts they differ at most: offers that
    ask for none of these stand as they did."""
    names = _names(values)
    groups = _situations(values, knowledge)
    verdicts = []
    reviewed = frozenset(review)
    for order, beside in zip(orders, drugs_beside(orders, values), strict=True):
        verdict = knowledge.judge.judge(order, case, values, groups, beside)
        if order in reviewed or verdict.verdict == "contraindicated":
            verdicts.append(verdict)
    standing = _standing(values, groups, knowledge, known)
    answers = {
        key: answer
        for key, standings in standing.items()
        if (answer := _over_groups(standings, groups)) is not False
    }
    placed = tuple(name for name in names if name in knowledge.groups)
    treated = dict.fromkeys(
        primary
        for name in placed
        if (fact := knowledge.groups[name].treated_as) is not None
        for primary in _names(values, fact)
    )
    return _Outcome(
        placed,
        tuple(name for name in treated if name in knowledge.groups),
        tuple(dict.fromkeys(n for n in (*names, *treated) if n in knowledge.not_addressed)),
        any(group.addressed for group in groups),
        answers,
        tuple(verdicts),
        groups,
        standing,
    )


class _Outcomes:
    """What would follow if a fact had another value. Values that differ in no fact that is weighed lead to the same,
    and tables of which no input differs derive the same: little has to be gone through again."""

    def __init__(
        self,
        values: Values,
        now: _Outcome,
        case: Case,
        knowledge: Knowledge,
        outcome: Callable[[Values, frozenset[str]], _Outcome],
    ) -> None:
        """`now` is what the patient's own `values` lead to; `outcome` says so of values that differ in some facts."""
        self._values, self._case, self._knowledge = values, case, knowledge
        self._outcome = outcome
        self._found: dict[tuple[tuple[str, Value], ...], _Outcome] = {(): now}

    def with_(self, fact: str, value: Value) -> _Outcome:
        """What follows if a fact, recorded or derived, has this value."""
        own = self._values
        values = {**own, fact: value}
        differing = {fact}
        for table in self._knowledge.tables:
            if table.derives != fact and not table.facts.isdisjoint(differing):
                derived = _derived(table, values, self._case)
                if derived != own[table.derives]:
                    values[table.derives] = derived
                    differing.add(table.derives)
        weighed = tuple(
            (name, values[name])
            for name in sorted(differing & self._knowledge.weighed)
            if values[name] != own[name]
        )
        found = self._found.get(weighed)
        if found is None:
            found = self._found[weighed] = self._outcome(values, frozenset(differing))
        return found


def _placing(values: Values, knowledge: Knowledge) -> frozenset[str]:
    """The derived facts that say which offers apply."""
    treated = (knowledge.situation(name).treated_as for name in _names(values))
    return frozenset({PLACED_BY, *(fact for fact in treated if fact is not None)})


def _base_needs(
    names: frozenset[str], values: Values, knowledge: Knowledge, *, through: bool = False
) -> frozenset[str]:
    """Facts that can be recorded, behind facts that may be derived.

    `through` looks behind settled ones too: a table that asks what is stated is settled while that is unknown.
    """
    found: frozenset[str] = NOTHING
    for name in names:
        table = knowledge.table(name)
        if table is None:
            found |= frozenset({name}) if not values[name].settled else NOTHING
        elif through or not values[name].settled or name == PLACED_BY:
            inputs = table.needs(values)
            if through:
                inputs |= frozenset(f for f in table.facts if knowledge.table(f) is not None)
            behind = _base_needs(inputs, values, knowledge, through=through)
            if not values[name].settled:
                behind |= table.asks(values)
            # where no record could settle it, only a statement of the derived fact itself can
            found |= behind or (
                frozenset({name}) if not values[name].settled and name != PLACED_BY else NOTHING
            )
    return found


def _missing(
    values: Values,
    now: _Outcome,
    case: Case,
    orders: Sequence[DraftOrder],
    review: Sequence[DraftOrder],
    knowledge: Knowledge,
) -> Iterator[Missing]:
    """Facts whose value would change groups, options or a verdict, most decisive first.

    Each candidate is given every value it could still have; the fewer undecided orders, groups and options
    that leaves on average, the more decisive it is. One that is known and asked for, since it leaves a derived fact
    open all the same, stands for that fact.
    """
    wanted = _placing(values, knowledge)
    wanted = wanted.union(
        *(s.offer.needs(s.inside) for standings in now.standing.values() for s in standings),
        *(verdict.needs for verdict in now.verdicts),
    )
    candidates = _base_needs(wanted, values, knowledge, through=True)
    asked_for = {
        fact: table.derives
        for table in knowledge.tables
        if not values[table.derives].settled
        for fact in table.asks(values)
    }
    others = _Outcomes(
        values,
        now,
        case,
        knowledge,
        lambda other, differing: _outcome(other, case, orders, review, knowledge, (now, differing)),
    )
    scored: list[tuple[tuple[float, ...], int, Missing]] = []
    for position, name in enumerate(knowledge.vocabulary):
        if name not in candidates or knowledge.vocabulary[name].never_asked:
            continue
        varied = asked_for.get(name, name) if values[name].settled else name
        possible = _possible_values(varied, values[varied], knowledge)
        outcomes = [others.with_(varied, value) for value in possible]
        changes = _changes(now, outcomes)
        if changes:
            scores = [o.unresolved() for o in outcomes]
            score = tuple(sum(column) / len(scores) for column in zip(*scores, strict=True))
            leads = tuple((v, _judged(o)) for v, o in zip(possible, outcomes, strict=True))
            scored.append(
                (score, position, Missing(name, changes, leads, varied if varied != name else None))
            )
    found = [missing for _, _, missing in sorted(scored, key=lambda s: (s[0], s[1]))]
    yield from _with_joint_needs(found, now, values, knowledge)
    scope = _base_needs(NOTHING.union(*(c.needs(values) for c in knowledge.out_of_scope)), values, knowledge)
    for name in _in_order(scope - {m.fact for m in found}, knowledge):
        yield Missing(
            name, ("patientGroups", "options", "orders") if now.verdicts else ("patientGroups", "options")
        )


def _with_joint_needs(
    found: list[Missing], now: _Outcome, values: Values, knowledge: Knowledge
) -> Iterator[Missing]:
    """What was found, and where no single fact decides an open order, all on which it hangs together."""
    open_ = [v for v in now.verdicts if v.verdict == "undetermined" and UNSTATED.isdisjoint(v.reasons)]
    if not open_ or any("orders" in m.changes for m in found):
        yield from found
        return
    joint = _base_needs(NOTHING.union(*(v.needs for v in open_)), values, knowledge)
    for name in _in_order(joint, knowledge):
        before = next((m.changes for m in found if m.fact == name), ())
        yield Missing(name, (*before, "orders"))
    yield from (m for m in found if m.fact not in joint)


def _changes(now: _Outcome, outcomes: Sequence[_Outcome]) -> tuple[str, ...]:
    changes = []
    if any(o.placed != now.placed for o in outcomes):
        changes.append("patientGroups")
    if any(dict(o.options) != dict(now.options) for o in outcomes):
        changes.append("options")
    before = _judged(now)
    if any(not _same_answer(before, _judged(o)) for o in outcomes):
        changes.append("orders")
    return tuple(changes)


def _judged(outcome: _Outcome) -> dict[str, str]:
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


def _listed(
    disease: str,
    facts: Mapping[str, Fact],
    missing: Sequence[Missing],
    options: Sequence[Offered],
    knowledge: Knowledge,
) -> tuple[str, ...]:
    """Facts that were read or derived, and unknown ones that matter, in the order of the vocabulary."""
    matter = {m.fact for m in missing} | {n for o in options for n in o.needs}
    return tuple(
        name
        for name in knowledge.vocabulary
        if name in facts
        and name != PLACED_BY
        and (
            name in matter
            or disease in knowledge.vocabulary[name].always_listed
            or facts[name].known
            or facts[name].evidence
            or knowledge.vocabulary[name].derived
        )
    )
