"""What led to an answer, in words: where the patient stands, the facts with their records, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..cards.render import WHY_UNKNOWN, members_words, value_words
from ..cards.wording import Wording
from ..case.fact import Evidence, Fact, Members
from ..case.vocabulary import FactDefinition, Vocabulary
from ..service import Answer


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact in words: its id, its label, its value or why it has none, the records behind it and those overruled."""

    id: str
    label: str
    value: str
    known: bool
    evidence: tuple[Evidence, ...]
    overruled: tuple[Evidence, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """A drafted order and what the pathway says of it."""

    order: str
    option: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a patient stands and by which facts; lists are in the order of the assessment."""

    placement: str
    groups: tuple[str, ...]
    verdicts: tuple[ShownVerdict, ...]
    facts: tuple[ShownFact, ...]
    missing: tuple[str, ...]
    failed: tuple[str, ...]
    unread: tuple[tuple[str, str], ...]

    @property
    def read(self) -> tuple[ShownFact, ...]:
        """Facts with a record behind them, and facts that are open."""
        return tuple(fact for fact in self.facts if fact.evidence or not fact.known)

    @property
    def unrecorded(self) -> tuple[ShownFact, ...]:
        """Facts that are known because nothing is recorded."""
        return tuple(fact for fact in self.facts if fact.known and not fact.evidence)


def standing(answer: Answer, wording: Wording, vocabulary: Vocabulary) -> Standing:
    """What is behind an answer."""
    assessment = answer.assessment
    return Standing(
        placement=assessment.placement,
        groups=tuple(wording.short("groups", name) for name in assessment.groups),
        verdicts=tuple(
            ShownVerdict(
                verdict.order.reference,
                wording.short("options", verdict.option) if verdict.option else "not recognised",
                verdict.verdict,
            )
            for verdict in assessment.verdicts
        ),
        facts=tuple(_facts(answer, wording, vocabulary)),
        missing=tuple(wording.short("facts", missing.fact) for missing in assessment.missing),
        failed=answer.case.failed,
        unread=tuple((unread.resource, unread.problem) for unread in answer.case.unread),
    )


def _facts(answer: Answer, wording: Wording, vocabulary: Vocabulary) -> Iterator[ShownFact]:
    for name in answer.assessment.listed:
        fact = answer.assessment.facts[name]
        yield ShownFact(
            name,
            wording.short("facts", name),
            _value(fact, vocabulary[name], wording),
            fact.known,
            fact.evidence,
            fact.overruled,
            fact.remarks,
        )


def _value(fact: Fact, definition: FactDefinition, wording: Wording) -> str:
    if fact.why:
        return f"unknown: {WHY_UNKNOWN[fact.why]}"
    if isinstance(fact.value, Members) and (fact.evidence or fact.value.unknown):
        return members_words(fact.value, definition.values, wording)
    return value_words(fact, definition.unit, wording)
