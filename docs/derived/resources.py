"""What the service asks a FHIR server for, and which elements of the answers it reads."""

from __future__ import annotations

import typing
from collections.abc import Iterator

import msgspec

from cds_service.fhir.resources import Bundle, Element, OperationOutcome, Readable, Resource
from cds_service.service import make_service

from .markdown import code, table
from .product import shipped

SHORT = 160


def prefetch() -> str:
    """A table of the prefetch templates, the list of codes cut short."""
    description = make_service(shipped(), "http://127.0.0.1:8080").description()
    rows = []
    for key, template in description.prefetch.items():
        shown = template if len(template) <= SHORT else f"{template[:SHORT].rsplit(',', 1)[0]},…"
        rows.append((code(key), code(shown)))
    return table(("prefetch key", "template"), rows)


def resources() -> str:
    """Each resource type with the elements that are decoded, then the datatypes with theirs."""
    read = [each for each in typing.get_args(Readable) if each not in (Bundle, OperationOutcome)]
    text = table(("resource", "elements read"), ((code(each.__name__), _elements(each)) for each in read))
    datatypes: dict[str, type] = {}
    for each in read:
        _collect(each, datatypes)
    text += "Inside them:\n\n"
    return text + table(
        ("datatype", "elements read"),
        ((code(name), _elements(datatypes[name])) for name in sorted(datatypes)),
    )


def _elements(struct: type) -> str:
    shared = {field.name for field in msgspec.structs.fields(Resource)}
    own = [
        f for f in msgspec.structs.fields(struct) if not (issubclass(struct, Resource) and f.name in shared)
    ]
    return code(*(field.encode_name for field in own)) or "none"


def _collect(struct: type, found: dict[str, type]) -> None:
    for field in msgspec.structs.fields(struct):
        for inner in _structs(field.type):
            if inner.__name__ not in found:
                found[inner.__name__] = inner
                _collect(inner, found)


def _structs(annotation: object) -> Iterator[type]:
    if isinstance(annotation, type) and issubclass(annotation, Element):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _structs(part)
