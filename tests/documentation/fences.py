"""The blocks of code in the pages, and what each is for.

A comment before a block says what becomes of it when the page is tried out: `<!-- file: NAME -->` writes it to that
file, `<!-- service -->` starts the service with its command, `<!-- not run: why -->` leaves it alone. A `console` block
is run line by line and its output compared.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted(
    [*(CHECKOUT / "docs").glob("*.md"), CHECKOUT / "README.md", CHECKOUT / "deploy" / "RUNBOOK.md"]
)
NOTE = re.compile(r"<!-- (?P<what>file|service|not run)(: (?P<say>.+?))? -->\s*")


@dataclass(frozen=True, slots=True)
class Fence:
    """A block of code: its page, line and language, the comment before it, and its text."""

    page: Path
    line: int
    language: str
    what: str | None
    say: str | None
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"

    def commands(self) -> Iterator[list[str]]:
        """Each command line of a shell block, as words; lines that go on are joined, comments left out."""
        text = self.text.replace("\\\n", " ")
        for line in text.splitlines():
            if line.startswith("$ ") or self.language == "sh":
                try:
                    words = shlex.split(line.removeprefix("$ "), comments=True)
                except ValueError:  # a quotation that goes on in the next line
                    continue
                if words:
                    yield words


@cache
def fences_of(page: Path) -> tuple[Fence, ...]:
    """The blocks of a page, in order."""
    found = []
    said: re.Match[str] | None = None
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        if token.type == "fence" and token.map:
            what, say = (said["what"], said["say"]) if said else (None, None)
            found.append(Fence(page, token.map[0] + 1, token.info.strip(), what, say, token.content))
        said = NOTE.fullmatch(token.content) if token.type == "html_block" else None
    return tuple(found)


def fences() -> list[Fence]:
    """The blocks of all pages."""
    return [fence for page in PAGES for fence in fences_of(page)]
