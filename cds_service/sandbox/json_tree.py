"""JSON to read and to fold: its text is the JSON itself, so that it can be copied."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup, escape

_PLAIN_BYTES = 400_000
_LINE = 60
_OPEN_DEPTH = 2


def json_tree(text: bytes, open_depth: int = _OPEN_DEPTH) -> Markup:
    """JSON with its objects and arrays to fold, those below `open_depth` folded; what is very long, or no JSON, as
    plain text."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return escape(text.decode("utf-8", "replace"))
    if len(text) > _PLAIN_BYTES:
        return escape(_text(content, indent=2))
    return _block(content, open_depth, "", "")


def _block(value: Any, open_depth: int, before: str, after: str) -> Markup:
    """A value on lines of its own, between what stands before it on its first line and after it on its last."""
    whole = _text(value)
    if not isinstance(value, (dict, list)) or not value or len(before) + len(whole) <= _LINE:
        return Markup("<div>{}</div>").format(before + whole + after)
    keyed = isinstance(value, dict)
    opening, closing = "{}" if keyed else "[]"
    members = list(value.items()) if isinstance(value, dict) else [("", member) for member in value]
    inside = Markup("").join(
        _block(
            member,
            open_depth - 1,
            f"{_text(key)}: " if keyed else "",
            "," if number < len(members) else "",
        )
        for number, (key, member) in enumerate(members, 1)
    )
    count = f"{len(members)} {'member' if keyed else 'entry'}" if len(members) == 1 else ""
    count = count or f"{len(members)} {'members' if keyed else 'entries'}"
    return Markup(
        '<details{}><summary data-folded=" … {} {}">{}</summary><div class="in">{}</div>{}</details>'
    ).format(
        Markup(" open") if open_depth > 0 else "",
        count,
        closing + after,
        before + opening,
        inside,
        closing + after,
    )


def _text(value: Any, indent: int | None = None) -> str:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # half a character, which JSON can escape and no page can hold
        return json.dumps(value, indent=indent)
    return text
