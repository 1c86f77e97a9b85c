"""Seals: what is handed to the browser and must come back unread, unchanged and in time.

A sealed text is a JSON Web Encryption (`dir`, A256GCM). Each purpose has a key of its own, so that what was sealed
for one is nothing for another.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from ..secrets_file import Secret, Secrets

MAX_CHARACTERS = 400_000
"""The longest sealed text that is opened."""

_MOMENT = struct.Struct(">d")
_HEADER = {"alg": "dir", "enc": "A256GCM"}
_ALGORITHMS = ["dir", "A256GCM"]


class SealBroken(Exception):
    """The text was not sealed here, or not for this, or it was changed."""


class SealExpired(SealBroken):
    """It was sealed too long ago."""


class Seals:
    """Seals and opens with the secrets of the site."""

    def __init__(self, secrets: Secrets, now: Callable[[], datetime]) -> None:
        """The secret of the day seals, every one that is listed opens."""
        self._secrets = secrets
        self._now = now

    def seal(self, purpose: str, content: bytes, seconds: float) -> str:
        """A text that opens for this purpose, for so many seconds."""
        now = self._now()
        secret = self._secrets.on(now.date())
        plain = _MOMENT.pack(now.timestamp() + seconds) + content
        header = {**_HEADER, "kid": secret.id}
        return jwe.encrypt_compact(header, plain, _key(secret, purpose), algorithms=_ALGORITHMS)

    def opened(self, purpose: str, sealed: str) -> bytes:
        """What was sealed for this purpose. Raises SealBroken, SealExpired."""
        if len(sealed) > MAX_CHARACTERS or not sealed.isascii():
            raise SealBroken
        keys = KeySet([_key(secret, purpose) for secret in self._secrets.listed])
        try:
            plain = jwe.decrypt_compact(sealed, keys, algorithms=_ALGORITHMS).plaintext
        except (JoseError, ValueError, TypeError, KeyError):
            raise SealBroken from None
        if plain is None or len(plain) < _MOMENT.size:
            raise SealBroken
        (until,) = _MOMENT.unpack_from(plain)
        if self._now().timestamp() > until:
            raise SealExpired
        return plain[_MOMENT.size :]


def _key(secret: Secret, purpose: str) -> OctKey:
    derived = HKDF(SHA256(), 32, None, f"sarcoma-pathway-cds smart {purpose}".encode()).derive(secret.secret)
    return OctKey.import_key(derived, {"kid": secret.id})
