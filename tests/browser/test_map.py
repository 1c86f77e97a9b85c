"""The map in a browser: read, pointed at, tapped, walked through with the keyboard, printed, without a script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cds_service.map.files import map_files
from tests.map.patients import assessed
from tests.shipped import shipped

from ..operation.running import Running
from .looking import SCHEMES, WIDTHS, accessibility_problems, cut_off, picture
from .opening import OpenPage

pytestmark = pytest.mark.slow

SEVERAL = "gist-several-groups/d842v-imatinib-resectability-unrecorded"
PLACED = "gist-unresectable/d842v-imatinib"
FAR = "sts-several-groups/epic-like-resectability-unrecorded-doxorubicin"
PAGES = ["map", "map/gist", "map/sts", "map/gist/gist-unresectable", "map/sts/local-stage"]

# the lines of text of the pictures that reach beyond their own box
_OUTSIDE = """() => [...document.querySelectorAll('.map-picture .box')].flatMap(box => {
  const body = box.querySelector('.body').getBoundingClientRect()
  const outside = r => r.left < body.left || r.right > body.right || r.top < body.top || r.bottom > body.bottom + 1
  return [...box.querySelectorAll('text:not(.tag-words)')]
    .filter(words => words.getClientRects().length && outside(words.getBoundingClientRect()))
    .map(words => words.textContent)
})"""


# the lines of text of the pictures that do not stand out from their box: axe does not look inside SVG
_FAINT = """() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(Number)
      .map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    return .2126 * r + .7152 * g + .0722 * b
  }
  const contrast = (one, other) => (Math.max(one, other) + .05) / (Math.min(one, other) + .05)
  return [...document.querySelectorAll('.map-picture .box')].flatMap(box => {
    const fill = getComputedStyle(box.querySelector('.body')).fill
    const body = light(fill === 'none' ? getComputedStyle(document.body).backgroundColor : fill)
    return [...box.querySelectorAll('text:not(.tag-words)')]
      .filter(words => words.getClientRects().length && contrast(light(getComputedStyle(words).fill), body) < 4.5)
      .map(words => words.textContent)
  })
}"""


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of a patient of whom several groups are possible, as files."""
    return _files_of(SEVERAL, tmp_path_factory.mktemp("map"))


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of a patient whose group is certain, as files."""
    return _files_of(PLACED, tmp_path_factory.mktemp("placed"))


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of a patient whose place is far from the first decision, as files."""
    return _files_of(FAR, tmp_path_factory.mktemp("far"))


def _files_of(fixture: str, folder: Path) -> Path:
    for name, text in map_files(shipped(affiliate=True), assessment=assessed(fixture)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_view_is_accessible_and_no_word_leaves_its_box(
    service: Running, patient: Path, placed: Path, open_page: OpenPage, width: int, scheme: str
) -> None:
    page = open_page(width=width, scheme=scheme)
    views = {path.replace("/", "-"): f"{service.url}/{path}" for path in PAGES}
    views["map-patient"] = (patient / "gist.html").as_uri()
    views["map-patient-options"] = (patient / "gist-resectable-significant-morbidity.html").as_uri()
    views["map-placed"] = (placed / "gist.html").as_uri()
    views["map-placed-options"] = (placed / "gist-unresectable.html").as_uri()
    for name, address in views.items():
        page.goto(address)
        assert page.evaluate(_OUTSIDE) == [], name
        assert page.evaluate(_FAINT) == [], name
        assert cut_off(page) <= 0, name
        assert accessibility_problems(page) == [], name
        picture(page, name)


def test_words_on_a_phone_are_large_enough_to_be_read(service: Running, open_page: OpenPage) -> None:
    page = open_page(width=390)
    for path in ("map/gist", "map/sts"):
        page.goto(f"{service.url}/{path}")
        heights = page.evaluate(
            "[...document.querySelectorAll('.map-narrow .title')].map(t => t.getBoundingClientRect().height)"
        )
        assert heights and min(heights) > 11
        expect(page.locator(".map-wide")).to_be_hidden()


def test_a_map_that_is_wider_than_its_frame_opens_with_its_first_box_in_sight(
    service: Running, far: Path, open_page: OpenPage
) -> None:
    page = open_page(width=1280)
    for address in (f"{service.url}/map/sts", (far / "sts.html").as_uri()):
        page.goto(address)
        frame = page.locator(".map-wide").evaluate(
            "f => { const b = f.querySelector('.box').getBoundingClientRect(), r = f.getBoundingClientRect();"
            " return [f.scrollWidth - f.clientWidth, b.left - r.left, r.right - b.right, innerHeight - b.bottom] }"
        )
        assert frame[0] > 0 and min(frame[1:]) >= 0, address


@pytest.mark.parametrize("width", WIDTHS)
def test_what_a_frame_cuts_is_told(service: Running, far: Path, open_page: OpenPage, width: int) -> None:
    page = open_page(width=width)
    for address in (*(f"{service.url}/{path}" for path in PAGES), (far / "sts.html").as_uri()):
        page.goto(address)
        for figure in page.locator(".pathway-map").all():
            cut = figure.locator(".map-frame:visible").evaluate("f => f.scrollWidth > f.clientWidth")
            expect(figure.locator(".map-hint:visible")).to_have_count(int(cut))


def test_a_page_of_several_maps_leads_to_each(service: Running, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{service.url}/map")
    page.get_by_role("navigation", name="On this page").get_by_role(
        "link", name="Soft-tissue sarcoma"
    ).click()
    start = page.locator("#map-sts .map-wide .box").first
    shown = start.evaluate(
        "b => [b.getBoundingClientRect().top, innerHeight - b.getBoundingClientRect().bottom]"
    )
    assert min(shown) >= 0


def _opened(page: Page, name: str) -> None:
    explanation = page.locator(f"#map-{name}")
    expect(explanation).to_be_visible()
    expect(page.locator(".map-explanation:visible")).to_have_count(1)


def test_sources_come_on_pointing_and_stay_until_escape(service: Running, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{service.url}/map/gist")
    box = page.locator(".map-wide a[data-node=gist-unresectable]")
    box.hover()
    _opened(page, "gist-unresectable")
    expect(page.locator("#map-gist-unresectable")).to_contain_text("[000] GIST: unresectable")
    page.locator("#map-gist-unresectable h3").hover()
    _opened(page, "gist-unresectable")
    page.keyboard.press("Escape")
    expect(page.locator(".map-explanation:visible")).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False])
def test_sources_come_on_tapping_with_and_without_a_script(
    service: Running, open_page: OpenPage, javascript: bool
) -> None:
    page = open_page(width=390, javascript=javascript)
    page.goto(f"{service.url}/map/gist")
    page.locator(".map-narrow a[data-node=gist-course]").click()
    _opened(page, "gist-course")
    page.locator("#map-gist-course summary").click()
    expect(page.locator("#map-gist-course .map-rules li").first).to_be_visible()
    page.locator("#map-gist-course .map-close").click()
    expect(page.locator(".map-explanation:visible")).to_have_count(0)
    page.locator(".map-narrow a[data-node=gist-unresectable]").first.click()
    page.get_by_role("link", name="Options of this group").click()
    expect(page).to_have_url(re.compile("/map/gist/gist-unresectable$"))


def test_the_map_is_walked_through_with_the_keyboard(service: Running, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{service.url}/map/gist")
    page.locator(".map-wide").focus()
    names = []
    for _ in range(4):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.dataset.node"))
    assert names[0] == "gist-course" and len(set(names)) == 4
    _opened(page, names[-1])
    page.keyboard.press("Enter")
    _opened(page, names[-1])
    assert page.url.endswith(f"#map-{names[-1]}")
    page.keyboard.press("Escape")
    expect(page.locator(".map-explanation:visible")).to_have_count(0)


def test_a_patients_door_tells_what_settles_it(patient: Path, open_page: OpenPage) -> None:
    page = open_page()
    page.goto((patient / "gist.html").as_uri() + "#gist-resectability")
    door = page.locator("#gist-resectability")
    expect(door).to_be_visible()
    expect(door).to_contain_text("Not known.")
    expect(door).to_contain_text("What would settle it:")
    expect(door).to_contain_text("unresectable: Localised GIST, unresectable")


def test_the_map_is_printed_whole_and_without_dark_ground(
    service: Running, patient: Path, open_page: OpenPage
) -> None:
    page = open_page(width=390, scheme="dark", media="print")
    for address in (f"{service.url}/map/gist", (patient / "gist.html").as_uri()):
        page.goto(address)
        expect(page.locator(".map-wide .map-picture")).to_be_visible()
        shown = page.locator(".map-wide .map-picture").evaluate("p => p.getBoundingClientRect().width")
        assert shown <= 390
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        grounds = page.evaluate(
            "[...document.querySelectorAll('.box.here .body')].map(b => getComputedStyle(b).fill)"
        )
        assert set(grounds) <= {"rgb(255, 255, 255)"}


def test_a_map_that_is_too_wide_for_paper_is_printed_in_parts_that_can_be_read(
    service: Running, far: Path, open_page: OpenPage
) -> None:
    page = open_page(width=1280, media="print")
    for address in (f"{service.url}/map/sts", (far / "sts.html").as_uri()):
        page.goto(address)
        expect(page.locator(".map-wide")).to_be_hidden()
        parts = page.locator(".map-sheets .map-picture")
        assert parts.count() > 1
        for part in parts.all():
            # one picture pixel is one on paper: words keep the size that they were drawn in
            shown = part.evaluate("p => [p.getBoundingClientRect().width / p.viewBox.baseVal.width]")
            assert shown == [1]
        page.emulate_media(media="screen")
        expect(parts.first).to_be_hidden()
        page.emulate_media(media="print")


def test_a_picture_that_stands_alone_looks_the_same_without_a_page(
    patient: Path, open_page: OpenPage
) -> None:
    page = open_page(width=1280)
    page.goto((patient / "gist.svg").as_uri())
    assert page.evaluate(_OUTSIDE) == []
    fill = page.evaluate("getComputedStyle(document.querySelector('.box.door .body')).strokeDasharray")
    assert fill != "none"
