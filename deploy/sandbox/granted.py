"""What the authorization server keeps: the apps that it knows, and the launches, codes and tokens that it gave out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin


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

    def launch(self, word: str | None) -> Launch | None:
        """What a launch word stands for; None for one that was not given out."""
        return self.launches.get(word or "")
