"""Laws of trial criteria, on random charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.case.fact import Members, Value
from cds_service.pathway.trials import TrialStanding, compile_trials

from . import possible
from .cases import assessed, gist, knowledge, unknown, value_of
from .trial_patients import FITTING, answers, trial

MARKS = {
    "age-years": (18.0, 76.0),
    "performance-status-ecog": (2.0,),
    "asa-class": (3.0,),
    "progressing-lesions": (1.0, 3.0),
    "progressing-organs": (1.0,),
}
# -- three-valued logic ------------------------------------------------------------------------------
FACTS = sorted(
    name
    for name in {*frozenset().union(*(c.criterion.facts for c in trial().criteria)), "gist-course"}
    if not knowledge().vocabulary[name].derived
)
LAWS = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def partial(name: str) -> st.SearchStrategy[Value]:
    """Anything that a record may leave possible of one fact."""
    definition = knowledge().vocabulary[name]
    if definition.type == "boolean":
        return possible.choices((True, False))
    if definition.type == "code":
        return possible.choices(definition.values)
    if definition.type == "codes":
        few = st.sets(st.sampled_from(["imatinib", "sunitinib", "dasatinib"]), max_size=2)
        return st.builds(lambda i, o: Members(frozenset(i), frozenset(o - i)), few, few)
    return possible.intervals(MARKS[name])


@st.composite
def charts(draw: st.DrawFn) -> dict[str, Value]:
    """A fitting patient with some facts replaced by others, by several possible ones, or by nothing."""
    base = gist(FITTING)
    values = {name: base.facts[name].value for name in FACTS}
    for name in draw(st.sets(st.sampled_from(FACTS), max_size=6)):
        values[name] = draw(st.one_of(st.just(unknown(name)), partial(name)), label=name)
    return values


@st.composite
def sharper(draw: st.DrawFn, values: Mapping[str, Value]) -> dict[str, Value]:
    """The same chart after some of what was open became known."""
    return {
        name: draw(possible.narrowed(value, MARKS.get(name, ())), label=name)
        if not value.settled and draw(st.booleans())
        else value
        for name, value in values.items()
    }


@LAWS
@given(values=charts(), data=st.data())
def test_a_criterion_that_is_answered_stays_so_as_facts_become_known(
    values: Mapping[str, Value], data: st.DataObject
) -> None:
    before, after = answers(values), answers(data.draw(sharper(values), label="later"))

    assert {name: a for name, a in before.items() if a is not None}.items() <= after.items()


@LAWS
@given(values=charts(), data=st.data())
def test_eligible_and_ineligible_stay_as_facts_become_known(
    values: Mapping[str, Value], data: st.DataObject
) -> None:
    words = []
    for known in (values, data.draw(sharper(values), label="later")):
        found = TrialStanding(trial(), tuple((c, c.evaluate(known)) for c in trial().criteria))
        words.append(found.eligibility)

    assert words[0] in ("undetermined", words[1])


@LAWS
@given(values=charts())
def test_the_word_follows_from_the_criteria(values: Mapping[str, Value]) -> None:
    found = TrialStanding(trial(), tuple((c, c.evaluate(values)) for c in trial().criteria))
    came: dict[str, Any] = found.to_json()
    by_hand = answers(values)

    assert set(came.get("failed", ())) == {n for n, a in by_hand.items() if a is False}
    assert set(came.get("unknown", ())) == {n for n, a in by_hand.items() if a is None}
    assert (came["eligibility"] == "eligible") == all(a is True for a in by_hand.values())
    assert (came["eligibility"] == "ineligible") == any(a is False for a in by_hand.values())


@LAWS
@given(values=charts())
def test_unknown_is_said_only_of_what_could_turn_out_either_way_and_names_the_facts(
    values: Mapping[str, Value],
) -> None:
    for criterion in trial().criteria:
        if criterion.evaluate(values) is None:
            needs = criterion.needs(values)
            assert needs <= criterion.criterion.facts
            assert needs
            assert all(not values[name].settled for name in needs)


def test_the_laws_start_from_a_patient_who_fits() -> None:
    values = {name: value_of(FITTING[name]) for name in FACTS if name in FITTING}
    assert len(values) >= len(FITTING) - 1
    assert all(gist(FITTING).facts[name].value == value for name, value in values.items())


def test_a_second_trial_would_be_assessed_beside_the_first() -> None:
    document = {
        "trial": "NCT00000001",
        "disease": "gist",
        "title": "A made-up trial",
        "url": "https://example.org",
        "concerns": {"when": {"always": True}, "because": "a test"},
        "criteria": [
            {
                "criterion": "nct00000001.adult",
                "kind": "exclusion",
                "settled-by": "record",
                "when": {"not": {"fact": "age-years", "at-least": 18}},
                "cite": [{"source": "004"}],
            }
        ],
        "card": {"when": {"always": True}, "options": ["imatinib"], "open-at-most": 0},
    }
    (made,) = compile_trials([document], knowledge().vocabulary)
    values = {name: f.value for name, f in assessed(gist()).facts.items()}

    assert (found := made.assess("gist", values)) is not None
    assert found.to_json() == {"trial": "NCT00000001", "eligibility": "eligible"}
    assert made.assess("sts", values) is None
