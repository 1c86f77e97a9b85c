"""A client's token as it came: parsed strictly, its signature checked; nothing decided yet."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from cds_service.http.trust.distrust import Distrust
from cds_service.http.trust.public_keys import PublicKey

MAX_TOKEN_CHARACTERS = 8192

# One header with one token. A server joins two Authorization headers with a comma, which fits nowhere here.
_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)", re.IGNORECASE)

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Header(msgspec.Struct):
    """The members of a token's header that are read. `alg` has not been checked against anything."""

    alg: str
    kid: str
    typ: str
    jku: str | None = None

    # Refused where they come: keys that a token brings itself, and extensions that change how it is read.
    jwk: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    x5u: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    x5c: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    crit: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    b64: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Claims(msgspec.Struct):
    """The claims that are read; times are seconds since 1970."""

    iss: str
    aud: str | list[str]
    exp: int | float
    iat: int | float
    jti: str
    nbf: int | float | None = None
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is well formed. Nothing it says holds before `check_signature`."""

    text: str
    header: Header
    claims: Claims

    def check_signature(self, key: PublicKey, algorithms: tuple[str, ...]) -> None:
        """Raise Distrust unless the key signed this token with one of the algorithms."""
        registry = jws.JWSRegistry(algorithms=algorithms, strict_check_header=False)
        registry.max_header_length = MAX_TOKEN_CHARACTERS
        try:
            jws.deserialize_compact(self.text, key, registry=registry)
        except (JoseError, ValueError, TypeError):
            raise Distrust("signature") from None


def bearer_token(authorization: str | None) -> Token:
    """The token of an Authorization header. Raises Distrust if there is none that could be checked."""
    if authorization is None or not authorization.strip():
        raise Distrust("missing")
    if len(authorization) > MAX_TOKEN_CHARACTERS:
        raise Distrust("too-long")
    found = _BEARER.fullmatch(authorization.strip(" "))
    if found is None:
        raise Distrust("not-a-token")
    header, claims, _signature = found[1].split(".")
    return Token(found[1], _header(_decoded(header)), _claims(_decoded(claims)))


def _header(raw: bytes) -> Header:
    try:
        header = msgspec.json.decode(raw, type=Header)
    except _UNREADABLE as error:
        raise Distrust("header", _member(error)) from None
    for name in ("jwk", "x5u", "x5c", "crit", "b64"):
        if getattr(header, name) is not msgspec.UNSET:
            raise Distrust("header-member", name)
    # RFC 7519: a media type, so that case makes no difference
    if header.typ.upper() != "JWT":
        raise Distrust("header", "typ")
    return header


def _claims(raw: bytes) -> Claims:
    try:
        claims = msgspec.json.decode(raw, type=Claims)
    except _UNREADABLE as error:
        raise Distrust("claim", _member(error)) from None
    if not 0 < len(claims.jti) <= 1024:
        raise Distrust("claim", "jti")
    for name in ("exp", "iat", "nbf"):
        moment = getattr(claims, name)
        # until the year 9999: what comes later cannot be computed with
        if moment is not None and not 0 <= moment < 253_402_300_800:
            raise Distrust("claim", name)
    return claims


def _decoded(segment: str) -> bytes:
    try:
        return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except NotBase64:
        raise Distrust("not-a-token") from None


def _member(error: Exception) -> str:
    # msgspec names the member that is missing or of the wrong type, and no value.
    named = re.search(r"field `([a-z]{3,6})`|\$\.([a-z]{3,6})", str(error))
    return (named[1] or named[2]) if named else ""
