"""On which facts a verdict rests."""

from __future__ import annotations

from collections.abc import Iterable

from .asked import CURRENT_THERAPY
from .assessment import Assessment
from .criteria import NOTHING
from .groups import PLACED_BY
from .knowledge import Knowledge
from .verdict import Verdict


def deciding_facts(
    verdicts: Iterable[Verdict], assessment: Assessment, knowledge: Knowledge
) -> frozenset[str]:
    """Every fact whose change could change these verdicts: those that place the patient, those in any rule about
    the drafted options, those in the groups' offers of them, and all facts behind derived ones among them.

    Of no verdict at all: every fact of the disease, for what is said is then about the patient.
    """
    knowledge = knowledge.of(assessment.disease)
    told = tuple(verdicts)
    if not told:
        return frozenset(assessment.facts)
    situations = [
        knowledge.situation(name)
        for name in (*assessment.groups, *assessment.treated_as, *assessment.not_addressed)
    ]
    found = {PLACED_BY, CURRENT_THERAPY}
    found |= {s.treated_as for s in situations if s.treated_as is not None}
    for verdict in told:
        found |= verdict.needs
        offers = {offer.id: offer for offer in verdict.offers}
        offers |= {o.id: o for s in situations for o in s.offers if o.option == verdict.option}
        found |= NOTHING.union(*(offer.facts for offer in offers.values()))
        if verdict.option is not None:
            found |= NOTHING.union(
                *(rule.criterion.facts for rule in knowledge.judge.rules_of(verdict.option).every())
            )
    behind = NOTHING.union(*(knowledge.behind(fact) for fact in found))
    return (frozenset(found) | behind) & assessment.facts.keys()
