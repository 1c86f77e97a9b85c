"""Trial NCT03862768 (document 004; decision 27): eligible only if every criterion is met, ineligible if one is not.

Every expectation is the registration's own: its eight inclusion and nine exclusion criteria, read by hand.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cds_service.case.fact import Case, Choice, Interval, Members, Value
from cds_service.pathway.answer import Answer
from cds_service.pathway.trials import TrialStanding

from .cases import Stated, assessed, chart, gist, knowledge
from .trial_patients import FITTING, trial

# criterion -> what a chart says that does not fulfil it
AGAINST: dict[str, Mapping[str, Stated]] = {
    "pathology-confirmed": {"advanced-disease-pathology-confirmed": False},
    "recurrent-or-metastatic": {"m-category": "M0", "metastatic-sites": set()},
    "standard-imatinib": {"standard-imatinib-treatment": False},
    "progression-on-imatinib": {"progression-on-imatinib": False},
    "progressing-organs": {"progressing-organs": 2},
    "progressing-lesions": {"progressing-lesions": 4},
    "progressing-lesions-resectable": {"progressing-lesions-resectable": False},
    "age-years": {"age-years": 76},
    "other-malignancy-within-five-years": {"other-malignancy-within-five-years": True},
    "performance-status-ecog": {"performance-status-ecog": 2},
    "asa-class": {"asa-class": 3},
    "informed-consent": {"consent-nct03862768": False},
    "serious-comorbidity": {"serious-comorbidity": True},
    "extensive-progression": {"progression": "generalised"},
    "imatinib-primary-resistance": {"imatinib-primary-resistance": True},
    "simultaneous-surgical-disease": {"simultaneous-surgical-disease": True},
    "tumour-complication": {"tumour-complication": True},
    "pregnancy-or-lactation": {"pregnancy": True},
    "serious-mental-illness": {"serious-mental-illness": True},
    "trial-participation": {"trial-participation": True},
    "other-inhibitor": {"current-therapy": {"imatinib", "sunitinib"}},
}
# criterion -> what a chart leaves open so that it is unknown
OPEN: dict[str, Mapping[str, Stated]] = {
    **{name: dict.fromkeys(facts) for name, facts in AGAINST.items()},
    "recurrent-or-metastatic": {"m-category": None, "n-category": None, "recurrence": None},
    "progression-on-imatinib": {"progression-on-imatinib": None},
    "other-inhibitor": {"current-therapy": Members(frozenset({"imatinib"}), frozenset({"sunitinib"}))},
    "extensive-progression": {"progression": Choice(frozenset({"limited", "generalised"}))},
}


def standing(case: Case) -> TrialStanding:
    (found,) = assessed(case).trials
    return found


def names(case: Case, wanted: Answer) -> set[str]:
    """Criteria that are met (True), not met (False) or unknown (None)."""
    return {c.name for c, answer in standing(case).answers if answer is wanted}


def test_a_patient_who_fulfils_everything_is_eligible() -> None:
    found = standing(gist(FITTING))

    assert found.eligibility == "eligible"
    assert found.to_json() == {"trial": "NCT03862768", "eligibility": "eligible"}


def test_every_criterion_of_the_registration_is_there() -> None:
    """Eight inclusion and nine exclusion criteria; 1 and 2 hold several, and other cancers stand in both lists."""
    assert {c.name for c in trial().criteria} == {*AGAINST, "any-sex-and-race"}
    assert all(c.id == f"nct03862768.{c.name}" for c in trial().criteria)
    assert {c.name for c in trial().criteria if c.exclusion} == {
        "serious-comorbidity", "extensive-progression", "imatinib-primary-resistance",
        "simultaneous-surgical-disease", "tumour-complication", "pregnancy-or-lactation", "serious-mental-illness",
        "other-malignancy-within-five-years", "trial-participation", "other-inhibitor",
    }  # fmt: skip
    assert all(c.sources == ("004",) for c in trial().criteria)


@pytest.mark.parametrize("criterion", AGAINST)
def test_one_criterion_that_is_not_met_makes_ineligible(criterion: str) -> None:
    found = gist({**FITTING, **AGAINST[criterion]})

    assert standing(found).eligibility == "ineligible"
    assert names(found, False) == {criterion}
    assert standing(found).to_json()["failed"] == [criterion]


@pytest.mark.parametrize("criterion", OPEN)
def test_one_criterion_that_is_unknown_makes_undetermined(criterion: str) -> None:
    found = gist({**FITTING, **OPEN[criterion]})

    assert standing(found).eligibility == "undetermined"
    assert names(found, None) == {criterion}
    assert standing(found).to_json() == {
        "trial": "NCT03862768",
        "eligibility": "undetermined",
        "unknown": [criterion],
    }


def test_not_met_outweighs_unknown_and_both_are_listed() -> None:
    found = standing(gist({**FITTING, "asa-class": None, "age-years": 80})).to_json()

    assert found["eligibility"] == "ineligible"
    assert (found["failed"], found["unknown"]) == (["age-years"], ["asa-class"])


def test_sex_and_race_never_matter() -> None:
    """Inclusion criterion 7."""
    assert "any-sex-and-race" in names(gist(m_category="M1"), True)
    assert "any-sex-and-race" in names(gist(FITTING), True)


def test_a_chart_that_is_silent_leaves_every_exclusion_open_that_no_rule_of_absence_answers() -> None:
    """Decision 10: no therapy, no recurrence, no progression on record are read as none; nothing else is."""
    silent = gist(m_category="M1", current_therapy={"imatinib"}, progression="limited")

    assert names(silent, False) == set()
    assert names(silent, True) == {
        "recurrent-or-metastatic", "age-years", "any-sex-and-race", "extensive-progression", "other-inhibitor",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "number", "criterion", "answer"),
    [
        ("age-years", 17, "age-years", False),
        ("age-years", 18, "age-years", True),
        ("age-years", 75, "age-years", True),
        ("age-years", 76, "age-years", False),
        ("performance-status-ecog", 0, "performance-status-ecog", True),
        ("performance-status-ecog", 1, "performance-status-ecog", True),
        ("performance-status-ecog", 2, "performance-status-ecog", False),
        ("asa-class", 1, "asa-class", True),
        ("asa-class", 2, "asa-class", True),
        ("asa-class", 3, "asa-class", False),
        ("progressing-lesions", 0, "progressing-lesions", False),
        ("progressing-lesions", 1, "progressing-lesions", True),
        ("progressing-lesions", 3, "progressing-lesions", True),
        ("progressing-lesions", 4, "progressing-lesions", False),
        ("progressing-organs", 1, "progressing-organs", True),
        ("progressing-organs", 2, "progressing-organs", False),
    ],
)
def test_at_the_boundary(fact: str, number: float, criterion: str, answer: bool) -> None:
    values = {name: f.value for name, f in assessed(gist(FITTING)).facts.items()}
    values[fact] = Interval(float(number), float(number))
    (row,) = [c for c in trial().criteria if c.name == criterion]

    assert row.evaluate(values) is answer


@pytest.mark.parametrize(
    ("fact", "value", "answer"),
    [
        ("age-years", Interval(75.0, 76.0), None),
        ("age-years", Interval(17.0, 18.0), None),
        ("asa-class", Interval(2.0, 3.0), None),
        ("progressing-lesions", Interval(3.0), None),
        ("progressing-lesions", Interval(3.0, low_open=True), False),
        ("progressing-lesions", Interval(1.0, 2.0), True),
    ],
)
def test_a_range_across_the_boundary_is_unknown(fact: str, value: Value, answer: Answer) -> None:
    values = {name: f.value for name, f in assessed(gist(FITTING)).facts.items()} | {fact: value}
    (row,) = [c for c in trial().criteria if c.name == fact]

    assert row.evaluate(values) is answer


@pytest.mark.parametrize(
    ("stated", "answer"),
    [
        ({"pregnancy": False, "lactation": False}, True),
        ({"pregnancy": False, "lactation": None}, None),
        ({"pregnancy": None, "lactation": False}, None),
        ({"pregnancy": None, "lactation": True}, False),
        ({"pregnancy": True, "lactation": None}, False),
    ],
)
def test_pregnancy_and_breast_feeding_both_exclude(stated: Mapping[str, Stated], answer: Answer) -> None:
    assert "pregnancy-or-lactation" in names(gist({**FITTING, **stated}), answer)


@pytest.mark.parametrize(
    ("stated", "answer"),
    [
        ({"m-category": "M1"}, True),
        ({"m-category": "M0", "n-category": "N1"}, True),
        ({"m-category": "M0", "recurrence": "local"}, True),
        # grown again somewhere
        ({"m-category": "M0", "recurrence": Choice(frozenset({"local", "regional", "distant"}))}, True),
        ({"m-category": "M0"}, False),
        # gross residual disease is treated like metastases, yet is neither recurrent nor metastatic
        ({"m-category": "M0", "tumour-resected": True, "residual-tumour": "R2"}, False),
    ],
)
def test_recurrent_or_metastatic(stated: Mapping[str, Stated], answer: Answer) -> None:
    assert "recurrent-or-metastatic" in names(gist({**FITTING, **stated}), answer)


def test_imatinib_that_was_never_given_is_no_standard_treatment_and_no_progression_on_it() -> None:
    never = gist({**FITTING, "current-therapy": set()})

    assert names(never, False) == {"standard-imatinib", "progression-on-imatinib"}


def test_an_inhibitor_that_was_stopped_does_not_exclude() -> None:
    """The registration excludes the use of another one, not an earlier one."""
    assert standing(gist({**FITTING, "prior-therapies": {"sunitinib"}})).eligibility == "eligible"


@pytest.mark.parametrize(
    "stated",
    [
        {"resectability": "unresectable"},
        {"tumour-resected": True, "residual-tumour": "R0"},
        {},
    ],
)
def test_a_localised_gist_is_not_listed(stated: Mapping[str, Stated]) -> None:
    assert assessed(gist(stated)).trials == ()
    assert "trials" not in assessed(gist(stated)).to_json()


def test_it_is_listed_while_it_is_open_whether_the_disease_is_advanced() -> None:
    assert standing(gist(m_category=None)).eligibility == "ineligible"  # no progression on record


@pytest.mark.parametrize("disease", ["sts", "none", Choice(frozenset({"gist", "sts", "none"}))])
def test_another_disease_is_not_listed(disease: Stated) -> None:
    assert assessed(chart({**FITTING, "disease": disease, "age-years": 60})).trials == ()


def test_a_child_is_not_listed() -> None:
    """Out of every pathway's scope; the registration starts at 18 as well."""
    assert assessed(gist({**FITTING, "age-years": 17})).trials == ()


def test_no_fact_of_the_trial_alone_is_asked_for_by_a_pathway() -> None:
    asked: set[str] = set()
    for group in knowledge().groups.values():
        for offer in group.offers:
            asked |= offer.criterion.facts
    own = frozenset().union(*(c.criterion.facts for c in trial().criteria))
    silent = {"asa-class", "pregnancy", "consent-nct03862768", "progressing-lesions"}
    assert silent <= own - asked

    for stated in ({}, {"m-category": "M1"}, {**FITTING, **dict.fromkeys(silent)}):
        found = assessed(gist(stated))
        assert not {m.fact for m in found.missing} & silent
        assert not {n for o in found.options for n in o.needs} & silent


# -- when it is worth a card -------------------------------------------------------------------------
RECORDED = ("asa-class", "progressing-organs", "progressing-lesions", "performance-status-ecog")


@pytest.mark.parametrize(
    ("stated", "worth"),
    [
        ({}, True),
        # what has to be asked, judged or signed does not count
        ({"consent-nct03862768": None, "serious-mental-illness": None, "pregnancy": None, "lactation": None,
          "trial-participation": None, "tumour-complication": None}, True),
        (dict.fromkeys(RECORDED[:3]), True),
        (dict.fromkeys(RECORDED), False),
        ({**dict.fromkeys(RECORDED[:3]), "other-malignancy-within-five-years": None}, False),
        ({"asa-class": 3}, False),
        ({"progression": Choice(frozenset({"limited", "generalised"}))}, False),
        ({"current-therapy": set(), "prior-therapies": {"imatinib"}, "progression-on-imatinib": None}, False),
        ({"current-therapy": set(), "prior-therapies": {"imatinib"}}, True),
    ],
)  # fmt: skip
def test_worth_a_card_only_where_it_may_help(stated: Mapping[str, Stated], worth: bool) -> None:
    assert standing(gist({**FITTING, **stated})).worth_showing is worth
