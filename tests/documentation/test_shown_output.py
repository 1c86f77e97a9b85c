"""The pages are tried out: their files written, their services started, their commands run and the output compared."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from .fences import PAGES, Fence, fences_of
from .workplace import Workplace, fits

pytestmark = pytest.mark.slow

TRIED = [page for page in PAGES if any(fence.language == "console" for fence in fences_of(page))]
SESSION = re.compile(r"^\$ (?P<command>.+(?:\n> .+)*)\n?(?P<output>(?:(?!\$ ).*\n?)*)", re.MULTILINE)


def session(fence: Fence) -> Iterator[tuple[str, str]]:
    """Command and shown output, pair after pair; a command goes on after `> `."""
    for found in SESSION.finditer(fence.text):
        yield found["command"].replace("\n> ", "\n"), found["output"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", TRIED, ids=lambda page: page.stem)
def test_a_page_says_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    fences = fences_of(page)
    place = Workplace(tmp_path, fences)
    try:
        for fence in fences:
            if fence.what == "file":
                assert fence.say
                place.write(fence.say, fence.text)
            elif fence.what == "service":
                place.serve(shlex.split(fence.text))
            elif fence.language == "console":
                for command, shown in session(fence):
                    printed = place.run(command)
                    assert fits(shown, printed), f"{fence.place}: {command}\n{printed}"
    finally:
        place.close()


def test_enough_pages_are_tried() -> None:
    assert {"api", "changing-knowledge", "local-codes", "quick-start"} <= {page.stem for page in TRIED}
