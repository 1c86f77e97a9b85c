"""The CodeSystem `pathway-terms`: ids of patient groups, options, lines and roles as exported plans use them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..case.vocabulary import CANONICAL
from ..loading import Loaded
from ..pathway.offer_schema import LINES, ROLES

PATHWAY_TERMS = f"{CANONICAL}/CodeSystem/pathway-terms"
LINE_MEANS = {
    "first": "Preferred for the patients of the group",
    "plus": "For all patients of the group, beside the first line",
    "consider": "For some patients of the group",
    "secondary": "After the others, or with limited evidence",
}
ROLE_MEANS = {
    "neoadjuvant": "Before the resection",
    "primary": "Treatment of the primary tumour",
    "adjuvant": "After the resection",
    "definitive": "Instead of a resection",
    "metastases": "Treatment of metastases",
    "palliative": "To relieve symptoms",
}


def pathway_terms(loaded: Loaded) -> dict[str, Any]:
    """A FHIR R4 CodeSystem: what the codes of an exported plan's actions mean."""
    short = loaded.wording.short
    return {
        "resourceType": "CodeSystem",
        "url": PATHWAY_TERMS,
        "version": loaded.knowledge.version,
        "name": "PathwayTerms",
        "title": "Terms of the sarcoma pathway service",
        "status": "active",
        "caseSensitive": True,
        "content": "complete",
        "hierarchyMeaning": "grouped-by",
        "concept": [
            _kind(
                "patient-group", "Patient group", ((g, short("groups", g)) for g in loaded.knowledge.groups)
            ),
            _kind("option", "Option", ((o, short("options", o)) for o in loaded.knowledge.judge.options)),
            _kind("line", "Line", ((line, LINE_MEANS[line]) for line in LINES)),
            _kind("role", "Role", ((role, ROLE_MEANS[role]) for role in ROLES)),
        ],
    }


def _kind(code: str, display: str, concepts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {"code": code, "display": display, "concept": [{"code": c, "display": d} for c, d in concepts]}
