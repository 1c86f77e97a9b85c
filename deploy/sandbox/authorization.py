"""A SMART authorization server for trials and tests: it stands before a FHIR server and lets registered apps in.

It signs anybody in as one practitioner, so it is for synthetic patients alone.

    python -m deploy.sandbox.authorization --fhir http://127.0.0.1:8081/fhir --port 8082 \
        --client-id sarcoma-pathway --redirect-uri http://127.0.0.1:8080/smart/callback
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from flask import Flask, Response, jsonify, redirect, render_template, request
from joserfc.jwk import RSAKey

from .fhir_gate import fhir_gate, patients_of
from .granted import App, Launch, Memory
from .grants import USER, base, granting

_PAGES = Path(__file__).parent / "pages"


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

    server = granting(app, by_id, kept, key)
    app.register_blueprint(fhir_gate(upstream, kept))

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
        return render_template("patients.html", patients=patients_of(upstream))

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
            known = kept.launch(request.args.get("launch"))
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
            patients=None if known else patients_of(upstream),
            scopes=request.args.get("scope", "").split(),
        )

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


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
