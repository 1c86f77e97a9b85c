"""Cancers that are not this tumour."""

from __future__ import annotations

from ...fhir.resources import Condition
from .conditions import coded_as_no_tumour, icd_codes
from .hedges import PAST
from .sources import Sources, once_a_call

SAME_TUMOUR_CODES = frozenset({"C48", "C49", "C77", "C78", "C79", "C80"})


# words of a cancer that did not begin in this tumour; and of one that may be it
OF_ITS_OWN = frozenset(
    {"malignancy.blood", "malignancy.elsewhere", "metastasis.from-elsewhere", "not-sts.other"}
)
BY_WORDS = frozenset({"malignancy.blood", "malignancy.elsewhere", "malignancy.solid"})


def is_other_cancer(sources: Sources, condition: Condition) -> bool:
    """Whether a Condition that is not this tumour names a cancer, be it a past one."""
    past = {PAST + kind for kind in BY_WORDS}
    return _named_cancer(sources, condition) is not None or not past.isdisjoint(
        sources.affirmed_words(condition.code)
    )


@once_a_call
def other_cancer(sources: Sources, condition: Condition) -> str | None:
    """`solid` or `blood` for another cancer, by its ICD-10 code or its name; None for anything else, as the history,
    the treatment or the fear of one are."""
    return None if coded_as_no_tumour(sources, condition) else _named_cancer(sources, condition)


def names_other_cancer(sources: Sources, condition: Condition) -> bool:
    """Whether it says that the cancer that it speaks of is not this tumour."""
    if not OF_ITS_OWN.isdisjoint(sources.affirmed_words(condition.code)):
        return True
    return any(
        code[:1] == "C" and code[:3] not in SAME_TUMOUR_CODES for code in icd_codes(sources, condition)
    )


@once_a_call
def _named_cancer(sources: Sources, condition: Condition) -> str | None:
    """`solid` or `blood` for a cancer that is coded or named.

    Codes of sarcomas of the abdomen, of secondary and of unspecified cancers are often the same tumour coded
    again, so they do not count as another one.
    """
    for code in icd_codes(sources, condition):
        if code[:1] == "C":
            if code[:3] in SAME_TUMOUR_CODES:
                return None
            return "blood" if "C81" <= code[:3] <= "C96" else "solid"
    words = sources.affirmed_words(condition.code)
    if "malignancy.blood" in words:
        return "blood"
    generic = "dx.cancer-generic" in sources.concepts(condition.code)
    return "solid" if generic or words & BY_WORDS else None
