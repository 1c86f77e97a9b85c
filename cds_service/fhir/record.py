"""A patient's record as it came: prefetch answers decoded once, each resource once, failures kept apart."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from msgspec import structs

from ..case.fact import QUERY_FAILURES, QueryFailure
from . import resources
from .at_once import Contents, OutOfTheOrdinary, read_at_once
from .datatypes import target
from .prefetch import BY_PATIENT, Answered
from .resources import (
    Bundle,
    Entry,
    MedicationUse,
    Observation,
    OperationOutcome,
    Readable,
    Reference,
    Resource,
)

decode = msgspec.json.Decoder(Readable).decode
# the type of resource that answers a query
ASKED_FOR: Mapping[str, type[Resource]] = {key: getattr(resources, kind) for key, kind in BY_PATIENT.items()}
UNANSWERED = frozenset({"absent", "failed", "partial"})
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class _Head(msgspec.Struct, rename="camel"):
    """As much of a broken resource as names it."""

    resource_type: Any = None
    id: Any = None


_head = msgspec.json.Decoder(_Head).decode
R = TypeVar("R", bound=Resource)


class TooManyEntries(Exception):
    """The Bundles of one call hold more entries than may be read. `key` is where the limit was passed."""

    def __init__(self, key: str) -> None:
        super().__init__("too many entries")
        self.key = key


@dataclass(slots=True)
class Record:
    """The resources of one call by type and id: each has an id, if need be one of our making.

    `answers` says how every prefetch key was answered, `reasons` why one was not, as far as its answer says;
    `unread` names resources that did not decode and why.
    `room` is how many more entries may be read, None for any number.
    `damaged` holds the key and the content of each, so that whoever knows codes can say whether it mattered.
    A resource that stands under two keys counts once; of two versions the later updated one counts.
    """

    by_type: dict[type[Resource], dict[str, Any]] = field(default_factory=dict)
    count: int = 0
    answers: dict[str, Answered] = field(default_factory=dict)
    reasons: dict[str, QueryFailure] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    by_url: dict[str, Resource] = field(default_factory=dict)
    damaged: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    room: int | None = None
    _sorted: dict[type[Resource], list[tuple[str, Any]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def note_reason(self, key: str, outcome: OperationOutcome, *, severe: bool) -> None:
        """What an error says, or a notice that may explain why an answer is incomplete."""
        codes = [issue.code for issue in outcome.issue or () if isinstance(issue.code, str)]
        known = next((QUERY_FAILURES[code] for code in codes if code in QUERY_FAILURES), None)
        if known or severe:
            self.reasons.setdefault(key, known or "processing")

    def of(self, kind: type[R]) -> Sequence[tuple[str, R]]:
        """Every resource of just that type with its `Type/id`, in the order of their ids."""
        found = self._sorted.get(kind)
        if found is None:
            begins = f"{kind.__name__}/"
            every = self.by_type.get(kind)
            # no two have one id
            found = [(begins + name, every[name]) for name in sorted(every)] if every else []
            self._sorted[kind] = found
        return found

    def each(self, kind: type[R]) -> Collection[R]:
        """Every resource of just that type in the order in which they came."""
        every = self.by_type.get(kind)
        return every.values() if every else ()

    def find(self, reference: str | None, kind: type[R]) -> R | None:
        """The resource of a `Type/id`, if it came."""
        named, _, name = (reference or "").partition("/")
        found: R | None = self.by_type.get(kind, {}).get(name) if named == kind.__name__ else None
        return found

    @property
    def resources(self) -> list[Resource]:
        """Every resource, type by type, in the order in which they came."""
        return [resource for every in self.by_type.values() for resource in every.values()]

    def keep(self, resource: Resource) -> None:
        """Add a resource, whose id none of its type has yet."""
        self.by_type.setdefault(type(resource), {})[resource.id or ""] = resource
        self.count += 1

    def pointed(self, reference: Reference | None) -> str | None:
        """The `Type/id` that a reference points to: relative, absolute, or the fullUrl of an entry; None for one
        that cannot be followed."""
        if reference is None or not reference.reference:
            return None
        entry = self.by_url.get(reference.reference)
        return reference_of(entry) if entry is not None else target(reference)

    @property
    def why_failed(self) -> Mapping[str, QueryFailure]:
        """The reasons of failed keys."""
        if not self.reasons:
            return {}
        return {key: self.reasons[key] for key in self.failed if key in self.reasons}

    @property
    def failed(self) -> tuple[str, ...]:
        """Keys whose absence of a record says nothing."""
        return tuple([key for key, answered in self.answers.items() if answered in UNANSWERED])


def read_record(
    sent: Mapping[str, msgspec.Raw | None],
    keys: Iterable[str],
    *,
    null_is_missing: bool = False,
    never_served: Iterable[str] = (),
    max_entries: int | None = None,
) -> Record:
    """Decode what was sent under our prefetch keys; other keys are ignored.

    `null_is_missing`: the client sends null where it did not look. `never_served`: keys that this client
    never answers; their absence does not count as failed. Raises TooManyEntries if there are more than
    `max_entries` in all.
    """

    def read(read_whole: Callable[[str, msgspec.Raw, Record, Contents], Answered | None]) -> Record:
        record = Record(room=max_entries)
        contents: Contents = {}
        for key in keys:
            if key not in sent:
                record.answers[key] = "none" if key in never_served else "absent"
            elif (raw := sent[key]) is None:
                record.answers[key] = "absent" if null_is_missing and key not in never_served else "none"
            else:
                asked_for = ASKED_FOR.get(key, Resource)
                before = record.count, len(record.by_type.get(asked_for, ()))
                answer = read_whole(key, raw, record, contents) or _read_answer(key, raw, record, contents)
                if (
                    answer == "ok"
                    and asked_for is not Resource
                    and len(record.by_type.get(asked_for, ())) == before[1]
                    and record.count > before[0]
                ):
                    # an answer to another question than the one we asked
                    answer = "failed"
                record.answers[key] = answer
        return record

    try:
        return read(read_at_once)
    except OutOfTheOrdinary:
        return read(lambda *_: None)


def _read_answer(key: str, raw: msgspec.Raw, record: Record, contents: Contents) -> Answered:
    try:
        answer = decode(raw)
    except UNREADABLE as error:
        if _is_irrelevant(error):
            return "ok"
        _note_unread(key, bytes(raw), error, record)
        return "failed"
    if isinstance(answer, OperationOutcome):
        record.note_reason(key, answer, severe=True)
        return "failed"
    if not isinstance(answer, Bundle):
        _keep(key, answer, raw, None, record, contents)
        return "ok"
    complete = not any(link.relation == "next" for link in answer.link or ())
    if record.room is not None:
        record.room -= len(answer.entry or ())
        if record.room < 0:
            raise TooManyEntries(key)
    matches, failed = 0, False
    for entry in answer.entry or ():
        outcome = _read_entry(key, entry, record, contents)
        failed = failed or outcome == "error"
        included = entry.search is not None and entry.search.mode not in (None, "match")
        matches += outcome == "resource" and not included
    if answer.total is not None and answer.total > matches:
        complete = False
    if failed:
        return "failed"
    return "ok" if complete else "partial"


def _read_entry(key: str, entry: Entry, record: Record, contents: Contents) -> str:
    """`resource`, `notice` (an outcome entry that reports no error) or `error`."""
    content = entry.resource
    if memoryview(content).nbytes <= len(b"null") and bytes(content) in (b"", b"null"):
        return "notice"
    try:
        resource = decode(content)
    except UNREADABLE as error:
        if not _is_irrelevant(error):
            _note_unread(key, bytes(content), error, record)
        return "resource"
    if isinstance(resource, OperationOutcome):
        record.note_reason(key, resource, severe=resource.severe)
        return "error" if resource.severe else "notice"
    _keep(key, resource, content, entry.full_url, record, contents)
    return "resource"


def _keep(
    key: str,
    resource: Resource,
    content: msgspec.Raw,
    full_url: str | None,
    record: Record,
    contents: Contents,
) -> None:
    name = resource.id
    if not name:
        # without an id the content itself tells one resource from another
        name = f"unidentified-{hash_of(bytes(content))}"
        resource = structs.replace(resource, id=name)
    reference = reference_of(resource)
    alike = record.by_type.setdefault(type(resource), {})
    known = alike.get(name)
    if known is not None:
        if reference not in contents:
            raise OutOfTheOrdinary
        before, now = bytes(contents[reference]), bytes(content)
        if before == now or (_version(known), before) >= (_version(resource), now):
            return
    record.count += known is None
    contents[reference] = content
    alike[name] = resource
    if not resource.understood:
        _note_not_understood(key, reference, bytes(content), record)
    if full_url:
        record.by_url[full_url] = resource


def reference_of(resource: Resource) -> str:
    """The `Type/id` of a resource."""
    return f"{type(resource).__name__}/{resource.id}"


def _version(resource: Resource) -> str:
    """When a resource was last updated, so that it sorts by time."""
    return _moment(resource.meta.last_updated if resource.meta else None)


def _note_not_understood(key: str, reference: str, content: bytes, record: Record) -> None:
    record.unread[reference] = "carries a modifierExtension or implicitRules that is not understood"
    record.damaged[reference] = (key, content)


def hash_of(content: bytes) -> str:
    """A short stable name for content without an id, however it is spaced and ordered."""
    with contextlib.suppress(*UNREADABLE):
        content = msgspec.json.encode(msgspec.json.decode(content), order="deterministic")
    return sha256(content).hexdigest()[:12]


def _moment(text: str | None) -> str:
    """An instant in UTC that sorts by time; empty if there is none or it is not one."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return ""
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _is_irrelevant(error: Exception) -> bool:
    """Whether decoding stopped because the resource is of a type that the service does not read."""
    text = str(error)
    return text.startswith("Invalid value '") and text.endswith("`$.resourceType`")


def _note_unread(key: str, content: bytes, error: Exception, record: Record) -> None:
    try:
        head = _head(content)
        kind = head.resource_type if isinstance(head.resource_type, str) else "Resource"
        name = head.id if isinstance(head.id, str) else f"unidentified-{hash_of(content)}"
    except UNREADABLE:
        kind, name = "Resource", f"unidentified-{hash_of(content)}"
    # msgspec's messages name types and paths, never values
    reference = f"{kind[:40]}/{name[:200]}"
    problem = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)[:200]
    record.unread[reference] = problem or "nested too deeply"
    record.damaged[reference] = (key, content)


def contained_in(holder: MedicationUse | Observation) -> Iterator[tuple[str, Resource]]:
    """The contained resources of a record by their `#id`."""
    for raw in holder.contained or ():
        try:
            resource = decode(raw)
        except UNREADABLE:
            continue
        if resource.id:
            yield f"#{resource.id}", resource
