"""The phrases that fill the cards: what is known, missing, assumed, open, offered, in the words of the wording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from ..case.fact import Choice, Fact, Members, Scalar
from ..pathway.assessment import Assessment
from ..pathway.knowledge import Knowledge
from ..pathway.rules import OrderRules
from ..pathway.trials import TrialCriterion
from ..pathway.verdict import OFFERED, Verdict
from .card import Link
from .render import alternatives, bullets, fact_words, leads_words, listed
from .wording import Wording

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
_NOES: frozenset[Scalar] = frozenset({False, "none", "NX"})
MISSING_SHOWN = 4
DEPENDS_SHOWN = 6
INSTEAD_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Phrases:
    """What is said on cards, from the knowledge, the wording and the sources as cards name them."""

    knowledge: Knowledge
    wording: Wording
    sources: Mapping[str, Link]

    def common(
        self, verdicts: Sequence[Verdict], assessment: Assessment, asks: frozenset[str]
    ) -> dict[str, str]:
        """What every card about orders or about the patient may say, as far as its template `asks` for it."""
        sources = dict.fromkeys([s for v in verdicts for s in v.sources])
        differs = dict.fromkeys([o.differs for v in verdicts for o in v.offers if o.differs])
        return {
            "known": self._known(assessment) if "known" in asks else "",
            "check": self._check(verdicts, assessment) if "check" in asks else "",
            "differences": " ".join([self.wording.detail("differences", d) for d in differs]),
            "assumptions": self._assumptions(assessment) if "assumptions" in asks else "",
            "unavailable": self._unavailable(assessment) if "unavailable" in asks else "",
            "treated": alternatives([self._group(g) for g in assessment.treated_as]),
            "sources": self.source_names(sources),
        }

    def name(self, verdict: Verdict) -> str:
        """The option that a draft asks for; of several, what they have in common."""
        return self.wording.short("options", verdict.option or _in_common(verdict.order.alternatives))

    def reason(self, reason: str) -> str:
        """A reason as a few words."""
        return self.wording.short("reasons", self._worded(reason))

    def why(self, verdict: Verdict, assessment: Assessment) -> str:
        """The reasons in words; by patient group where an order is on the pathway for reasons that differ."""
        if verdict.verdict == "on-pathway" and (apart := by_reasons(verdict)):
            return bullets(
                [
                    f"**{alternatives([self._group(g) for g in groups])}:** {self._sentences(r)}"
                    for r, groups in apart
                ]
            )
        return self._sentences(verdict.reasons)

    def _sentences(self, reasons: Iterable[str]) -> str:
        return " ".join(dict.fromkeys([self.wording.detail("reasons", self._worded(r)) for r in reasons]))

    def _worded(self, reason: str) -> str:
        """A plan or test that is offered needs no sentence of its own."""
        return reason if reason in self.wording.terms["reasons"] else OFFERED

    def groups(self, assessment: Assessment) -> str:
        """The groups and situations that are possible."""
        return alternatives([self._group(g) for g in (*assessment.groups, *assessment.not_addressed)])

    def situations(self, assessment: Assessment) -> str:
        """The situations that the sources do not address."""
        return alternatives([self.wording.short("groups", n) for n in assessment.not_addressed])

    def _group(self, name: str) -> str:
        label = self.wording.short("groups", name)
        return f"{label} (not addressed by the sources)" if name in self.knowledge.not_addressed else label

    def instead(self, verdict: Verdict, assessment: Assessment) -> str:
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
            lines.append(f"{name}{self.condition(replacement.groups) if not replacement.everywhere else ''}")
        return listed(lines, "or")

    def condition(self, groups: Sequence[str]) -> str:
        """The condition that the patient is in one of these groups, to be put behind a name."""
        return f", if {listed([self.wording.detail('groups', g) for g in groups], 'or')}"

    def tests(self, verdict: Verdict, assessment: Assessment) -> str:
        """The tests that would decide, with what is ordered already."""
        named = []
        for test in verdict.tests:
            ordered = " (already ordered)" if test in assessment.case.tests_ordered else ""
            named.append(f"{self.wording.short('options', test)}{ordered}")
        return listed(named)

    def offered(self, option: str, role: str | None) -> str:
        """An option by name, with its role if it has one."""
        name = self.wording.short("options", option)
        return f"{name} ({role})" if role else name

    def depends(self, assessment: Assessment) -> str:
        """Options that hang on missing facts, with the facts."""
        return bullets(
            [
                f"{self.offered(o.option, o.role)}: {listed([self.wording.short('facts', n) for n in o.needs[:3]])}"
                for o in assessment.options
                if o.answer is None and o.needs and o.line != "plus"
            ][:DEPENDS_SHOWN]
        )

    def fact_name(self, facts: Sequence[str]) -> str:
        """The first of these facts by name; empty without any."""
        return self.wording.short("facts", facts[0]) if facts else ""

    def ask(self, facts: Iterable[str]) -> str:
        """Each fact that is missing with how to record it, the first few."""
        asked = list(facts)
        lines = [
            f"**{self.wording.short('facts', f)}**: {self.wording.detail('facts', f)}"
            for f in asked[:MISSING_SHOWN]
        ]
        if len(asked) > MISSING_SHOWN:
            lines.append(f"and {len(asked) - MISSING_SHOWN} more")
        return bullets(lines)

    def decides(self, verdicts: Sequence[Verdict], asked: Sequence[str], assessment: Assessment) -> str:
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

    def possible(self, asked: Sequence[str], assessment: Assessment) -> str:
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
            told.append(f"patient group: {self.groups(assessment)}")
        return " · ".join(told)

    def criterion(self, criterion: TrialCriterion, assessment: Assessment) -> str:
        """What is to be verified, and whether a record that decides nothing speaks of it."""
        facts = (assessment.facts[name] for name in sorted(criterion.criterion.facts))
        hint = " (a record speaks of it)" if any(f.evidence and not f.known for f in facts) else ""
        return f"{self.wording.short('criteria', criterion.id)}{hint}"

    def source_names(self, sources: Iterable[str]) -> str:
        """The sources in brackets with their labels."""
        return "; ".join([f"[{s}] {self.sources[s].label}" for s in sources if s in self.sources])

    def _known(self, assessment: Assessment) -> str:
        told = []
        for name in SHOWN.get(assessment.disease, ()):
            fact = assessment.facts.get(name)
            # most have no record
            if fact is None or not fact.evidence or not _worth_telling(fact):
                continue
            # one of a few values is on record too: a recurrence of which nobody says where
            narrowed = fact.why is None and isinstance(fact.value, Choice)
            if not fact.known and (not narrowed or self.knowledge.vocabulary[name].derived):
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
        remarks = dict.fromkeys(assessment.remarks)
        for name, fact in assessment.facts.items():
            if fact.remarks and not UNSAID.issuperset(fact.remarks) and name in assessment.listed:
                remarks.update(dict.fromkeys(fact.remarks))
        return " ".join([self.wording.detail("remarks", r) for r in remarks if r not in UNSAID])

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


def by_reasons(verdict: Verdict) -> list[tuple[tuple[str, ...], list[str]]]:
    """The possible groups by the reasons that hold in them; empty where one reason holds in all of them."""
    if not verdict.by_group or frozenset.intersection(*(frozenset(r) for _, r in verdict.by_group)):
        return []
    found: dict[tuple[str, ...], list[str]] = {}
    for group, reasons in verdict.by_group:
        found.setdefault(reasons, []).append(group)
    return list(found.items())


def _worth_telling(fact: Fact) -> bool:
    """Facts that a record shows; what absence stands for and plain noes are left out."""
    if isinstance(fact.value, Choice):
        return bool(fact.evidence) and not fact.value.possible <= _NOES
    return bool(fact.evidence) and not (isinstance(fact.value, Members) and not fact.value.present)


def _in_common(options: Sequence[str]) -> str:
    """What the ids of several options share at their end: `radiotherapy`."""
    parts = zip(*(reversed(o.split("-")) for o in options), strict=False)
    shared = [p[0] for p in takewhile(lambda p: len(set(p)) == 1, parts)]
    return "-".join(reversed(shared))
