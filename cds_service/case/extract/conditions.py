"""What one Condition names: kinds of disease, organs, whether it is a secondary cancer, whether it is over."""

from __future__ import annotations

import re

from ...fhir.resources import Condition
from .sarcoma import ICD, histology_concepts
from .sources import Sources, once_a_call

OVER = frozenset({"inactive", "remission", "resolved"})
BACK = frozenset({"recurrence", "relapse"})
KNOWN_SITES = frozenset(
    {"liver", "peritoneum", "lung", "bone", "brain", "lymph-node", "pleura", "adrenal", "soft-tissue",
     "retroperitoneum", "mediastinum", "small-intestine", "large-intestine", "digestive-other", "skin",
     "other-site"}
)  # fmt: skip


@once_a_call
def kinds_of(sources: Sources, condition: Condition) -> frozenset[str]:
    """Concepts of the code and the histology; words only where no coding names a disease.

    An organ code of WHO ICD-10 names none: there the text or the histology says what grew in the organ.
    """
    coded = sources.concepts(condition.code) | histology_concepts(sources, condition)
    if any(k.startswith(("dx.", "morph.", "comorbid.")) for k in coded):
        return coded
    codings = (condition.code.coding or ()) if condition.code else ()
    if any(
        (c.code or "").upper().startswith("Z") and sources.terminology.system_name(c.system) in ICD
        for c in codings
    ):
        # a personal history, whatever its text names
        return coded
    return coded | sources.affirmed_words(condition.code)


@once_a_call
def organs_in(sources: Sources, condition: Condition) -> frozenset[str]:
    kinds = sources.named(condition.code) | sources.named_in(condition.body_site)
    return frozenset(organs_of(sources, kinds))


def organs_of(sources: Sources, kinds: frozenset[str]) -> set[str]:
    """The organs that concepts of diagnoses, sites or procedures name."""
    named = {sources.readings.organs[k] for k in kinds if k in sources.readings.organs}
    return (
        named
        | set(sources.readings.value_of("primary-site", kinds))
        | (set(sources.readings.value_of("metastatic-sites", kinds)) - {"unspecified"})
    )


@once_a_call
def metastatic_sites(sources: Sources, condition: Condition) -> frozenset[str]:
    """The organs that a secondary cancer names, or `unspecified`."""
    kinds = kinds_of(sources, condition)
    places = kinds | sources.named_in(condition.body_site)
    sites = set(sources.readings.value_of("metastatic-sites", kinds)) | organs_of(sources, places)
    return KNOWN_SITES & sites or frozenset({"unspecified"})


def is_gist(kinds: frozenset[str]) -> bool:
    return any(k.startswith(("dx.gist", "morph.gist")) for k in kinds)


def names_metastasis(kinds: frozenset[str]) -> bool:
    return any(k.startswith("dx.metastasis") for k in kinds)


@once_a_call
def is_secondary(sources: Sources, condition: Condition) -> bool:
    """A secondary cancer by its code, or by words beside an organ: its morphology is that of the primary."""
    if names_metastasis(sources.concepts(condition.code)):
        return True
    words = sources.affirmed_words(condition.code)
    coded = sources.concepts(condition.code)
    return (
        not is_gist(coded)
        and not coded & sources.readings.sarcomas["named"]
        and names_metastasis(words)
        and any(
            re.search(r"\bmetasta\w+ (?:of|from)\b", text, re.IGNORECASE)
            for text in sources.affirmed(condition.code)
        )
    )
