"""The pages that the service writes: templates beside the code that fills them, and the look they share.

A template extends `look/page.html.jinja` if its page is a file that needs nothing else (style is within), or
`look/served.html.jinja` if a server gives it (style and scripts come from `assets`), and draws a card with the
macro of `look/card.html.jinja`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
from jinja2.loaders import ChoiceLoader
from markupsafe import Markup

from .assets import Assets
from .markdown import rendered

LOOK = Path(__file__).parent / "look"


def pages_of(package: str, assets: Assets | None = None) -> Environment:
    """The templates under `pages/` of a package. What is filled in is escaped; a name that is not given is an
    error. Templates know `style(name)`, the text of a style of the shared look; `markdown(text)`; and, with
    `assets`, `asset(name)`, the address of a served file, and `root`, the path under which the service lives."""
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader(package, "pages"), PrefixLoader({"look": FileSystemLoader(LOOK)})]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = _style
    environment.globals["markdown"] = rendered
    if assets is not None:
        environment.globals["asset"] = assets.address
        environment.globals["root"] = assets.root
    return environment


@cache
def _style(name: str) -> Markup:
    return Markup((LOOK / name).read_text(encoding="utf-8"))
