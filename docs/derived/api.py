"""The HTTP interface, from the OpenAPI document that the service gives out at /openapi.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cds_service import __version__
from cds_service.http.openapi import openapi_document
from cds_service.service import make_service

from .json_schema import members
from .markdown import table
from .product import shipped

Json = dict[str, Any]


def described() -> Json:
    """The OpenAPI document, as a service without a public address of its own gives it out."""
    description = make_service(shipped(), "http://127.0.0.1:8080").description()
    return openapi_document(description, __version__, None, feedback=True)


def api() -> str:
    """Each address with what it takes and answers, then the objects that these name."""
    document = described()
    text = "".join(_operation(*each) for each in _operations(document))
    text += "## Objects\n\n"
    for name, schema in document["components"]["schemas"].items():
        if name == "call":
            continue  # the envelope with one of the contexts
        text += members(name, schema, 3)
        for part, inner in schema.get("$defs", {}).items():
            if inner.get("properties"):
                text += members(part, inner, 4)
    return text


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _operation(path: str, method: str, operation: Json) -> str:
    text = f"## {method} {path}\n\n{operation['summary']}.\n\n"
    if "requestBody" in operation:
        text += f"Takes JSON: {_named(operation['requestBody'])}.\n\n"
    rows = [
        (status, answer["description"], _named(answer)) for status, answer in operation["responses"].items()
    ]
    return text + table(("status", "means", "body"), rows)


def _named(content: Json) -> str:
    schema = content["content"]["application/json"]["schema"]
    if "$ref" not in schema:
        return "an empty object"
    name = schema["$ref"].rpartition("/")[2]
    if name == "call":
        return "[envelope](#envelope), its `context` by hook"
    return f"[{name}](#{name})"
