"""Pseudonyms: keyed hashes by which the same person can be known again without being known.

The secrets stand in a file of the site's (`CDS_SERVICE_PSEUDONYM_SECRETS`), each with the day from which it is
used; a secret that is removed makes everything that was hashed with it meaningless.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ..authored import AuthoringMistakes, Document, Mistake, Schema, read_yaml

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
    """One secret and the first day of its use; `id` is kept beside what it hashes."""

    id: str
    first_day: date
    secret: bytes = field(repr=False)


class Pseudonyms:
    """Makes keyed hashes with the secret of a day."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        """At least one secret; the earliest also counts for days before it."""
        self._secrets = sorted(secrets, key=lambda s: s.first_day)

    def secret_of(self, day: date) -> Secret:
        """The secret that is used on a day."""
        begun = [secret for secret in self._secrets if secret.first_day <= day]
        return begun[-1] if begun else self._secrets[0]

    def keyed(self, day: date, purpose: str, *parts: object) -> str:
        """HMAC-SHA256, in 64 hexadecimal digits, of JSON values. The same parts give another hash for another
        purpose, so that two columns cannot be compared."""
        message = json.dumps([purpose, *parts], sort_keys=True, default=str).encode()
        return hmac.new(self.secret_of(day).secret, message, hashlib.sha256).hexdigest()


def read_secrets(path: Path) -> Pseudonyms:
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
    return Pseudonyms(
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
