"""Maps as files that need nothing else: a picture for a document, and a page with what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from markupsafe import Markup

from ..loading import Loaded
from ..pathway.assessment import Assessment
from . import LOOK
from .drawing import Drawing, group_drawing, pathway_drawing
from .figure import SCRIPT, STYLE, figure_of
from .picture import PAGES, picture


def map_files(
    loaded: Loaded, disease: str | None = None, group: str | None = None, assessment: Assessment | None = None
) -> Iterator[tuple[str, str]]:
    """Name and text of each file: `<id>.svg` and `<id>.html` of every pathway and every group, or of those named.

    With an `assessment` the patient's pathway and possible groups, each with the patient on it. The same arguments
    give the same bytes. Raises KeyError for a disease or a group that the knowledge does not have, LayoutUnavailable.
    """
    for drawing in _drawings(loaded, disease, group, assessment):
        yield f"{drawing.name}.svg", svg_file(drawing)
        yield f"{drawing.name}.html", html_file(loaded, drawing)


def svg_file(drawing: Drawing) -> str:
    """One picture with its style within; a box says what stands behind it when it is pointed at."""
    sources = {
        e.id: ". ".join(
            [drawing.marks.spoken[e.id], *(f"[{c.source}] {c.section}: {c.says}" for c in e.citations)]
        )
        for e in drawing.told
    }
    return picture(
        drawing.sketch.fitted(),
        replace(drawing.marks, spoken=sources),
        ident=drawing.name,
        title=drawing.title,
        described=drawing.described,
        style=Markup((LOOK / STYLE).read_text(encoding="utf-8")),
    )


def html_file(loaded: Loaded, drawing: Drawing) -> str:
    """One page with its style and script within."""
    return PAGES.get_template("file.html.jinja").render(
        title=drawing.title,
        version=loaded.knowledge.version,
        figure=figure_of(loaded, drawing, None, drawing.name),
        map_style=Markup((LOOK / STYLE).read_text(encoding="utf-8")),
        script=Markup((LOOK / SCRIPT).read_text(encoding="utf-8")),
    )


def _drawings(
    loaded: Loaded, disease: str | None, group: str | None, assessment: Assessment | None
) -> Iterator[Drawing]:
    knowledge = loaded.knowledge
    if group is not None:
        yield group_drawing(loaded, group, assessment)
        return
    if assessment is not None:
        yield pathway_drawing(loaded, assessment, None)
        groups = (*assessment.groups, *assessment.treated_as)
        for name in dict.fromkeys(groups):
            yield group_drawing(loaded, name, assessment)
        return
    for named in [disease] if disease is not None else knowledge.diseases:
        yield pathway_drawing(loaded, None, named)
        for name in knowledge.of(named).groups:
            yield group_drawing(loaded, name, None)
