"""The YAML file in which a site states its clients (`CDS_SERVICE_CLIENTS`); the schema says what may stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .authored import AuthoringMistakes, Document, Mistake, Schema, Where, read_yaml
from .client_profile import PROFILES
from .clients import ALGORITHMS, Client, Clients, SmartRegistration
from .settings import ORIGIN

_HTTPS = {"type": "string", "pattern": r"^https://[^\s/?#@]+[^\s?#]*$", "maxLength": 2048}
_WORDS = {"type": "array", "uniqueItems": True, "minItems": 1}

_SMART: Mapping[str, Any] = {
    "type": "object",
    "required": ["client-id"],
    "additionalProperties": False,
    "properties": {
        "client-id": {"type": "string", "pattern": r"^[\x21-\x7e]{1,512}$"},
        "secret-file": {"type": "string", "minLength": 1},
        "key-file": {"type": "string", "minLength": 1},
        "standalone": {"type": "boolean"},
        "frame-ancestors": {**_WORDS, "items": {"type": "string", "pattern": f"^{ORIGIN}$"}},
    },
    "not": {"required": ["secret-file", "key-file"]},
}

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
                    "private-key-addresses": {"type": "boolean"},
                    "key-file": {"type": "string", "minLength": 1},
                    "key-file-addresses": {**_WORDS, "items": _HTTPS},
                    "algorithms": {**_WORDS, "items": {"enum": list(ALGORITHMS)}},
                    "audiences": {**_WORDS, "items": {"type": "string", "minLength": 1, "maxLength": 2048}},
                    "token-seconds": {"type": "integer", "minimum": 10, "maximum": 3600},
                    "clock-skew-seconds": {"type": "integer", "minimum": 0, "maximum": 300},
                    # http only for a server on this machine: what is asked of another would be seen on the way
                    "fhir-servers": {
                        **_WORDS,
                        "items": {
                            "type": "string",
                            "pattern": r"^(https://[^\s/?#@]+|http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?)(/[^\s?#]*)?$",
                        },
                    },
                    "private-fhir-addresses": {"type": "boolean"},
                    "calls-per-minute": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
                    "smart": _SMART,
                },
                "anyOf": [{"required": ["key-addresses"]}, {"required": ["key-file"]}],
                # the app may be launched by the client's own servers alone
                "dependentRequired": {"key-file-addresses": ["key-file"], "smart": ["fhir-servers"]},
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
    """What would have two meanings: an id or issuer of two clients, a server of two that launch the app, an address
    whose keys come from the file and from there."""
    owner: dict[tuple[str, str], int] = {}
    for n, stated in enumerate(document.content["clients"]):
        named: list[tuple[str, str, Where]] = [("id", stated["id"], ("clients", n, "id"))]
        named += [("issuer", iss, ("clients", n, "issuers", k)) for k, iss in enumerate(stated["issuers"])]
        # a launch names its server alone
        servers = stated.get("fhir-servers", ()) if "smart" in stated else ()
        named += [
            ("SMART server", address.rstrip("/"), ("clients", n, "fhir-servers", k))
            for k, address in enumerate(servers)
        ]
        for kind, word, where in named:
            first = owner.setdefault((kind, word), n)
            if first != n:
                text = f"the {kind} {word!r} belongs to the client of entry {first + 1} already"
                yield Mistake(document.name, document.line(where), text)
        asked = stated.get("key-addresses", ())
        for k, address in enumerate(stated.get("key-file-addresses", ())):
            if address in asked:
                text = (
                    f"the keys of {address!r} come from the key-file, so that key-addresses must not name it"
                )
                yield Mistake(document.name, document.line(("clients", n, "key-file-addresses", k)), text)


def _client(stated: Mapping[str, Any], folder: Path) -> Client:
    members = _members(stated, folder)
    if "profile" in members:
        members["profile"] = PROFILES[members["profile"]]
    if "smart" in members:
        members["smart"] = SmartRegistration(**_members(stated["smart"], folder))
    return Client(**members)


def _members(stated: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What is stated, by the names of our own; files are found from `folder`."""
    members: dict[str, Any] = {
        key.replace("-", "_"): tuple(value) if isinstance(value, list) else value
        for key, value in stated.items()
    }
    return members | {name: folder / members[name] for name in ("key_file", "secret_file") if name in members}
