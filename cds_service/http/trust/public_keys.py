"""The public keys of a client: a JSON Web Key Set, read with suspicion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

PublicKey = RSAKey | ECKey | OKPKey

MAX_BYTES = 262_144
"""The largest key set that is read."""

_MAX_KEYS = 100
_RSA_BITS = range(2048, 8193)
_SECRETS = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"))
_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


class KeySetRefused(Exception):
    """The bytes are no key set that may be used; `reason` is a short word for the log, the text a sentence."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class PublicKeys:
    """Keys that verify signatures, by their `kid`."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._keys = tuple(keys)

    def named(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key with this id, of any id where it is None, that may verify this algorithm; None if there is none, or
        more than one."""
        kind = _KEY_TYPES[algorithm[:2]]
        found = [
            key
            for key in self._keys
            if kid in (None, key.kid) and key.key_type == kind and key.alg in (None, algorithm)
        ]
        return found[0] if len(found) == 1 else None


def read_key_set(content: bytes) -> PublicKeys:
    """The keys of a JWK Set that can verify signatures. Raises KeySetRefused.

    A set with a private or symmetric key is refused whole: that key is known to whoever can read the set. A
    key for encryption, without `kid`, of an unknown type, malformed or of a size that is not safe is passed
    over; a set without any other is refused.
    """
    if len(content) > MAX_BYTES:
        raise KeySetRefused("too-large", f"it is larger than {MAX_BYTES} bytes")
    try:
        stated = msgspec.json.decode(content, type=dict[str, Any]).get("keys")
    except (msgspec.DecodeError, RecursionError):
        stated = None
    if not isinstance(stated, list) or not all(isinstance(key, dict) for key in stated):
        raise KeySetRefused("no-key-set", "it is no JSON Web Key Set")
    if len(stated) > _MAX_KEYS:
        raise KeySetRefused("too-large", f"it holds more than {_MAX_KEYS} keys")
    if any(key.get("kty") == "oct" or _SECRETS & key.keys() for key in stated):
        raise KeySetRefused("private-key", "it holds a private or symmetric key")
    keys = [key for key in map(_read, stated) if key is not None]
    if not keys:
        raise KeySetRefused("no-key", "it holds no key that can verify signatures and has a kid")
    return PublicKeys(keys)


def _read(stated: Mapping[str, Any]) -> PublicKey | None:
    kid = stated.get("kid")
    operations = stated.get("key_ops", ["verify"])
    if not isinstance(kid, str) or not kid or stated.get("use", "sig") != "sig":
        return None
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    try:
        key = JWKRegistry.import_key(dict(stated))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, RSAKey):
        return key if key.raw_value.key_size in _RSA_BITS else None
    return key if isinstance(key, ECKey | OKPKey) else None
