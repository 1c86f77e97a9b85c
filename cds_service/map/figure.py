"""The map as a part of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from markupsafe import Markup

from ..loading import Loaded
from ..pathway.assessment import Assessment
from ..pathway.groups import PLACED_BY
from .explanation import Explanation, explanations, outline, positioned_words
from .picture import PAGES, Marks, picture
from .position import MARKED, Position, position_on
from .sketch import stacked
from .wayfinding import Pathway, pathway_of

# the files of `look/` that a page with a map loads
STYLE, SCRIPT = "map.css", "map.js"


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
    marks = _marks(pathway, position, told, lambda name: f"#{ident}-{name}")
    title = title_of(loaded, pathway)
    described = described_of(loaded, pathway, position, on_map)
    narrow = stacked(pathway.sketch, pathway.forward())
    return Markup(
        PAGES.get_template("figure.html.jinja").render(
            ident=ident,
            title=title,
            described=described,
            positioned=position is not None,
            wide=picture(pathway.sketch, marks, ident=f"{ident}-wide", title=title, described=described),
            narrow=picture(narrow, marks, ident=f"{ident}-narrow", title=title, described=described),
            explanations=told,
            outline=outline(pathway, position),
            marks=MARKED,
            sources=loaded.sources,
            disease=named,
            root=root,
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


def _marks(
    pathway: Pathway, position: Position | None, told: list[Explanation], target: Callable[[str], str]
) -> Marks:
    spoken: Mapping[str, str] = {
        e.id: ". ".join(part.rstrip(".") for part in (e.title, e.state) if part) for e in told
    }
    return Marks(
        states=position.states if position else {},
        assumed=position.assumed if position else frozenset(),
        spoken=spoken,
        targets={name: target(name) for name in pathway.sketch.nodes},
    )
