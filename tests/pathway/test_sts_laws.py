"""What holds for every partly known sarcoma: more knowledge only narrows, and nothing is open without a reason.

Two tests of the tables ask what is *stated*, each in writing: a stage on record, which is an opinion beside grade,
depth and size (decision 1), and a surgeon's word that a tumour of low grade is unresectable (decision 3). An unknown
histology is taken for an addressed one (`facts.yaml`). Learning these three may do more than narrow.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cds_service.case.fact import Choice, Value
from cds_service.pathway.assessment import Assessment
from cds_service.pathway.tables import Table

from . import possible
from .cases import Stated, assessed, chart, draft, knowledge, unknown, value_of
from .sarcomas import NO_WORD

MARKS: Mapping[str, tuple[float, ...]] = {"tumour-size-cm": (5.0,), "metastatic-organ-count": (1.0,)}
# facts that place, and what a chart may say of them
SITES = ["thigh", "axilla", "retroperitoneum", "pelvis", "trunk", "uterus", "oesophagus"]
PLACING: Mapping[str, st.SearchStrategy[Value]] = {
    "primary-site": possible.choices(SITES),
    "grade": possible.choices(["low", "high"]),
    "tumour-depth": possible.choices(["superficial", "deep"]),
    "tumour-size-cm": possible.intervals(MARKS["tumour-size-cm"]),
    "n-category": possible.choices(["NX", "N0", "N1"]),
    "m-category": possible.choices(["M0", "M1"]),
    "recurrence": possible.choices(["none", "local", "regional", "distant"]),
    "metastasis-extent": possible.choices(["none", "regional-nodes", "limited", "disseminated"]),
    "metastatic-organ-count": possible.intervals(MARKS["metastatic-organ-count"]),
    "resectability": possible.choices(["resectable", "resectable-significant-morbidity", "unresectable"]),
    "tumour-resected": possible.choices([True, False]),
    "residual-tumour": possible.choices(["R0", "R1", "R2"]),
    "wide-margin": possible.choices([True, False]),
    "histology": possible.choices(["leiomyosarcoma", "liposarcoma", "rhabdomyosarcoma"]),
}
STATED = "stated-stage"
LAWS = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@st.composite
def charts(draw: st.DrawFn) -> dict[str, Stated]:
    """A complete chart with anything known, partly known or unknown of every fact that places."""
    stated: dict[str, Stated] = dict(NO_WORD)
    for name, values in PLACING.items():
        found = draw(st.one_of(values, st.just(unknown(name))), label=name)
        stated[name] = draw(possible.known(found, MARKS.get(name, ()))) if draw(st.booleans()) else found
    if draw(st.booleans()):
        stated[STATED] = draw(st.sampled_from(["I", "II", "III", "IV"]), label=STATED)
    return stated


@st.composite
def sharpened(draw: st.DrawFn, stated: Mapping[str, Stated]) -> dict[str, Stated]:
    """The same chart after some of what was open became known; what is read from silence stays."""
    later = dict(stated)
    for name in PLACING:
        value = unknown(name) if stated.get(name) is None else value_of(stated[name])
        silent = name == "histology" and value == unknown(name)
        if not value.settled and not silent and draw(st.booleans()):
            later[name] = draw(possible.narrowed(value, MARKS.get(name, ())), label=name)
    return later


def situations(found: Assessment) -> set[str]:
    return {*found.groups, *found.treated_as, *found.not_addressed}


def may_be_low_grade_and_unresectable(found: Assessment) -> bool:
    """Decision 3 reads an unknown resectability of a low-grade tumour as no word against it."""
    return "sts-extremity-stage-1" in situations(found)


@pytest.mark.slow
@LAWS
@given(stated=charts(), data=st.data())
def test_the_possible_groups_only_become_fewer(stated: Mapping[str, Stated], data: st.DataObject) -> None:
    first = assessed(chart(stated))
    then = assessed(chart(data.draw(sharpened(stated), label="later")))

    assert situations(then)
    late = {"sts-extremity-stage-1-unresectable"} if may_be_low_grade_and_unresectable(first) else set()
    assert situations(then) <= situations(first) | late


@LAWS
@given(stated=charts())
def test_the_placement_says_what_is_possible(stated: Mapping[str, Stated]) -> None:
    found = assessed(chart(stated))
    told = found.to_json()

    assert (found.placement == "placed") is (len(found.groups) == 1 and not found.not_addressed)
    assert ("notAddressed" in told) is (found.placement == "not-addressed")
    # what a local recurrence is treated as may be a situation that the sources do not address
    assert bool(found.treated_as or found.not_addressed) >= ("sts-extremity-recurrent-local" in found.groups)
    assert {g.disease for g in map(knowledge().situation, situations(found))} == {"sts"}


@pytest.mark.slow
@LAWS
@given(stated=charts(), data=st.data())
def test_a_definite_verdict_stays_as_facts_become_known(
    stated: Mapping[str, Stated], data: st.DataObject
) -> None:
    """A caution may still become a refusal, and a refusal a contraindication; nothing refused is allowed later."""
    drafts = [draft(item, name=item) for item in ("excision", "doxorubicin", "ablation")]
    first = assessed(chart(stated), *drafts)
    assume(not may_be_low_grade_and_unresectable(first))
    then = assessed(chart(data.draw(sharpened(stated), label="later")), *drafts)

    for before, after in zip(first.verdicts, then.verdicts, strict=True):
        word, later = before.verdict, after.verdict
        assert word in (later, "undetermined", "caution") or later == "contraindicated", (
            f"{word} became {later}"
        )


@pytest.mark.slow
@settings(LAWS, max_examples=80)
@given(stated=charts())
def test_what_is_not_called_missing_changes_nothing(stated: Mapping[str, Stated]) -> None:
    case = chart(stated)
    now = assessed(case)
    named = {m.fact for m in now.missing}

    assert not {n for n in named if knowledge().vocabulary[n].derived}, (
        "a user is asked for what nobody records"
    )
    for name in PLACING:
        if name in named or case.facts[name].value.settled:
            continue
        for completion in possible.completions(case.facts[name].value, MARKS.get(name, ())):
            then = assessed(chart({**stated, name: completion}))
            assert situations(then) == situations(now), f"{name} = {completion}"


@pytest.mark.parametrize("table", knowledge().of("sts").tables, ids=lambda t: t.derives)
@settings(LAWS, max_examples=100)
@given(data=st.data())
def test_a_table_answers_with_what_every_completion_could_give(table: Table, data: st.DataObject) -> None:
    """One row for whatever is fully known, and that row's answer among those that were possible before."""
    values = {name: data.draw(partial(name), label=name) for name in sorted(table.facts)}
    whole = {
        name: data.draw(possible.known(value, MARKS.get(name, ())), label=f"{name}, known")
        for name, value in values.items()
    }
    found, answer = table.evaluate(values).possible, table.evaluate(whole).possible

    assert answer
    assert sum(row.criterion.test(whole) is True for row in table.rows) == 1, "a gap or a clash"
    if not asks_what_is_stated(table, values):
        assert answer <= found


def partial(name: str) -> st.SearchStrategy[Value]:
    """Anything that may be possible of one fact, derived ones too."""
    definition = knowledge().vocabulary[name]
    if definition.type == "boolean":
        return possible.choices((True, False))
    if definition.type == "code":
        return possible.choices(definition.values)
    return possible.intervals(MARKS[name])


def asks_what_is_stated(table: Table, values: Mapping[str, Value]) -> bool:
    """Whether an unknown fact is one that the table reads as not stated; see above."""
    read = {"stage": STATED, "sts-primary-group": "sts-operability", "sts-operability": "residual-tumour"}
    if table.derives == "local-stage":
        return not (values[STATED].settled and values["stage-from-findings"].settled)
    if table.derives == "sts-histology":
        value = values["histology"]
        return isinstance(value, Choice) and "gist" in value.possible
    return table.derives in read and not values[read[table.derives]].settled
