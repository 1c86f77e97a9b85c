"""The clients of a site: who may call, how each is recognised, and what each may be asked.

A site states them in one YAML file, see `clients_file`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .client_profile import PROFILES, ClientProfile, NullMeans

ALGORITHMS = ("ES384", "RS384", "ES256", "ES512", "RS256", "RS512", "PS256", "PS384", "PS512", "EdDSA")
"""Signatures that may be allowed, all asymmetric: never `none`, never HMAC."""

DEFAULT_ALGORITHMS = ("ES384", "RS384")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartRegistration:
    """How the SMART app is registered with an EHR. With neither file it is a public client."""

    client_id: str

    secret_file: Path | None = None
    """The file with the secret of a confidential client (`client_secret_basic`)."""

    key_file: Path | None = None
    """The file with the private JSON Web Key of a confidential client (`private_key_jwt`)."""

    standalone: bool = False
    """Whether it may also be opened by itself, without a launch from the EHR: for trials."""

    frame_ancestors: tuple[str, ...] = ()
    """Origins whose pages may hold the app in a frame; none: it opens in a window or tab of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One EHR that calls."""

    id: str
    """Its name in logs, metrics and feedback: lower-case letters, digits and hyphens."""

    profile: ClientProfile = PROFILES["default"]
    """What kind of EHR it is."""

    null_means: NullMeans | None = None
    """What null under a prefetch key says, where it differs from the profile."""

    never_served: tuple[str, ...] = ()
    """Prefetch keys that it never serves."""

    issuers: tuple[str, ...] = ()
    """The `iss` of its tokens, one for each of its installations; no other client has the same."""

    key_addresses: tuple[str, ...] = ()
    """The `jku` that its tokens may name: https, compared letter by letter."""

    private_key_addresses: bool = False
    """Whether its key addresses may have private network addresses."""

    key_file: Path | None = None
    """A JSON Web Key Set on disk, for clients whose keys are handed over: tokens that name no `jku`, or one of
    `key_file_addresses`."""

    key_file_addresses: tuple[str, ...] = ()
    """The `jku` for which the keys of the file count, so that the address is never asked: https, compared letter by
    letter."""

    algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS
    """The signatures accepted from it."""

    audiences: tuple[str, ...] = ()
    """`aud` values accepted beside the public URL of the called endpoint."""

    token_seconds: int = 300
    """The longest lifetime of a token (`exp` - `iat`) that is accepted, in seconds."""

    clock_skew_seconds: int = 30
    """How far its clock may be off, in seconds."""

    fhir_servers: tuple[str, ...] = ()
    """FHIR base addresses that may be asked for what prefetch lacks; none: nothing is fetched."""

    private_fhir_addresses: bool = False
    """Whether its FHIR servers may have private network addresses."""

    any_fhir_server: bool = False
    """Whether any FHIR server may be asked, without a token too: only for development, no file can state it."""

    calls_per_minute: int | None = None
    """The most calls answered in a minute, by each worker's own count; None: no limit."""

    smart: SmartRegistration | None = None
    """The registration of the SMART app; None: its cards carry no smart link, and its servers launch nothing."""


@dataclass(frozen=True, slots=True)
class Clients:
    """All clients of a site, by id and by the issuer of their tokens."""

    by_id: Mapping[str, Client]
    by_issuer: Mapping[str, Client]

    @classmethod
    def of(cls, clients: Iterable[Client]) -> Clients:
        listed = tuple(clients)
        return cls({c.id: c for c in listed}, {issuer: c for c in listed for issuer in c.issuers})
