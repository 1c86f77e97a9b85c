"""What crosses the border between the wire and the service: calls, refusals, and what is on offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from cds_service.phases import UNTIMED, Timing

IssueCode = Literal[
    "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired",
    "forbidden", "suppressed", "processing", "not-supported", "duplicate", "multiple-matches", "not-found",
    "deleted", "too-long", "code-invalid", "extension", "too-costly", "business-rule", "conflict",
    "transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled",
]  # fmt: skip
"""FHIR R4's IssueType codes, the ones that can stand in an error."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a client of the site, and the tenant that its token names (an opaque word of the client's).

    `client` is the id of one of the site's clients, or `development` where trust is off. `tenant` is at most 128
    letters, digits and `._:/-`; None if the token names none, or one with other characters.
    """

    client: str
    tenant: str | None = None


DEVELOPMENT = Caller("development")


@dataclass(frozen=True, slots=True)
class FhirAuthorization:
    """Leave to ask the client's FHIR server, for this one call.

    The token is neither shown, logged, kept after the call nor sent anywhere but to the server it is for.
    """

    access_token: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call of a CDS service, checked against CDS Hooks 3.0 but not looked into clinically.

    A Resource inside `context` or `prefetch` may still be anything: only the envelope has been checked.
    """

    service: str
    """The id of the service that was called."""

    hook: str
    """The hook that fired; one of those the service offers."""

    hook_instance: str
    """The client's id of this call; not always a UUID."""

    context: Mapping[str, Any]
    """Plain decoded JSON with what the hook's definition requires; `patientId` is a bare Patient.id."""

    prefetch: Mapping[str, msgspec.Raw | None]
    """As sent: the raw JSON object under each key, None for JSON null; empty if the client sent none."""

    fhir_server: str | None
    """The client's FHIR base address as sent (http or https, not otherwise trusted), None if not sent."""

    fhir_authorization: FhirAuthorization | None = None
    """The client's leave to ask `fhir_server`, None if not sent."""

    caller: Caller = DEVELOPMENT
    """Who calls."""

    timing: Timing = field(default=UNTIMED, compare=False, repr=False)
    """Times the phases of this call."""


class Refusal(Exception):
    """The call cannot be answered; it becomes an OperationOutcome.

    `what` is wrong, `where` (a FHIRPath-like path into the request, or `http.` and a header's name), and
    `how` to mend it. None of the three may hold a value that the client sent, apart from names of members
    and hooks that went through `outcome.quotable`: they are shown and logged. `retry_after` is in seconds.
    """

    challenge: str | None = None
    """The WWW-Authenticate header, where the caller could prove who it is."""

    def __init__(
        self,
        status: int,
        code: IssueCode,
        what: str,
        where: str = "",
        how: str = "",
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(what)
        self.status = status
        self.code: IssueCode = code
        self.what = what
        self.where = where
        self.how = how
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class ServiceDescription:
    """What discovery tells about a service.

    `hooks` are names of hooks for which the wire has a schema; `prefetch` maps keys to templates and may
    be empty; `usage_requirements` may be empty. With `id_per_hook` discovery lists each hook under an id of its
    own, for clients that take two entries with one id for the same; `id` answers all hooks in any case.
    """

    id: str
    title: str
    description: str
    usage_requirements: str
    hooks: tuple[str, ...]
    prefetch: Mapping[str, str] = field(default_factory=dict)
    id_per_hook: bool = False

    def id_of(self, hook: str) -> str:
        """The id under which discovery lists a hook."""
        return f"{self.id}-{hook}" if self.id_per_hook else self.id

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that can be called, the one that answers all hooks first."""
        return tuple(dict.fromkeys((self.id, *map(self.id_of, self.hooks))))
