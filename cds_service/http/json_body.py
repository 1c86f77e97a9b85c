"""A body as JSON: bytes -> the members of one object, or a Refusal. Nothing in them is decoded yet."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any, TypeVar

import msgspec

from cds_service.http.faults import WHOLE_BODY
from cds_service.http.wire import Refusal

# Brackets as signed bytes: +1 opens, -1 closes.
_AS_STEPS = bytes.maketrans(b"{[}]", b"\x01\x01\xff\xff")
_FEW_ESCAPES = 2_000
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_BACKSLASHES = re.compile(rb"\\+")
_PIECE = 1 << 16
_ROUNDS = 24
_NEITHER_QUOTE_NOR_NESTING = bytes(byte for byte in range(256) if byte not in b'"{}[]')


Shape = TypeVar("Shape")


def shaped(body: bytes, max_depth: int, decode: Callable[[bytes], Shape]) -> Shape | None:
    """What a typed decoder makes of the body in one pass; None if there is anything to say against the body, which
    `members_of` then says."""
    try:
        if not body.isascii():
            body.decode("utf-8")
        found = decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return None if _deeper_than(body, max_depth) else found


def members_of(body: bytes, max_depth: int, expected: str) -> dict[str, msgspec.Raw]:
    """The members of the JSON object that `body` holds, each still raw; of one that comes twice the last.

    `expected` advises a client that sent something else. Raises Refusal (400) for a body that is not one JSON
    object in UTF-8, or is nested more than `max_depth` deep.
    """
    # RFC 8259 lets a reader skip a byte order mark, and some clients send one.
    body = body.removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        raise Refusal(
            400,
            "required",
            "The request has no body.",
            WHOLE_BODY,
            expected,
        )
    # Raw skips strings without decoding them, so that bytes which are not UTF-8 would get through.
    if not body.isascii():
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            place = error.start
            raise Refusal(
                400, "structure", f"The body is not UTF-8 (byte {place}).", WHOLE_BODY, "Send UTF-8."
            ) from None
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except RecursionError:
        raise _too_deep(max_depth) from None
    except msgspec.ValidationError:
        raise Refusal(
            400, "structure", "The body is JSON, but not an object.", WHOLE_BODY,
            expected,
        ) from None  # fmt: skip
    except (msgspec.DecodeError, ValueError) as error:
        raise _not_json(error) from None
    if _deeper_than(body, max_depth):
        raise _too_deep(max_depth)
    return members


def _too_deep(max_depth: int) -> Refusal:
    return Refusal(
        400,
        "too-costly",
        f"The body nests objects and arrays more than {max_depth} deep.",
        WHOLE_BODY,
        "Send less deeply nested JSON; the limit is the setting CDS_SERVICE_MAX_DEPTH.",
    )


def _not_json(error: Exception) -> Refusal:
    # msgspec's text names a byte and a rule, never a value.
    cause = (
        re.sub(r"^JSON is malformed: ", "", str(error))
        if isinstance(error, msgspec.DecodeError)
        else "a number"
    )
    return Refusal(
        400, "structure", f"The body is not JSON: {cause}.", WHOLE_BODY, "Send JSON as RFC 8259 has it."
    )


def decoded(raw: msgspec.Raw, name: str) -> Any:
    """The value of the member `name`. Raises Refusal (400) for a number beyond any use."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        # The syntax has been checked with the whole body: what remains is a number beyond any use.
        raise Refusal(
            400,
            "value",
            f"`{name}` holds a number that is out of range.",
            name,
            "Send numbers that a double can hold.",
        ) from None


def _deeper_than(body: bytes, limit: int) -> bool:
    """Whether a valid JSON object nests objects and arrays more than `limit` deep."""
    # Escapes go first, then all that neither quotes nor nests, then strings: what is left are the brackets.
    # Each pass is one call into C and linear in the body, whatever the client put into it.
    quoted = b"".join([_quotes_and_steps(piece) for piece in _pieces(body)])
    steps = b"".join(quoted.split(b'"')[::2])
    # what holds nothing goes, again and again: few bodies outlast a dozen rounds
    for gone in range(min(limit, _ROUNDS)):
        # each of these rounds took one level; what is left opens at most half as often as it is long
        if gone + len(steps) // 2 <= limit:
            return False
        steps = steps.replace(b"\x01\xff", b"")
    return max(accumulate(array("b", steps)), default=0) > limit - min(limit, _ROUNDS)


def _pieces(body: bytes) -> Iterator[bytes]:
    """The body in pieces that part no escape: what is gone through several times stays near the processor."""
    start = 0
    while start < len(body):
        end = start + _PIECE
        # behind a byte that is no backslash no escape is open
        run = _BACKSLASHES.match(body, end - 1)
        if run is not None:
            end = run.end() + 1
        yield body[start:end]
        start = end


def _quotes_and_steps(piece: bytes) -> bytes:
    """The quotes that begin and end strings, and the brackets as steps, but for strings with nothing of that between
    their quotes."""
    quoted = _without_escapes(piece).translate(_AS_STEPS, _NEITHER_QUOTE_NOR_NESTING)
    return quoted.replace(b'""', b"")


def _without_escapes(piece: bytes) -> bytes:
    """Part of valid JSON without the escapes that hide a quote, and maybe without others."""
    kept, found = _ESCAPE.subn(b"", piece, _FEW_ESCAPES)
    if found < _FEW_ESCAPES:
        return kept
    # slower, but not by how many there are
    return piece.replace(b"\\\\", b"").replace(b'\\"', b"")
