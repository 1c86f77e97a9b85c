"""Markdown of cards as HTML."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def rendered(markdown: str) -> Markup:
    """A card's Markdown as HTML that holds no markup of its text and fetches nothing."""
    return Markup(_markdown().render(markdown))


@cache
def _markdown() -> MarkdownIt:
    # calls are answered without it
    from markdown_it import MarkdownIt

    # markup in the text of a card stays text, and a picture would be fetched
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
