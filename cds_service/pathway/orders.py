"""Judging drafted orders against the groups in which the patient may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..case.fact import Case, Choice, DraftOrder, Members, Scalar
from ..case.vocabulary import AuthoringError, Vocabulary
from .criteria import NOTHING, Criterion, Values, compile_criterion
from .groups import Group
from .options import Citation, Offer, Option, citations_of, sources_of

VerdictWord = Literal[
    "on-pathway", "caution", "off-pathway", "contraindicated", "undetermined", "not-addressed", "out-of-scope"
]

NOT_AN_OPTION = "order.not-an-option"
INDICATION_NOT_STATED = "order.indication-not-stated"
INTENT_NOT_STATED = "order.intent-not-stated"
# what only the order itself can say, and no fact
UNSTATED = frozenset({INDICATION_NOT_STATED, INTENT_NOT_STATED})
OFFERED = "order.offered"
IN_EVERY_GROUP = "order.in-every-group"
CURRENT_THERAPY = "current-therapy"
NOT_TOLERATED = "not-tolerated"
METASTATIC_SITES = "metastatic-sites"
PRESENT_TUMOUR_RESECTED = "present-tumour-resected"
EXCISION = "excision"
COMPANION_MISSING = "order.companion-missing"
_NOT_LOOKED_UP = ("missing", "failed-query")
# verdicts between which a companion decides
_OPPOSITE = ({"on-pathway", "off-pathway"}, {"caution", "off-pathway"})
SITUATION_NOT_ADDRESSED = "order.situation-not-addressed"


@dataclass(frozen=True, slots=True)
class Beside:
    """The drugs beside a draft: known, and those of which nobody knows."""

    known: frozenset[str]
    maybe: frozenset[str] = NOTHING


@dataclass(frozen=True, slots=True)
class Rule:
    """A caution, refusal or contraindication of one option, whatever the patient's group."""

    id: str
    criterion: Criterion
    sources: tuple[str, ...]
    suggest: str | None = None
    disease: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderRules:
    """What stands against an option whatever the group: contraindications, cautions, refusals, and reasons for
    which a group without a reason of its own does not offer it."""

    contraindicated: tuple[Rule, ...] = ()
    caution: tuple[Rule, ...] = ()
    off_pathway: tuple[Rule, ...] = ()
    unoffered: tuple[Rule, ...] = ()

    def of(self, disease: str) -> OrderRules:
        """The rules that hold in one disease."""
        return OrderRules(
            tuple(r for r in self.contraindicated if r.disease == disease),
            tuple(r for r in self.caution if r.disease == disease),
            tuple(r for r in self.off_pathway if r.disease == disease),
            tuple(r for r in self.unoffered if r.disease == disease),
        )

    @property
    def refusing(self) -> frozenset[str]:
        """The facts by which an option may be refused whatever the group."""
        return NOTHING.union(*(r.criterion.facts for r in (*self.contraindicated, *self.off_pathway)))

    def every(self) -> tuple[Rule, ...]:
        return (*self.contraindicated, *self.caution, *self.off_pathway, *self.unoffered)

    def beside(self, other: OrderRules) -> OrderRules:
        return OrderRules(
            self.contraindicated + other.contraindicated,
            self.caution + other.caution,
            self.off_pathway + other.off_pathway,
            self.unoffered + other.unoffered,
        )


@dataclass(frozen=True, slots=True)
class Replacement:
    """An option to order instead; `groups` are the possible groups that offer it, `everywhere` if all do."""

    option: str
    groups: tuple[str, ...]
    everywhere: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the pathway says of one drafted order.

    `reasons` are ids whose wording lives in `cards/`, `needs` the unknown facts on which it hangs, `offers`
    the offers it was judged by, `tests` tests that the sources want first, `replacements` what to order
    instead. `by_group` are the reasons inside each possible group, by its id.
    """

    order: DraftOrder
    option: str | None
    verdict: VerdictWord
    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    needs: frozenset[str] = NOTHING
    offers: tuple[Offer, ...] = ()
    tests: tuple[str, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    by_group: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class _InGroup:
    """The verdict inside one possible group."""

    verdict: VerdictWord
    reasons: tuple[str, ...]
    sources: tuple[str, ...]
    needs: frozenset[str] = NOTHING
    offers: tuple[Offer, ...] = ()
    tests: tuple[str, ...] = ()


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

    def __post_init__(self) -> None:
        # asked for every offer and every value that an unknown fact could have: put together once
        rules = {option: self._joined(option) for option in self.options}
        object.__setattr__(self, "_rules_of", rules)
        object.__setattr__(self, "_refusing", {option: of.refusing for option, of in rules.items()})

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
        """The option that a draft asks for, read with the drugs beside it (other drafts, current therapy).

        A component of a regimen whose other components are beside it is that regimen; a dose above the
        option's threshold is the escalated option. A drug that is no option alone is part of the regimen of
        which most is beside it.
        """
        if order.item is None:
            return None
        named = self.options.get(order.item)
        if named is not None and (named.kind not in ("drug", "regimen") or not named.items):
            return named.id
        with_it = self._with(order.item, beside)
        # a regimen of which only the companion is missing (mesna) is that regimen, incomplete
        there = {order.item, *beside, *self.companions}
        for option in with_it:
            if len(option.items) > 1 and there.issuperset(option.items):
                return option.id
        for option in with_it:
            threshold = option.above_daily_mg
            if threshold is not None and order.daily_mg is not None and order.daily_mg > threshold:
                return option.id
        alone = [o for o in with_it if len(o.items) == 1 and o.above_daily_mg is None]
        return next((o.id for o in [*alone, *with_it]), None)

    def _with(self, item: str, beside: frozenset[str]) -> list[Option]:
        """The options that hold a drug, those first of which most is beside it."""
        found = [o for o in self.options.values() if item in o.items]
        return sorted(found, key=lambda o: -len(beside.intersection(o.items)))

    def incomplete(self, order: DraftOrder, option: str, beside: frozenset[str]) -> bool:
        """Whether a draft is part of a regimen whose other drugs are nowhere beside it."""
        items = self.options[option].items
        return len(items) > 1 and not all(i == order.item or i in beside for i in items)

    def judge(
        self, order: DraftOrder, case: Case, values: Values, groups: Sequence[Group], beside: Beside
    ) -> Verdict:
        """The verdict of one draft over every group that is still possible.

        Where it is not known whether a companion is being taken that would make the draft a regimen of the
        pathway, a refusal of the drug alone is not definite. The other way round a place on the pathway is
        not definite where a record leaves open whether such a companion is taken; records that nobody could
        look up are no reason to doubt every drug. A draft
        that may be one of several options is judged as each of them.
        """
        if order.alternatives:
            return self._one_of(order, case, values, groups, beside)
        alone = self._judge(order, case, values, groups, beside.known)
        doubted = alone.verdict == "off-pathway" or (
            alone.verdict == "on-pathway" and case.facts[CURRENT_THERAPY].why not in _NOT_LOOKED_UP
        )
        if not beside.maybe or not doubted:
            return alone
        with_it = self._judge(order, case, values, groups, beside.known | beside.maybe)
        if with_it.option == alone.option or {with_it.verdict, alone.verdict} not in _OPPOSITE:
            return alone
        return Verdict(
            order, alone.option, "undetermined", alone.reasons, alone.sources, frozenset({CURRENT_THERAPY})
        )

    def _one_of(
        self, order: DraftOrder, case: Case, values: Values, groups: Sequence[Group], beside: Beside
    ) -> Verdict:
        """Definite only if the draft would be judged alike whichever of its options it is."""
        each = [
            self.judge(replace(order, item=option, alternatives=()), case, values, groups, beside)
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

    def _judge(
        self, order: DraftOrder, case: Case, values: Values, groups: Sequence[Group], beside: frozenset[str]
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
        if order.after_drafted_surgery:
            values = {**values, PRESENT_TUMOUR_RESECTED: Choice(frozenset({True}))}
        if self.options[option].aimed:
            values = _aimed(order.targets, values)
        rules = self.rules_of(option)
        against = [r for r in rules.contraindicated if r.criterion.test(values) is True]
        if against:
            return Verdict(
                order,
                option,
                "contraindicated",
                tuple(r.id for r in against),
                _sources(against),
                replacements=self._replacements(option, values, groups, beside),
            )
        cautions = [r for r in rules.caution if r.criterion.test(values) is True]
        inside = [self._in_group(order, option, values, group, beside) for group in groups]
        if kind == "strategy" and not all(i.verdict == "on-pathway" for i in inside):
            # a test or a plan that the pathway does not ask for is nobody's warning
            return Verdict(order, option, "out-of-scope")
        return self._over_groups(order, option, values, groups, inside, cautions, rules, beside)

    def _in_group(
        self, order: DraftOrder, option: str, values: Values, group: Group, beside: frozenset[str]
    ) -> _InGroup:
        values = group.within(values)
        offers = tuple(o for o in group.offers if o.option == option)
        if not offers and not group.addressed:
            return _InGroup("not-addressed", (SITUATION_NOT_ADDRESSED,), group.sources)
        # whatever the group, as long as the sources speak of the patient at all
        if refused := [r for r in self.rules_of(option).off_pathway if r.criterion.test(values) is True]:
            return _InGroup("off-pathway", tuple(r.id for r in refused), _sources(refused))
        if not offers:
            return self._not_offered(order, option, values, group, beside)
        answers = [(offer, offer.evaluate(values)) for offer in offers]
        met = [offer for offer, answer in answers if answer is True]
        if met:
            reasons = tuple(dict.fromkeys(r for offer in met for r in offer.why_met(values)))
            if self.incomplete(order, option, beside):
                return _InGroup("caution", (COMPANION_MISSING, *reasons), _sources(met), offers=tuple(met))
            return _InGroup("on-pathway", reasons, _sources(met), offers=tuple(met))
        open_ = [offer for offer, answer in answers if answer is None]
        if open_:
            return self._undecided(values, open_)
        early = [offer for offer in offers if offer.why_early(values)]
        if early:
            why = dict.fromkeys(r for offer in early for r in offer.why_early(values))
            return _InGroup("caution", tuple(why), _sources(early), offers=tuple(early))
        unaddressed = tuple(dict.fromkeys(r for offer in offers for r in offer.why_unaddressed(values)))
        if unaddressed:
            return _InGroup("not-addressed", unaddressed, _sources(offers), offers=offers)
        if may_be_early := frozenset().union(*(offer.early_needs(values) for offer in offers)):
            # with these known it would be too early rather than wrong
            return _InGroup("undetermined", (), _sources(offers), may_be_early, offers)
        reasons = tuple(dict.fromkeys(r for offer in offers for r in offer.why_not(values)))
        if reasons:
            return _InGroup("off-pathway", reasons, _sources(offers), offers=offers)
        bare = _InGroup("off-pathway", (NOT_AN_OPTION,), _sources(offers), offers=offers)
        return self._unoffered(option, values, bare)

    def _unoffered(self, option: str, values: Values, bare: _InGroup) -> _InGroup:
        """The same refusal with the reasons that the sources give for it, if they give any."""
        why = [r for r in self.rules_of(option).unoffered if r.criterion.test(values) is True]
        return replace(bare, reasons=tuple(r.id for r in why), sources=_sources(why)) if why else bare

    def _not_offered(
        self, order: DraftOrder, option: str, values: Values, group: Group, beside: frozenset[str]
    ) -> _InGroup:
        """A drug that the group offers only inside a regimen is an incomplete regimen; anything else is refused
        for the group's own reason."""
        kind = self.options[option].kind
        named = (option, kind)
        if kind == "drug" and order.item is not None and option not in group.refused:
            offered = {o.option for o in group.offers}
            for regimen in self._with(order.item, beside):
                if regimen.kind == "regimen" and regimen.id in offered:
                    return self._in_group(order, regimen.id, values, group, beside)
        for name in named:
            if name in group.unaddressed:
                why = group.unaddressed[name]
                return _InGroup("not-addressed", (why.id,), why.sources)
            if name in group.refused:
                why = group.refused[name]
                return _InGroup("off-pathway", (why.id,), why.sources)
        return self._unoffered(option, values, _InGroup("off-pathway", (NOT_AN_OPTION,), group.sources))

    @staticmethod
    def _undecided(values: Values, offers: list[Offer]) -> _InGroup:
        """Unknown, or a caution where the sources say how to proceed while one fact is unknown."""
        for offer in offers:
            meanwhile = offer.while_unknown
            if meanwhile is None or values[meanwhile.untested].known:
                continue
            settled = (_assuming(offer, meanwhile.fact, v, values) for v in values[meanwhile.fact].possible)  # type: ignore[union-attr]
            if all(answer is not None for answer in settled):
                return _InGroup(
                    "caution",
                    (meanwhile.id,),
                    offer.sources,
                    offer.needs(values),
                    (offer,),
                    (meanwhile.suggest,),
                )
        return _InGroup(
            "undetermined",
            tuple(dict.fromkeys(r for offer in offers for r in offer.silent_reasons(values))),
            _sources(offers),
            NOTHING.union(*(offer.needs(values) for offer in offers)),
            tuple(offers),
        )

    def _over_groups(
        self,
        order: DraftOrder,
        option: str,
        values: Values,
        groups: Sequence[Group],
        inside: list[_InGroup],
        cautions: list[Rule],
        rules: OrderRules,
        beside: frozenset[str],
    ) -> Verdict:
        """One verdict: definite only if every possible group agrees, but a standing caution is definite at once."""
        words = {i.verdict for i in inside}
        needs = NOTHING.union(*(i.needs for i in inside))
        for rule in (*rules.contraindicated, *rules.off_pathway, *rules.caution):
            needs |= rule.criterion.needs(values)
        reasons = tuple(dict.fromkeys(r for i in inside for r in i.reasons))
        word: VerdictWord = words.pop() if len(words) == 1 else "undetermined"
        # where the sources say nothing of the patient at all, nothing is "on the pathway with a caution"
        if cautions and word != "off-pathway" and any(g.addressed for g in groups):
            word = "caution"
            reasons = (*(r.id for r in cautions), *reasons)
        elif word == "on-pathway" and (open_ := self._open_cautions(rules, values)):
            word = "undetermined"
            needs |= open_
        elif word == "undetermined":
            reasons = tuple(r for i in inside if i.verdict == "undetermined" for r in i.reasons)
        sources = tuple(dict.fromkeys([*_sources(cautions), *(s for i in inside for s in i.sources)]))
        return Verdict(
            order,
            option,
            word,
            tuple(dict.fromkeys(reasons)),
            sources,
            needs,
            tuple(dict.fromkeys(o for i in inside for o in i.offers)),
            tuple(
                dict.fromkeys(
                    [*(r.suggest for r in cautions if r.suggest), *(t for i in inside for t in i.tests)]
                )
            ),
            self._replacements(option, values, groups, beside) if word == "off-pathway" else (),
            tuple((group.id, i.reasons) for group, i in zip(groups, inside, strict=True)),
        )

    def _open_cautions(self, rules: OrderRules, values: Values) -> frozenset[str]:
        """Unknown facts on which a caution or a refusal hangs, but for conditions whose absence from the record
        is read as no."""
        return (
            NOTHING.union(
                *(
                    r.criterion.needs(values)
                    for r in (*rules.off_pathway, *rules.caution)
                    if r.criterion.test(values) is None
                )
            )
            - self.unrecorded_is_no
        )

    def _replacements(
        self, option: str, values: Values, groups: Sequence[Group], beside: frozenset[str]
    ) -> tuple[Replacement, ...]:
        """Drugs that the possible groups offer now, first-line ones if there are any.

        Never the draft itself or more of it, nothing that is already drafted or being taken, that was not
        tolerated, or against which a contraindication or caution stands. A procedure is replaced by drugs
        only where they are to come before it.
        """
        if self.options[option].kind not in ("drug", "regimen") and option != EXCISION:
            return ()
        offered: dict[str, dict[int, str]] = {}
        lines: dict[str, set[str]] = {}
        for position, group in enumerate(groups):
            inside = group.within(values)
            for offer in group.offers:
                drug = self.options[offer.option]
                if drug.kind not in ("drug", "regimen") or option in (drug.id, drug.base):
                    continue
                if option == EXCISION and offer.role == "adjuvant":
                    continue
                if offer.evaluate(inside) is True and self._may_replace(drug, values, beside):
                    offered.setdefault(offer.option, {})[position] = group.id
                    lines.setdefault(offer.option, set()).add(offer.line)
        first = [o for o in offered if "first" in lines[o]] or list(offered)
        return tuple(
            Replacement(o, tuple(dict.fromkeys(offered[o].values())), len(offered[o]) == len(groups))
            for o in first
        )

    def _may_replace(self, drug: Option, values: Values, beside: frozenset[str]) -> bool:
        rules = self.rules_of(drug.id)
        against = (*rules.contraindicated, *rules.off_pathway, *rules.caution)
        if any(r.criterion.test(values) is True for r in against):
            return False
        refused = values.get(NOT_TOLERATED)
        intolerable = refused.present if isinstance(refused, Members) else NOTHING
        return not intolerable.intersection(drug.items) and not beside.issuperset(drug.items)

    def contraindicated(self, option: str, values: Values) -> bool:
        """Whether a source rules an option out for certain."""
        return any(r.criterion.test(values) is True for r in self.rules_of(option).contraindicated)

    def refused(self, option: str, values: Values) -> bool:
        """Whether a rule speaks against an option for certain, whatever the group."""
        off_pathway = self.rules_of(option).off_pathway
        return self.contraindicated(option, values) or any(
            r.criterion.test(values) is True for r in off_pathway
        )


def _aimed(targets: frozenset[str], values: Values) -> Values:
    """The values with no metastases but those that an order is for; all of them if it names none on record."""
    recorded = values.get(METASTATIC_SITES)
    if not isinstance(recorded, Members) or not (aim := targets & (recorded.present | recorded.unknown)):
        return values
    return {**values, METASTATIC_SITES: Members(recorded.present & aim, recorded.unknown & aim)}


def _assuming(offer: Offer, fact: str, value: Scalar, values: Values) -> bool | None:
    return offer.evaluate({**values, fact: Choice(frozenset({value}))})


def _sources(cited: Iterable[Offer | Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s for c in cited for s in c.sources))


def compile_rules(documents: Iterable[Mapping[str, Any]], vocabulary: Vocabulary) -> Mapping[str, OrderRules]:
    """Rules by option. Raises AuthoringError for an option with two entries in one disease."""
    rules: dict[str, OrderRules] = {}
    seen: set[tuple[str, str]] = set()

    def compiled(row: Mapping[str, Any], disease: str) -> Rule:
        return Rule(
            row["id"],
            compile_criterion(row["when"], vocabulary),
            sources_of(row["cite"]),
            row.get("suggest"),
            disease,
            citations_of(row["cite"]),
        )

    for document in documents:
        disease = document["disease"]
        for index, row in enumerate(document["orders"]):
            if (disease, row["option"]) in seen:
                raise AuthoringError(
                    f"the order {row['option']!r} has two entries", ("orders", index, "option")
                )
            seen.add((disease, row["option"]))
            own = OrderRules(
                *(
                    tuple(compiled(r, disease) for r in row.get(kind, ()))
                    for kind in ("contraindicated", "caution", "off-pathway")
                )
            )
            rules[row["option"]] = rules.get(row["option"], OrderRules()).beside(own)
        for row in document.get("unoffered", ()):
            own = OrderRules(unoffered=(compiled(row, disease),))
            for option in row["options"]:
                rules[option] = rules.get(option, OrderRules()).beside(own)
    return rules


def drugs_beside(orders: Sequence[DraftOrder], values: Values) -> list[Beside]:
    """For each draft the drugs in the other drafts and in the current therapy, and those that may be in it."""
    current = values.get(CURRENT_THERAPY)
    taken, maybe = (current.present, current.unknown) if isinstance(current, Members) else (NOTHING, NOTHING)
    drafts_of = Counter(order.item for order in orders if order.item is not None)
    every = frozenset(drafts_of)
    # what only one draft asks for is not beside that draft itself
    others = {item: every - {item} if count == 1 else every for item, count in drafts_of.items()}
    return [Beside(others.get(order.item or "", every) | taken, maybe) for order in orders]
