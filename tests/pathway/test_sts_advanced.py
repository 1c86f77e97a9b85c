"""Advanced soft-tissue sarcoma: drugs by line and histology, metastases by organ: decisions 21 to 25, by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.case.fact import Case
from cds_service.pathway.verdict import NOT_AN_OPTION

from .cases import AGAINST, CAUTION, OFF, ON, OPEN, Stated, assessed, draft, gist, judged, knowledge, tell
from .sarcomas import CHART_OF, NODES, in_group, offers_of, ordered

FIXED = "extremity-unresectable"
LIMITED, SPREAD = "extremity-stage-4-oligometastatic", "extremity-stage-4-disseminated"
REGIONAL = "extremity-recurrent-regional"
BACK, BACK_SPREAD = "extremity-recurrent-oligometastatic", "extremity-recurrent-disseminated"
BELLY_FIXED, BELLY_SPREAD = "abdominal-unresectable", "abdominal-disseminated"
BELLY_LIMITED = "abdominal-oligometastatic"
GIVEN: Mapping[str, Stated] = {"prior-therapies": {"doxorubicin"}}
FAT: Mapping[str, Stated] = {"histology": "liposarcoma-dedifferentiated"}
SMOOTH: Mapping[str, Stated] = {"histology": "leiomyosarcoma"}
LUNG: Mapping[str, Stated] = {"metastatic-sites": {"lung"}}


def at(group: str, facts: Mapping[str, Stated]) -> Case:
    return in_group(group, **{n.replace("-", "_"): v for n, v in facts.items()})


@pytest.mark.parametrize(
    ("group", "facts", "option", "verdict", "reason"),
    [
        # 23: pazopanib
        (SPREAD, GIVEN, "pazopanib", ON, "sts.later.pazopanib"),
        (SPREAD, {**GIVEN, **FAT}, "pazopanib", OFF, "sts.pazopanib.adipocytic"),
        (SPREAD, FAT, "pazopanib", OFF, "sts.pazopanib.adipocytic"),
        (SPREAD, {}, "pazopanib", OFF, "sts.later.anthracycline-first"),
        (SPREAD, {**GIVEN, "histology": None}, "pazopanib", OPEN, None),
        (SPREAD, {"not-tolerated": {"epirubicin"}}, "pazopanib", ON, None),
        (SPREAD, {"current-therapy": {"doxorubicin"}, "progression": "generalised"}, "pazopanib", ON, None),
        (SPREAD, {"current-therapy": {"doxorubicin"}}, "pazopanib", OFF, "sts.later.anthracycline-first"),
        (BACK_SPREAD, GIVEN, "pazopanib", ON, None),
        (BELLY_SPREAD, GIVEN, "pazopanib", "not-addressed", "sts.abdominal.later-lines"),
        (FIXED, GIVEN, "pazopanib", OFF, "sts.later.disseminated-only"),
        (LIMITED, GIVEN, "pazopanib", OFF, "sts.later.disseminated-only"),
        # eribulin: high-grade liposarcoma
        (SPREAD, {**GIVEN, **FAT}, "eribulin", ON, "sts.later.eribulin"),
        (SPREAD, FAT, "eribulin", OFF, "sts.later.anthracycline-first"),
        (SPREAD, {**GIVEN, **FAT, "grade": "low"}, "eribulin", OFF, "sts.eribulin.low-grade"),
        (SPREAD, {**GIVEN, **FAT, "grade": None}, "eribulin", OPEN, None),
        (SPREAD, {**GIVEN, **SMOOTH}, "eribulin", OFF, "sts.eribulin.histology"),
        (BELLY_SPREAD, {**GIVEN, **FAT}, "eribulin", "not-addressed", None),
        # trabectedin: both, whatever the site
        (SPREAD, {**GIVEN, **FAT}, "trabectedin", ON, "sts.later.trabectedin"),
        (SPREAD, {**GIVEN, **SMOOTH}, "trabectedin", ON, None),
        (SPREAD, SMOOTH, "trabectedin", OFF, "sts.later.anthracycline-first"),
        (SPREAD, GIVEN, "trabectedin", OFF, "sts.trabectedin.histology"),
        (BELLY_SPREAD, {**GIVEN, **FAT}, "trabectedin", ON, None),
        (BELLY_FIXED, {**GIVEN, **SMOOTH}, "trabectedin", ON, None),
        (FIXED, {**GIVEN, **SMOOTH}, "trabectedin", ON, None),
        # the first line ends with an anthracycline for advanced disease, not with one around surgery
        (SPREAD, GIVEN, "doxorubicin", OFF, "sts.advanced.anthracycline-done"),
        (SPREAD, {"therapy-failed": {"epirubicin"}}, "doxorubicin-liposomal", OFF, "sts.advanced.anthracycline-done"),
        (SPREAD, {**GIVEN, "adjuvant-therapy": {"doxorubicin"}}, "doxorubicin", ON, "sts.advanced.doxorubicin"),
        (SPREAD, {"current-therapy": {"doxorubicin"}}, "doxorubicin", ON, None),
        (SPREAD, {"prior-therapies": None}, "doxorubicin", OPEN, None),
        # NTRK
        (SPREAD, {"genotype": {"ntrk-fusion"}}, "larotrectinib", ON, "sts.ntrk.larotrectinib"),
        (BELLY_LIMITED, {"genotype": {"ntrk-fusion"}}, "entrectinib", ON, None),
        (FIXED, {"genotype": {"ntrk-fusion"}}, "repotrectinib", ON, None),
        (SPREAD, {}, "larotrectinib", OFF, "sts.ntrk.no-fusion"),
        (SPREAD, {"genotype": None}, "larotrectinib", OPEN, None),
        ("extremity-stage-3-4-resectable", {"genotype": {"ntrk-fusion"}}, "larotrectinib", OFF, "sts.advanced-only"),
        # 24: embolisation
        (LIMITED, {}, "embolisation", ON, "sts.embolisation.liver"),
        (LIMITED, LUNG, "embolisation", OFF, "sts.embolisation.lung"),
        (BACK, LUNG, "embolisation", OFF, "sts.embolisation.lung"),
        (BELLY_SPREAD, LUNG, "embolisation", OFF, "sts.embolisation.lung"),
        (SPREAD, {"metastatic-sites": {"lung", "liver"}}, "embolisation", ON, None),
        (SPREAD, {"metastatic-sites": {"bone"}}, "embolisation", CAUTION, "sts.embolisation.no-stated-reason"),
        (SPREAD, {"metastatic-sites": {"bone"}, "comorbidity-prohibits-resection": True}, "embolisation", ON, None),
        (SPREAD, {"metastatic-sites": {"bone"}, "progression": "limited"}, "embolisation", ON, None),
        # metastasectomy
        (LIMITED, LUNG, "metastasectomy", ON, "sts.metastasectomy.lung"),
        (LIMITED, {}, "metastasectomy", ON, "sts.metastasectomy.elsewhere"),
        (LIMITED, {"comorbidity-prohibits-resection": True}, "metastasectomy", OFF, "sts.metastasectomy.comorbidity"),
        (SPREAD, {}, "metastasectomy", OFF, "sts.metastasectomy.disseminated"),
        (SPREAD, LUNG, "metastasectomy", ON, "sts.metastasectomy.lung-disseminated"),
        # stereotactic radiotherapy in disseminated disease of a limb
        (SPREAD, {"progression": "limited"}, "sbrt", ON, "sts.sbrt.oligoprogression"),
        (SPREAD, {"prior-radiotherapy": {"adjuvant"}}, "sbrt", ON, "sts.sbrt.irradiated-field"),
        (SPREAD, {}, "sbrt", OFF, "sts.sbrt.not-here"),
        # nodes
        (LIMITED, NODES, "regional-lymph-node-dissection", ON, "sts.nodes.dissection"),
        (SPREAD, NODES, "regional-lymph-node-dissection", OFF, "sts.nodes.disseminated"),
        (REGIONAL, {"n-category": "NX"}, "regional-lymph-node-dissection", OPEN, "sts.nodes.recurrence-unspecified"),
        (REGIONAL, {"n-category": "N0"}, "regional-lymph-node-dissection", OFF, "sts.nodes.not-proven"),
        (FIXED, NODES, "regional-lymph-node-dissection", ON, None),
        # unresectable
        (FIXED, {"limb-function-lost-by-resection": True}, "amputation", ON, "sts.amputation.unresectable"),
        (FIXED, {"amputation-preferred": True}, "amputation", ON, None),
        (FIXED, {"amputation-preferred": None}, "amputation", OPEN, None),
        (BELLY_FIXED, {"treatment-response": "response"}, "excision", ON, "sts.excision.after-response"),
        (BELLY_FIXED, {}, "excision", OFF, "sts.abdominal.not-resectable-now"),
        (BELLY_FIXED, GIVEN, "palliative-radiotherapy", ON, "sts.radiotherapy.still-unresectable"),
        (BELLY_FIXED, {}, "palliative-radiotherapy", OFF, "sts.abdominal.treatment-first"),
        # 25, 28
        (SPREAD, {}, "high-dose-chemotherapy-with-stem-cell-support", OFF, "sts.high-dose.investigational"),
        (SPREAD, {}, "imatinib", OFF, "sts.gist-drug"),
        (SPREAD, {}, "imatinib+binimetinib", OFF, "sts.gist-drug"),
        (SPREAD, {}, "cytoreductive-surgery", OFF, "sts.gist-surgery"),
    ],
    ids=tell,
)  # fmt: skip
def test_an_order_in_advanced_disease(
    group: str, facts: Mapping[str, Stated], option: str, verdict: str, reason: str | None
) -> None:
    found = ordered(at(group, facts), option)

    assert found.verdict == verdict
    assert reason is None or reason in found.reasons


@pytest.mark.parametrize("group", [LIMITED, SPREAD, BACK, BACK_SPREAD, BELLY_LIMITED, BELLY_SPREAD])
@pytest.mark.parametrize(
    ("option", "fact"),
    [
        ("ablation", "coagulopathy"),
        ("ablation", "active-infection"),
        # absolute here, relative in a GIST (24)
        ("ablation", "critical-structures-adjacent"),
        ("embolisation", "coagulopathy"),
        ("embolisation", "active-infection"),
        ("embolisation", "decompensated-liver-failure"),
    ],
)
def test_a_contraindication_holds_in_every_group_with_metastases(group: str, option: str, fact: str) -> None:
    case = at(group, {fact: True})

    assert ordered(case, option).verdict == AGAINST
    assert option not in {o.option for o in assessed(case).options}


@pytest.mark.parametrize(
    ("facts", "instead"),
    [
        ({**GIVEN, **FAT}, {"eribulin", "trabectedin"}),
        (FAT, {
            "doxorubicin", "epirubicin", "doxorubicin-liposomal", "doxorubicin+dacarbazine",
            "doxorubicin+ifosfamide+mesna", "epirubicin+ifosfamide+mesna",
        }),
    ],
    ids=tell,
)  # fmt: skip
def test_pazopanib_in_a_liposarcoma_is_replaced_by_line(
    facts: Mapping[str, Stated], instead: set[str]
) -> None:
    """The issue: off the pathway, with eribulin or trabectedin only after an anthracycline."""
    found = ordered(at(SPREAD, facts), "pazopanib")

    assert found.verdict == OFF
    assert {r.option for r in found.replacements} == instead


@pytest.mark.parametrize("group", CHART_OF)
def test_an_embolisation_meant_for_something_else_has_no_card(group: str) -> None:
    """The issue: fibroid embolisation in a patient with a sarcoma."""
    for indication in ("other", "not-stated"):
        found = judged(in_group(group), draft("embolisation", indication=indication))  # type: ignore[arg-type]
        assert found.verdict == "out-of-scope"


@pytest.mark.parametrize("symptoms", [True, False, None])
@pytest.mark.parametrize("group", [SPREAD, BACK, BACK_SPREAD, BELLY_SPREAD])
def test_observation_is_for_patients_without_symptoms(group: str, symptoms: bool | None) -> None:
    found = [o for o in assessed(in_group(group, symptomatic=symptoms)).options if o.option == "observation"]

    assert [o.answer for o in found] == {True: [], False: [True], None: [None]}[symptoms]


def test_metastases_of_an_extremity_primary_are_managed_for_all() -> None:
    offered = offers_of(in_group(LIMITED))

    for option in ("metastasectomy", "sbrt", "ablation", "embolisation", "observation"):
        assert (option, "metastases", "plus") in offered


@pytest.mark.parametrize(
    ("group", "option", "differs"),
    [
        (SPREAD, "doxorubicin+dacarbazine", "sts.advanced.dacarbazine"),
        (BELLY_LIMITED, "doxorubicin+dacarbazine", "sts.advanced.dacarbazine"),
        (BELLY_LIMITED, "doxorubicin", "sts.abdominal.around-metastasectomy"),
        (FIXED, "excision", "sts.amputation.rank"),
        (REGIONAL, "regional-lymph-node-dissection", "sts.nodes.elsewhere"),
        (BELLY_FIXED, "definitive-radiotherapy", "sts.abdominal.radiotherapy-alone"),
    ],
)
def test_a_disagreement_of_the_sources_is_shown(group: str, option: str, differs: str) -> None:
    assert differs in {o.differs for o in ordered(in_group(group), option).offers}


def test_dacarbazine_rests_on_one_source_and_node_dissection_on_three() -> None:
    """21, 25: each option carries every source that states it."""
    first = {o.option: o.sources for o in assessed(in_group(FIXED, n_category="N1")).options}

    assert first["doxorubicin+dacarbazine"] == ("001",)
    assert set(first["doxorubicin"]) == {"000", "001"}
    assert set(first["regional-lymph-node-dissection"]) == {"000", "001", "003"}


CHEMOTHERAPY = (
    "doxorubicin", "doxorubicin-liposomal", "epirubicin", "doxorubicin+dacarbazine", "doxorubicin+ifosfamide+mesna",
    "epirubicin+ifosfamide+mesna", "eribulin", "trabectedin", "high-dose-chemotherapy-with-stem-cell-support",
)  # fmt: skip


@pytest.mark.parametrize("option", CHEMOTHERAPY)
def test_chemotherapy_of_sarcoma_drafted_for_a_gist_is_refused_with_its_reason(option: str) -> None:
    case = gist(m_category="M1", metastatic_sites={"liver"}, genotype={"kit-exon-11"})
    found = ordered(case, option)

    assert found.verdict == OFF
    assert found.reasons == ("gist.chemotherapy",)
    assert {r.option for r in found.replacements} == {"imatinib"}


CONDITIONS = (
    "coagulopathy",
    "active-infection",
    "decompensated-liver-failure",
    "critical-structures-adjacent",
)
SITES = ("liver", "lung", "bone", "lymph-node")
DRUGS = ("doxorubicin", "epirubicin", "ifosfamide", "pazopanib", "trabectedin")


@settings(deadline=None, max_examples=60)
@given(
    group=st.sampled_from(sorted(CHART_OF)),
    present=st.dictionaries(st.sampled_from(CONDITIONS), st.sampled_from([True, False, None])),
    sites=st.sets(st.sampled_from(SITES), min_size=1),
    prior=st.sets(st.sampled_from(DRUGS)),
    unknown=st.sets(st.sampled_from(["histology", "genotype", "symptomatic", "grade", "prior-radiotherapy"])),
)
def test_no_option_is_offered_against_a_contraindication_or_a_refusal(
    group: str, present: dict[str, bool | None], sites: set[str], prior: set[str], unknown: set[str]
) -> None:
    facts: dict[str, Stated] = {**present, "prior-therapies": prior, **dict.fromkeys(unknown)}
    if "m-category" in {name for base in CHART_OF[group] for name in base}:
        facts["metastatic-sites"] = sites
    case = at(group, facts)
    met = {o.option for o in assessed(case).options if o.answer is True}

    for option in met:
        if knowledge().judge.options[option].kind == "strategy":
            continue
        found = ordered(case, option)
        assert found.verdict in (ON, CAUTION, OPEN), (option, found)
        assert NOT_AN_OPTION not in found.reasons


def test_ifosfamide_beside_doxorubicin_without_mesna_is_one_incomplete_regimen() -> None:
    """28, 31: both drafts are read as the regimen that they make up but for its companion."""
    drafts = (draft("doxorubicin"), draft("ifosfamide", name="rx-2"))
    found = assessed(at(SPREAD, {}), *drafts).verdicts

    assert {(v.option, v.verdict) for v in found} == {("doxorubicin+ifosfamide+mesna", CAUTION)}
    assert all("order.companion-missing" in v.reasons for v in found)
