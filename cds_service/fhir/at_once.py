"""Answers decoded in one pass, with every resource in them: as most are, sound and without surprises.

What is out of the ordinary is read by `record`, each resource by itself, and comes out the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .resources import Decodable, DecodedBundle, OperationOutcome, Resource

if TYPE_CHECKING:
    from .prefetch import Answered
    from .record import Record

_decode = msgspec.json.Decoder(Decodable).decode

# the content that counts of each `Type/id` that was not decoded at once
Contents = dict[str, msgspec.Raw]


class OutOfTheOrdinary(Exception):
    """A resource of which the bytes as they came decide what counts: one without an id, one in two versions, one that
    says something in a way we do not know."""


def read_at_once(key: str, raw: msgspec.Raw, record: Record, contents: Contents) -> Answered | None:
    """Put the resources of an answer into the record and say how it was answered; None, with the record as it was,
    for an answer that has to be read piece by piece.

    Raises OutOfTheOrdinary, with the record half filled, if the whole call has to be.
    """
    try:
        answer = _decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if not isinstance(answer, DecodedBundle):
        return "ok" if _kept_alone(answer, record) else None
    entries = answer.entry or ()
    if record.room is not None:
        if len(entries) > record.room:
            return None
        record.room -= len(entries)
    by_type, by_url = record.by_type, record.by_url
    kind: type[Resource] | None = None
    alike: dict[str, Any] = {}
    kept, no_matches, failed = 0, 0, False
    for entry in entries:
        resource = entry.resource
        if resource is None:
            no_matches += 1
            continue
        # nearly all entries of an answer are of one type
        if type(resource) is not kind:
            if isinstance(resource, OperationOutcome):
                record.note_reason(key, resource, severe=resource.severe)
                failed = failed or resource.severe
                no_matches += 1
                continue
            kind = type(resource)
            alike = by_type.setdefault(kind, {})
        name = resource.id
        # `understood`, without the call
        if not name or resource.modifier_extension or resource.implicit_rules:
            raise OutOfTheOrdinary
        url = entry.full_url
        if name not in alike:
            alike[name] = resource
            kept += 1
            if url:
                by_url[url] = resource
        elif alike[name] == resource and (not url or _is_of(by_url.get(url), kind, name)):
            # which bytes say it makes no difference, unless a third version comes
            contents.pop(f"{kind.__name__}/{name}", None)
        else:
            raise OutOfTheOrdinary
        search = entry.search
        if search is not None and search.mode is not None and search.mode != "match":
            no_matches += 1
    record.count += kept
    if failed:
        return "failed"
    if answer.total is not None and answer.total > len(entries) - no_matches:
        return "partial"
    if answer.link is not None and any(link.relation == "next" for link in answer.link):
        return "partial"
    return "ok"


def _kept_alone(resource: Resource, record: Record) -> bool:
    """Keep an answer that is one resource, if there is nothing unusual about it."""
    kind, name = type(resource), resource.id
    usual = kind is not OperationOutcome and name and resource.understood
    if not usual or name in record.by_type.get(kind, ()):
        return False
    record.keep(resource)
    return True


def _is_of(resource: Resource | None, kind: type[Resource] | None, name: str) -> bool:
    return type(resource) is kind and resource is not None and resource.id == name
