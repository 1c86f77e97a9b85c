"""The map as a part of a page."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from ..loading import Loaded
from ..pathway.assessment import Assessment
from ..pathway.groups import PLACED_BY
from .drawing import Drawing, group_drawing, pathway_drawing
from .explanation import outline
from .picture import PAGES, picture, sheets, size_of
from .position import MARKED

# the files of `look/` that a page with a map loads
STYLE, SCRIPT = "map.css", "map.js"


def pathway_map(
    loaded: Loaded,
    assessment: Assessment | None = None,
    *,
    disease: str | None = None,
    fact: str = PLACED_BY,
    root: str | None = "/map",
    ident: str = "map",
) -> Markup:
    """One pathway as a `<figure>` to put into a page: the picture, what stands behind each box, and an outline.

    With an `assessment` its patient stands on the map, and `disease` need not be given: the way taken, the groups
    that are still possible, and what is not known as open doors with what would settle them. Without, `disease`
    ("gist", "sts") names the pathway. `fact` is the fact whose table is drawn, the patient group if not stated.
    `root` is where the map's own pages are, for links (None: there are none); `ident` begins every id, so that a page
    may hold two maps.

    The page loads the assets `STYLE` and, to improve it, `SCRIPT`; it works without the script: a box is a link to
    its explanation, which opens above the page. Nothing in it is inline, and no value of the patient is in an address.
    Raises ValueError without either disease or an assessment on a pathway, KeyError for a disease or a fact without a
    table, LayoutUnavailable.
    """
    return figure_of(loaded, pathway_drawing(loaded, assessment, disease, fact), root, ident)


def group_map(
    loaded: Loaded,
    group: str,
    assessment: Assessment | None = None,
    *,
    root: str | None = "/map",
    ident: str = "options",
) -> Markup:
    """What a patient group offers, as a `<figure>` like that of `pathway_map`: lines, conditions, options.

    With the `assessment` of a patient of whom the group is possible: which options are offered, which are open and
    what would settle them, and the verdict on each drafted order beside the option that it asks for. Where another
    group or a situation that no source addresses is possible too, nothing is called offered, only offered if the
    patient is in this group. An assessment of another group leaves no mark. Raises KeyError for a group that the
    knowledge does not have, LayoutUnavailable.
    """
    return figure_of(loaded, group_drawing(loaded, group, assessment), root, ident)


def figure_of(loaded: Loaded, drawing: Drawing, root: str | None, ident: str) -> Markup:
    """A drawing as a `<figure>`, for wide and for narrow pages."""
    marks = replace(drawing.marks, targets={e.id: f"#{ident}-{e.id}" for e in drawing.told})
    wide, narrow = drawing.sketch.fitted(), drawing.sketch.narrow()
    names = {"title": drawing.title, "described": drawing.described}
    return Markup(
        PAGES.get_template("figure.html.jinja").render(
            ident=ident,
            positioned=bool(marks.states),
            wide=picture(wide, marks, ident=f"{ident}-wide", **names),
            narrow=picture(narrow, marks, ident=f"{ident}-narrow", **names) if narrow else "",
            sizes={"wide": size_of(wide), "narrow": size_of(narrow) if narrow else ""},
            explanations=drawing.told,
            explained={e.id for e in drawing.told},
            outline=outline(drawing.sketch, marks.states),
            marked=MARKED,
            legend=drawing.legend,
            sheets=sheets(narrow) if narrow is not None and size_of(wide) == "large" else (),
            sheet_width=round(narrow.placed().width) if narrow is not None else 0,
            tags=marks.tags,
            sources=loaded.sources,
            root=None if root is None else f"{root}/{drawing.disease}",
            **names,
        )
    )
