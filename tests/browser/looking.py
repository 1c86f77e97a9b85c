"""Looking at a page as people do (a phone, a desk, a projector; light and dark), and as axe does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from ..operation.running import CHECKOUT

PACKAGES = Path(__file__).parent / "node_modules"
PICTURES = CHECKOUT / ".run" / "screenshots"

HEIGHTS = {390: 844, 1280: 800, 1920: 1080}
"""The heights of windows by their widths: a phone, a desk, a projector; CSS pixels."""

WIDTHS = tuple(HEIGHTS)
SCHEMES = ("light", "dark")

_AXE = PACKAGES / "axe-core" / "axe.min.js"
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def accessibility_problems(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is now, by WCAG 2.2 A and AA and good practice: one line for each
    element."""
    # asked through the debugging protocol: the page's own policy lets no foreign script in
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", _WCAG
    )
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def cut_off(page: Page) -> int:
    """By how many CSS pixels the page is wider than its window: what must be scrolled sideways to be read."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def picture(page: Page, name: str) -> Path:
    """Keep a picture of the whole page as `.run/screenshots/<name>-<width>-<scheme>.png`."""
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    size = page.viewport_size
    width = size["width"] if size else 0
    path = PICTURES / f"{name}-{width}-{scheme}.png"
    page.screenshot(path=path, full_page=True, animations="disabled")
    return path
