"""A page as it is written -> as it is shown: what is derived stands in it, and so do files of other folders.

`<!-- derived: NAME -->` up to `<!-- until here -->` gives way to what is made anew at each build; what stands between
them is for readers of the file itself. `<!-- whole page: PATH -->` gives way to that file of the checkout, and so does
all that follows.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from . import DERIVED

DERIVED_HERE = re.compile(r"<!-- derived: (?P<name>[a-z-]+) -->\n.*?<!-- until here -->\n", re.DOTALL)
WHOLE_PAGE = re.compile(r"<!-- whole page: (?P<path>\S+) -->\n.*", re.DOTALL)
LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<target>[^)#:\s]+)(?P<heading>#[^)\s]*)?\)")


def filled(text: str, page: Path, checkout: Path) -> str:
    """The Markdown of a page of the site, links turned to where things are there.

    A file that a page shows is that page, the README the first one; other files can be downloaded, and of Markdown
    that is no page only the name is said. Raises KeyError for a derived part that nothing makes.
    """
    page_of = {page.resolve(): page.resolve() for page in (checkout / "docs").glob("*.md")}
    for other in list(page_of):
        if shown := WHOLE_PAGE.search(other.read_text(encoding="utf-8")):
            page_of[(checkout / shown["path"]).resolve()] = other
    page_of[(checkout / "README.md").resolve()] = (checkout / "docs" / "index.md").resolve()
    if shown := WHOLE_PAGE.search(text):
        origin = checkout / shown["path"]
        text = origin.read_text(encoding="utf-8")
    else:
        origin = page
    text = DERIVED_HERE.sub(lambda found: DERIVED[found["name"]](), text)
    return LINK.sub(lambda found: _link(found, origin, page, page_of), text)


def _link(found: re.Match[str], origin: Path, page: Path, page_of: dict[Path, Path]) -> str:
    meant = (origin.parent / found["target"]).resolve()
    if meant.suffix == ".md" and meant not in page_of:
        return f"{found['text']} (`{meant.name}`)"
    target = os.path.relpath(page_of.get(meant, meant), page.parent)
    return f"[{found['text']}]({target}{found['heading'] or ''})"
