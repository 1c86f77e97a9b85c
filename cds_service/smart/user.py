"""Who opened the app: the id_token of OpenID Connect, believed only if its signature and claims hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from ..http.trust.key_fetch import key_fetch
from ..http.trust.public_keys import KeySetRefused, PublicKeys
from .launch import Pending
from .refused import AGAIN, LaunchRefused
from .registration import Registered

_ALGORITHMS = ("RS256", "RS384", "ES256", "ES384")
_SKEW_SECONDS = 60
_USER = re.compile(
    r"(?:[^\s]*/)?((?:Practitioner|PractitionerRole|Person|Patient|RelatedPerson)/[A-Za-z0-9._-]{1,256})"
)


def signed_in_user(
    id_token: str, pending: Pending, registered: Registered, now: Callable[[], float], ca_file: str | None
) -> str | None:
    """The reference of the user whom an id_token names, such as `Practitioner/7`; None if it names none.

    Raises LaunchRefused for a token that is not for this launch, or that nobody can vouch for.
    """
    if pending.keys is None:
        return None
    private = registered.client.private_fhir_addresses
    try:
        claims = _claims(id_token, key_fetch(allow_private=private, ca_file=ca_file)(pending.keys))
    except KeySetRefused as refused:
        raise _doubtful(f"user-keys-{refused.reason}") from None
    moment = now()
    audience = claims.get("aud")
    expires = claims.get("exp")
    holds = (
        claims.get("iss") == pending.issuer
        and registered.app.client_id in (audience if isinstance(audience, list) else [audience])
        and isinstance(expires, int | float)
        and expires > moment - _SKEW_SECONDS
        and claims.get("nonce") == pending.nonce
    )
    if not holds:
        raise _doubtful("user-claims")
    user = _USER.fullmatch(str(claims.get("fhirUser", "")))
    return user[1] if user else None


def _claims(id_token: str, keys: PublicKeys) -> dict[str, Any]:
    """The claims of a token that one of the keys signed."""

    def key(header: Any) -> Any:
        # OpenID Connect asks for a kid only where there are several keys
        found = keys.named(header.headers().get("kid"), str(header.headers().get("alg")))
        if found is None:
            raise ValueError("no such key")
        return found

    try:
        return dict(jwt.decode(id_token, key, algorithms=list(_ALGORITHMS)).claims)
    except (JoseError, ValueError, TypeError, KeyError):
        raise _doubtful("user-signature") from None


def _doubtful(reason: str) -> LaunchRefused:
    return LaunchRefused(
        reason,
        "Who signed in could not be verified.",
        f"{AGAIN} If it stays so, tell the EHR's operators: the id_token and `jwks_uri` of its sign-in.",
        status=502,
    )
