"""The verdict on an order inside one patient group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..case.fact import Choice, DraftOrder, Scalar
from .asked import Asked
from .criteria import NOTHING, Values
from .groups import Group
from .options import Offer
from .rules import OrderRules, Rule
from .verdict import COMPANION_MISSING, NOT_AN_OPTION, SITUATION_NOT_ADDRESSED, VerdictWord


@dataclass(frozen=True, slots=True)
class InGroup:
    """The verdict inside one possible group."""

    verdict: VerdictWord
    reasons: tuple[str, ...]
    sources: tuple[str, ...]
    needs: frozenset[str] = NOTHING
    offers: tuple[Offer, ...] = ()
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inside:
    """Judges orders as if the group were certain. `rules` are those of each option."""

    asked: Asked
    rules: Mapping[str, OrderRules]

    def judge(
        self, order: DraftOrder, option: str, values: Values, group: Group, beside: frozenset[str]
    ) -> InGroup:
        values = group.within(values)
        offers = group.offers_of.get(option, ())
        if not offers and not group.addressed:
            return InGroup("not-addressed", (SITUATION_NOT_ADDRESSED,), group.sources)
        # whatever the group, as long as the sources speak of the patient at all
        if refused := [r for r in self.rules[option].off_pathway if r.criterion.test(values) is True]:
            return InGroup("off-pathway", tuple(r.id for r in refused), sources_named(refused))
        if not offers:
            return self._not_offered(order, option, values, group, beside)
        answers = [(offer, offer.evaluate(values)) for offer in offers]
        met = [offer for offer, answer in answers if answer is True]
        if met:
            reasons = tuple(dict.fromkeys([r for offer in met for r in offer.why_met(values)]))
            if self.asked.incomplete(order, option, beside):
                return InGroup(
                    "caution", (COMPANION_MISSING, *reasons), sources_named(met), offers=tuple(met)
                )
            return InGroup("on-pathway", reasons, sources_named(met), offers=tuple(met))
        open_ = [offer for offer, answer in answers if answer is None]
        if open_:
            return self._undecided(values, open_)
        early = [offer for offer in offers if offer.early and offer.why_early(values)]
        if early:
            why = dict.fromkeys(r for offer in early for r in offer.why_early(values))
            return InGroup("caution", tuple(why), sources_named(early), offers=tuple(early))
        unaddressed = tuple(dict.fromkeys([r for offer in offers for r in offer.why_unaddressed(values)]))
        if unaddressed:
            return InGroup("not-addressed", unaddressed, sources_named(offers), offers=offers)
        if may_be_early := NOTHING.union(*[offer.early_needs(values) for offer in offers if offer.early]):
            # with these known it would be too early rather than wrong
            return InGroup("undetermined", (), sources_named(offers), may_be_early, offers)
        reasons = tuple(dict.fromkeys([r for offer in offers for r in offer.why_not(values)]))
        if reasons:
            return InGroup("off-pathway", reasons, sources_named(offers), offers=offers)
        bare = InGroup("off-pathway", (NOT_AN_OPTION,), sources_named(offers), offers=offers)
        return self._unoffered(option, values, bare)

    def _unoffered(self, option: str, values: Values, bare: InGroup) -> InGroup:
        """The same refusal with the reasons that the sources give for it, if they give any."""
        why = [r for r in self.rules[option].unoffered if r.criterion.test(values) is True]
        return replace(bare, reasons=tuple(r.id for r in why), sources=sources_named(why)) if why else bare

    def _not_offered(
        self, order: DraftOrder, option: str, values: Values, group: Group, beside: frozenset[str]
    ) -> InGroup:
        """A drug that the group offers only inside a regimen is an incomplete regimen; anything else is refused
        for the group's own reason."""
        kind = self.asked.options[option].kind
        named = (option, kind)
        if kind == "drug" and order.item is not None and option not in group.refused:
            for regimen in self.asked.holding(order.item, beside):
                if regimen.kind == "regimen" and regimen.id in group.offers_of:
                    return self.judge(order, regimen.id, values, group, beside)
        for name in named:
            if name in group.unaddressed:
                why = group.unaddressed[name]
                return InGroup("not-addressed", (why.id,), why.sources)
            if name in group.refused:
                why = group.refused[name]
                return InGroup("off-pathway", (why.id,), why.sources)
        return self._unoffered(option, values, InGroup("off-pathway", (NOT_AN_OPTION,), group.sources))

    @staticmethod
    def _undecided(values: Values, offers: list[Offer]) -> InGroup:
        """Unknown, or a caution where the sources say how to proceed while one fact is unknown."""
        for offer in offers:
            meanwhile = offer.while_unknown
            if meanwhile is None or values[meanwhile.untested].known:
                continue
            settled = (_assuming(offer, meanwhile.fact, v, values) for v in values[meanwhile.fact].possible)  # type: ignore[union-attr]
            if all(answer is not None for answer in settled):
                return InGroup(
                    "caution",
                    (meanwhile.id,),
                    offer.sources,
                    offer.needs(values),
                    (offer,),
                    (meanwhile.suggest,),
                )
        return InGroup(
            "undetermined",
            tuple(dict.fromkeys(r for offer in offers for r in offer.silent_reasons(values))),
            sources_named(offers),
            NOTHING.union(*(offer.needs(values) for offer in offers)),
            tuple(offers),
        )


def _assuming(offer: Offer, fact: str, value: Scalar, values: Values) -> bool | None:
    return offer.evaluate({**values, fact: Choice(frozenset({value}))})


def sources_named(cited: Iterable[Offer | Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([s for c in cited for s in c.sources]))
