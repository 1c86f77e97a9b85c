"""A service's templates, filled from a sample as an EHR would fill them; what it cannot resolve is left out."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.conformance.finding import Finding
from cds_service.conformance.prefetch import answered
from cds_service.conformance.sample import HOOKS, samples
from cds_service.conformance.template import template_findings

from .conftest import TODAY

GENERAL, TUMOUR = samples()


def filled(template: str) -> Any:
    """What the sample answers to one template; Ellipsis if the key is left out."""
    return answered({"key": template}, GENERAL, GENERAL.context("order-select"), TODAY).get("key", ...)


def ids(searchset: Any) -> list[str]:
    return [entry["resource"]["id"] for entry in searchset.get("entry", ())]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("Condition?patient={{context.patientId}}", ["sample-hypertension", "sample-diabetes"]),
        ("Observation?patient={{context.patientId}}&status=final&_count=9", ["sample-hba1c", "sample-creatinine"]),
        ("Condition?patient={{context.patientId}}&clinical-status=resolved", []),
        ("MedicationRequest?subject={{context.patientId}}&status=active,completed&_sort=-date", ["sample-metformin"]),
        ("Observation?patient={{context.patientId}}&code=http://loinc.org|4548-4", ["sample-hba1c"]),
        ("Procedure?patient={{context.patientId}}", []),
    ],
)  # fmt: skip
def test_a_search_is_answered_with_a_searchset(template: str, found: list[str]) -> None:
    searchset = filled(template)
    assert (searchset["type"], ids(searchset)) == ("searchset", found)


def test_a_read_is_answered_with_the_resource_or_null() -> None:
    assert filled("Patient/{{context.patientId}}")["id"] == GENERAL.patient_id
    assert filled("{{context.userId}}") is None


@pytest.mark.parametrize(
    "template",
    [
        "Encounter/{{context.encounterId}}",
        "PractitionerRole?_id={{userPractitionerRoleId}}",
        "Observation?patient={{context.patientId}}&date=gt{{today() - 90 days}}",
        "Practitioner?_id={{%conditions.entry.resource.asserter.resolve().id}}",
        "Patient/{{Patient.id}}",
        "Patient/{{context.patientId.delete()}}",
        "Condition?patient={{context.draftOrders}}",
        "Condition?patient={{today() - 99999999999999 days}}",
    ],
)
def test_what_cannot_be_resolved_is_left_out(template: str) -> None:
    assert filled(template) is ...


def test_the_drafts_in_the_context_are_walked_through() -> None:
    """What the token becomes shows in what is found: a patient of that id, which the record does not hold."""
    token = "{{context.draftOrders.entry.resource.ofType(MedicationRequest).subject.reference}}"
    assert filled(token)["id"] == GENERAL.patient_id


@pytest.mark.parametrize(
    ("token", "verdict"),
    [
        ("{{context.patientId}}", "pass"),
        ("{{ userPractitionerId }}", "pass"),
        ("{{today() + 3 days}}", "pass"),
        ("{{%patient.link.other.resolve().ofType(Patient).id|context.patientId}}", "pass"),
        ("{{context.patientId.where(true)}}", "fail"),
        ("{{now()}}", "fail"),
        ("{{patient}}", "fail"),
    ],
)
def test_a_token_is_judged_by_the_specification(token: str, verdict: str) -> None:
    findings = template_findings({"patient": "Patient/1", "key": f"Patient/{token}"}, "a service")
    told = [f for f in findings if f.requirement == "template.tokens"]
    assert [f.verdict for f in told] == [verdict], told


def test_a_service_without_templates_shows_nothing_of_them() -> None:
    none: list[Finding] = list(template_findings({}, "a service"))
    assert none == []


def test_each_sample_has_what_its_hooks_require() -> None:
    for sample in (GENERAL, TUMOUR):
        assert sample.drafts
        for hook in HOOKS:
            context = sample.context(hook)
            assert context["patientId"] == sample.patient_id
            drafted = [e["resource"] for e in context.get("draftOrders", {}).get("entry", ())]
            selected = context.get("selections", [])
            assert set(selected) <= {f"{d['resourceType']}/{d['id']}" for d in drafted}
            assert bool(selected) == (hook == "order-select")
