"""Links between the Markdown files of the checkout lead to files and headings that are there, as on GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

from docs.derived.filling import filled

from .fences import CHECKOUT, PAGES

FILES = [*PAGES, CHECKOUT / "CHANGELOG.md"]


def links(page: Path) -> Iterator[str]:
    """The addresses that a file leads to, as it is written."""
    for block in MarkdownIt("gfm-like", {"linkify": False}).parse(page.read_text(encoding="utf-8")):
        for token in block.children or ():
            if address := token.attrGet("href") or token.attrGet("src"):
                yield str(address)


def headings(page: Path) -> set[str]:
    """The anchors of a file's headings, those of its derived parts too."""
    text = filled(page.read_text(encoding="utf-8"), page, CHECKOUT)
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", FILES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for address in links(page):
        parts = urlsplit(address)
        if parts.scheme:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.exists(), address
        if parts.fragment:
            assert parts.fragment in headings(target), address


def test_the_readme_leads_to_every_page() -> None:
    readme = CHECKOUT / "README.md"
    led_to = {(CHECKOUT / urlsplit(address).path).resolve() for address in links(readme)}
    # made from the program, or shown from elsewhere: the site has them
    made = {
        "api",
        "assessment",
        "changes",
        "codes",
        "commands",
        "facts",
        "index",
        "resources",
        "runbook",
        "settings",
    }
    assert {page.stem for page in (CHECKOUT / "docs").glob("*.md") if page not in led_to} <= made
