"""The verdict on an order inside one patient group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from ..case.fact import Choice, DraftOrder, Scalar
from .asked import Asked
from .criteria import NOTHING, Values
from .groups import Elsewhere, Group
from .options import Offer, WhileUnknown
from .rules import OrderRules, Rule
from .verdict import COMPANION_MISSING, NOT_AN_OPTION, SITUATION_NOT_ADDRESSED, VerdictWord


class Told(NamedTuple):
    """Why a verdict is what it is, from which sources, and on which unknown facts it hangs."""

    reasons: tuple[str, ...]
    sources: tuple[str, ...]
    needs: frozenset[str] = NOTHING


class InGroup(NamedTuple):
    """The verdict inside one possible group, the offers by which it was judged, and the tests that are wanted first.

    `told` says why: put together when asked, for of most verdicts only the word is compared.
    """

    verdict: VerdictWord
    told: Callable[[], Told]
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
            return InGroup("not-addressed", lambda: Told((SITUATION_NOT_ADDRESSED,), group.sources))
        # whatever the group, as long as the sources speak of the patient at all
        if refused := [r for r in self.rules[option].off_pathway if r.criterion.test(values) is True]:
            return InGroup("off-pathway", lambda: Told(tuple(r.id for r in refused), sources_named(refused)))
        if not offers:
            return self._not_offered(order, option, values, group, beside)
        answers = [(offer, offer.evaluate(values)) for offer in offers]
        met = [offer for offer, answer in answers if answer is True]
        if met:
            incomplete = self.asked.incomplete(order, option, beside)
            return InGroup(
                "caution" if incomplete else "on-pathway",
                lambda: _of_met(met, values, incomplete),
                tuple(met),
            )
        open_ = [offer for offer, answer in answers if answer is None]
        if open_:
            return self._undecided(values, open_)
        early = [offer for offer in offers if offer.early and offer.why_early(values)]
        if early:
            return InGroup(
                "caution",
                lambda: Told(_each(offer.why_early(values) for offer in early), sources_named(early)),
                tuple(early),
            )
        unaddressed = _each(offer.why_unaddressed(values) for offer in offers)
        if unaddressed:
            return InGroup("not-addressed", lambda: Told(unaddressed, sources_named(offers)), offers)
        if may_be_early := NOTHING.union(*[offer.early_needs(values) for offer in offers if offer.early]):
            # with these known it would be too early rather than wrong
            return InGroup("undetermined", lambda: Told((), sources_named(offers), may_be_early), offers)
        return InGroup("off-pathway", lambda: self._of_refused(option, offers, values), offers)

    def rests_on(self, order: DraftOrder, option: str, group: Group) -> frozenset[str]:
        """Every fact on which the verdict inside a group may rest, whatever is beside the draft."""
        found = NOTHING
        for name in {option, *(self.asked.may_be(order.item) if order.item is not None else ())}:
            rules, offers = self.rules[name].off_pathway, group.offers_of.get(name, ())
            found = found.union(*[r.criterion.facts for r in rules], *[offer.facts for offer in offers])
        return found

    def _of_refused(self, option: str, offers: tuple[Offer, ...], values: Values) -> Told:
        reasons = _each(offer.why_not(values) for offer in offers)
        if reasons:
            return Told(reasons, sources_named(offers))
        return self._unoffered(option, values, sources_named(offers))

    def _unoffered(self, option: str, values: Values, sources: tuple[str, ...]) -> Told:
        """Reasons that the sources give for a refusal for which the group has none, or that it is no option there."""
        why = [r for r in self.rules[option].unoffered if r.criterion.test(values) is True]
        return Told(tuple(r.id for r in why), sources_named(why)) if why else Told((NOT_AN_OPTION,), sources)

    def _not_offered(
        self, order: DraftOrder, option: str, values: Values, group: Group, beside: frozenset[str]
    ) -> InGroup:
        """A drug that the group offers only inside a regimen is an incomplete regimen; anything else is refused
        for the group's own reason."""
        kind = self.asked.options[option].kind
        if kind == "drug" and order.item is not None and option not in group.refused:
            for regimen in self.asked.holding(order.item, beside):
                if regimen.kind == "regimen" and regimen.id in group.offers_of:
                    return self.judge(order, regimen.id, values, group, beside)
        for name in (option, kind):
            if name in group.unaddressed:
                return InGroup("not-addressed", partial(_elsewhere, group.unaddressed[name]))
            if name in group.refused:
                return InGroup("off-pathway", partial(_elsewhere, group.refused[name]))
        return InGroup("off-pathway", lambda: self._unoffered(option, values, group.sources))

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
                    "caution", partial(_meanwhile, offer, meanwhile, values), (offer,), (meanwhile.suggest,)
                )
        return InGroup("undetermined", lambda: _of_undecided(offers, values), tuple(offers))


def _of_met(met: list[Offer], values: Values, incomplete: bool) -> Told:
    reasons = _each(offer.why_met(values) for offer in met)
    return Told((COMPANION_MISSING, *reasons) if incomplete else reasons, sources_named(met))


def _of_undecided(open_: list[Offer], values: Values) -> Told:
    return Told(
        _each(offer.silent_reasons(values) for offer in open_),
        sources_named(open_),
        NOTHING.union(*[offer.needs(values) for offer in open_]),
    )


def _meanwhile(offer: Offer, meanwhile: WhileUnknown, values: Values) -> Told:
    return Told((meanwhile.id,), offer.sources, offer.needs(values))


def _elsewhere(why: Elsewhere) -> Told:
    return Told((why.id,), why.sources)


def _each(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What any of them says, each once."""
    return tuple(dict.fromkeys([one for several in found for one in several]))


def _assuming(offer: Offer, fact: str, value: Scalar, values: Values) -> bool | None:
    return offer.evaluate({**values, fact: Choice(frozenset({value}))})


def sources_named(cited: Iterable[Offer | Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([s for c in cited for s in c.sources]))
