"""Facts as the page shows them: value, the records behind it, how to record it, and the field to suppose it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..cards.render import UNITS, WHY_UNKNOWN, leads_words, listed, members_words, value_words
from ..cards.wording import Wording
from ..case.fact import Case, Evidence, Fact, Members
from ..case.vocabulary import CASE_FACTS, FactDefinition
from ..loading import Loaded
from ..pathway.assessment import Assessment, Missing
from .hypothesis import HYPOTHETICAL, NONE, UNKNOWN, Entered, bounds, field_of, members_of, supposable

RESTS = "rests"
CHANGES = {"patientGroups": "the patient group", "options": "the options", "orders": "the verdict"}


@dataclass(frozen=True, slots=True)
class Choosable:
    """One value that can be chosen or ticked."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """Where a fact is supposed. `entered` is the number as typed, between `low` and `high`."""

    kind: Literal["choice", "number", "set"]
    name: str
    choices: tuple[Choosable, ...] = ()
    boxes_name: str = ""
    boxes: tuple[Choosable, ...] = ()
    entered: str = ""
    unit: str = ""
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class FactShown:
    """One fact. `words` is its value, or why there is none; `before` what the record says where something else is
    supposed; `supposed` is `rests` where it is so only because something
    else is supposed."""

    id: str
    label: str
    known: bool
    words: str
    records: tuple[Evidence, ...]
    overruled: tuple[Evidence, ...]
    remarks: tuple[str, ...]
    supposed: str
    before: str
    derived: bool
    field: Field | None
    problem: str


@dataclass(frozen=True, slots=True)
class MissingShown:
    """A fact that is asked for: how to record it, in words and as a code, what it would change and lead to."""

    id: str
    label: str
    how: str
    system: str
    code: str
    value: str
    changes: str
    leads: str


@dataclass(frozen=True, slots=True)
class Section:
    """Facts that stand together. `folded` ones need not be seen at once."""

    title: str
    facts: tuple[FactShown, ...]
    folded: bool = False

    @property
    def touched(self) -> bool:
        """Whether anything in it is supposed, or was meant to be."""
        return any(fact.supposed or fact.problem for fact in self.facts)


class FactsView:
    """Draws the facts of assessments by one knowledge and wording."""

    def __init__(self, loaded: Loaded) -> None:
        self._vocabulary = loaded.knowledge.vocabulary
        self._wording = loaded.wording
        self._knowledge = loaded.knowledge
        self._supposable = {d.id for d in supposable(self._vocabulary)}

    def sections(
        self,
        recorded: Assessment,
        supposed: Assessment,
        entered: Entered,
        problems: Mapping[str, str],
    ) -> list[Section]:
        """All facts of a page. Where each stands hangs on the record alone, so that nothing jumps while a user
        supposes."""
        left = dict.fromkeys(name for name in self._vocabulary if name in supposed.facts)

        def section(title: str, chosen: Iterable[str], *, folded: bool = False) -> Section:
            names = [name for name in chosen if name in left]
            for name in names:
                del left[name]
            shown = (self._shown(name, recorded, supposed, entered, problems) for name in names)
            return Section(title.format(len(names)), tuple(shown), folded)

        used, tried = self._used(recorded.disease)
        facts, listed_ = recorded.facts, recorded.listed
        supposable_ = self._supposable
        found = [
            section("Open, and would change the advice", [m.fact for m in recorded.missing]),
            section(
                "On record", [n for n in listed_ if n in supposable_ | {"disease"} and facts[n].evidence]
            ),
            section("Worked out from it", [n for n in listed_ if self._vocabulary[n].derived]),
            section(
                "No record: {} facts of the pathway",
                [n for n in self._vocabulary if n in used & supposable_],
                folded=True,
            ),
            section(
                "{} facts that only the trial asks for",
                [n for n in self._vocabulary if n in tried & supposable_],
                folded=True,
            ),
        ]
        return [each for each in found if each.facts]

    def _used(self, disease: str) -> tuple[set[str], set[str]]:
        """The facts on which the pathway of a disease rests, and those of its trials."""
        knowledge = self._knowledge.of(disease)
        trials = [
            c.criterion.facts for t in self._knowledge.trials if t.disease == disease for c in t.criteria
        ]
        tried = set().union(*trials)
        pathway: set[str] = set()
        for group in knowledge.groups.values():
            for offer in group.offers:
                pathway |= offer.criterion.facts
        for table in knowledge.tables:
            pathway |= table.facts
        for rules in knowledge.judge.rules.values():
            for rule in (*rules.contraindicated, *rules.caution, *rules.off_pathway, *rules.unoffered):
                pathway |= rule.criterion.facts
        return pathway, tried

    def _shown(
        self,
        name: str,
        recorded: Assessment,
        supposed: Assessment,
        entered: Entered,
        problems: Mapping[str, str],
    ) -> FactShown:
        definition = self._vocabulary[name]
        fact, before = supposed.facts[name], recorded.facts.get(name)
        told = self.words(fact)
        elsewhere = self.words(before) if before is not None else ""
        marks = [e.element for e in fact.evidence if e.resource == HYPOTHETICAL]
        mark = ""
        if marks and not definition.derived:
            mark = marks[0]
        # what was supposed to be unknown, or of another tumour, leaves no evidence in what follows
        elif marks or elsewhere not in ("", told):
            mark = RESTS
        return FactShown(
            id=name,
            label=self._wording.short("facts", name),
            known=fact.known,
            words=told,
            records=tuple(e for e in fact.evidence if e.resource != HYPOTHETICAL),
            overruled=fact.overruled,
            remarks=tuple(dict.fromkeys(self._wording.detail("remarks", r) for r in fact.remarks)),
            supposed=mark,
            before=elsewhere if mark and elsewhere != told else "",
            derived=definition.derived,
            field=self._field(definition, entered) if name in self._supposable else None,
            problem=problems.get(name, ""),
        )

    def words(self, fact: Fact) -> str:
        """The value of a fact, the values left, or why there is none."""
        definition = self._vocabulary[fact.id]
        value = fact.value
        if isinstance(value, Members):
            return (
                WHY_UNKNOWN[fact.why] if fact.why else members_words(value, definition.values, self._wording)
            )
        if fact.known or fact.why is None:
            return value_words(fact, definition.unit, self._wording)
        if fact.why == "conflicting":
            return f"{value_words(fact, definition.unit, self._wording)} ({WHY_UNKNOWN['conflicting']})"
        return WHY_UNKNOWN[fact.why]

    def _field(self, definition: FactDefinition, entered: Entered) -> Field:
        name = field_of(definition.id)
        said = (list(entered.get(name, ())) or [""])[0]
        unknown = Choosable(UNKNOWN, "unknown", said == UNKNOWN)
        as_recorded = Choosable("", "as recorded", said == "")
        if definition.type == "codes":
            ticked = entered.get(members_of(definition.id), ())
            boxes = tuple(
                Choosable(v, self._wording.short("values", v), v in ticked) for v in definition.values
            )
            none = Choosable(NONE, "none of them", said == NONE)
            return Field("set", name, (as_recorded, none, unknown), members_of(definition.id), boxes)
        if definition.type == "boolean":
            choices = (Choosable("yes", "yes", said == "yes"), Choosable("no", "no", said == "no"))
            return Field("choice", name, (as_recorded, *choices, unknown))
        if definition.type == "code":
            values = tuple(
                Choosable(v, self._wording.short("values", v), said == v) for v in definition.values
            )
            return Field("choice", name, (as_recorded, *values, unknown))
        low, high = bounds(definition)
        unit = UNITS.get(definition.unit or "", "")
        return Field("number", name, entered=said, unit=unit, low=low, high=high)

    def missing(self, assessment: Assessment) -> list[MissingShown]:
        """What is asked for, the most decisive first."""
        return [self._missing(m, assessment) for m in assessment.missing]

    def _missing(self, missing: Missing, assessment: Assessment) -> MissingShown:
        definition = self._vocabulary[missing.fact]
        of = missing.behind or missing.fact
        told = ""
        if len(assessment.verdicts) == 1:
            reference = assessment.verdicts[0].order.reference
            leads = [(value, words[reference]) for value, words in missing.leads if reference in words]
            told = leads_words(leads, self._vocabulary[of].unit, self._wording)
        return MissingShown(
            id=missing.fact,
            label=self._wording.short("facts", missing.fact),
            how=self._wording.detail("facts", missing.fact),
            system=CASE_FACTS,
            code=missing.fact,
            value=_recorded_as(definition, self._wording),
            changes=listed([CHANGES[c] for c in missing.changes]),
            leads=told,
        )

    def not_looked_up(self, case: Case, withheld: Sequence[str]) -> list[tuple[str, str]]:
        """Queries without a complete answer, and why in words; what the EHR gave no leave for says so."""
        told = []
        for query in case.failed:
            why = case.why_failed.get(query)
            reason = self._wording.short("failures", why) if why else ""
            told.append((query, "the EHR gave no leave to read it" if query in withheld else reason))
        return told


def _recorded_as(definition: FactDefinition, wording: Wording) -> str:
    """What the value of an Observation with our own code is."""
    if definition.type == "boolean":
        return "valueBoolean"
    if definition.type == "quantity":
        return f"valueQuantity ({UNITS.get(definition.unit or '', '') or 'a number'})"
    if definition.type == "integer":
        low, high = bounds(definition)
        return f"valueInteger, {low} to {high}"
    shown = listed(list(definition.values[:6]), "or")
    more = f" and {len(definition.values) - 6} more" if len(definition.values) > 6 else ""
    each = ", one Observation for each" if definition.type == "codes" else ""
    return f"valueCodeableConcept: {shown}{more}{each}"
