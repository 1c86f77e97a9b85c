"""A patient's record as it came: prefetch answers decoded once, each resource once, failures kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from .datatypes import target
from .prefetch import Answered
from .resources import (
    Bundle,
    MedicationUse,
    OperationOutcome,
    Readable,
    Resource,
)

decode = msgspec.json.Decoder(Readable).decode


class _Head(msgspec.Struct, rename="camel"):
    """As much of a broken resource as names it."""

    resource_type: Any = None
    id: Any = None


_head = msgspec.json.Decoder(_Head).decode
R = TypeVar("R", bound=Resource)


@dataclass(slots=True)
class Record:
    """The resources of one call.

    `answers` says how every prefetch key was answered, `unread` names resources that did not decode and why.
    A resource that stands under two keys counts once; of two versions the later updated one counts.
    """

    resources: dict[str, Resource] = field(default_factory=dict)
    answers: dict[str, Answered] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    by_url: dict[str, str] = field(default_factory=dict)

    def of(self, kind: type[R]) -> Iterator[tuple[str, R]]:
        """Every resource of a type with its `Type/id`, in the order of their ids."""
        for reference in sorted(self.resources):
            resource = self.resources[reference]
            if isinstance(resource, kind):
                yield reference, resource

    def find(self, reference: str | None, kind: type[R]) -> R | None:
        """The resource that a reference points to, if it came."""
        if reference is None:
            return None
        found = self.resources.get(self.by_url.get(reference, reference))
        if found is None:
            found = self.resources.get(target(reference) or "")
        return found if isinstance(found, kind) else None

    @property
    def failed(self) -> tuple[str, ...]:
        """Keys whose absence of a record says nothing."""
        return tuple(k for k, a in self.answers.items() if a in ("absent", "failed", "partial"))


def read_record(
    sent: Mapping[str, msgspec.Raw | None],
    keys: Iterable[str],
    *,
    null_is_missing: bool = False,
    never_served: Iterable[str] = (),
) -> Record:
    """Decode what was sent under our prefetch keys; other keys are ignored.

    `null_is_missing`: the client sends null where it did not look. `never_served`: keys that this client
    never answers; their absence does not count as failed.
    """
    record = Record()
    chosen: dict[str, tuple[str, bytes]] = {}
    for key in keys:
        if key not in sent:
            record.answers[key] = "none" if key in never_served else "absent"
        elif (raw := sent[key]) is None:
            record.answers[key] = "absent" if null_is_missing and key not in never_served else "none"
        else:
            record.answers[key] = _read_answer(raw, record, chosen)
    return record


def _read_answer(raw: msgspec.Raw, record: Record, chosen: dict[str, tuple[str, bytes]]) -> Answered:
    try:
        answer = decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        if _is_irrelevant(error):
            return "ok"
        _note_unread(bytes(raw), error, record)
        return "failed"
    if isinstance(answer, OperationOutcome):
        return "failed"
    if not isinstance(answer, Bundle):
        _keep(answer, bytes(raw), None, record, chosen)
        return "ok"
    complete = not any(link.relation == "next" for link in answer.link or ())
    matches, failed = 0, False
    for entry in answer.entry or ():
        outcome = _read_entry(entry.resource, entry.full_url, record, chosen)
        failed = failed or outcome == "error"
        matches += outcome == "resource"
    if answer.total is not None and answer.total > matches:
        complete = False
    if failed:
        return "failed"
    return "ok" if complete else "partial"


def _read_entry(
    raw: msgspec.Raw, full_url: str | None, record: Record, chosen: dict[str, tuple[str, bytes]]
) -> str:
    """`resource`, `notice` (an outcome entry that reports no error) or `error`."""
    content = bytes(raw)
    if content in (b"", b"null"):
        return "notice"
    try:
        resource = decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        if not _is_irrelevant(error):
            _note_unread(content, error, record)
        return "resource"
    if isinstance(resource, OperationOutcome):
        severe = any(issue.severity in ("fatal", "error") for issue in resource.issue or ())
        return "error" if severe else "notice"
    _keep(resource, content, full_url, record, chosen)
    return "resource"


def _keep(
    resource: Resource,
    content: bytes,
    full_url: str | None,
    record: Record,
    chosen: dict[str, tuple[str, bytes]],
) -> None:
    kind = type(resource).__name__
    # without an id the content itself tells one resource from another
    name = resource.id or f"unidentified-{hash_of(content)}"
    reference = f"{kind}/{name}"
    version = (resource.meta.last_updated if resource.meta else None) or ""
    if reference in chosen and chosen[reference] >= (version, content):
        return
    chosen[reference] = (version, content)
    record.resources[reference] = resource
    if full_url:
        record.by_url[full_url] = reference


def hash_of(content: bytes) -> str:
    """A short stable name for content without an id."""
    return sha256(content).hexdigest()[:12]


def _is_irrelevant(error: Exception) -> bool:
    """Whether decoding stopped because the resource is of a type that the service does not read."""
    text = str(error)
    return text.startswith("Invalid value '") and text.endswith("`$.resourceType`")


def _note_unread(content: bytes, error: Exception, record: Record) -> None:
    try:
        head = _head(content)
        kind = head.resource_type if isinstance(head.resource_type, str) else "Resource"
        name = head.id if isinstance(head.id, str) else f"unidentified-{hash_of(content)}"
    except (msgspec.DecodeError, RecursionError):
        kind, name = "Resource", f"unidentified-{hash_of(content)}"
    # msgspec's messages name types and paths, never values
    record.unread[f"{kind[:40]}/{name[:200]}"] = str(error)[:200] or "nested too deeply"


def contained_medications(use: MedicationUse) -> Iterator[tuple[str, Resource]]:
    """Contained resources of a drug record by their `#id`."""
    for raw in use.contained or ():
        try:
            resource = decode(raw)
        except (msgspec.DecodeError, RecursionError):
            continue
        if resource.id:
            yield f"#{resource.id}", resource
