"""One line of an export: whose resource it is and of which type, or why it cannot be used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import msgspec

from ..fhir.prefetch import BY_PATIENT

MEDICATION = "Medication"
KINDS = frozenset({"Patient", "Observation", MEDICATION, *BY_PATIENT.values()})
"""The resource types that the service reads."""

MAX_LINE = 16 * 1024 * 1024
"""Longer lines, in bytes, are no resource."""

# longer than FHIR allows: some servers do so
_ID = r"[A-Za-z0-9._-]{1,256}"
_OWNER = re.compile(rf"(?:^|/)Patient/({_ID})(?:/_history/{_ID})?\Z")
_MEDICATION = re.compile(rf"(?:^|/)Medication/({_ID})(?:/_history/{_ID})?\Z")
_NAMED_OWNER = re.compile(rb'"(?:[^"\\]*/)?Patient/([A-Za-z0-9._-]{1,256})"')
_NAMED_KIND = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,40})"')


class Entry(NamedTuple):
    """A resource as it came, or (`damaged`) a trace of one that could not be read, so that its absence says nothing.

    `kind` is empty for a damaged one of no known type. `medication` is the id of the Medication that it points to.
    A Medication belongs to nobody: its `patient` is empty.
    """

    patient: str
    kind: str
    id: str
    line: bytes
    medication: str | None = None
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that cannot be used and why; `trace` stands for it in the record of the patient whom it names."""

    reason: str
    trace: Entry | None = None


class _Reference(msgspec.Struct):
    reference: str | None = None


class _Head(msgspec.Struct, rename="camel"):
    """As much of a resource as says whose it is."""

    resource_type: str
    id: str | None = None
    subject: _Reference | None = None
    patient: _Reference | None = None
    medication_reference: _Reference | None = None


_head = msgspec.json.Decoder(_Head).decode


def partition_of(patient: str, partitions: int) -> int:
    """The partition of a patient: the same in every process, version and engine."""
    return crc32(patient.encode()) % partitions


def read_line(line: bytes, kind_of_file: str = "") -> Entry | Reject | None:
    """What a line of an export holds; None for a type that the service does not read.

    `kind_of_file` is the type that the file's name tells, for lines that do not tell it themselves.
    """
    if len(line) > MAX_LINE:
        return Reject(f"longer than {MAX_LINE} bytes", _trace(line, kind_of_file))
    try:
        if not line.isascii():
            line.decode()
        head = _head(line)
    except UnicodeDecodeError as error:
        return Reject(f"not UTF-8 (byte {error.start + 1})", _trace(line, kind_of_file))
    except RecursionError:
        return Reject("nested too deeply", _trace(line, kind_of_file))
    except msgspec.DecodeError as error:
        # its messages name types, members and places, never values
        return Reject(str(error), _trace(line, kind_of_file))
    kind = head.resource_type
    if kind not in KINDS:
        return None
    if kind in ("Patient", MEDICATION):
        if not re.fullmatch(_ID, head.id or ""):
            return Reject(f"a {kind} without a usable id")
        owner = head.id if kind == "Patient" else ""
        return Entry(owner or "", kind, head.id or "", line)
    reference = (head.subject or head.patient or _Reference()).reference or ""
    found = _OWNER.search(reference)
    if found is None:
        return Reject(f"a {kind} whose subject names no Patient")
    named = head.medication_reference
    medication = _MEDICATION.search(named.reference) if named and named.reference else None
    return Entry(found[1], kind, head.id or "", line, medication[1] if medication else None)


def _trace(line: bytes, kind_of_file: str) -> Entry | None:
    owner = _NAMED_OWNER.search(line[:MAX_LINE])
    if owner is None:
        return None
    named = _NAMED_KIND.search(line[:MAX_LINE])
    kind = named[1].decode() if named else kind_of_file
    if named and kind not in KINDS:
        return None
    return Entry(owner[1].decode(), kind, "", b"", damaged=True)
