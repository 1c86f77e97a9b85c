"""The envelope of a call: bytes -> HookCall, or a Refusal that says what to mend.

It is read cheaply: the top level and the context are decoded, prefetched resources stay raw bytes. The
schemas beside this module say what is required; their descriptions are the advice given to clients.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec

from cds_service.http.outcome import nearest, quotable
from cds_service.http.wire import (
    DEVELOPMENT,
    Caller,
    FhirAuthorization,
    HookCall,
    IssueCode,
    Refusal,
    ServiceDescription,
)
from cds_service.phases import Phase, untimed

HOOKS_WITH_SCHEMA = ("order-select", "order-sign", "patient-view")
"""The hooks that the wire can check."""

LIBRARY_HOOKS = (
    "allergyintolerance-create",
    "appointment-book",
    "encounter-discharge",
    "encounter-start",
    "medication-prescribe",
    "medication-refill",
    "medication-verify",
    "order-dispatch",
    "order-review",
    "order-select",
    "order-sign",
    "patient-view",
    "problem-list-item-create",
)
"""The hooks of HL7's CDS Hooks Library, to tell a hook that is not offered from one that is misspelt."""

_DECODED = ("hook", "hookInstance", "fhirServer", "fhirAuthorization", "context")

_WHOLE_BODY = "$this"

# What a raw value is told by its first byte; anything else is a number.
_STAND_INS: dict[bytes, Any] = {b"{": {}, b"[": [], b'"': "", b"n": None, b"t": True, b"f": False}

_JSON_TYPES: dict[type, str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}

_EXPECTED_TYPES = {"object": "an object", "array": "an array", "string": "a string"}

# Brackets as signed bytes: +1 opens, -1 closes.
_AS_STEPS = bytes.maketrans(b"{[}]", b"\x01\x01\xff\xff")
_NEITHER_QUOTE_NOR_NESTING = bytes(byte for byte in range(256) if byte not in b'"{}[]')


class _Schema(NamedTuple):
    document: dict[str, Any]
    validator: jsonschema_rs.Validator


class EnvelopeReader:
    """Reads the calls of one service.

    Raises ValueError when the service is described with a hook that the wire has no schema for.
    """

    def __init__(self, service: ServiceDescription, max_depth: int) -> None:
        unchecked = [hook for hook in service.hooks if hook not in HOOKS_WITH_SCHEMA]
        if unchecked:
            raise ValueError(f"no schema for the hooks {unchecked}; there is one for {HOOKS_WITH_SCHEMA}")
        self._service = service
        self._max_depth = max_depth
        self._envelope = _schema("envelope")
        self._contexts = {hook: _schema(hook) for hook in service.hooks}

    def read(self, body: bytes, caller: Caller = DEVELOPMENT, phase: Phase = untimed) -> HookCall:
        """The call that `body` holds, made by `caller`, its phases timed by `phase`.

        Raises Refusal (400) for anything that CDS Hooks does not allow and a service cannot make up for.
        Of a member that comes twice the last counts. A leading `Patient/` is taken off the patientId.
        """
        members = self._members(body)
        sent = {name: _decoded(members[name], name) for name in _DECODED if name in members}
        prefetch = _prefetch(members.get("prefetch"))
        _check(self._envelope, _light(sent, members, prefetch), ())
        hook: str = sent["hook"]
        self._check_hook(hook)
        _check(self._contexts[hook], sent["context"], ("context",))
        context = {**sent["context"], "patientId": sent["context"]["patientId"].removeprefix("Patient/")}
        return HookCall(
            service=self._service.id,
            hook=hook,
            hook_instance=sent["hookInstance"],
            context=context,
            prefetch={key: None if _first_byte(raw) == b"n" else raw for key, raw in prefetch.items()},
            fhir_server=sent.get("fhirServer"),
            fhir_authorization=_authorization(sent.get("fhirAuthorization")),
            caller=caller,
            phase=phase,
        )

    def _members(self, body: bytes) -> dict[str, msgspec.Raw]:
        # RFC 8259 lets a reader skip a byte order mark, and some clients send one.
        body = body.removeprefix(b"\xef\xbb\xbf")
        if not body.strip():
            raise Refusal(
                400,
                "required",
                "The request has no body.",
                _WHOLE_BODY,
                "Send the CDS Hooks call as a JSON object.",
            )
        # Raw skips strings without decoding them, so that bytes which are not UTF-8 would get through.
        if not body.isascii():
            try:
                body.decode("utf-8")
            except UnicodeDecodeError as error:
                place = error.start
                raise Refusal(
                    400, "structure", f"The body is not UTF-8 (byte {place}).", _WHOLE_BODY, "Send UTF-8."
                ) from None
        try:
            members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        except RecursionError:
            raise self._too_deep() from None
        except msgspec.ValidationError:
            raise Refusal(
                400, "structure", "The body is JSON, but not an object.", _WHOLE_BODY,
                "Send one JSON object with hook, hookInstance and context.",
            ) from None  # fmt: skip
        except (msgspec.DecodeError, ValueError) as error:
            raise _not_json(error) from None
        if _deeper_than(body, self._max_depth):
            raise self._too_deep()
        return members

    def _too_deep(self) -> Refusal:
        return Refusal(
            400,
            "too-costly",
            f"The body nests objects and arrays more than {self._max_depth} deep.",
            _WHOLE_BODY,
            "Send less deeply nested JSON; the limit is the setting CDS_SERVICE_MAX_DEPTH.",
        )

    def _check_hook(self, hook: str) -> None:
        offered = self._service.hooks
        if hook in offered:
            return
        listed = f"This service answers {', '.join(offered)}."
        if hook in LIBRARY_HOOKS:
            raise Refusal(
                400, "not-supported", f"This service does not answer the hook {hook}.", "hook", listed
            )
        near = nearest(hook, offered) or nearest(hook, LIBRARY_HOOKS)
        advice = f"Did you mean {near}? {listed}" if near else listed
        raise Refusal(400, "code-invalid", f"There is no hook {quotable(hook)}.", "hook", advice)


def _not_json(error: Exception) -> Refusal:
    # msgspec's text names a byte and a rule, never a value.
    cause = (
        re.sub(r"^JSON is malformed: ", "", str(error))
        if isinstance(error, msgspec.DecodeError)
        else "a number"
    )
    return Refusal(
        400, "structure", f"The body is not JSON: {cause}.", _WHOLE_BODY, "Send JSON as RFC 8259 has it."
    )


def _decoded(raw: msgspec.Raw, name: str) -> Any:
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


def _authorization(sent: Mapping[str, Any] | None) -> FhirAuthorization | None:
    if sent is None:
        return None
    scope = sent.get("scope")
    return FhirAuthorization(sent["access_token"], scope if isinstance(scope, str) else "")


def _prefetch(raw: msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    if raw is None or _first_byte(raw) != b"{":
        return {}  # what is neither object nor null is refused by the schema
    return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])


def _light(
    sent: Mapping[str, Any], members: Mapping[str, msgspec.Raw], prefetch: Mapping[str, msgspec.Raw]
) -> dict[str, Any]:
    """The envelope with context, resources and unknown members replaced by empty values of their type."""
    light: dict[str, Any] = {name: _stand_in(raw) for name, raw in members.items()}
    light |= {name: value for name, value in sent.items() if name != "context"}
    if light.get("prefetch") == {}:
        light["prefetch"] = {key: _stand_in(raw) for key, raw in prefetch.items()}
    return light


def _stand_in(raw: msgspec.Raw) -> Any:
    return _STAND_INS.get(_first_byte(raw), 0)


def _first_byte(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:1])


def _deeper_than(body: bytes, limit: int) -> bool:
    """Whether a valid JSON object nests objects and arrays more than `limit` deep."""
    # Escapes go first, then all that neither quotes nor nests, then strings: what is left is +1 and -1.
    # Each pass is one call into C and linear in the body, whatever the client put into it.
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    quoted = body.translate(_AS_STEPS, _NEITHER_QUOTE_NOR_NESTING)
    steps = b"".join(quoted.replace(b'""', b"").split(b'"')[::2])
    return max(accumulate(array("b", steps))) > limit


@cache
def _document(name: str) -> dict[str, Any]:
    text = files("cds_service.http").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def _schema(name: str) -> _Schema:
    envelope = _document("envelope")
    registry = jsonschema_rs.Registry([(envelope["$id"], envelope)])
    document = _document(name)
    return _Schema(document, jsonschema_rs.Draft202012Validator(document, registry=registry))


def _check(schema: _Schema, instance: Any, prefix: tuple[str, ...]) -> None:
    # The first fault only: a client can put millions of them into one body, and listing them takes minutes.
    try:
        schema.validator.validate(instance)
    except jsonschema_rs.ValidationError as error:
        fault = _fault(schema.document, instance, error.instance_path, error.evaluation_path, prefix)
        raise fault from None


def _fault(
    document: dict[str, Any],
    instance: Any,
    place: Sequence[str | int],
    rule: Sequence[str | int],
    prefix: tuple[str, ...],
) -> Refusal:
    """The refusal for a broken `rule` of the schema at a `place` of the instance.

    jsonschema-rs's own message is not used: it quotes the value.
    """
    schema, keyword = _subschema(document, rule[:-1]), str(rule[-1])
    value = instance
    path: list[str | int] = [*prefix]
    for step in place:
        # the validator tells a member named `0` as the number 0
        key = str(step) if isinstance(value, dict) else step
        value = value[key]
        path.append(key)
    code: IssueCode = "value"
    if keyword == "required":
        missing = next(name for name in schema["required"] if name not in value)
        code = "invariant" if "then" in rule else "required"
        advice = _description(_subschema(document, [*rule[:-1], "properties", missing]), document)
        misspelt = _misspelt(missing, value, schema["properties"])
        return Refusal(
            400, code, f"`{missing}` is missing.", _expression([*path, missing]), f"{misspelt}{advice}"
        )
    where = _expression(path)
    if keyword == "type":
        stated = schema["type"]
        expected = _EXPECTED_TYPES[stated[0] if isinstance(stated, list) else stated]
        what = f"`{where}` is {_JSON_TYPES[type(value)]}, not {expected}."
        code = "invariant" if "then" in rule else "structure"
    elif keyword == "minLength":
        what, code = f"`{where}` is empty.", "required"
    elif keyword == "maxLength":
        what, code = f"`{where}` is longer than {schema['maxLength']} characters.", "too-long"
    elif keyword == "const":
        what = f"`{where}` is not {schema['const']}."
    else:
        what = f"`{where}` does not have the form that is expected."
    return Refusal(400, code, what, where, _description(schema, document))


def _misspelt(missing: str, sent: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    found = nearest(
        missing, tuple(name for name in list(sent)[:200] if name not in known and len(name) <= 64)
    )
    return f"Is `{quotable(found)}` meant to be `{missing}`? " if found else ""


def _subschema(document: dict[str, Any], path: Sequence[str | int]) -> dict[str, Any]:
    node: Any = document
    for step in path:
        if "$ref" in node and step != "$ref":
            node = _referenced(node["$ref"])
        node = _referenced(node["$ref"]) if step == "$ref" else node[step]
    subschema: dict[str, Any] = node
    return subschema


def _referenced(reference: str) -> dict[str, Any]:
    name, _, pointer = reference.partition(".json#/")
    return _subschema(_document(name), pointer.split("/"))


def _description(schema: dict[str, Any], document: dict[str, Any]) -> str:
    while "description" not in schema and "$ref" in schema:
        schema = _referenced(schema["$ref"])
    return str(schema.get("description") or f"Send {document['title'][0].lower()}{document['title'][1:]}.")


def _expression(path: Sequence[str | int]) -> str:
    """A FHIRPath-like path: `context.draftOrders.entry[3].resource`."""
    expression = ""
    for step in path:
        if isinstance(step, int):
            expression += f"[{step}]"
        else:
            name = step if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,47}", step) else f"`{quotable(step)}`"
            expression += f".{name}" if expression else name
    return expression or _WHOLE_BODY
