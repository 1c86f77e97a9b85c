"""What other values would lead to is found without going through all again; going through all is the reference."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.case.fact import Case, DraftOrder, Evidence, Fact, Value
from cds_service.http.envelope import EnvelopeReader
from cds_service.pathway import missing
from cds_service.pathway.assessment import Assessment
from cds_service.pathway.derivation import derive
from cds_service.pathway.engine import assess
from cds_service.pathway.outcome import Outcome, outcome_of
from cds_service.service import explain_hook
from tests.shipped import patients, service

from . import possible

Session = tuple[Case, tuple[DraftOrder, ...]]
MARKS = {
    "tumour-size-cm": (2.0, 5.0, 10.0),
    "mitoses-per-50-hpf": (5.0,),
    "fnclcc-grade": (2.0, 3.0),
    "metastatic-organ-count": (1.0,),
}


@cache
def sessions() -> tuple[Session, ...]:
    """Cases and drafts of the fixtures that a pathway speaks of."""
    reader = EnvelopeReader(service().description(), 100)
    found = []
    for fixture in patients():
        if "disease" not in fixture.expected or fixture.expected["disease"] not in ("gist", "sts"):
            continue
        call = reader.read(msgspec.json.encode(fixture.call(service().prefetch)))
        answer = explain_hook(call, service(), date(2026, 11, 2), lambda: str(UUID(int=0)))
        found.append((answer.case, answer.drafts))
    return tuple(found)


def assessed(session: Session) -> Assessment:
    case, drafts = session
    return assess(case, drafts, service().knowledge, [d for d in drafts if d.selected])


def gone_through(session: Session) -> Assessment:
    """The plain form: for each value everything is derived, placed, offered and judged anew."""

    def with_(others: missing.Others, fact: str, value: Value) -> Outcome:
        drafted, knowledge = others._session, others._knowledge
        values = derive({**others._values, fact: value}, drafted.case, knowledge, fact)
        return outcome_of(values, drafted, knowledge)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(missing.Others, "with_", with_)
        return assessed(session)


@pytest.mark.slow
def test_the_fixtures_lack_what_going_through_everything_finds() -> None:
    assert len(sessions()) > 500
    # every fourth: the random cases below start from all of them
    lacking = 0
    for session in sessions()[::4]:
        found = assessed(session)
        assert found == gone_through(session)
        lacking += bool(found.missing)
    assert lacking > 20


def less_certain(name: str) -> st.SearchStrategy[Value]:
    definition = service().knowledge.vocabulary[name]
    if definition.type == "boolean":
        return possible.choices((True, False))
    if definition.type == "code":
        return possible.choices(definition.values)
    if definition.type == "codes":
        return st.just(definition.unknown())
    return possible.intervals(MARKS.get(name, (1.0, 3.0)))


RECORDED = [
    name
    for name in service().knowledge.vocabulary
    if not service().knowledge.vocabulary[name].derived and name not in ("disease", "age-years")
]
DERIVED = [
    name
    for name in service().knowledge.vocabulary
    if service().knowledge.vocabulary[name].derived and name != "patient-group"
]


@st.composite
def doubtful(draw: st.DrawFn) -> Session:
    """A fixture's case with some facts replaced by something less certain, or a derived one stated."""
    case, drafts = draw(st.sampled_from(sessions()))
    facts = dict(case.facts)
    for name in draw(st.lists(st.sampled_from(RECORDED), max_size=6, unique=True)):
        facts[name] = Fact(name, draw(less_certain(name)))
    for name in draw(st.lists(st.sampled_from(DERIVED), max_size=1)):
        facts[name] = Fact(name, draw(less_certain(name)), evidence=(Evidence("Observation/o", "value"),))
    return replace(case, facts=facts), drafts


@given(session=doubtful())
@settings(max_examples=150, deadline=None)
def test_whatever_is_open_is_found_as_if_everything_were_gone_through(session: Session) -> None:
    assert assessed(session) == gone_through(session)


def test_drugs_beside_a_draft_and_the_metastases_it_is_for_are_told_apart() -> None:
    """Judging looks at these whatever the criteria ask: a drug beside it may make a draft part of a regimen."""
    looked_at = ("current-therapy", "metastatic-sites")
    asked = set()
    for case, drafts in sessions():
        if any(draft.targets or draft.item in ("ifosfamide", "gemcitabine", "docetaxel") for draft in drafts):
            unknown = {name: service().knowledge.vocabulary[name].unknown() for name in looked_at}
            facts = {**case.facts, **{name: Fact(name, value) for name, value in unknown.items()}}
            session = replace(case, facts=facts), drafts
            found = assessed(session)
            assert found == gone_through(session)
            asked |= {m.fact for m in found.missing if "orders" in m.changes}
    assert asked.issuperset(looked_at)
