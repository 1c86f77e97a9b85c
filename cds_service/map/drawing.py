"""A map with everything that is said of it, before it becomes a figure of a page or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..loading import Loaded
from ..pathway.assessment import Assessment
from ..pathway.groups import PLACED_BY
from .explanation import Explanation, explanations, positioned_words
from .offers import Offering, offer_explanations, offering_of, standing_of
from .picture import Marks
from .position import Position, State, position_on
from .sketch import Sketch
from .wayfinding import Pathway, pathway_of

_WAY: Mapping[State, str] = {
    "taken": "certain",
    "here": "the patient's group",
    "door": "not known, or still possible",
    "either": "not known, but it makes no difference",
    "excluded": "not this patient's",
}
_OFFERED: Mapping[State, str] = {
    "here": "offered",
    "door": "open, or drafted",
    "excluded": "not offered to this patient",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One map: what is drawn, how it is marked, and what stands behind each box. `name` is the id of its pathway or
    of the part of it that is shown, `legend` says what the marks mean."""

    name: str
    disease: str
    title: str
    described: str
    sketch: Sketch
    marks: Marks
    told: Sequence[Explanation]
    legend: Mapping[State, str]


def pathway_drawing(
    loaded: Loaded, assessment: Assessment | None, disease: str | None, fact: str = PLACED_BY
) -> Drawing:
    """A pathway, or the table of one of its facts; see `figure.pathway_map`."""
    named = disease or (assessment.disease if assessment is not None else None)
    if named is None:
        raise ValueError("name the disease whose pathway is drawn, or give an assessment")
    if named not in loaded.knowledge.diseases:
        raise KeyError(named)
    on_map = assessment if assessment is not None and _stands_on(assessment, named) else None
    pathway = pathway_of(loaded, named, fact)
    position = position_on(pathway, on_map, loaded.knowledge) if on_map is not None else None
    marks = Marks()
    if position is not None and on_map is not None:
        treated = [name for name in on_map.treated_as if position.states.get(name) == "here"]
        marks = Marks(position.states, dict.fromkeys(treated, "● treated as this"), position.assumed)
    return Drawing(
        named if fact == PLACED_BY else fact,
        named,
        _title(loaded, pathway),
        _described(loaded, pathway, position, on_map),
        pathway.sketch,
        _spoken(marks, told := explanations(loaded, pathway, position, on_map)),
        told,
        _WAY,
    )


def group_drawing(loaded: Loaded, group: str, assessment: Assessment | None) -> Drawing:
    """What a patient group offers; see `figure.group_map`."""
    offering = offering_of(loaded, group)
    belongs = assessment is not None and group in (*assessment.groups, *assessment.treated_as)
    standing = standing_of(offering, loaded, assessment) if assessment is not None and belongs else None
    marks = Marks()
    if standing is not None:
        marks = Marks(standing.states, standing.tags, drafted=frozenset(standing.verdicts))
    return Drawing(
        group,
        offering.group.disease,
        f"Options: {loaded.wording.short('groups', group)}",
        _options_described(offering),
        offering.sketch,
        _spoken(marks, told := offer_explanations(loaded, offering, standing, assessment)),
        told,
        _OFFERED,
    )


def _spoken(marks: Marks, told: Sequence[Explanation]) -> Marks:
    """The marks with what each box says to those who do not see it."""
    spoken = {e.id: ". ".join(part.rstrip(".") for part in (e.title, e.state) if part) for e in told}
    return replace(marks, spoken=spoken)


def _stands_on(assessment: Assessment, disease: str) -> bool:
    """Whether an assessment places its patient somewhere on the map of a disease."""
    return assessment.disease == disease and bool(assessment.groups or assessment.not_addressed)


def _title(loaded: Loaded, pathway: Pathway) -> str:
    """What a pathway's picture is called."""
    disease = loaded.wording.value(pathway.table.disease)
    if pathway.table.derives == PLACED_BY:
        words = f"{disease}: the way to the patient's group"
    else:
        words = f"{disease}: {loaded.wording.short('facts', pathway.table.derives)}"
    return words[:1].upper() + words[1:]


def _described(
    loaded: Loaded, pathway: Pathway, position: Position | None, assessment: Assessment | None
) -> str:
    """What a picture shows, for those who do not see it."""
    shown = f"{len(pathway.decisions)} decisions lead to {len(pathway.endings)} endings."
    if position is None or assessment is None:
        return shown
    return f"{shown} {positioned_words(loaded, pathway, position, assessment)}"


def _options_described(offering: Offering) -> str:
    """How many options a group has, and by which line, for those who do not see the picture."""
    lines = [n for n in offering.sketch.nodes.values() if n.kind == "line"]
    counted = [
        f"{' '.join(n.title).lower()}: {sum(o.line == n.id for o in offering.offers.values())}" for n in lines
    ]
    if not counted:
        return "The group has no options of its own."
    return f"{len(offering.offers)} options ({'; '.join(counted)})."
