"""The patient stands on the map where the assessment says, and doors are open where it misses facts."""

from __future__ import annotations

import pytest

from cds_service.loading import Loaded
from cds_service.map.explanation import explanations
from cds_service.map.figure import pathway_map
from cds_service.map.position import Position, position_on
from cds_service.map.wayfinding import Pathway, Silence, pathway_of
from cds_service.pathway.assessment import Assessment

from .patients import assessed, on_the_map

CASES = on_the_map()


def _marked(pathway: Pathway, position: Position) -> set[str]:
    """Every group and every silence that is marked as the patient's, or as possible."""
    found: set[str] = set()
    for name, ending in pathway.endings.items():
        if position.states[name] in ("here", "possible"):
            found |= set(ending.situations if isinstance(ending, Silence) else map(str, ending.results))
    return found


def _placed(loaded: Loaded, assessment: Assessment) -> tuple[Pathway, Position]:
    pathway = pathway_of(loaded, assessment.disease)
    return pathway, position_on(pathway, assessment, loaded.knowledge)


@pytest.mark.parametrize("name", CASES)
def test_the_marked_ends_are_those_of_the_assessment_and_a_way_leads_there(loaded: Loaded, name: str) -> None:
    assessment = assessed(name)
    pathway, position = _placed(loaded, assessment)
    goals = {*assessment.groups, *assessment.treated_as, *assessment.not_addressed}
    marked = _marked(pathway, position)
    silent = {s for e in pathway.endings.values() if isinstance(e, Silence) for s in e.situations}
    assert marked - silent == goals - silent
    assert goals <= marked
    reached = {li.end for li in pathway.sketch.links if position.states[li.id] != "excluded"}
    assert reached | {pathway.sketch.start} == {
        n for n in pathway.sketch.nodes if position.states[n] != "excluded"
    }
    assert position.states[pathway.sketch.start] != "excluded"


@pytest.mark.parametrize("name", CASES)
def test_a_door_is_open_exactly_where_a_missing_fact_decides_between_groups(
    loaded: Loaded, name: str
) -> None:
    assessment = assessed(name)
    position = _placed(loaded, assessment)[1]
    single = len((*assessment.groups, *assessment.not_addressed)) == 1 and len(assessment.treated_as) < 2
    assert bool(position.doors) is not single
    missing = {m.fact for m in assessment.missing}
    goals = {*assessment.groups, *assessment.treated_as, *assessment.not_addressed}
    behind: set[object] = set()
    for name_of, door in position.doors.items():
        assert position.states[name_of] == "door"
        assert door.settled_by and {m.fact for m in door.settled_by} <= missing
        behind |= {result for results in door.behind.values() for result in results}
    assert behind <= goals


def test_what_would_settle_a_door_is_told_with_the_groups_behind_each_answer(loaded: Loaded) -> None:
    assessment = assessed("gist-several-groups/d842v-imatinib-resectability-unrecorded")
    pathway, position = _placed(loaded, assessment)
    (door,) = [e for e in explanations(loaded, pathway, position, assessment) if e.ways]
    assert door.title == "Resectability" and door.state == "Not known."
    assert {w.answer: w.leads for w in door.ways} == {
        "resectable": ("Localised GIST, resectable with minimal morbidity",),
        "resectable with significant morbidity": ("Localised GIST, resectable with significant morbidity",),
        "unresectable": ("Localised GIST, unresectable",),
    }
    assert door.settle == (("Resectability", loaded.wording.detail("facts", "resectability")),)


def test_what_is_not_asked_of_a_patient_is_said_so(loaded: Loaded) -> None:
    assessment = _first("gist-progressive-limited")
    pathway, position = _placed(loaded, assessment)
    told = {e.id: e for e in explanations(loaded, pathway, position, assessment)}
    assert told["tumour-size-cm"].state == "Not asked of this patient."
    assert told["gist-course"].state.startswith("Follows from the record: course of the disease: progressive")


def test_what_is_open_is_never_told_as_recorded(loaded: Loaded) -> None:
    assessment = assessed("sts-several-groups/epic-like-resectability-unrecorded-doxorubicin")
    pathway, position = _placed(loaded, assessment)
    (door,) = [e for e in explanations(loaded, pathway, position, assessment) if e.ways]
    assert door.state == "Still open: operability: resectable or unresectable."
    assert [name for name, _ in door.settle] == ["Resectability"]


def test_what_the_table_reads_as_silence_is_said(loaded: Loaded) -> None:
    told = {e.id: e for e in explanations(loaded, pathway_of(loaded, "gist"))}
    assert "Only a count known to be above 5" in told["mitoses-per-50-hpf"].silence
    assert told["tumour-size-cm"].silence == ""
    of_stage = {e.id: e for e in explanations(loaded, pathway_of(loaded, "sts"))}
    assert "counts as resectable" in of_stage["sts-operability"].silence


def _first(folder: str) -> Assessment:
    return assessed(next(name for name in CASES if name.startswith(f"{folder}/")))


def test_a_recurrence_is_shown_with_the_group_that_it_is_treated_as(loaded: Loaded) -> None:
    assessment = _first("sts-extremity-recurrent-local")
    (treated,) = assessment.treated_as
    figure = pathway_map(loaded, assessment)
    picture = figure[figure.index("<svg") : figure.index("</svg>")]
    assert picture.count("● here") == 1 and picture.count("● treated as this") == 1
    assert f"Treated as: {loaded.wording.short('groups', treated)}." in figure


def test_a_patient_of_another_disease_leaves_no_mark(loaded: Loaded) -> None:
    assessment = assessed("gist-unresectable/d842v-imatinib")
    assert pathway_map(loaded, assessment, disease="sts") == pathway_map(loaded, disease="sts")
    assert "positioned" in pathway_map(loaded, assessment)


def test_a_map_needs_a_disease(loaded: Loaded) -> None:
    with pytest.raises(ValueError, match="name the disease"):
        pathway_map(loaded)
    with pytest.raises(KeyError):
        pathway_map(loaded, disease="osteosarcoma")
