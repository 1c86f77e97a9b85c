"""The fixtures under one FHIR server: every id once, and every reference still leads where it led."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cds_service.replay.fixture import Fixture, find_fixtures, read_fixture
from deploy.sandbox.records import PRACTITIONERS, distinct, visit, write_records

from ...operation.running import CHECKOUT

FIXTURES = CHECKOUT / "fhir_fixtures"


def references(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for each in content:
            yield from references(each)
    elif isinstance(content, dict):
        for name, value in content.items():
            if name == "reference" and isinstance(value, str):
                yield value
            yield from references(value)


def held(fixture: Fixture) -> set[str]:
    return {f"{resource['resourceType']}/{resource['id']}" for resource in fixture.resources}


def test_no_id_comes_twice(tmp_path: Path) -> None:
    fixtures = list(find_fixtures([FIXTURES]))
    written = write_records(fixtures, tmp_path / "records.ndjson")
    records = [json.loads(line) for line in (tmp_path / "records.ndjson").read_text().splitlines()]
    assert len(records) == written == sum(1 + len(f.resources) for f in fixtures) + len(PRACTITIONERS)
    ids = Counter(f"{record['resourceType']}/{record['id']}" for record in records)
    assert [name for name, times in ids.items() if times > 1] == []


def test_what_could_be_followed_can_be_followed() -> None:
    followed = 0
    for before in find_fixtures([FIXTURES]):
        after = distinct(before)
        old = [*references(list(before.resources)), *references(before.request["context"])]
        new = [*references(list(after.resources)), *references(after.request["context"])]
        assert len(old) == len(new)
        for was, now in zip(old, new, strict=True):
            assert (was in held(before)) == (now in held(after)), (before.name, was, now)
            followed += was in held(before) and not was.startswith("Patient/")
    assert followed > 100


def test_only_ids_and_references_differ() -> None:
    before = read_fixture(FIXTURES / "gist-unresectable" / "d842v-imatinib")
    after = distinct(before)
    own = {resource["id"] for resource in after.resources if resource["resourceType"] != "Patient"}
    assert own and all(name.startswith("pat-01.") for name in own)
    text = json.dumps([after.resources, after.request])
    assert visit(after)["id"] == after.request["context"]["encounterId"]
    text = text.replace("pat-01.visit", str(before.request["context"]["encounterId"]))
    assert json.loads(text.replace("pat-01.", "")) == json.loads(
        json.dumps([before.resources, before.request])
    )
