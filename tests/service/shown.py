"""The patients in `fhir_fixtures/` as proof: what they expect, and the records that an answer rests on.

That every expectation holds is `test_fixtures`; what is looked at here is that nothing is left unshown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cds_service.replay.compare import EXTENSION
from cds_service.replay.fixture import Fixture
from cds_service.replay.run import in_process
from tests.shipped import patients, service

FIXTURES = {f.name: f for f in patients()}


def expected_facts(fixture: Fixture) -> Mapping[str, Mapping[str, Any]]:
    """The facts that a fixture expects: by id, `known`, `possible` or `unknown` and what."""
    facts: Mapping[str, Mapping[str, Any]] = fixture.expected.get("facts") or {}
    return facts


class Shown:
    """Answers to fixtures, each asked for once."""

    def __init__(self) -> None:
        self.answer = cache(self._answer)

    def _answer(self, name: str) -> Mapping[str, Any]:
        fixture = FIXTURES[name]
        status, answer = in_process(service)(fixture)
        assert status == 200, name
        return answer

    def fact(self, name: str, fact: str) -> Mapping[str, Any]:
        facts = self.answer(name)["extension"][EXTENSION]["facts"]
        return next((f for f in facts if f["fact"] == fact), {})

    def records(self, name: str, fact: str) -> list[str]:
        """The resources on which a fact of the answer rests, and their members, as JSON text."""
        by_reference = {f"{r['resourceType']}/{r.get('id')}": r for r in FIXTURES[name].resources}
        found = [by_reference[e] for e in self.fact(name, fact).get("evidence", ()) if e in by_reference]
        members = [m["reference"] for r in found for m in r.get("hasMember", ())]
        return [json.dumps(r) for r in [*found, *(by_reference[m] for m in members)]]
