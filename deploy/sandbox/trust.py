"""Whom the service of the sandbox trusts: a client of our own, whose key is made for the trial, and the official CDS
Hooks sandbox, from which the SMART app can be launched too."""

from __future__ import annotations

import json
import os
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

import yaml

from cds_service.replay.signing import new_key, public_key_set

OFFICIAL = "https://sandbox.cds-hooks.org"
OFFICIAL_KEYS = f"{OFFICIAL}/.well-known/jwks.json"

# The key of that address, as the sandbox's repository states it (github.com/cds-hooks/sandbox, commit 3b7e255 of
# 2026-03-31), so that nothing need be fetched. Its private half is public as well, since the sandbox signs in the
# browser: whoever reaches a service that lists this client may call it.
OFFICIAL_KEY = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f",
    "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
    "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
    "alg": "ES384",
}


APP = "sarcoma-pathway"
"""The id under which the SMART app is registered."""


def write_clients(folder: Path, fhir_server: str, smart_server: str) -> Path:
    """Write the clients file and the keys that it names into `folder`; returns its path.

    Our own client signs with `private.jwk.json`, made once, as issuer `fhir_server`. The app is launched from that
    server, and from `smart_server`, the same records behind tokens.
    """
    private = folder / "private.jwk.json"
    if not private.exists():
        key = new_key("ES384", str(uuid4()))
        _write(folder / "public.jwks.json", public_key_set(key))
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(key.as_dict(private=True), file)
    _write(folder / "cds-hooks-sandbox.jwks.json", {"keys": [OFFICIAL_KEY]})
    clients = [
        {
            "id": "trial",
            "issuers": [fhir_server],
            "key-file": "public.jwks.json",
            "fhir-servers": [fhir_server],
            "private-fhir-addresses": True,
        },
        {
            "id": "cds-hooks-sandbox",
            "profile": "sandbox",
            "issuers": [OFFICIAL],
            "key-file": "cds-hooks-sandbox.jwks.json",
            "key-file-addresses": [OFFICIAL_KEYS],
            "algorithms": ["ES384"],
            "fhir-servers": [fhir_server, smart_server],
            "private-fhir-addresses": True,
            "smart": {"client-id": APP, "standalone": True},
        },
    ]
    path = folder / "clients.yaml"
    path.write_text(yaml.safe_dump({"clients": clients}, sort_keys=False), encoding="utf-8")
    return path


def write_secrets(folder: Path) -> Path:
    """Write the secrets of the SMART app into `folder`, made once; returns the file's path."""
    path = folder / "smart-secrets.yaml"
    if not path.exists():
        made = {"id": "trial", "from": "2026-01-01", "secret": token_urlsafe(48)}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            yaml.safe_dump({"secrets": [made]}, file)
    return path


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")
