"""Soft-tissue sarcomas in a few words, for tests of the engine alone.

`sts(primary_site="thigh", grade="high")` is a patient with a sarcoma whose chart is complete and says nothing else:
by decision 10 that means M0, no recurrence and no earlier treatment, while grade, depth, size, histology, margins
and resectability are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.case.fact import Case

from .cases import NOTHING_RECORDED, Stated, assessed, chart

# what an adult's complete chart without another word says (decision 10)
NO_WORD: Mapping[str, Stated] = {
    **NOTHING_RECORDED,
    "disease": "sts",
    "unplanned-excision": False,
    "prior-radiotherapy": set(),
    "adjuvant-therapy": set(),
    "therapy-failed": set(),
}
RESECTABLE: Mapping[str, Stated] = {"resectability": "resectable"}
UNRESECTABLE: Mapping[str, Stated] = {"resectability": "unresectable"}
LOW: Mapping[str, Stated] = {
    "primary-site": "thigh",
    "grade": "low",
    "tumour-depth": "deep",
    "tumour-size-cm": 9,
}
SMALL: Mapping[str, Stated] = {**LOW, "grade": "high", "tumour-size-cm": 4}
LARGE: Mapping[str, Stated] = {**LOW, "grade": "high"}
BELLY: Mapping[str, Stated] = {"primary-site": "retroperitoneum", "grade": "high", "tumour-size-cm": 12}


def sts(*bases: Mapping[str, Stated], **stated: Stated) -> Case:
    """A sarcoma's chart: nothing recorded but `bases` and `stated` (names with underscores for hyphens)."""
    together = dict(NO_WORD)
    for base in bases:
        together |= base
    return chart({**together, **{name.replace("_", "-"): value for name, value in stated.items()}})


def placed(case: Case) -> set[str]:
    """The groups still possible without the common beginning `sts-`; what the sources do not address in brackets."""
    found = assessed(case)
    return {name.removeprefix("sts-") for name in found.groups} | {
        f"[{name.removeprefix('sts-')}]" for name in found.not_addressed
    }
