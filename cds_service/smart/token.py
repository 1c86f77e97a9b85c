"""From the code that the browser brings back to a token, and what the token response says beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT

from ..addresses import AddressRefused, CheckedAddresses
from ..case.extract.orders import FHIR_ID
from ..fhir.reach.base import FhirBase
from .launch import Pending
from .refused import AGAIN, LaunchRefused
from .registration import Registered, algorithm_of
from .scopes import Granted

_TIMEOUT_SECONDS = (3, 5)
_WHOLE_SECONDS = 10.0
_MAX_BYTES = 262_144
_CHUNK_BYTES = 16_384
_LONGEST_CONTEXT = 8_192


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its context. It is for one reading and is dropped after it; it is never shown."""

    access_token: str = field(repr=False)
    patient: str
    granted: Granted
    app_context: str | None = None
    id_token: str | None = field(default=None, repr=False)
    banner: bool = True


def fetch_token(
    pending: Pending, registered: Registered, code: str, redirect_uri: str, ca_file: str | None
) -> Token:
    """Exchange a code. Raises LaunchRefused if the server refuses, cannot be reached, or names no patient."""
    try:
        with closing(_session(pending, registered, redirect_uri, ca_file)) as session:
            # RFC 6749, 4.1.3: the code goes with the verifier that its challenge was made of
            response = session.fetch_token(
                pending.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=pending.verifier,
                redirect_uri=redirect_uri,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
    except OAuthError:
        raise LaunchRefused(
            "token-refused", "The EHR did not accept this sign-in; a code can be used once.", AGAIN
        ) from None
    except (AddressRefused, OSError):  # of which the exceptions of requests are kinds
        raise LaunchRefused(
            "token-unreachable", "The EHR's authorization server did not answer.", AGAIN, status=502
        ) from None
    except (ValueError, TypeError, KeyError, _TooMuch):
        raise _unusable("token-structure") from None
    return _read(dict(response), pending.scope)


def _session(
    pending: Pending, registered: Registered, redirect_uri: str, ca_file: str | None
) -> OAuth2Session:
    """A session for one exchange, to an address that may be connected to, without anything of the environment."""
    authentication: dict[str, Any] = {}
    if registered.secret is not None:
        authentication = {
            "client_secret": registered.secret,
            "token_endpoint_auth_method": "client_secret_basic",
        }
    elif registered.key is not None:
        authentication = {"client_secret": registered.key, "token_endpoint_auth_method": "private_key_jwt"}
    session = OAuth2Session(registered.app.client_id, redirect_uri=redirect_uri, **authentication)
    if registered.key is not None:
        header = {"kid": str(registered.key.kid)}
        algorithm = algorithm_of(registered.key)
        session.register_client_auth_method(
            PrivateKeyJWT(pending.token_endpoint, headers=header, alg=algorithm)
        )
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.verify = ca_file or True
    base = FhirBase.of(pending.token_endpoint.partition("?")[0])
    private = registered.client.private_fhir_addresses or (base is not None and base.on_this_machine)
    adapter = CheckedAddresses(allow_private=private)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.hooks["response"].append(_bounded(time.monotonic))
    return session


class _TooMuch(Exception):
    """A response larger than a token response can be, or slower."""


def _bounded(clock: Callable[[], float]) -> Callable[..., requests.Response]:
    def read(response: requests.Response, **_: object) -> requests.Response:
        begun = clock()
        content = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            content += chunk
            if len(content) > _MAX_BYTES or clock() - begun > _WHOLE_SECONDS:
                raise _TooMuch
        response._content = bytes(content)
        return response

    return read


def _read(response: dict[str, Any], asked: str) -> Token:
    access, patient, scope = response.get("access_token"), response.get("patient"), response.get("scope")
    if not isinstance(access, str) or str(response.get("token_type", "")).lower() != "bearer":
        raise _unusable("token-structure")
    if not isinstance(patient, str) or not FHIR_ID.fullmatch(patient.removeprefix("Patient/")):
        raise LaunchRefused(
            "no-patient",
            "The EHR named no patient.",
            "Open a patient's chart in the EHR and launch the app from there.",
        )
    context, id_token = response.get("appContext"), response.get("id_token")
    return Token(
        access,
        patient.removeprefix("Patient/"),
        Granted.of(scope if isinstance(scope, str) else None, asked),
        context if isinstance(context, str) and len(context) <= _LONGEST_CONTEXT else None,
        id_token if isinstance(id_token, str) else None,
        response.get("need_patient_banner") is not False,
    )


def _unusable(reason: str) -> LaunchRefused:
    return LaunchRefused(
        reason,
        "What the EHR's authorization server answered cannot be used.",
        f"{AGAIN} If it stays so, tell the EHR's operators.",
        status=502,
    )
