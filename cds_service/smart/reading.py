"""Reading a patient with the queries of prefetch, as far as the EHR gave leave; the token is used here alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ..case.fact import Case, DraftOrder
from ..fhir.reach.base import FhirBase
from ..fhir.reach.completing import Reach
from ..fhir.reach.lost import outcome
from ..fhir.record import Record
from ..http.wire import Caller, HookCall, Refusal
from ..pathway.verdict import VERDICTS
from ..random_uuid import random_uuid
from ..service import SERVICE_ID, Service, explain_hook, record_of
from .carried import About, Person
from .context import CardContext, read_context
from .named_order import CardSaid, NamedOrder, Opened, came_back, not_asked, settled
from .refused import AGAIN, LaunchRefused
from .registration import Registered
from .token import Token

SECONDS = 12.0
"""How long reading a patient may take."""

_MOST_ORDERS = 20


@dataclass(frozen=True, slots=True)
class Read:
    """A patient as read: where from, the case, the orders to be judged; the record and the entries with the orders
    behind them."""

    about: About
    case: Case
    drafts: tuple[DraftOrder, ...]
    record: Record
    orders: tuple[dict[str, Any], ...]


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
    said = _said(context, service)
    wanted = _wanted(context, token, said)
    orders = {order.reference: order.reference for order in wanted if order.fate == "judged"}
    came = reach.complete(
        {},
        {**granted, **orders},
        {"patientId": token.patient},
        registered.access(base, token.access_token),
        until,
    )
    named, entries = [], []
    for order in wanted:
        found, content = order, None
        if order.reference in orders:
            found, content = came_back(order.reference, came.get(order.reference), beside=order.beside)
        named.append(found)
        entries += [{"resource": content}] if content is not None else []
    prefetch = {key: came[key] for key in granted} | dict.fromkeys(withheld, outcome("forbidden"))
    call = _call(registered, token.patient, user, prefetch, entries, context.own)
    try:
        record = record_of(call, service)
        answer = explain_hook(call, service, now.date(), random_uuid, record)
    except Refusal as refusal:
        raise _unanswered(refusal, withheld) from None
    became, drafts = settled(named, answer.case, answer.drafts)
    if entries and not drafts:
        # what is not judged says nothing of the patient either
        call = _call(registered, token.patient, user, prefetch, (), ())
        answer = explain_hook(call, service, now.date(), random_uuid, record)
    about = About(
        client=registered.client.id,
        server=base.url,
        read_at=now.isoformat(timespec="minutes"),
        person=_person(token.patient, came.get("patient")),
        user=user,
        hook=_known_hook(context, service),
        opened=Opened(became, said),
        withheld=withheld,
        banner=token.banner,
    )
    return Read(about, answer.case, drafts, record, tuple(entries) if drafts else ())


def _call(
    registered: Registered,
    patient: str,
    user: str | None,
    prefetch: Mapping[str, msgspec.Raw | None],
    entries: Sequence[Any],
    selections: Sequence[str],
) -> HookCall:
    """The call that an EHR would make of it: with orders the one on selecting, where those of the card are under
    review."""
    context: dict[str, Any] = {"patientId": patient, "userId": user or ""}
    if entries:
        context["draftOrders"] = {"resourceType": "Bundle", "entry": list(entries)}
        context["selections"] = list(selections)
    return HookCall(
        service=SERVICE_ID,
        hook="order-select" if entries else "patient-view",
        hook_instance="",
        context=context,
        prefetch=prefetch,
        fhir_server=None,
        caller=Caller(registered.client.id),
    )


def _known_hook(context: CardContext, service: Service) -> str:
    return context.hook if context.hook in service.profile.hooks else ""


def _wanted(context: CardContext, token: Token, said: CardSaid | None) -> list[NamedOrder]:
    """The orders that a card named, those to be read as if they were judged."""
    references = [*((o, False) for o in context.own), *((o, True) for o in context.others)]
    wanted = []
    for place, (reference, beside) in enumerate(references):
        if place >= _MOST_ORDERS:
            wanted.append(not_asked(reference, "too-many", beside=beside))
        else:
            covered = token.granted.covers(reference)
            wanted.append(not_asked(reference, "judged" if covered else "no-leave", beside=beside))
    if context.unnamed > 0 or (said is not None and not context.own):
        wanted.append(not_asked("", "unnamed", beside=bool(context.own)))
    return wanted


def _said(context: CardContext, service: Service) -> CardSaid | None:
    """What the card said of its orders, in words that are ours."""
    verdict = context.verdict if context.verdict in VERDICTS else ""
    options = context.about(service.knowledge.judge.options)
    return CardSaid(verdict, options) if verdict or options else None


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
