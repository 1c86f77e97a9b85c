"""Which cards an assessment is worth: few, each about one thing, most urgent first."""

from __future__ import annotations

from collections.abc import Iterable

from ..pathway.assessment import Assessment
from ..pathway.trials import TrialStanding
from ..pathway.verdict import Verdict
from .card import Card
from .making import CardMaker
from .suggestions import NewId, Subject


def cards_of(
    maker: CardMaker, assessment: Assessment, subject: Subject, new_id: NewId, *, patient_view: bool
) -> list[Card]:
    """The cards of one answer, the most urgent first."""
    if assessment.placement == "out-of-scope":
        return []
    silent = assessment.placement == "not-addressed"
    if patient_view:
        return [
            Card("unaddressed", maker.unaddressed([], assessment, new_id))
            if silent
            else Card("position", maker.position(assessment, new_id)),
            *_trials(maker, assessment.trials, assessment, new_id),
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
        found += _about_each(maker, kind, by_word.get(word, ()), assessment, subject, new_id)
    if undetermined := by_word.get("undetermined"):
        asking = maker.missing(undetermined, assessment, subject, new_id)
        found.append(Card("missing", asking, tuple(undetermined)))
    unanswered = by_word.get("not-addressed", [])
    if silent and unanswered:
        quiet = maker.unaddressed(unanswered, assessment, new_id)
        found.append(Card("unaddressed", quiet, tuple(unanswered)))
    else:
        found += _about_each(maker, "notaddressed", unanswered, assessment, subject, new_id)
    options = maker.knowledge.judge.options
    # a test or a plan that the pathway asks for is simply filed
    on_pathway = [v for v in by_word.get("on-pathway", ()) if options[v.option or ""].kind != "strategy"]
    if on_pathway:
        agreeing = maker.on_pathway(on_pathway, assessment, new_id)
        found.append(Card("onpathway", agreeing, tuple(on_pathway)))
    if "contraindicated" not in by_word:
        drafted = frozenset(v.option for v in assessment.verdicts if v.option and v.verdict != "out-of-scope")
        asked = [t for t in assessment.trials if drafted & t.trial.worth.options]
        found += _trials(maker, asked, assessment, new_id)
    return found


def _about_each(
    maker: CardMaker,
    kind: str,
    verdicts: Iterable[Verdict],
    assessment: Assessment,
    subject: Subject,
    new_id: NewId,
) -> list[Card]:
    return [
        Card(kind, maker.about(kind, same, assessment, subject, new_id), tuple(same))
        for same in _together(verdicts)
    ]


def _trials(
    maker: CardMaker, asked: Iterable[TrialStanding], assessment: Assessment, new_id: NewId
) -> list[Card]:
    return [Card("trial", maker.trial(t, assessment, new_id)) for t in _best_trial(asked)]


def _together(verdicts: Iterable[Verdict]) -> list[list[Verdict]]:
    """Drafts of one option that are judged alike, the components of a regimen above all, share a card."""
    found: dict[tuple[str | None, tuple[str, ...]], list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault((verdict.option, verdict.reasons), []).append(verdict)
    return list(found.values())


def _best_trial(trials: Iterable[TrialStanding]) -> list[TrialStanding]:
    """The one trial that is worth a card, with the fewest criteria open; none if none is."""
    worth = [t for t in trials if t.worth_showing]
    return sorted(worth, key=lambda t: (len(t.unknown), t.trial.id))[:1]
