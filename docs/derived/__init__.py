"""Pages of the site, or parts of them, that are made from the product itself when the site is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .api import api
from .assessment import assessment
from .codes import codes, systems, words
from .commands import commands
from .facts import facts
from .profiles import profiles
from .resources import prefetch, resources
from .settings import settings
from .sources import not_addressed, sources, terminologies

DERIVED: Mapping[str, Callable[[], str]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        api,
        assessment,
        codes,
        commands,
        facts,
        not_addressed,
        prefetch,
        profiles,
        resources,
        settings,
        sources,
        systems,
        terminologies,
        words,
    )
}
"""Name in `<!-- derived: NAME -->` -> what makes the Markdown that stands there."""
