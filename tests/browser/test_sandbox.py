"""The sandbox in a real browser: with a mouse, by keyboard alone, without JavaScript, and as axe sees it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cds_service.cli.store import store_of
from cds_service.settings import Settings

from ..operation.running import CHECKOUT, Running
from .looking import SCHEMES, WIDTHS, accessibility_problems, cut_off, picture
from .opening import OpenPage

pytestmark = pytest.mark.slow

EXAMPLE = "gist-unresectable/d842v-imatinib"
BUNDLE = CHECKOUT / "fhir_fixtures" / EXAMPLE / "patient.json"
CONTRAINDICATED = "Imatinib: contraindicated"


def opened(open_page: OpenPage, service: Running, path: str = "/", **how: Any) -> Page:
    page = open_page(**how)
    page.goto(service.url + path)
    return page


def summaries(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".card-summary strong").all_text_contents()]


def shown(page: Page, view: str) -> Any:
    """The JSON that a view holds, folded or not."""
    return json.loads(page.locator(f"#view-{view} .json").text_content() or "")


def feedback(service: Running) -> list[Any]:
    """Every row of feedback in the store of the running service."""
    folder = service.log.parent / "state"
    database = store_of(Settings(development=True, state_directory=str(folder)))
    try:
        with database.transaction(reading=True) as connection:
            rows = connection.exec_driver_sql(
                "select card, outcome, suggestions, reason_code from feedback"
            ).fetchall()
    finally:
        database.close()
    return rows


def kept_for(service: Running, card: str) -> Any:
    return next(row for row in feedback(service) if str(row[0]).replace("-", "") == card.replace("-", ""))


def test_a_patient_is_found_and_the_order_changed(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service)
    page.get_by_role("link", name="Choose another patient").click()
    dialog = page.get_by_role("dialog", name="Choose a patient")
    search = dialog.get_by_role("searchbox")
    expect(search).to_be_focused()
    search.fill("stable imatinib regorafenib drafted unresectable")
    expect(dialog.get_by_role("status")).to_have_text("1 synthetic patient")
    search.press("Enter")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"fixture=gist-unresectable/stable-on-imatinib-regorafenib"))
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("egorafenib")
    before = summaries(page)

    page.get_by_label("Draft order").select_option("sunitinib")
    expect(page).to_have_url(re.compile("order=sunitinib"))
    expect(page.locator(".card-summary strong").first).to_contain_text("Sunitinib")
    assert summaries(page) != before
    assert [card["summary"] for card in shown(page, "response")["cards"]] == summaries(page)
    page.go_back()
    expect(page.get_by_label("Draft order")).to_have_value("own")
    assert summaries(page) == before


def test_an_address_shows_the_same_to_someone_else(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, f"/?fixture={EXAMPLE}")
    page.get_by_label("Draft order").select_option("avapritinib")
    expect(page).to_have_url(re.compile("order=avapritinib"))
    page.get_by_label("Hook").select_option("order-sign")
    expect(page).to_have_url(re.compile("hook=order-sign"))
    page.get_by_role("button", name="Response").click()
    expect(page.locator("#view-response")).to_be_visible()

    other = open_page()
    other.goto(page.url)
    expect(other.locator("#view-response")).to_be_visible()
    expect(other.locator("#view-facts")).to_be_hidden()
    assert summaries(other) == summaries(page) != []
    assert shown(other, "request") == shown(page, "request")
    assert shown(other, "request")["hook"] == "order-sign"


def test_form_address_and_call_agree(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, f"/?fixture={EXAMPLE}")
    order, hook = page.get_by_label("Draft order"), page.get_by_label("Hook")

    def agreed(stated: str, chosen: str, called: str) -> None:
        expect(page).to_have_url(f"{service.url}/?fixture={EXAMPLE}{stated}")
        expect(order).to_have_value(chosen)
        assert shown(page, "request")["hook"] == called

    hook.select_option("patient-view")
    agreed("&order=none", "none", "patient-view")
    expect(hook).to_have_value("")
    hook.select_option("order-select")
    agreed("&hook=order-select", "own", "order-select")
    order.select_option("imatinib")
    agreed("&order=imatinib", "imatinib", "order-select")
    hook.select_option("patient-view")
    agreed("&order=none", "none", "patient-view")
    expect(page.locator(".cards")).to_contain_text("nothing drafted")


def test_a_suggestion_shows_what_it_files_and_is_accepted(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, f"/?fixture={EXAMPLE}")
    card = shown(page, "response")["cards"][0]
    act = page.locator(".act", has_text="Order avapritinib instead")
    act.locator("summary").first.click()
    expect(act).to_contain_text("Remove the draft order for imatinib")
    assert (
        json.loads(act.locator(".json").text_content() or "")
        == card["suggestions"][0]["actions"][1]["resource"]
    )
    act.get_by_role("button", name="Accept").click()
    expect(page.locator(".done")).to_contain_text("Accepted.")
    expect(page.locator(".done")).to_be_focused()
    expect(page.get_by_role("button", name="Accept")).to_have_count(0)
    row = kept_for(service, card["uuid"])
    assert row[1] == "accepted" and card["suggestions"][0]["uuid"] in str(row[2])


def test_a_card_is_overridden_with_a_reason(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, f"/?fixture={EXAMPLE}&order=sunitinib")
    card = shown(page, "response")["cards"][0]
    reason = card["overrideReasons"][0]
    page.locator(".act > summary", has_text="Override").click()
    page.get_by_label(reason["display"]).check()
    page.get_by_role("button", name="Override this card").click()
    expect(page.locator(".done")).to_contain_text("Overridden.")
    row = kept_for(service, card["uuid"])
    assert (row[1], row[3]) == ("overridden", reason["code"])


def test_a_pasted_record_comes_back_by_its_address(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, "/sandbox/paste")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Bundle or call, as JSON").fill(BUNDLE.read_text(encoding="utf-8"))
    page.get_by_label("Draft order").select_option("imatinib")
    expect(page.locator(".card-summary strong").first).to_contain_text(CONTRAINDICATED)
    expect(page).to_have_url(re.compile(r"order=imatinib.*#pasted="))
    page.get_by_role("button", name="Request").click()
    assert not any("pasted=" in url for url in asked)

    other = open_page()
    other.goto(page.url)
    expect(other.locator(".card-summary strong").first).to_contain_text(CONTRAINDICATED)
    expect(other.locator("#view-request")).to_be_visible()
    assert shown(other, "request") == shown(page, "request")
    assert other.get_by_label("Bundle or call, as JSON").input_value().strip() == BUNDLE.read_text().strip()
    expect(other).to_have_url(page.url)


def test_the_map_opens_its_boxes_and_leaves_what_was_pasted(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, "/sandbox/paste")
    page.get_by_label("Bundle or call, as JSON").fill(BUNDLE.read_text(encoding="utf-8"))
    page.get_by_role("button", name="Call the service").click()
    expect(page).to_have_url(re.compile("#pasted="))
    page.get_by_role("button", name="Map").click()
    page.locator(".map-picture:visible a.here").first.click()
    opened_box = page.locator(".map-explanation:target")
    expect(opened_box).to_contain_text("This patient is here")
    expect(page).to_have_url(re.compile("tab=map#pasted="))
    assert summaries(page)

    page.goto(f"{service.url}/?fixture={EXAMPLE}&tab=map")
    cards = shown(page, "response")["cards"][0]["uuid"]
    page.locator(".map-picture:visible a.here").first.click()
    expect(page.locator(".map-explanation:target")).to_be_visible()
    page.go_back()
    expect(page.locator(".map-explanation:target")).to_have_count(0)
    assert shown(page, "response")["cards"][0]["uuid"] == cards


def test_a_file_is_taken(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, "/sandbox/paste")
    page.get_by_label("or a file").set_input_files(BUNDLE)
    expect(page.locator(".card-summary strong").first).to_be_visible()
    expect(page).to_have_url(re.compile("#pasted="))


def test_what_is_wrong_is_told_where_it_was_pasted(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, "/sandbox/paste")
    page.get_by_label("Bundle or call, as JSON").fill('{"hook": "order-selekt"}')
    page.get_by_role("button", name="Call the service").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("HTTP 400")
    expect(alert).to_contain_text("How to mend it")
    expect(page.get_by_label("Bundle or call, as JSON")).to_have_value(re.compile("selekt"))


def test_a_service_that_is_gone_is_told(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, f"/?fixture={EXAMPLE}")
    page.route("**/*", lambda route: route.abort())
    page.get_by_label("Draft order").select_option("sunitinib")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    page.unroute("**/*")
    page.get_by_label("Draft order").select_option("avapritinib")
    expect(page.locator(".card-summary strong").first).to_contain_text("Avapritinib")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_the_service_refuses_with_a_page_is_told_in_place(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, f"/?fixture={EXAMPLE}")
    page.route(re.compile("order="), lambda route: route.continue_(url=f"{service.url}/map/nope"))
    page.get_by_label("Draft order").select_option("sunitinib")
    expect(page.get_by_role("alert")).to_contain_text("HTTP 404. There is no such map.")
    expect(page).to_have_url(f"{service.url}/?fixture={EXAMPLE}")


def test_json_and_command_are_copied(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, f"/?fixture={EXAMPLE}&tab=request")
    page.locator("#view-request .copied", has=page.locator(".json")).get_by_role(
        "button", name="Copy"
    ).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == shown(page, "request")


def test_everything_can_be_done_by_keyboard(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, f"/?fixture={EXAMPLE}")

    def to(selector: str) -> None:
        """Tab forward until an element has the focus."""
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("chosen => document.activeElement?.matches(chosen)", selector):
                return
        raise AssertionError(f"{selector} is not reached")

    to("#order")
    page.keyboard.type("Sunit")
    expect(page).to_have_url(re.compile("order=sunitinib"))
    expect(page.locator("#order")).to_be_focused()
    card = shown(page, "response")["cards"][0]
    to(".act:last-child > summary")
    page.keyboard.press("Enter")
    to("[name=reason]")
    page.keyboard.press("Space")
    to("[name=comment] ~ button, .feedback button")
    page.keyboard.press("Enter")
    expect(page.locator(".done")).to_be_focused()
    assert kept_for(service, card["uuid"])[3] == card["overrideReasons"][0]["code"]
    to(".tabs button[value=response]")
    page.keyboard.press("Enter")
    expect(page.locator("#view-response")).to_be_visible()
    expect(page.locator(".tabs button[value=response]")).to_be_focused()


@pytest.mark.parametrize("javascript", [True, False])
def test_all_patients_are_a_short_list_of_groups_that_the_keyboard_unfolds(
    service: Running, open_page: OpenPage, javascript: bool
) -> None:
    page = opened(open_page, service, "/sandbox/patients", javascript=javascript)
    assert page.evaluate("document.documentElement.scrollHeight") < 3 * 800
    group = page.locator(".group", has_text="gist-unresectable").first
    patient = group.get_by_role("link").first
    expect(patient).to_be_hidden()
    page.get_by_role("searchbox").focus()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.textContent.includes('gist-unresectable')"):
            break
    page.keyboard.press("Enter")
    expect(patient).to_be_visible()
    expect(group.locator(".count")).to_have_text(str(group.locator("li").count()))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("fixture=gist-unresectable/"))


def test_words_unfold_the_groups_in_which_they_find_somebody(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service)
    page.get_by_role("link", name="Choose another patient").click()
    dialog = page.get_by_role("dialog", name="Choose a patient")
    search = dialog.get_by_role("searchbox")
    expect(dialog.locator(".group[open]")).to_have_count(0)
    search.fill("d842v")
    counts = dialog.locator(".group:visible .count").all_text_contents()
    expect(dialog.locator("li:visible")).to_have_count(sum(map(int, counts)))
    search.fill(" ")
    expect(dialog.locator(".group[open]")).to_have_count(0)
    search.press("Enter")
    expect(dialog.locator("summary").first).to_be_focused()


def test_it_works_without_javascript(service: Running, open_page: OpenPage) -> None:
    page = opened(open_page, service, javascript=False)
    page.get_by_role("link", name="Choose another patient").click()
    page.get_by_role("searchbox").fill("D842V avapritinib")
    page.get_by_role("button", name="Search").click()
    page.locator(".group a").first.click()
    page.get_by_label("Draft order").select_option("imatinib")
    page.get_by_role("button", name="Call the service").click()
    expect(page).to_have_url(re.compile("order=imatinib"))
    expect(page.locator(".card-summary strong").first).to_contain_text("Imatinib")
    page.get_by_role("button", name="Request").click()
    expect(page.locator("#view-request")).to_be_visible()
    page.locator(".act > summary", has_text="Override").first.click()
    page.get_by_role("button", name="Override this card").first.click()
    expect(page.get_by_role("status")).to_contain_text("Overridden.")
    page.get_by_role("link", name="Back to the cards").click()
    expect(page).to_have_url(re.compile("order=imatinib.*tab=request"))

    page.get_by_role("link", name="Paste a record or a call").click()
    page.get_by_label("Bundle or call, as JSON").fill(BUNDLE.read_text(encoding="utf-8"))
    page.get_by_label("Draft order").select_option("imatinib")
    page.get_by_role("button", name="Call the service").click()
    expect(page.locator(".card-summary", has_text=CONTRAINDICATED)).to_be_visible()
    page.get_by_role("button", name="Response").click()
    expect(page.locator("#view-response")).to_be_visible()
    expect(page.locator(".card-summary", has_text=CONTRAINDICATED)).to_be_visible()


STATES = {
    "cards": f"/?fixture={EXAMPLE}",
    "map": f"/?fixture={EXAMPLE}&tab=map",
    "request": f"/?fixture={EXAMPLE}&tab=request",
    "response": f"/?fixture={EXAMPLE}&order=sunitinib&tab=response",
    "timing": f"/?fixture={EXAMPLE}&order=none&tab=timing",
    "nowhere": "/map/nope",
    "nothing": "/?fixture=nothing-of-this-name",
    "paste": "/sandbox/paste",
    "patients": "/sandbox/patients?q=d842v",
    "all-patients": "/sandbox/patients",
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_each_state_is_accessible_at_each_width(
    service: Running, open_page: OpenPage, width: int, scheme: str
) -> None:
    page = open_page(width=width, scheme=scheme)
    found = {}
    for name, path in STATES.items():
        page.goto(service.url + path)
        page.evaluate("document.querySelectorAll('.act').forEach(act => { act.open = true; })")
        picture(page, f"sandbox-{name}")
        found[name] = accessibility_problems(page)
        assert cut_off(page) == 0, name
    page.goto(service.url)
    page.get_by_role("link", name="Choose another patient").click()
    page.get_by_role("dialog").wait_for()
    found["dialog"] = accessibility_problems(page)
    assert not {name: problems for name, problems in found.items() if problems}
