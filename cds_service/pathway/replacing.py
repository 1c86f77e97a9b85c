"""What to order instead of a refused draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..case.fact import Members
from .answer import Answer
from .criteria import NOTHING, Values
from .groups import Group
from .options import Offer, Option
from .rules import OrderRules
from .verdict import Replacement

NOT_TOLERATED = "not-tolerated"
EXCISION = "excision"
_DRUGS = frozenset({"drug", "regimen"})


@dataclass(frozen=True, slots=True)
class Replacing:
    """Looks for options that the possible groups offer instead of a draft. `rules` are those of each option."""

    options: Mapping[str, Option]
    rules: Mapping[str, OrderRules]

    def instead(
        self,
        option: str,
        values: Values,
        groups: Sequence[Group],
        beside: frozenset[str],
        answers: Sequence[Sequence[Answer]] | None = None,
    ) -> tuple[Replacement, ...]:
        """Drugs that the possible groups offer now, first-line ones if there are any.

        `answers` say of each group how its offers stand, refused by rules or not, where that is known of these values.

        Never the draft itself or more of it, nothing that is already drafted or being taken, that was not
        tolerated, or against which a contraindication or caution stands. A procedure is replaced by drugs
        only where they are to come before it.
        """
        if self.options[option].kind not in _DRUGS and option != EXCISION:
            return ()
        offered: dict[str, dict[int, str]] = {}
        first: dict[str, None] = {}
        for position, group in enumerate(groups):
            for offer in _met(group, values, answers[position] if answers is not None else None):
                drug = self.options[offer.option]
                if drug.kind not in _DRUGS or drug.id == option or drug.base == option:
                    continue
                if option == EXCISION and offer.role == "adjuvant":
                    continue
                if self._may_replace(drug, values, beside):
                    offered.setdefault(offer.option, {})[position] = group.id
                    if offer.line == "first":
                        first[offer.option] = None
        return tuple(
            [
                Replacement(o, tuple(dict.fromkeys(found.values())), len(found) == len(groups))
                for o, found in offered.items()
                if not first or o in first
            ]
        )

    def _may_replace(self, drug: Option, values: Values, beside: frozenset[str]) -> bool:
        rules = self.rules[drug.id]
        for against in (rules.contraindicated, rules.off_pathway, rules.caution):
            for rule in against:
                if rule.criterion.test(values) is True:
                    return False
        refused = values.get(NOT_TOLERATED)
        intolerable = refused.present if isinstance(refused, Members) else NOTHING
        return not intolerable.intersection(drug.items) and not beside.issuperset(drug.items)


def _met(group: Group, values: Values, answers: Sequence[Answer] | None) -> list[Offer]:
    """The offers of a group that are met; of those against which a rule speaks some or all."""
    if answers is not None:
        return [offer for offer, answer in zip(group.offers, answers, strict=True) if answer]
    inside = group.within(values)
    return [offer for offer in group.offers if offer.evaluate(inside) is True]
