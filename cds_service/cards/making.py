"""One card each: the order that should not be signed as it is, what is missing, where the patient stands, a trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..case.vocabulary import CANONICAL
from ..pathway.assessment import Assessment
from ..pathway.knowledge import Knowledge
from ..pathway.trials import TrialStanding
from ..pathway.verdict import IN_EVERY_GROUP, NOT_AN_OPTION, SITUATION_NOT_ADDRESSED, UNSTATED, Verdict
from .card import Link
from .phrases import Phrases, by_reasons
from .render import bullets, detail_of, listed, summary_of
from .suggestions import Creatable, NewId, Subject, SuggestionShape, order_test, suggested
from .wording import Wording

TOPICS = f"{CANONICAL}/CodeSystem/card-topics"


@dataclass(frozen=True, slots=True)
class CardMaker:
    """What every call shares for making cards."""

    knowledge: Knowledge
    wording: Wording
    creations: Creatable
    sources: Mapping[str, Link]
    shape: SuggestionShape
    phrases: Phrases = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "phrases", Phrases(self.knowledge, self.wording, self.sources))

    def about(
        self, card: str, same: Sequence[Verdict], assessment: Assessment, subject: Subject, new_id: NewId
    ) -> dict[str, Any]:
        """A card about one order, or the drafts that make up one regimen, that should not, or not without
        care, be signed as it is."""
        verdict = same[0]
        asks = self.wording.templates[card].asks
        name = self.phrases.name(verdict)
        reason = self.phrases.reason(verdict.reasons[0])
        words = {
            "order": name,
            "reason": reason,
            "why": self.phrases.why(verdict, assessment),
            "instead": self.phrases.instead(verdict, assessment) if "instead" in asks else "",
            "tests": self.phrases.tests(verdict, assessment),
            "groups": self.phrases.groups(assessment) if NOT_AN_OPTION in verdict.reasons else "",
            **self.phrases.common([verdict], assessment, asks),
        }
        made = self._card(card, "one", words, verdict.sources, new_id, verdict.option)
        suggestions = suggested(same, name, assessment, self.creations, subject, self.phrases, new_id)
        if suggestions:
            made |= self.shape.shaped(suggestions, new_id)
        return self._with_overrides(card, made)

    def missing(
        self, verdicts: Sequence[Verdict], assessment: Assessment, subject: Subject, new_id: NewId
    ) -> dict[str, Any]:
        """The one card that asks for what would decide."""
        wanted = [m.fact for m in assessment.missing if "orders" in m.changes]
        unsaid = [r for v in verdicts for r in v.reasons if r in UNSTATED]
        asked = wanted or sorted({n for v in verdicts for n in v.needs})
        phrase = (
            self.wording.short("reasons", unsaid[0])
            if unsaid and not wanted
            else self.phrases.fact_name(asked)
        )
        others = len(asked) - 1
        options = dict.fromkeys(v.option for v in verdicts)
        words = {
            "order": self.phrases.name(verdicts[0]),
            "count": str(len(options)),
            "fact": phrase,
            "more": f" and {others} more fact{'s' if others > 1 else ''}" if others > 0 else "",
            "why": " ".join(dict.fromkeys(self.phrases.why(v, assessment) for v in verdicts if v.reasons)),
            "missing": self.phrases.ask(asked),
            "decides": self.phrases.decides(verdicts, asked, assessment),
            "possible": self.phrases.possible(asked, assessment),
            **self.phrases.common(verdicts, assessment, self.wording.templates["missing"].asks),
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

    def on_pathway(
        self, verdicts: Sequence[Verdict], assessment: Assessment, new_id: NewId
    ) -> dict[str, Any]:
        """One quiet card for every order that the pathway offers."""
        one = len({v.option for v in verdicts}) == 1
        why = (
            self.phrases.why(verdicts[0], assessment)
            if one
            else bullets(
                [f"**{self.phrases.name(v)}**: {_inside(self.phrases.why(v, assessment))}" for v in verdicts]
            )
        )
        words = {
            "order": self.phrases.name(verdicts[0]),
            "count": str(len(verdicts)),
            "reason": self.phrases.reason(
                IN_EVERY_GROUP if by_reasons(verdicts[0]) else verdicts[0].reasons[0]
            ),
            "why": why,
            **self.phrases.common(verdicts, assessment, self.wording.templates["onpathway"].asks),
        }
        sources = tuple(dict.fromkeys(s for v in verdicts for s in v.sources))
        return self._card(
            "onpathway", "one" if one else "many", words, sources, new_id, verdicts[0].option if one else None
        )

    def unaddressed(
        self, verdicts: Sequence[Verdict], assessment: Assessment, new_id: NewId
    ) -> dict[str, Any]:
        """The one quiet card of a patient of whom the sources say nothing."""
        offered = [self.phrases.offered(o.option, o.role) for o in assessment.options if o.answer is True]
        several = len(assessment.not_addressed) > 1
        words = {
            "situation": self.wording.short("groups", assessment.not_addressed[0]),
            "disease": self.wording.short("values", assessment.disease),
            "count": str(len(assessment.not_addressed)),
            "groups": self.phrases.situations(assessment) if several else "",
            "why": self.wording.detail("reasons", SITUATION_NOT_ADDRESSED),
            "order": listed(list(dict.fromkeys(self.phrases.name(v) for v in verdicts))),
            "options": bullets(offered),
            **self.phrases.common([], assessment, self.wording.templates["unaddressed"].asks),
        }
        situations = [self.knowledge.situation(n) for n in assessment.not_addressed]
        sources = tuple(dict.fromkeys(s for situation in situations for s in situation.sources))
        words["sources"] = self.phrases.source_names(sources)
        return self._card("unaddressed", "many" if several else "one", words, sources, new_id)

    def position(self, assessment: Assessment, new_id: NewId) -> dict[str, Any]:
        """Where the patient stands, on opening the chart."""
        possible = [*assessment.groups, *assessment.not_addressed]
        several = len(possible) > 1
        facts = [m.fact for m in assessment.missing]
        offered = [self.phrases.offered(o.option, o.role) for o in assessment.options if o.answer is True]
        words = {
            "group": self.wording.short("groups", assessment.groups[0]),
            "disease": self.wording.short("values", assessment.disease),
            "count": str(len(possible)),
            "fact": self.phrases.fact_name(facts) if facts else "",
            "groups": self.phrases.groups(assessment) if several else "",
            "options": bullets(offered),
            "depends": self.phrases.depends(assessment),
            "missing": self.phrases.ask(facts),
            **self.phrases.common([], assessment, self.wording.templates["position"].asks),
        }
        sources = tuple(dict.fromkeys(s for g in assessment.groups for s in self.knowledge.groups[g].sources))
        words["sources"] = self.phrases.source_names(sources)
        differs = dict.fromkeys(o.differs for o in assessment.options if o.answer is True and o.differs)
        words["differences"] = " ".join(self.wording.detail("differences", d) for d in differs)
        return self._card("position", "many" if several else "one", words, sources, new_id)

    def trial(self, standing: TrialStanding, assessment: Assessment, new_id: NewId) -> dict[str, Any]:
        """A trial that may be open to the patient: what is still to be verified, and where it is registered."""
        trial, unknown = standing.trial, standing.unknown
        words = {
            "trial": self.wording.short("trials", trial.id.lower()),
            "open": f"{len(unknown)} {'criterion' if len(unknown) == 1 else 'criteria'}",
            "about": self.wording.detail("trials", trial.id.lower()),
            "record": bullets([self.phrases.criterion(c, assessment) for c in unknown if c.on_record]),
            "screening": "; ".join(self.phrases.criterion(c, assessment) for c in unknown if not c.on_record),
            "sources": self.phrases.source_names(trial.sources),
        }
        situation = "many" if unknown else "one"
        made = self._card("trial", situation, words, trial.sources, new_id, trial.id.lower())
        registration = {"label": f"Registration {trial.id}", "url": trial.url, "type": "absolute"}
        made["links"] = [*made.get("links", ()), registration]
        return made

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
        subject = "".join([c for c in option if c.isalnum()]) if option else ""
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


def _inside(text: str) -> str:
    """A text whose list, if it has one, stands inside the item of another."""
    return text.replace("\n", "\n  ")
