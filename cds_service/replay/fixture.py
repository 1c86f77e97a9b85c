"""A fixture: a whole synthetic patient, a hook that fires, and what the sources say should follow.

`patient.json` is a Bundle with the patient's whole record, `request.json` the hook and its context,
`expected.yaml` the expectation. The prefetch is not stored: it is what the service's own templates find in
the record, so that a fact which no template reaches is not seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import NAMESPACE_URL, uuid5

import yaml

from ..case.vocabulary import nearest
from ..client_profile import PROFILES
from .compare import differences

FHIR_BASE = "https://ehr.example.org/fhir"
ABSENT = "absent"


class FixtureError(Exception):
    """A fixture that cannot be read; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """One case. `name` is its path below the fixture folder."""

    name: str
    folder: Path
    resources: tuple[Mapping[str, Any], ...]
    request: Mapping[str, Any]
    expected: Mapping[str, Any]

    @property
    def today(self) -> date:
        return self.expected["today"]

    @property
    def only_today(self) -> bool:
        """Whether the expectation holds on its own day alone: an age, a boundary of years, a status that ages."""
        return bool(self.expected.get("onlyToday", False))

    @property
    def profile(self) -> str:
        """The client profile that the call was recorded from."""
        return str(self.request.get("profile", "default"))

    @property
    def hook(self) -> str:
        return str(self.request["hook"])

    @property
    def title(self) -> str:
        return str(self.expected.get("title", ""))

    @property
    def why(self) -> str:
        """From which sources the expectation follows."""
        return str(self.expected.get("why", ""))

    @property
    def expects(self) -> bool:
        """Whether there is anything to compare with: of a mere Bundle nothing is expected but an answer."""
        return self.expected.keys() != {"today"}

    def differences(self, status: int, answer: Mapping[str, Any]) -> list[str]:
        """What differs from the expectation."""
        return differences(self.expected, status, answer)

    def call(self, templates: Mapping[str, str]) -> dict[str, Any]:
        """The body that an EHR would post: hook, context, and the templates' answers as prefetch."""
        context = self.request["context"]
        prefetch: dict[str, Any] = {}
        for key, template in templates.items():
            prefetch[key] = answer(template, context, self.resources)
        for key, instead in self.request.get("prefetch", {}).items():
            if instead == ABSENT:
                prefetch.pop(key, None)
            else:
                prefetch[key] = instead
        extra = {k: v for k, v in self.request.items() if k not in ("hook", "context", "prefetch", "profile")}
        return {
            "hook": self.request["hook"],
            "hookInstance": str(uuid5(NAMESPACE_URL, self.name)),
            "fhirServer": FHIR_BASE,
            "context": context,
            "prefetch": prefetch,
            **extra,
        }


def _check_profile(folder: Path, request: Mapping[str, Any]) -> None:
    profile = request.get("profile", "default")
    if profile not in PROFILES:
        raise FixtureError(
            f"{folder / 'request.json'}: no client profile {profile!r}{nearest(profile, PROFILES)}"
        )


def _check_shapes(folder: Path, contents: Mapping[str, Any]) -> None:
    bundle, request = contents["patient.json"], contents["request.json"]
    entries = bundle.get("entry", []) if isinstance(bundle, dict) else None
    if not isinstance(entries, list) or not all(
        isinstance(e, dict) and isinstance(e.get("resource", {}).get("resourceType", ""), str)
        for e in entries
    ):
        raise FixtureError(f"{folder / 'patient.json'}: is no Bundle of resources")
    if any("resource" in e and not e["resource"].get("resourceType") for e in entries):
        raise FixtureError(f"{folder / 'patient.json'}: holds a resource without a resourceType")
    if not isinstance(request, dict) or not isinstance(request.get("context"), dict) or "hook" not in request:
        raise FixtureError(f"{folder / 'request.json'}: needs a hook and a context")
    _check_profile(folder, request)


def answer(
    template: str, context: Mapping[str, Any], resources: tuple[Mapping[str, Any], ...]
) -> dict[str, Any] | None:
    """What a FHIR server that holds just these resources answers to a prefetch template.

    Reads give the resource or None, searches a searchset. Understood: `patient`, `category` and `code` with
    `system|code`, `system|` and bare codes, several separated by commas.
    """
    url = template.replace("{{context.patientId}}", str(context["patientId"]))
    path, query = urlsplit(url).path, dict(parse_qsl(urlsplit(url).query))
    if "/" in path:
        kind, name = path.split("/", 1)
        return next((dict(r) for r in resources if r["resourceType"] == kind and r.get("id") == name), None)
    matches = [
        r
        for r in resources
        if r["resourceType"] == path
        and _of_patient(r, query.get("patient"))
        and _token(r.get("category"), query.get("category"))
        and _token(r.get("code"), query.get("code"))
    ]
    entry = [{"fullUrl": f"{FHIR_BASE}/{path}/{r.get('id')}", "resource": dict(r)} for r in matches]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entry)}
    return {**bundle, "entry": entry} if entry else bundle


def _of_patient(resource: Mapping[str, Any], patient: str | None) -> bool:
    who = resource.get("subject") or resource.get("patient") or {}
    return patient is None or str(who.get("reference", "")).endswith(f"Patient/{patient}")


def _token(element: Any, wanted: str | None) -> bool:
    """Whether a CodeableConcept (or one of several) has a coding that a token search finds."""
    if wanted is None:
        return True
    concepts = element if isinstance(element, list) else [element or {}]
    codings = [c for concept in concepts for c in concept.get("coding", ())]
    for token in wanted.split(","):
        system, bar, code = token.rpartition("|")
        for coding in codings:
            if (not bar or coding.get("system") == system) and (not code or coding.get("code") == code):
                return True
    return False


def _read_yaml(text: str) -> Any:
    # the compiled reader: hundreds of fixtures are read at once
    return yaml.load(text, yaml.CSafeLoader)


def own_fixtures() -> Path | None:
    """The fixtures of the checkout that this package runs from; None for an installed wheel, which has none."""
    folder = Path(__file__).parents[2] / "fhir_fixtures"
    return folder if folder.is_dir() else None


def find_fixtures(paths: list[Path]) -> Iterator[Fixture]:
    """Every fixture below the paths, by name. Raises FixtureError for one that cannot be read and for a path
    that holds none."""
    for root in paths:
        folders = sorted({p.parent for p in root.rglob("expected.yaml")}) if root.is_dir() else []
        if not folders:
            raise FixtureError(
                f"{root}: no fixture here (a folder with patient.json, request.json, expected.yaml)"
            )
        for folder in folders:
            name = folder.relative_to(root).as_posix() if folder != root else folder.name
            yield read_fixture(folder, name)


def read_fixture(folder: Path, name: str | None = None) -> Fixture:
    """Read one fixture folder."""
    name = name or f"{folder.parent.name}/{folder.name}"
    contents: dict[str, Any] = {}
    for file in ("patient.json", "request.json", "expected.yaml"):
        path = folder / file
        try:
            text = path.read_text(encoding="utf-8")
            contents[file] = _read_yaml(text) if file.endswith("yaml") else json.loads(text)
        except FileNotFoundError as error:
            raise FixtureError(f"{path}: this file is missing") from error
        except (ValueError, yaml.YAMLError) as error:
            raise FixtureError(f"{path}: not readable: {error}") from error
    expected = contents["expected.yaml"]
    if not isinstance(expected, dict) or not isinstance(expected.get("today"), date):
        raise FixtureError(f"{folder / 'expected.yaml'}: needs at least `today`, a date")
    _check_shapes(folder, contents)
    resources = tuple(e["resource"] for e in contents["patient.json"].get("entry", ()) if "resource" in e)
    return Fixture(name, folder, resources, contents["request.json"], expected)
