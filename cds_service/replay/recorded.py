"""Calls that were recorded, and patients' Bundles, replayed as they are.

A recorded call is the JSON that an EHR posted, alone, with what was answered beside it (`call.json` and
`call.response.json`), or both in one file: `{"request": …, "response": …, "status": 200, "today": "2026-11-02"}`.
A Bundle is the whole record of one patient: replayed as `order-sign` of the orders in it that are drafts, else as
`patient-view`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .compare import EXTENSION, differences
from .fixture import Fixture, FixtureError

RESPONSE = ".response.json"
_REQUEST = ".request.json"
_ORDERS = ("MedicationRequest", "ServiceRequest", "DeviceRequest", "NutritionOrder", "VisionPrescription")


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call as it was posted, with what was answered if that was recorded too.

    An access token in it is left out: it was for that call alone. `today` is the recorded day, else the one of
    the replay.
    """

    name: str
    path: Path
    body: Mapping[str, Any]
    today: date
    recorded: Mapping[str, Any] | None = None
    status: int = 200
    profile: str = "default"
    only_today: bool = False
    title: str = ""
    why: str = ""

    @property
    def hook(self) -> str:
        return str(self.body["hook"])

    @property
    def expects(self) -> bool:
        """Whether there is anything to compare with."""
        return self.recorded is not None

    def call(self, templates: Mapping[str, str]) -> dict[str, Any]:
        """The body as it was posted; the templates do not count."""
        return {k: v for k, v in self.body.items() if k != "fhirAuthorization"}

    def differences(self, status: int, answer: Mapping[str, Any]) -> list[str]:
        """What differs from the recorded answer; addresses, ids and suggestions' resources are not compared."""
        expected = expectation(self.recorded) if self.recorded and self.status == 200 else {}
        if self.recorded is None:
            return differences({"status": status}, status, answer)
        if EXTENSION in self.recorded.get("extension", {}) and status == 200:
            offered = {option["option"] for option in _assessment(answer).get("options", ())}
            expected["notOffered"] = sorted(offered - {o["option"] for o in expected["options"]})
        return differences({**expected, "status": self.status}, status, answer)


def _assessment(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = answer.get("extension", {}).get(EXTENSION, {})
    return found


def expectation(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer (200) in the words of `expected.yaml`: what a later answer to the same call is compared with."""
    cards = [
        {
            "card": card.get("source", {}).get("topic", {}).get("code", ""),
            **{key: card[key] for key in ("indicator", "summary", "detail") if key in card},
        }
        for card in answer.get("cards", ())
    ]
    assessment = _assessment(answer)
    if not assessment:
        return {"cards": cards}
    told = {"known": "value", "possible": "values", "unknown": "why"}
    return {
        **{
            key: assessment[key]
            for key in (
                "disease",
                "placement",
                "patientGroups",
                "treatedAs",
                "notAddressed",
                "possiblyNotAddressed",
            )
            if key in assessment
        },
        "facts": {f["fact"]: {f["state"]: f.get(told[f["state"]])} for f in assessment.get("facts", ())},
        "options": [
            {key: option[key] for key in ("option", "role", "line", "state") if key in option}
            for option in assessment.get("options", ())
        ],
        "orders": {
            order["order"]: {key: order[key] for key in ("option", "verdict") if key in order}
            for order in assessment.get("orders", ())
        },
        "missing": [missing["fact"] for missing in assessment.get("missing", ())],
        "trials": {
            trial["trial"]: {key: trial[key] for key in ("eligibility", "failed", "unknown") if key in trial}
            for trial in assessment.get("trials", ())
        },
        "cards": cards,
    }


def read_recorded(path: Path, name: str, today: date) -> Fixture | RecordedCall | None:
    """The call or the Bundle in a JSON file; None where the file holds neither.

    Raises FixtureError for a file that cannot be read and for a Bundle that is not the record of one patient.
    """
    content = _json(path)
    if not isinstance(content, dict):
        return None
    if content.get("resourceType") == "Bundle":
        return record_of(path, name, content, today)
    if isinstance(content.get("request"), dict):
        return _pair(path, name, content, today)
    if "hook" not in content:
        return None
    beside = path.with_name(path.name.removesuffix(".json").removesuffix(".request") + RESPONSE)
    pair = {"request": content, **({"response": _json(beside)} if beside.is_file() else {})}
    return _pair(path, name, pair, today)


def find_recorded(root: Path, today: date) -> Iterator[tuple[Path, Fixture | RecordedCall | None]]:
    """Every JSON file below a folder with what `read_recorded` gives, those of fixture folders left out, and
    answers that stand beside their call."""
    for path in sorted(root.rglob("*.json")):
        inside = any(
            (folder / "expected.yaml").is_file() for folder in path.parents if folder.is_relative_to(root)
        )
        if inside or _is_answer(path):
            continue
        yield path, read_recorded(path, path.relative_to(root).with_suffix("").as_posix(), today)


def _is_answer(path: Path) -> bool:
    if not path.name.endswith(RESPONSE):
        return False
    stem = path.name.removesuffix(RESPONSE)
    return any(path.with_name(stem + ending).is_file() for ending in (".json", _REQUEST))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        # the text of a decoding error names a place, not what stands there
        raise FixtureError(f"{path}: not readable: {error}") from error


def _pair(path: Path, name: str, pair: Mapping[str, Any], today: date) -> RecordedCall:
    request, response = pair["request"], pair.get("response")
    if "hook" not in request or not isinstance(request.get("context"), dict):
        raise FixtureError(f"{path}: the request needs a hook and a context")
    if response is not None and not isinstance(response, dict):
        raise FixtureError(f"{path}: the recorded response is no JSON object")
    refused = response is not None and "cards" not in response
    if refused and "status" not in pair:
        raise FixtureError(
            f"{path}: the recorded response has no cards; `status` must say which status it had"
        )
    try:
        day = date.fromisoformat(pair["today"]) if "today" in pair else today
    except (TypeError, ValueError) as error:
        raise FixtureError(f"{path}: `today` must be a day such as 2026-11-02") from error
    return RecordedCall(name, path, request, day, response, pair.get("status", 200))


def record_of(path: Path, name: str, bundle: Mapping[str, Any], today: date) -> Fixture:
    """The patient of a Bundle with the call that it stands for; nothing is expected of the answer. `path` says where
    the Bundle came from.

    Raises FixtureError for a Bundle that is not the record of one patient.
    """
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise FixtureError(f"{path}: the Bundle's entry is no list of entries")
    named: dict[str, str] = {}
    resources: list[dict[str, Any]] = []
    for entry in entries:
        resource = entry.get("resource")
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            continue
        resources.append(resource)
        if entry.get("fullUrl") and resource.get("id"):
            named[entry["fullUrl"]] = f"{resource['resourceType']}/{resource['id']}"
    patients = [r["id"] for r in resources if r["resourceType"] == "Patient" and r.get("id")]
    if len(patients) != 1:
        raise FixtureError(f"{path}: holds {len(patients)} Patients with an id; the record of one is needed")
    resources = [_by_id(resource, named) for resource in resources]
    drafts = [
        r for r in resources if r["resourceType"] in _ORDERS and r.get("status") == "draft" and r.get("id")
    ]
    context: dict[str, Any] = {"userId": "Practitioner/replay", "patientId": patients[0]}
    if drafts:
        draft_orders = [{"resource": draft} for draft in drafts]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": draft_orders}
    request = {"hook": "order-sign" if drafts else "patient-view", "context": context}
    kept = tuple(r for r in resources if r not in drafts)
    return Fixture(name, path, kept, request, {"today": today})


def _by_id(value: Any, named: Mapping[str, str]) -> Any:
    """Content in which references by an entry's `fullUrl` are references by type and id, as servers give them."""
    if isinstance(value, dict):
        return {
            k: named.get(v, v) if k == "reference" and isinstance(v, str) else _by_id(v, named)
            for k, v in value.items()
        }
    return [_by_id(v, named) for v in value] if isinstance(value, list) else value
