"""How the authorization server grants: a code for a token, with PKCE, to apps that prove who they are, by Authlib."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from .granted import App, Code, Launch, Memory, Token

USER = "Practitioner/sandbox"
CODE_SECONDS = 60
TOKEN_SECONDS = 300


def base() -> str:
    """The address of this server as the request at hand has it."""
    return request.root_url.rstrip("/")


class _Always(CodeChallenge):
    """PKCE with S256, for confidential apps too."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        if not grant.request.payload.data.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        super().validate_code_challenge(grant, redirect_uri)


def granting(app: Flask, apps: Mapping[str, App], kept: Memory, key: RSAKey) -> AuthorizationServer:
    """The authorization server of a Flask application: for `apps` by client id, what it gives out goes into `kept`, and
    `key` signs who the user is."""

    def save_token(token: dict[str, Any], asked: Any) -> None:
        code: Code = asked.authorization_code
        scopes = tuple(code.scope.split())
        kept.tokens[token["access_token"]] = Token(code.launch.patient, scopes, time.time() + TOKEN_SECONDS)
        token |= {"patient": code.launch.patient, "need_patient_banner": True, "expires_in": TOKEN_SECONDS}
        if code.launch.app_context is not None:
            token["appContext"] = code.launch.app_context

    server = AuthorizationServer(app, query_client=apps.get, save_token=save_token)

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
                kept.launch(payload.get("launch")) or Launch(request.form.get("patient", "")),
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
    return server
