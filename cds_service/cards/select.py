"""Which cards an assessment is worth: few, each about one thing, most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from ..case.fact import Choice, Fact
from ..case.vocabulary import CANONICAL
from ..pathway.assessment import Assessment
from ..pathway.knowledge import Knowledge
from ..pathway.rules import OrderRules
from ..pathway.trials import TrialCriterion, TrialStanding
from ..pathway.verdict import (
    IN_EVERY_GROUP,
    NOT_AN_OPTION,
    OFFERED,
    SITUATION_NOT_ADDRESSED,
    UNSTATED,
    Verdict,
)
from .card import Card
from .render import alternatives, bullets, detail_of, fact_words, leads_words, listed, summary_of
from .suggestions import Creatable, NewId, Subject, SuggestionShape, order_test, remove_only, replace
from .wording import Wording

TOPICS = f"{CANONICAL}/CodeSystem/card-topics"
# facts that a card shows where they are known, by disease, in this order
SHOWN: Mapping[str, tuple[str, ...]] = {
    "gist": (
        "primary-site", "tumour-size-cm", "mitoses-per-50-hpf", "recurrence-risk", "genotype", "residual-tumour",
        "resectability", "tumour-rupture", "m-category", "metastatic-sites", "recurrence", "progression",
        "treatment-response", "current-therapy", "prior-therapies", "heart-failure",
    ),
    "sts": (
        "primary-site", "histology", "tumour-size-cm", "tumour-depth", "grade", "stage", "genotype", "residual-tumour",
        "wide-margin", "resectability", "n-category", "m-category", "metastatic-sites", "metastasis-extent",
        "recurrence", "progression", "treatment-response", "current-therapy", "prior-therapies", "prior-radiotherapy",
    ),
}  # fmt: skip
# remarks that say only that nothing was recorded; the missing facts and the things to check say it better
UNSAID = frozenset({"not-recorded", "contraindication-not-recorded"})
MISSING_SHOWN = 4
DEPENDS_SHOWN = 6
INSTEAD_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Link:
    """A source as a card names it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class CardMaker:
    """What every call shares for making cards."""

    knowledge: Knowledge
    wording: Wording
    creations: Creatable
    sources: Mapping[str, Link]
    shape: SuggestionShape

    def cards(
        self, assessment: Assessment, subject: Subject, new_id: NewId, *, patient_view: bool
    ) -> list[Card]:
        """The cards of one answer, the most urgent first."""
        if assessment.placement == "out-of-scope":
            return []
        silent = assessment.placement == "not-addressed"
        if patient_view:
            return [
                Card("unaddressed", self._unaddressed([], assessment, new_id))
                if silent
                else Card("position", self._position(assessment, new_id)),
                *self._trials(assessment.trials, assessment, new_id),
            ]
        found: list[Card] = []
        by_word: dict[str, list[Verdict]] = {}
        for verdict in assessment.verdicts:
            by_word.setdefault(verdict.verdict, []).append(verdict)
        for word, kind in (
            ("contraindicated", "contraindicated"),
            ("off-pathway", "offpathway"),
            ("caution", "caution"),
        ):
            found += self._about_each(kind, by_word.get(word, ()), assessment, subject, new_id)
        if undetermined := by_word.get("undetermined"):
            asking = self._missing(undetermined, assessment, subject, new_id)
            found.append(Card("missing", asking, tuple(undetermined)))
        unanswered = by_word.get("not-addressed", [])
        if silent and unanswered:
            quiet = self._unaddressed(unanswered, assessment, new_id)
            found.append(Card("unaddressed", quiet, tuple(unanswered)))
        else:
            found += self._about_each("notaddressed", unanswered, assessment, subject, new_id)
        options = self.knowledge.judge.options
        # a test or a plan that the pathway asks for is simply filed
        on_pathway = [v for v in by_word.get("on-pathway", ()) if options[v.option or ""].kind != "strategy"]
        if on_pathway:
            agreeing = self._on_pathway(on_pathway, assessment, new_id)
            found.append(Card("onpathway", agreeing, tuple(on_pathway)))
        if "contraindicated" not in by_word:
            drafted = frozenset(
                v.option for v in assessment.verdicts if v.option and v.verdict != "out-of-scope"
            )
            asked = [t for t in assessment.trials if drafted & t.trial.worth.options]
            found += self._trials(asked, assessment, new_id)
        return found

    def _about_each(
        self,
        kind: str,
        verdicts: Iterable[Verdict],
        assessment: Assessment,
        subject: Subject,
        new_id: NewId,
    ) -> list[Card]:
        return [
            Card(kind, self._about(kind, same, assessment, subject, new_id), tuple(same))
            for same in _together(verdicts)
        ]

    def _trials(self, asked: Iterable[TrialStanding], assessment: Assessment, new_id: NewId) -> list[Card]:
        return [Card("trial", self._trial(t, assessment, new_id)) for t in _best_trial(asked)]

    # -- one card each ---------------------------------------------------------------------------

    def _about(
        self, card: str, same: Sequence[Verdict], assessment: Assessment, subject: Subject, new_id: NewId
    ) -> dict[str, Any]:
        """A card about one order, or the drafts that make up one regimen, that should not, or not without
        care, be signed as it is."""
        verdict = same[0]
        name = self._name(verdict)
        reason = self._reason(verdict.reasons[0])
        words = {
            "order": name,
            "reason": reason,
            "why": self._why(verdict, assessment),
            "instead": self._instead(verdict, assessment),
            "tests": self._tests(verdict, assessment),
            "groups": self._groups(assessment) if NOT_AN_OPTION in verdict.reasons else "",
            **self._common([verdict], assessment),
        }
        made = self._card(card, "one", words, verdict.sources, new_id, verdict.option)
        suggestions = self._suggestions(same, name, assessment, subject, new_id)
        if suggestions:
            made |= self.shape.shaped(suggestions, new_id)
        return self._with_overrides(card, made)

    def _missing(
        self, verdicts: Sequence[Verdict], assessment: Assessment, subject: Subject, new_id: NewId
    ) -> dict[str, Any]:
        """The one card that asks for what would decide."""
        wanted = [m.fact for m in assessment.missing if "orders" in m.changes]
        unsaid = [r for v in verdicts for r in v.reasons if r in UNSTATED]
        asked = wanted or sorted({n for v in verdicts for n in v.needs})
        phrase = self.wording.short("reasons", unsaid[0]) if unsaid and not wanted else self._fact_name(asked)
        others = len(asked) - 1
        options = dict.fromkeys(v.option for v in verdicts)
        words = {
            "order": self._name(verdicts[0]),
            "count": str(len(options)),
            "fact": phrase,
            "more": f" and {others} more fact{'s' if others > 1 else ''}" if others > 0 else "",
            "why": " ".join(dict.fromkeys(self._why(v, assessment) for v in verdicts if v.reasons)),
            "missing": self._ask(asked),
            "decides": self._decides(verdicts, asked, assessment),
            "possible": self._possible(asked, assessment),
            **self._common(verdicts, assessment),
        }
        sources = tuple(dict.fromkeys(s for v in verdicts for s in v.sources))
        made = self._card("missing", "many" if len(options) > 1 else "one", words, sources, new_id)
        test = "mutation-testing"
        # KIT and PDGFRA decide about GIST alone
        tested = assessment.disease != "gist" or test in assessment.case.tests_ordered
        if "genotype" in wanted and not tested:
            made |= self.shape.shaped(
                [order_test(test, self.creations, subject, self.wording, new_id)], new_id
            )
        return made

    def _on_pathway(
        self, verdicts: Sequence[Verdict], assessment: Assessment, new_id: NewId
    ) -> dict[str, Any]:
        """One quiet card for every order that the pathway offers."""
        one = len({v.option for v in verdicts}) == 1
        why = (
            self._why(verdicts[0], assessment)
            if one
            else bullets([f"**{self._name(v)}**: {_inside(self._why(v, assessment))}" for v in verdicts])
        )
        words = {
            "order": self._name(verdicts[0]),
            "count": str(len(verdicts)),
            "reason": self._reason(IN_EVERY_GROUP if _by_reasons(verdicts[0]) else verdicts[0].reasons[0]),
            "why": why,
            **self._common(verdicts, assessment),
        }
        sources = tuple(dict.fromkeys(s for v in verdicts for s in v.sources))
        return self._card(
            "onpathway", "one" if one else "many", words, sources, new_id, verdicts[0].option if one else None
        )

    def _unaddressed(
        self, verdicts: Sequence[Verdict], assessment: Assessment, new_id: NewId
    ) -> dict[str, Any]:
        """The one quiet card of a patient of whom the sources say nothing."""
        offered = [self._offered(o.option, o.role) for o in assessment.options if o.answer is True]
        several = len(assessment.not_addressed) > 1
        words = {
            "situation": self.wording.short("groups", assessment.not_addressed[0]),
            "disease": self.wording.short("values", assessment.disease),
            "count": str(len(assessment.not_addressed)),
            "groups": self._situations(assessment) if several else "",
            "why": self.wording.detail("reasons", SITUATION_NOT_ADDRESSED),
            "order": listed(list(dict.fromkeys(self._name(v) for v in verdicts))),
            "options": bullets(offered),
            **self._common([], assessment),
        }
        situations = [self.knowledge.situation(n) for n in assessment.not_addressed]
        sources = tuple(dict.fromkeys(s for situation in situations for s in situation.sources))
        words["sources"] = self._source_names(sources)
        return self._card("unaddressed", "many" if several else "one", words, sources, new_id)

    def _position(self, assessment: Assessment, new_id: NewId) -> dict[str, Any]:
        """Where the patient stands, on opening the chart."""
        possible = [*assessment.groups, *assessment.not_addressed]
        several = len(possible) > 1
        facts = [m.fact for m in assessment.missing]
        offered = [self._offered(o.option, o.role) for o in assessment.options if o.answer is True]
        words = {
            "group": self.wording.short("groups", assessment.groups[0]),
            "disease": self.wording.short("values", assessment.disease),
            "count": str(len(possible)),
            "fact": self._fact_name(facts) if facts else "",
            "groups": self._groups(assessment) if several else "",
            "options": bullets(offered),
            "depends": self._depends(assessment),
            "missing": self._ask(facts),
            **self._common([], assessment),
        }
        sources = tuple(dict.fromkeys(s for g in assessment.groups for s in self.knowledge.groups[g].sources))
        words["sources"] = self._source_names(sources)
        differs = dict.fromkeys(o.differs for o in assessment.options if o.answer is True and o.differs)
        words["differences"] = " ".join(self.wording.detail("differences", d) for d in differs)
        return self._card("position", "many" if several else "one", words, sources, new_id)

    def _trial(self, standing: TrialStanding, assessment: Assessment, new_id: NewId) -> dict[str, Any]:
        """A trial that may be open to the patient: what is still to be verified, and where it is registered."""
        trial, unknown = standing.trial, standing.unknown
        words = {
            "trial": self.wording.short("trials", trial.id.lower()),
            "open": f"{len(unknown)} {'criterion' if len(unknown) == 1 else 'criteria'}",
            "about": self.wording.detail("trials", trial.id.lower()),
            "record": bullets([self._criterion(c, assessment) for c in unknown if c.on_record]),
            "screening": "; ".join(self._criterion(c, assessment) for c in unknown if not c.on_record),
            "sources": self._source_names(trial.sources),
        }
        situation = "many" if unknown else "one"
        made = self._card("trial", situation, words, trial.sources, new_id, trial.id.lower())
        registration = {"label": f"Registration {trial.id}", "url": trial.url, "type": "absolute"}
        made["links"] = [*made.get("links", ()), registration]
        return made

    def _criterion(self, criterion: TrialCriterion, assessment: Assessment) -> str:
        """What is to be verified, and whether a record that decides nothing speaks of it."""
        facts = (assessment.facts[name] for name in sorted(criterion.criterion.facts))
        hint = " (a record speaks of it)" if any(f.evidence and not f.known for f in facts) else ""
        return f"{self.wording.short('criteria', criterion.id)}{hint}"

    # -- parts -----------------------------------------------------------------------------------

    def _card(
        self,
        card: str,
        situation: str,
        words: Mapping[str, str],
        sources: Sequence[str],
        new_id: NewId,
        option: str | None = None,
    ) -> dict[str, Any]:
        template = self.wording.templates[card]
        subject = "".join(c for c in option or "" if c.isalnum())
        made: dict[str, Any] = {
            "uuid": new_id(),
            "summary": summary_of(template, situation, words),
            "indicator": template.indicator,
            "source": {
                "label": "Sarcoma pathway",
                "topic": {"system": TOPICS, "code": f"{card}{subject}", "display": template.display},
            },
        }
        if detail := detail_of(template, words):
            made["detail"] = detail
        links = [self.sources[s] for s in sources if s in self.sources]
        if links:
            made["source"] |= {"label": links[0].label, "url": links[0].url}
            if len(links) > 1:
                made["links"] = [{"label": k.label, "url": k.url, "type": "absolute"} for k in links[1:]]
        return made

    def _with_overrides(self, card: str, made: dict[str, Any]) -> dict[str, Any]:
        overrides = self.wording.templates[card].overrides
        if overrides:
            made["overrideReasons"] = [dict(o) for o in overrides]
        return made

    def _common(self, verdicts: Sequence[Verdict], assessment: Assessment) -> dict[str, str]:
        sources = tuple(dict.fromkeys(s for v in verdicts for s in v.sources))
        differs = dict.fromkeys(o.differs for v in verdicts for o in v.offers if o.differs)
        return {
            "known": self._known(assessment),
            "check": self._check(verdicts, assessment),
            "differences": " ".join(self.wording.detail("differences", d) for d in differs),
            "assumptions": self._assumptions(assessment),
            "unavailable": self._unavailable(assessment),
            "treated": alternatives([self._group(g) for g in assessment.treated_as]),
            "sources": self._source_names(sources),
        }

    def _name(self, verdict: Verdict) -> str:
        return self.wording.short("options", verdict.option or _in_common(verdict.order.alternatives))

    def _reason(self, reason: str) -> str:
        return self.wording.short("reasons", self._worded(reason))

    def _why(self, verdict: Verdict, assessment: Assessment) -> str:
        """The reasons in words; by patient group where an order is on the pathway for reasons that differ."""
        if verdict.verdict == "on-pathway" and (apart := _by_reasons(verdict)):
            return bullets(
                [
                    f"**{alternatives([self._group(g) for g in groups])}:** {self._sentences(r)}"
                    for r, groups in apart
                ]
            )
        return self._sentences(verdict.reasons)

    def _sentences(self, reasons: Iterable[str]) -> str:
        sentences = [self.wording.detail("reasons", self._worded(r)) for r in reasons]
        return " ".join(dict.fromkeys(sentences))

    def _worded(self, reason: str) -> str:
        """A plan or test that is offered needs no sentence of its own."""
        return reason if reason in self.wording.terms["reasons"] else OFFERED

    def _groups(self, assessment: Assessment) -> str:
        return alternatives([self._group(g) for g in (*assessment.groups, *assessment.not_addressed)])

    def _situations(self, assessment: Assessment) -> str:
        return alternatives([self.wording.short("groups", n) for n in assessment.not_addressed])

    def _group(self, name: str) -> str:
        label = self.wording.short("groups", name)
        return f"{label} (not addressed by the sources)" if name in self.knowledge.not_addressed else label

    def _instead(self, verdict: Verdict, assessment: Assessment) -> str:
        """Each replacement, with the condition under which the pathway offers it if that is still open.

        Where there is no drug to order instead: what the pathway offers now, first-line options if there are any.
        """
        if not verdict.replacements:
            now = [o for o in assessment.options if o.answer is True and o.line != "plus"]
            now = [o for o in now if o.option != verdict.option]
            first = [o for o in now if o.line == "first"] or now
            names = dict.fromkeys(self.wording.short("options", o.option) for o in first)
            return listed(list(names)[:INSTEAD_SHOWN], "or")
        lines = []
        for replacement in verdict.replacements:
            name = self.wording.short("options", replacement.option)
            lines.append(f"{name}{self._condition(replacement.groups) if not replacement.everywhere else ''}")
        return listed(lines, "or")

    def _condition(self, groups: Sequence[str]) -> str:
        return f", if {listed([self.wording.detail('groups', g) for g in groups], 'or')}"

    def _tests(self, verdict: Verdict, assessment: Assessment) -> str:
        named = []
        for test in verdict.tests:
            ordered = " (already ordered)" if test in assessment.case.tests_ordered else ""
            named.append(f"{self.wording.short('options', test)}{ordered}")
        return listed(named)

    def _suggestions(
        self, same: Sequence[Verdict], name: str, assessment: Assessment, subject: Subject, new_id: NewId
    ) -> list[dict[str, Any]]:
        verdict = same[0]
        found = []
        for test in verdict.tests:
            if test in self.creations.tests and test not in assessment.case.tests_ordered:
                found.append(order_test(test, self.creations, subject, self.wording, new_id))
        drafts = {
            v.order.reference: name if len(same) == 1 else v.order.item or name
            for v in same
            if v.order.identified
        }
        if not drafts or verdict.verdict not in ("contraindicated", "off-pathway"):
            return found
        offered = [r for r in verdict.replacements if r.option in self.creations.drugs]
        for replacement in offered:
            suggestion = replace(drafts, replacement.option, self.creations, subject, self.wording, new_id)
            if not replacement.everywhere:
                condition = self._condition(replacement.groups)
                suggestion["label"] += condition
                # some clients show the user the description of an action and not the label
                for action in suggestion["actions"]:
                    if action["type"] == "create":
                        action["description"] += condition
            elif len(offered) == 1:
                suggestion["isRecommended"] = True
            found.append(suggestion)
        found.append(remove_only(drafts, name, new_id))
        return found

    def _known(self, assessment: Assessment) -> str:
        told = []
        for name in SHOWN.get(assessment.disease, ()):
            fact = assessment.facts.get(name)
            if fact is None or not fact.known or not _worth_telling(fact):
                continue
            told.append(fact_words(fact, self.knowledge.vocabulary[name].unit, self.wording))
        return " · ".join(told)

    def _check(self, verdicts: Sequence[Verdict], assessment: Assessment) -> str:
        """Stated cautions of the drafted drugs of which nothing is on record."""
        names: dict[str, None] = {}
        for verdict in verdicts:
            judge = self.knowledge.of(assessment.disease).judge
            rules = judge.rules_of(verdict.option) if verdict.option else OrderRules()
            for rule in (*rules.caution, *rules.contraindicated):
                for fact in sorted(rule.criterion.facts):
                    if "contraindication-not-recorded" in assessment.facts[fact].remarks:
                        names[self.wording.short("facts", fact)] = None
        return listed(list(names), "or")

    def _assumptions(self, assessment: Assessment) -> str:
        facts = (f for n, f in assessment.facts.items() if n in assessment.listed)
        remarks = dict.fromkeys(
            r for r in [*assessment.remarks, *(r for f in facts for r in f.remarks)] if r not in UNSAID
        )
        return " ".join(self.wording.detail("remarks", r) for r in remarks)

    def _unavailable(self, assessment: Assessment) -> str:
        lost = [
            self.wording.short("facts", n)
            for n in assessment.listed
            if assessment.facts[n].why == "failed-query"
        ]
        why = dict.fromkeys(assessment.case.why_failed.values())
        reasons = f" ({', '.join(self.wording.short('failures', w) for w in why)})" if why else ""
        parts = [f"could not be looked up: {listed(lost)}{reasons}"] if lost else []
        if unread := len(assessment.case.unread):
            parts.append(f"{unread} record{'s' if unread > 1 else ''} could not be read")
        return "; ".join(parts)

    def _fact_name(self, facts: Sequence[str]) -> str:
        return self.wording.short("facts", facts[0]) if facts else ""

    def _ask(self, facts: Iterable[str]) -> str:
        asked = list(facts)
        lines = [
            f"**{self.wording.short('facts', f)}**: {self.wording.detail('facts', f)}"
            for f in asked[:MISSING_SHOWN]
        ]
        if len(asked) > MISSING_SHOWN:
            lines.append(f"and {len(asked) - MISSING_SHOWN} more")
        return bullets(lines)

    def _decides(self, verdicts: Sequence[Verdict], asked: Sequence[str], assessment: Assessment) -> str:
        """What each value of the most decisive fact leads to, where a single order is open."""
        if len({v.option for v in verdicts}) != 1 or not asked:
            return ""
        missing = next((m for m in assessment.missing if m.fact == asked[0]), None)
        if missing is None:
            return ""
        reference = verdicts[0].order.reference
        leads = [(value, words[reference]) for value, words in missing.leads if reference in words]
        of = missing.behind or missing.fact
        told = leads_words(leads, self.knowledge.vocabulary[of].unit, self.wording)
        return f"{self.wording.short('facts', of)} {told}" if told else ""

    def _possible(self, asked: Sequence[str], assessment: Assessment) -> str:
        """Groups, and derived facts behind which a missing one stands, narrowed but not settled."""
        told = []
        knowledge = self.knowledge.of(assessment.disease)
        for name in ("stage", "recurrence-risk", "imatinib-sensitivity"):
            fact = assessment.facts.get(name)
            if fact is None or knowledge.behind(name).isdisjoint(asked):
                continue
            if not fact.known and isinstance(fact.value, Choice):
                told.append(fact_words(fact, None, self.wording))
        if len(assessment.groups) + len(assessment.not_addressed) > 1:
            told.append(f"patient group: {self._groups(assessment)}")
        return " · ".join(told)

    def _depends(self, assessment: Assessment) -> str:
        """Options that hang on missing facts, with the facts."""
        return bullets(
            [
                f"{self._offered(o.option, o.role)}: {listed([self.wording.short('facts', n) for n in o.needs[:3]])}"
                for o in assessment.options
                if o.answer is None and o.needs and o.line != "plus"
            ][:DEPENDS_SHOWN]
        )

    def _offered(self, option: str, role: str | None) -> str:
        name = self.wording.short("options", option)
        return f"{name} ({role})" if role else name

    def _source_names(self, sources: Iterable[str]) -> str:
        return "; ".join(f"[{s}] {self.sources[s].label}" for s in sources if s in self.sources)


def _together(verdicts: Iterable[Verdict]) -> list[list[Verdict]]:
    """Drafts of one option that are judged alike, the components of a regimen above all, share a card."""
    found: dict[tuple[str | None, tuple[str, ...]], list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault((verdict.option, verdict.reasons), []).append(verdict)
    return list(found.values())


def _inside(text: str) -> str:
    """A text whose list, if it has one, stands inside the item of another."""
    return text.replace("\n", "\n  ")


def _by_reasons(verdict: Verdict) -> list[tuple[tuple[str, ...], list[str]]]:
    """The possible groups by the reasons that hold in them; empty where one reason holds in all of them."""
    if not verdict.by_group or frozenset.intersection(*(frozenset(r) for _, r in verdict.by_group)):
        return []
    found: dict[tuple[str, ...], list[str]] = {}
    for group, reasons in verdict.by_group:
        found.setdefault(reasons, []).append(group)
    return list(found.items())


def _worth_telling(fact: Fact) -> bool:
    """Facts that a record shows; what absence stands for and plain noes are left out."""
    if isinstance(fact.value, Choice) and fact.value.possible <= {False, "none", "NX"}:
        return False
    return bool(fact.evidence) and not (hasattr(fact.value, "present") and not fact.value.present)


def _best_trial(trials: Iterable[TrialStanding]) -> list[TrialStanding]:
    """The one trial that is worth a card, with the fewest criteria open; none if none is."""
    worth = [t for t in trials if t.worth_showing]
    return sorted(worth, key=lambda t: (len(t.unknown), t.trial.id))[:1]


def _in_common(options: Sequence[str]) -> str:
    """What the ids of several options share at their end: `radiotherapy`."""
    parts = zip(*(reversed(o.split("-")) for o in options), strict=False)
    shared = [p[0] for p in takewhile(lambda p: len(set(p)) == 1, parts)]
    return "-".join(reversed(shared))
