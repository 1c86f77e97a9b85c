"""The id_token: whose signature is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from cds_service.http.trust.public_keys import PublicKeys, read_key_set
from cds_service.smart.refused import LaunchRefused
from cds_service.smart.user import _claims

KEYS = [RSAKey.generate_key(2048, {"kid": f"key-{n}", "alg": "RS256"}) for n in range(2)]
SAID: dict[str, Any] = {"iss": "https://ehr.example.org", "fhirUser": "Practitioner/7"}


def published(*keys: RSAKey) -> PublicKeys:
    return read_key_set(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode())


def token(key: RSAKey, **header: str) -> str:
    return jwt.encode({"alg": "RS256", **header}, SAID, RSAKey.import_key(key.as_pem(private=True)))


def test_a_token_names_its_key() -> None:
    assert _claims(token(KEYS[1], kid="key-1"), published(*KEYS)) == SAID


def test_a_token_that_names_none_means_the_only_key() -> None:
    assert _claims(token(KEYS[0]), published(KEYS[0])) == SAID


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        (token(KEYS[0]), KEYS),  # which of the two?
        (token(KEYS[1]), KEYS[:1]),
        (token(KEYS[1], kid="key-0"), KEYS),
        (token(KEYS[0], kid="key-9"), KEYS[:1]),
    ],
)
def test_what_no_key_vouches_for_is_refused(said: str, keys: list[RSAKey]) -> None:
    with pytest.raises(LaunchRefused) as refused:
        _claims(said, published(*keys))
    assert refused.value.reason == "user-signature"
