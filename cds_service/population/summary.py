"""What a run found in all: counts as JSON, and as a page with plots that needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from markupsafe import Markup

from ..pages import pages_of
from ..plots import bars
from .tally import Tally

_PAGES = pages_of("cds_service.population")
_MOST = 25
_SECTIONS = (
    ("diseases", "Disease", "patients"),
    ("placements", "Placement on the pathways", "patients"),
    ("groups", "Patient group", "patients placed in it for certain"),
    ("possibleGroups", "Patient groups that are possible", "patients for whom more than one is possible"),
    ("notAddressed", "Situations that the sources do not address", "patients"),
    ("stages", "Stage (sarcoma)", "patients"),
    ("risks", "Recurrence risk (GIST)", "patients"),
    ("genotypes", "Genotype (GIST)", "patients"),
    ("verdicts", "Verdicts on drafted orders", "orders"),
    ("options", "Drafted orders by option and verdict", "orders"),
    ("missing", "Missing facts that would change something", "patients"),
    ("trials", "Trial eligibility", "patients"),
    ("refused", "Not assessed: refused", "patients"),
    ("failed", "Not assessed: error", "patients"),
    ("unread", "Records that could not be read", "patients"),
)


@dataclass(frozen=True, slots=True)
class Summary:
    """A finished run. `lines` and what became of them are those of the export's files."""

    today: date
    knowledge: str
    lines: int
    rejected: int
    ignored: int
    exported: tuple[str, ...]
    tally: Tally

    def to_json(self) -> dict[str, Any]:
        """The content of `summary.json`: the same for the same export, day and knowledge, whatever engine ran."""
        return {
            "today": str(self.today),
            "knowledgeVersion": self.knowledge,
            "lines": self.lines,
            "rejectedLines": self.rejected,
            "ignoredResources": self.ignored,
            "exportedTypes": list(self.exported),
            **self.tally.to_json(),
        }

    def as_json(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self.to_json()), indent=2) + b"\n"

    def as_html(self) -> bytes:
        """The page: a plot and a table for each thing that is counted."""
        content = self.to_json()
        sections = [
            _section(name, title, unit, content["counts"][name])
            for name, title, unit in _SECTIONS
            if content["counts"][name]
        ]
        page = _PAGES.get_template("summary.html.jinja").render(summary=content, sections=sections)
        return page.encode()


@dataclass(frozen=True, slots=True)
class Section:
    """One thing that is counted: its plot shows the most frequent values, its table all."""

    title: str
    unit: str
    plot: Markup
    counts: Mapping[str, int]


def _section(name: str, title: str, unit: str, counts: Mapping[str, int]) -> Section:
    shown = dict(list(counts.items())[:_MOST])
    return Section(title, unit, bars(shown, name, title, unit), counts)
