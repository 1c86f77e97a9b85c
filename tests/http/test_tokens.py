"""With trust on: what is signed as CDS Hooks says passes, and whatever is changed about it is refused."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable
from typing import Any, cast

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import OKPKey

from cds_service.clients import ALGORITHMS

from .calls import ADDRESS, RecordingAnswer, view_call
from .ehr import ENDPOINT, Ehr, SigningKey, elliptic, encoded, key_set, rsa
from .outcomes import issue_of
from .site import Site

CANARY = "Mustermann"


def call(client: FlaskClient, authorization: str | None = None) -> Any:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.post(ADDRESS, json=view_call(), headers=headers)


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines about calls, as they are told."""
    found = [record.msg for record in caplog.records if record.name == "cds_service.calls"]
    assert all(isinstance(line, dict) for line in found)
    return cast("list[dict[str, Any]]", found)


def refused(answered: Any, status: int, check: str) -> dict[str, Any]:
    """The issue of a refusal; asserts all that holds for every refusal of a token."""
    issue = issue_of(answered, status)
    assert issue["expression"] == ["http.authorization"]
    assert set(issue) == {"severity", "code", "details", "diagnostics", "expression"}
    challenge = answered.headers.get("WWW-Authenticate")
    if check == "missing":
        assert challenge == "Bearer"
    elif status in (401, 403):
        error = "invalid_token" if status == 401 else "insufficient_scope"
        assert challenge == f'Bearer error="{error}", error_description="{check}"'
    return issue


def unsigned(ehr: Ehr, spelt: str) -> str:
    return f"{encoded({**ehr.header, 'alg': spelt})}.{encoded(ehr.claims())}."


def with_hmac(ehr: Ehr, secret: bytes) -> str:
    """Signed with the public key taken for a shared secret."""
    signed = f"{encoded({**ehr.header, 'alg': 'HS384'})}.{encoded(ehr.claims())}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha384'))}"


def segments(ehr: Ehr, **changed: Any) -> list[str]:
    return ehr.token(**changed).split(".")


def altered(ehr: Ehr, **changed: Any) -> str:
    header, _, signature = segments(ehr)
    return f"{header}.{encoded(ehr.claims(**changed))}.{signature}"


def other_header(ehr: Ehr, **changed: Any) -> str:
    _, claims, signature = segments(ehr)
    return f"{encoded({**ehr.header, **changed})}.{claims}.{signature}"


def raw(ehr: Ehr, claims: str | bytes) -> str:
    return ehr.signed(ehr.header, claims)


def claims_text(ehr: Ehr, member: str, text: str) -> str:
    """The claims as JSON text, one of them replaced by text that may be no JSON."""
    claims = json.dumps({**ehr.claims(), member: "%"})
    assert '"%"' in claims
    return claims.replace('"%"', text)


INTRUDER = elliptic("intruder")
NOW: Callable[[Ehr], int] = lambda ehr: int(ehr.now())  # noqa: E731

# What is done to a token of north -> the status and the check that refuses it.
TAMPERED: dict[str, tuple[Callable[[Ehr], str], int, str]] = {
    "alg none": (lambda e: unsigned(e, "none"), 401, "algorithm"),
    "alg None": (lambda e: unsigned(e, "None"), 401, "algorithm"),
    "alg NONE": (lambda e: unsigned(e, "NONE"), 401, "algorithm"),
    "alg nOnE": (lambda e: unsigned(e, "nOnE"), 401, "algorithm"),
    "alg empty": (lambda e: unsigned(e, ""), 401, "algorithm"),
    "hmac with the public key as PEM": (
        lambda e: with_hmac(e, e.key.as_pem(private=False)),
        401,
        "algorithm",
    ),
    "hmac with the public key as JWK": (
        lambda e: with_hmac(e, json.dumps(e.key.as_dict(private=False)).encode()),
        401,
        "algorithm",
    ),
    "an asymmetric algorithm that was not agreed": (
        lambda e: e.token(header={"alg": "ES256", "kid": "north-3"}, key=elliptic("north-3", "P-256")),
        401,
        "algorithm",
    ),
    "an algorithm of another kind of key": (lambda e: other_header(e, alg="RS384"), 401, "key"),
    "signature stripped": (lambda e: ".".join([*segments(e)[:2], ""]), 401, "signature"),
    "signature of another token": (lambda e: ".".join([*segments(e)[:2], segments(e)[2]]), 401, "signature"),
    "signature of zeros": (lambda e: ".".join([*segments(e)[:2], encoded(bytes(96))]), 401, "signature"),
    "signed with another key under our kid": (lambda e: e.token(key=INTRUDER), 401, "signature"),
    "claims altered": (lambda e: altered(e, tenant="another"), 401, "signature"),
    "lifetime stretched after signing": (lambda e: altered(e, exp=NOW(e) + 290), 401, "signature"),
    "header altered": (lambda e: other_header(e, x="y"), 401, "signature"),
    "another kid": (lambda e: e.token(header={"kid": "north-9"}), 401, "key"),
    "the kid of another client's key": (lambda e: e.token(header={"kid": "south-1"}), 401, "key"),
    "another client's key and kid": (
        lambda e: e.token(header={"kid": "south-1"}, key=elliptic("south-1")),
        401,
        "key",
    ),
    "another client's iss": (lambda e: e.token(iss="https://south.example.org"), 401, "key"),
    "an unknown iss": (lambda e: e.token(iss="https://elsewhere.example.org"), 401, "issuer"),
    "iss with a slash more": (lambda e: e.token(iss="https://north.example.org/"), 401, "issuer"),
    "kid missing": (lambda e: e.token(header={"kid": None}), 401, "header"),
    "kid a number": (lambda e: e.token(header={"kid": None}) and other_header(e, kid=7), 401, "header"),
    "typ missing": (lambda e: e.token(header={"typ": None}), 401, "header"),
    "typ of an access token": (lambda e: e.token(header={"typ": "at+jwt"}), 401, "header"),
    "a key in the header": (
        lambda e: e.token(header={"jwk": INTRUDER.as_dict(private=False)}, key=INTRUDER),
        401,
        "header-member",
    ),
    "a certificate address in the header": (
        lambda e: e.token(header={"x5u": "https://evil.example.org/cert"}, key=INTRUDER),
        401,
        "header-member",
    ),
    "a certificate in the header": (lambda e: e.token(header={"x5c": ["MII"]}), 401, "header-member"),
    "a critical extension": (lambda e: other_header(e, crit=["exp"], exp=1), 401, "header-member"),
    "an unencoded payload": (lambda e: other_header(e, b64=False), 401, "header-member"),
    "a foreign jku": (
        lambda e: e.token(header={"jku": "https://evil.example.org/jwks"}, key=INTRUDER),
        401,
        "key-address",
    ),
    "aud of another service": (lambda e: e.token(aud="https://other.example.org/cds"), 403, "audience"),
    "aud of discovery": (lambda e: e.token(aud=ENDPOINT.rpartition("/")[0]), 403, "audience"),
    "aud of http": (lambda e: e.token(aud=ENDPOINT.replace("https", "http")), 403, "audience"),
    "aud an empty list": (lambda e: e.token(aud=[]), 403, "audience"),
    "aud of feedback": (lambda e: e.token(aud=f"{ENDPOINT}/feedback"), 403, "audience"),
    "aud missing": (lambda e: e.token(aud=None), 401, "claim"),
    "aud a number": (lambda e: e.token(aud=7), 401, "claim"),
    "jti missing": (lambda e: e.token(jti=None), 401, "claim"),
    "jti empty": (lambda e: e.token(jti=""), 401, "claim"),
    "jti a number": (lambda e: e.token(jti=7), 401, "claim"),
    "jti endless": (lambda e: e.token(jti="x" * 1025), 401, "claim"),
    "iss missing": (lambda e: e.token(iss=None), 401, "claim"),
    "exp missing": (lambda e: e.token(exp=None), 401, "claim"),
    "iat missing": (lambda e: e.token(iat=None), 401, "claim"),
    "exp in words": (lambda e: e.token(exp=str(NOW(e) + 60)), 401, "claim"),
    "exp true": (lambda e: e.token(exp=True), 401, "claim"),
    "exp beyond all years": (lambda e: e.token(exp=10**15), 401, "claim"),
    "exp not a number": (lambda e: raw(e, claims_text(e, "exp", "NaN")), 401, "claim"),
    "exp infinite": (lambda e: raw(e, claims_text(e, "exp", "1e999")), 401, "claim"),
    "nbf in words": (lambda e: e.token(nbf="now"), 401, "claim"),
    "iat before 1970": (lambda e: e.token(iat=-1), 401, "claim"),
    "tenant an object": (lambda e: e.token(tenant={"id": CANARY}), 401, "claim"),
    "claims a list": (lambda e: raw(e, "[]"), 401, "claim"),
    "claims no JSON": (lambda e: raw(e, "exp"), 401, "claim"),
    "claims not UTF-8": (lambda e: raw(e, claims_text(e, "iss", '"\xff"').encode("latin-1")), 401, "claim"),
    "claims nested beyond measure": (lambda e: raw(e, "[" * 4000), 401, "claim"),
    "expired": (lambda e: e.token(iat=NOW(e) - 200, exp=NOW(e) - 31), 401, "expired"),
    "iat in the future": (lambda e: e.token(iat=NOW(e) + 31), 401, "not-yet"),
    "nbf in the future": (lambda e: e.token(nbf=NOW(e) + 31), 401, "not-yet"),
    "too long a lifetime": (lambda e: e.token(exp=NOW(e) + 301), 401, "lifetime"),
    "a lifetime below zero": (lambda e: e.token(iat=NOW(e) + 5, exp=NOW(e)), 401, "lifetime"),
    "header no JSON": (lambda e: f"{encoded(b'alg')}.{encoded(e.claims())}.c2ln", 401, "header"),
    "header a list": (lambda e: f"{encoded(['alg'])}.{encoded(e.claims())}.c2ln", 401, "header"),
    "header nested beyond measure": (lambda e: f"{encoded(b'[' * 4000)}.{encoded({})}.c2ln", 401, "header"),
    "an encrypted token": (lambda e: f"{e.token()}.e30.e30", 401, "not-a-token"),
    "no JWT": (lambda e: "c2VjcmV0", 401, "not-a-token"),
    "standard base64": (lambda e: e.token().replace("-", "+").replace("_", "/") + "=", 401, "not-a-token"),
    "characters beside base64": (lambda e: e.token().replace(".", ".!", 1), 401, "not-a-token"),
    "jti half a character": (lambda e: raw(e, claims_text(e, "jti", '"\\ud800"')), 401, "claim"),
    "a length that base64 never has": (lambda e: "abcde.e30.e30", 401, "not-a-token"),
    "two tokens": (lambda e: f"{e.token()},Bearer {e.token()}", 401, "not-a-token"),
    "oversized": (lambda e: e.token(padding="x" * 8192), 401, "too-long"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_tampered_token_is_refused(
    how: str, site: Site, trusting: FlaskClient, answer: RecordingAnswer, caplog: pytest.LogCaptureFixture
) -> None:
    tamper, status, check = TAMPERED[how]
    with caplog.at_level(logging.INFO):
        refused(call(trusting, f"Bearer {tamper(site.north)}"), status, check)
    assert answer.calls == []
    (line,) = logged(caplog)
    assert (line["status"], line["distrust"]) == (status, check)
    assert "client" not in line
    assert CANARY not in caplog.text
    assert call(trusting, f"Bearer {site.north.token()}").status_code == 200


GOOD: dict[str, Callable[[Site], str]] = {
    "elliptic": lambda s: f"Bearer {s.north.token()}",
    "rsa": lambda s: f"Bearer {s.north_rsa.token()}",
    "the other client": lambda s: f"Bearer {s.south.token()}",
    "bearer in small letters": lambda s: f"bearer {s.north.token()}",
    "typ in small letters": lambda s: f"Bearer {s.north.token(header={'typ': 'jwt'})}",
    "aud in a list": lambda s: f"Bearer {s.north.token(aud=['https://x.example.org', ENDPOINT])}",
    "aud with a slash at its end": lambda s: f"Bearer {s.north.token(aud=ENDPOINT + '/')}",
    "another installation": lambda s: f"Bearer {s.north.token(iss='https://north.example.org/test')}",
    "nbf long ago": lambda s: f"Bearer {s.north.token(nbf=int(s.clock()) - 300)}",
    "a clock that is ahead": lambda s: f"Bearer {s.north.token(iat=int(s.clock()) + 30)}",
    "a clock that is behind": lambda s: (
        f"Bearer {s.north.token(iat=int(s.clock()) - 200, exp=int(s.clock()) - 29)}"
    ),
    "the longest lifetime": lambda s: f"Bearer {s.north.token(exp=int(s.clock()) + 300)}",
    "times with a fraction": lambda s: f"Bearer {s.north.token(iat=s.clock() - 0.5)}",
    "unknown claims": lambda s: f"Bearer {s.north.token(sub='client', custom={'a': [1]})}",
    "an unknown header member": lambda s: f"Bearer {s.north.token(header={'x5t': 'abc', 'own': 1})}",
}


@pytest.mark.parametrize("how", GOOD)
def test_a_token_as_cds_hooks_has_it_passes(
    how: str, site: Site, trusting: FlaskClient, answer: RecordingAnswer
) -> None:
    answered = call(trusting, GOOD[how](site))
    assert answered.status_code == 200, answered.get_data(as_text=True)
    assert answer.last.caller.client == ("south" if how == "the other client" else "north")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_that_can_be_agreed_works(
    algorithm: str, site: Site, answer: RecordingAnswer
) -> None:
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    key: SigningKey
    if algorithm == "EdDSA":
        key = OKPKey.generate_key("Ed25519", {"kid": "agreed"})
    else:
        key = elliptic("agreed", curves[algorithm]) if algorithm in curves else rsa("agreed")
    (site.folder / "agreed.json").write_text(key_set(key), encoding="utf-8")
    trust = site.trust(algorithms=(algorithm,), key_file=site.folder / "agreed.json")
    client = site.app(answer, trust).test_client()
    ehr = Ehr(site.north.issuer, key, algorithm, now=site.clock)
    assert call(client, f"Bearer {ehr.token()}").status_code == 200
    refused(call(client, f"Bearer {altered(ehr)}"), 401, "signature")


@pytest.mark.parametrize("authorization", [None, "", " "])
def test_a_call_without_a_token_is_asked_for_one(trusting: FlaskClient, authorization: str | None) -> None:
    issue = refused(call(trusting, authorization), 401, "missing")
    assert issue["code"] == "login"


@pytest.mark.parametrize("authorization", ["Bearer", "Basic dXNlcjpwYXNz", "Bearer a.b", "Token a.b.c"])
def test_another_kind_of_authorization_is_refused(trusting: FlaskClient, authorization: str) -> None:
    issue = refused(call(trusting, authorization), 401, "not-a-token")
    assert "not one Bearer token" in issue["details"]["text"]


def test_a_claim_that_is_missing_is_named_but_no_value(site: Site, trusting: FlaskClient) -> None:
    issue = refused(call(trusting, f"Bearer {site.north.token(jti=None)}"), 401, "claim")
    assert "`jti`" in issue["details"]["text"]
    said = call(trusting, f"Bearer {site.north.token(iss=CANARY, kid=CANARY, tenant=CANARY)}")
    assert CANARY not in said.get_data(as_text=True) + str(said.headers)


def test_the_caller_is_known_before_the_body_is_read(trusting: FlaskClient, site: Site) -> None:
    body = b"{" * 1000
    headers = {"Content-Type": "text/html"}
    assert trusting.post(ADDRESS, data=body, headers=headers).status_code == 401
    assert trusting.post(ADDRESS, data=body, headers={**headers, **site.north.bearer()}).status_code == 415


def test_discovery_and_readiness_need_no_token(trusting: FlaskClient) -> None:
    for path in ("/", "/cds-services", "/ready"):
        assert trusting.get(path).status_code == 200
        assert trusting.get(path, headers={"Authorization": "Bearer nonsense"}).status_code == 200


def test_a_browser_may_ask_before_it_calls(site: Site, answer: RecordingAnswer) -> None:
    client = site.app(answer, cors_origins=("https://ehr.example.org",)).test_client()
    asked = {"Origin": "https://ehr.example.org", "Access-Control-Request-Method": "POST"}
    assert client.options(ADDRESS, headers=asked).status_code == 200


def test_a_client_may_have_audiences_of_its_own(site: Site, answer: RecordingAnswer) -> None:
    trust = site.trust(audiences=("https://cds.example.org/agreed",))
    client = site.app(answer, trust).test_client()
    own = "https://cds.example.org/agreed"
    assert call(client, f"Bearer {site.north.token(aud=own)}").status_code == 200
    refused(call(client, f"Bearer {site.south.token(aud=own)}"), 403, "audience")


def test_the_tenant_is_recorded_only_as_a_plain_word(
    site: Site, trusting: FlaskClient, answer: RecordingAnswer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        call(trusting, f"Bearer {site.north.token(tenant='2ddd6c3a-8e9a')}")
        call(trusting, f"Bearer {site.north.token(tenant=f'Erika {CANARY}')}")
    assert [c.caller.tenant for c in answer.calls] == ["2ddd6c3a-8e9a", None]
    lines = logged(caplog)
    assert [(line["client"], line.get("tenant")) for line in lines] == [
        ("north", "2ddd6c3a-8e9a"),
        ("north", None),
    ]
    assert CANARY not in caplog.text


def test_a_key_file_is_read_anew_when_it_changes(site: Site, trusting: FlaskClient) -> None:
    fresh = Ehr(site.north.issuer, elliptic("north-new"), now=site.clock)
    assert call(trusting, f"Bearer {site.north.token()}").status_code == 200
    refused(call(trusting, f"Bearer {fresh.token()}"), 401, "key")
    file = site.folder / "north.json"
    file.write_text(json.dumps({"keys": [fresh.key.as_dict(private=False)]}), encoding="utf-8")
    assert call(trusting, f"Bearer {fresh.token()}").status_code == 200
    refused(call(trusting, f"Bearer {site.north.token()}"), 401, "key")
    file.write_text("{", encoding="utf-8")
    assert call(trusting, f"Bearer {fresh.token()}").status_code == 200
    assert "no-key-set" in trusting.get("/ready").get_data(as_text=True)


def test_an_rsa_signature_is_not_taken_for_an_elliptic_one(site: Site, trusting: FlaskClient) -> None:
    token = site.north.token(header={"alg": "RS384"}, key=rsa("north-2"))
    assert refused(call(trusting, f"Bearer {token}"), 401, "key")["code"] == "security"
