"""The pages that the service writes: templates beside the code that fills them."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def pages_of(package: str) -> Environment:
    """The templates under `pages/` of a package. What is filled in is escaped; a name that is not given is an
    error."""
    return Environment(
        loader=PackageLoader(package, "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
