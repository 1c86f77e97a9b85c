"""What a page carries of a fixture's patient, and the call that an EHR makes about one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from cds_service.http.wire import Caller, HookCall
from cds_service.replay.fixture import Fixture
from cds_service.service import SERVICE_ID, record_of
from cds_service.smart.carried import About, Carried, Person
from cds_service.smart.supposing import WhatIf
from tests.shipped import service, shipped

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def call(fixture: Fixture, orders: list[dict[str, Any]] | None = None) -> HookCall:
    """A call about a fixture's patient with these orders, on signing; without any, with the fixture's own."""
    body = fixture.call(service().prefetch)
    context = {k: v for k, v in body["context"].items() if k != "selections"}
    if orders is not None:
        context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": o} for o in orders]}
    prefetch = {
        k: None if v is None else msgspec.Raw(msgspec.json.encode(v)) for k, v in body["prefetch"].items()
    }
    hook = "order-sign" if context.get("draftOrders") else "patient-view"
    return HookCall(SERVICE_ID, hook, "", context, prefetch, None, Caller("trial"))


def carried_by(fixture: Fixture) -> Carried:
    """What a page of the patient carries, with the orders of the fixture."""
    asked = call(fixture)
    entries = (asked.context.get("draftOrders") or {}).get("entry") or []
    about = About("trial", "", NOW.isoformat(), Person(str(asked.context["patientId"])))
    own = tuple(f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in entries)
    content = Carried(about, fixture.today, record_of(asked, service()), entries, own, ())
    asking = WhatIf(shipped(affiliate=True))
    recorded = asking.recorded(content, service())
    return msgspec.structs.replace(content, orderable=asking.orderable(content, service(), recorded))
