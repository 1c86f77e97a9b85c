"""What a page carries from one what-if to the next: the record that was read, sealed, since nothing is stored here."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from ..case.fact import QueryFailure
from ..fhir.prefetch import Answered
from ..fhir.record import Record, reference_of
from ..fhir.resources import Readable
from .named_order import Opened
from .seal import MAX_CHARACTERS, SealBroken, Seals

SECONDS = 3_600
"""How long what-ifs can be asked after the record was read."""

_PURPOSE = "record"


class Person(msgspec.Struct, frozen=True):
    """Whose record it is, as the record says it: for the eyes of the user, who must see whose page it is."""

    id: str
    name: str | None = None
    born: str | None = None
    gender: str | None = None


class About(msgspec.Struct, frozen=True):
    """Where, when and for whom a record was read.

    `withheld` are the prefetch keys for which the EHR granted no leave, `opened` the orders that the card named and
    what became of each.
    """

    client: str
    server: str
    read_at: str
    person: Person
    user: str | None = None
    hook: str = ""
    opened: Opened = Opened()
    withheld: tuple[str, ...] = ()
    banner: bool = True


class _Record(msgspec.Struct):
    """A `Record`; the resource that an entry's `fullUrl` names is told by its `Type/id`."""

    resources: list[Readable]
    answers: dict[str, Answered]
    reasons: dict[str, QueryFailure]
    unread: dict[str, str]
    by_url: dict[str, str]
    damaged: dict[str, tuple[str, bytes]]


_ALIKE = ("answers", "reasons", "unread", "damaged")
"""What stands in both under one name."""


def _laid_out(record: Record) -> _Record:
    by_url = {url: reference_of(resource) for url, resource in record.by_url.items()}
    resources: list[Any] = record.resources
    return _Record(resources=resources, by_url=by_url, **{name: getattr(record, name) for name in _ALIKE})


def _taken_up(laid_out: _Record) -> Record:
    record = Record(**{name: getattr(laid_out, name) for name in _ALIKE})
    named = {reference_of(resource): resource for resource in laid_out.resources}
    for resource in laid_out.resources:
        record.keep(resource)
    record.by_url = {url: named[reference] for url, reference in laid_out.by_url.items()}
    return record


class Carried(msgspec.Struct, frozen=True):
    """What one what-if needs of the patient.

    `today` is the day on which the record was read, `orders` the entries with the orders that were read in FHIR,
    `own` the references of the card's among them, `orderable` the options that can be supposed.
    """

    about: About
    today: date
    record: Record
    orders: list[Mapping[str, Any]]
    own: tuple[str, ...]
    orderable: tuple[str, ...]


class _Sealed(msgspec.Struct):
    about: About
    today: date
    record: _Record
    orders: list[dict[str, Any]]
    own: tuple[str, ...]
    orderable: tuple[str, ...]
    knowledge: str


def carry(seals: Seals, content: Carried, knowledge: str) -> str:
    """Seal a reading under the version of the knowledge by which it was read; empty if it is too much to carry."""
    members = {name: getattr(content, name) for name in Carried.__struct_fields__ if name != "record"}
    # JSON: what is contained in a resource is kept as it came
    plain = msgspec.json.encode(_Sealed(record=_laid_out(content.record), knowledge=knowledge, **members))
    sealed = seals.seal(_PURPOSE, zlib.compress(plain), SECONDS)
    return sealed if len(sealed) <= MAX_CHARACTERS else ""


def carried(seals: Seals, sealed: str, knowledge: str) -> Carried:
    """What was sealed. Raises SealBroken, also where it was read by other knowledge than is served now."""
    content = seals.opened(_PURPOSE, sealed)
    try:
        found = msgspec.json.decode(zlib.decompress(content), type=_Sealed)
    except (msgspec.DecodeError, zlib.error):
        raise SealBroken from None
    if found.knowledge != knowledge:
        raise SealBroken
    members = {name: getattr(found, name) for name in Carried.__struct_fields__ if name != "record"}
    return Carried(record=_taken_up(found.record), **members)
