"""The envelope of a call: bytes -> HookCall, or a Refusal that says what to mend.

It is read cheaply: the top level and the context are decoded, prefetched resources stay raw bytes. The
schemas beside this module say what is required; their descriptions are the advice given to clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cds_service.http.faults import check, schema
from cds_service.http.json_body import decoded, members_of, shaped
from cds_service.http.outcome import nearest, quotable
from cds_service.http.wire import (
    DEVELOPMENT,
    Caller,
    FhirAuthorization,
    HookCall,
    Refusal,
    ServiceDescription,
)
from cds_service.phases import UNTIMED, Timing

HOOKS_WITH_SCHEMA = ("order-select", "order-sign", "patient-view")
"""The hooks that the wire can check."""

LIBRARY_HOOKS = (
    "allergyintolerance-create",
    "appointment-book",
    "encounter-discharge",
    "encounter-start",
    "medication-prescribe",
    "medication-refill",
    "medication-verify",
    "order-dispatch",
    "order-review",
    "order-select",
    "order-sign",
    "patient-view",
    "problem-list-item-create",
)
"""The hooks of HL7's CDS Hooks Library, to tell a hook that is not offered from one that is misspelt."""

_DECODED = ("hook", "hookInstance", "fhirServer", "fhirAuthorization", "context")


class _Sent(msgspec.Struct):
    """A call as nearly all are: each member of the type that CDS Hooks gives it."""

    hook: str
    hookInstance: str
    context: dict[str, Any]
    prefetch: dict[str, msgspec.Raw] | None = None
    fhirServer: str | None = None
    fhirAuthorization: dict[str, Any] | None = None


_decoded = msgspec.json.Decoder(_Sent).decode

# What a raw value is told by its first byte; anything else is a number.
_STAND_INS: dict[bytes, Any] = {b"{": {}, b"[": [], b'"': "", b"n": None, b"t": True, b"f": False}


class EnvelopeReader:
    """Reads the calls of one service.

    Raises ValueError when the service is described with a hook that the wire has no schema for.
    """

    def __init__(self, service: ServiceDescription, max_depth: int) -> None:
        unchecked = [hook for hook in service.hooks if hook not in HOOKS_WITH_SCHEMA]
        if unchecked:
            raise ValueError(f"no schema for the hooks {unchecked}; there is one for {HOOKS_WITH_SCHEMA}")
        self._service = service
        self._max_depth = max_depth
        self._envelope = schema("envelope")
        self._contexts = {hook: schema(hook) for hook in service.hooks}

    def read(self, body: bytes, caller: Caller = DEVELOPMENT, timing: Timing = UNTIMED) -> HookCall:
        """The call that `body` holds, made by `caller`, its phases timed by `timing`.

        Raises Refusal (400) for anything that CDS Hooks does not allow and a service cannot make up for.
        Of a member that comes twice the last counts. A leading `Patient/` is taken off the patientId.
        """
        # Nearly every call is sound, and then one pass tells so; what is wrong, and where, takes a closer look.
        return self._sound(body, caller, timing) or self._examined(body, caller, timing)

    def _sound(self, body: bytes, caller: Caller, timing: Timing) -> HookCall | None:
        """The call, if there is nothing to say against it."""
        sent = shaped(body, self._max_depth, _decoded)
        if sent is None or sent.hook not in self._contexts:
            return None
        prefetch: dict[str, msgspec.Raw | None] = {}
        for key, raw in (sent.prefetch or {}).items():
            first = _first_byte(raw)
            if first not in (b"{", b"n"):
                return None
            prefetch[key] = raw if first == b"{" else None
        light: dict[str, Any] = {"hook": sent.hook, "hookInstance": sent.hookInstance, "context": {}}
        if sent.fhirServer is not None:
            light["fhirServer"] = sent.fhirServer
        if sent.fhirAuthorization is not None:
            light["fhirAuthorization"] = sent.fhirAuthorization
        fits = self._envelope.validator.is_valid(light)
        if not fits or not self._contexts[sent.hook].validator.is_valid(sent.context):
            return None
        return self._made(
            sent.hook,
            sent.hookInstance,
            sent.context,
            prefetch,
            sent.fhirServer,
            sent.fhirAuthorization,
            caller,
            timing,
        )

    def _examined(self, body: bytes, caller: Caller, timing: Timing) -> HookCall:
        members = members_of(
            body,
            self._max_depth,
            "Send the CDS Hooks call as one JSON object with hook, hookInstance and context.",
        )
        sent = {name: decoded(members[name], name) for name in _DECODED if name in members}
        prefetch = _prefetch(members.get("prefetch"))
        check(self._envelope, _light(sent, members, prefetch), ())
        hook: str = sent["hook"]
        self._check_hook(hook)
        check(self._contexts[hook], sent["context"], ("context",))
        return self._made(
            hook,
            sent["hookInstance"],
            sent["context"],
            {key: None if _first_byte(raw) == b"n" else raw for key, raw in prefetch.items()},
            sent.get("fhirServer"),
            sent.get("fhirAuthorization"),
            caller,
            timing,
        )

    def _made(
        self,
        hook: str,
        instance: str,
        context: Mapping[str, Any],
        prefetch: Mapping[str, msgspec.Raw | None],
        fhir_server: str | None,
        authorization: Mapping[str, Any] | None,
        caller: Caller,
        timing: Timing,
    ) -> HookCall:
        return HookCall(
            service=self._service.id,
            hook=hook,
            hook_instance=instance,
            context={**context, "patientId": context["patientId"].removeprefix("Patient/")},
            prefetch=prefetch,
            fhir_server=fhir_server,
            fhir_authorization=_authorization(authorization),
            caller=caller,
            timing=timing,
        )

    def _check_hook(self, hook: str) -> None:
        offered = self._service.hooks
        if hook in offered:
            return
        listed = f"This service answers {', '.join(offered)}."
        if hook in LIBRARY_HOOKS:
            raise Refusal(
                400, "not-supported", f"This service does not answer the hook {hook}.", "hook", listed
            )
        near = nearest(hook, offered) or nearest(hook, LIBRARY_HOOKS)
        advice = f"Did you mean {near}? {listed}" if near else listed
        raise Refusal(400, "code-invalid", f"There is no hook {quotable(hook)}.", "hook", advice)


def _authorization(sent: Mapping[str, Any] | None) -> FhirAuthorization | None:
    if sent is None:
        return None
    scope = sent.get("scope")
    return FhirAuthorization(sent["access_token"], scope if isinstance(scope, str) else "")


def _prefetch(raw: msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    if raw is None or _first_byte(raw) != b"{":
        return {}  # what is neither object nor null is refused by the schema
    return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])


def _light(
    sent: Mapping[str, Any], members: Mapping[str, msgspec.Raw], prefetch: Mapping[str, msgspec.Raw]
) -> dict[str, Any]:
    """The envelope with context, resources and unknown members replaced by empty values of their type."""
    light: dict[str, Any] = {name: _stand_in(raw) for name, raw in members.items()}
    light |= {name: value for name, value in sent.items() if name != "context"}
    if light.get("prefetch") == {}:
        light["prefetch"] = {key: _stand_in(raw) for key, raw in prefetch.items()}
    return light


def _stand_in(raw: msgspec.Raw) -> Any:
    return _STAND_INS.get(_first_byte(raw), 0)


def _first_byte(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:1])
