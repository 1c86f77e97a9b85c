"""A file of secrets of the site's, each with the day from which it is used, so that one follows another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from .authored import AuthoringMistakes, Document, Mistake, Schema, read_yaml

SECRETS_SCHEMA = {
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
                    "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"},
                    "from": {"type": "string", "format": "date"},
                    "secret": {"type": "string"},
                },
            },
        }
    },
}

_SHORTEST = 32


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
    mistakes = Schema(SECRETS_SCHEMA).mistakes(_masked(document))
    if not mistakes:
        mistakes = list(_mistakes(document))
    if mistakes:
        raise AuthoringMistakes(mistakes)
    return Secrets.of(
        Secret(stated["id"], date.fromisoformat(str(stated["from"])), stated["secret"].encode())
        for stated in document.content["secrets"]
    )


def _masked(document: Document) -> Document:
    """The document with dates as text and without its secrets: a message may quote what it complains of."""

    def masked(key: str, value: Any) -> Any:
        if key == "secret" and isinstance(value, str):
            return "*"
        return value.isoformat() if isinstance(value, date) else value

    content = document.content
    rows = content.get("secrets") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        return document
    shown = [{k: masked(k, v) for k, v in row.items()} if isinstance(row, dict) else row for row in rows]
    return Document(document.name, {**content, "secrets": shown}, document.lines)


def _mistakes(document: Document) -> Iterable[Mistake]:
    seen: set[str] = set()
    for n, stated in enumerate(document.content["secrets"]):
        line = document.line(("secrets", n))
        if stated["id"] in seen:
            yield Mistake(document.name, line, f"the id {stated['id']!r} stands twice")
        seen.add(stated["id"])
        if len(stated["secret"]) < _SHORTEST:
            yield Mistake(document.name, line, f"the secret has fewer than {_SHORTEST} characters")
        try:
            date.fromisoformat(str(stated["from"]))
        except ValueError:
            yield Mistake(document.name, line, "`from` is no date such as 2026-11-01")
