"""Whatever is sent, the wire answers: never 5xx, and never an error that is not an OperationOutcome."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .calls import ADDRESS, RecordingAnswer, app_with, order_call
from .odd_requests import OddRequest, odd_request
from .outcomes import issue_of

_CLIENT = app_with(RecordingAnswer(), max_body_bytes=65_536, cors_origins=("*",)).test_client()


@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
@given(odd_request())
def test_odd_requests_are_answered_or_refused_with_an_outcome(odd: OddRequest) -> None:
    method, path, headers, body = odd
    response = _CLIENT.open(path, method=method, headers=headers, data=body)
    assert response.status_code < 500, response.get_data(as_text=True)
    assert response.headers["X-Correlation-ID"]
    if response.status_code == 200:
        return
    if method == "HEAD":
        assert response.data == b""
    else:
        issue_of(response, response.status_code)


_SHALLOW = app_with(RecordingAnswer(), max_depth=8).test_client()

_NESTED = st.recursive(
    st.text(alphabet='"\\\\{}[]ab,é', max_size=6) | st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text('"\\\\{[', max_size=3), inner, max_size=2)
    ),
    max_leaves=20,
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@settings(max_examples=300)
@given(_NESTED, st.integers(0, 6))
def test_a_call_is_refused_exactly_when_it_nests_too_deeply(value: Any, more: int) -> None:
    for _ in range(more):
        value = [value]
    call = order_call(prefetch={"deep": {"value": value}})
    refused = depth(call) > 8
    assert _SHALLOW.post(ADDRESS, json=call).status_code == (400 if refused else 200)
