"""The map with the position of the patient of a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from markupsafe import Markup

from ..loading import Loaded
from ..service import Answer

DrawMap = Callable[[Answer, str], Markup]
"""From an answer and the path of the map's own pages to figures; empty where the patient stands on no pathway."""

_GROUPS = 2
"""Of so many patient groups that are still possible the options are drawn; of more the pathway alone is readable."""


def standing_on_map(loaded: Loaded) -> DrawMap:
    """Draws the pathway of the patient's disease with the way taken, then the options of the patient's groups with
    what is said of the draft."""

    def figures(answer: Answer, root: str) -> Iterator[Markup]:
        # loaded when a map is first looked at: calls are answered without
        from ..map.figure import group_map, pathway_map

        assessment = answer.assessment
        if assessment.disease not in loaded.knowledge.diseases:
            return
        yield pathway_map(loaded, assessment, root=root)
        groups = tuple(dict.fromkeys((*assessment.groups, *assessment.treated_as)))
        if len(groups) <= _GROUPS:
            for group in groups:
                yield group_map(loaded, group, assessment, root=root, ident=f"options-{group}")

    return lambda answer, root: Markup("").join(figures(answer, root))
