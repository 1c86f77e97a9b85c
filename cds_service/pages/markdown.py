"""Markdown of cards as HTML."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markupsafe import Markup

# markup in the text of a card stays text, and a picture would be fetched
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


def rendered(markdown: str) -> Markup:
    """A card's Markdown as HTML that holds no markup of its text and fetches nothing."""
    return Markup(_MARKDOWN.render(markdown))
