"""Calls that are not trusted: which check failed, said so that an integrator can mend it, without a value."""

from __future__ import annotations

from typing import NamedTuple

from cds_service.http.wire import IssueCode, Refusal

_WHERE = "http.authorization"
_SPECIFICATION = "see `Trusting CDS Clients` in CDS Hooks"


class _Words(NamedTuple):
    status: int
    code: IssueCode
    what: str
    how: str


_WORDS = {
    "missing": _Words(
        401,
        "login",
        "The call has no token.",
        f"Send `Authorization: Bearer` and a JWT signed for this call; {_SPECIFICATION}.",
    ),
    "not-a-token": _Words(
        401,
        "security",
        "The Authorization header is not one Bearer token in the form of a signed JWT.",
        "Send one Authorization header: `Bearer`, a space, and the JWT's three parts joined by dots.",
    ),
    "too-long": _Words(
        401,
        "security",
        "The token is longer than this service reads.",
        "Leave out of the token what CDS Hooks does not name.",
    ),
    "header": _Words(
        401,
        "security",
        "The token's header is not as CDS Hooks has it",
        f"Send `alg`, `kid` and `typ` (JWT) as strings, `jku` as a string if at all; {_SPECIFICATION}.",
    ),
    "header-member": _Words(
        401,
        "security",
        "The token's header has a member that is not accepted",
        "Leave it out: keys come from the agreed key address or file only, and no extensions are known.",
    ),
    "claim": _Words(
        401,
        "security",
        "The token lacks a claim, or has one of the wrong type or size",
        "Send `iss`, `aud`, `exp`, `iat` and `jti`, times in seconds since 1970; if at all, `nbf` likewise and "
        f"`tenant` as a string; {_SPECIFICATION}.",
    ),
    "issuer": _Words(
        401,
        "security",
        "The token's `iss` is none that this service knows.",
        "Agree `iss` with the operators of this service; it is compared letter by letter.",
    ),
    "algorithm": _Words(
        401,
        "security",
        "The token's `alg` is not accepted from this client.",
        "Sign with an asymmetric algorithm agreed with the operators of this service, such as ES384 or RS384.",
    ),
    "key-address": _Words(
        401,
        "security",
        "The token's `jku` is none that was agreed for this client, or is missing where one is needed.",
        "Agree `jku` with the operators of this service; it is compared letter by letter.",
    ),
    "key": _Words(
        401,
        "security",
        "The token's `kid` names no key of this client that fits its `alg`.",
        "Publish the key with this `kid` in the key set. A new one is looked for only every few seconds.",
    ),
    "signature": _Words(
        401,
        "security",
        "The token's signature does not hold.",
        "Sign with the private key of the named `kid`, over the token as it is sent.",
    ),
    "expired": _Words(
        401, "expired", "The token has expired.", "Sign a new token for each call; compare the clocks."
    ),
    "not-yet": _Words(
        401,
        "security",
        "The token's `iat` or `nbf` lies in the future.",
        "Compare the clocks: times are seconds since 1970 in UTC.",
    ),
    "lifetime": _Words(
        401,
        "security",
        "The token's lifetime (`exp` less `iat`) is not positive, or longer than agreed.",
        "Sign a new token for each call, with a lifetime of a few minutes.",
    ),
    "too-old": _Words(
        401,
        "security",
        "The token is older than is accepted while the memory of used tokens is out of order.",
        "Sign a new token for each call and send it at once.",
    ),
    "replay": _Words(
        401,
        "duplicate",
        "The token has been used before.",
        "Sign a new token with a new `jti` for each call, repeated calls included.",
    ),
    "audience": _Words(
        403,
        "forbidden",
        "The token is genuine, but its `aud` is not this endpoint.",
        "Set `aud` to the public URL of the called endpoint, or agree another with the operators.",
    ),
    "rate": _Words(
        429,
        "throttled",
        "This client has made as many calls as it may in a minute.",
        "Call again after the seconds that Retry-After says, or agree on more with the operators.",
    ),
    "keys-unreachable": _Words(
        503,
        "transient",
        "The keys of this client cannot be had at the moment, so that the token cannot be checked.",
        "Call again. If it stays so, see whether the key address answers this service over HTTPS.",
    ),
    "memory-down": _Words(
        503,
        "transient",
        "Whether the token was used before cannot be told at the moment.",
        "Call again with a new token.",
    ),
}


class Distrust(Refusal):
    """The call is not trusted. `check` names the check that failed, in one word for the log.

    `member` is the member of the token that it is about, never its value; `retry_after` the seconds after which
    another call makes sense.
    """

    def __init__(self, check: str, member: str = "", retry_after: int | None = None) -> None:
        words = _WORDS[check]
        what = f"{words.what}: `{member}`." if member else words.what.rstrip(".") + "."
        super().__init__(words.status, words.code, what, _WHERE, words.how, retry_after=retry_after)
        self.check = check
        if words.status in (401, 403):
            self.challenge = _challenge(check, words.status)


def _challenge(check: str, status: int) -> str:
    """The WWW-Authenticate header of RFC 6750: without an error if no token came at all."""
    if check == "missing":
        return "Bearer"
    error = "insufficient_scope" if status == 403 else "invalid_token"
    return f'Bearer error="{error}", error_description="{check}"'
