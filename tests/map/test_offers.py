"""Each group's options are drawn by line and condition, and marked as the engine judges them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.export.condition_words import LINES
from cds_service.loading import Loaded, load
from cds_service.map.offers import offer_explanations, offering_of, standing_of
from tests.knowledge.authoring import Copy
from tests.shipped import shipped

from .patients import assessed, on_the_map

GROUPS = sorted(shipped(affiliate=True).knowledge.groups)


@pytest.mark.parametrize("group", GROUPS)
def test_every_offer_stands_behind_its_line_with_its_name_and_sources(loaded: Loaded, group: str) -> None:
    offering = offering_of(loaded, group)
    sketch = offering.sketch
    parent = {li.end: li.start for li in sketch.links}
    told = {e.id: e for e in offer_explanations(loaded, offering)}
    for offer in loaded.knowledge.groups[group].offers:
        box = sketch.nodes[offer.id]
        assert loaded.wording.short("options", offer.option) in " ".join(box.title)
        assert all(source in " ".join(box.note) for source in offer.sources)
        above = parent[offer.id]
        line = above if above in LINES else parent[above]
        assert line == offer.line and parent[line] == group
        assert told[offer.id].citations == offer.citations
        assert told[offer.id].when is not None
        assert bool(told[offer.id].differs) is bool(offer.differs)


def test_an_offer_that_moves_to_another_line_moves_on_the_map(tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.replace(
        "knowledge/pathways/gist-unresectable.yaml",
        "option: imatinib\n    line: first",
        "option: imatinib\n    line: secondary",
    )
    offering = offering_of(load(copy.root / "knowledge", copy.root / "cards"), "gist-unresectable")
    parent = {li.end: li.start for li in offering.sketch.links}
    assert parent[parent["gist.unresectable.imatinib"]] == "secondary"


def test_options_are_marked_as_the_assessment_gives_them(loaded: Loaded) -> None:
    compared = 0
    for name in on_the_map():
        assessment = assessed(name)
        if len(assessment.groups) != 1 or assessment.not_addressed or assessment.treated_as:
            continue
        standing = standing_of(offering := offering_of(loaded, assessment.groups[0]), loaded, assessment)
        given: dict[object, bool | None] = {(o.option, o.role, o.line): o.answer for o in assessment.options}
        for address, offer in offering.offers.items():
            same = [
                standing.answers[a]
                for a, o in offering.offers.items()
                if (o.option, o.role, o.line) == (offer.option, offer.role, offer.line)
            ]
            expected = given.get((offer.option, offer.role, offer.line), False)
            best = True if True in same else None if None in same else False
            assert best is expected, (name, address)
            compared += 1
    assert compared > 500


def test_a_drafted_order_is_marked_beside_its_option(loaded: Loaded) -> None:
    assessment = assessed("gist-unresectable/d842v-imatinib")
    offering = offering_of(loaded, "gist-unresectable")
    standing = standing_of(offering, loaded, assessment)
    assert standing.tags["gist.unresectable.imatinib"] == "drafted: contraindicated"
    told = {e.id: e for e in offer_explanations(loaded, offering, standing, assessment)}
    assert "The drafted order: contraindicated." in told["gist.unresectable.imatinib"].state
    assert standing.states["gist.unresectable.avapritinib"] == "here"
    assert standing.states["gist.unresectable.imatinib"] == "excluded"


def test_an_open_option_names_what_would_settle_it(loaded: Loaded) -> None:
    found = 0
    for assessment in map(assessed, on_the_map()):
        for group in assessment.groups:
            offering = offering_of(loaded, group)
            standing = standing_of(offering, loaded, assessment)
            for told in offer_explanations(loaded, offering, standing, assessment):
                if standing.states[told.id] == "possible" and told.id in offering.offers:
                    found += bool(told.settle)
    assert found > 50
