"""The shipped knowledge as files and as loaded, for tests that hold it against the contract and the sources."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from cds_service.loading import Loaded
from cds_service.pathway.knowledge import Knowledge
from tests.shipped import shipped

from ..beside import shared
from .authoring import KNOWLEDGE


def loaded() -> Loaded:
    return shipped(affiliate=True)


def knowledge() -> Knowledge:
    return loaded().knowledge


def yaml_of(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def value_sets() -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Every code of every value set, with its file and its concept."""
    for path in sorted((KNOWLEDGE / "value_sets").rglob("*.yaml")):
        for concept, rows in yaml_of(path)["concepts"].items():
            for row in rows:
                yield path, concept, row


def contracted(name: str) -> set[str]:
    with shared("contract", name).open(encoding="utf-8") as lines:
        return {row["id"] for row in csv.DictReader(lines)}
