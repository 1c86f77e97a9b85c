"""The publications that the knowledge rests on, what it does not address, and where its codes come from."""

from __future__ import annotations

from collections import Counter

from cds_service.authored import read_yaml
from cds_service.loading import AFFILIATE_PACK, KNOWLEDGE

from .markdown import code, table
from .product import shipped


def sources() -> str:
    """A table of the sources with their dates."""
    return table(
        ("source", "title", "date"),
        ((code(each.id), each.title, each.date) for each in shipped().sources.values()),
    )


def not_addressed() -> str:
    """A table of the situations of which the sources say nothing, and of whom they do not speak at all."""
    silent = read_yaml(KNOWLEDGE / "not-addressed.yaml", "not-addressed.yaml").content["not-addressed"]
    outside = read_yaml(KNOWLEDGE / "scope.yaml", "scope.yaml").content["out-of-scope"]
    return table(("situation", "why"), ((code(row["id"]), row["because"]) for row in [*silent, *outside]))


def terminologies() -> str:
    """A table of how many codes of each system are shipped, and how many need the SNOMED CT affiliate licence."""
    free = _counted("value_sets/*.yaml")
    licensed = _counted(f"value_sets/{AFFILIATE_PACK}/*.yaml")
    return table(
        ("system", "codes that are read", "and with the licensed pack"),
        ((code(name), str(free[name]), str(licensed[name] or "")) for name in sorted({*free, *licensed})),
    )


def _counted(pattern: str) -> Counter[str]:
    return Counter(
        row["system"]
        for path in KNOWLEDGE.glob(pattern)
        for rows in read_yaml(path, path.name).content["concepts"].values()
        for row in rows
    )
