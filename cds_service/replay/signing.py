"""Signing calls as a CDS client does, for our own commands; and keys to do it with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, KeyParameters, OKPKey, RSAKey
from requests.auth import AuthBase

PrivateKey = ECKey | RSAKey | OKPKey

LIFETIME_SECONDS = 60
"""How long a signed call may be under way."""

NEW_KEYS = ("ES384", "RS384")
"""The algorithms for which `new_key` makes keys: those that CDS Hooks recommends."""

_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_RSA_BITS = 3072


class SigningKeyError(Exception):
    """The file holds no key that calls can be signed with; the text says why."""


@dataclass(frozen=True)
class SignedCalls(AuthBase):
    """Gives each request of a requests Session a token of its own, for the address that it goes to.

    `now` gives seconds since 1970, `new_id` a word that never comes twice.
    """

    key: PrivateKey
    issuer: str
    now: Callable[[], float]
    new_id: Callable[[], str]
    key_address: str | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        address = str(request.url).partition("?")[0].partition("#")[0]
        request.headers["Authorization"] = f"Bearer {self.token(address)}"
        return request

    def token(self, audience: str) -> str:
        """A client JWT for one call of the address `audience`."""
        algorithm = _algorithm(self.key)
        header = {"alg": algorithm, "typ": "JWT", "kid": str(self.key.kid)}
        if self.key_address is not None:
            header["jku"] = self.key_address
        moment = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": audience,
            "iat": moment,
            "exp": moment + LIFETIME_SECONDS,
            "jti": self.new_id(),
        }
        return jwt.encode(header, claims, self.key, algorithms=[algorithm])


def read_signing_key(path: Path) -> PrivateKey:
    """The private key of a file that holds one JWK. Raises SigningKeyError."""
    try:
        key = JWKRegistry.import_key(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SigningKeyError(f"{path} cannot be read: {error.strerror}") from error
    except (JoseError, ValueError, TypeError, KeyError):
        # the library's text may quote the key
        raise SigningKeyError(f"{path} is no JSON Web Key") from None
    if not isinstance(key, ECKey | RSAKey | OKPKey) or not key.is_private:
        raise SigningKeyError(
            f"{path} holds no private key of a kind that signs: it needs kty EC, RSA or OKP"
        )
    if not key.get("kid"):
        raise SigningKeyError(f"{path} has no kid, by which the service finds the public key")
    return key


def new_key(algorithm: str, kid: str) -> PrivateKey:
    """A new private key for one of NEW_KEYS."""
    named: KeyParameters = {"kid": kid, "use": "sig", "alg": algorithm}
    if algorithm == "ES384":
        return ECKey.generate_key("P-384", named)
    return RSAKey.generate_key(_RSA_BITS, named)


def public_key_set(key: PrivateKey) -> dict[str, Any]:
    """What the service needs to know of a key: a JWK Set with the public half."""
    return {"keys": [key.as_dict(private=False)]}


def _algorithm(key: PrivateKey) -> str:
    if key.alg is not None:
        return key.alg
    if isinstance(key, ECKey):
        return _BY_CURVE[key.curve_name]
    return "RS384" if isinstance(key, RSAKey) else "EdDSA"
