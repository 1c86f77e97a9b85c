"""A what-if answers just what the service would answer if what is supposed were recorded, or drafted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from secrets import token_hex
from typing import Any

import msgspec
import pytest

from cds_service.case.fact import Choice, Interval, Members, Value
from cds_service.case.vocabulary import CASE_FACTS, FactDefinition
from cds_service.pathway.assessment import Assessment
from cds_service.pathway.engine import assess
from cds_service.replay.drafts import Drafts
from cds_service.replay.fixture import Fixture
from cds_service.secrets_file import Secret, Secrets
from cds_service.service import Answer, explain_hook
from cds_service.smart.carried import Carried, carried, carry
from cds_service.smart.hypothesis import Hypothesis, bounds, supposable
from cds_service.smart.seal import Seals
from cds_service.smart.supposing import Standing, WhatIf
from tests.reach.ehr import patient
from tests.shipped import patients, service, shipped

from .asking import NOW, call, carried_by

LOADED = shipped(affiliate=True)
KNOWLEDGE = LOADED.knowledge
VOCABULARY = KNOWLEDGE.vocabulary
SEALS = Seals(Secrets.of([Secret("one", NOW.date(), b"0" * 32)]), lambda: NOW)
SURVEY = "http://terminology.hl7.org/CodeSystem/observation-category"
# of these much else is worked out: the tumour that is meant, what was before and what after the surgery
FAR_REACHING = (
    "recurrence",
    "tumour-resected",
    "m-category",
    "metastasis-extent",
    "progression",
    "residual-tumour",
    "tumour-size-cm",
    "resectability",
)


@cache
def asking() -> WhatIf:
    return WhatIf(LOADED)


def answer_to(
    fixture: Fixture, added: Mapping[str, Any] | None = None, orders: list[dict[str, Any]] | None = None
) -> Answer:
    """What the service answers, with one more resource in the record or other orders."""
    if added is not None:
        fixture = replace(fixture, resources=(*fixture.resources, added))
    return explain_hook(call(fixture, orders), service(), fixture.today, lambda: "id")


def page_of(fixture: Fixture) -> Carried:
    """What a page of the patient carries, sealed and opened again."""
    return carried(SEALS, carry(SEALS, carried_by(fixture), "one"), "one")


def under(page: Carried, hypothesis: Hypothesis) -> tuple[Standing, Mapping[str, str]]:
    recorded = asking().recorded(page, service())
    return asking().supposed(page, service(), recorded, hypothesis)


def assessed(standing: Standing) -> Assessment:
    return assess(standing.case, standing.drafts, KNOWLEDGE, [d for d in standing.drafts if d.selected])


def said(found: Assessment, *, orders: bool = True) -> dict[str, Any]:
    """All that an assessment says, but whence it was read."""
    return {
        "placement": found.placement,
        "groups": found.groups,
        "treated as": found.treated_as,
        "not addressed": found.not_addressed,
        "verdicts": [(v.option, v.verdict, v.reasons) for v in found.verdicts] if orders else [],
        "options": {(o.option, o.role, o.line, o.answer) for o in found.options},
        "trials": [(t.trial.id, t.eligibility) for t in found.trials],
        "missing": [m.fact for m in found.missing],
        "facts": {name: (fact.value, fact.why) for name, fact in found.facts.items()},
    }


def observation(
    fixture: Fixture, definition: FactDefinition, value: Value, condition: str | None
) -> dict[str, Any]:
    """The fact recorded by a user on the day of the call, as the page says that it can be."""
    stated: dict[str, Any]
    match value:
        case Interval(low):
            unit = "cm" if definition.unit == "cm" else "a" if definition.unit == "a" else "1"
            quantity = {"value": low, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}
            whole = definition.type == "integer"
            stated = {"valueInteger": int(low)} if whole else {"valueQuantity": quantity}
        case Choice(possible):
            (only,) = possible
            coded = {"valueCodeableConcept": {"coding": [{"system": CASE_FACTS, "code": only}]}}
            stated = {"valueBoolean": only} if isinstance(only, bool) else coded
        case _:
            raise AssertionError(value)
    return {
        "resourceType": "Observation",
        "id": "recorded-by-hand",
        "status": "final",
        "category": [{"coding": [{"system": SURVEY, "code": "survey"}]}],
        "code": {"coding": [{"system": CASE_FACTS, "code": definition.id}]},
        "subject": {"reference": f"Patient/{fixture.request['context']['patientId']}"},
        "effectiveDateTime": fixture.today.isoformat(),
        **({"focus": [{"reference": condition}]} if condition else {}),
        **stated,
    }


def values_of(definition: FactDefinition) -> Iterator[Value]:
    if definition.type == "boolean":
        yield from (Choice(frozenset({said})) for said in (True, False))
    elif definition.type == "code":
        # the first, the last and one between
        chosen = {definition.values[0], definition.values[-1], definition.values[len(definition.values) // 2]}
        yield from (Choice(frozenset({word})) for word in sorted(chosen))
    else:
        low, high = bounds(definition)
        for number in {float(low), min(4.0, float(high))}:
            yield Interval(number, number)


def answered_patients(stride: int) -> list[Fixture]:
    return [
        f
        for f in patients()
        if f.profile == "default" and f.expected.get("status", 200) == 200
        and f.expected.get("placement") != "out-of-scope"
    ][::stride]  # fmt: skip


@pytest.mark.parametrize("fixture", answered_patients(70), ids=lambda f: f.name)
def test_a_supposed_fact_is_answered_as_if_it_were_recorded(fixture: Fixture) -> None:
    """Of every fact of which the record is silent, among the far-reaching ones and those that are asked for."""
    page = page_of(fixture)
    recorded = answer_to(fixture)
    compared = 0
    open_ = [m.fact for m in recorded.assessment.missing][:4]
    for definition in supposable(VOCABULARY):
        silent = not recorded.case.facts[definition.id].evidence
        if not silent or definition.type == "codes" or definition.id not in (*FAR_REACHING, *open_):
            continue
        for value in values_of(definition):
            standing, problems = under(page, Hypothesis({definition.id: value}))
            if problems:
                continue
            by_hand = observation(fixture, definition, value, recorded.case.condition)
            answer = answer_to(fixture, by_hand)
            if answer.case.facts[definition.id].value != value:
                # the service takes a size of today for one after the therapy, the page for one before
                assert definition.id in ("tumour-size-cm", "mitoses-per-50-hpf")
                continue
            compared += 1
            assert said(assessed(standing)) == said(answer.assessment), (definition.id, value)
    assert compared or recorded.assessment.placement == "out-of-scope"


@pytest.mark.parametrize("fixture", answered_patients(150), ids=lambda f: f.name)
def test_a_supposed_order_is_judged_as_if_it_were_drafted(fixture: Fixture) -> None:
    page = page_of(fixture)
    recorded = answer_to(fixture)
    drafts = Drafts(KNOWLEDGE.judge.options, LOADED.wording, VOCABULARY)
    reasons = [{"reference": recorded.case.condition}] if recorded.case.condition else []
    for option in page.orderable[::3]:
        orders = drafts.resources(
            option, str(fixture.request["context"]["patientId"]), fixture.today, reasons
        )
        standing, problems = under(page, Hypothesis(order=option))
        assert not problems
        assert said(assessed(standing)) == said(answer_to(fixture, orders=orders).assessment), option


@pytest.mark.parametrize("fixture", answered_patients(40), ids=lambda f: f.name)
def test_the_record_comes_back_as_it_was_read(fixture: Fixture) -> None:
    standing = asking().recorded(page_of(fixture), service())
    answer = answer_to(fixture)
    assert standing.case == answer.case
    assert standing.drafts == tuple(d for d in answer.drafts if d.item or d.alternatives)


@pytest.mark.parametrize("fixture", answered_patients(60), ids=lambda f: f.name)
def test_no_order_that_can_be_chosen_is_one_of_which_the_service_says_nothing(fixture: Fixture) -> None:
    page = page_of(fixture)
    if asking().recorded(page, service()).case.facts["disease"].value == Choice(frozenset({"none"})):
        return
    assert page.orderable
    for option in page.orderable[::5]:
        standing, _ = under(page, Hypothesis(order=option))
        assert {v.verdict for v in assessed(standing).verdicts} != {"out-of-scope"}, option


# -- what the record says otherwise --------------------------------------------------------------------

EXTREMITY = "sts-extremity-stage-2-resectable/mcode-stu4-snomed-deep-5-0-cm"
M1 = Choice(frozenset({"M1"}))
YES, NO = Choice(frozenset({True})), Choice(frozenset({False}))


def facts(name: str, **values: Value | None) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    named = {fact.replace("_", "-"): value for fact, value in values.items()}
    standing, problems = under(page_of(patient(name)), Hypothesis(named))
    return standing.case.facts, problems


def test_supposed_metastases_lie_somewhere() -> None:
    found, problems = facts(EXTREMITY, m_category=M1)
    assert not problems
    assert found["metastatic-sites"].value.present == {"unspecified"}
    (evidence,) = found["metastatic-sites"].evidence
    assert evidence.resource == "hypothetical" and "follows from" in evidence.element


def test_metastases_that_lie_nowhere_are_a_contradiction() -> None:
    _, problems = facts(EXTREMITY, m_category=M1, metastatic_sites=Members(frozenset()))
    assert "contradicts what you entered for" in problems["metastatic-sites"]


def test_a_supposed_recurrence_leaves_the_earlier_tumour_behind() -> None:
    found, problems = facts(EXTREMITY, recurrence=Choice(frozenset({"local"})))
    assert not problems
    recorded = asking().recorded(page_of(patient(EXTREMITY)), service()).case.facts
    assert recorded["tumour-size-cm"].known and not found["tumour-size-cm"].known
    size, _ = facts(EXTREMITY, recurrence=Choice(frozenset({"local"})), tumour_size_cm=Interval(3, 3))
    assert size["tumour-size-cm"].value == Interval(3, 3)


def test_a_supposed_excision_after_a_supposed_resection_is_a_re_excision() -> None:
    standing, problems = under(
        page_of(patient(EXTREMITY)), Hypothesis({"tumour-resected": YES}, order="excision")
    )
    assert not problems and [d.item for d in standing.drafts] == ["re-excision"]


def test_what_is_supposed_wins_over_what_is_recorded() -> None:
    found, problems = facts(EXTREMITY, tumour_size_cm=Interval(12, 12))
    assert not problems and found["tumour-size-cm"].value == Interval(12, 12)
    assert [e.resource for e in found["tumour-size-cm"].evidence] == ["hypothetical"]
    unknown, problems = facts(EXTREMITY, tumour_size_cm=None)
    assert not problems and unknown["tumour-size-cm"].why == "missing"


def test_what_is_recorded_can_be_supposed_without_a_contradiction() -> None:
    """Supposing just what stands in the record contradicts nothing of it, for any patient."""
    names = {d.id for d in supposable(VOCABULARY)}
    for fixture in answered_patients(90):
        page = page_of(fixture)
        recorded = asking().recorded(page, service())
        values = {
            n: f.value
            for n, f in recorded.case.facts.items()
            if n in names and f.evidence and f.known and getattr(f.value, "settled", True)
        }
        _, problems = under(page, Hypothesis(values))
        assert not problems, fixture.name


# -- the seal -------------------------------------------------------------------------------------------


def test_a_record_that_is_too_large_is_not_carried() -> None:
    content = carried_by(patient(EXTREMITY))
    assert carry(SEALS, content, "one")
    noise = {f"Observation/{n}": token_hex(500) for n in range(5_000)}
    large = replace(content.record, unread={**content.record.unread, **noise})
    assert carry(SEALS, msgspec.structs.replace(content, record=large), "one") == ""
