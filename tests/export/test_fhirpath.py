"""FHIRPath as the second opinion: every authored criterion, rendered and run by another implementation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.case.fact import Case, Choice, Interval, Members, Value
from cds_service.case.vocabulary import read_vocabulary
from cds_service.export.case_bundle import case_bundle
from cds_service.export.fhirpath import criteria, render, render_offer, render_placement
from cds_service.http.wire import Refusal
from cds_service.loading import Loaded
from cds_service.pathway.answer import Answer
from cds_service.pathway.criteria import cut_points, facts_of, leaves
from cds_service.pathway.derivation import derive
from cds_service.replay.facts import fact_values
from tests.shipped import patients, service, shipped

from ..pathway.possible import choices, intervals, memberships
from ..pathway.sarcomas import CHART_OF, in_group
from .second_opinion import asked_by, assert_same_answer, compiled, theirs

QUICK = 150
CASES_EACH = 20
CASES_NEAR = 12
SEED = 20261122
GROUPS = sorted(shipped().knowledge.groups)


def loaded() -> Loaded:
    return shipped(affiliate=True)


@cache
def expressions() -> Mapping[str, Mapping[str, Any]]:
    """Every distinct expression of an authored criterion, with the criterion."""
    vocabulary = loaded().knowledge.vocabulary
    return {render(tree, vocabulary): tree for _, tree in criteria(loaded().knowledge)}


# --- the language itself ---------------------------------------------------------------------------

EMPTY = "{}"


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        *((f"{a} and {b}", r) for a, b, r in (
            ("true", EMPTY, None), (EMPTY, "true", None), ("false", EMPTY, False), (EMPTY, "false", False),
            (EMPTY, EMPTY, None), ("true", "true", True), ("true", "false", False),
        )),
        *((f"{a} or {b}", r) for a, b, r in (
            ("true", EMPTY, True), (EMPTY, "true", True), ("false", EMPTY, None), (EMPTY, "false", None),
            (EMPTY, EMPTY, None), ("false", "false", False), ("true", "false", True),
        )),
        ("({}).not()", None),
        ("(true).not()", False),
        ("(false).not()", True),
        ("iif({}, true, false)", False),
        ("iif(false, true)", None),
        ("iif({}, true, iif(false, false))", None),
    ],
)  # fmt: skip
def test_the_engine_is_three_valued(expression: str, answer: Answer) -> None:
    """On this the comparison rests: if an upgrade of fhirpathpy breaks it, this says where."""
    found = compiled(expression)({"resourceType": "Bundle", "type": "collection"})

    assert (found[0] if found else None) is answer


COLOURS = ("red", "green", "blue")
PARTS = ("a", "b", "c")
MARKS = (2.0, 5.0, 10.0)
VOCABULARY = read_vocabulary(
    {
        "facts": [
            {"fact": "colour", "type": "code", "values": list(COLOURS), "because": "a code"},
            {"fact": "flag", "type": "boolean", "because": "a yes or no"},
            {"fact": "size", "type": "quantity", "unit": "cm", "because": "a number"},
            {"fact": "score", "type": "integer", "because": "a whole number"},
            {"fact": "parts", "type": "codes", "values": list(PARTS), "because": "a set"},
        ]
    },
    queries=(),
)
PARTIAL = st.fixed_dictionaries(
    {
        "colour": choices(COLOURS),
        "flag": choices((True, False)),
        "size": intervals(MARKS),
        "score": intervals(MARKS),
        "parts": memberships(PARTS),
    }
)


def some_of(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=len(values), unique=True)


def bounds(fact: str) -> st.SearchStrategy[dict[str, Any]]:
    lower, upper = st.sampled_from(("above", "at-least")), st.sampled_from(("below", "up-to"))
    low, high = st.sampled_from(MARKS[:2]), st.just(MARKS[2])
    return st.one_of(
        st.builds(lambda w, n: {"fact": fact, w: n}, st.one_of(lower, upper), st.sampled_from(MARKS)),
        st.builds(lambda w, n, v, m: {"fact": fact, w: n, v: m}, lower, low, upper, high),
    )


LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda v: {"fact": "colour", "is": v}, st.sampled_from(COLOURS)),
    st.builds(lambda v: {"fact": "colour", "in": v}, some_of(COLOURS)),
    st.builds(lambda v: {"fact": "flag", "is": v}, st.booleans()),
    bounds("size"),
    bounds("score"),
    st.builds(lambda v: {"fact": "parts", "has": v}, st.sampled_from(PARTS)),
    st.builds(lambda k, v: {"fact": "parts", k: v}, st.sampled_from(("has-any", "has-none")), some_of(PARTS)),
    st.builds(lambda f: {"known": f}, st.sampled_from(tuple(VOCABULARY))),
    st.just({"always": True}),
)
TREES = st.recursive(
    LEAVES,
    lambda child: st.one_of(
        st.builds(lambda k, c: {k: c}, st.sampled_from(("not", "stated")), child),
        st.builds(
            lambda k, c: {k: c}, st.sampled_from(("all", "any")), st.lists(child, min_size=1, max_size=3)
        ),
    ),
    max_leaves=4,
)


@settings(max_examples=120)
@given(tree=LEAVES, values=PARTIAL)
def test_a_one_fact_test_is_answered_the_same_by_both(
    tree: Mapping[str, Any], values: Mapping[str, Value]
) -> None:
    assert_same_answer(tree, render(tree, VOCABULARY), values, VOCABULARY)


@settings(max_examples=60)
@given(tree=TREES, values=PARTIAL)
def test_any_tree_is_answered_the_same_by_both(tree: Mapping[str, Any], values: Mapping[str, Value]) -> None:
    assert_same_answer(tree, render(tree, VOCABULARY), values, VOCABULARY)


def test_what_does_not_count_is_never_a_no() -> None:
    """Another code system, a code that the fact does not have, another unit: unknown, not "not met"."""
    colour = render({"fact": "colour", "is": "red"}, VOCABULARY)
    size = render({"fact": "size", "above": 5}, VOCABULARY)
    known = case_bundle({"colour": Choice(frozenset({"red"})), "size": Interval(6, 6)}, VOCABULARY)
    first, second = (entry["resource"] for entry in known["entry"])
    assert (compiled(colour)(known), compiled(size)(known)) == ([True], [True])

    first["valueCodeableConcept"]["coding"][0]["code"] = "reddish"
    second["valueQuantity"]["code"] = "mm"
    assert (compiled(colour)(known), compiled(size)(known)) == ([], [])

    first["valueCodeableConcept"]["coding"][0] |= {"code": "green", "system": "http://example.org/colours"}
    second["valueQuantity"] |= {"value": 1, "system": "http://example.org/units"}
    assert (compiled(colour)(known), compiled(size)(known)) == ([], [])


def test_records_that_disagree_leave_the_answer_open() -> None:
    size = render({"fact": "size", "above": 5}, VOCABULARY)
    bundle = case_bundle({"size": Interval(6, 6)}, VOCABULARY)
    other = json.loads(json.dumps(bundle["entry"][0]))
    other["resource"]["valueQuantity"]["value"] = 4
    bundle["entry"].append(other)

    assert compiled(size)(bundle) == []


# --- authored criteria -----------------------------------------------------------------------------


def test_every_authored_criterion_is_rendered() -> None:
    """None is left out, wherever in the knowledge it stands; scope stands outside `trees`."""
    knowledge = loaded().knowledge

    def written(tree: Any) -> str:
        return json.dumps(tree, sort_keys=True)

    rendered = {written(tree) for _, tree in criteria(knowledge)}
    assert {written(tree) for tree in knowledge.trees} <= rendered
    assert {written(c.tree) for c in knowledge.out_of_scope} <= rendered
    names = [name for name, _ in criteria(knowledge)]
    assert len(set(names)) == len(names)
    for group in knowledge.groups.values():
        assert {f"{group.id}, offer {offer.id}" for offer in group.offers} <= set(names)


@cache
def fixture_cases() -> tuple[Mapping[str, Value], ...]:
    """The facts of every fixture that the service answers."""
    return tuple(_fixture_cases())


def _fixture_cases() -> Iterator[Mapping[str, Value]]:
    for fixture in patients():
        try:
            yield fact_values(fixture, service(fixture.profile))
        except Refusal:
            continue


def on_fixtures() -> list[tuple[str, Mapping[str, Value]]]:
    """Each criterion with each combination of its facts' values that a fixture has, in a fixed mixed order."""
    found: dict[tuple[Any, ...], tuple[str, Mapping[str, Value]]] = {}
    for values in fixture_cases():
        for expression, tree in expressions().items():
            asked = {name: values[name] for name in sorted(facts_of(tree))}
            found.setdefault((expression, *asked.values()), (expression, asked))
    pairs = list(found.values())
    Random(SEED).shuffle(pairs)
    return pairs


def random_value(fact: str, random: Random) -> Value:
    """Known, partly known or unknown, and for numbers at, beside and between the authored cut points."""
    knowledge = loaded().knowledge
    definition = knowledge.vocabulary[fact]
    drawn = random.random()
    if drawn < 0.2:
        return definition.unknown()
    if definition.type == "codes":
        states = random.choices(
            ("in", "out", "open"), (1, 4, 4 if drawn < 0.4 else 0), k=len(definition.values)
        )
        members = list(zip(definition.values, states, strict=True))
        return Members(
            frozenset(m for m, s in members if s == "in"), frozenset(m for m, s in members if s == "open")
        )
    if definition.type in ("code", "boolean"):
        every = list(definition.values) or [True, False]
        few = random.randint(1, min(3, len(every))) if drawn < 0.4 else 1
        return Choice(frozenset(random.sample(every, few)))
    cuts = sorted(cut_points(expressions().values()).get(fact, ())) or [1.0]
    points = [cuts[0] / 2, *cuts, *((a + b) / 2 for a, b in pairwise(cuts)), cuts[-1] + 1]
    if drawn >= 0.4:
        point = random.choice(points)
        return Interval(point, point)
    low, high = sorted(random.sample(points, 2))
    if random.random() < 0.5:
        return Interval(low, low_open=random.random() < 0.5) if random.random() < 0.5 else Interval(0.0, high)
    return Interval(low, high, random.random() < 0.5, random.random() < 0.5)


def fitting(leaf: Mapping[str, Any], random: Random) -> Value:
    """A value that meets a one-fact test, so that conjunctions are met often enough to be compared."""
    definition = loaded().knowledge.vocabulary[leaf["fact"]]
    if definition.type == "codes":
        wanted = [leaf["has"]] if "has" in leaf else leaf.get("has-any")
        return Members(frozenset({random.choice(wanted)}) if wanted else frozenset())
    if definition.type in ("code", "boolean"):
        return Choice(frozenset({random.choice(leaf["in"]) if "in" in leaf else leaf["is"]}))
    low, high = leaf.get("above", leaf.get("at-least", 0)), leaf.get("below", leaf.get("up-to", None))
    point = (low + high) / 2 if high is not None else low + 1
    return Interval(float(point), float(point))


def random_case(tree: Mapping[str, Any], random: Random) -> dict[str, Value]:
    """Values for every fact of a criterion; half the cases start from values that meet its tests."""
    values = {name: random_value(name, random) for name in sorted(facts_of(tree))}
    if random.random() < 0.5:
        for leaf in leaves(tree):
            if random.random() < 0.8:
                values[leaf["fact"]] = fitting(leaf, random)
    return values


def at_random(each: int) -> list[tuple[str, Mapping[str, Value]]]:
    """Each criterion with as many random cases, in a fixed mixed order."""
    random = Random(SEED)
    pairs = [(e, random_case(tree, random)) for e, tree in expressions().items() for _ in range(each)]
    random.shuffle(pairs)
    return pairs


def compare(pairs: list[tuple[str, Mapping[str, Value]]]) -> Counter[Answer]:
    """Assert that both agree on every pair; how often each answer was given."""
    vocabulary = loaded().knowledge.vocabulary
    return Counter(assert_same_answer(expressions()[e], e, values, vocabulary) for e, values in pairs)


@pytest.mark.slow
def test_the_other_facts_of_a_bundle_make_no_difference() -> None:
    """Below, Bundles hold only what a criterion asks about; here a whole case, for some criteria."""
    vocabulary = loaded().knowledge.vocabulary
    values = fixture_cases()[0]
    for expression, tree in Random(SEED).sample(sorted(expressions().items()), 15):
        asked = {name: values[name] for name in facts_of(tree)}
        assert theirs(expression, values, vocabulary) is theirs(expression, asked, vocabulary)


@pytest.mark.slow
def test_both_agree_on_some_criteria_of_the_fixtures() -> None:
    assert set(compare(on_fixtures()[:QUICK])) == {True, False, None}


@pytest.mark.slow
def test_both_agree_on_some_random_cases() -> None:
    assert set(compare(at_random(CASES_EACH)[:QUICK])) == {True, False, None}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_both_agree_on_every_criterion_of_every_fixture() -> None:
    assert set(compare(on_fixtures())) == {True, False, None}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_both_agree_on_thousands_of_random_cases() -> None:
    counted = compare(at_random(CASES_EACH))

    assert sum(counted.values()) >= 3000
    assert min(counted[True], counted[False], counted[None]) >= 300, counted


# --- what a plan asks ------------------------------------------------------------------------------


def placed(values: Mapping[str, Value]) -> frozenset[Any]:
    value = values["patient-group"]
    assert isinstance(value, Choice)
    return value.possible


def derived(recorded: Mapping[str, Value], disease: str) -> dict[str, Value]:
    """The values with what the tables of a disease derive from them."""
    knowledge = loaded().knowledge
    vocabulary = knowledge.vocabulary
    base = {n: v for n, v in recorded.items() if not vocabulary[n].derived}
    blank = {name: vocabulary[name].unknown() for name in vocabulary}
    return derive({**blank, **base}, Case("patient-1", {}), knowledge.of(disease))


@cache
def cases_near(group_id: str) -> list[dict[str, Value]]:
    """Patients of a group: from a fixture, for a sarcoma also a chart, and these with some facts changed."""
    knowledge = loaded().knowledge
    disease = knowledge.groups[group_id].disease
    random = Random(f"{SEED} {group_id}")
    found = [v for v in fixture_cases() if placed(v) == {group_id}]
    starts: list[Mapping[str, Value]] = random.sample(found, min(2, len(found)))
    if (name := group_id.removeprefix("sts-")) in CHART_OF:
        starts.append({fact.id: fact.value for fact in in_group(name).facts.values()})
    assert starts, f"no fixture is placed in {group_id}"
    recorded = [n for n in knowledge.vocabulary if not knowledge.vocabulary[n].derived and n != "disease"]
    cases = [derived(start, disease) for start in starts]
    for _ in range(CASES_NEAR):
        changed = {name: random_value(name, random) for name in random.sample(recorded, 4)}
        cases.append(derived({**random.choice(starts), **changed}, disease))
    return cases


def assert_offered_alike(group_id: str, cases: list[dict[str, Value]]) -> None:
    """Each offer of a group with what the group implies of open facts, and empty where the sources are silent."""
    group, vocabulary = loaded().knowledge.groups[group_id], loaded().knowledge.vocabulary
    for values in cases:
        for offer in group.offers:
            expression = render_offer(offer, group.implied, vocabulary)
            answered = theirs(expression, asked_by(expression, values, vocabulary), vocabulary)
            assert offer.evaluate(group.within(values)) is answered, (offer.id, values)


@pytest.mark.slow
@pytest.mark.parametrize("group_id", GROUPS[::7])
def test_a_plan_offers_what_the_engine_offers(group_id: str) -> None:
    assert_offered_alike(group_id, cases_near(group_id)[:1])


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("group_id", GROUPS)
def test_a_plan_offers_what_the_engine_offers_to_changed_patients(group_id: str) -> None:
    assert_offered_alike(group_id, cases_near(group_id))


def applies(group_id: str, values: Mapping[str, Value]) -> Answer:
    """Whether the engine offers a patient what a group offers: placed in it, or treated as it."""
    knowledge = loaded().knowledge
    possible: set[Any] = set()
    for name in placed(values):
        treated_as = knowledge.situation(name).treated_as
        treated = values[treated_as] if treated_as else Choice(frozenset())
        assert isinstance(treated, Choice)
        possible |= {(name, as_) for as_ in treated.possible} if treated_as else {(name, name)}
    return every_or_none(group_id in pair for pair in possible)


def every_or_none(answers: Iterator[bool]) -> Answer:
    found = set(answers)
    return found.pop() if len(found) == 1 else None


def count_placements(cases: list[dict[str, Value]], groups: list[str]) -> Counter[tuple[Answer, Answer]]:
    knowledge = loaded().knowledge
    counted: Counter[tuple[Answer, Answer]] = Counter()
    for values in cases:
        for group_id in groups:
            expression = render_placement(knowledge.groups[group_id], knowledge)
            asked = asked_by(expression, values, knowledge.vocabulary)
            pair = applies(group_id, values), theirs(expression, asked, knowledge.vocabulary)
            assert pair not in ((True, False), (False, True)), (group_id, values)
            counted[pair] += 1
    return counted


def assert_placed_alike(counted: Counter[tuple[Answer, Answer]]) -> None:
    """Never opposite, and the same nearly always: that the only rows still open all lead to one group, a plan
    does not see, because each row is a condition of its own."""
    assert counted[True, True] and counted[False, False], counted
    assert (
        sum(n for (ours, answered), n in counted.items() if ours is not answered) * 20 <= counted.total()
    ), counted


@pytest.mark.parametrize("disease", sorted({g.disease for g in shipped().knowledge.groups.values()}))
def test_a_plan_applies_to_the_patients_of_its_group(disease: str) -> None:
    groups = [g for g in GROUPS if loaded().knowledge.groups[g].disease == disease]
    assert_placed_alike(count_placements([cases_near(g)[0] for g in groups[:1]], groups))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_plan_applies_to_changed_patients_as_the_engine_places_them() -> None:
    counted = count_placements([values for g in GROUPS for values in cases_near(g)], GROUPS)

    assert counted[None, None], counted
    assert_placed_alike(counted)
