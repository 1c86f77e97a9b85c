"""Clinical trials: each criterion met, not met or unknown, and what follows for the patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..case.vocabulary import AuthoringError, Vocabulary
from .answer import Answer, every
from .criteria import Criterion, Values, compile_criterion
from .options import sources_of

Eligibility = Literal["eligible", "ineligible", "undetermined"]
WORDS: Mapping[Answer, Eligibility] = {True: "eligible", False: "ineligible", None: "undetermined"}


@dataclass(frozen=True, slots=True)
class TrialCriterion:
    """One criterion of a trial; `id` is public and begins with the trial's own.

    An exclusion is authored as the source has it: it is met, in the sense of `evaluate`, by a patient whom it
    does not shut out. `on_record` tells criteria that ordinary records can settle from those that somebody has to
    ask, judge or sign.
    """

    id: str
    exclusion: bool
    on_record: bool
    criterion: Criterion
    sources: tuple[str, ...]

    @property
    def name(self) -> str:
        """The id inside the trial, without the trial's own."""
        return self.id.split(".", 1)[1]

    def evaluate(self, values: Values) -> Answer:
        answer = self.criterion.test(values)
        return not answer if self.exclusion and answer is not None else answer

    def needs(self, values: Values) -> frozenset[str]:
        """Unknown facts that could still change the answer."""
        return self.criterion.needs(values)


@dataclass(frozen=True, slots=True)
class Worth:
    """When a trial is worth a card: the situation for certain, an order about it (or an opened chart), and no
    more than `open_at_most` criteria unknown among those that records can settle."""

    criterion: Criterion
    options: frozenset[str]
    open_at_most: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One registered trial. `concerns` are the patients for whom it is assessed at all."""

    id: str
    disease: str
    title: str
    url: str
    sources: tuple[str, ...]
    concerns: Criterion
    criteria: tuple[TrialCriterion, ...]
    worth: Worth

    def assess(self, disease: str, values: Values) -> TrialStanding | None:
        """How a patient stands to the trial; None for a patient whom it cannot concern."""
        if disease != self.disease or self.concerns.test(values) is False:
            return None
        answers = tuple((c, c.evaluate(values)) for c in self.criteria)
        return TrialStanding(self, answers, worth_showing=self._worth_showing(answers, values))

    def _worth_showing(self, answers: Iterable[tuple[TrialCriterion, Answer]], values: Values) -> bool:
        found = list(answers)
        if self.worth.criterion.test(values) is not True or any(a is False for _, a in found):
            return False
        return sum(a is None and c.on_record for c, a in found) <= self.worth.open_at_most


@dataclass(frozen=True, slots=True)
class TrialStanding:
    """A trial and one patient: every criterion with its answer. `worth_showing` before any order is looked at."""

    trial: Trial
    answers: tuple[tuple[TrialCriterion, Answer], ...]
    worth_showing: bool = False

    @property
    def eligibility(self) -> Eligibility:
        """Eligible only if every criterion is met, ineligible if one is not."""
        return WORDS[every(answer for _, answer in self.answers)]

    @property
    def failed(self) -> tuple[TrialCriterion, ...]:
        return tuple(c for c, answer in self.answers if answer is False)

    @property
    def unknown(self) -> tuple[TrialCriterion, ...]:
        return tuple(c for c, answer in self.answers if answer is None)

    def to_json(self) -> dict[str, Any]:
        """The member of the assessment: ids of the trial's criteria without the trial's own."""
        found: dict[str, Any] = {"trial": self.trial.id, "eligibility": self.eligibility}
        for name, criteria in (("failed", self.failed), ("unknown", self.unknown)):
            if criteria:
                found[name] = [c.name for c in criteria]
        return found


def compile_trials(documents: Iterable[Mapping[str, Any]], vocabulary: Vocabulary) -> tuple[Trial, ...]:
    """The trials of files that the schema accepted.

    Raises AuthoringError for a trial named twice, a criterion whose id does not begin with its trial's, and a
    criterion named twice.
    """
    trials: dict[str, Trial] = {}
    for document in documents:
        trial = _compile(document, vocabulary)
        if trial.id in trials:
            raise AuthoringError(f"trial {trial.id!r} has two files", ("trial",))
        trials[trial.id] = trial
    return tuple(trials.values())


def _compile(document: Mapping[str, Any], vocabulary: Vocabulary) -> Trial:
    prefix = f"{document['trial'].lower()}."
    criteria: dict[str, TrialCriterion] = {}
    for index, row in enumerate(document["criteria"]):
        name = row["criterion"]
        where = ("criteria", index, "criterion")
        if not name.startswith(prefix):
            raise AuthoringError(f"the criterion {name!r} does not begin with {prefix!r}", where)
        if name in criteria:
            raise AuthoringError(f"the criterion {name!r} stands twice", where)
        criteria[name] = TrialCriterion(
            id=name,
            exclusion=row["kind"] == "exclusion",
            on_record=row["settled-by"] == "record",
            criterion=compile_criterion(row["when"], vocabulary),
            sources=sources_of(row["cite"]),
        )
    card = document["card"]
    return Trial(
        id=document["trial"],
        disease=document["disease"],
        title=document["title"],
        url=document["url"],
        sources=tuple(dict.fromkeys(s for c in criteria.values() for s in c.sources)),
        concerns=compile_criterion(document["concerns"]["when"], vocabulary),
        criteria=tuple(criteria.values()),
        worth=Worth(
            compile_criterion(card["when"], vocabulary), frozenset(card["options"]), card["open-at-most"]
        ),
    )
