"""How Sphinx makes the site out of this folder: `make docs`.

Everything that a page needs is in the checkout or in an installed package: nothing is loaded while the site is built
or read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sphinx.application import Sphinx

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from cds_service import __version__  # noqa: E402
from docs.derived.api import described  # noqa: E402
from docs.derived.filling import filled  # noqa: E402

project = "Sarcoma pathway service"
version = release = __version__
extensions = ["myst_parser"]
exclude_patterns = ["derived", "examples", "performance"]
# a page is linked to as on GitHub: file and heading
myst_heading_anchors = 5
myst_enable_extensions = ["tasklist"]
html_theme = "furo"
html_title = project
html_css_files = ["site.css"]
html_static_path = ["look"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Fills what is derived into the pages, and puts the OpenAPI document beside them."""
    app.connect("source-read", fill)
    app.connect("build-finished", hand_out)


def fill(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = filled(source[0], Path(app.env.doc2path(page)), CHECKOUT)


def hand_out(app: Sphinx, problem: Exception | None) -> None:
    if problem is None:
        text = json.dumps(described(), indent=2, ensure_ascii=False)
        (Path(app.outdir) / "openapi.json").write_text(text + "\n", encoding="utf-8")
