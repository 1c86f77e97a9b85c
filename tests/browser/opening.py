"""A real browser for whichever tests look at pages: Debian's Chromium, driven by Playwright, one for each process.

Needs chromium (Debian) and the packages of `package-lock.json`: `make clients`. The fixtures are the whole suite's
(`tests/conftest.py`): Playwright cannot be started twice in a process.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from .looking import HEIGHTS, PACKAGES

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]

OpenPage = Callable[..., Page]
"""`open_page(width=1280, scheme="light", javascript=True, media=None)`: a new, empty page in a browser session of
its own, with nothing in its storage. `media` "print" shows it as on paper."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this process; skipped where there is none, which CI does not accept."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs a browser: apt-get install chromium")
    if not (PACKAGES / "axe-core").is_dir():
        pytest.skip("needs axe-core: make clients")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Opens pages. The test fails if a script on one of them fails or the page's own policy blocks something."""
    contexts, wrong = [], []

    def note(said: str) -> None:
        if "Content Security Policy" in said:
            wrong.append(said)

    def opened(
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        javascript: bool = True,
        media: Literal["print"] | None = None,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": HEIGHTS[width]},
            color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: note(message.text))
        if media:
            page.emulate_media(media=media)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong
