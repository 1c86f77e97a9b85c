"""Pseudonyms: keyed hashes by which the same person can be known again without being known.

The secrets stand in a file of the site's (`CDS_SERVICE_PSEUDONYM_SECRETS`), each with the day from which it is
used; a secret that is removed makes everything that was hashed with it meaningless.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from ..secrets_file import Secret, Secrets, secrets_in


class Pseudonyms:
    """Makes keyed hashes with the secret of a day."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        """At least one secret; the earliest also counts for days before it."""
        self._secrets = Secrets.of(secrets)

    def secret_of(self, day: date) -> Secret:
        """The secret that is used on a day."""
        return self._secrets.on(day)

    def keyed(self, day: date, purpose: str, *parts: object) -> str:
        """HMAC-SHA256, in 64 hexadecimal digits, of JSON values. The same parts give another hash for another
        purpose, so that two columns cannot be compared."""
        message = json.dumps([purpose, *parts], sort_keys=True, default=str).encode()
        return hmac.new(self.secret_of(day).secret, message, hashlib.sha256).hexdigest()


def read_secrets(path: Path) -> Pseudonyms:
    """Pseudonyms by the secrets of a file. Raises AuthoringMistakes with file and line; no message holds a secret."""
    return Pseudonyms(secrets_in(path).listed)
