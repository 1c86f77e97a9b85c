"""No patient data in the store: searched for in its very bytes after calls and feedback full of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from cds_service.loading import Loaded
from cds_service.store.database import Database, file_url
from cds_service.store.tables import decision, metadata, patient_key, shown_card
from cds_service.store.upgrading import opened

from .charts import (
    Json,
    call,
    patient,
    resected_high_risk,
    resected_very_low_risk,
    unresectable_d842v,
)
from .site import Site

CANARIES = {
    "name": "Zyxwina Canarová-Muster",
    "birth": "1961-04-12",
    "number": "MRN-90210-CANARY",
    "id": "pat-canary-77",
    "user": "Practitioner/dr-canary",
    "order": "rx-canary-1",
    "comment": "Mrs Canarová prefers her own doctor",
    "encounter": "enc-canary-5",
    "instance": "hook-canary-6",
}
"""What stands in the calls and must stand nowhere else."""


def told(resources: list[Json], hook: str = "order-select") -> Json:
    """A call full of what identifies a patient."""
    named = patient(
        name=[{"text": CANARIES["name"], "family": "Canarová"}],
        identifier=[{"value": CANARIES["number"]}],
        birthDate=CANARIES["birth"],
    )
    sent = call([named, *resources], hook=hook, encounterId=CANARIES["encounter"], userId=CANARIES["user"])
    sent["hookInstance"] = CANARIES["instance"]
    text = json.dumps(sent, ensure_ascii=False).replace("pat-7", CANARIES["id"])
    found: Json = json.loads(text.replace("rx-1", CANARIES["order"]))
    return found


@pytest.fixture(params=["plain", "with pseudonyms"])
def kept(request: pytest.FixtureRequest, loaded: Loaded, tmp_path: Path) -> Iterator[Database]:
    """A store after calls and feedback, with every setting off that keeps more, and with pseudonyms on."""
    database = opened(file_url(tmp_path))
    more = request.param != "plain"
    site = Site(loaded, database, suppressing=more, patient_keys=more)
    name = CANARIES["name"]
    for resources in (unresectable_d842v(), resected_high_risk(), resected_very_low_risk()):
        for hook in ("order-select", "order-sign", "patient-view"):
            for card in site.ask(told(resources, hook)):
                entry = {
                    "card": card["uuid"],
                    "outcome": "overridden",
                    "outcomeTimestamp": "2026-11-02T09:00:00Z",
                    "overrideReason": {
                        "userComment": CANARIES["comment"],
                        "reason": {"system": "urn:canary", "code": name, "display": name},
                    },
                    "extension": {"org.example.patient": CANARIES["id"]},
                }
                site.tell(entry)
    yield database
    database.close()


def test_no_canary_is_in_any_file_of_the_store(kept: Database, tmp_path: Path) -> None:
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"gist-unresectable" in everything
    searched = [*CANARIES.values(), "canary", "Canarov", "CANARY", "Zyxwina"]
    assert [word for word in searched if word.encode() in everything] == []


def test_rows_are_there_to_be_searched(kept: Database) -> None:
    with kept.transaction(reading=True) as connection:
        counts = {
            table.name: len(connection.execute(select(table)).all()) for table in metadata.sorted_tables
        }
        keys = {row.key for row in connection.execute(select(patient_key))}
        repeat_keys = set(connection.execute(select(shown_card.c.repeat_key)).scalars())
        verdicts = [v for vs in connection.execute(select(decision.c.verdicts)).scalars() for v in vs]
    assert counts["decision"] == 9
    assert counts["shown_card"] == counts["feedback"] > 5
    assert {verdict["verdict"] for verdict in verdicts} == {"contraindicated", "on-pathway", "off-pathway"}
    if counts["patient_key"]:
        assert len(keys) == 1
        assert len(repeat_keys) > 3
    else:
        assert repeat_keys == {None}


def test_a_row_names_no_draft(kept: Database, tmp_path: Path) -> None:
    """Even ids of orders are the patient's."""
    found = subprocess.run(
        ["grep", "-c", "-a", "MedicationRequest", *map(str, tmp_path.iterdir())],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert found.returncode == 1, found.stdout
