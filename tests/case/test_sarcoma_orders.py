"""What is ordered for a patient with a soft-tissue sarcoma, in the words of the options."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.case.fact import DraftOrder
from tests.case.chart import (
    CASE_FACTS,
    ICD10CM,
    INTENT,
    SARCOMA,
    SCT,
    TUMOUR,
    Json,
    concept,
    condition,
    gist,
    margin,
    procedure,
    read,
    refer,
    sarcoma,
    subject,
)
from tests.case.sarcoma_treatments import INTENTS, intended

PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
RT = concept(SCT, "108290001")
EXCISED = procedure("op", concept(SCT, "370612006"), "2025-03-01", reasonReference=refer(SARCOMA))


def order(code: Json, reason: str | None = SARCOMA, **members: Any) -> Json:
    found = {
        "resourceType": "ServiceRequest",
        "id": "sr",
        "status": "draft",
        "intent": "order",
        "subject": subject(),
        "code": code,
        **members,
    }
    if reason is not None:
        found["reasonReference"] = refer(reason)
    return found


def drafted(draft: Json, *records: Json, tumour: Json | None = None, affiliate: bool = False) -> DraftOrder:
    _, (found,) = read(tumour or sarcoma(), *records, drafts=(draft,), affiliate=affiliate)
    return found


@pytest.mark.parametrize(
    ("code", "item"),
    [
        (concept(SCT, "370612006"), "excision"),
        (concept(SCT, "56361007"), "excision"),
        (concept(text="Wide local excision of left thigh mass"), "excision"),
        (concept(PCS, "0KBQ0ZZ"), "excision"),
        (concept(SCT, "65854006"), "re-excision"),
        (concept(text="Re-excision of thigh"), "re-excision"),
        (concept(SCT, "79733001"), "amputation"),
        (concept(PCS, "0Y6D0Z1"), "amputation"),
        (concept(text="Hindquarter amputation"), "amputation"),
        (concept(text="Inguinal lymph node dissection"), "regional-lymph-node-dissection"),
        (concept(SCT, "88088007"), "regional-lymph-node-dissection"),
        (concept(SCT, "173171007"), "metastasectomy"),
        (concept(SCT, "107963000"), "metastasectomy"),
        (concept(text="Pulmonary metastasectomy"), "metastasectomy"),
        (concept(text="Palliative resection"), "palliative-surgery"),
        (concept(text="Radiofrequency ablation of lung metastasis"), "ablation"),
        (concept(text="Chemoembolisation"), "embolisation"),
        (concept(text="Transarterial radioembolization"), "embolisation"),
        (concept(text="Irreversible electroporation of liver metastasis"), "ablation"),
        (concept(text="SBRT to lung metastasis"), "sbrt"),
        (concept(text="Stereotactic body radiotherapy"), "sbrt"),
        (concept(text="Intraoperative radiotherapy"), "intraoperative-radiotherapy"),
        (concept(text="Radiotherapy boost"), "radiotherapy-boost"),
        (concept(text="Concurrent chemoradiotherapy"), "chemoradiation"),
        (concept(text="Radiotherapy with concurrent chemotherapy"), "chemoradiation"),
        (concept(text="Neoadjuvant radiotherapy"), "neoadjuvant-radiotherapy"),
        (concept(text="Pre-operative IMRT"), "neoadjuvant-radiotherapy"),
        (concept(text="Adjuvant radiotherapy"), "adjuvant-radiotherapy"),
        (concept(text="Adjuvant radiotherapy with boost"), "adjuvant-radiotherapy"),
        (concept(text="Postoperative brachytherapy"), "adjuvant-radiotherapy"),
        (concept(text="Definitive radiotherapy"), "definitive-radiotherapy"),
        (concept(text="Neoadjuvant radiotherapy, curative intent"), "neoadjuvant-radiotherapy"),
        (concept(text="Palliative radiotherapy"), "palliative-radiotherapy"),
        (
            concept(text="High-dose chemotherapy with autologous stem cell support"),
            "high-dose-chemotherapy-with-stem-cell-support",
        ),
        (concept(SCT, "113091000"), "staging-imaging"),
        (concept(text="MRI thigh with contrast"), "staging-imaging"),
        (concept(SCT, "103735009"), "best-supportive-care"),
        (concept(CASE_FACTS, "mutation-testing"), "mutation-testing"),
    ],
)
def test_what_an_order_asks_for(code: Json, item: str) -> None:
    found = drafted(order(code))
    assert found.item == item
    assert found.alternatives == ()
    assert found.indication == "this-tumour"


@pytest.mark.parametrize(
    ("code", "item"),
    [
        ("787439005", "excision"),
        ("84539006", "amputation"),
        ("234252001", "regional-lymph-node-dissection"),
        ("307616002", "metastasectomy"),
        ("445232009", "radiotherapy-boost"),
        ("168524008", "intraoperative-radiotherapy"),
        ("448031005", "cytoreductive-surgery"),
    ],
)
def test_what_a_licensed_code_asks_for(code: str, item: str) -> None:
    assert drafted(order(concept(SCT, code)), affiliate=True).item == item


@pytest.mark.parametrize(
    "code",
    [concept(PCS, "0KBQ0ZX"), concept(text="CT-guided biopsy of thigh mass"), concept(SCT, "86273004")],
)
def test_a_biopsy_is_no_excision_and_no_imaging(code: Json) -> None:
    assert drafted(order(code)).item is None


@pytest.mark.parametrize("word", ["neoadjuvant", "adjuvant", "palliative"])
def test_radiotherapy_is_what_its_intent_says(word: str) -> None:
    found = drafted(order(RT, extension=intended(word)))
    assert found.item == f"{word}-radiotherapy"


def test_radiotherapy_without_an_intent_is_never_simply_palliative() -> None:
    found = drafted(order(RT))
    assert found.item is None
    assert set(found.alternatives) == {
        "neoadjuvant-radiotherapy",
        "definitive-radiotherapy",
        "palliative-radiotherapy",
    }


def test_curative_radiotherapy_before_surgery_may_be_part_of_it_or_in_its_place() -> None:
    found = drafted(order(RT, extension=intended("curative")))
    assert set(found.alternatives) == {"neoadjuvant-radiotherapy", "definitive-radiotherapy"}


def test_radiotherapy_after_the_resection_is_adjuvant() -> None:
    assert drafted(order(RT), EXCISED, margin("R0")).item == "adjuvant-radiotherapy"
    assert drafted(order(RT, extension=intended("curative")), EXCISED).item == "adjuvant-radiotherapy"


def test_radiotherapy_after_the_resection_with_metastases_may_be_for_symptoms() -> None:
    met = condition("met", concept(ICD10CM, "C78.01"))
    found = drafted(order(RT), EXCISED, met)
    assert set(found.alternatives) == {"adjuvant-radiotherapy", "palliative-radiotherapy"}


def test_radiotherapy_in_a_gist_is_palliative_as_before() -> None:
    found = drafted(order(RT, TUMOUR), tumour=gist())
    assert found.item == "palliative-radiotherapy"
    assert (
        drafted(order(RT, TUMOUR, extension=intended("neoadjuvant")), tumour=gist()).item
        == "neoadjuvant-radiotherapy"
    )


@pytest.mark.parametrize(
    ("code", "item"),
    [("107963000", "cytoreductive-surgery"), ("65854006", "excision"), ("370612006", "excision")],
)
def test_operations_in_a_gist_are_what_they_were(code: str, item: str) -> None:
    assert drafted(order(concept(SCT, code), TUMOUR), tumour=gist()).item == item


def test_a_further_excision_after_the_resection_is_a_re_excision() -> None:
    assert drafted(order(concept(SCT, "370612006")), EXCISED).item == "re-excision"


def test_an_excision_with_palliative_intent_is_palliative_surgery() -> None:
    assert (
        drafted(order(concept(SCT, "370612006"), extension=intended("palliative"))).item
        == "palliative-surgery"
    )


@pytest.mark.parametrize(
    "draft",
    [
        order(concept(SCT, "370612006"), extension=intended("curative")),
        order(concept(text="Wide local excision, curative intent")),
    ],
)
def test_the_curative_intent_of_a_resection_says_that_it_is_resectable(draft: Json) -> None:
    case, _ = read(sarcoma(), drafts=(draft,))
    value: Any = case.facts["resectability"].value
    assert value.possible == {"resectable", "resectable-significant-morbidity"}


@pytest.mark.parametrize(
    "draft",
    [
        # decision 30: orders for something else
        order(concept(text="Uterine artery embolisation"), None, reasonCode=[concept(ICD10CM, "D25.9")]),
        order(
            concept(text="Uterine fibroid embolisation"), None, reasonCode=[concept(text="Uterine fibroid")]
        ),
        order(concept(SCT, "173171007"), None, reasonCode=[concept(ICD10CM, "C34.11")]),
        order(concept(SCT, "173171007"), None, reasonCode=[concept(text="Carcinoma of lung")]),
        order(concept(SCT, "173171007"), "Condition/lung-cancer"),
        order(RT, None, reasonCode=[concept(ICD10CM, "C50.911")]),
        order(concept(SCT, "81723002"), None, reasonCode=[concept(text="Diabetic gangrene of foot")]),
        order(concept(SCT, "370612006"), None, reasonCode=[concept(SCT, "420120006")]),  # a GIST
        order(RT, None, reasonCode=[concept(text="Synovial sarcoma")]),  # the record holds a leiomyosarcoma
    ],
)
def test_an_order_whose_reason_names_something_else(draft: Json) -> None:
    lung = condition("lung-cancer", concept(ICD10CM, "C34.11"))
    tumour = sarcoma(
        {"coding": [{"system": ICD10CM, "code": "C49.21"}, {"system": SCT, "code": "443719001"}]}
    )
    assert drafted(draft, lung, tumour=tumour).indication == "other"


@pytest.mark.parametrize(
    "draft",
    [
        order(concept(text="Embolisation"), None),
        order(concept(text="Uterine artery embolisation"), None, bodySite=[concept(text="Uterus")]),
        order(RT, None, bodySite=[concept(text="Left breast")]),
        order(concept(SCT, "173171007"), None),  # no metastasis in the lung on record
        order(concept(text="Embolisation of abdominal aortic aneurysm"), None),
        order(RT, None, bodySite=[concept(SCT, "818983003")]),
    ],
)
def test_a_procedure_that_nothing_ties_to_the_tumour(draft: Json) -> None:
    assert drafted(draft).indication == "not-stated"


@pytest.mark.parametrize(
    ("draft", "records"),
    [
        (order(RT, None, bodySite=[concept(SCT, "68367000")]), []),
        (order(RT, None, reasonCode=[concept(text="Soft tissue sarcoma of thigh")]), []),
        (order(RT, None, reasonCode=[concept(ICD10CM, "C49.9")]), []),
        (order(RT, None, reasonCode=[concept(SCT, "443719001")]), []),
        (order(concept(SCT, "173171007"), "Condition/met"), [condition("met", concept(ICD10CM, "C78.01"))]),
        (order(concept(SCT, "232632009"), None), [condition("met", concept(ICD10CM, "C78.01"))]),
        (order(concept(SCT, "173171007"), None, reasonCode=[concept(ICD10CM, "C78.01")]), []),
    ],
)
def test_an_order_tied_to_the_tumour_by_reason_or_site(draft: Json, records: list[Json]) -> None:
    assert drafted(draft, *records).indication == "this-tumour"


@pytest.mark.parametrize(
    "draft",
    [
        order(concept(text="Embolisation of uterine fibroid"), None),
        order(concept(text="Embolization of cerebral aneurysm"), None),
        order(concept(text="Transarterial embolisation"), None),
    ],
)
def test_a_liver_metastasis_ties_no_embolisation_that_does_not_name_the_liver(draft: Json) -> None:
    assert drafted(draft, condition("met", concept(ICD10CM, "C78.7"))).indication == "not-stated"
    here = order(concept(text="Embolisation, hepatic artery"), None)
    assert drafted(here, condition("met", concept(ICD10CM, "C78.7"))).indication == "this-tumour"


TO_LUNG = condition("to-lung", concept(ICD10CM, "C78.01"))
TO_LIVER = condition("to-liver", concept(ICD10CM, "C78.7"))


@pytest.mark.parametrize(
    ("draft", "targets"),
    [
        (order(concept(text="Embolisation of lung metastases")), {"lung"}),
        (order(concept(text="Chemoembolisation of lung metastases")), {"lung"}),
        (order(concept(text="Chemoembolisation"), "Condition/to-lung"), {"lung"}),
        (order(concept(text="Embolisation"), None, reasonCode=[concept(ICD10CM, "C78.7")]), {"liver"}),
        # the site says more exactly what is treated than the reason does
        (
            order(concept(text="Embolisation"), "Condition/to-lung", bodySite=[concept(text="Liver")]),
            {"liver"},
        ),
        (order(concept(text="Embolisation")), set()),
    ],
)
def test_the_metastases_that_an_order_is_for(draft: Json, targets: set[str]) -> None:
    assert drafted(draft, TO_LUNG, TO_LIVER).targets == targets


def test_a_drug_is_read_as_in_any_disease() -> None:
    draft = {
        "resourceType": "MedicationRequest",
        "id": "rx",
        "status": "draft",
        "intent": "order",
        "subject": subject(),
        "medicationCodeableConcept": {"text": "Doxil 20 mg/m2"},
        "reasonReference": refer(SARCOMA),
    }
    found = drafted(draft)
    assert (found.item, found.indication) == ("doxorubicin-liposomal", "this-tumour")


def test_the_course_of_mcode_says_what_is_ordered() -> None:
    url = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-radiotherapy-modality-and-technique"
    course = {
        "url": url,
        "extension": [{"url": "technique", "valueCodeableConcept": concept(SCT, "1156530009")}],
    }
    draft = order(
        concept("urn:local", "RT-1"),
        extension=[course, {"url": INTENT, "valueCodeableConcept": concept(SCT, INTENTS["neoadjuvant"])}],
    )
    assert drafted(draft).item == "neoadjuvant-radiotherapy"


def test_details_of_an_order_say_that_chemotherapy_runs_beside_it() -> None:
    draft = order(RT, orderDetail=[concept(text="with concurrent chemotherapy")])
    assert drafted(draft).item == "chemoradiation"


def test_after_a_recurrence_an_excision_is_no_re_excision() -> None:
    """What was removed was the earlier tumour."""
    back = sarcoma(recordedDate="2023-01-01", clinicalStatus=concept("urn:s", "recurrence"))
    assert drafted(order(concept(SCT, "370612006")), EXCISED, tumour=back).item == "excision"
    assert "neoadjuvant-radiotherapy" in drafted(order(RT), EXCISED, tumour=back).alternatives


@pytest.mark.parametrize(
    ("members", "ordered"),
    [
        ({"reasonReference": refer(SARCOMA)}, True),
        ({"bodySite": [concept(SCT, "68367000")]}, True),
        ({"bodySite": [concept(text="Brain")]}, False),
        ({}, False),
        ({"reasonReference": refer(SARCOMA), "status": "revoked"}, False),
    ],
)
def test_imaging_of_the_tumour_that_is_already_ordered(members: Json, ordered: bool) -> None:
    request = {**order(concept(SCT, "113091000"), None), "status": "active", **members}
    assert ("staging-imaging" in read(sarcoma(), request)[0].tests_ordered) is ordered


def test_a_whole_cavity_ties_no_order_to_a_tumour_in_it() -> None:
    """Much else lies in the abdomen."""
    retroperitoneal = sarcoma("C48.0")
    vague = order(RT, None, bodySite=[concept(SCT, "818983003")])
    exact = order(RT, None, bodySite=[concept(SCT, "82849001")])
    assert drafted(vague, tumour=retroperitoneal).indication == "not-stated"
    assert drafted(exact, tumour=retroperitoneal).indication == "this-tumour"
    aneurysm = order(concept(text="Embolisation of abdominal aortic aneurysm"), None)
    assert drafted(aneurysm, tumour=gist()).indication == "not-stated"
