"""What the pathway says, as the page shows it: position, verdicts, options with citations, trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..cards.render import alternatives, listed
from ..cards.wording import Wording
from ..loading import Loaded
from ..pathway.answer import state
from ..pathway.assessment import Assessment, Offered
from ..pathway.options import Citation
from ..pathway.verdict import OFFERED, Verdict
from .facts_shown import FactsView

LINES = {
    "first": "First line",
    "plus": "Beside the first line",
    "consider": "To be considered",
    "secondary": "Later line",
}
STATES = {"met": "offered now", "unknown": "hangs on what is missing", "not-met": "not offered"}


@dataclass(frozen=True, slots=True)
class Cited:
    """One citation, with the page on which the source is found."""

    source: str
    section: str
    says: str
    url: str


@dataclass(frozen=True, slots=True)
class GroupShown:
    """A patient group or a situation that the sources do not address."""

    id: str
    label: str
    definition: str
    addressed: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the patient stands."""

    heading: str
    groups: tuple[GroupShown, ...]
    treated_as: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerdictShown:
    """What is said of one drafted order."""

    order: str
    label: str
    word: str
    verdict: str
    sentences: tuple[str, ...]
    instead: tuple[str, ...]
    tests: tuple[str, ...]
    needs: tuple[str, ...]
    cited: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class OptionShown:
    """One option of a line. `change` says how it differs from what the record gives: empty, `new`, `gone` or how
    it stood before."""

    id: str
    label: str
    state: str
    words: str
    needs: tuple[str, ...]
    cited: tuple[Cited, ...]
    differs: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class CriterionShown:
    """One criterion of a trial."""

    label: str
    exclusion: bool
    state: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrialShown:
    """How a patient stands to one trial."""

    id: str
    label: str
    title: str
    url: str
    eligibility: str
    criteria: tuple[CriterionShown, ...]


class AdviceView:
    """Draws assessments by one knowledge and wording; `root` is the path under which source pages lie."""

    def __init__(self, loaded: Loaded, root: str) -> None:
        self._knowledge = loaded.knowledge
        self._wording: Wording = loaded.wording
        self._sources = {s.id: (s.short, s.url or f"{root}/sources/{s.id}") for s in loaded.sources.values()}
        self._facts = FactsView(loaded)

    def placed(self, assessment: Assessment) -> Placed:
        """Where the patient stands, in words."""
        names = (*assessment.groups, *assessment.not_addressed)
        remarks = tuple(dict.fromkeys(self._wording.detail("remarks", r) for r in assessment.remarks))
        treated = tuple(self._wording.short("groups", name) for name in assessment.treated_as)
        return Placed(self._heading(assessment, names), tuple(map(self._group, names)), treated, remarks)

    def _heading(self, assessment: Assessment, names: Sequence[str]) -> str:
        disease = self._wording.short("values", assessment.disease)
        match assessment.placement:
            case "placed":
                return _capital(self._wording.short("groups", names[0]))
            case "several":
                return f"{len(names)} patient groups are possible"
            case "not-addressed":
                silent = [self._wording.short("groups", name) for name in assessment.not_addressed]
                if len(silent) == 1:
                    return f"Not addressed by the sources: {silent[0]}"
                return _capital(f"{alternatives(silent)}, none addressed by the sources")
            case _ if assessment.disease == "none":
                return "No sarcoma and no GIST on record: no pathway applies"
            case _ if assessment.disease == "unknown":
                return "It is not known whether this is a sarcoma or a GIST: no pathway applies"
        return f"The pathway of {disease} does not apply to this patient"

    def _group(self, name: str) -> GroupShown:
        group = self._knowledge.situation(name)
        return GroupShown(
            name, _capital(self._wording.short("groups", name)), group.definition, group.addressed
        )

    def verdicts(self, assessment: Assessment) -> list[VerdictShown]:
        """What is said of each order under review."""
        return [self._verdict(v, assessment) for v in assessment.verdicts]

    def _verdict(self, verdict: Verdict, assessment: Assessment) -> VerdictShown:
        known = self._wording.terms["reasons"]
        reasons = [r if r in known else OFFERED for r in verdict.reasons]
        option = verdict.option or (verdict.order.item or "")
        if not option and verdict.order.alternatives:
            option = listed([self._wording.short("options", o) for o in verdict.order.alternatives], "or")
        cited: dict[Citation, None] = {}
        for offer in verdict.offers:
            cited |= dict.fromkeys(offer.citations)
        rules = self._knowledge.of(assessment.disease).judge
        if verdict.option:
            of = rules.rules_of(verdict.option)
            for rule in (*of.contraindicated, *of.caution, *of.off_pathway, *of.unoffered):
                if rule.id in verdict.reasons:
                    cited |= dict.fromkeys(rule.citations)
        return VerdictShown(
            order=verdict.order.reference,
            label=_capital(self._wording.short("options", option))
            if option
            else "An order that the pathway does not know",
            word=verdict.verdict,
            verdict=self._wording.short("values", verdict.verdict),
            sentences=tuple(dict.fromkeys(s for r in reasons if (s := self._wording.detail("reasons", r)))),
            instead=tuple(self._instead(verdict)),
            tests=tuple(self._wording.short("options", t) for t in verdict.tests),
            needs=tuple(self._wording.short("facts", n) for n in sorted(verdict.needs)),
            cited=self._cited(cited),
        )

    def _instead(self, verdict: Verdict) -> Iterable[str]:
        for replacement in verdict.replacements:
            name = self._wording.short("options", replacement.option)
            groups = [self._wording.detail("groups", g) for g in replacement.groups]
            yield name if replacement.everywhere else f"{name}, if {listed(groups, 'or')}"

    def options(self, assessment: Assessment, before: Assessment) -> list[tuple[str, list[OptionShown]]]:
        """The options by line; what was offered `before` and no longer is stands with its line, marked."""
        now = {_key(o): o for o in assessment.options}
        then = {_key(o): o for o in before.options}
        lines: dict[str, list[OptionShown]] = {line: [] for line in LINES}
        for key, offered in now.items():
            change = ""
            if key not in then:
                change = "new"
            elif then[key].answer is not offered.answer:
                change = f"before: {STATES[state(then[key].answer)]}"
            lines[offered.line].append(self._option(offered, assessment, change))
        for key, offered in then.items():
            if key not in now:
                lines[offered.line].append(self._option(offered, before, "gone"))
        return [(LINES[line], shown) for line, shown in lines.items() if shown]

    def _option(self, offered: Offered, assessment: Assessment, change: str) -> OptionShown:
        groups = [
            self._knowledge.situation(g)
            for g in (*assessment.groups, *assessment.treated_as, *assessment.not_addressed)
        ]
        cited = dict.fromkeys(
            citation
            for group in groups
            for offer in group.offers
            if (offer.option, offer.role, offer.line) == _key(offered)
            for citation in offer.citations
        )
        name = _capital(self._wording.short("options", offered.option))
        word = "not-met" if change == "gone" else state(offered.answer)
        return OptionShown(
            id=offered.option,
            label=f"{name} ({offered.role})" if offered.role else name,
            state=word,
            words=STATES[word],
            needs=tuple(self._wording.short("facts", n) for n in offered.needs) if word == "unknown" else (),
            cited=self._cited(cited),
            differs=self._wording.detail("differences", offered.differs) if offered.differs else "",
            change=change,
        )

    def trials(self, assessment: Assessment) -> list[TrialShown]:
        """Each trial that could concern the patient, criterion by criterion."""
        values = {name: fact.value for name, fact in assessment.facts.items()}
        found = []
        for standing in assessment.trials:
            criteria = tuple(
                CriterionShown(
                    _capital(self._wording.short("criteria", criterion.id)),
                    criterion.exclusion,
                    state(answer),
                    tuple(self._wording.short("facts", n) for n in sorted(criterion.needs(values)))
                    if answer is None
                    else (),
                )
                for criterion, answer in standing.answers
            )
            trial = standing.trial
            label = self._wording.short("trials", trial.id.lower())
            found.append(TrialShown(trial.id, label, trial.title, trial.url, standing.eligibility, criteria))
        return found

    def orderable(self, options: Iterable[str]) -> Mapping[str, list[tuple[str, str]]]:
        """Orders that can be supposed, by kind: option id and label."""
        found: dict[str, list[tuple[str, str]]] = {}
        for option in options:
            label = _capital(self._wording.short("options", option))
            found.setdefault(self._knowledge.judge.options[option].kind, []).append((option, label))
        return {kind: sorted(rows, key=lambda row: row[1]) for kind, rows in found.items()}

    def _cited(self, citations: Iterable[Citation]) -> tuple[Cited, ...]:
        return tuple(
            Cited(f"[{c.source}] {self._sources[c.source][0]}", c.section, c.says, self._sources[c.source][1])
            for c in citations
        )


def _key(offered: Offered) -> tuple[str, str | None, str]:
    return offered.option, offered.role, offered.line


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
