"""The call that an EHR would send on opening a patient's chart, made from the patient's resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ..http.wire import HookCall
from ..service import SERVICE_ID
from .entry import KINDS, MEDICATION, Entry

Codes = tuple[tuple[str | None, str | None], ...]
"""Systems and codes of codings."""

_CODES_KNOWN = 4096
_DRAFTABLE = ("MedicationRequest", "ServiceRequest")


class _Coding(msgspec.Struct):
    system: str | None = None
    code: str | None = None


class _Concept(msgspec.Struct):
    coding: list[_Coding] | None = None


class _Sought(msgspec.Struct):
    """What searches for Observations go by."""

    category: list[_Concept] | None = None
    code: _Concept | None = None


class _Order(msgspec.Struct):
    status: str | None = None


_sought = msgspec.json.Decoder(_Sought).decode
_order = msgspec.json.Decoder(_Order).decode


class ChartOpened:
    """Makes calls, their prefetch answered as a FHIR server with the exported resources would answer."""

    def __init__(self, templates: Mapping[str, str], exported: Iterable[str]) -> None:
        """`exported` are the resource types that were exported: of others nothing is known."""
        known = frozenset(exported)
        asked = {key: _question(template) for key, template in templates.items()}
        self._keys = {key: question for key, question in asked.items() if question[0] in known}
        self._observations = {
            key: question for key, question in self._keys.items() if question[0] == "Observation"
        }
        # each key with its type, and the name by which its lines are found: Observations by key, others by type
        self._answers = [
            (key, kind, key if kind == "Observation" else kind) for key, (kind, _, _) in self._keys.items()
        ]
        # by codes alone, of which the patients of a site share a few hundred
        self._found_by = lru_cache(_CODES_KNOWN)(self._finding)

    def call(self, patient: str, entries: Sequence[Entry]) -> HookCall:
        """The call about a patient.

        Orders in draft are what is being ordered: they are judged. Orders that are active are what the patient has;
        they are not judged.
        """
        found: dict[str, list[bytes]] = {}
        # a line that could not be read may be of any type that its file does not tell
        lost: set[str] = set()
        drafts: list[bytes] = []
        for entry in entries:
            if entry.damaged:
                lost.add(entry.kind)
            elif entry.kind in _DRAFTABLE and _is_draft(entry.line):
                drafts.append(entry.line)
            else:
                found.setdefault(entry.kind, []).append(entry.line)
        if "" in lost:
            lost = set(KINDS)
        observed: dict[str, list[bytes]] = {}
        for line in found.get("Observation", ()):
            for key in self._found_by(*_sought_by(line)):
                observed.setdefault(key, []).append(line)
        context: dict[str, object] = {"userId": "Practitioner/population", "patientId": patient}
        if drafts:
            orders = [{"resource": msgspec.json.decode(line)} for line in drafts]
            context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": orders}
        return HookCall(
            service=SERVICE_ID,
            hook="order-sign" if drafts else "patient-view",
            hook_instance=patient,
            context=context,
            prefetch={
                key: _answered(
                    kind, (observed if kind == "Observation" else found).get(at, ()), found, kind in lost
                )
                for key, kind, at in self._answers
            },
            fhir_server=None,
        )

    def _finding(self, categories: Codes | None, codes: Codes | None) -> tuple[str, ...]:
        """The keys whose search finds an Observation with these codes."""
        if categories is None or codes is None:
            # of a shape that no search knows: the service says that it could not be read
            return tuple(key for key, (_, _, sought) in self._observations.items() if sought)
        in_category, coded = _tokens(categories), _tokens(codes)
        return tuple(
            key
            for key, (_, category, sought) in self._observations.items()
            if not (category and category.isdisjoint(in_category))
            and not (sought and sought.isdisjoint(coded))
        )


def _answered(
    kind: str, lines: Sequence[bytes], all_found: Mapping[str, Sequence[bytes]], lost: bool
) -> msgspec.Raw | None:
    """What a server answers with these resources of a type."""
    if kind == "Patient":
        return msgspec.Raw(lines[-1]) if lines else None
    named = all_found.get(MEDICATION, ()) if lines and kind.startswith(MEDICATION) else ()
    return msgspec.Raw(_searchset(lines, named, len(lines) + lost))


def _question(template: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """Resource type, categories and codes that a template asks for."""
    url = urlsplit(template)
    query = dict(parse_qsl(url.query))
    asked = (frozenset(filter(None, query.get(name, "").split(","))) for name in ("category", "code"))
    category, codes = asked
    return url.path.partition("/")[0], category, codes


def _is_draft(line: bytes) -> bool:
    try:
        return _order(line).status == "draft"
    except msgspec.DecodeError:
        return False


def _sought_by(line: bytes) -> tuple[Codes | None, Codes | None]:
    """The codes by which an Observation is found, as category and as code; None if no search can read them."""
    try:
        sought = _sought(line)
    except (msgspec.DecodeError, RecursionError):
        return None, None
    categories = tuple((c.system, c.code) for concept in sought.category or () for c in concept.coding or ())
    codes = tuple((c.system, c.code) for c in (sought.code.coding or () if sought.code else ()))
    return categories, codes


def _tokens(codes: Codes) -> frozenset[str]:
    """Every token of a search that finds one of the codes."""
    return frozenset(t for system, code in codes for t in (f"{system}|{code}", f"{system}|", code or ""))


def _searchset(lines: Sequence[bytes], included: Sequence[bytes], total: int) -> bytes:
    entries = [b'{"resource":%b}' % line for line in lines]
    entries += [b'{"resource":%b,"search":{"mode":"include"}}' % line for line in included]
    listed = b',"entry":[%b]' % b",".join(entries) if entries else b""
    return b'{"resourceType":"Bundle","type":"searchset","total":%d%b}' % (total, listed)
