"""Requests that no well-behaved client sends, each made by bending a valid one.

For use against any application with the addresses of `cds_service.app`:
`odd_request()` is a strategy of (method, path, headers, body).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from .calls import ADDRESS, order_call, view_call

OddRequest = tuple[str, str, dict[str, str], bytes]

_CALLS: tuple[Callable[[], dict[str, Any]], ...] = (order_call, lambda: order_call("order-sign"), view_call)

_METHODS = ("POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")

_PATHS = (
    ADDRESS,
    f"{ADDRESS}/",
    f"{ADDRESS}/feedback",
    f"{ADDRESS}?patient=1288992",
    f"{ADDRESS}%2F..",
    f"{ADDRESS}%00%ff",
    "/cds-services",
    "/cds-services/",
    "/cds-services/sarcoma",
    "/cds-services/../../etc/passwd",
    "/",
    "/fhir/metadata",
)

_CONTENT_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=utf-16",
    "application/json;charset",
    'application/json; charset="',
    "application/fhir+json",
    "application/xml",
    "text/html",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "",
    ";;;",
)

_ODD_HEADERS = (
    ("X-Correlation-ID", "call-1"),
    ("X-Correlation-ID", "<script>"),
    ("X-Request-ID", "r" * 300),
    ("Origin", "null"),
    ("Origin", "https://evil.example"),
    ("Content-Encoding", "gzip"),
    ("Authorization", "Bearer x.y.z"),
    ("Accept", "application/xml"),
    ("Expect", "nothing"),
    ("Host", "["),
    ("Cookie", "a=b; ="),
    ("If-Match", '"x"'),
    ("Range", "bytes=0-1"),
    ("Content-Length", "-1"),
    ("Content-Length", "soon"),
    ("Transfer-Encoding", "chunked"),
)

# Written into the JSON text, since Python has no value for most of them.
_LITERALS = (
    "NaN",
    "-Infinity",
    "1e999",
    "-0",
    "01",
    "9" * 400,
    "9" * 5000,
    "1e-400",
    "0.1e",
    "undefined",
    "'x'",
    '"\\ud800"',
    '"\\u0000"',
    '"\\x"',
    "[" * 99 + "]" * 99,
    "[" * 2000 + "]" * 2000,
    "/* */ 1",
    "",
)

_PLACEHOLDER = "placeholder-for-a-literal"

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(("Bundle", "Patient", "OperationOutcome", "order-select", "../..", "x" * 5000))
)

_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def odd_request() -> SearchStrategy[OddRequest]:
    """Requests bent in one to four ways: members dropped, doubled, renamed, retyped or nested deeply, bytes
    cut, flipped or put in, odd numbers, content types, headers, paths and methods.

    Some of them are still valid. Header names are unique; the body may be empty.
    """
    return _odd_request()


@st.composite
def _odd_request(draw: DrawFn) -> OddRequest:
    method, path = "POST", ADDRESS
    headers = {"Content-Type": "application/json"}
    call: Any = draw(st.sampled_from(_CALLS))()
    bends = draw(
        st.lists(
            st.sampled_from(("tree", "tree", "text", "bytes", "address", "headers")), min_size=1, max_size=4
        )
    )
    for _ in range(bends.count("tree")):
        call = draw(_bent_tree(call))
    text = json.dumps(call, ensure_ascii=draw(st.booleans()))
    if "text" in bends:
        text = draw(_bent_text(call))
    body = text.encode("utf-8", "surrogatepass")
    for _ in range(bends.count("bytes")):
        body = draw(_bent_bytes(body))
    if "address" in bends:
        method, path = draw(st.sampled_from(_METHODS)), draw(st.sampled_from(_PATHS))
    if "headers" in bends:
        headers["Content-Type"] = draw(st.sampled_from(_CONTENT_TYPES))
        if draw(st.booleans()):
            del headers["Content-Type"]
        headers |= dict(draw(st.lists(st.sampled_from(_ODD_HEADERS), max_size=3)))
    return method, path, headers, body


@st.composite
def _bent_tree(draw: DrawFn, call: Any) -> Any:
    """`call` with a member, at any depth, dropped, renamed, moved or replaced."""
    bent = copy.deepcopy(call)
    places = _places(bent)
    if not places or draw(st.integers(0, 30)) == 0:
        return draw(_VALUES)
    holder, key = draw(st.sampled_from(places))
    way = draw(st.sampled_from(("drop", "rename", "retype", "wrap", "deepen", "graft")))
    if way == "drop":
        del holder[key]
    elif way == "rename" and isinstance(holder, dict):
        holder[draw(st.sampled_from((key.upper(), key[:-1], f"{key} ", draw(st.text(max_size=9)))))] = (
            holder.pop(key)
        )
    elif way == "wrap":
        holder[key] = [holder[key]]
    elif way == "deepen":
        for _ in range(draw(st.sampled_from((5, 60, 98, 101, 300)))):
            holder[key] = {"a": holder[key]}
    elif way == "graft":
        other, other_key = draw(st.sampled_from(places))
        holder[key] = copy.deepcopy(other[other_key])
    else:
        holder[key] = draw(_VALUES)
    return bent


@st.composite
def _bent_text(draw: DrawFn, call: Any) -> str:
    """The JSON text with one value replaced by a literal of `_LITERALS`, or with a member doubled."""
    bent = copy.deepcopy(call)
    places = _places(bent)
    if not places:
        return draw(st.sampled_from(_LITERALS))
    holder, key = draw(st.sampled_from(places))
    if draw(st.booleans()) and isinstance(bent, dict):
        name = draw(st.sampled_from(sorted(bent)))
        return f"{json.dumps(bent)[:-1]}, {json.dumps(name)}: {json.dumps(draw(_VALUES))}}}"
    holder[key] = _PLACEHOLDER
    return json.dumps(bent).replace(f'"{_PLACEHOLDER}"', draw(st.sampled_from(_LITERALS)))


@st.composite
def _bent_bytes(draw: DrawFn, body: bytes) -> bytes:
    place = draw(st.integers(0, len(body)))
    way = draw(st.sampled_from(("cut", "flip", "insert", "repeat", "encode")))
    if way == "cut":
        return body[:place]
    if way == "flip":
        return (
            body[:place]
            + bytes(byte ^ draw(st.integers(1, 255)) for byte in body[place : place + 1])
            + body[place + 1 :]
        )
    if way == "insert":
        return body[:place] + draw(st.binary(min_size=1, max_size=4)) + body[place:]
    if way == "repeat":
        return body + body
    return body.decode("utf-8", "replace").encode(
        draw(st.sampled_from(("utf-16", "utf-32", "latin-1", "utf-8-sig"))), "replace"
    )


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Each (container, key or index) of a JSON value."""
    inner: list[tuple[Any, Any]]
    if isinstance(value, dict):
        inner = [(value, key) for key in value]
    elif isinstance(value, list):
        inner = [(value, index) for index in range(len(value))]
    else:
        return []
    return inner + [place for holder, key in inner for place in _places(holder[key])]
