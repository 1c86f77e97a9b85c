"""Surgery, radiotherapy, drugs and recurrence of a soft-tissue sarcoma."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cds_service.case.fact import Fact
from cds_service.case.vocabulary import FactDefinition, Vocabulary
from cds_service.fhir.record import read_record
from tests.case.chart import (
    ICD10CM,
    INTENT,
    LOINC,
    PATIENT,
    SARCOMA,
    SCT,
    TODAY,
    Json,
    answered,
    case_of,
    concept,
    condition,
    fact_of,
    gene,
    histology,
    in_doubt,
    margin,
    observation,
    point,
    possible,
    present,
    procedure,
    refer,
    request,
    sarcoma,
    service,
    size,
    stated,
    statement,
    variant,
)

PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
COURSE = f"{MCODE}mcode-radiotherapy-modality-and-technique"
INTENTS = {
    "neoadjuvant": "373847000",
    "adjuvant": "373846009",
    "curative": "373808002",
    "palliative": "363676003",
}
RT = concept(SCT, "108290001")
EXCISION = concept(SCT, "370612006")


def intended(word: str) -> list[Json]:
    return [{"url": INTENT, "valueCodeableConcept": concept(SCT, INTENTS[word])}]


def excised(on: str | None = None, code: Json | None = None, id_: str = "op", **members: Any) -> Json:
    """An excision for the sarcoma."""
    return procedure(id_, code or EXCISION, on, reasonReference=refer(SARCOMA), **members)


def irradiated(
    code: Json | None = None, id_: str = "rt", period: tuple[str, str] | None = None, **members: Any
) -> Json:
    if period:
        members["performedPeriod"] = {"start": period[0], "end": period[1]}
    return procedure(id_, code or RT, None, **members)


# --- surgery -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        EXCISION,
        concept(SCT, "56361007"),
        concept(SCT, "397117006"),  # amputation of lower limb
        concept(SCT, "65854006"),  # re-excision
        concept(PCS, "0KBQ0ZZ"),
        concept(PCS, "0KBP0ZZ"),  # not listed, but of the same table
        concept(PCS, "0Y6C0Z2"),
        concept(text="Wide local excision"),
        concept(text="Above-knee amputation"),
        concept(text="Limb-sparing resection"),
    ],
)
def test_a_resection_for_the_tumour(code: Json) -> None:
    assert possible(fact_of("tumour-resected", sarcoma(), excised("2025-03-01", code))) == {True}


def test_licensed_resections() -> None:
    for code in ("787439005", "62931007", "84539006"):
        assert possible(
            fact_of("tumour-resected", sarcoma(), excised(None, concept(SCT, code)), affiliate=True)
        ) == {True}


def test_a_resection_is_tied_by_its_site() -> None:
    thigh = procedure("op", concept(SCT, "56361007"), "2025-03-01", bodySite=[concept(SCT, "68367000")])
    assert possible(fact_of("tumour-resected", sarcoma(), thigh)) == {True}
    elsewhere = {**thigh, "bodySite": [concept(SCT, "14975008")]}
    assert possible(fact_of("tumour-resected", sarcoma(), elsewhere)) == {False}


def test_an_operation_in_the_same_cavity_is_not_tied_by_it() -> None:
    hernia = procedure("op", EXCISION, "2025-03-01", bodySite=[concept(SCT, "818983003")])
    assert possible(fact_of("tumour-resected", sarcoma("C48.0"), hernia)) == {False}
    there = {**hernia, "bodySite": [concept(SCT, "82849001")]}
    assert possible(fact_of("tumour-resected", sarcoma("C48.0"), there)) == {True}


def test_a_soft_tissue_resection_that_names_neither_reason_nor_site_leaves_it_open() -> None:
    fact = fact_of("tumour-resected", sarcoma(), procedure("op", concept(SCT, "56361007"), "2025-03-01"))
    assert possible(fact) == {True, False}


@pytest.mark.parametrize(
    "done",
    [
        procedure("op", EXCISION, "2025-03-01"),  # of whatever
        procedure("op", EXCISION, "2025-03-01", reasonCode=[concept(ICD10CM, "D25.9")]),
        excised("2025-03-01", status="not-done"),
        excised("2025-03-01", concept(SCT, "86273004")),  # biopsy
        excised("2025-03-01", concept(SCT, "8889005")),  # excisional biopsy
        excised("2025-03-01", concept(PCS, "0KBQ0ZX")),
        excised("2025-03-01", concept(PCS, "0KBP0ZX")),
        excised("2025-03-01", concept(text="Inguinal lymph node dissection")),
        excised("2025-03-01", concept(SCT, "88088007")),
        excised("2025-03-01", concept(SCT, "173171007")),  # lobectomy of lung
        excised("2025-03-01", concept(text="Pulmonary metastasectomy")),
    ],
)
def test_what_is_no_resection_of_the_tumour(done: Json) -> None:
    assert possible(fact_of("tumour-resected", sarcoma(), done)) == {False}


@pytest.mark.parametrize(
    "reason",
    [{"reasonReference": refer("Condition/met")}, {"reasonCode": [concept(ICD10CM, "C78.01")]}],
)
@pytest.mark.parametrize("code", ["232632009", "107963000", "370612006"])
def test_the_resection_of_a_metastasis_is_none_of_the_primary(code: str, reason: Json) -> None:
    met = condition("met", concept(ICD10CM, "C78.01"))
    done = procedure("op", concept(SCT, code), "2025-03-01", **reason)
    assert possible(fact_of("tumour-resected", sarcoma(), met, done)) == {False}


def test_a_liver_resection_for_a_sarcoma_of_the_liver_is_one() -> None:
    assert possible(
        fact_of("tumour-resected", sarcoma("C22.4"), excised("2025-03-01", concept(SCT, "107963000")))
    ) == {True}


@pytest.mark.parametrize("text", ["Unplanned excision of thigh mass", "Whoops procedure"])
def test_an_unplanned_excision(text: str) -> None:
    case = case_of(sarcoma(), excised("2025-03-01", concept(text=text)))
    assert possible(case.facts["unplanned-excision"]) == {True}
    assert possible(case.facts["tumour-resected"]) == {True}
    assert possible(
        fact_of("unplanned-excision", sarcoma(), stated("unplanned-excision", valueBoolean=True))
    ) == {True}
    assert possible(fact_of("unplanned-excision", sarcoma(), excised("2025-03-01"))) == {False}


def test_a_margin_says_that_it_was_resected() -> None:
    case = case_of(sarcoma(), margin("R1"))
    assert possible(case.facts["residual-tumour"]) == {"R1"}
    assert possible(case.facts["tumour-resected"]) == {True}


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("R0, wide margins", True),
        ("Margins negative, widely clear", True),
        ("R0, close margin at the deep edge", False),
    ],
)
def test_how_wide_it_was_removed(text: str, wide: bool) -> None:
    said = observation("m", concept(LOINC, "84892-9"), valueString=text)
    assert possible(fact_of("wide-margin", sarcoma(), said)) == {wide}


@pytest.mark.parametrize(
    "text", ["R0", "not a wide margin", "wide margin laterally, close margin at depth", "Margins negative"]
)
def test_a_margin_whose_width_is_not_said(text: str) -> None:
    said = observation("m", concept(LOINC, "84892-9"), valueString=text)
    assert not fact_of("wide-margin", sarcoma(), said).known


# --- radiotherapy --------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["neoadjuvant", "adjuvant", "palliative"])
def test_radiotherapy_by_its_intent(word: str) -> None:
    given = irradiated(extension=intended(word), reasonReference=refer(SARCOMA))
    assert present(fact_of("prior-radiotherapy", sarcoma(), given)) == {word}


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("Preoperative radiotherapy", "neoadjuvant"),
        ("Adjuvant radiotherapy, left thigh", "adjuvant"),
        ("Definitive radiotherapy", "definitive"),
        ("Palliative radiation therapy", "palliative"),
        ("SBRT", "sbrt"),
        ("Stereotactic body radiotherapy", "sbrt"),
        ("Intraoperative radiotherapy", "intraoperative"),
        ("Radiotherapy boost", "boost"),
        ("Adjuvant brachytherapy", "adjuvant"),
    ],
)
def test_radiotherapy_in_words(text: str, member: str) -> None:
    assert present(fact_of("prior-radiotherapy", sarcoma(), irradiated(concept(text=text)))) == {member}


@pytest.mark.parametrize(
    ("period", "member"),
    [(("2025-01-10", "2025-02-14"), "neoadjuvant"), (("2025-05-01", "2025-06-12"), "adjuvant")],
)
def test_radiotherapy_by_its_date_against_the_resection(period: tuple[str, str], member: str) -> None:
    given = irradiated(period=period)
    assert present(fact_of("prior-radiotherapy", sarcoma(), excised("2025-03-20"), given)) == {member}


@pytest.mark.parametrize(
    "records",
    [
        [irradiated()],  # no resection, no date, no intent
        [irradiated(period=("2025-01-10", "2025-02-14"))],
        [irradiated(), excised("2025-03-20")],
        [irradiated(period=("2025-01-10", "2025-02-14")), excised()],
        [irradiated(period=("2025-03-10", "2025-04-14")), excised("2025-03-20")],
        [
            irradiated(period=("2027-01-10", "2027-02-14")),
            excised("2025-03-20"),
        ],  # years later: for something else
        [irradiated(extension=intended("curative"))],
    ],
)
def test_radiotherapy_that_may_have_been_before_or_after_stays_open(records: list[Json]) -> None:
    fact = fact_of("prior-radiotherapy", sarcoma(), *records)
    assert present(fact) == set()
    assert in_doubt(fact, "neoadjuvant")
    assert in_doubt(fact, "adjuvant")


def _course(technique: str, short: bool) -> Json:
    names = (
        ("modality", "technique")
        if short
        else (f"{MCODE}mcode-radiotherapy-modality", f"{MCODE}mcode-radiotherapy-technique")
    )
    parts = [
        {"url": names[0], "valueCodeableConcept": concept(SCT, "1156506007")},
        {"url": names[1], "valueCodeableConcept": concept(SCT, technique)},
    ]
    return {"url": COURSE, "extension": parts}


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize(
    ("technique", "member"), [("168524008", "intraoperative"), ("115959002", "sbrt"), ("445232009", "boost")]
)
def test_a_course_by_its_technique(technique: str, member: str, short: bool) -> None:
    given = irradiated(concept(SCT, "1217123003"), extension=[_course(technique, short)])
    assert present(fact_of("prior-radiotherapy", sarcoma(), given, affiliate=True)) == {member}


@pytest.mark.parametrize("affiliate", [True, False])
def test_a_course_is_known_by_its_extension_without_the_licensed_codes(affiliate: bool) -> None:
    given = irradiated(
        concept(SCT, "1217123003"), extension=[_course("441799006", True), *intended("neoadjuvant")]
    )
    assert present(fact_of("prior-radiotherapy", sarcoma(), given, affiliate=affiliate)) == {"neoadjuvant"}


@pytest.mark.parametrize(
    "given",
    [
        irradiated(reasonCode=[concept(ICD10CM, "C50.911")], extension=intended("adjuvant")),
        irradiated(bodySite=[concept(text="Left breast")], extension=intended("adjuvant")),
        irradiated(extension=intended("adjuvant"), status="not-done"),
        irradiated(concept(text="No radiotherapy given")),
        irradiated(reasonReference=refer("Condition/met"), extension=intended("palliative")),
        irradiated(concept(ICD10CM, "Z92.3")),
    ],
)
def test_what_is_no_radiotherapy_of_the_tumour(given: Json) -> None:
    met = condition("met", concept(ICD10CM, "C79.51"))
    fact = fact_of("prior-radiotherapy", sarcoma(), met, given)
    assert present(fact) == set()
    assert not in_doubt(fact, "adjuvant")


def test_no_radiotherapy_recorded_is_none_and_a_failed_query_leaves_it_open() -> None:
    assert not in_doubt(fact_of("prior-radiotherapy", sarcoma()), "neoadjuvant")
    assert in_doubt(fact_of("prior-radiotherapy", sarcoma(), failed=("procedures",)), "neoadjuvant")


# --- drugs ---------------------------------------------------------------------------------------


def test_drugs_before_and_after_the_resection() -> None:
    case = case_of(
        sarcoma(),
        excised("2025-03-20"),
        statement("a", "doxorubicin", "2025-01-01"),
        statement("b", "pazopanib", "2025-06-01"),
    )
    assert present(case.facts["neoadjuvant-therapy"]) == {"doxorubicin"}
    assert present(case.facts["adjuvant-therapy"]) == {"pazopanib"}


@pytest.mark.parametrize("word", ["neoadjuvant", "adjuvant"])
def test_the_intent_of_a_drug_outranks_its_date(word: str) -> None:
    given = statement("a", "doxorubicin", extension=intended(word))
    case = case_of(sarcoma(), excised("2025-03-20"), given)
    other = {"neoadjuvant": "adjuvant", "adjuvant": "neoadjuvant"}[word]
    assert present(case.facts[f"{word}-therapy"]) == {"doxorubicin"}
    assert not in_doubt(case.facts[f"{other}-therapy"], "doxorubicin")


def test_a_drug_without_a_date_beside_a_resection_may_have_been_either() -> None:
    case = case_of(sarcoma(), excised("2025-03-20"), statement("a", "doxorubicin"))
    for fact in ("neoadjuvant-therapy", "adjuvant-therapy"):
        assert in_doubt(case.facts[fact], "doxorubicin")


def test_a_palliative_drug_after_the_resection_is_not_adjuvant() -> None:
    given = statement("a", "doxorubicin", "2025-06-01", extension=intended("palliative"))
    assert present(fact_of("adjuvant-therapy", sarcoma(), excised("2025-03-20"), given)) == set()


def test_a_drug_stopped_for_no_response_has_failed() -> None:
    said = {"statusReason": [concept(SCT, "266721009")]}
    stopped = statement("a", "doxorubicin", "2025-01-01", status="stopped", **said)
    assert present(fact_of("therapy-failed", sarcoma(), stopped, affiliate=True)) == {"doxorubicin"}
    worded = statement(
        "a", "doxorubicin", status="stopped", statusReason=[concept(text="Disease progression")]
    )
    assert present(fact_of("therapy-failed", sarcoma(), worded)) == {"doxorubicin"}
    done = statement("a", "doxorubicin", status="completed")
    assert present(fact_of("therapy-failed", sarcoma(), done)) == set()
    tired = statement("a", "doxorubicin", status="stopped", statusReason=[concept(SCT, "105480006")])
    assert present(fact_of("therapy-failed", sarcoma(), tired)) == set()


ATC = "http://www.whocc.no/atc"


@pytest.mark.parametrize(
    ("named", "drug"),
    [
        ({"text": "Caelyx 20 mg"}, "doxorubicin-liposomal"),
        (concept(ATC, "L01DB01", text="Doxorubicin, pegylated liposomal"), "doxorubicin-liposomal"),
        (concept(ATC, "L01DB01", display="doxorubicin hydrochloride liposome"), "doxorubicin-liposomal"),
        (concept(ATC, "L01DB01", text="Doxorubicin 50 mg"), "doxorubicin"),
        (concept(ATC, "L01DB01", text="Doxorubicin (non-liposomal)"), "doxorubicin"),
        (concept("http://www.nlm.nih.gov/research/umls/rxnorm", "1790115"), "doxorubicin-liposomal"),
        (concept("http://www.nlm.nih.gov/research/umls/rxnorm", "3639"), "doxorubicin"),
    ],
)
def test_the_formulation_of_doxorubicin(named: Json, drug: str) -> None:
    given = request("rx", "x", "2025-01-01", medicationCodeableConcept=named)
    assert present(fact_of("current-therapy", sarcoma(), given)) == {drug}


def test_a_drug_for_another_cancer_is_none_of_the_sarcomas() -> None:
    given = statement("a", "doxorubicin", "2025-01-01", reasonCode=[concept(ICD10CM, "C50.911")])
    assert present(fact_of("prior-therapies", sarcoma(), given)) == set()


@pytest.mark.parametrize(
    "reason",
    [
        concept(text="Soft tissue sarcoma"),
        concept(ICD10CM, "C49.9"),
        concept(SCT, "424413001"),
        concept(text="Liposarcoma"),
    ],
)
def test_a_drug_for_the_sarcoma_in_other_words(reason: Json) -> None:
    given = statement("a", "doxorubicin", "2025-01-01", reasonCode=[reason])
    tumour = sarcoma("C49.21", extension=histology("8858/3"))
    assert present(fact_of("prior-therapies", tumour, given)) == {"doxorubicin"}


def test_a_size_after_systemic_therapy_is_not_used() -> None:
    drug = statement("a", "doxorubicin", "2025-01-01")
    before = size("before", 9, effectiveDateTime="2024-12-20")
    after = size("after", 4, effectiveDateTime="2025-04-01")
    assert point(fact_of("tumour-size-cm", sarcoma(), drug, before, after)) == 9
    assert not fact_of("tumour-size-cm", sarcoma(), drug, after).known


def test_an_ntrk_fusion_counts_in_a_sarcoma() -> None:
    """Larotrectinib, entrectinib and repotrectinib are named for any subtype with one."""
    assert present(fact_of("genotype", sarcoma(), variant("v", gene("ETV6"), gene("NTRK3")))) == {
        "ntrk-fusion"
    }


# --- recurrence ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["recurrence", "relapse"])
def test_a_clinical_status_of_recurrence_leaves_open_where(status: str) -> None:
    fact = fact_of("recurrence", sarcoma(clinicalStatus=concept("urn:s", status)))
    assert possible(fact) == {"local", "regional", "distant"}


def test_a_local_recurrence_as_a_condition_of_its_own() -> None:
    again = condition("again", concept(SCT, "314974009"), recordedDate="2025-08-01")
    assert possible(fact_of("recurrence", sarcoma(), again, affiliate=True)) == {"local"}
    anywhere = condition("again", concept(SCT, "1259237005"), recordedDate="2025-08-01")
    assert "none" not in possible(fact_of("recurrence", sarcoma(), anywhere, affiliate=True))


def test_a_place_that_one_record_names_settles_what_another_leaves_open() -> None:
    again = condition("again", concept(SCT, "314974009"), recordedDate="2025-08-01")
    open_ = sarcoma(clinicalStatus=concept("urn:s", "recurrence"))
    assert possible(fact_of("recurrence", open_, again, affiliate=True)) == {"local"}


@pytest.mark.parametrize(
    ("text", "where"),
    [("Liposarcoma of thigh, local recurrence", "local"), ("Regional recurrence of liposarcoma", "regional"),
     ("Distant recurrence of liposarcoma", "distant")],
)  # fmt: skip
def test_a_recurrence_in_words(text: str, where: str) -> None:
    assert possible(fact_of("recurrence", sarcoma(), condition("again", concept(text=text)))) == {where}


@pytest.mark.parametrize(("code", "where"), [("C78.01", "distant"), ("C77.4", "regional")])
def test_a_secondary_cancer_that_recurred(code: str, where: str) -> None:
    met = condition("met", concept(ICD10CM, code), clinicalStatus=concept("urn:s", "recurrence"))
    assert possible(fact_of("recurrence", sarcoma(), met)) == {where}


def test_no_recurrence_recorded_is_none() -> None:
    assert possible(fact_of("recurrence", sarcoma())) == {"none"}


def test_a_dated_recurrence_parts_the_earlier_tumour_from_the_present_one() -> None:
    case = case_of(
        sarcoma(recordedDate="2023-01-01"),
        excised("2023-03-01"),
        margin("R0", effectiveDateTime="2023-03-10"),
        size("first", 4, effectiveDateTime="2023-01-15"),
        size("now", 7, effectiveDateTime="2025-08-05"),
        stated("recurrence", value="local", effectiveDateTime="2025-08-01"),
    )
    assert possible(case.facts["recurrence"]) == {"local"}
    assert not case.facts["residual-tumour"].known
    assert point(case.facts["tumour-size-cm"]) == 7


def _again(*records: Json) -> Fact:
    """Whether what came back was resected; read with the fact defined, whichever tables ask for it."""
    chosen = service()
    definition = FactDefinition(
        "recurrence-resected", "boolean", absent=False, queries=("procedures",), wins=(("stated",),)
    )
    vocabulary = Vocabulary({**chosen.extractor.vocabulary.definitions, "recurrence-resected": definition})
    extractor = replace(chosen.extractor, vocabulary=vocabulary)
    case, _ = extractor.extract(read_record(answered(*records), chosen.prefetch), PATIENT, TODAY)
    return case.facts["recurrence-resected"]


RECURRED = stated("recurrence", value="local", effectiveDateTime="2025-08-01")
BACK = sarcoma(recordedDate="2023-01-01", clinicalStatus=concept("urn:s", "recurrence"))


def test_the_resection_before_a_recurrence_did_not_remove_it_and_the_one_after_did() -> None:
    first, second = excised("2023-03-01"), excised("2025-09-01", id_="again")
    tumour = sarcoma(recordedDate="2023-01-01")
    assert possible(_again(tumour, first, RECURRED)) == {False}
    assert possible(_again(tumour, first, second, RECURRED)) == {True}
    assert possible(_again(tumour, first, excised("2025", id_="again"), RECURRED)) == {True, False}
    assert possible(_again(tumour, first, excised(id_="again"), RECURRED)) == {True, False}
    assert possible(_again(tumour, RECURRED)) == {False}


def test_beside_an_undated_recurrence_a_single_resection_is_of_the_earlier_tumour() -> None:
    old, new = (
        size("first", 4, effectiveDateTime="2023-01-15"),
        size("now", 7, effectiveDateTime="2025-08-05"),
    )
    assert point(fact_of("tumour-size-cm", BACK, excised("2023-03-01"), old, new)) == 7
    assert possible(_again(BACK, excised("2023-03-01"))) == {False}


def test_of_two_resections_beside_an_undated_recurrence_it_is_open_which_was_which() -> None:
    again = excised("2025-06-01", id_="again")
    assert possible(_again(BACK, excised("2023-03-01"), again)) == {True, False}


def test_the_size_of_a_recurrence_after_earlier_treatment_is_used() -> None:
    case = case_of(
        sarcoma(recordedDate="2023-01-01"),
        statement("a", "doxorubicin", "2023-02-01"),
        size("now", 7, effectiveDateTime="2025-08-05"),
        stated("recurrence", value="local", effectiveDateTime="2025-08-01"),
    )
    assert point(case.facts["tumour-size-cm"]) == 7
    assert present(case.facts["prior-therapies"]) == {"doxorubicin"}


def test_a_distant_recurrence_leaves_the_primary_resected() -> None:
    case = case_of(
        sarcoma(recordedDate="2023-01-01"),
        excised("2023-03-01"),
        stated("recurrence", value="distant", effectiveDateTime="2025-08-01"),
    )
    assert possible(case.facts["tumour-resected"]) == {True}


def test_remission() -> None:
    assert case_of(sarcoma(clinicalStatus=concept("urn:s", "remission"))).in_remission
