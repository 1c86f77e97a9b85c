"""What the app reads with the leave that it was granted."""

from __future__ import annotations

from tests.reach.ehr import patient, serving
from tests.reach.fhir_stub import Exchange

from .trial import D842V, Trial, part, text_of, trial


def test_what_is_not_granted_is_not_looked_up_and_said(running: Trial) -> None:
    scopes = ["launch", "patient/Patient.rs", "patient/Condition.rs", "patient/Procedure.rs"]
    page = running.browser().launch(scopes=scopes)
    position = part(page, "position")
    assert "observations-laboratory : not looked up (the EHR gave no leave to read it)" in position
    assert "conditions :" not in position
    assert "could not be looked up" in part(page, "fact-genotype")
    running.fhir.received.clear()
    running.browser().launch(scopes=scopes)
    kinds = {r.path.removeprefix("/fhir/").partition("?")[0].partition("/")[0] for r in running.fhir.received}
    assert kinds == {"Patient", "Condition", "Procedure"}


def test_without_conditions_nothing_is_said(running: Trial) -> None:
    page = running.browser().launch(scopes=["launch", "patient/Patient.rs"])
    assert page.status_code == 403 and "patient/Condition.rs" in text_of(page)


def test_a_grant_that_is_narrowed_counts_for_its_category_alone() -> None:
    from cds_service.smart.scopes import Granted

    granted = Granted(
        ("patient/Observation.rs?category=http://x|laboratory", "user/Condition.read", "patient/Patient.r")
    )
    assert granted.covers("Observation?patient=1&category=laboratory")
    assert not granted.covers("Observation?patient=1&category=imaging")
    assert not granted.covers("Observation?patient=1&code=a")
    assert granted.covers("Condition?patient=1")
    assert granted.covers("Patient/1") and not granted.covers("Procedure?patient=1")
    assert not Granted(("patient/Observation.r", "patient/Condition.write")).covers("Observation?patient=1")
    assert Granted.of(None, "patient/*.rs").covers("Specimen?patient=1")
    assert not Granted.of("", "patient/*.rs").covers("Specimen?patient=1")


def test_a_fhir_server_that_fails_in_part_leaves_facts_unknown() -> None:
    fixture = patient(D842V)
    held = serving(fixture.resources)

    def behaviour(exchange: Exchange) -> None:
        if exchange.path.startswith("/fhir/Observation"):
            exchange.resource({"resourceType": "OperationOutcome", "issue": []}, 500)
        else:
            held(exchange)

    with trial(fixture, behaviour=behaviour) as found:
        page = found.browser().launch()
        assert page.status_code == 200
        assert "observations-genomics : not looked up" in part(page, "position")


def test_a_fhir_server_that_fails_altogether_is_said() -> None:
    def broken(exchange: Exchange) -> None:
        exchange.resource({"resourceType": "OperationOutcome", "issue": []}, 503)

    with trial(patient(D842V), behaviour=broken) as found:
        page = found.browser().launch()
        assert page.status_code == 502 and "Conditions are needed" in text_of(page)
