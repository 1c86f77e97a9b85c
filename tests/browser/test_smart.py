"""The SMART app in a real browser: launched, asked what if by keyboard alone, with and without scripts, framed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from cds_service.clients import SmartRegistration
from tests.browser.looking import SCHEMES, WIDTHS, accessibility_problems, cut_off, picture
from tests.browser.opening import OpenPage
from tests.reach.ehr import patient
from tests.smart.trial import CLIENT_ID, Trial, trial, with_drafts

pytestmark = pytest.mark.slow

IMATINIB = json.dumps({"hook": "order-select", "option": "imatinib", "orders": ["MedicationRequest/rx-1"]})


@pytest.fixture(scope="module")
def missing() -> Iterator[Trial]:
    """A patient of whom the mitotic count is missing."""
    fixture = patient("gist-resectable-minimal-morbidity/mitoses-missing-imatinib")
    with trial(fixture, resources=with_drafts(fixture)) as found:
        yield found


@pytest.fixture(scope="module")
def progressive() -> Iterator[Trial]:
    """A patient whom a trial may concern."""
    with trial(patient("gist-progressive-limited/sunitinib-continued")) as found:
        yield found


def launched(page: Page, at: Trial, context: str = IMATINIB) -> Page:
    """The app, opened from the EHR with the context of a card."""
    page.goto(f"{at.ehr}/launch?patient={at.patient}&appContext={context}")
    page.get_by_role("button", name="Allow").click()
    expect(page.locator("#position")).to_be_visible()
    return page


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent"))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has that id or text has the focus."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if focused(page).strip() == name:
            return
    raise AssertionError(f"no way to {name} by keyboard")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_state_can_be_seen_and_read(
    missing: Trial, progressive: Trial, open_page: OpenPage, width: int, scheme: str
) -> None:
    page = launched(open_page(width=width, scheme=scheme), missing)
    picture(page, "smart")
    assert accessibility_problems(page) == [] and cut_off(page) == 0
    page.locator("#field-mitoses-per-50-hpf").fill("7")
    page.keyboard.press("Tab")
    expect(page.locator(".hypothesis")).to_be_visible()
    page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
    picture(page, "smart-what-if")
    assert accessibility_problems(page) == [] and cut_off(page) == 0
    page.locator("#field-tumour-size-cm").fill("huge")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("Nothing is supposed")
    picture(page, "smart-problem")
    assert accessibility_problems(page) == [] and cut_off(page) == 0
    page = launched(open_page(width=width, scheme=scheme), progressive, "")
    expect(page.locator("#trials")).to_contain_text("NCT03862768")
    picture(page, "smart-trial")
    assert accessibility_problems(page) == [] and cut_off(page) == 0
    page = open_page(width=width, scheme=scheme)
    page.goto(f"{missing.url}/smart/callback")
    picture(page, "smart-refused")
    assert accessibility_problems(page) == [] and cut_off(page) == 0


def test_what_if_by_keyboard_alone(missing: Trial, open_page: OpenPage) -> None:
    page = launched(open_page(), missing)
    tab_to(page, "field-mitoses-per-50-hpf")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.locator("#what-if")).to_contain_text("still open → becomes on the pathway")
    # the focus stays where the user is, and so does what was typed
    assert focused(page) == "field-mitoses-per-50-hpf"
    expect(page.locator("#field-mitoses-per-50-hpf")).to_have_value("7")
    tab_to(page, "field-primary-site")
    page.keyboard.type("rectum")
    expect(page.locator("#what-if")).to_contain_text("primary site: rectum")
    page.keyboard.press("Home")
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "Back to the record")
    page.keyboard.press("Enter")
    expect(page.locator(".hypothesis")).to_have_count(0)
    expect(page.locator("#field-mitoses-per-50-hpf")).to_have_value("")
    expect(page.locator("#order")).to_contain_text("still open")


def test_the_code_does_not_stay_in_the_address(missing: Trial, open_page: OpenPage) -> None:
    page = launched(open_page(), missing)
    expect(page).to_have_url(f"{missing.url}/smart/callback")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Launch the app again")


def test_without_scripts_the_button_does_it(missing: Trial, open_page: OpenPage) -> None:
    page = launched(open_page(javascript=False), missing)
    page.locator("#field-mitoses-per-50-hpf").fill("2")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator("#what-if")).to_contain_text("becomes off the pathway")
    expect(page.locator("#field-mitoses-per-50-hpf")).to_have_value("2")
    # Enter in a field asks, and does not go back to the record
    page.locator("#field-mitoses-per-50-hpf").fill("7")
    page.locator("#field-mitoses-per-50-hpf").press("Enter")
    expect(page.locator("#what-if")).to_contain_text("becomes on the pathway")
    page.get_by_role("button", name="Back to the record").click()
    expect(page.locator(".hypothesis")).to_have_count(0)


def test_a_problem_is_told_beside_its_field(missing: Trial, open_page: OpenPage) -> None:
    page = launched(open_page(), missing)
    page.locator("#field-age-years").fill("old")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("Enter a number such as 7.5 from 0 to 130.")
    field = page.locator("#field-age-years")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(
        "years from 0 to 130, or the word unknown Enter a number such as 7.5 from 0 to 130."
    )
    field.fill("70")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_the_map_moves_with_the_hypothesis(missing: Trial, open_page: OpenPage) -> None:
    page = launched(open_page(), missing)
    here = page.locator("#map .map-wide .here .title")
    before = here.all_inner_texts()
    page.locator("#field-tumour-resected").select_option("no")
    page.locator("#field-residual-tumour").select_option("unknown")
    expect(page.locator("#what-if")).to_contain_text("Patient group")
    assert here.all_inner_texts() != before


def test_on_paper_the_hypothesis_is_marked_and_the_fields_are_not_there(
    missing: Trial, open_page: OpenPage
) -> None:
    page = launched(open_page(), missing)
    page.locator("#field-mitoses-per-50-hpf").fill("7")
    page.keyboard.press("Tab")
    expect(page.locator(".hypothesis")).to_be_visible()
    page.emulate_media(media="print")
    picture(page, "smart-print")
    expect(page.locator(".hypothesis")).to_be_visible()
    expect(page.locator("#fact-mitoses-per-50-hpf .mark")).to_be_visible()
    expect(page.locator(".who")).to_be_visible()
    for hidden in ("#field-mitoses-per-50-hpf", "#what-if-order", "#print", ".bar"):
        expect(page.locator(hidden)).to_be_hidden()


def test_an_ehr_frames_the_app_and_nobody_else_does(open_page: OpenPage, chromium: Browser) -> None:
    """Pages of two origins hold the app in a frame; the EHR's own is named."""

    class Framing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f'<!doctype html><iframe src="{self.server.framed}"></iframe>'.encode()  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is asserted on it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Framing)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        ehr = f"http://127.0.0.1:{server.server_port}"
        registration = SmartRegistration(client_id=CLIENT_ID, frame_ancestors=(ehr,))
        with trial(patient("gist-unresectable/d842v-imatinib"), registration=registration) as found:
            server.framed = f"{found.ehr}/launch?patient={found.patient}"  # type: ignore[attr-defined]
            page = open_page()
            page.goto(ehr)
            page.frame_locator("iframe").get_by_role("button", name="Allow").click()
            expect(page.frame_locator("iframe").locator("#position")).to_contain_text("unresectable")
            # its blocked frame is what is wanted: not a page that the fixture watches
            stranger = chromium.new_page()
            stranger.goto(ehr.replace("127.0.0.1", "localhost"))
            stranger.frame_locator("iframe").get_by_role("button", name="Allow").click()
            stranger.wait_for_function("() => true")
            expect(stranger.frame_locator("iframe").locator("#position")).to_have_count(0)
            stranger.close()
    finally:
        server.shutdown()
        server.server_close()
