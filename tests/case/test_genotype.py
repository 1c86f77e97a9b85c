"""The genotype as laboratories report it, and the results that name no driver mutation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.case.chart import (
    ABSENT,
    CLINVAR,
    HGNC,
    HGVS,
    LOINC,
    SCT,
    SO,
    Json,
    component,
    concept,
    condition,
    excluded,
    fact_of,
    gene,
    gist,
    in_doubt,
    observation,
    present,
    protein,
    region,
    request,
    statement,
    variant,
)

D842V = "pdgfra-exon-18-insensitive"


def genotype(*resources: Json) -> set[str]:
    return present(fact_of("genotype", gist(), *resources))


def significance(code: str | None = None, text: str | None = None) -> Json:
    return component("53037-8", valueCodeableConcept=concept(LOINC, code, text))


# --- spellings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "p.D842V",
        "p.Asp842Val",
        "p.(Asp842Val)",
        "Asp842Val",
        "D842V",
        "NP_006197.1:p.Asp842Val",
        "NP_006197.2:p.(Asp842Val)",
        "PDGFRA D842V",
        "PDGFRA p.D842V",
        "PDGFRA:p.D842V",
        "p.D842V (c.2525A>T)",
        "NM_006206.6(PDGFRA):c.2525A>T (p.Asp842Val)",
    ],
)
def test_d842v_in_every_spelling_is_insensitive(change: str) -> None:
    """Imatinib is contraindicated by it, so no laboratory's way of writing it may hide it."""
    assert genotype(variant("v", gene("PDGFRA"), protein(change))) == {D842V}


@pytest.mark.parametrize("change", ["c.2525A>T", "NM_006206.6:c.2525A>T", "NM_006206.4:c.2525A>T"])
def test_d842v_as_a_coding_change(change: str) -> None:
    found = component("48004-6", valueCodeableConcept=concept(HGVS, change))
    assert genotype(variant("v", gene("PDGFRA"), found)) == {D842V}


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": concept(CLINVAR, "13543")},
        {"valueCodeableConcept": concept(text="PDGFRA D842V")},
        {"valueCodeableConcept": concept("http://www.ncbi.nlm.nih.gov/projects/SNP", "rs121908585")},
    ],
    ids=["clinvar", "text", "dbsnp"],
)
def test_d842v_as_a_discrete_variant(value: Json) -> None:
    assert genotype(variant("v", gene("PDGFRA"), component("81252-9", **value))) == {D842V}


def test_a_listed_variant_names_its_gene_itself() -> None:
    """ClinVar 13543 is PDGFRA D842V whether or not a component repeats the gene."""
    found = component("81252-9", valueCodeableConcept=concept(CLINVAR, "13543"))
    assert genotype(variant("v", found)) == {D842V}


def test_a_protein_change_as_a_string() -> None:
    found = component("48005-3", valueString="p.Asp842Val")
    assert genotype(variant("v", gene("PDGFRA"), found)) == {D842V}


def test_d842v_beside_another_change_of_the_same_gene_is_seen() -> None:
    first, second = protein("p.Val561Asp"), protein("p.Asp842Val")
    assert D842V in genotype(variant("v", gene("PDGFRA"), first, second))
    assert D842V in genotype(variant("v", gene("PDGFRA"), second, first))


@pytest.mark.parametrize(
    ("symbol", "change", "member"),
    [
        ("KIT", "p.Val559Asp", "kit-exon-11"),
        ("KIT", "p.Trp557_Lys558del", "kit-exon-11"),
        ("KIT", "p.W557_K558delinsC", "kit-exon-11"),
        ("KIT", "p.Ala502_Tyr503dup", "kit-exon-9"),
        ("KIT", "p.A502_Y503insAY", "kit-exon-9"),
        ("KIT", "p.Lys642Glu", "kit-other"),
        ("KIT", "p.Val654Ala", "kit-other"),
        ("KIT", "p.Asn822Lys", "kit-other"),
        ("PDGFRA", "p.Val561Asp", "pdgfra-other"),
        ("PDGFRA", "p.Asn659Lys", "pdgfra-other"),
        ("PDGFRA", "p.Ile843del", "pdgfra-other"),
        ("PDGFRA", "p.Asp842_His845del", "pdgfra-other"),
        ("PDGFRA", "p.Asp842Tyr", "pdgfra-exon-18-contested"),
        ("PDGFRA", "p.Asp842Ile", "pdgfra-exon-18-contested"),
        ("PDGFRA", "p.D842_I843delinsVM", "pdgfra-exon-18-contested"),
        ("BRAF", "p.Val600Glu", "braf-v600e"),
        ("BRAF", "V600E", "braf-v600e"),
    ],
)
def test_a_protein_change_decides_the_member(symbol: str, change: str, member: str) -> None:
    assert genotype(variant("v", gene(symbol), protein(change))) == {member}


@pytest.mark.parametrize("change", ["p.Val600Lys", "p.Gly469Ala"])
def test_another_braf_mutation_is_not_v600e(change: str) -> None:
    assert genotype(variant("v", gene("BRAF"), protein(change))) == set()


# --- exon level ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "exon", "member"),
    [
        ("KIT", "Exon 9", "kit-exon-9"),
        ("KIT", "Exon #11", "kit-exon-11"),
        ("KIT", "exon 11", "kit-exon-11"),
        ("KIT", "ex11", "kit-exon-11"),
        ("KIT", "Exon 13", "kit-other"),
        ("PDGFRA", "Exon 12", "pdgfra-other"),
        ("PDGFRA", "Exon 18", "pdgfra-exon-18-contested"),
    ],
)
def test_an_exon_alone(symbol: str, exon: str, member: str) -> None:
    """PDGFRA exon 18 without the change is neither D842V nor sensitive."""
    assert genotype(variant("v", gene(symbol), region(exon))) == {member}


@pytest.mark.parametrize(
    "found",
    [
        variant("v", component("81252-9", valueCodeableConcept=concept(text="KIT exon 11")), gene("KIT")),
        variant("v", gene("KIT"), value=None, valueString="KIT exon 11 mutation"),
        observation("v", concept(LOINC, "69548-6", text="KIT exon 11"), valueCodeableConcept=concept(
            LOINC, "LA9633-4"), component=[gene("KIT")]),
    ],
    ids=["variation-code", "value-string", "code-text"],
)  # fmt: skip
def test_an_exon_in_the_other_places_where_laboratories_put_it(found: Json) -> None:
    """It must at least be no other KIT mutation than the one that is named."""
    assert "kit-exon-11" in genotype(found)


def test_kit_without_an_exon_is_kit_other() -> None:
    assert genotype(variant("v", gene("KIT"))) == {"kit-other"}


def test_pdgfra_without_detail_is_not_sensitive() -> None:
    """It may be D842V."""
    fact = fact_of("genotype", gist(), variant("v", gene("PDGFRA")))
    assert present(fact) == set()
    assert in_doubt(fact, D842V)


# --- genes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        concept("http://www.genenames.org/", "HGNC:8803"),
        concept("http://www.genenames.org/geneId", "HGNC:8803"),
        concept(HGNC, "8803"),
        concept(HGNC, "PDGFRA"),
        concept(HGNC, "PDGFRA", display="PDGFRA"),
        concept(text="PDGFRA"),
        {"coding": [{"system": "urn:local", "code": "7"}, {"system": HGNC, "code": "HGNC:8803"}]},
    ],
    ids=["slash", "old-uri", "no-prefix", "symbol-as-code", "symbol-and-display", "text", "standard-last"],
)
def test_a_gene_in_every_encoding(value: Json) -> None:
    named = component("48018-6", valueCodeableConcept=value)
    assert genotype(variant("v", named, protein("p.D842V"))) == {D842V}


@pytest.mark.parametrize("symbol", ["NRAS", "PDGFRA", "BAP1", "TP53"])
def test_a_gene_id_that_disagrees_with_its_display_decides_nothing(symbol: str) -> None:
    """Published examples label 6342 (KIT) as NRAS; nobody can tell which of the two was meant."""
    swapped = component("48018-6", valueCodeableConcept=concept(HGNC, "HGNC:6342", display=symbol))
    assert genotype(variant("v", swapped, protein("p.Val559Asp"))) == set()


def test_one_change_is_not_a_change_of_every_gene_on_the_panel() -> None:
    """Residue 559 exists in both genes; one Observation names two genes and one change."""
    fact = fact_of("genotype", gist(), variant("v", gene("KIT"), gene("PDGFRA"), protein("p.Asp816Val")))
    assert present(fact) == set()


# --- negatives -----------------------------------------------------------------------------------


def test_one_negative_over_both_genes_is_wild_type_for_them() -> None:
    fact = fact_of("genotype", gist(), variant("v", gene("KIT"), gene("PDGFRA"), value=ABSENT))
    assert present(fact) == {"wild-type"}
    assert excluded(fact, "kit-exon-11")
    assert excluded(fact, D842V)
    assert in_doubt(fact, "sdh-deficient")
    assert in_doubt(fact, "ntrk-fusion")


def test_two_negatives_are_wild_type() -> None:
    kit = variant("k", gene("KIT"), value=ABSENT)
    pdgfra = variant("p", gene("PDGFRA"), value=ABSENT)
    assert genotype(kit, pdgfra) == {"wild-type"}


@pytest.mark.parametrize("symbol", ["KIT", "PDGFRA"])
def test_one_gene_tested_is_not_wild_type(symbol: str) -> None:
    fact = fact_of("genotype", gist(), variant("v", gene(symbol), value=ABSENT))
    assert present(fact) == set()
    assert in_doubt(fact, D842V if symbol == "KIT" else "kit-exon-11")


@pytest.mark.parametrize("exons", ["Exon 11", "exon 9 and exon 11", "Exons 9, 11"])
def test_exons_tested_are_not_the_whole_gene(exons: str) -> None:
    """Without exons 13 and 17 a KIT mutation is not excluded."""
    kit = variant("k", gene("KIT"), region(exons), value=ABSENT)
    pdgfra = variant("p", gene("PDGFRA"), value=ABSENT)
    fact = fact_of("genotype", gist(), kit, pdgfra)
    assert "wild-type" not in present(fact)
    assert in_doubt(fact, "kit-other")


def test_d842v_excluded_excludes_nothing_else() -> None:
    fact = fact_of("genotype", gist(), variant("v", gene("PDGFRA"), protein("p.D842V"), value=ABSENT))
    assert excluded(fact, D842V)
    assert in_doubt(fact, "pdgfra-other")


def test_nothing_tested_is_unknown() -> None:
    fact = fact_of("genotype", gist())
    assert fact.why == "missing"
    assert present(fact) == set()


def test_a_mutation_found_later_ends_wild_type() -> None:
    """An earlier panel was negative; the later one found the driver."""
    before = variant("a", gene("KIT"), gene("PDGFRA"), value=ABSENT, effectiveDateTime="2024-01-10")
    later = variant("b", gene("KIT"), protein("p.Val559Asp"), effectiveDateTime="2025-01-10")
    assert genotype(before, later) == {"kit-exon-11"}


def test_a_mutation_disputed_on_one_day_is_conflicting() -> None:
    no = variant("a", gene("KIT"), gene("PDGFRA"), value=ABSENT, effectiveDateTime="2025-01-10")
    yes = variant("b", gene("KIT"), protein("p.Val559Asp"), effectiveDateTime="2025-01-10")
    fact = fact_of("genotype", gist(), no, yes)
    assert fact.why == "conflicting"
    assert present(fact) == set()
    assert in_doubt(fact, "kit-exon-11")


# --- what is reported and is no driver -----------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        significance("LA6675-8"),
        significance("LA26333-7"),
        significance(text="Benign"),
        significance(text="Likely benign"),
        significance(text="Variant of uncertain significance"),
        significance(text="Variant of unknown significance"),
        significance(text="VUS"),
        significance("LA26334-5"),
    ],
    ids=[
        "benign",
        "uncertain",
        "t-benign",
        "t-likely-benign",
        "t-uncertain",
        "t-unknown",
        "vus",
        "LA26334-5",
    ],
)
def test_benign_and_uncertain_variants_are_no_driver(said: Json) -> None:
    assert genotype(variant("v", gene("KIT"), protein("p.Val559Ile"), said)) == set()


@pytest.mark.parametrize(
    ("symbol", "p", "c"),
    [("PDGFRA", "p.Pro567=", "c.1701A>G"), ("PDGFRA", "p.Val824=", "c.2472C>T"), ("KIT", "p.Leu862=", "c.2586G>C")],
)  # fmt: skip
def test_a_synonymous_change_is_no_driver(symbol: str, p: str, c: str) -> None:
    """Common polymorphisms change no residue; the coding change beside them must not count as a mutation."""
    coding = component("48004-6", valueCodeableConcept=concept(HGVS, c))
    assert genotype(variant("v", gene(symbol), coding, protein(p))) == set()


def test_a_synonymous_change_in_a_named_exon_is_no_driver() -> None:
    assert genotype(variant("v", gene("KIT"), protein("p.Leu576="), region("Exon 11"))) == set()


@pytest.mark.parametrize("code", ["40552-2", "51185-7"])
def test_a_cd117_stain_is_no_genotype(code: str) -> None:
    stain = observation("s", concept(LOINC, code), valueCodeableConcept=concept(SCT, "10828004"))
    assert genotype(stain) == set()


@pytest.mark.parametrize("name", ["DOG1 immunostain", "CD117 (KIT) immunohistochemistry"])
def test_a_stain_named_in_words_is_no_genotype(name: str) -> None:
    stain = observation("s", concept(text=name), valueCodeableConcept=concept(SCT, "10828004"))
    assert genotype(stain) == set()


def test_a_pdgfrb_rearrangement_is_no_pdgfra() -> None:
    fish = observation("f", concept(LOINC, "78220-1"), valueCodeableConcept=concept(SCT, "10828004"))
    assert genotype(fish) == set()


# --- fusions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("ETV6", "NTRK3"), ("NTRK3", "ETV6")])
def test_a_fusion_with_the_partner_in_either_order(order: tuple[str, str]) -> None:
    assert genotype(variant("v", gene(order[0]), gene(order[1]))) == {"ntrk-fusion"}


@pytest.mark.parametrize(
    "evidence",
    [
        component("48006-1", valueCodeableConcept=concept(SO, "SO:0001565")),
        component("48006-1", valueCodeableConcept=concept("http://sequenceontology.org", "SO:0001886")),
        component("81252-9", valueCodeableConcept=concept(text="ETV6::NTRK3")),
    ],
    ids=["gene-fusion", "transcript-fusion", "text"],
)
def test_a_fusion_by_its_consequence_or_name(evidence: Json) -> None:
    assert genotype(variant("v", gene("NTRK3"), evidence)) == {"ntrk-fusion"}


def test_an_ntrk_point_variant_is_no_fusion() -> None:
    assert genotype(variant("v", gene("NTRK1"), protein("p.Gly595Arg"))) == set()


def test_a_panel_with_ntrk_among_its_genes_is_no_fusion() -> None:
    """A point change on a panel over several genes says nothing of a fusion."""
    panel = variant("v", gene("KIT"), gene("NTRK1"), gene("NTRK3"), protein("p.Val559Asp"))
    assert "ntrk-fusion" not in genotype(panel)


@pytest.mark.parametrize("text", ["No fusion detected", "fusion not detected", "negative for gene fusion"])
def test_a_fusion_denied_in_words_is_no_fusion(text: str) -> None:
    denied = component("48006-1", valueString=text)
    assert genotype(variant("v", gene("NTRK1"), protein("p.Gly595Arg"), denied)) == set()


def test_a_negative_fusion_panel_is_no_fusion() -> None:
    assert genotype(variant("v", gene("ETV6"), gene("NTRK3"), value=ABSENT)) == set()


# --- SDH, BRAF stain, NF1 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": concept(SCT, "260385009")},
        {"valueString": "loss of expression"},
        {"valueString": "Lost"},
        {"valueCodeableConcept": concept(text="SDHB deficient")},
    ],
    ids=["negative", "loss", "lost", "deficient"],
)
def test_sdhb_lost_on_staining(value: Json) -> None:
    assert genotype(observation("s", concept(text="SDHB immunohistochemistry"), **value)) == {"sdh-deficient"}


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": concept(SCT, "10828004")},
        {"valueString": "Retained"},
        {"valueString": "no loss of expression"},
        {"valueString": "Not lost"},
        {"valueString": "No evidence of loss"},
        {"valueString": "loss of expression not identified"},
        {"valueString": "not deficient"},
        {"valueString": "negative for loss of expression"},
    ],
    ids=lambda value: str(next(iter(value.values())))[:30],
)
def test_sdhb_kept_on_staining_is_no_deficiency(value: Json) -> None:
    assert genotype(observation("s", concept(text="SDHB immunohistochemistry"), **value)) == set()


@pytest.mark.parametrize("name", ["SDHB gene mutation analysis", "SDHB sequencing", "SDHB mutation"])
@pytest.mark.parametrize(
    "value",
    [{"valueCodeableConcept": concept(SCT, "260385009")}, {"valueString": "Negative"}],
    ids=["coded", "text"],
)
def test_a_negative_sdhb_gene_test_is_no_deficiency(name: str, value: Json) -> None:
    """On a stain negative means lost; on a gene test it means that nothing was found."""
    assert genotype(observation("s", concept(text=name), **value)) == set()


@pytest.mark.parametrize("code", ["LA6668-3", "LA26332-9"])
def test_a_pathogenic_sdhb_variant_is_sdh_deficient(code: str) -> None:
    assert genotype(variant("v", gene("SDHB"), protein("p.Arg90*"), significance(code))) == {"sdh-deficient"}


def test_an_sdhb_variant_of_unsaid_significance_is_no_deficiency() -> None:
    assert genotype(variant("v", gene("SDHB"), protein("p.Ser163Pro"))) == set()


@pytest.mark.parametrize(("code", "expected"), [("10828004", {"braf-v600e"}), ("260385009", set())])
def test_the_braf_v600e_stain(code: str, expected: set[str]) -> None:
    stain = observation("s", concept(LOINC, "85299-6"), valueCodeableConcept=concept(SCT, code))
    assert genotype(stain) == expected


@pytest.mark.parametrize(
    "code", [concept(SCT, "92824003"), concept("http://hl7.org/fhir/sid/icd-10-cm", "Q8501")]
)
def test_neurofibromatosis(code: Json) -> None:
    assert genotype(condition("nf", code)) == {"nf1"}


# --- resistance mutations ------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["p.Val654Ala", "p.Thr670Ile", "p.Asp816Val", "p.Asp820Tyr"])
def test_a_secondary_mutation_after_imatinib_leaves_the_driver_open(change: str) -> None:
    found = variant("v", gene("KIT"), protein(change), effectiveDateTime="2025-06-01")
    fact = fact_of("genotype", gist(), statement("im", "imatinib", "2024-01-01"), found)
    assert present(fact) == {"kit-secondary"}
    assert in_doubt(fact, "kit-exon-11")
    assert in_doubt(fact, D842V)


def test_an_exon_11_mutation_after_imatinib_is_the_driver() -> None:
    found = variant("v", gene("KIT"), protein("p.Val559Asp"), effectiveDateTime="2025-06-01")
    assert genotype(statement("im", "imatinib", "2024-01-01"), found) == {"kit-exon-11"}


def test_before_imatinib_the_same_mutation_is_the_driver() -> None:
    found = variant("v", gene("KIT"), protein("p.Lys642Glu"), effectiveDateTime="2023-06-01")
    assert genotype(statement("im", "imatinib", "2024-01-01"), found) == {"kit-other"}


@pytest.mark.parametrize(
    ("found_on", "given_on"), [(None, "2024-01-01"), ("2025-06-01", None), ("2024", "2024-05-01")]
)
def test_a_mutation_that_may_be_secondary_is_not_called_the_driver(
    found_on: str | None, given_on: str | None
) -> None:
    """With imatinib on record and the order of the two unknown, V654A may be resistance alone."""
    dated: dict[str, Any] = {"effectiveDateTime": found_on} if found_on else {}
    found = variant("v", gene("KIT"), protein("p.Val654Ala"), **dated)
    fact = fact_of("genotype", gist(), statement("im", "imatinib", given_on), found)
    assert "kit-other" not in present(fact)


def test_a_drafted_or_active_order_of_another_patient_is_no_therapy() -> None:
    elsewhere = request("im", "imatinib", "2024-01-01", subject={"reference": "Patient/p2"})
    found = variant("v", gene("KIT"), protein("p.Lys642Glu"), effectiveDateTime="2025-06-01")
    assert genotype(elsewhere, found) == {"kit-other"}
