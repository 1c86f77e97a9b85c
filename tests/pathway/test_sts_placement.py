"""Where a patient with a soft-tissue sarcoma is placed: decisions 1 to 5, 9a and 10, by hand."""

from __future__ import annotations

import csv
from collections.abc import Mapping

import pytest

from cds_service.case.fact import Choice, Interval

from ..beside import shared
from .cases import Stated, assessed, draft, knowledge, offered, tell
from .sarcomas import BELLY, LARGE, LOW, PLAIN, RESECTABLE, SMALL, UNRESECTABLE, placed, sts

ONE, TWO, THREE = "extremity-stage-1", "extremity-stage-2-resectable", "extremity-stage-3-4-resectable"
FIXED = "extremity-unresectable"
OLIGO, SPREAD = "extremity-stage-4-oligometastatic", "extremity-stage-4-disseminated"
LOCAL, REGIONAL = "extremity-recurrent-local", "extremity-recurrent-regional"
BACK_OLIGO, BACK_SPREAD = "extremity-recurrent-oligometastatic", "extremity-recurrent-disseminated"
A_RESECTABLE, A_FIXED = "abdominal-resectable", "abdominal-unresectable"
A_OLIGO, A_SPREAD = "abdominal-oligometastatic", "abdominal-disseminated"
ONE_FIXED = "[extremity-stage-1-unresectable]"
R0: Mapping[str, Stated] = {"tumour-resected": True, "residual-tumour": "R0"}


def either(*values: str) -> Choice:
    return Choice(frozenset(values))


def stage(case: Mapping[str, Stated], **stated: Stated) -> set[str]:
    found = assessed(sts(case, **stated)).facts["stage"].value
    assert isinstance(found, Choice)
    return {str(s) for s in found.possible}


@pytest.mark.parametrize(
    ("stated", "expected", "of_stage"),
    [
        (LOW, {ONE}, {"I"}),
        # low grade is stage I at any depth and size
        ({**LOW, "tumour-depth": None, "tumour-size-cm": None}, {ONE}, {"I"}),
        ({**LOW, "n-category": "N0"}, {ONE}, {"I"}),
        # high grade: III only when deep *and* above 5 cm
        (SMALL, {TWO}, {"II"}),
        ({**SMALL, "tumour-size-cm": 5}, {TWO}, {"II"}),
        ({**SMALL, "tumour-size-cm": 5.1}, {THREE}, {"III"}),
        ({**SMALL, "tumour-size-cm": 0.5}, {TWO}, {"II"}),
        (LARGE, {THREE}, {"III"}),
        ({**LARGE, "tumour-depth": "superficial"}, {TWO}, {"II"}),
        ({**LARGE, "tumour-depth": "superficial", "tumour-size-cm": None}, {TWO}, {"II"}),
        # depth or size unknown
        ({**LARGE, "tumour-depth": None}, {TWO, THREE}, {"II", "III"}),
        ({**LARGE, "tumour-size-cm": None}, {TWO, THREE}, {"II", "III"}),
        ({**SMALL, "tumour-depth": None}, {TWO}, {"II"}),
        ({**LARGE, "tumour-size-cm": Interval(5, 9)}, {TWO, THREE}, {"II", "III"}),
        ({**LARGE, "tumour-size-cm": Interval(5, 9, low_open=True)}, {THREE}, {"III"}),
        ({**LARGE, "tumour-depth": None, "tumour-size-cm": None}, {TWO, THREE}, {"II", "III"}),
        # grade unknown
        ({**SMALL, "grade": None}, {ONE, TWO}, {"I", "II"}),
        ({**LARGE, "grade": None}, {ONE, THREE}, {"I", "III"}),
        ({**LARGE, "grade": None, "tumour-depth": None}, {ONE, TWO, THREE}, {"I", "II", "III"}),
        # N1 M0 goes with stage III at any grade, size and depth
        ({**LOW, "n-category": "N1"}, {THREE}, {"IV"}),
        ({"primary-site": "thigh", "n-category": "N1"}, {THREE}, {"IV"}),
        ({**SMALL, "n-category": either("N0", "N1")}, {TWO, THREE}, {"II", "IV"}),
    ],
    ids=tell,
)
def test_a_resectable_extremity_tumour(
    stated: dict[str, Stated], expected: set[str], of_stage: set[str]
) -> None:
    """Decisions 1 and 2."""
    assert placed(sts(RESECTABLE, stated)) == expected
    assert stage(stated, resectability="resectable") == of_stage
    assert assessed(sts(RESECTABLE, stated)).placement == ("placed" if len(expected) == 1 else "several")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (SMALL, {FIXED}),
        (LARGE, {FIXED}),
        ({**LOW, "n-category": "N1"}, {FIXED}),
        ({**LARGE, "tumour-depth": None}, {FIXED}),
        # 3: unresectable stage I is not addressed
        (LOW, {ONE_FIXED}),
        ({**SMALL, "grade": None}, {ONE_FIXED, FIXED}),
    ],
    ids=tell,
)
def test_an_unresectable_extremity_tumour(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 3."""
    assert placed(sts(UNRESECTABLE, stated)) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        # nobody has said whether it can be removed
        (SMALL, {TWO, FIXED}),
        (LARGE, {THREE, FIXED}),
        ({**SMALL, "n-category": "N1"}, {THREE, FIXED}),
        ({**LARGE, "grade": None}, {ONE, THREE, FIXED}),
        (BELLY, {A_RESECTABLE, A_FIXED}),
        # a tumour of low grade counts as resectable unless a surgeon has said otherwise
        (LOW, {ONE}),
        # operable at a cost is operable
        ({**LARGE, "resectability": "resectable-significant-morbidity"}, {THREE}),
        # 10: the word of a drafted resection with curative intent
        ({**LARGE, "resectability": either("resectable", "resectable-significant-morbidity")}, {THREE}),
        # removed R0 or R1, or with a wide margin: it stays in its stage group
        ({**SMALL, **R0}, {TWO}),
        ({**LARGE, **R0, "residual-tumour": "R1"}, {THREE}),
        ({**SMALL, "tumour-resected": True, "wide-margin": True}, {TWO}),
        ({**LARGE, **R0, **UNRESECTABLE}, {THREE}),
        ({**BELLY, **R0}, {A_RESECTABLE}),
        # gross residual disease says nothing of what can still be removed
        ({**LARGE, **R0, "residual-tumour": "R2"}, {THREE, FIXED}),
        ({**LARGE, **R0, "residual-tumour": "R2", **UNRESECTABLE}, {FIXED}),
        ({**LARGE, **R0, "residual-tumour": "R2", "wide-margin": True}, {THREE, FIXED}),
        # margins that nobody recorded may have been R2
        ({**LARGE, "tumour-resected": True}, {THREE, FIXED}),
        ({**LARGE, "tumour-resected": True, **RESECTABLE}, {THREE}),
        # an earlier resection says nothing of what came back
        ({**BELLY, **R0, "recurrence": "local"}, {A_RESECTABLE, A_FIXED}),
    ],
    ids=tell,
)
def test_what_tells_that_a_tumour_can_be_removed(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 10."""
    assert placed(sts(stated)) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"metastasis-extent": "limited", "metastatic-organ-count": 1}, {OLIGO}),
        ({"metastasis-extent": "disseminated", "metastatic-organ-count": 1}, {SPREAD}),
        # with or without nodes
        ({"metastasis-extent": "limited", "n-category": "N1"}, {OLIGO}),
        # 001 sets no number of organs for a first disease of an extremity
        ({"metastasis-extent": "limited", "metastatic-organ-count": 2}, {OLIGO}),
        ({"metastasis-extent": "limited", "metastatic-organ-count": None}, {OLIGO}),
        # the extent is nobody's guess
        ({"metastatic-organ-count": 1}, {OLIGO, SPREAD}),
        ({"metastatic-organ-count": 3}, {OLIGO, SPREAD}),
        ({"metastasis-extent": "regional-nodes"}, {OLIGO, SPREAD}),
        ({"metastasis-extent": "none"}, {OLIGO, SPREAD}),
        # grade and resectability do not matter any more
        ({"metastasis-extent": "limited", "grade": None, "resectability": None}, {OLIGO}),
    ],
    ids=tell,
)
def test_an_extremity_tumour_with_distant_metastases(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 2."""
    case = sts(LARGE, {"m-category": "M1", "resectability": "unresectable", **stated})

    assert placed(case) == expected
    assert stage(LARGE, m_category="M1") == {"IV"}


def test_an_open_m_category_keeps_both_ways_open() -> None:
    unseen = either("M0", "M1")

    assert placed(sts(SMALL, RESECTABLE, m_category=unseen)) == {TWO, OLIGO, SPREAD}
    assert stage(SMALL, resectability="resectable", m_category=unseen) == {"II", "IV"}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (RESECTABLE, {A_RESECTABLE}),
        (UNRESECTABLE, {A_FIXED}),
        # grade, size and nodes do not part these groups
        ({**RESECTABLE, "grade": "low"}, {A_RESECTABLE}),
        ({**UNRESECTABLE, "grade": "low"}, {A_FIXED}),
        ({**UNRESECTABLE, "n-category": "N1"}, {A_FIXED}),
        ({**RESECTABLE, "n-category": "N1", "grade": None, "tumour-size-cm": None}, {A_RESECTABLE}),
        # primary or recurrent
        ({**RESECTABLE, "recurrence": "local"}, {A_RESECTABLE}),
        ({**UNRESECTABLE, "recurrence": "local"}, {A_FIXED}),
        ({**UNRESECTABLE, "recurrence": "regional"}, {A_FIXED}),
        # a single organ with limited bulk
        ({"m-category": "M1", "metastasis-extent": "limited", "metastatic-organ-count": 1}, {A_OLIGO}),
        ({"m-category": "M1", "metastasis-extent": "limited", "metastatic-organ-count": 2}, {A_SPREAD}),
        (
            {"m-category": "M1", "metastasis-extent": "limited", "metastatic-organ-count": None},
            {A_OLIGO, A_SPREAD},
        ),
        ({"m-category": "M1", "metastasis-extent": "disseminated", "metastatic-organ-count": 1}, {A_SPREAD}),
        ({"m-category": "M1", "metastatic-organ-count": 1}, {A_OLIGO, A_SPREAD}),
        # more than one organ is never single-organ disease, whatever the bulk
        ({"m-category": "M1", "metastatic-organ-count": 2}, {A_SPREAD}),
        ({"recurrence": "distant", "metastasis-extent": "limited", "metastatic-organ-count": 1}, {A_OLIGO}),
        ({"recurrence": "distant", "metastatic-organ-count": 3}, {A_SPREAD}),
    ],
    ids=tell,
)
def test_an_abdominal_tumour(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decisions 2 and 5."""
    assert placed(sts(BELLY, stated)) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"recurrence": "local"}, {LOCAL}),
        ({"recurrence": "regional"}, {REGIONAL}),
        (
            {"recurrence": "distant", "metastasis-extent": "limited", "metastatic-organ-count": 1},
            {BACK_OLIGO},
        ),
        # limited disease in two organs is single-organ disease nowhere but at first
        (
            {"recurrence": "distant", "metastasis-extent": "limited", "metastatic-organ-count": 2},
            {BACK_SPREAD},
        ),
        ({"recurrence": "distant", "metastasis-extent": "disseminated"}, {BACK_SPREAD}),
        ({"recurrence": "distant", "metastatic-organ-count": 2}, {BACK_SPREAD}),
        ({"recurrence": "distant", "metastatic-organ-count": 1}, {BACK_OLIGO, BACK_SPREAD}),
        # metastases beside a local recurrence are recurrent metastases
        (
            {"recurrence": "local", "m-category": "M1", "metastasis-extent": "disseminated"},
            {BACK_SPREAD},
        ),
        # a recurrence of which nobody says where
        (
            {"recurrence": either("local", "regional", "distant"), "metastatic-organ-count": 2},
            {LOCAL, REGIONAL, BACK_SPREAD},
        ),
    ],
    ids=tell,
)
def test_a_recurrence_of_an_extremity_tumour(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 5."""
    assert placed(sts(LARGE, RESECTABLE, PLAIN, stated)) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (LOW, {ONE}),
        ({**SMALL, **RESECTABLE}, {TWO}),
        ({**LARGE, **RESECTABLE}, {THREE}),
        ({**LARGE, **UNRESECTABLE}, {FIXED}),
        ({**SMALL, **RESECTABLE, "n-category": "N1"}, {THREE}),
        (SMALL, {TWO, FIXED}),
        # the first tumour was removed; that does not make the recurrence resectable
        ({**SMALL, **R0}, {TWO, FIXED}),
        # a stage at diagnosis does not describe a recurrence
        ({**LARGE, **RESECTABLE, "tumour-depth": None, "stated-stage": "II"}, {TWO, THREE}),
        ({**LARGE, **RESECTABLE, "stated-stage": "II"}, {THREE}),
    ],
    ids=tell,
)
def test_a_local_recurrence_is_treated_as_its_own_stage(
    stated: dict[str, Stated], expected: set[str]
) -> None:
    """Decision 5: the group is that of the recurrence, options and verdicts those of the primary group."""
    found = assessed(sts(stated, {"recurrence": "local"}))

    assert found.groups == ("sts-extremity-recurrent-local",)
    assert found.placement == "placed"
    assert {name.removeprefix("sts-") for name in found.treated_as} == expected
    assert found.to_json()["treatedAs"] == sorted(f"sts-{name}" for name in expected)


@pytest.mark.parametrize("base", [{**SMALL, **RESECTABLE}, {**LARGE, **UNRESECTABLE}, LOW], ids=tell)
def test_options_and_verdicts_of_a_local_recurrence_are_those_of_the_primary_group(
    base: dict[str, Stated],
) -> None:
    drafts = [draft(i, name=i) for i in ("doxorubicin", "pazopanib", "excision", "ablation", "imatinib")]
    first = assessed(sts(base), *drafts)
    again = assessed(sts(base, {"recurrence": "local"}), *drafts)

    assert {(o.option, o.role, o.line) for o in first.options} <= {
        (o.option, o.role, o.line) for o in again.options
    }
    assert [(v.option, v.verdict) for v in again.verdicts] == [(v.option, v.verdict) for v in first.verdicts]


def test_an_unresectable_local_recurrence_of_low_grade_is_not_addressed() -> None:
    """Decision 3, through decision 5."""
    found = assessed(sts(LOW, UNRESECTABLE, {"recurrence": "local"}), draft("doxorubicin"))

    assert found.placement == "not-addressed"
    assert found.groups == ("sts-extremity-recurrent-local",)
    assert found.to_json()["notAddressed"] == "sts-extremity-stage-1-unresectable"
    assert [v.verdict for v in found.verdicts] == ["not-addressed"]


@pytest.mark.parametrize(
    ("stated", "expected", "said"),
    [
        # it chooses where grade, depth or size are unknown
        ({**LARGE, "tumour-depth": None, "stated-stage": "II"}, {TWO}, False),
        ({**LARGE, "tumour-depth": None, "stated-stage": "III"}, {THREE}, False),
        ({"primary-site": "knee", "stated-stage": "I"}, {ONE}, False),
        ({"primary-site": "knee", "stated-stage": "III"}, {THREE}, False),
        ({**LARGE, "grade": None, "stated-stage": "III"}, {THREE}, False),
        # it agrees
        ({**SMALL, "stated-stage": "II"}, {TWO}, False),
        # it disagrees: both stay possible, and that is said
        ({**SMALL, "stated-stage": "III"}, {TWO, THREE}, True),
        ({**LARGE, "stated-stage": "II"}, {TWO, THREE}, True),
        ({**LARGE, "stated-stage": "I"}, {ONE, THREE}, True),
        ({**SMALL, "stated-stage": "I"}, {ONE, TWO}, True),
        ({**LOW, "stated-stage": "II"}, {ONE, TWO}, True),
        ({**LOW, "stated-stage": "III"}, {ONE, THREE}, True),
        ({**LARGE, "tumour-depth": None, "stated-stage": "I"}, {ONE, TWO, THREE}, True),
        ({**LARGE, "grade": None, "stated-stage": "II"}, {ONE, TWO, THREE}, True),
        # nodes and metastases outrank it
        ({**SMALL, "n-category": "N1", "stated-stage": "II"}, {THREE}, False),
        ({**SMALL, "m-category": "M1", "metastasis-extent": "limited", "stated-stage": "II"}, {OLIGO}, False),
        # IV is not among what it can choose
        ({**LARGE, "tumour-depth": None, "stated-stage": "IV"}, {TWO, THREE}, False),
        # records that contradict each other choose nothing
        ({**LARGE, "tumour-depth": None, "stated-stage": either("I", "II")}, {TWO, THREE}, False),
    ],
    ids=tell,
)
def test_a_stated_stage(stated: dict[str, Stated], expected: set[str], said: bool) -> None:
    """Decision 1."""
    found = assessed(sts(RESECTABLE, stated))

    assert placed(sts(RESECTABLE, stated)) == expected
    assert ("stage-disagrees" in found.remarks) is said


def test_a_stated_stage_iv_without_nodes_or_metastases_is_said() -> None:
    alone = assessed(sts(SMALL, RESECTABLE, stated_stage="IV"))
    with_nodes = assessed(sts(SMALL, RESECTABLE, stated_stage="IV", n_category="N1"))

    assert "stage-4-without-spread" in alone.remarks
    assert "stage-4-without-spread" not in with_nodes.remarks


@pytest.mark.parametrize("said", ["I", "II", "III", "IV"])
def test_a_stated_stage_never_places_a_retroperitoneal_tumour(said: str) -> None:
    assert placed(sts(BELLY, RESECTABLE, stated_stage=said)) == {A_RESECTABLE}


def test_nobody_is_asked_for_a_stage() -> None:
    """It gives way to grade, depth and size, so these are what is asked for."""
    missing = {m.fact for m in assessed(sts(LARGE, RESECTABLE, tumour_depth=None)).missing}

    assert "tumour-depth" in missing
    assert "stated-stage" not in missing


EXTREMITY = [
    *("upper-limb", "shoulder", "axilla", "upper-arm", "elbow", "forearm", "wrist", "hand"),
    *("lower-limb", "hip", "buttock", "groin", "thigh", "knee", "lower-leg", "ankle", "foot"),
]
GIRDLES = {"shoulder", "axilla", "buttock", "groin", "hip"}
ABDOMINAL = [
    *("stomach", "duodenum", "jejunum", "ileum", "small-intestine", "colon", "rectum"),
    *("mesentery", "omentum", "peritoneum", "retroperitoneum", "pancreas", "liver", "abdomen"),
]


@pytest.mark.parametrize("site", EXTREMITY)
def test_limbs_and_limb_girdles_are_extremity(site: str) -> None:
    """Decision 9a: the girdles count as extremity, and that is said."""
    case = sts(SMALL, RESECTABLE, primary_site=site)

    assert placed(case) == {TWO}
    assert ("girdle-counts-as-extremity" in assessed(case).remarks) is (site in GIRDLES)


@pytest.mark.parametrize("site", ABDOMINAL)
def test_organs_and_spaces_of_the_abdomen_are_abdominal(site: str) -> None:
    assert placed(sts(BELLY, RESECTABLE, primary_site=site)) == {A_RESECTABLE}


@pytest.mark.parametrize(
    ("site", "silence"),
    [
        ("abdominal-wall", "trunk"),
        ("chest-wall", "trunk"),
        ("back", "trunk"),
        ("trunk", "trunk"),
        ("head-neck", "head-neck"),
        ("breast", "breast"),
        ("thorax", "thorax"),
        ("uterus", "uterus"),
        ("paratesticular", "paratesticular"),
    ],
)
@pytest.mark.parametrize("more", [RESECTABLE, {"m-category": "M1"}, {"recurrence": "local"}], ids=tell)
def test_sites_that_the_sources_do_not_address(site: str, silence: str, more: dict[str, Stated]) -> None:
    """Decision 4."""
    found = assessed(sts(LARGE, more, primary_site=site), draft("doxorubicin"))

    assert found.placement == "not-addressed"
    assert found.groups == ()
    assert found.to_json()["notAddressed"] == f"sts-{silence}"
    assert [v.verdict for v in found.verdicts] == ["not-addressed"]


@pytest.mark.parametrize(
    "histology",
    ["rhabdomyosarcoma", "ewing-sarcoma", "desmoplastic-small-round-cell-tumour", "dermatofibrosarcoma"],
)
@pytest.mark.parametrize("base", [{**LARGE, **RESECTABLE}, {**BELLY, **RESECTABLE}], ids=tell)
def test_histologies_that_the_sources_do_not_address(histology: str, base: dict[str, Stated]) -> None:
    """Decision 4."""
    found = assessed(sts(base, histology=histology))

    assert found.placement == "not-addressed"
    assert found.to_json()["notAddressed"] == f"sts-{histology}"


def test_an_unrecorded_histology_is_taken_for_an_addressed_one_and_said() -> None:
    silent = assessed(sts(SMALL, RESECTABLE))
    known = assessed(sts(SMALL, RESECTABLE, histology="leiomyosarcoma"))

    assert silent.groups == known.groups == ("sts-extremity-stage-2-resectable",)
    assert "histology-not-recorded" in silent.remarks
    assert "histology-not-recorded" not in known.remarks


def test_records_that_disagree_on_the_histology_keep_both_possible() -> None:
    case = sts(SMALL, RESECTABLE, histology=either("rhabdomyosarcoma", "leiomyosarcoma"))

    assert placed(case) == {TWO, "[rhabdomyosarcoma]"}
    assert assessed(case).placement == "several"
    assert assessed(case).to_json()["possiblyNotAddressed"] == ["sts-rhabdomyosarcoma"]
    assert "notAddressed" not in assessed(case).to_json()


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({**SMALL, **RESECTABLE}, {TWO, A_RESECTABLE}),
        ({**LARGE, **UNRESECTABLE}, {FIXED, A_FIXED}),
        # only the abdominal one is addressed
        ({**LOW, **UNRESECTABLE}, {ONE_FIXED, A_FIXED}),
        (
            {**LARGE, "m-category": "M1", "metastasis-extent": "limited", "metastatic-organ-count": 2},
            {OLIGO, A_SPREAD},
        ),
        ({**LARGE, "recurrence": "local", **RESECTABLE}, {LOCAL, A_RESECTABLE}),
    ],
    ids=tell,
)
def test_pelvis_alone_may_be_either(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 9a."""
    case = sts(stated, primary_site="pelvis")

    assert placed(case) == expected
    assert assessed(case).placement == "several"
    assert "pelvis-may-be-either" in assessed(case).remarks


def test_an_unknown_site_may_be_any() -> None:
    found = assessed(sts(SMALL, RESECTABLE, primary_site=None))
    sites = {"trunk", "head-neck", "breast", "thorax", "uterus", "paratesticular"}

    assert placed(sts(SMALL, RESECTABLE, primary_site=None)) == {
        TWO,
        A_RESECTABLE,
        *(f"[{s}]" for s in sites),
    }
    assert "primary-site" in {m.fact for m in found.missing}


@pytest.mark.parametrize(
    ("stated", "asked", "behind"),
    [
        ({"primary-site": "pelvis"}, {"primary-site"}, "sts-region"),
        ({"primary-site": "oesophagus"}, {"primary-site"}, "sts-region"),
        (
            {"m-category": "M1", "metastatic-organ-count": 1, "metastasis-extent": "none"},
            {"metastasis-extent"},
            "metastatic-load",
        ),
        ({"stated-stage": "I"}, {"grade"}, "local-stage"),
        ({"stated-stage": "II"}, {"tumour-depth", "tumour-size-cm"}, "local-stage"),
    ],
)
def test_what_is_known_and_decides_nothing_is_asked_for_by_its_recorded_facts(
    stated: Mapping[str, Stated], asked: set[str], behind: str
) -> None:
    """A derived fact that stays open although all behind it is known is no name that a user could record."""
    found = assessed(sts(LARGE, RESECTABLE, PLAIN, stated))
    decide = {m.fact: m.behind for m in found.missing if "patientGroups" in m.changes}
    needs = {name for offered in found.options for name in offered.needs}

    assert len(placed(sts(LARGE, RESECTABLE, PLAIN, stated))) > 1
    assert decide == dict.fromkeys(asked, behind)
    assert asked <= needs
    assert not any(knowledge().vocabulary[name].derived for name in needs | decide.keys())


def test_a_definite_verdict_needs_all_that_is_possible() -> None:
    """Decision 29: where one possible region is not addressed, nothing is definite."""
    drafts = [draft("excision", name="a"), draft("doxorubicin", name="b")]
    found = assessed(sts(SMALL, RESECTABLE, primary_site=either("thigh", "trunk")), *drafts)

    assert placed(sts(SMALL, RESECTABLE, primary_site=either("thigh", "trunk"))) == {TWO, "[trunk]"}
    assert [v.verdict for v in found.verdicts] == ["undetermined", "undetermined"]


@pytest.mark.parametrize("base", [LARGE, BELLY, {**LARGE, "primary-site": "trunk"}], ids=tell)
def test_every_patient_is_referred_to_an_expert_centre(base: dict[str, Stated]) -> None:
    """000 says so of all, those among them of whom the sources say nothing else."""
    referral = offered(sts(base), "expert-centre-referral")

    assert referral is not None
    assert referral.answer is True
    assert referral.sources == ("000",)


def test_an_order_for_something_else_stays_out_of_scope_where_nothing_is_addressed() -> None:
    case = sts(LARGE, primary_site="uterus")
    other = draft("embolisation", indication="other", name="a")
    untied = draft("embolisation", indication="not-stated", name="b")
    test = draft("mutation-testing", name="c")

    assert [v.verdict for v in assessed(case, other, untied, test).verdicts] == ["out-of-scope"] * 3


@pytest.mark.parametrize(("age", "outside"), [(17.9, True), (18, False), (Interval(3, 9), True)])
def test_under_18_is_out_of_scope(age: float | Interval, outside: bool) -> None:
    """Decision 4."""
    found = assessed(sts(LARGE, RESECTABLE, age_years=age), draft("doxorubicin"))

    assert (found.placement == "out-of-scope") is outside
    assert (found.verdicts[0].verdict == "out-of-scope") is outside


def test_rules_of_one_disease_never_judge_the_other() -> None:
    """A D842V result, or a draft out of the order of the GIST inhibitors, is nothing to a sarcoma."""
    drafts = [draft(i, name=i) for i in ("imatinib", "regorafenib", "sunitinib")]
    found = assessed(sts(LARGE, RESECTABLE, genotype={"pdgfra-exon-18-insensitive"}), *drafts)

    assert [v.verdict for v in found.verdicts] == ["off-pathway"] * 3
    for disease in ("gist", "sts"):
        rules = knowledge().of(disease).judge.rules.values()
        assert {r.disease for o in rules for r in (*o.contraindicated, *o.caution)} <= {disease}
        assert {t.disease for t in knowledge().of(disease).tables} == {disease}
        assert {g.disease for g in knowledge().of(disease).groups.values()} == {disease}


def test_a_sarcoma_lists_no_facts_of_gist_and_a_gist_none_of_sarcoma() -> None:
    listed = set(assessed(sts(LARGE, RESECTABLE)).listed)

    assert {"histology", "grade", "tumour-depth", "stage"} <= listed
    assert listed.isdisjoint({"genotype", "imatinib-sensitivity", "mitoses-per-50-hpf", "recurrence-risk"})


def test_every_group_of_the_contract_can_be_reached() -> None:
    with shared("contract", "patient-groups.csv").open(encoding="utf-8") as lines:
        contracted = {row["id"] for row in csv.DictReader(lines) if row["disease"] == "sts"}
    table = knowledge().of("sts").table("patient-group")
    assert table is not None
    reached = {str(result) for row in table.rows for result in row.results}

    assert set(knowledge().of("sts").groups) == contracted
    assert reached == contracted | set(knowledge().of("sts").not_addressed)
