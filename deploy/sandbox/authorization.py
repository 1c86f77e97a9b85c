"""A SMART authorization server for trials and tests: it stands before a FHIR server and lets registered apps in.

It signs anybody in as one practitioner, so it is for synthetic patients alone.

    python -m deploy.sandbox.authorization --fhir http://127.0.0.1:8081/fhir --port 8082 \
        --client-id sarcoma-pathway --redirect-uri http://127.0.0.1:8080/smart/callback
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
import requests
from authlib.common.security import generate_token
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, redirect, render_template, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

USER = "Practitioner/sandbox"
CODE_SECONDS = 60
TOKEN_SECONDS = 300
_SCOPE = re.compile(r"(?:patient|user)/(\*|[A-Za-z]+)\.(read|\*|[cruds]+)")
_TIMEOUT_SECONDS = 30
_PAGES = Path(__file__).parent / "pages"


@dataclass(frozen=True)
class App(ClientMixin):
    """One registered app: public, or with a secret, or with a public key set."""

    client_id: str
    redirect_uris: tuple[str, ...]
    launch_url: str = ""
    secret: str | None = field(default=None, repr=False)
    key_set: Mapping[str, Any] | None = None

    @property
    def authentication(self) -> str:
        """How it proves who it is at the token endpoint."""
        return "client_secret_basic" if self.secret else "private_key_jwt" if self.key_set else "none"

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uris[0]

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return self.secret == client_secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.authentication

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Launch:
    """What an EHR remembers under its launch word."""

    patient: str
    app_context: str | None = None


@dataclass
class Code(AuthorizationCodeMixin):
    """A code that was given out, for once."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    launch: Launch
    until: float

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Token:
    """What a token opens."""

    patient: str
    scopes: tuple[str, ...]
    until: float


@dataclass
class Memory:
    """All that was given out; it ends with the process."""

    launches: dict[str, Launch] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    assertions: set[str] = field(default_factory=set)
    audiences: set[str] = field(default_factory=set)


class _Always(CodeChallenge):
    """PKCE with S256, for confidential apps too."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        if not grant.request.payload.data.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        super().validate_code_challenge(grant, redirect_uri)


def authorization_app(
    fhir: str, apps: Sequence[App], *, v2: bool = True, memory: Memory | None = None
) -> Flask:
    """The server: `/fhir` is `fhir` behind tokens, `/launch` what an EHR does when a user opens the app.

    `v2` says whether it speaks the scopes of SMART 2, else those of SMART 1. `memory` is for tests that look in.
    """
    # Authlib refuses http otherwise, and a trial on one machine has no certificate
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"
    upstream = fhir.rstrip("/")
    app = Flask("sandbox_authorization", static_folder=None, template_folder=str(_PAGES))
    kept = memory or Memory()
    by_id = {each.client_id: each for each in apps}
    key = RSAKey.generate_key(2048, {"kid": "sandbox", "use": "sig", "alg": "RS256"})

    def base() -> str:
        return request.root_url.rstrip("/")

    def save_token(token: dict[str, Any], asked: Any) -> None:
        code: Code = asked.authorization_code
        scopes = tuple(code.scope.split())
        kept.tokens[token["access_token"]] = Token(code.launch.patient, scopes, time.time() + TOKEN_SECONDS)
        token |= {"patient": code.launch.patient, "need_patient_banner": True, "expires_in": TOKEN_SECONDS}
        if code.launch.app_context is not None:
            token["appContext"] = code.launch.app_context

    server = AuthorizationServer(app, query_client=by_id.get, save_token=save_token)

    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("none", "client_secret_basic", "private_key_jwt")

        def save_authorization_code(self, code: str, asked: Any) -> None:
            payload = asked.payload.data
            kept.codes[code] = Code(
                code,
                asked.client.client_id,
                asked.payload.redirect_uri,
                " ".join(request.form.getlist("granted")),
                payload.get("nonce"),
                payload["code_challenge"],
                payload["code_challenge_method"],
                _launch(payload.get("launch"), kept) or Launch(request.form.get("patient", "")),
                time.time() + CODE_SECONDS,
            )

        def query_authorization_code(self, code: str, client: App) -> Code | None:
            # taken out at once: whoever comes second, or with a wrong verifier, gets nothing
            found = kept.codes.pop(code, None)
            return (
                found if found and found.client_id == client.client_id and found.until > time.time() else None
            )

        def delete_authorization_code(self, authorization_code: Code) -> None:
            kept.codes.pop(authorization_code.code, None)

        def authenticate_user(self, authorization_code: Code) -> str:
            return USER

    class WithUser(OpenIDCode):
        def exists_nonce(self, nonce: str, asked: Any) -> bool:
            return False

        def resolve_client_private_key(self, client: App) -> RSAKey:
            return key

        def get_client_claims(self, client: App) -> dict[str, str]:
            return {"iss": base()}

        def get_client_algorithm(self, client: App) -> str:
            return "RS256"

        def get_encode_header(self, client: App) -> dict[str, str]:
            return {"alg": "RS256", "kid": "sandbox"}

        def generate_user_info(self, user: str, scope: str) -> UserInfo:
            return UserInfo(sub=user, fhirUser=f"{base()}/fhir/{user}")

    class Signed(JWTBearerClientAssertion):
        CLIENT_AUTH_METHOD = "private_key_jwt"

        def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
            # the two that SMART names are not among those that the library takes by itself
            try:
                signed = jwt.decode(assertion, resolve_key, algorithms=["RS384", "ES384"])
            except JoseError as error:
                raise InvalidClientError(description=error.description) from error
            self.verify_claims(signed.claims)
            return signed.claims

        def get_audiences(self) -> list[str]:
            return [f"{base()}/token"]

        def validate_jti(self, claims: Mapping[str, Any], jti: str) -> bool:
            fresh = jti not in kept.assertions
            kept.assertions.add(jti)
            return fresh

        def resolve_client_public_key(self, client: App) -> KeySet:
            keys: Any = dict(client.key_set or {"keys": []})
            return KeySet.import_key_set(keys)

    server.register_grant(Grant, [_Always(required=True), WithUser(require_nonce=False)])
    server.register_client_auth_method("private_key_jwt", Signed())

    @app.get("/.well-known/smart-configuration")
    @app.get("/fhir/.well-known/smart-configuration")
    def configuration() -> Response:
        permission = ["permission-v2"] if v2 else ["permission-v1"]
        return jsonify(
            issuer=base(),
            jwks_uri=f"{base()}/jwks",
            authorization_endpoint=f"{base()}/authorize",
            token_endpoint=f"{base()}/token",
            token_endpoint_auth_methods_supported=["client_secret_basic", "private_key_jwt"],
            grant_types_supported=["authorization_code"],
            scopes_supported=["openid", "fhirUser", "launch", "patient/*.rs" if v2 else "patient/*.read"],
            code_challenge_methods_supported=["S256"],
            capabilities=[
                "launch-ehr", "launch-standalone", "client-public", "client-confidential-symmetric",
                "client-confidential-asymmetric", "sso-openid-connect", "context-ehr-patient",
                "context-standalone-patient", "permission-patient", *permission,
            ],
        )  # fmt: skip

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify(keys=[key.as_dict(private=False)])

    @app.get("/")
    def start() -> str:
        return render_template("patients.html", patients=_patients(upstream))

    @app.get("/launch")
    def launch() -> Any:
        """An EHR opens the app: `patient`, and `appContext` if it came with a link; `app` if there are several."""
        chosen = by_id.get(request.args.get("app", "")) or apps[0]
        word = generate_token(24)
        kept.launches[word] = Launch(request.args["patient"], request.args.get("appContext"))
        opened = {"iss": f"{base()}/fhir", "launch": word}
        return redirect(f"{request.args.get('url') or chosen.launch_url}?{urlencode(opened)}")

    @app.post("/launches")
    def launches() -> Response:
        """An EHR asks for a launch word, as the CDS Hooks sandbox does: `parameters` hold patient and appContext, `iss`
        is the FHIR base address under which the app will be launched, if it is not our own."""
        stated = request.get_json()
        parameters = stated.get("parameters", {})
        word = generate_token(24)
        kept.launches[word] = Launch(parameters["patient"], parameters.get("appContext"))
        kept.audiences.add(str(stated.get("iss", "")).rstrip("/"))
        return jsonify(launch_id=word)

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Any:
        try:
            grant = server.get_consent_grant(end_user=USER)
            if request.args.get("aud", "").rstrip("/") not in {f"{base()}/fhir", upstream, *kept.audiences}:
                raise InvalidRequestError("`aud` is not this FHIR server.")
            known = _launch(request.args.get("launch"), kept)
            if request.args.get("launch") and known is None:
                raise InvalidRequestError("The launch word is not known.")
        except OAuth2Error as error:
            return f"{error.error}: {error.description}", 400
        if request.method == "POST":
            user = USER if request.form.get("decision") == "allow" else None
            return server.create_authorization_response(grant_user=user, grant=grant)
        return render_template(
            "consent.html",
            patient=known.patient if known else "",
            patients=None if known else _patients(upstream),
            scopes=request.args.get("scope", "").split(),
        )

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/fhir/<path:path>")
    def fhir_server(path: str) -> Response:
        opened = kept.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if opened is None or opened.until < time.time():
            return _outcome(401, "login")
        kind, _, name = path.partition("/")
        if not _granted(opened, kind, "r" if name else "s"):
            return _outcome(403, "forbidden")
        asked = requests.get(
            f"{upstream}/{path}",
            params=request.args.to_dict(flat=False),
            headers={"Accept": "application/fhir+json"},
            timeout=_TIMEOUT_SECONDS,
        )
        if asked.status_code == 200 and not _of_patient(asked.json(), opened.patient):
            return _outcome(403, "forbidden")
        # a page that follows lies behind the same gate
        text = asked.text.replace(upstream, f"{base()}/fhir")
        return Response(text, asked.status_code, content_type="application/fhir+json")

    return app


def _launch(word: str | None, kept: Memory) -> Launch | None:
    return kept.launches.get(word or "")


def _granted(token: Token, kind: str, action: str) -> bool:
    for scope in token.scopes:
        found = _SCOPE.fullmatch(scope)
        if found and found[1] in ("*", kind) and (found[2] in ("read", "*") or action in found[2]):
            return True
    return False


def _of_patient(resource: Mapping[str, Any], patient: str) -> bool:
    """Whether everything in an answer is about the patient of the token."""
    if resource.get("resourceType") == "Bundle":
        return all(_of_patient(e.get("resource", {}), patient) for e in resource.get("entry", ()))
    if resource.get("resourceType") == "Patient":
        return bool(resource.get("id") == patient)
    about = resource.get("subject") or resource.get("patient")
    return about is None or str(about.get("reference", "")).endswith(f"Patient/{patient}")


def _outcome(status: int, code: str) -> Response:
    issue = {"severity": "error", "code": code}
    response = jsonify(resourceType="OperationOutcome", issue=[issue])
    response.status_code = status
    return response


def _patients(upstream: str) -> list[tuple[str, str]]:
    found = requests.get(f"{upstream}/Patient", params={"_count": "500"}, timeout=_TIMEOUT_SECONDS).json()
    people = [entry["resource"] for entry in found.get("entry", ())]
    names = [(person, (person.get("name") or [{}])[0]) for person in people]
    told = [
        (p["id"], n.get("text") or " ".join([*n.get("given", ()), n.get("family", "")]).strip() or "no name")
        for p, n in names
    ]
    return sorted(told, key=lambda row: row[1])


@click.command()
@click.option("--fhir", required=True, help="Base address of the FHIR server that it stands before.")
@click.option("--port", type=int, default=8082, show_default=True)
@click.option("--client-id", default="sarcoma-pathway", show_default=True)
@click.option("--redirect-uri", required=True, help="Where the app takes users back.")
@click.option("--launch-url", help="Where the app is launched [default: beside the redirect address].")
@click.option("--v1", is_flag=True, help="Speak the scopes of SMART 1.")
def main(fhir: str, port: int, client_id: str, redirect_uri: str, launch_url: str | None, v1: bool) -> None:
    """Stand before a FHIR server and let one public app in."""
    launched = launch_url or redirect_uri.removesuffix("/callback") + "/launch"
    app = authorization_app(fhir, [App(client_id, (redirect_uri,), launched)], v2=not v1)
    click.echo(f"Open the app for a patient: http://127.0.0.1:{port}/", err=True)
    app.run("127.0.0.1", port, threaded=True)


if __name__ == "__main__":
    main()
