"""A new fixture: from a short description in words, or from a patient's Bundle without what names the patient."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml

from ..case.vocabulary import Vocabulary
from .building import build
from .case_file import FILE
from .compare import UNFINISHED
from .fixture import Fixture
from .scrubbing import Scrubbed, scrubbed

TO_DO = "write what the sources lead one to expect, and remove this line"
START = """\
# Everything that may stand here: docs/patients.md.
title: Unresectable gastric GIST with KIT exon 11, imatinib drafted
tumour: {is: gist, in: stomach, since: 2026-05-12}
facts: {tumour-size-cm: 9, resectability: unresectable, genotype: [kit-exon-11]}
drafts: [{drug: imatinib, selected: true}]
"""


def from_case(folder: Path, text: str, today: date, vocabulary: Vocabulary) -> None:
    """Write a fixture from a description that may leave out title, why, today, encoding and expect.

    Raises AuthoringMistakes for a description that is not sound, after its `case.yaml` was written.
    """
    stated = yaml.safe_load(text)
    left_out: dict[str, Any] = {
        "title": folder.name.replace("-", " "),
        "why": "Say from which sources the expectation follows.",
        "today": today,
        "encoding": "mcode-stu4-snomed",
        "expect": {UNFINISHED: TO_DO},
    }
    missing = {k: v for k, v in left_out.items() if not isinstance(stated, dict) or k not in stated}
    added = yaml.safe_dump(missing, sort_keys=False, width=118) if missing else ""
    folder.mkdir(parents=True)
    case = folder / FILE
    case.write_text(text.rstrip("\n") + "\n" + added, encoding="utf-8")
    for name, content in build(case, vocabulary).items():
        (folder / name).write_text(content, encoding="utf-8")


def from_bundle(folder: Path, patient: Fixture, systems: Collection[str], days: int) -> Scrubbed:
    """Write a fixture from a Bundle that was read, everything moved by `days`; what was taken out is returned."""
    number = crc32(folder.name.encode()) % 100_000
    context = patient.request["context"]
    drafts = [entry["resource"] for entry in context.get("draftOrders", {}).get("entry", ())]
    found = scrubbed(patient.resources, drafts, systems=systems, days=days, number=number)
    request: dict[str, Any] = {
        "hook": patient.hook,
        "context": {"userId": "Practitioner/prac-1", "patientId": f"pat-{number:05d}"},
    }
    if found.drafts:
        request["context"]["draftOrders"] = _bundle(found.drafts)
    else:
        request["hook"] = "patient-view"
    expected = {
        "title": folder.name.replace("-", " "),
        "why": "Say from which sources the expectation follows.",
        "today": patient.today + timedelta(days),
        UNFINISHED: TO_DO,
    }
    folder.mkdir(parents=True)
    for name, content in (("patient.json", _bundle(found.resources)), ("request.json", request)):
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "expected.yaml").write_text(
        yaml.safe_dump(expected, sort_keys=False, width=118), encoding="utf-8"
    )
    return found


def _bundle(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in resources],
    }
