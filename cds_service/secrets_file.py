"""A file of secrets of the site's, each with the day from which it is used, so that one follows another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from .authored import AuthoringMistakes, Document, Mistake, Schema, read_yaml
from .case.vocabulary import nearest

SECRETS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["secrets"],
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["id", "from", "secret"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string"},
                    "from": {"type": "string", "format": "date"},
                    "secret": {"type": "string"},
                },
            },
        }
    },
}

_SHORTEST = 32
_MASK = "***"
_UNREADABLE = "not readable as YAML; what stands there is not shown, since it may be the secret"
_ID = re.compile("[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret and the first day of its use; `id` is kept beside what is made with it."""

    id: str
    first_day: date
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secrets:
    """At least one secret, the earliest first; that also counts for days before it."""

    listed: tuple[Secret, ...]

    @classmethod
    def of(cls, secrets: Iterable[Secret]) -> Secrets:
        return cls(tuple(sorted(secrets, key=lambda s: s.first_day)))

    def on(self, day: date) -> Secret:
        """The secret that is used on a day."""
        begun = [secret for secret in self.listed if secret.first_day <= day]
        return begun[-1] if begun else self.listed[0]


def secrets_in(path: Path) -> Secrets:
    """The secrets of a file. Raises AuthoringMistakes with file and line; no message holds a secret."""
    try:
        document = read_yaml(path, path.name)
    except OSError as error:
        raise AuthoringMistakes([Mistake(str(path), 1, f"cannot be read: {error.strerror}")]) from error
    except AuthoringMistakes as error:
        # what YAML complains of may be quoted, and may be the secret
        told = [Mistake(m.file, m.line, _UNREADABLE) for m in error.mistakes]
        raise AuthoringMistakes(told) from None
    mistakes = Schema(SECRETS_SCHEMA).mistakes(
        Document(document.name, _masked(document.content), document.lines)
    )
    if not mistakes:
        mistakes = list(_mistakes(document))
    if mistakes:
        raise AuthoringMistakes(mistakes)
    return Secrets.of(
        Secret(stated["id"], date.fromisoformat(str(stated["from"])), stated["secret"].encode())
        for stated in document.content["secrets"]
    )


def _masked(content: Any) -> Any:
    """The content with nothing in it that may be a secret, wherever an author put it: a message may quote what it
    complains of. Its shape, the types of its values and keys like those that a row has are what they were."""
    if isinstance(content, dict):
        return {_masked_key(key): _masked(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_masked(value) for value in content]
    if isinstance(content, str | date):
        return _MASK
    return content if content is None or isinstance(content, bool) else 0


def _masked_key(key: Any) -> str:
    known = ("secrets", *SECRETS_SCHEMA["properties"]["secrets"]["items"]["properties"])
    return key if isinstance(key, str) and (key in known or nearest(key, known)) else _MASK


def _mistakes(document: Document) -> Iterable[Mistake]:
    seen: set[str] = set()
    for n, stated in enumerate(document.content["secrets"]):
        line = document.line(("secrets", n))
        if not _ID.fullmatch(stated["id"]):
            yield Mistake(document.name, line, "the id is not made of at most 64 of a-z, 0-9 and -")
        if stated["id"] in seen:
            yield Mistake(document.name, line, "this id stands twice")
        seen.add(stated["id"])
        if len(stated["secret"]) < _SHORTEST:
            yield Mistake(document.name, line, f"the secret has fewer than {_SHORTEST} characters")
        try:
            date.fromisoformat(str(stated["from"]))
        except ValueError:
            yield Mistake(document.name, line, "`from` is no date such as 2026-11-01")
