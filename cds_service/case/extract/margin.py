"""How wide a sarcoma was removed, where the pathologist says it in words."""

from __future__ import annotations

from collections.abc import Iterator

from ...fhir.terminology import readable, texts_of
from ..fact import Choice
from ..settle import Reading
from .diagnosis import Diagnosis
from .sources import Sources

ABOUT = frozenset({"margin.obs"})
WIDTHS = {"margin.wide": True, "margin.close": False}


def read_margin_width(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    """`wide-margin`; R0 alone says nothing of it, and a distance in millimetres is for the reader to judge."""
    for finding in diagnosis.findings_about(sources, ABOUT):
        if "margin.obs" not in finding.named or diagnosis.leaves_open(finding):
            continue
        observation = finding.observation
        texts = [readable(observation.value_string), *texts_of(observation.value_codeable_concept)]
        words = sources.words(t for t in texts if t and _plain(sources, t))
        said = {WIDTHS[w] for w in words if w in WIDTHS}
        if len(said) == 1:
            yield Reading("wide-margin", "pathology", finding.at("value"), Choice(frozenset(said)))


def _plain(sources: Sources, text: str) -> bool:
    """As everywhere, but for the one denial that is good news: margins are negative."""
    return sources.plain(text.lower().replace("negative", ""))
