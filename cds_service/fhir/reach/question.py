"""A prefetch template as a question to a FHIR server, and what may answer it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .base import FhirBase

PAGE_SIZE = 200

_TOKEN = re.compile(r"\{\{context\.([A-Za-z]+)\}\}")


@dataclass(frozen=True, slots=True)
class Question:
    """One query: `url`, and for a read the type and id of the resource that answers it."""

    url: str
    reads: tuple[str, str] | None = None


def question(base: FhirBase, template: str, context: Mapping[str, Any]) -> Question:
    """The query of a template, with the values of the call's context in place of its tokens.

    A search asks for pages of `PAGE_SIZE`, so that few are needed; servers may send smaller ones.
    """
    filled = _TOKEN.sub(
        lambda token: quote(str(context[token[1]]), safe=""), quote(template, safe="/?=&,:{}")
    )
    if "?" in filled:
        return Question(f"{base.url}/{filled}&_count={PAGE_SIZE}")
    kind, _, _ = template.partition("/")
    name = _TOKEN.sub(lambda token: str(context[token[1]]), template[len(kind) + 1 :])
    return Question(f"{base.url}/{filled}", (kind, name))
