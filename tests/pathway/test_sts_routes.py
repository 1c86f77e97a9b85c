"""The routes of resectable disease as ordered steps, and where the patient is on them: 000 and 001, by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cds_service.case.fact import Case, Choice

from .cases import CAUTION, OFF, ON, OPEN, Stated, draft, judged, tell
from .sarcomas import NODES, in_group, offers_of, ordered

TWO, THREE, BELLY = "extremity-stage-2-resectable", "extremity-stage-3-4-resectable", "abdominal-resectable"
R0: Mapping[str, Stated] = {"tumour-resected": True, "residual-tumour": "R0"}
R1: Mapping[str, Stated] = {"tumour-resected": True, "residual-tumour": "R1"}
IRRADIATED: Mapping[str, Stated] = {"prior-radiotherapy": {"neoadjuvant"}}
TREATED: Mapping[str, Stated] = {
    "neoadjuvant-therapy": {"doxorubicin", "ifosfamide", "mesna"},
    "prior-therapies": {"doxorubicin", "ifosfamide", "mesna"},
}
WIDE: Mapping[str, Stated] = {**R0, "wide-margin": True, "re-resectable": True}
DOX, EPI = "doxorubicin+ifosfamide+mesna", "epirubicin+ifosfamide+mesna"
SYSTEMIC_AFTER = {(DOX, "adjuvant", "consider"), (EPI, "adjuvant", "consider")}
SYSTEMIC_BEFORE = {(DOX, "neoadjuvant", "first"), (EPI, "neoadjuvant", "first")}
EXCISION_FIRST = {("excision", "primary", "first")}
EXCISION_NEXT = {("excision", "primary", "plus")}


def at(group: str, *facts: Mapping[str, Stated], **stated: Stated) -> Case:
    together: dict[str, Stated] = {}
    for more in facts:
        together |= more
    named = {n.replace("-", "_"): v for n, v in together.items()}
    return in_group(group, **{**named, **stated})


STEPS: list[tuple[str, tuple[Mapping[str, Stated], ...], set[tuple[str, str | None, str]]]] = [
    ("extremity-stage-1", (), EXCISION_FIRST),
    ("extremity-stage-1", (R0,), set()),
    # stage II: radiotherapy and excision, or excision and radiotherapy or observation
    (TWO, (), {("neoadjuvant-radiotherapy", "neoadjuvant", "first"), *EXCISION_FIRST}),
    (TWO, (IRRADIATED,), EXCISION_NEXT),
    (TWO, (IRRADIATED, R0), set()),
    (
        TWO,
        (IRRADIATED, R1),
        {("radiotherapy-boost", "adjuvant", "consider"), ("observation", "adjuvant", "consider"),
         ("adjuvant-radiotherapy", "adjuvant", "consider")},
    ),
    (TWO, (R0,), {("adjuvant-radiotherapy", "adjuvant", "consider")}),
    (TWO, (R0, {"prior-radiotherapy": {"adjuvant"}}), set()),
    (TWO, (WIDE,), {("adjuvant-radiotherapy", "adjuvant", "consider"), ("observation", "adjuvant", "consider")}),
    # stage III: four routes
    (
        THREE,
        (),
        {("neoadjuvant-radiotherapy", "neoadjuvant", "first"), ("chemoradiation", "neoadjuvant", "first"),
         *SYSTEMIC_BEFORE, *EXCISION_FIRST},
    ),
    (THREE, (IRRADIATED,), {*SYSTEMIC_BEFORE, *EXCISION_NEXT}),
    (
        THREE,
        (TREATED,),
        {("neoadjuvant-radiotherapy", "neoadjuvant", "first"), ("chemoradiation", "neoadjuvant", "first"),
         *SYSTEMIC_BEFORE, *EXCISION_NEXT},
    ),
    (THREE, (IRRADIATED, R0), SYSTEMIC_AFTER),
    (THREE, (IRRADIATED, TREATED, R0), SYSTEMIC_AFTER),
    (
        THREE,
        (TREATED, R0),
        {("adjuvant-radiotherapy", "adjuvant", "plus"), ("chemoradiation", "adjuvant", "plus"), *SYSTEMIC_AFTER},
    ),
    (
        THREE,
        (R0,),
        {("adjuvant-radiotherapy", "adjuvant", "plus"), ("chemoradiation", "adjuvant", "plus"), *SYSTEMIC_AFTER},
    ),
    (THREE, (R0, {"prior-radiotherapy": {"adjuvant"}}), SYSTEMIC_AFTER),
    # the abdomen
    (BELLY, (), EXCISION_FIRST),
    (
        BELLY,
        ({"high-local-recurrence-risk": True},),
        {*EXCISION_FIRST, ("neoadjuvant-radiotherapy", "neoadjuvant", "consider")},
    ),
    (
        BELLY,
        ({"high-metastatic-risk": True},),
        {*EXCISION_FIRST, (DOX, "neoadjuvant", "consider"), (EPI, "neoadjuvant", "consider")},
    ),
    (
        BELLY,
        ({"downstaging-needed": True},),
        {*EXCISION_FIRST, (DOX, "neoadjuvant", "consider"), (EPI, "neoadjuvant", "consider")},
    ),
    (BELLY, (IRRADIATED,), {*EXCISION_NEXT, ("intraoperative-radiotherapy", "adjuvant", "consider")}),
    (BELLY, (R0,), set()),
    (BELLY, (R0, {"high-metastatic-risk": True}), SYSTEMIC_AFTER),
]  # fmt: skip


@pytest.mark.parametrize(("group", "facts", "expected"), STEPS, ids=tell)
def test_the_step_offers_what_comes_next(
    group: str, facts: tuple[Mapping[str, Stated], ...], expected: set[tuple[str, str | None, str]]
) -> None:
    assert offers_of(at(group, *facts)) == expected


@pytest.mark.parametrize(
    ("facts", "verdict", "reason"),
    [
        # 000, 001: below 5 cm, wide margin, could be resected again
        (WIDE, CAUTION, "sts.radiotherapy.may-be-omitted"),
        # the surgeon's judgement is the condition that the advice names
        ({**WIDE, "re-resectable": None}, CAUTION, "sts.radiotherapy.may-be-omitted"),
        ({**WIDE, "re-resectable": False}, ON, "sts.adjuvant-radiotherapy.stage-2"),
        ({**WIDE, "tumour-size-cm": 4.9}, CAUTION, "sts.radiotherapy.may-be-omitted"),
        ({**WIDE, "tumour-size-cm": 5}, ON, "sts.adjuvant-radiotherapy.stage-2"),
        ({**R0, "wide-margin": False}, ON, "sts.adjuvant-radiotherapy.stage-2"),
        ({**R0, "wide-margin": None, "re-resectable": True}, OPEN, None),
        # wide margins and a risk that the team does not accept, whatever the size
        (
            {
                **WIDE,
                "tumour-size-cm": 7,
                "tumour-depth": "superficial",
                "radiotherapy-risk-unacceptable": True,
            },
            CAUTION,
            "sts.radiotherapy.risk-unacceptable",
        ),
        # a positive margin is resected again where that costs little
        ({**R1, "re-resectable": True}, CAUTION, "sts.radiotherapy.re-excise-first"),
        ({**R1, "re-resectable": False}, ON, "sts.adjuvant-radiotherapy.stage-2"),
        ({**R1, "re-resectable": False, "margin-on-critical-structure": True}, ON, None),
        ({}, OFF, "sts.adjuvant-radiotherapy.surgery-first"),
        ({**R0, **IRRADIATED}, OFF, "sts.adjuvant-radiotherapy.neoadjuvant-given"),
        ({**R0, "prior-radiotherapy": {"adjuvant"}}, OFF, "sts.radiotherapy.given"),
        # a critical structure: only if none was given before
        (
            {**R1, **IRRADIATED, "margin-on-critical-structure": True},
            OFF,
            "sts.margins.critical-after-neoadjuvant",
        ),
        (
            {**R1, **IRRADIATED, "margin-on-critical-structure": False},
            ON,
            "sts.margins.adjuvant-radiotherapy",
        ),
        ({**R1, **IRRADIATED, "margin-on-critical-structure": None}, OPEN, None),
    ],
    ids=tell,
)
def test_radiotherapy_after_surgery_at_stage_2(
    facts: Mapping[str, Stated], verdict: str, reason: str | None
) -> None:
    found = ordered(at(TWO, facts), "adjuvant-radiotherapy")

    assert found.verdict == verdict
    assert reason is None or reason in found.reasons


def test_the_omission_advice_names_observation() -> None:
    """The issue: thigh, stage II, 4 cm, radiotherapy drafted after a wide margin."""
    found = ordered(at(TWO, WIDE), "adjuvant-radiotherapy")

    assert found.tests == ("observation",)
    assert set(found.sources) >= {"000", "001"}


@pytest.mark.parametrize(
    ("group", "facts", "option", "verdict", "reason"),
    [
        (TWO, {**R1, "re-resectable": True}, "re-excision", ON, "sts.margins.positive"),
        (TWO, {**R1, "re-resectable": False}, "re-excision", OFF, "sts.margins.not-re-resectable"),
        (TWO, {**R1, "re-resectable": None}, "re-excision", OPEN, None),
        (TWO, {**R0, "unplanned-excision": True, "re-resectable": True}, "re-excision", ON, "sts.margins.unplanned"),
        (TWO, {**R0, "re-resectable": True}, "re-excision", OFF, "sts.margins.clear"),
        (TWO, {}, "re-excision", OFF, "sts.margins.not-resected"),
        # margin not on record: a radiation oncologist is consulted
        (
            TWO,
            {"tumour-resected": True, "residual-tumour": None, "re-resectable": True},
            "re-excision", CAUTION, "sts.margins.uncertain",
        ),
        ("extremity-stage-1", {**R1, "re-resectable": True}, "re-excision", ON, "sts.margins.positive"),
        ("extremity-stage-1", R1, "adjuvant-radiotherapy", ON, "sts.margins.adjuvant-radiotherapy"),
        ("extremity-stage-1", R0, "adjuvant-radiotherapy", OFF, "sts.stage-1.surgery-alone"),
        (TWO, R1, "radiotherapy-boost", OFF, "sts.boost.no-neoadjuvant"),
        (TWO, {**IRRADIATED, **R0}, "radiotherapy-boost", OFF, "sts.boost.margins-clear"),
        (TWO, {**IRRADIATED, **R1}, "radiotherapy-boost", ON, "sts.margins.boost"),
        (TWO, R0, "excision", OFF, "sts.excision.already-resected"),
        (TWO, R0, "neoadjuvant-radiotherapy", OFF, "sts.neoadjuvant.already-resected"),
        # 000: amputation where the limb would be useless, or by preference
        (TWO, {"limb-function-lost-by-resection": True}, "amputation", ON, "sts.amputation.limb"),
        (TWO, {"amputation-preferred": True}, "amputation", ON, "sts.amputation.limb"),
        (TWO, {}, "amputation", OFF, "sts.amputation.limb-can-be-saved"),
        (TWO, {"limb-function-lost-by-resection": None}, "amputation", OPEN, None),
        # 22: grade 3 and grade 2
        (THREE, {**R0, "fnclcc-grade": 3}, DOX, ON, "sts.adjuvant.grade-3"),
        (THREE, {**R0, "fnclcc-grade": 2}, DOX, ON, "sts.adjuvant.grade-below-3"),
        (THREE, R0, EPI, ON, "sts.adjuvant.grade-open"),
        (THREE, {}, "doxorubicin+dacarbazine", OFF, "sts.perioperative.two-regimens"),
        (THREE, {}, "pazopanib", OFF, "sts.advanced-only"),
        # 26: not routine behind the peritoneum
        (BELLY, R0, "adjuvant-radiotherapy", OFF, "sts.abdominal.adjuvant-radiotherapy-not-routine"),
        (BELLY, {**R0, **NODES}, "adjuvant-radiotherapy", ON, "sts.nodes.with-radiotherapy"),
        (BELLY, {"high-local-recurrence-risk": None}, "neoadjuvant-radiotherapy", OPEN, None),
        (BELLY, {}, "neoadjuvant-radiotherapy", OFF, "sts.abdominal.local-risk-not-high"),
        (BELLY, {}, "intraoperative-radiotherapy", OFF, "sts.intraoperative.no-neoadjuvant"),
        (BELLY, R0, DOX, OFF, "sts.abdominal.metastatic-risk-not-high"),
        (BELLY, {**R0, "high-metastatic-risk": None}, DOX, OPEN, None),
        # 25: proven nodes only
        (THREE, {}, "regional-lymph-node-dissection", OFF, "sts.nodes.not-proven"),
        (THREE, NODES, "regional-lymph-node-dissection", ON, "sts.nodes.dissection"),
        (BELLY, NODES, "regional-lymph-node-dissection", ON, "sts.nodes.dissection"),
    ],
    ids=tell,
)  # fmt: skip
def test_an_order_at_its_step(
    group: str, facts: Mapping[str, Stated], option: str, verdict: str, reason: str | None
) -> None:
    found = ordered(at(group, facts), option)

    assert found.verdict == verdict
    assert reason is None or reason in found.reasons


def test_imaging_comes_first_after_an_unplanned_excision() -> None:
    assert ("staging-imaging", None, "first") in offers_of(at(TWO, R1, unplanned_excision=True))
    assert ("staging-imaging", None, "first") not in offers_of(at(TWO, R1))


@pytest.mark.parametrize("recurrence", ["none", "local"])
def test_radiotherapy_of_unknown_timing_does_not_hide_the_excision(recurrence: str) -> None:
    found = ordered(at(THREE, recurrence=recurrence, prior_radiotherapy=None), "excision")

    assert found.verdict == ON


@pytest.mark.parametrize(
    ("beside", "item", "verdict"),
    [
        ((), "ifosfamide", CAUTION),
        (("mesna",), "ifosfamide", CAUTION),
        (("epirubicin",), "ifosfamide", CAUTION),
        (("epirubicin", "mesna"), "ifosfamide", ON),
        (("doxorubicin", "mesna"), "ifosfamide", ON),
        (("ifosfamide",), "doxorubicin", CAUTION),
        ((), "mesna", "out-of-scope"),
        (("doxorubicin",), "mesna", "out-of-scope"),
        (("ifosfamide",), "mesna", CAUTION),
        (("ifosfamide", "doxorubicin"), "mesna", ON),
    ],
    ids=tell,
)
def test_drafts_of_a_regimen_are_read_together(beside: tuple[str, ...], item: str, verdict: str) -> None:
    """31: ifosfamide without mesna is a caution; mesna without ifosfamide is meant for something else."""
    others = [draft(other, name=f"rx-{n + 2}") for n, other in enumerate(beside)]

    assert judged(in_group(THREE), draft(item), *others).verdict == verdict


def test_what_is_being_taken_completes_a_regimen() -> None:
    taken = in_group(THREE, current_therapy={"doxorubicin", "mesna"})

    assert judged(taken, draft("ifosfamide")).verdict == ON


def test_a_local_recurrence_is_before_its_surgery_whatever_was_resected_before() -> None:
    before = in_group("extremity-recurrent-local", residual_tumour="R0")
    after = in_group("extremity-recurrent-local", recurrence_resected=True)

    assert ("excision", "primary", "first") in offers_of(before)
    assert ordered(before, "adjuvant-radiotherapy").reasons == ("sts.adjuvant-radiotherapy.surgery-first",)
    assert ordered(after, "excision").reasons == ("sts.excision.already-resected",)


def test_earlier_radiotherapy_at_the_site_of_a_recurrence_is_not_addressed() -> None:
    irradiated = in_group("extremity-recurrent-local", prior_radiotherapy={"adjuvant"})
    found = ordered(irradiated, "neoadjuvant-radiotherapy")

    assert found.verdict == "not-addressed"
    assert found.reasons == ("sts.radiotherapy.recurrence-irradiated",)


def test_a_large_deep_tumour_shows_all_routes_beside_the_excision() -> None:
    """The issue: deep, high grade, 9 cm, excision drafted first: on the pathway, with the alternatives."""
    case = in_group(THREE)

    assert ordered(case, "excision").verdict == ON
    assert {option for option, _, line in offers_of(case) if line == "first"} == {
        "excision", "neoadjuvant-radiotherapy", "chemoradiation", DOX, EPI,
    }  # fmt: skip


def test_a_stage_that_is_open_between_two_and_three_gives_what_both_offer() -> None:
    case = in_group(TWO, tumour_size_cm=None, tumour_depth=Choice(frozenset({"superficial", "deep"})))

    assert ordered(case, "neoadjuvant-radiotherapy").verdict == ON
    assert ordered(case, "chemoradiation").verdict == OPEN
