"""How deep a body nests is told without decoding it; counting on the decoded value is the reference."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.http import json_body

TEXTS = st.text(st.sampled_from('\\"{}[]n/\n\u00e9x'), max_size=8)
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.none(), st.booleans()),
    lambda inside: st.one_of(st.lists(inside, max_size=4), st.dictionaries(TEXTS, inside, max_size=4)),
    max_leaves=30,
)


def depth_of(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(depth_of, inside), default=0)


def nested(levels: int) -> Any:
    value: Any = "]}"
    for level in range(levels):
        value = [value, {}] if level % 2 else {'"': value}
    return value


@given(value=VALUES, ascii_only=st.booleans(), levels=st.integers(0, 40), off=st.integers(-2, 1))
def test_it_is_as_deep_as_its_decoded_value(value: Any, ascii_only: bool, levels: int, off: int) -> None:
    whole = {"a": value, "b": nested(levels)}
    body = json.dumps(whole, ensure_ascii=ascii_only).encode()
    limit = max(1, depth_of(whole) + off)
    assert json_body._deeper_than(body, limit) is (depth_of(whole) > limit)


@given(value=VALUES, piece=st.integers(1, 9), off=st.integers(-1, 1))
def test_where_the_body_is_cut_into_pieces_changes_nothing(value: Any, piece: int, off: int) -> None:
    whole = {"a": value, "b": nested(5)}
    body = json.dumps(whole).encode()
    limit = max(1, depth_of(whole) + off)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_body, "_PIECE", piece)
        assert b"".join(json_body._pieces(body)) == body
        assert json_body._deeper_than(body, limit) is (depth_of(whole) > limit)


@pytest.mark.parametrize("escapes", [json_body._FEW_ESCAPES - 1, json_body._FEW_ESCAPES, 50_000])
@pytest.mark.parametrize("text", ['"[', "\\{", '\\"[', "\n]"])
def test_many_escapes_hide_nothing(text: str, escapes: int) -> None:
    body = json.dumps({"a": text * escapes, "b": [[1]]}).encode()
    assert not json_body._deeper_than(body, 3)
    assert json_body._deeper_than(body, 2)
