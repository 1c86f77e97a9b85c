"""HL7's invariants for calls, answers and feedback, run with fhirpathpy (the extra `conformance`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import fhirpathpy
import yaml

Document = Literal["request", "response", "feedback"]


@dataclass(frozen=True, slots=True)
class Invariant:
    """`id` is HL7's; `says` is what a document that violates it does.

    `about` and `holds` are our expressions: what in a document it concerns, and whether all of that keeps it.
    """

    id: str
    of: Document
    says: str
    about: str
    holds: str

    def concerns(self, document: Any) -> bool:
        """Whether the document has anything that could violate it."""
        return bool(_compiled(self.about)(document))

    def violated_by(self, document: Any) -> bool:
        """Whether the document violates it."""
        return _compiled(self.holds)(document) != [True]


@cache
def invariants() -> Mapping[str, Invariant]:
    """All of them by id."""
    text = files(__package__).joinpath("invariants.yaml").read_text(encoding="utf-8")
    return {row["id"]: Invariant(**row) for row in yaml.safe_load(text)}


def violated(kind: Document, document: Any) -> list[str]:
    """The ids of the invariants that a document of this kind violates, in the order of the file."""
    return [i.id for i in invariants().values() if i.of == kind and i.violated_by(document)]


@cache
def _compiled(expression: str) -> Callable[..., list[Any]]:
    return fhirpathpy.compile(expression)
