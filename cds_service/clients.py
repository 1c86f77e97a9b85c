"""The clients of a site: who may call, how each is recognised, and what each may be asked.

A site states them in one YAML file (`CDS_SERVICE_CLIENTS`); the schema below says what may stand in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .authored import AuthoringMistakes, Document, Mistake, Schema, Where, read_yaml
from .client_profile import PROFILES, ClientProfile, NullMeans

ALGORITHMS = ("ES384", "RS384", "ES256", "ES512", "RS256", "RS512", "PS256", "PS384", "PS512", "EdDSA")
"""Signatures that may be allowed, all asymmetric: never `none`, never HMAC."""

DEFAULT_ALGORITHMS = ("ES384", "RS384")


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

    key_file: Path | None = None
    """A JSON Web Key Set on disk, for clients whose keys are handed over."""

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

    calls_per_minute: int | None = None
    """The most calls answered in a minute, by each worker's own count; None: no limit."""


@dataclass(frozen=True, slots=True)
class Clients:
    """All clients of a site, by id and by the issuer of their tokens."""

    by_id: Mapping[str, Client]
    by_issuer: Mapping[str, Client]

    @classmethod
    def of(cls, clients: Iterable[Client]) -> Clients:
        listed = tuple(clients)
        return cls({c.id: c for c in listed}, {issuer: c for c in listed for issuer in c.issuers})


_HTTPS = {"type": "string", "pattern": r"^https://[^\s/?#@]+[^\s?#]*$", "maxLength": 2048}
_WORDS = {"type": "array", "uniqueItems": True, "minItems": 1}

CLIENTS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["clients"],
    "additionalProperties": False,
    "properties": {
        "clients": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["id", "issuers"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"},
                    "profile": {"enum": list(PROFILES)},
                    "null-means": {"enum": ["no-data", "missing"]},
                    "never-served": {**_WORDS, "items": {"type": "string"}},
                    "issuers": {**_WORDS, "items": {"type": "string", "minLength": 1, "maxLength": 2048}},
                    "key-addresses": {**_WORDS, "items": _HTTPS},
                    "key-file": {"type": "string", "minLength": 1},
                    "algorithms": {**_WORDS, "items": {"enum": list(ALGORITHMS)}},
                    "audiences": {**_WORDS, "items": {"type": "string", "minLength": 1, "maxLength": 2048}},
                    "token-seconds": {"type": "integer", "minimum": 10, "maximum": 3600},
                    "clock-skew-seconds": {"type": "integer", "minimum": 0, "maximum": 300},
                    # http is for tests on one machine: `fhir` refuses it for any other host
                    "fhir-servers": {
                        **_WORDS,
                        "items": {"type": "string", "pattern": r"^https?://[^\s/?#@]+[^\s?#]*$"},
                    },
                    "private-fhir-addresses": {"type": "boolean"},
                    "calls-per-minute": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
                },
                "anyOf": [{"required": ["key-addresses"]}, {"required": ["key-file"]}],
            },
        }
    },
}


def read_clients(path: Path) -> Clients:
    """The clients of a file. Raises AuthoringMistakes with file, line and the nearest valid word.

    A `key-file` is found from the folder of the file that names it.
    """
    try:
        document = read_yaml(path, path.name)
    except OSError as error:
        raise AuthoringMistakes([Mistake(str(path), 1, f"cannot be read: {error.strerror}")]) from error
    mistakes = Schema(CLIENTS_SCHEMA).mistakes(document)
    if not mistakes:
        mistakes = list(_shared(document))
    if mistakes:
        raise AuthoringMistakes(mistakes)
    return Clients.of(_client(stated, path.parent) for stated in document.content["clients"])


def _shared(document: Document) -> Iterator[Mistake]:
    """An id or issuer of two clients: a call would belong to either."""
    owner: dict[tuple[str, str], int] = {}
    for n, stated in enumerate(document.content["clients"]):
        named: list[tuple[str, str, Where]] = [("id", stated["id"], ("clients", n, "id"))]
        named += [("issuer", iss, ("clients", n, "issuers", k)) for k, iss in enumerate(stated["issuers"])]
        for kind, word, where in named:
            first = owner.setdefault((kind, word), n)
            if first != n:
                text = f"the {kind} {word!r} belongs to the client of entry {first + 1} already"
                yield Mistake(document.name, document.line(where), text)


def _client(stated: Mapping[str, Any], folder: Path) -> Client:
    members: dict[str, Any] = {
        key.replace("-", "_"): tuple(value) if isinstance(value, list) else value
        for key, value in stated.items()
    }
    if "profile" in members:
        members["profile"] = PROFILES[members["profile"]]
    if "key_file" in members:
        members["key_file"] = folder / members["key_file"]
    return Client(**members)
