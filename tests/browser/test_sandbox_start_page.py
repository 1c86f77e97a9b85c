"""The start page of `make sandbox`: readable at every width, by keyboard and to axe."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.replay.fixture import find_fixtures
from deploy.sandbox.start_page import Addresses, write_start_page

from ..shipped import FIXTURES
from .looking import SCHEMES, WIDTHS, accessibility_problems, cut_off, picture
from .opening import OpenPage

pytestmark = pytest.mark.slow

ADDRESSES = Addresses(
    fhir="http://127.0.0.1:8081/fhir",
    service="http://127.0.0.1:8080",
    authorization="http://127.0.0.1:8082",
    sandbox="https://sandbox.cds-hooks.org",
)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("start") / "start.html"
    write_start_page(find_fixtures([FIXTURES]), ADDRESSES, path)
    return path


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_can_be_read(open_page: OpenPage, page_file: Path, width: int, scheme: str) -> None:
    page = open_page(width=width, scheme=scheme)
    page.goto(page_file.as_uri())
    picture(page, "sandbox-start")
    assert cut_off(page) <= 0
    assert accessibility_problems(page) == []


def test_the_keyboard_opens_a_folder_and_reaches_a_patient(open_page: OpenPage, page_file: Path) -> None:
    page = open_page()
    page.goto(page_file.as_uri())
    page.locator("summary", has_text="trials").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.href")
    assert first.startswith(ADDRESSES.sandbox) and "hook=order-select" in first
