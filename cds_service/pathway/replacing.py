"""What to order instead of a refused draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..case.fact import Members
from .criteria import NOTHING, Values
from .grounds import Grounds
from .options import Option
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

    def instead(self, option: str, grounds: Grounds, beside: frozenset[str]) -> tuple[Replacement, ...]:
        """Drugs that the possible groups offer now, first-line ones if there are any.

        Never the draft itself or more of it, nothing that is already drafted or being taken, that was not
        tolerated, or against which a contraindication or caution stands. A procedure is replaced by drugs
        only where they are to come before it.
        """
        if self.options[option].kind not in _DRUGS and option != EXCISION:
            return ()
        offered: dict[str, dict[int, str]] = {}
        first: dict[str, None] = {}
        for position, group in enumerate(grounds.groups):
            for offer in grounds.met(position):
                drug = self.options[offer.option]
                if drug.kind not in _DRUGS or drug.id == option or drug.base == option:
                    continue
                if option == EXCISION and offer.role == "adjuvant":
                    continue
                if self._may_replace(drug, grounds.values, beside):
                    offered.setdefault(offer.option, {})[position] = group.id
                    if offer.line == "first":
                        first[offer.option] = None
        return tuple(
            [
                Replacement(o, tuple(dict.fromkeys(found.values())), len(found) == len(grounds.groups))
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
