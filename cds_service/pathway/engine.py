"""The pathway engine: derive, place, offer, judge, and say which missing facts would decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..case.fact import Case, Choice, DraftOrder, Fact
from .assessment import Assessment, Missing, Offered, Placement
from .criteria import NOTHING, Values
from .derivation import derive, derived_fact
from .groups import PLACED_BY
from .knowledge import Knowledge
from .missing import missing_facts
from .needs import Behind, placing_facts
from .outcome import Outcome, Session, outcome_of
from .verdict import Verdict


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
    if word not in knowledge.diseases or True in [c.test(base) for c in knowledge.out_of_scope]:
        return _outside(case, word, knowledge, review)
    knowledge = knowledge.of(word)
    values = derive(base, case, knowledge)
    session = Session.of(case, orders, review)
    outcome = outcome_of(values, session, knowledge)
    behind = Behind(values, knowledge)
    missing = tuple(missing_facts(values, outcome, session, knowledge, behind))
    facts = dict(case.facts)
    remarks: dict[str, None] = {}
    for table in knowledge.tables:
        facts[table.derives] = found = derived_fact(table, values, facts)
        if found.remarks:
            remarks |= dict.fromkeys(found.remarks)
    options = tuple(_offers(values, outcome, knowledge, behind))
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


def _placement(outcome: Outcome) -> Placement:
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


def _offers(values: Values, now: Outcome, knowledge: Knowledge, behind: Behind) -> Iterator[Offered]:
    """Every option that is met or unknown over the possible groups, in the order of the pathway files."""
    several = len(now.situations) > 1
    placing = behind.of(placing_facts(values, knowledge)) if several else NOTHING
    for key, answer in now.options.items():
        sources: dict[str, None] = {}
        unknown = NOTHING
        differs = None
        for group, inside, answers in now.standing:
            for place in group.places.get(key, ()):
                if answers[place] is False:
                    continue
                offer = group.offers[place]
                sources |= dict.fromkeys(offer.sources)
                differs = differs or offer.differs
                if answers[place] is None and not answer:
                    unknown |= offer.needs(inside)
        needs = NOTHING if answer else placing | behind.of(unknown)
        option, role, line = key
        yield Offered(option, role, line, answer, tuple(sources), knowledge.in_order(needs), differs)


def _listed(
    disease: str,
    facts: Mapping[str, Fact],
    missing: Sequence[Missing],
    options: Sequence[Offered],
    knowledge: Knowledge,
) -> tuple[str, ...]:
    """Facts that were read or derived, and unknown ones that matter, in the order of the vocabulary."""
    wanted = {*knowledge.always_listed(disease), *[m.fact for m in missing]}
    for option in options:
        wanted.update(option.needs)
    found = [
        name
        for name, fact in facts.items()
        if fact.evidence or name in wanted or (fact.why is None and fact.value.known)
    ]
    if PLACED_BY in facts:
        found = [name for name in found if name != PLACED_BY]
    return knowledge.in_order(found)
