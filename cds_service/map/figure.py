"""The map as a part of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from ..loading import Loaded
from ..pathway.assessment import Assessment
from ..pathway.groups import PLACED_BY
from .explanation import Explanation, explanations, outline, positioned_words
from .offers import Offering, offer_explanations, offering_of, standing_of
from .picture import PAGES, Marks, picture
from .position import MARKED, Position, State, position_on
from .sketch import Sketch
from .wayfinding import Pathway, pathway_of

# the files of `look/` that a page with a map loads
STYLE, SCRIPT = "map.css", "map.js"
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


def pathway_map(
    loaded: Loaded,
    assessment: Assessment | None = None,
    *,
    disease: str | None = None,
    fact: str = PLACED_BY,
    root: str = "/map",
    ident: str = "map",
) -> Markup:
    """One pathway as a `<figure>` to put into a page: the picture, what stands behind each box, and an outline.

    With an `assessment` its patient stands on the map, and `disease` need not be given: the way taken, the groups
    that are still possible, and what is not known as open doors with what would settle them. Without, `disease`
    ("gist", "sts") names the pathway. `fact` is the fact whose table is drawn, the patient group if not stated.
    `root` is where the map's own pages are, for links; `ident` begins every id, so that a page may hold two maps.

    The page loads the assets `STYLE` and, to improve it, `SCRIPT`; it works without the script: a box is a link to
    its explanation, which opens above the page. Nothing in it is inline, and no value of the patient is in an address.
    Raises ValueError without either disease or an assessment on a pathway, KeyError for a disease or a fact without a
    table, LayoutUnavailable.
    """
    named = disease or (assessment.disease if assessment is not None else None)
    if named is None:
        raise ValueError("name the disease whose pathway is drawn, or give an assessment")
    if named not in loaded.knowledge.diseases:
        raise KeyError(named)
    on_map = assessment if assessment is not None and _stands_on(assessment, named) else None
    pathway = pathway_of(loaded, named, fact)
    position = position_on(pathway, on_map, loaded.knowledge) if on_map is not None else None
    told = explanations(loaded, pathway, position, on_map)
    states = position.states if position else {}
    marks = Marks(states=states, assumed=position.assumed if position else frozenset())
    return _figure(
        loaded,
        pathway.sketch,
        marks,
        told,
        ident=ident,
        root=f"{root}/{named}",
        title=title_of(loaded, pathway),
        described=described_of(loaded, pathway, position, on_map),
        legend=_WAY,
    )


def group_map(
    loaded: Loaded,
    group: str,
    assessment: Assessment | None = None,
    *,
    root: str = "/map",
    ident: str = "options",
) -> Markup:
    """What a patient group offers, as a `<figure>` like that of `pathway_map`: lines, conditions, options.

    With the `assessment` of a patient of whom the group is possible: which options are offered, which are open and
    what would settle them, and the verdict on each drafted order beside the option that it asks for. An assessment
    of another group leaves no mark. Raises KeyError for a group that the knowledge does not have, LayoutUnavailable.
    """
    offering = offering_of(loaded, group)
    belongs = assessment is not None and group in (*assessment.groups, *assessment.treated_as)
    standing = standing_of(offering, loaded, assessment) if assessment is not None and belongs else None
    marks = (
        Marks(states=standing.states, tags=standing.tags, drafted=frozenset(standing.verdicts))
        if standing
        else Marks()
    )
    return _figure(
        loaded,
        offering.sketch,
        marks,
        offer_explanations(loaded, offering, standing, assessment),
        ident=ident,
        root=f"{root}/{offering.group.disease}",
        title=f"Options: {loaded.wording.short('groups', group)}",
        described=options_described(loaded, offering),
        legend=_OFFERED,
    )


def _figure(
    loaded: Loaded,
    sketch: Sketch,
    marks: Marks,
    told: Sequence[Explanation],
    *,
    ident: str,
    root: str,
    title: str,
    described: str,
    legend: Mapping[State, str],
) -> Markup:
    spoken = {e.id: ". ".join(part.rstrip(".") for part in (e.title, e.state) if part) for e in told}
    marks = replace(marks, spoken=spoken, targets={e.id: f"#{ident}-{e.id}" for e in told})
    narrow = sketch.narrow()
    names = {"title": title, "described": described}
    return Markup(
        PAGES.get_template("figure.html.jinja").render(
            ident=ident,
            positioned=bool(marks.states),
            wide=picture(sketch.fitted(), marks, ident=f"{ident}-wide", **names),
            narrow=picture(narrow, marks, ident=f"{ident}-narrow", **names) if narrow else "",
            explanations=told,
            explained=set(spoken),
            outline=outline(sketch, marks.states),
            marked=MARKED,
            legend=legend,
            tags=marks.tags,
            sources=loaded.sources,
            root=root,
            **names,
        )
    )


def _stands_on(assessment: Assessment, disease: str) -> bool:
    """Whether an assessment places its patient somewhere on the map of a disease."""
    return assessment.disease == disease and bool(assessment.groups or assessment.not_addressed)


def title_of(loaded: Loaded, pathway: Pathway) -> str:
    """What a pathway's picture is called."""
    disease = loaded.wording.value(pathway.table.disease)
    if pathway.table.derives == PLACED_BY:
        words = f"{disease}: the way to the patient's group"
    else:
        words = f"{disease}: {loaded.wording.short('facts', pathway.table.derives)}"
    return words[:1].upper() + words[1:]


def described_of(
    loaded: Loaded, pathway: Pathway, position: Position | None, assessment: Assessment | None
) -> str:
    """What a picture shows, for those who do not see it."""
    shown = f"{len(pathway.decisions)} decisions lead to {len(pathway.endings)} endings."
    if position is None or assessment is None:
        return shown
    return f"{shown} {positioned_words(loaded, pathway, position, assessment.groups)}"


def options_described(loaded: Loaded, offering: Offering) -> str:
    """How many options a group has, and by which line, for those who do not see the picture."""
    lines = [n for n in offering.sketch.nodes.values() if n.kind == "line"]
    counted = [
        f"{' '.join(n.title).lower()}: {sum(o.line == n.id for o in offering.offers.values())}" for n in lines
    ]
    if not counted:
        return "The group has no options of its own."
    return f"{len(offering.offers)} options ({'; '.join(counted)})."
