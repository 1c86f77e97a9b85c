"""The body of a call, made from a patient, a draft order and a hook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ..replay.drafts import Drafts
from ..replay.fixture import Fixture
from ..replay.recorded import record_of
from .state import NONE, OPENING, OWN, SELECTING, State

Json = dict[str, Any]


def fixture_call(
    patient: Fixture, state: State, drafts: Drafts, templates: Mapping[str, str], today: date
) -> Json:
    """What an EHR posts for a fixture in a state. The FHIR server that fixtures name does not exist, so the call
    names none."""
    body = patient.call(templates)
    del body["fhirServer"]
    return _in_state(body, state, drafts, today)


def pasted_call(
    text: str, state: State, drafts: Drafts, templates: Mapping[str, str], today: date
) -> tuple[bytes, State]:
    """What is posted for pasted text, and the state settled: of a patient's Bundle the call that it stands for, of
    anything else the text as it is, but for the order and the hook where the state states them.

    Raises FixtureError for a Bundle that is not the record of one patient.
    """
    raw = text.encode()
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return raw, state
    if isinstance(content, dict) and content.get("resourceType") == "Bundle":
        record = record_of(Path("The pasted Bundle"), "pasted", content, today)
        body = record.call(templates)
        del body["fhirServer"]
    elif isinstance(content, dict) and isinstance(content.get("context"), dict):
        if state.order == OWN and not state.hook:
            return raw, state
        body = content
    else:
        return raw, state
    state = state.settled(has_draft(body))
    return as_bytes(_in_state(body, state, drafts, today)), state


def has_draft(call: Any) -> bool:
    """Whether orders are drafted in the body of a call; not in what is none."""
    context = call.get("context") if isinstance(call, dict) else None
    return isinstance(context, dict) and bool(_orders(context.get("draftOrders")))


def as_bytes(body: Json) -> bytes:
    """JSON as it is posted, without spaces."""
    return json.dumps(body, separators=(",", ":")).encode()


def _in_state(body: Json, state: State, drafts: Drafts, today: date) -> Json:
    """The call with the order and the hook that the state states."""
    context = dict(body["context"])
    own, selections = context.pop("draftOrders", None), context.pop("selections", None)
    hook = _hook(state, str(body.get("hook", "")))
    if hook == OPENING:
        return {**body, "hook": hook, "context": context}
    if state.order != OWN:
        reasons = _reasons(own)
        orders = drafts.resources(state.order, str(context.get("patientId", "")), today, reasons)
        own, selections = _bundle(orders), None
    elif own is None:
        # nothing is drafted: what the service says of that is the answer
        own = _bundle([])
    if hook == SELECTING:
        context["selections"] = selections if selections is not None else _references(own)
    return {**body, "hook": hook, "context": {**context, "draftOrders": own}}


def _hook(state: State, own: str) -> str:
    if state.order == NONE:
        return OPENING
    if state.hook:
        return state.hook
    return SELECTING if state.order != OWN and own in ("", OPENING) else own


def _bundle(orders: list[Json]) -> Json:
    entries = [{"resource": order} for order in orders]
    return {"resourceType": "Bundle", "type": "collection", **({"entry": entries} if entries else {})}


def _orders(bundle: Any) -> list[Json]:
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    found = [entry.get("resource") for entry in entries or () if isinstance(entry, dict)]
    return [order for order in found if isinstance(order, dict)]


def _references(bundle: Any) -> list[str]:
    return [f"{order.get('resourceType')}/{order.get('id')}" for order in _orders(bundle)]


def _reasons(bundle: Any) -> list[Json]:
    """What the patient's own drafts say that they are for: another draft is for the same."""
    for order in _orders(bundle):
        if isinstance(order.get("reasonReference"), list):
            return list(order["reasonReference"])
    return []
