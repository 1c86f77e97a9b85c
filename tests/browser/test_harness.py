"""What the other tests in a browser rely on: a fault of a page is found."""

from __future__ import annotations

import pytest

from .looking import accessibility_problems, cut_off, picture
from .opening import OpenPage

pytestmark = pytest.mark.slow


def test_an_inaccessible_page_is_told(open_page: OpenPage) -> None:
    page = open_page()
    page.set_content("<!doctype html><title>A form</title><main><input></main>")
    told = accessibility_problems(page)
    assert any(line.startswith("label: input") for line in told)
    assert any(line.startswith("html-has-lang") for line in told)


def test_a_page_that_is_too_wide_is_told(open_page: OpenPage) -> None:
    page = open_page(width=390)
    page.set_content("<div style='width: 500px'>wide</div>")
    assert cut_off(page) > 100


def test_a_dark_page_is_pictured_as_dark(open_page: OpenPage) -> None:
    page = open_page(width=390, scheme="dark")
    page.set_content("<p>dark</p>")
    kept = picture(page, "harness")
    assert kept.name == "harness-390-dark.png"
    kept.unlink()
