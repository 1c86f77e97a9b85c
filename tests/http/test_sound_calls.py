"""Sound calls are read in one pass; reading them member by member, as what is wrong is found, is the reference."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from cds_service.http.envelope import EnvelopeReader
from cds_service.http.wire import DEVELOPMENT, HookCall, Refusal
from cds_service.phases import UNTIMED

from .calls import SERVICE, order_call

MAX_DEPTH = 12
NESTED: Any = {"a": 1}
for _ in range(MAX_DEPTH):
    NESTED = [NESTED, "]"]
ODD = st.sampled_from(
    [
        None,
        "",
        "x",
        0,
        1e999,
        True,
        [],
        {},
        {"access_token": "t"},
        {"a": "\ud800"},
        "https://ehr.example.org/r4",
        NESTED,
    ]
)
MEMBERS = st.sampled_from(
    ["hook", "hookInstance", "fhirServer", "fhirAuthorization", "context", "prefetch", "extension", "Hook"]
)
INSIDE = st.sampled_from(["patientId", "userId", "selections", "draftOrders", "encounterId", "conditions"])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A call of order-select with up to three members put otherwise, inside or at the top, or left out."""
    call: dict[str, Any] = order_call()
    call["prefetch"] = {"conditions": {"resourceType": "Bundle"}, "patient": None}
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from([call, call.get("context"), call.get("prefetch")]))
        if not isinstance(place, dict):
            continue
        name = draw(MEMBERS if place is call else INSIDE)
        if draw(st.booleans()):
            place[name] = draw(ODD)
        else:
            place.pop(name, None)
    body = json.dumps(call, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    # a member that comes twice
    if draw(st.booleans()):
        member, value = draw(MEMBERS), json.dumps(draw(ODD)).encode()
        body = body[:-1] + b',"%b":%b}' % (member.encode(), value)
    return (
        draw(st.sampled_from([b"", b"\xef\xbb\xbf", b" "])) + body + draw(st.sampled_from([b"", b"\n", b"}"]))
    )


def told(read: Any, body: bytes) -> HookCall | tuple[object, ...]:
    try:
        found: HookCall = read(body, DEVELOPMENT, UNTIMED)
    except Refusal as refusal:
        return (refusal.status, refusal.code, refusal.what, refusal.where, refusal.how)
    return found


@given(bodies())
@example(json.dumps(order_call()).encode())
def test_one_pass_reads_what_the_closer_look_reads(body: bytes) -> None:
    reader = EnvelopeReader(SERVICE, MAX_DEPTH)
    closer = told(reader._examined, body)
    assert told(reader.read, body) == closer
    quick = reader._sound(body, DEVELOPMENT, UNTIMED)
    assert quick is None or quick == closer


def test_an_ordinary_call_takes_no_closer_look() -> None:
    reader = EnvelopeReader(SERVICE, 100)
    assert reader._sound(json.dumps(order_call()).encode(), DEVELOPMENT, UNTIMED) is not None
