"""A client's side: its keys, and the tokens that it signs well or badly."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from .calls import SERVICE

PUBLIC_URL = "https://cds.example.org/sarcoma"
ENDPOINT = f"{PUBLIC_URL}/cds-services/{SERVICE.id}"

SigningKey = ECKey | RSAKey | OKPKey


@cache
def elliptic(kid: str, curve: str = "P-384") -> ECKey:
    """A private key, the same each time for the same id."""
    return ECKey.generate_key(curve, {"kid": kid})


@cache
def rsa(kid: str, bits: int = 2048) -> RSAKey:
    """A private key, the same each time for the same id."""
    return RSAKey.generate_key(bits, {"kid": kid})


def key_set(*keys: SigningKey) -> str:
    """The public halves as a JWK Set."""
    return json.dumps({"keys": [key.as_dict(private=False, use="sig") for key in keys]})


def encoded(part: object) -> str:
    """A part of a JWT: bytes, or anything else as JSON, in base64url."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Ehr:
    """One client. `now` is its clock, in seconds since 1970."""

    issuer: str
    key: SigningKey
    algorithm: str = "ES384"
    jku: str | None = None
    now: Callable[[], float] = time.time
    header: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.header = {"alg": self.algorithm, "kid": self.key.kid, "typ": "JWT"}
        if self.jku is not None:
            self.header["jku"] = self.jku

    def claims(self, **changed: Any) -> dict[str, Any]:
        """The claims of a fresh token; one changed to None is left out."""
        moment = int(self.now())
        stated = {
            "iss": self.issuer,
            "aud": ENDPOINT,
            "exp": moment + 120,
            "iat": moment,
            "jti": str(uuid4()),
            **changed,
        }
        return {name: value for name, value in stated.items() if value is not None}

    def token(
        self, header: dict[str, Any] | None = None, key: SigningKey | None = None, **changed: Any
    ) -> str:
        """A token with this client's signature; `header` and claims as changed."""
        stated = {**self.header, **(header or {})}
        return self.signed(
            {name: value for name, value in stated.items() if value is not None},
            json.dumps(self.claims(**changed)),
            key,
        )

    def signed(self, header: dict[str, Any], claims: str | bytes, key: SigningKey | None = None) -> str:
        """A token with any header and payload, which need not be what a library would sign."""
        payload = claims if isinstance(claims, bytes) else claims.encode()
        text = f"{encoded(header)}.{encoded(payload)}"
        algorithm = jws.JWSRegistry.algorithms[header["alg"]]
        return f"{text}.{encoded(algorithm.sign(text.encode(), key or self.key))}"

    def bearer(self, **changed: Any) -> dict[str, str]:
        """The header of a call that should pass, claims as changed."""
        return {"Authorization": f"Bearer {self.token(**changed)}"}
