"""Not repeating what a user overrode: seen from outside, over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from cds_service.loading import Loaded
from cds_service.store.database import FILE_NAME, Database, file_url
from cds_service.store.feedback import Feedback, keep_feedback
from cds_service.store.pseudonyms import Pseudonyms, Secret
from cds_service.store.suppression import Suppression
from cds_service.store.upgrading import opened

from .charts import (
    ADDRESS,
    LOINC,
    PATIENT,
    Json,
    call,
    coded,
    draft,
    mitoses,
    observation,
    prefetched,
    resected_very_low_risk,
    unresectable_d842v,
)
from .site import DAYS, Site


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = opened(file_url(tmp_path))
    yield found
    found.close()


@pytest.fixture
def site(loaded: Loaded, database: Database) -> Site:
    return Site(loaded, database)


OFF_PATHWAY = call(resected_very_low_risk())


def overridden(site: Site, sent: Json = OFF_PATHWAY) -> Json:
    """The warning of a call, after the user overrode it."""
    (card,) = site.ask(sent)
    assert card["indicator"] == "warning"
    site.override(card)
    return card


def test_what_a_user_overrode_is_not_repeated(site: Site) -> None:
    assert len(site.ask(OFF_PATHWAY)) == len(site.ask(OFF_PATHWAY)) == 1
    overridden(site)
    assert site.ask(OFF_PATHWAY) == []
    again = site.http.post(ADDRESS, json=OFF_PATHWAY)
    assert [o["verdict"] for o in again.get_json()["extension"]["org.sarcoma-cds.assessment"]["orders"]] == [
        "off-pathway"
    ]
    with site.database.transaction() as connection:
        told = connection.execute(text("SELECT suppressed FROM decision ORDER BY at")).scalars().all()
    assert [bool(json.loads(topics)) for topics in told] == [False, False, False, True, True]


def test_another_user_and_another_patient_are_shown_it(site: Site) -> None:
    overridden(site)
    assert len(site.ask(OFF_PATHWAY, "Practitioner/xyz")) == 1
    other = json.loads(json.dumps(OFF_PATHWAY).replace(PATIENT, "pat-8"))
    assert len(site.ask(other)) == 1
    assert site.ask(OFF_PATHWAY) == []


def test_another_order_is_another_card(site: Site) -> None:
    overridden(site)
    sunitinib = draft("rx-1", {"medicationCodeableConcept": {"text": "sunitinib"}})
    assert len(site.ask(call(resected_very_low_risk(), [sunitinib]))) == 1


def test_a_deciding_fact_that_changes_ends_it(site: Site) -> None:
    overridden(site)
    changed = [r for r in resected_very_low_risk() if r["id"] != "mitoses-1"]
    assert len(site.ask(call([*changed, mitoses(3)]))) == 1
    # back at the same facts the user has seen others since: it is shown again
    assert len(site.ask(OFF_PATHWAY)) == 1


def test_a_fact_that_can_no_longer_be_looked_up_ends_it(site: Site) -> None:
    overridden(site)
    lost = call([], prefetch=prefetched(resected_very_low_risk(), observations_laboratory="absent"))
    assert len(site.ask(lost)) == 1


def test_a_record_that_decides_nothing_does_not_end_it(site: Site) -> None:
    overridden(site)
    renamed = [
        {**r, "id": f"{r['id']}-again"} if r["id"] == "size-1" else r for r in resected_very_low_risk()
    ]
    ecog = observation("ecog-1", coded(LOINC, "89247-1"), "survey", valueInteger=1)
    assert site.ask(call([*renamed, ecog])) == []


def test_it_ends_after_its_days(site: Site) -> None:
    overridden(site)
    site.moment += timedelta(days=DAYS, seconds=-10)
    assert site.ask(OFF_PATHWAY) == []
    site.moment += timedelta(seconds=20)
    assert len(site.ask(OFF_PATHWAY)) == 1


def test_a_critical_card_is_always_shown(site: Site) -> None:
    contraindicated = call(unresectable_d842v())
    (card, *_) = site.ask(contraindicated)
    assert card["indicator"] == "critical"
    site.override(card)
    assert site.ask(contraindicated)[0]["indicator"] == "critical"
    with site.database.transaction() as connection:
        keys = connection.execute(text("SELECT repeat_key FROM shown_card WHERE indicator = 'critical'"))
        assert set(keys.scalars()) == {None}


def test_an_accepted_card_is_shown_again(site: Site) -> None:
    (card,) = site.ask(OFF_PATHWAY)
    site.override(card, "accepted")
    assert len(site.ask(OFF_PATHWAY)) == 1


def test_feedback_of_another_client_suppresses_nothing(site: Site) -> None:
    (card,) = site.ask(OFF_PATHWAY)
    entry = Feedback(card["uuid"], "overridden", site.moment)
    keep_feedback(site.database, [entry], "another", site.moment, comments=False)
    assert len(site.ask(OFF_PATHWAY)) == 1


def test_a_store_that_is_down_suppresses_nothing(site: Site, tmp_path: Path) -> None:
    overridden(site)
    site.database.close()
    kept = tmp_path / FILE_NAME
    kept.rename(tmp_path / "away")
    kept.mkdir()
    assert len(site.ask(OFF_PATHWAY)) == 1
    kept.rmdir()
    (tmp_path / "away").rename(kept)
    time.sleep(2.1)
    assert site.ask(OFF_PATHWAY) == []


def test_it_is_off_unless_asked_for(loaded: Loaded, database: Database) -> None:
    site = Site(loaded, database, suppressing=False)
    overridden(site)
    assert len(site.ask(OFF_PATHWAY)) == 1
    with database.transaction() as connection:
        kept = connection.execute(text("SELECT repeat_key, deciding FROM shown_card")).all()
    assert {tuple(row) for row in kept} == {(None, None)}


def test_other_secrets_and_other_knowledge_forget(loaded: Loaded, database: Database) -> None:
    today = datetime(2026, 11, 2, tzinfo=UTC)
    suppression = [
        Suppression(database, Pseudonyms([Secret("s", today.date(), secret)]), DAYS, lambda: today)
        for secret in (b"x" * 32, b"y" * 32)
    ]
    keys = {s.repeat_key("ehr", "u", "p", version) for s in suppression for version in ("1", "2")}
    assert len(keys) == 4
