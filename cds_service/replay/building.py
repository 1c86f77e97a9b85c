"""Building the files of a fixture from its `case.yaml`, and saying where they differ from what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ..case.vocabulary import Vocabulary
from ..fhir.prefetch import BY_PATIENT
from .built_record import Record
from .built_values import Json
from .case_file import FILE, read_case
from .encoding import encodings
from .fixture import ABSENT, FHIR_BASE

BUILT = "# Built from case.yaml; change that and run `cds-service fixtures build`.\n"
SELECTING = "order-select"


def find_cases(roots: list[Path]) -> Iterator[Path]:
    """Every `case.yaml` below the paths, in order."""
    for root in roots:
        yield from sorted(root.rglob(FILE))


def build(path: Path, vocabulary: Vocabulary) -> Mapping[str, str]:
    """The files that a `case.yaml` stands for, by name. Same description, same bytes.

    Raises AuthoringMistakes for a description that is not sound.
    """
    case = read_case(path, vocabulary, encodings())
    record = Record("/".join(path.parent.parts[-2:]), case, vocabulary, encodings())
    resources = record.resources()
    entries = [{"resource": resource} for resource in resources]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    expected = {key: case[key] for key in ("title", "why", "encoding", "today")} | case["expect"]
    return {
        "patient.json": _json(bundle),
        "request.json": _json(_request(case, record, resources)),
        "expected.yaml": BUILT + yaml.safe_dump(expected, sort_keys=False, allow_unicode=True, width=118),
    }


def out_of_date(path: Path, vocabulary: Vocabulary) -> list[Path]:
    """The files beside a `case.yaml` that are not what it stands for."""
    files = {path.parent / name: text for name, text in build(path, vocabulary).items()}
    return [
        file for file, text in files.items() if not file.is_file() or file.read_text(encoding="utf-8") != text
    ]


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _request(case: Mapping[str, Any], record: Record, resources: list[Json]) -> Json:
    drafts = list(record.drafts())
    hook = case.get("hook", SELECTING if drafts else "patient-view")
    context: Json = {"userId": "Practitioner/prac-1", "patientId": record.patient, "encounterId": "enc-1"}
    if hook == SELECTING:
        context["selections"] = [f"{o['resourceType']}/{o['id']}" for o, selected in drafts if selected]
    if hook != "patient-view":
        entries = [{"resource": order} for order, _ in drafts]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    request: Json = {"hook": hook, "context": context}
    if "queries" in case:
        request["prefetch"] = {key: _answered(key, how, resources) for key, how in case["queries"].items()}
    return request


def _answered(key: str, how: str, resources: list[Json]) -> Any:
    """What comes under a prefetch key whose query did not go well."""
    if how == "absent":
        return ABSENT
    if how == "null":
        return None
    if how == "failed":
        issue = {"severity": "error", "code": "timeout", "diagnostics": "The search took too long."}
        return {"resourceType": "OperationOutcome", "issue": [issue]}
    kind = BY_PATIENT.get(key, "Observation")
    found = [r for r in resources if r["resourceType"] == kind]
    entries = [{"fullUrl": f"{FHIR_BASE}/{kind}/{r['id']}", "resource": r} for r in found]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries) + 1,
        "link": [{"relation": "next", "url": f"{FHIR_BASE}/{kind}?page=2"}],
        **({"entry": entries} if entries else {}),
    }
