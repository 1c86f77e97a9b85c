"""A launch under way: from the EHR's address to its authorization server, and what must be remembered until then."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from ..fhir.reach.base import FhirBase
from .configuration import AuthorizationServer, Configurations
from .refused import AGAIN, LaunchRefused
from .registration import Registered, Registrations
from .scopes import asked_for
from .seal import SealBroken, SealExpired, Seals

PENDING_SECONDS = 600
"""How long a user may take to sign in."""

_PURPOSE = "launch"
# what an EHR hands over as `launch` is opaque; long ones are known
_LONGEST_LAUNCH = 4_096


class Pending(msgspec.Struct, frozen=True):
    """What is remembered of a launch, sealed, in the browser that began it."""

    state: str
    verifier: str
    nonce: str
    client: str
    server: str
    token_endpoint: str
    scope: str
    standalone: bool
    issuer: str | None = None
    keys: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A launch that was begun: where the browser goes, and what it remembers."""

    address: str
    state: str
    remembered: str


class Launching:
    """Begins launches and recognises them when the browser comes back."""

    def __init__(
        self,
        registrations: Registrations,
        configurations: Configurations,
        seals: Seals,
        templates: Callable[[str], dict[str, str]],
    ) -> None:
        """`templates` gives the prefetch templates that are asked at a client, by its id."""
        self._registrations = registrations
        self._configurations = configurations
        self._seals = seals
        self._templates = templates

    def begin(self, server: str, launch: str | None, redirect_uri: str) -> Begun:
        """Begin at a FHIR server, by the word that its EHR gave or by itself. Raises LaunchRefused."""
        registered, base = self._registered(server)
        if launch is None and not registered.standalone:
            raise LaunchRefused("standalone", "This app is opened from the EHR.", AGAIN)
        if launch is not None and not (0 < len(launch) <= _LONGEST_LAUNCH and launch.isprintable()):
            raise LaunchRefused("launch-word", "The EHR's launch could not be read.", AGAIN)
        at = self._configurations.of(base, registered)
        pending = self._pending(registered, base, at, standalone=launch is None)
        session = OAuth2Session(
            registered.app.client_id,
            redirect_uri=redirect_uri,
            scope=pending.scope,
            code_challenge_method="S256",
        )
        more = {"aud": server} | ({"launch": launch} if launch is not None else {})
        if at.issuer is not None:
            more["nonce"] = pending.nonce
        address, _ = session.create_authorization_url(
            at.authorize, state=pending.state, code_verifier=pending.verifier, **more
        )
        sealed = self._seals.seal(_PURPOSE, msgspec.json.encode(pending), PENDING_SECONDS)
        return Begun(address, pending.state, sealed)

    def _registered(self, server: str) -> tuple[Registered, FhirBase]:
        found = self._registrations.at(server)
        if found is None:
            raise LaunchRefused(
                "issuer",
                "This app is not registered with the FHIR server that launched it.",
                "The operators of this service state the servers that may launch it: `fhir-servers` and `smart` of "
                "a client in the clients file.",
                status=403,
                again=False,
            )
        return found

    def _pending(
        self, registered: Registered, base: FhirBase, at: AuthorizationServer, *, standalone: bool
    ) -> Pending:
        openid = at.issuer is not None
        templates = self._templates(registered.client.id)
        return Pending(
            state=generate_token(43),
            verifier=generate_token(64),
            nonce=generate_token(32),
            client=registered.client.id,
            server=base.url,
            token_endpoint=at.token,
            scope=asked_for(templates, v2=at.v2, standalone=standalone, openid=openid),
            standalone=standalone,
            issuer=at.issuer,
            keys=at.keys,
        )

    def recognised(self, state: str, remembered: str | None) -> Pending:
        """The launch that a browser comes back from, by what it remembers. Raises LaunchRefused.

        Seal and state are both needed: the first shows that the launch began here, the second that it is this one.
        """
        try:
            pending = msgspec.json.decode(self._seals.opened(_PURPOSE, remembered or ""), type=Pending)
        except SealExpired:
            raise _unknown("expired") from None
        except (SealBroken, msgspec.DecodeError):
            raise _unknown("unknown") from None
        if not hmac.compare_digest(pending.state.encode(), state.encode()):
            raise _unknown("state")
        return pending


def _unknown(reason: str) -> LaunchRefused:
    return LaunchRefused(
        f"launch-{reason}",
        "This launch is over, or it did not begin in this browser.",
        f"{AGAIN} If it happens each time, the browser refuses this app's cookies: allow them, or open the app "
        "in a tab of its own.",
    )
