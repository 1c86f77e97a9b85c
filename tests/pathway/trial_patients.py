"""Patients for tests of trial NCT03862768."""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.case.fact import Value
from cds_service.pathway.answer import Answer
from cds_service.pathway.trials import Trial

from .cases import Stated, knowledge

# a patient who fulfils everything that the registration asks for
FITTING: dict[str, Stated] = {
    "m-category": "M1",
    "metastatic-sites": {"liver"},
    "progression": "limited",
    "current-therapy": {"imatinib"},
    "performance-status-ecog": 1,
    "advanced-disease-pathology-confirmed": True,
    "standard-imatinib-treatment": True,
    "progression-on-imatinib": True,
    "progressing-organs": 1,
    "progressing-lesions": 2,
    "progressing-lesions-resectable": True,
    "imatinib-primary-resistance": False,
    "asa-class": 2,
    "other-malignancy-within-five-years": False,
    "pregnancy": False,
    "lactation": False,
    "serious-comorbidity": False,
    "serious-mental-illness": False,
    "simultaneous-surgical-disease": False,
    "tumour-complication": False,
    "trial-participation": False,
    "consent-nct03862768": True,
}


def trial() -> Trial:
    (found,) = knowledge().trials
    return found


def answers(values: Mapping[str, Value]) -> dict[str, Answer]:
    return {c.name: c.evaluate(values) for c in trial().criteria}
