"""What is merely possible is never called the patient's, nor offered what the assessment leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.case.fact import Choice
from cds_service.cli import main
from cds_service.loading import Loaded
from cds_service.map.drawing import pathway_drawing
from cds_service.map.figure import group_map
from cds_service.map.offers import Offering, Standing, offer_explanations, offering_of, standing_of
from cds_service.pathway.assessment import Assessment
from cds_service.pathway.groups import PLACED_BY
from tests.shipped import FIXTURES, patients

from .patients import assessed

SEVERAL = "gist-several-groups/d842v-imatinib-resectability-unrecorded"
IF_IN_GROUP = "○ if in this group"


def _all_placed() -> list[str]:
    """Every fixture that stands on a map."""
    placed = ("placed", "several", "not-addressed")
    return [f.name for f in patients() if f.expected.get("placement") in placed]


PLACED = _all_placed()


def _possible(assessment: Assessment) -> frozenset[object]:
    """Every group and every silent situation that the table of patient groups leaves possible."""
    placed = assessment.facts[PLACED_BY].value
    assert isinstance(placed, Choice)
    return frozenset(placed.possible)


def _figures(loaded: Loaded, assessment: Assessment) -> Iterator[tuple[Offering, Standing]]:
    for group in dict.fromkeys((*assessment.groups, *assessment.treated_as)):
        offering = offering_of(loaded, group)
        yield offering, standing_of(offering, loaded, assessment)


@pytest.mark.parametrize("name", PLACED)
def test_no_figure_says_offered_where_the_assessment_does_not_say_met(loaded: Loaded, name: str) -> None:
    assessment = assessed(name)
    met = {(o.option, o.role, o.line) for o in assessment.options if o.answer is True}
    held = {(o.option, o.role, o.line) for o in assessment.options}
    for offering, standing in _figures(loaded, assessment):
        for told in offer_explanations(loaded, offering, standing, assessment):
            offer = offering.offers.get(told.id)
            if offer is None:
                continue
            key = (offer.option, offer.role, offer.line)
            says_offered = (
                standing.states[told.id] == "here"
                or standing.tags.get(told.id) == "● offered"
                or told.state.startswith("Offered to this patient")
            )
            assert not says_offered or key in met, told.id
            assert standing.states[told.id] == "excluded" or key in held, told.id


@pytest.mark.parametrize("name", PLACED)
def test_one_place_alone_is_called_the_patients(loaded: Loaded, name: str) -> None:
    assessment = assessed(name)
    drawing = pathway_drawing(loaded, assessment, None)
    here = {end for end, state in drawing.marks.states.items() if state == "here"}
    if len(_possible(assessment)) > 1:
        assert not here
        assert "The patient’s group" not in drawing.described and "Treated as" not in drawing.described
        assert "treated as this" not in str(drawing.marks.tags)
    elif assessment.groups:
        assert set(assessment.groups) <= here and len(here - {*assessment.groups}) <= 1
        assert "The patient’s group: " in drawing.described
    for silent in assessment.not_addressed:
        assert loaded.wording.short("groups", silent) in drawing.described
    for possible in (*assessment.groups, *assessment.treated_as):
        assert loaded.wording.short("groups", possible) in drawing.described
    if len({*assessment.groups, *assessment.treated_as, *assessment.not_addressed}) > 1 + len(
        assessment.treated_as[:1]
    ):
        assert len(here) <= 1


def test_the_options_of_a_group_that_is_possible_stand_under_that_condition(loaded: Loaded) -> None:
    assessment = assessed(SEVERAL)
    assert len(assessment.groups) > 1
    for group in assessment.groups:
        figure = group_map(loaded, group, assessment)
        assert "● offered" not in figure and ">offered<" not in figure
        assert "Offered to this patient" not in figure
        assert "It is not certain that this patient is in this group" in figure
        assert "offered if the patient is in this group" in figure
    assert any(IF_IN_GROUP in group_map(loaded, g, assessment) for g in assessment.groups)


def test_a_group_beside_a_silent_situation_is_not_certain(loaded: Loaded) -> None:
    beside = [
        (a, g)
        for a in map(assessed, PLACED)
        if a.not_addressed and len(a.groups) == 1 and len(_possible(a)) > 1
        for g in a.groups
    ]
    assert beside
    for assessment, group in beside:
        standing = standing_of(offering_of(loaded, group), loaded, assessment)
        assert not standing.certain and "here" not in standing.states.values()
        assert "● offered" not in standing.tags.values()


def test_a_file_of_a_possible_group_calls_nothing_offered(tmp_path: Path) -> None:
    options = ["export", "map", "--fixture", str(FIXTURES / SEVERAL), "--output", str(tmp_path)]
    assert CliRunner().invoke(main, options).exit_code == 0
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert not [name for name, text in written.items() if "● offered" in text or "● here" in text]
    assert [name for name, text in written.items() if IF_IN_GROUP in text and name.endswith(".svg")]


def test_one_condition_that_is_not_met_says_nothing_of_the_option_under_another(loaded: Loaded) -> None:
    found = 0
    for name in PLACED:
        assessment = assessed(name)
        for offering, standing in _figures(loaded, assessment):
            told = {e.id: e for e in offer_explanations(loaded, offering, standing, assessment)}
            for one, offer in offering.offers.items():
                others = [o for o, of in offering.offers.items() if of.option == offer.option]
                if standing.answers[one] is False and any(standing.answers[o] is not False for o in others):
                    assert told[one].state.startswith("Not under this condition."), (name, one)
                    found += 1
                elif standing.answers[one] is False:
                    assert told[one].state.startswith("Not offered"), (name, one)
    assert found
