"""Judging drafted orders against the groups in which the patient may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from ..case.fact import Case, Choice, DraftOrder, Members
from .again import Again, InsideAgain
from .asked import CURRENT_THERAPY, Asked, Beside
from .criteria import NOTHING, Values
from .grounds import Grounds
from .groups import Group
from .inside import InGroup, Inside, sources_named
from .one_verdict import addressed, offers_over, reasons_over
from .options import Option
from .replacing import NOT_TOLERATED, Replacing
from .rules import OrderRules, Rule
from .verdict import DOSE_NOT_READ, INDICATION_NOT_STATED, INTENT_NOT_STATED, Verdict, VerdictWord

METASTATIC_SITES = "metastatic-sites"
PRESENT_TUMOUR_RESECTED = "present-tumour-resected"
_NOT_LOOKED_UP = ("missing", "failed-query")
# verdicts between which a companion decides
_OPPOSITE = ({"on-pathway", "off-pathway"}, {"caution", "off-pathway"})


@dataclass(frozen=True, slots=True)
class Judge:
    """Compiled order knowledge: the options and, by option, its rules.

    `companions` are drugs that are judged only beside another: mesna beside ifosfamide.
    """

    options: Mapping[str, Option]
    rules: Mapping[str, OrderRules] = field(default_factory=dict)
    unrecorded_is_no: frozenset[str] = NOTHING
    companions: Mapping[str, str] = field(default_factory=dict)
    _rules_of: Mapping[str, OrderRules] = field(init=False, repr=False, compare=False)
    _refusing: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)
    _asked_for: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)
    _against: Mapping[str, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)
    _asked: Asked = field(init=False, repr=False, compare=False)
    _inside: Inside = field(init=False, repr=False, compare=False)
    _replacing: Replacing = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # asked for every offer and every value that an unknown fact could have: put together once
        rules = {option: self._joined(option) for option in self.options}
        object.__setattr__(self, "_rules_of", rules)
        object.__setattr__(self, "_refusing", {option: of.refusing for option, of in rules.items()})
        asked_for = {o: NOTHING.union(*[r.criterion.facts for r in of.every()]) for o, of in rules.items()}
        object.__setattr__(self, "_asked_for", asked_for)
        object.__setattr__(
            self, "_against", {o: of.contraindicated + of.off_pathway for o, of in rules.items()}
        )
        asked = Asked(self.options, self.companions)
        object.__setattr__(self, "_asked", asked)
        object.__setattr__(self, "_inside", Inside(asked, rules))
        object.__setattr__(self, "_replacing", Replacing(self.options, rules))

    def of(self, disease: str) -> Judge:
        """The judge of one disease: rules of another never speak."""
        return replace(self, rules={option: rules.of(disease) for option, rules in self.rules.items()})

    @property
    def facts(self) -> frozenset[str]:
        """Every fact that a rule asks for, or that judging looks at whatever the rules."""
        looked_at = frozenset({CURRENT_THERAPY, NOT_TOLERATED, METASTATIC_SITES, PRESENT_TUMOUR_RESECTED})
        every = (rule for rules in self.rules.values() for rule in rules.every())
        return looked_at.union(*(rule.criterion.facts for rule in every))

    def rules_of(self, option: str) -> OrderRules:
        """The rules of an option; those of each drug in it, and of what it is another form of, hold too."""
        return self._rules_of[option]

    def refusing(self, option: str) -> frozenset[str]:
        """The facts on which `refused` rests for an option."""
        return self._refusing[option]

    def rests_on(self, order: DraftOrder, groups: Sequence[Group]) -> frozenset[str]:
        """The facts on which the verdict on a draft rests while the groups are these; what to order instead may rest
        on others."""
        looked_at = {CURRENT_THERAPY}
        for option in {
            o for item in order.alternatives or (order.item,) if item for o in self._asked.may_be(item)
        }:
            if self.options[option].aimed:
                looked_at.add(METASTATIC_SITES)
            looked_at |= self._asked_for[option]
            for group in groups:
                for offer in group.offers_of.get(option, ()):
                    looked_at |= offer.facts
        return frozenset(looked_at)

    def _joined(self, option: str) -> OrderRules:
        base = self.options[option].base
        parts = [option, *self.options[option].items, *([base] if base else [])]
        found = [self.rules[p] for p in dict.fromkeys(parts) if p in self.rules]
        return OrderRules(
            tuple(dict.fromkeys(r for rules in found for r in rules.contraindicated)),
            tuple(dict.fromkeys(r for rules in found for r in rules.caution)),
            tuple(dict.fromkeys(r for rules in found for r in rules.off_pathway)),
            tuple(dict.fromkeys(r for rules in found for r in rules.unoffered)),
        )

    def option_of(self, order: DraftOrder, beside: frozenset[str]) -> str | None:
        """The option that a draft asks for, read with the drugs beside it."""
        return self._asked.option_of(order, beside)

    def looked_for_beside(self, order: DraftOrder) -> frozenset[str]:
        """The drugs by which the verdict on a draft may differ, if they are beside it."""
        return self._asked.looked_for_beside(order)

    def inside_again(self) -> InsideAgain:
        """For `Again`: what is found is kept in it for as long as it lives."""
        return InsideAgain(self._inside)

    def judge(
        self, order: DraftOrder, case: Case, grounds: Grounds, beside: Beside, again: Again | None = None
    ) -> Verdict:
        """The verdict of one draft over every group that is still possible.

        Where it is not known whether a companion is being taken that would make the draft a regimen of the
        pathway, a refusal of the drug alone is not definite. The other way round a place on the pathway is
        not definite where a record leaves open whether such a companion is taken; records that nobody could
        look up are no reason to doubt every drug. A draft
        that may be one of several options is judged as each of them. A verdict `again` is told without its reasons:
        word, option and tests alone.
        """
        if order.alternatives:
            return self._one_of(order, case, grounds, beside, again)
        if order.dose_unread:
            return self._of_unread_dose(order, case, grounds, beside, again)
        alone = self._judge(order, case, grounds, beside.known, again)
        doubted = alone.verdict == "off-pathway" or (
            alone.verdict == "on-pathway" and case.facts[CURRENT_THERAPY].why not in _NOT_LOOKED_UP
        )
        if not beside.maybe or not doubted:
            return alone
        with_it = self._judge(order, case, grounds, beside.known | beside.maybe, again)
        if with_it.option == alone.option or {with_it.verdict, alone.verdict} not in _OPPOSITE:
            return alone
        return Verdict(
            order, alone.option, "undetermined", alone.reasons, alone.sources, frozenset({CURRENT_THERAPY})
        )

    def _one_of(
        self, order: DraftOrder, case: Case, grounds: Grounds, beside: Beside, again: Again | None
    ) -> Verdict:
        """Definite only if the draft would be judged alike whichever of its options it is."""
        each = [
            self.judge(replace(order, item=option, alternatives=()), case, grounds, beside, again)
            for option in order.alternatives
        ]
        first = each[0]
        if all(v.verdict == first.verdict for v in each):
            reasons = tuple(dict.fromkeys(r for v in each for r in v.reasons))
            option = first.option if first.verdict in ("on-pathway", "caution") else None
            return replace(first, order=order, option=option, reasons=reasons)
        judged = [v for v in each if v.verdict != "out-of-scope"]
        return Verdict(
            order,
            None,
            "undetermined",
            (INTENT_NOT_STATED,),
            tuple(dict.fromkeys(s for v in judged for s in v.sources)),
            offers=tuple(dict.fromkeys(o for v in judged for o in v.offers)),
        )

    def _of_unread_dose(
        self, order: DraftOrder, case: Case, grounds: Grounds, beside: Beside, again: Again | None
    ) -> Verdict:
        """Definite only if the draft would be judged alike at the dose that is known and at any higher one."""
        known, higher = (
            self.judge(replace(order, dose_unread=False, daily_mg=mg), case, grounds, beside, again)
            for mg in (order.daily_mg, inf)
        )
        if known.verdict == higher.verdict:
            return replace(known, order=order)
        return Verdict(
            order,
            known.option,
            "undetermined",
            (DOSE_NOT_READ,),
            tuple(dict.fromkeys([*known.sources, *higher.sources])),
            offers=tuple(dict.fromkeys([*known.offers, *higher.offers])),
        )

    def _judge(
        self,
        order: DraftOrder,
        case: Case,
        grounds: Grounds,
        beside: frozenset[str],
        again: Again | None,
    ) -> Verdict:
        option = self.option_of(order, beside)
        lone = self.companions.get(order.item or "", "") not in beside and order.item in self.companions
        if option is None or order.indication == "other" or lone:
            return Verdict(order, option, "out-of-scope")
        kind = self.options[option].kind
        if kind in ("procedure", "radiotherapy") and order.indication == "not-stated":
            return Verdict(order, option, "out-of-scope")
        if order.indication == "not-stated" and (case.other_malignancy or case.in_remission):
            return Verdict(order, option, "undetermined", (INDICATION_NOT_STATED,))
        values = grounds.values
        if order.after_drafted_surgery:
            values = {**values, PRESENT_TUMOUR_RESECTED: Choice(frozenset({True}))}
        if self.options[option].aimed:
            values = _aimed(order.targets, values)
        grounds = grounds.with_values(values)
        rules = self.rules_of(option)
        against = [r for r in rules.contraindicated if r.criterion.test(values) is True]
        if against:
            return Verdict(
                order,
                option,
                "contraindicated",
                tuple(r.id for r in against),
                sources_named(against),
                replacements=() if again is not None else self._replacing.instead(option, grounds, beside),
            )
        cautions = [r for r in rules.caution if r.criterion.test(values) is True]
        inside = (
            [self._inside.judge(order, option, values, group, beside) for group in grounds.groups]
            if again is None
            else again.inside.judge(order, option, values, grounds.groups, beside, again.differing)
        )
        if kind == "strategy" and any(i.verdict != "on-pathway" for i in inside):
            # a test or a plan that the pathway does not ask for is nobody's warning
            return Verdict(order, option, "out-of-scope")
        word, open_ = self._over_groups(grounds, inside, cautions, rules)
        wanted = [*[r.suggest for r in cautions if r.suggest], *[t for i in inside for t in i.tests]]
        tests = tuple(dict.fromkeys(wanted))
        if again is not None:
            return Verdict(order, option, word, tests=tests)
        told = [i.told() for i in inside]
        needs = open_.union(
            *[each.needs for each in told],
            *[r.criterion.needs(values) for r in rules.contraindicated],
            *[r.criterion.needs(values) for r in rules.off_pathway],
            *[r.criterion.needs(values) for r in rules.caution],
        )
        return Verdict(
            order,
            option,
            word,
            reasons_over(word, bool(open_), grounds, inside, told, cautions),
            tuple(dict.fromkeys([*sources_named(cautions), *[s for each in told for s in each.sources]])),
            needs,
            offers_over([i.offers for i in inside]),
            tests,
            self._replacing.instead(option, grounds, beside) if word == "off-pathway" else (),
            tuple([(group.id, each.reasons) for group, each in zip(grounds.groups, told, strict=True)]),
        )

    def _over_groups(
        self, grounds: Grounds, inside: list[InGroup], cautions: list[Rule], rules: OrderRules
    ) -> tuple[VerdictWord, frozenset[str]]:
        """One verdict: definite only if every possible group agrees, but a standing caution is definite at once. Beside
        it the unknown facts on which a caution hangs that keeps it from being on the pathway."""
        words = {i.verdict for i in inside}
        word: VerdictWord = words.pop() if len(words) == 1 else "undetermined"
        if cautions and word != "off-pathway" and addressed(grounds):
            return "caution", NOTHING
        if word == "on-pathway" and (open_ := self._open_cautions(rules, grounds.values)):
            return "undetermined", open_
        return word, NOTHING

    def _open_cautions(self, rules: OrderRules, values: Values) -> frozenset[str]:
        """Unknown facts on which a caution or a refusal hangs, but for conditions whose absence from the record
        is read as no."""
        open_ = [
            r.criterion.needs(values)
            for r in (*rules.off_pathway, *rules.caution)
            if r.criterion.test(values) is None
        ]
        return NOTHING.union(*open_) - self.unrecorded_is_no

    def refused(self, option: str, values: Values) -> bool:
        """Whether a rule speaks against an option for certain, whatever the group."""
        return True in [rule.criterion.test(values) for rule in self._against[option]]


def _aimed(targets: frozenset[str], values: Values) -> Values:
    """The values with no metastases but those that an order is for; all of them if it names none on record."""
    recorded = values.get(METASTATIC_SITES)
    if not isinstance(recorded, Members) or not (aim := targets & (recorded.present | recorded.unknown)):
        return values
    return {**values, METASTATIC_SITES: Members(recorded.present & aim, recorded.unknown & aim)}
