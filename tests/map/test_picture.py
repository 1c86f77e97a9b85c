"""Nothing on a picture lies over anything else, and a picture is well-formed, safe and the same each time."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cds_service.cards.wording import Term
from cds_service.loading import Loaded
from cds_service.map import layout
from cds_service.map.figure import group_map, pathway_map
from cds_service.map.layout import LayoutUnavailable, Placed
from cds_service.map.lettering import width_of, wrapped
from cds_service.map.offers import offering_of
from cds_service.map.picture import Marks, picture, sheets, size_of
from cds_service.map.routes import drawn, route
from cds_service.map.sketch import PADDING, TITLE, Sketch, link, node, stacked
from cds_service.map.wayfinding import pathway_of
from tests.shipped import shipped

from .patients import assessed

Area = tuple[float, float, float, float]
SVG = "{http://www.w3.org/2000/svg}"


def _pictures() -> list[str]:
    """Every map: a table of a disease, or the options of a group."""
    knowledge = shipped(affiliate=True).knowledge
    tables = [f"{disease} {t.derives}" for disease, own in knowledge.diseases.items() for t in own.tables]
    return [*tables, *knowledge.groups]


@cache
def _sketches(name: str) -> tuple[Sketch, ...]:
    """A map as it is shown, wide and, where it fits, narrow."""
    loaded = shipped(affiliate=True)
    disease, _, fact = name.partition(" ")
    sketch = pathway_of(loaded, disease, fact).sketch if fact else offering_of(loaded, name).sketch
    return (sketch.fitted(), narrow) if (narrow := sketch.narrow()) else (sketch.fitted(),)


PICTURES = _pictures()


def _areas(sketch: Sketch, placed: Placed) -> dict[str, Area]:
    """Boxes and labels as left, top, right, bottom."""
    sized = [(n.id, placed.boxes[n.id], n.width, n.height) for n in sketch.nodes.values()]
    sized += [(li.id, placed.labels[li.id], li.width, li.height) for li in sketch.links if li.label]
    return {name: (x - w / 2, y - h / 2, x + w / 2, y + h / 2) for name, (x, y), w, h in sized}


def _overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("name", PICTURES)
def test_no_box_and_no_label_lies_over_another(name: str) -> None:
    for sketch in _sketches(name):
        placed = sketch.placed()
        areas = _areas(sketch, placed)
        assert not [pair for pair in combinations(areas, 2) if _overlap(areas[pair[0]], areas[pair[1]])]
        for left, top, right, bottom in areas.values():
            assert left >= 0 and top >= 0 and right <= placed.width + 1 and bottom <= placed.height + 1


@pytest.mark.parametrize("name", [n for n in PICTURES if len(_sketches(n)) > 1])
def test_a_narrow_picture_is_cut_for_paper_between_its_boxes(name: str) -> None:
    sketch = _sketches(name)[1]
    parts, placed = sheets(sketch), sketch.placed()
    assert parts[0][0] == 0 and sum(parts[-1]) == round(placed.height)
    assert all(sum(one) == other[0] for one, other in pairwise(parts))
    assert all(0 < height <= 1000 for _, height in parts)
    for _, top, _, bottom in (_areas(sketch, placed)[n] for n in sketch.nodes):
        assert not [cut for cut, _ in parts if top < cut < bottom]


def test_what_is_too_wide_for_paper_can_be_cut() -> None:
    large = [n for n in PICTURES if size_of(_sketches(n)[0]) == "large"]
    assert "sts patient-group" in large
    assert all(len(_sketches(n)) > 1 for n in large)


@pytest.mark.parametrize("name", PICTURES)
def test_no_arrow_runs_through_a_box_that_it_does_not_join(name: str) -> None:
    for sketch in _sketches(name):
        assert list(_hits(sketch)) == []


def _hits(sketch: Sketch) -> Iterator[tuple[str, str]]:
    """The arrows that run through a box which they do not join, each with the box."""
    placed = sketch.placed()
    areas = {name: area for name, area in _areas(sketch, placed).items() if name in sketch.nodes}
    for li in sketch.links:
        points = route(li, sketch, placed, sketch.direction)
        for (ax, ay), (bx, by) in pairwise(points):
            # a bend stays within the corners of its ends
            left, top, right, bottom = min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
            way = (left + 0.1, top + 0.1, max(left + 0.2, right - 0.1), max(top + 0.2, bottom - 0.1))
            joined = (li.start, li.end)
            yield from ((li.id, n) for n, area in areas.items() if n not in joined and _overlap(way, area))


def test_an_arrow_begins_and_ends_at_the_borders_of_its_boxes() -> None:
    sketch = _sketches("gist patient-group")[0]
    placed = sketch.placed()
    for li in sketch.links:
        (_, first), *_, (_, last) = route(li, sketch, placed, "TB")
        assert first == pytest.approx(placed.boxes[li.start][1] + sketch.nodes[li.start].height / 2)
        assert last == pytest.approx(placed.boxes[li.end][1] - sketch.nodes[li.end].height / 2)
        assert drawn([(0, 0), (0, 1), (2, 3), (2, 4)], "TB") == "M0,0L0,1C0,2 2,2 2,3L2,4"


@pytest.mark.parametrize("name", PICTURES)
def test_the_words_of_a_box_have_room_in_it(name: str) -> None:
    for box in (box for sketch in _sketches(name) for box in sketch.nodes.values()):
        assert all(width_of(t, TITLE, bold=True) <= box.width - 2 * PADDING + 1 for t in box.title)
        assert box.title or box.note


def test_words_are_wrapped_and_none_is_lost() -> None:
    text = "Extremity soft-tissue sarcoma, stage II, resectable"
    lines = wrapped(text, 13, 120)
    assert " ".join(lines) == text and len(lines) > 2
    assert all(width_of(line, 13) <= 120 for line in lines)
    assert wrapped("dermatofibrosarcoma", 13, 40) == ("dermatofibrosarcoma",)


def test_what_is_told_first_stands_first() -> None:
    tree = {n: node(n, "option", n) for n in ("start", "one", "two", "three")}
    sketch = Sketch(tree, [link("start", n) for n in ("one", "two", "three")], "start", ordered=True)
    placed = sketch.placed()
    assert placed.boxes["one"][1] < placed.boxes["two"][1] < placed.boxes["three"][1]
    below = stacked(sketch).placed()
    assert below.boxes["one"][1] < below.boxes["two"][1] < below.boxes["three"][1]


@pytest.mark.parametrize("name", [n for n in PICTURES if " " in n])
def test_the_first_decision_of_a_wide_picture_is_in_sight(name: str) -> None:
    """On a laptop, of which the head of the page takes a part."""
    sketch = _sketches(name)[0]
    x, y = sketch.placed().boxes[sketch.start]
    assert x < 1240 and y < 680


def test_an_ending_of_several_ways_is_drawn_for_each_of_them_on_a_narrow_page() -> None:
    nodes = {n: node(n, "decision", n) for n in ("a", "b", "end")}
    links = [link("a", "b", "yes"), link("a", "end", "no"), link("b", "end", "yes")]
    narrow = stacked(Sketch(nodes, links, "a"))
    assert [n.stands_for for n in narrow.nodes.values()].count("end") == 2
    assert {li.id for li in narrow.links} == {li.id for li in links}
    shown = picture(
        narrow,
        Marks({"end": "here", "a>b": "excluded", "a>end": "taken", "b>end": "excluded"}),
        ident="x",
        title="t",
        described="d",
    )
    boxes = re.findall(r'class="box decision ?(\w*)"', shown)
    assert sorted(boxes) == ["", "excluded", "excluded", "here"]


def _figures(loaded: Loaded) -> dict[str, str]:
    several = assessed("gist-several-groups/d842v-imatinib-resectability-unrecorded")
    return {
        "gist": pathway_map(loaded, disease="gist"),
        "sts": pathway_map(loaded, disease="sts"),
        "patient": pathway_map(loaded, several),
        "options": group_map(loaded, "gist-unresectable", several),
    }


def test_a_figure_is_well_formed_and_its_pictures_are_named_and_described(loaded: Loaded) -> None:
    for figure in _figures(loaded).values():
        root = ElementTree.fromstring(figure.replace("&copy;", ""))
        pictures = root.findall(f".//{SVG}svg")
        assert pictures
        for svg in pictures:
            named = svg.attrib["aria-labelledby"].split()
            inside = {e.attrib["id"]: e.text for e in svg if "id" in e.attrib}
            assert all(inside[name] for name in named)


def test_every_link_of_a_figure_leads_to_one_place_in_it(loaded: Loaded) -> None:
    for figure in _figures(loaded).values():
        ids = re.findall(r'\bid="([^"]+)"', figure)
        assert len(ids) == len(set(ids))
        targets = set(re.findall(r'href="#([^"]+)"', figure))
        assert targets and targets <= set(ids)


def test_a_figure_holds_nothing_inline(loaded: Loaded) -> None:
    for figure in _figures(loaded).values():
        assert "<style" not in figure and "<script" not in figure
        assert not re.search(r"\s(style|on\w+)=", figure)


def test_what_words_hold_stays_text(loaded: Loaded) -> None:
    """Wording refuses markup when it is read; should any come through all the same, it is shown as it is."""
    hostile = Term('<script>alert("x")</script> & more', "<b>bold</b>")
    terms = {**loaded.wording.terms, "facts": {**loaded.wording.terms["facts"], "gist-course": hostile}}
    shown = pathway_map(replace(loaded, wording=replace(loaded.wording, terms=terms)), disease="gist")
    assert "<script>" not in shown and "<b>bold" not in shown
    assert "&lt;script&gt;" in shown
    ElementTree.fromstring(shown)


def test_marks_are_told_in_words_too(loaded: Loaded) -> None:
    figure = _figures(loaded)["patient"]
    picture_alone = figure[figure.index("<svg") : figure.index("</svg>")]
    assert picture_alone.count("? not known") == 1
    assert picture_alone.count("○ possible") == 3


def test_the_same_knowledge_gives_the_same_bytes_in_another_process(loaded: Loaded) -> None:
    code = (
        "from cds_service.loading import load; from cds_service.map.figure import pathway_map; import sys;"
        "sys.stdout.write(pathway_map(load(snomed_affiliate=True), disease='gist'))"
    )
    environ = {"PYTHONHASHSEED": "7", "PATH": ""}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True
    )
    assert told.stdout == pathway_map(loaded, disease="gist")


def test_the_engine_is_not_loaded_before_a_map_is_shown() -> None:
    code = (
        "import sys; from cds_service.cli import main; import cds_service.cli.serving, cds_service.map.site;"
        "sys.exit('quickjs' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_layout_library_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(layout, "_PACKAGED", tmp_path / "none.js")
    monkeypatch.setattr(layout, "_CHECKOUT", tmp_path / "none either.js")
    layout._library.cache_clear()
    try:
        with pytest.raises(LayoutUnavailable, match="pip install"):
            layout.place([layout.Box("a", 10.5, 10)], [], "LR", 1, 1)
    finally:
        layout._library.cache_clear()
