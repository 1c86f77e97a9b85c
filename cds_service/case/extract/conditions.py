"""What one Condition names: kinds of disease, organs, whether it is a secondary cancer, whether it is over."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...fhir.datatypes import day, last_day
from ...fhir.resources import Condition
from .sarcoma import ICD, histology_concepts
from .sources import Sources, codes_of, once_a_call

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
    if begins(coded, ("dx.", "morph.", "comorbid.")):
        return coded
    if any(code.startswith("Z") for code in icd_codes(sources, condition)):
        # a personal history, whatever its text names
        return coded
    return coded | sources.affirmed_words(condition.code)


def icd_codes(sources: Sources, condition: Condition) -> list[str]:
    """Its codes of ICD-10."""
    return [
        (coding.code or "").strip().upper()
        for coding in (condition.code.coding or () if condition.code else ())
        if sources.terminology.system_name(coding.system) in ICD
    ]


def coded_as_no_tumour(sources: Sources, condition: Condition) -> bool:
    """Whether ICD-10 codes it as something else than a neoplasm: a symptom, an illness, a visit, a history."""
    codes = icd_codes(sources, condition)
    return bool(codes) and not any("C00" <= code[:3] <= "D49" for code in codes)


def is_over(sources: Sources, condition: Condition) -> bool:
    """Whether it is over by its status or by its end; one that came back after that is not."""
    status = codes_of(condition.clinical_status)
    return bool(status & OVER) or (not status & BACK and _ended(sources, condition))


def _ended(sources: Sources, condition: Condition) -> bool:
    """Whether its end is on record and surely past; an end at an age of the patient is one that has been."""
    if condition.abatement_age is not None:
        return True
    period = condition.abatement_period
    end = day(condition.abatement_date_time) or (day(period.end) if period else None)
    return end is not None and last_day(end) < sources.today


@once_a_call
def organs_in(sources: Sources, condition: Condition) -> frozenset[str]:
    kinds = sources.named(condition.code) | sources.named_in(condition.body_site)
    return frozenset(organs_of(sources, kinds))


def organs_of(sources: Sources, kinds: frozenset[str]) -> set[str]:
    """The organs that concepts of diagnoses, sites or procedures name."""
    return sources.readings.organs_of(kinds)


@once_a_call
def metastatic_sites(sources: Sources, condition: Condition) -> frozenset[str]:
    """The organs that a secondary cancer names, or `unspecified`."""
    kinds = kinds_of(sources, condition)
    places = kinds | sources.named_in(condition.body_site)
    sites = set(sources.readings.value_of("metastatic-sites", kinds)) | organs_of(sources, places)
    return KNOWN_SITES & sites or frozenset({"unspecified"})


def begins(kinds: Iterable[str], start: str | tuple[str, ...]) -> bool:
    """Whether one of the concepts begins so."""
    for kind in kinds:
        if kind.startswith(start):
            break
    else:
        return False
    return True


def is_gist(kinds: frozenset[str]) -> bool:
    return begins(kinds, ("dx.gist", "morph.gist"))


def names_metastasis(kinds: frozenset[str]) -> bool:
    return begins(kinds, "dx.metastasis")


@once_a_call
def is_secondary(sources: Sources, condition: Condition) -> bool:
    """A secondary cancer by its code, or by words beside an organ: its morphology is that of the primary."""
    coded = sources.concepts(condition.code)
    if names_metastasis(coded):
        return True
    return (
        names_metastasis(sources.affirmed_words(condition.code))
        and not is_gist(coded)
        and not coded & sources.readings.sarcomas["named"]
        and any(
            re.search(r"\bmetasta\w+ (?:of|from)\b", text, re.IGNORECASE)
            for text in sources.affirmed(condition.code)
        )
    )
