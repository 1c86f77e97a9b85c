"""Where the app is registered: which FHIR servers may launch it, and how it proves there who it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from joserfc.jwk import ECKey, RSAKey

from ..authored import AuthoringMistakes, Mistake
from ..clients import Client, SmartRegistration
from ..fhir.reach.asking import Access
from ..fhir.reach.base import FhirBase, reachable
from ..replay.signing import SigningKeyError, read_signing_key

PrivateKey = RSAKey | ECKey
_ALGORITHMS = {"RSA": "RS384", "EC": "ES384"}


@dataclass(frozen=True, slots=True)
class Registered:
    """One client of the site with the app's registration there; its secret or key is never shown."""

    client: Client
    app: SmartRegistration
    secret: str | None = field(default=None, repr=False)
    key: PrivateKey | None = field(default=None, repr=False)

    @property
    def standalone(self) -> bool:
        """Whether the app may be opened by itself, for trials."""
        return self.app.standalone or self.client.any_fhir_server

    def access(self, base: FhirBase, token: str | None = None) -> Access:
        """Leave to ask one of the client's servers."""
        return Access(base, token, allow_private=self.client.private_fhir_addresses or base.on_this_machine)


@dataclass(frozen=True, slots=True)
class Registrations:
    """All registrations of a site."""

    listed: tuple[Registered, ...]

    @classmethod
    def of(cls, clients: Iterable[Client]) -> Registrations:
        """Those of the clients that have one. Raises AuthoringMistakes for a secret or key that cannot be read."""
        return cls(tuple(_registered(c, c.smart) for c in clients if c.smart is not None))

    def at(self, server: str) -> tuple[Registered, FhirBase] | None:
        """The registration at a FHIR server, with its base in our spelling; None for any other server."""
        for registered in self.listed:
            client = registered.client
            base = reachable(server, client.fhir_servers, any_base=client.any_fhir_server)
            if base is not None:
                return registered, base
        return None

    def named(self, client: str) -> Registered | None:
        """The registration at a client, by its id."""
        return next((r for r in self.listed if r.client.id == client), None)

    @property
    def frame_ancestors(self) -> tuple[str, ...]:
        """All origins that may hold the app in a frame."""
        return tuple(dict.fromkeys(origin for r in self.listed for origin in r.app.frame_ancestors))


def _registered(client: Client, app: SmartRegistration) -> Registered:
    if app.secret_file is not None:
        secret = _content(app.secret_file).strip()
        if not secret:
            raise AuthoringMistakes([Mistake(str(app.secret_file), 1, "holds no client secret")])
        return Registered(client, app, secret=secret)
    if app.key_file is not None:
        return Registered(client, app, key=_private_key(app.key_file))
    return Registered(client, app)


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise AuthoringMistakes([Mistake(str(path), 1, "cannot be read")]) from None


def _private_key(path: Path) -> PrivateKey:
    """The key of a file with one JWK. No message holds anything of it."""
    try:
        key = read_signing_key(path)
    except SigningKeyError as error:
        raise AuthoringMistakes([Mistake(str(path), 1, str(error))]) from error
    if isinstance(key, RSAKey) or (isinstance(key, ECKey) and key.curve_name == "P-384"):
        return key
    text = "SMART knows RS384 and ES384: an RSA key or one on P-384 (`cds-service client-key new` makes one)"
    raise AuthoringMistakes([Mistake(str(path), 1, text)])


def algorithm_of(key: PrivateKey) -> str:
    """The signature that SMART names for such a key."""
    return _ALGORITHMS[key.key_type]
