"""Stages and sites of soft-tissue sarcomas for tests of their placement."""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.case.fact import Choice

from .cases import Stated, assessed
from .sarcomas import sts

ONE = "extremity-stage-1"
TWO = "extremity-stage-2-resectable"
THREE = "extremity-stage-3-4-resectable"
FIXED = "extremity-unresectable"
OLIGO = "extremity-stage-4-oligometastatic"
LOCAL = "extremity-recurrent-local"
A_RESECTABLE = "abdominal-resectable"
A_FIXED = "abdominal-unresectable"
A_SPREAD = "abdominal-disseminated"
ONE_FIXED = "[extremity-stage-1-unresectable]"
R0: Mapping[str, Stated] = {"tumour-resected": True, "residual-tumour": "R0"}


def either(*values: str) -> Choice:
    return Choice(frozenset(values))


def stage(case: Mapping[str, Stated], **stated: Stated) -> set[str]:
    found = assessed(sts(case, **stated)).facts["stage"].value
    assert isinstance(found, Choice)
    return {str(s) for s in found.possible}
