"""What was examined: a specimen of somebody else, or of another place, says nothing of this tumour."""

from __future__ import annotations

from typing import Any

import pytest

from .chart import (
    OTHER_PATIENT,
    SCT,
    Json,
    case_of,
    concept,
    gene,
    gist,
    present,
    protein,
    sarcoma,
    size,
    subject,
    variant,
)

IN_RECORD = {"specimen": {"reference": "Specimen/s"}}
KIT = (gene("KIT"), protein("p.Val559Asp"))


def specimen(site: Json | None = None, **members: Any) -> Json:
    taken = {"collection": {"bodySite": site}} if site else {}
    return {"resourceType": "Specimen", "id": "s", "subject": subject(), **taken, **members}


def contained(sample: Json) -> Json:
    return {"contained": [sample], "specimen": {"reference": "#s"}}


def genotype_of(*resources: Json) -> Any:
    return case_of(gist(), *resources).facts["genotype"]


@pytest.mark.parametrize(
    "whose", [OTHER_PATIENT, {"reference": "RelatedPerson/father"}, {"reference": "#father"}]
)
def test_a_specimen_of_somebody_else_is_no_evidence(whose: Json) -> None:
    theirs = specimen(subject=whose)

    assert present(genotype_of(variant("v", *KIT, **IN_RECORD), theirs)) == set()
    assert present(genotype_of(variant("v", *KIT, **contained(theirs)))) == set()
    assert case_of(gist(), size(cm=6, **IN_RECORD), theirs).facts["tumour-size-cm"].why == "missing"


@pytest.mark.parametrize("whose", [subject(), None])
def test_a_specimen_of_the_patient_counts(whose: Json | None) -> None:
    own = specimen(**({"subject": whose} if whose else {}))

    assert present(genotype_of(variant("v", *KIT, **IN_RECORD), own)) == {"kit-exon-11"}
    assert present(genotype_of(variant("v", *KIT, **contained(own)))) == {"kit-exon-11"}
    assert present(genotype_of(variant("v", *KIT, **IN_RECORD))) == {"kit-exon-11"}


@pytest.mark.parametrize(
    "site",
    [
        concept(SCT, "76752008", display="Breast structure"),
        concept(text="Left breast"),
        concept(text="Uterus"),
    ],
)
def test_a_specimen_of_another_place_names_no_tumour(site: Json) -> None:
    there = specimen(site)
    found = genotype_of(variant("v", *KIT, **IN_RECORD), there)

    assert present(found) == set()
    assert found.remarks == ("tumour-not-named",)
    measured = case_of(gist(), size(cm=6, **IN_RECORD), there).facts["tumour-size-cm"]
    assert (measured.why, measured.remarks) == ("uncodable", ("tumour-not-named",))


@pytest.mark.parametrize(
    "site",
    [concept(text=t) for t in ("Stomach", "Liver", "Peritoneum", "Lung", "Left arm", "Abdomen", "unknown")],
)
def test_a_specimen_of_the_tumour_or_where_it_spreads_or_of_blood_counts(site: Json) -> None:
    assert present(genotype_of(variant("v", *KIT, **IN_RECORD), specimen(site))) == {"kit-exon-11"}


def test_a_specimen_of_the_breast_counts_for_a_sarcoma_there() -> None:
    there = sarcoma(code=concept(text="Angiosarcoma of breast"))
    fact = case_of(there, size(cm=6, **IN_RECORD), specimen(concept(text="Left breast"))).facts[
        "tumour-size-cm"
    ]

    assert fact.known
