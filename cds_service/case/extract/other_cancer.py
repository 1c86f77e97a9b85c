"""Cancers that are not this tumour."""

from __future__ import annotations

from ...fhir.resources import Condition
from .sarcoma import ICD
from .sources import Sources, once_a_call

SAME_TUMOUR_CODES = frozenset({"C48", "C49", "C77", "C78", "C79", "C80"})


def is_other_cancer(sources: Sources, condition: Condition) -> bool:
    """Whether a Condition that is not this tumour names a cancer."""
    return other_cancer(sources, condition) is not None


@once_a_call
def other_cancer(sources: Sources, condition: Condition) -> str | None:
    """`solid` or `blood` for another cancer, by its ICD-10 code or its name; None for anything else.

    Codes of sarcomas of the abdomen, of secondary and of unspecified cancers are often the same tumour coded
    again, so they do not count as another one.
    """
    for coding in (condition.code.coding or ()) if condition.code else ():
        code = (coding.code or "").upper()
        icd = sources.terminology.system_name(coding.system) in ICD
        if icd and code[:1] == "C":
            if code[:3] in SAME_TUMOUR_CODES:
                return None
            return "blood" if "C81" <= code[:3] <= "C96" else "solid"
    words = sources.affirmed_words(condition.code)
    if "malignancy.blood" in words:
        return "blood"
    generic = "dx.cancer-generic" in sources.concepts(condition.code)
    return "solid" if generic or "malignancy.solid" in words else None
