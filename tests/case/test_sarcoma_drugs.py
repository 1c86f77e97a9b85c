"""Which drugs a patient with a soft-tissue sarcoma had, as the record says it."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    ICD10CM,
    SCT,
    Json,
    case_of,
    concept,
    fact_of,
    gene,
    histology,
    in_doubt,
    point,
    present,
    request,
    sarcoma,
    size,
    statement,
    variant,
)

from .sarcoma_treatments import excised, intended


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
