"""What an EHR says of its authorization server: `.well-known/smart-configuration`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ..fhir.reach.base import FhirBase
from ..fhir.reach.completing import Reach
from ..fhir.reach.lost import Lost
from .refused import LaunchRefused
from .registration import Registered

_SECONDS = 5.0
_KEPT_SECONDS = 300.0
_MOST_KEPT = 64


class _Document(msgspec.Struct):
    authorization_endpoint: str
    token_endpoint: str
    issuer: str | None = None
    jwks_uri: str | None = None
    capabilities: list[str] = []
    scopes_supported: list[str] = []
    code_challenge_methods_supported: list[str] = []


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """Where a user is sent and tokens come from. `v2` says whether its scopes are those of SMART 2; with `issuer`
    and `keys` it says who the user is (OpenID Connect)."""

    authorize: str
    token: str
    v2: bool
    issuer: str | None = None
    keys: str | None = None


class Configurations:
    """Fetches what EHRs say, and keeps it for five minutes: nothing in it is about a patient."""

    def __init__(self, reach: Reach, clock: Callable[[], float]) -> None:
        self._reach = reach
        self._clock = clock
        self._kept: dict[FhirBase, tuple[float, AuthorizationServer]] = {}
        self._lock = threading.Lock()

    def of(self, base: FhirBase, registered: Registered) -> AuthorizationServer:
        """Raises LaunchRefused if the document does not come or does not say what is needed."""
        with self._lock:
            until, known = self._kept.get(base, (0.0, None))
        now = self._clock()
        if known is not None and now < until:
            return known
        try:
            path = ".well-known/smart-configuration"
            content = self._reach.document(registered.access(base), path, now + _SECONDS)
        except Lost as lost:
            raise LaunchRefused(
                f"configuration-{lost.why}",
                "The EHR's FHIR server did not say where its users sign in.",
                "Try again in a moment. If it stays so, the EHR's operators should look at "
                "`.well-known/smart-configuration` below its FHIR base address.",
                status=502,
            ) from None
        found = read_configuration(content)
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[base] = (now + _KEPT_SECONDS, found)
        return found


def read_configuration(content: bytes) -> AuthorizationServer:
    """The document as far as it is needed. Raises LaunchRefused if an endpoint is missing or would be reached in
    the clear, or if the server says that it does not take PKCE with S256."""
    try:
        document = msgspec.json.decode(content, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _unusable("configuration-structure") from None
    for address in (document.authorization_endpoint, document.token_endpoint):
        if not _confidential(address):
            raise _unusable("configuration-address")
    methods = document.code_challenge_methods_supported
    if methods and "S256" not in methods:
        raise _unusable("configuration-pkce")
    capable = document.capabilities
    openid = "sso-openid-connect" in capable and document.issuer and _confidential(document.jwks_uri)
    return AuthorizationServer(
        document.authorization_endpoint,
        document.token_endpoint,
        v2="permission-v2" in capable
        or ("permission-v1" not in capable and any(s.endswith(".rs") for s in document.scopes_supported)),
        issuer=document.issuer if openid else None,
        keys=document.jwks_uri if openid else None,
    )


def _confidential(address: str | None) -> bool:
    """Whether an address can be gone to, and what is sent there is seen by nobody else."""
    base = FhirBase.of(address.partition("?")[0]) if address and address.isprintable() else None
    return base is not None and base.confidential and "#" not in str(address)


def _unusable(reason: str) -> LaunchRefused:
    return LaunchRefused(
        reason,
        "What the EHR says of its sign-in cannot be used.",
        "The EHR's operators should look at `.well-known/smart-configuration`: authorization_endpoint and "
        "token_endpoint with https, and S256 among code_challenge_methods_supported.",
        status=502,
        again=False,
    )
