"""The bodies that are posted: order-select calls about our fixtures' patients with the rest of a record around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec

from cds_service.replay.fixture import read_fixture
from tests.shipped import FIXTURES, service

from .background import background

PATIENTS = {
    "gist": "gist-unresectable/d842v-imatinib",
    "sts": "sts-extremity-stage-3-4-resectable/adjuvant-epirubicin-ifosfamide",
    "neither": "not-sarcoma/text-only-renal-carcinoma-pazopanib",
    # the answer hangs on a fact that is not recorded: every value that it could have is tried
    "open": "gist-resectable-minimal-morbidity/mitoses-missing-imatinib",
}
"""Name of a body -> the fixture whose patient it is about: placed, placed, out of scope, placed with a fact open."""

USUAL = 61
"""Resources in the usual body."""

SIZES = (USUAL, 161, 511, 2_000, 10_000)


@cache
def call(name: str, resources: int = USUAL) -> dict[str, Any]:
    """The call with a record of so many resources: the fixture's own, in their places, and background.

    A resource that several prefetch templates find is sent under each, and counted once.
    """
    fixture = read_fixture(FIXTURES / PATIENTS[name])
    patient = str(fixture.request["context"]["patientId"])
    # drafts stand in the context alone
    own = len({(r["resourceType"], r["id"]) for r in sent(fixture.call(service().prefetch))})
    around = tuple(background(patient, resources - own))
    return replace(fixture, resources=(*fixture.resources, *around)).call(service().prefetch)


@cache
def body(name: str, resources: int = USUAL) -> bytes:
    """The call as the bytes that an EHR posts."""
    return msgspec.json.encode(call(name, resources))


def sent(made: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every resource of a call's prefetch, as often as it is sent."""
    for answer in made["prefetch"].values():
        if answer is not None and answer["resourceType"] == "Bundle":
            yield from (entry["resource"] for entry in answer.get("entry", ()))
        elif answer is not None:
            yield answer
