"""Reading a patient with the queries of prefetch, as far as the EHR gave leave; the token is used here alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from ..case.fact import Case, DraftOrder
from ..fhir.reach.base import FhirBase
from ..fhir.reach.completing import Reach
from ..fhir.reach.lost import outcome
from ..http.wire import Caller, HookCall, Refusal
from ..service import SERVICE_ID, Service, explain_hook
from .carried import About, Person
from .context import CardContext, plain_orders, read_context
from .refused import AGAIN, LaunchRefused
from .registration import Registered
from .token import Token

SECONDS = 12.0
"""How long reading a patient may take."""

# an order that was withdrawn is not judged
_JUDGED = frozenset({"draft", "active", "on-hold"})


@dataclass(frozen=True, slots=True)
class Read:
    """A patient as read: where from, the case, the orders to be judged."""

    about: About
    case: Case
    drafts: tuple[DraftOrder, ...]


def templates_of(service: Service) -> dict[str, str]:
    """The prefetch templates that are asked at a client: all but those that it never serves."""
    return {k: t for k, t in service.prefetch.items() if k not in service.never_served}


def read_patient(
    reach: Reach,
    service: Service,
    registered: Registered,
    base: FhirBase,
    token: Token,
    now: datetime,
    until: float,
    user: str | None = None,
) -> Read:
    """Read the patient that the launch named, by `until` of the clock of `reach`.

    What is not granted, or does not come, is not looked up: its facts are unknown. Raises LaunchRefused where
    nothing can be said at all, which is without Conditions.
    """
    templates = templates_of(service)
    granted = {key: template for key, template in templates.items() if token.granted.covers(template)}
    withheld = tuple(key for key in templates if key not in granted)
    context = read_context(token.app_context)
    orders = {ref: ref for ref in context.references if token.granted.covers(ref)}
    came = reach.complete(
        {},
        {**granted, **orders},
        {"patientId": token.patient},
        registered.access(base, token.access_token),
        until,
    )
    entries = [entry for ref in orders if (entry := _order(came.get(ref))) is not None]
    prefetch = {key: came[key] for key in granted} | dict.fromkeys(withheld, outcome("forbidden"))
    call = _call(registered, token.patient, user, prefetch, entries)
    try:
        answer = explain_hook(call, service, now.date(), lambda: str(uuid4()))
    except Refusal as refusal:
        raise _unanswered(refusal, withheld) from None
    drafts = tuple(d for d in answer.drafts if d.item or d.alternatives)
    read = bool(drafts)
    if not drafts:
        drafts = plain_orders(context.option, service.knowledge.judge.options, context.references)
    about = About(
        client=registered.client.id,
        server=base.url,
        read_at=now.isoformat(timespec="minutes"),
        person=_person(token.patient, came.get("patient")),
        user=user,
        hook=_known_hook(context, service),
        orders="read" if read else "plain" if drafts else "none",
        withheld=withheld,
        banner=token.banner,
    )
    return Read(about, answer.case, drafts)


def _call(
    registered: Registered,
    patient: str,
    user: str | None,
    prefetch: Mapping[str, msgspec.Raw | None],
    entries: Sequence[Any],
) -> HookCall:
    """The call that an EHR would make of it: with orders the one on signing, where every draft is under review."""
    context: dict[str, Any] = {"patientId": patient, "userId": user or ""}
    if entries:
        context["draftOrders"] = {"resourceType": "Bundle", "entry": list(entries)}
    return HookCall(
        service=SERVICE_ID,
        hook="order-sign" if entries else "patient-view",
        hook_instance="",
        context=context,
        prefetch=prefetch,
        fhir_server=None,
        caller=Caller(registered.client.id),
    )


def _known_hook(context: CardContext, service: Service) -> str:
    return context.hook if context.hook in service.profile.hooks else ""


def _order(raw: msgspec.Raw | None) -> dict[str, Any] | None:
    try:
        resource = msgspec.json.decode(raw, type=dict[str, Any]) if raw is not None else {}
    except (msgspec.DecodeError, RecursionError):
        return None
    return {"resource": resource} if resource.get("status") in _JUDGED else None


class _Name(msgspec.Struct):
    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: list[str] | None = None


class _Patient(msgspec.Struct, rename="camel"):
    name: list[_Name] | None = None
    birth_date: str | None = None
    gender: str | None = None


_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_GENDERS = frozenset({"male", "female", "other", "unknown"})


def _person(patient: str, raw: msgspec.Raw | None) -> Person:
    """Whose page it is; a Patient that cannot be read leaves the id alone."""
    try:
        found = msgspec.json.decode(raw, type=_Patient) if raw is not None else _Patient()
    except (msgspec.DecodeError, RecursionError):
        found = _Patient()
    names = [name for name in found.name or () if name.use not in ("old", "maiden")]
    name = next((n for n in names if n.use in ("official", "usual")), names[0] if names else None)
    words = None
    if name is not None:
        words = name.text or " ".join(part for part in (*(name.given or ()), name.family) if part)
    return Person(
        patient,
        words[:200] if words else None,
        found.birth_date if found.birth_date and _DATE.fullmatch(found.birth_date) else None,
        found.gender if found.gender in _GENDERS else None,
    )


def _unanswered(refusal: Refusal, withheld: Sequence[str]) -> LaunchRefused:
    if "conditions" in withheld:
        return LaunchRefused(
            "scope-conditions",
            "The EHR gave no leave to read the patient's Conditions, without which nothing can be said.",
            "The EHR's operators should grant this app `patient/Condition.rs` (or `patient/Condition.read`).",
            status=403,
            again=False,
        )
    return LaunchRefused(
        f"engine-{refusal.code}",
        refusal.what,
        f"The FHIR server did not answer as needed. {AGAIN}",
        status=502,
    )
