"""Records of calls in the store, and how long they stay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from cds_service.cli import main
from cds_service.store.database import Database
from cds_service.store.decisions import write_decisions
from cds_service.store.feedback import Feedback, keep_feedback
from cds_service.store.retention import purge
from cds_service.store.tables import decision, metadata, patient_key, shown_card, used_token
from cds_service.store.upgrading import opened

from .records import START, record, shown, uuid


def counts(database: Database) -> dict[str, int]:
    with database.transaction(reading=True) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def test_a_record_is_kept_as_it_was(database: Database) -> None:
    write_decisions(database, [record("one", shown("card"), tenant="ward \x00 1", suppressed=("missing",))])
    with database.transaction(reading=True) as connection:
        (kept,) = connection.execute(select(decision)).mappings()
        (card,) = connection.execute(select(shown_card)).mappings()
        (key,) = connection.execute(select(patient_key)).mappings()
    assert (kept["call"], kept["at"], kept["tenant"]) == (uuid("one"), START, "ward  1")
    assert kept["groups"] == ["gist-resectable-minimal-morbidity"]
    assert kept["verdicts"] == [
        {"option": "imatinib", "verdict": "off-pathway", "reasons": ["gist.adjuvant.risk-low"]}
    ]
    assert (kept["suppressed"], kept["timings"]) == (["missing"], {"parse": 0.4, "evaluate": 2.5})
    assert (card["card"], card["call"], card["at"]) == (uuid("card"), uuid("one"), START)
    assert card["suggestions"] == [uuid("card/suggestion")]
    assert (key["call"], key["secret"], key["key"]) == (uuid("one"), "2026-11", "0" * 64)


def test_a_batch_is_written_once_however_often_it_is_tried(database: Database) -> None:
    batch = [record(f"call-{n}", shown(f"card-{n}")) for n in range(300)]
    write_decisions(database, batch)
    write_decisions(database, [*batch, record("another", patient=None)])
    write_decisions(database, [])
    assert counts(database) == {
        "decision": 301,
        "shown_card": 300,
        "patient_key": 300,
        "feedback": 0,
        "used_token": 0,
    }


def test_a_batch_with_a_broken_record_is_not_kept_by_half(database: Database) -> None:
    broken = record("two", shown("card", topic=None))
    with pytest.raises(SQLAlchemyError):
        write_decisions(database, [record("one"), broken])
    assert counts(database)["decision"] == 0


def test_purging_removes_what_is_old_and_nothing_else(database: Database) -> None:
    for days in (0, 20, 40):
        name = f"day-{days}"
        write_decisions(database, [record(name, shown(name), days=days)])
        at = START + timedelta(days=days)
        keep_feedback(database, [Feedback(uuid(name), "overridden", START)], "ehr", at, comments=False)
    removed = purge(database, START + timedelta(days=41), keep_days=30, patient_key_days=7)
    assert removed == {"decision": 1, "shown_card": 1, "feedback": 1, "patient_key": 2, "used_token": 0}
    assert counts(database) == {
        "decision": 2,
        "shown_card": 2,
        "patient_key": 1,
        "feedback": 2,
        "used_token": 0,
    }


def test_others_write_while_much_is_purged(database: Database, url: str) -> None:
    def used(number: int) -> dict[str, object]:
        return {"client": "ehr", "token": str(number), "until": START}

    with database.transaction() as connection:
        connection.execute(used_token.insert(), [used(number) for number in range(20_000)])
    another = opened(url)
    with ThreadPoolExecutor() as pool:
        purging = pool.submit(purge, database, START + timedelta(days=1), keep_days=30, patient_key_days=7)
        for number in range(5):
            with another.transaction() as connection:
                connection.execute(
                    used_token.insert(),
                    {**used(-1 - number), "client": "another", "until": START + timedelta(days=9)},
                )
        assert not purging.done()
        assert purging.result()["used_token"] == 20_000
    another.close()
    assert counts(database)["used_token"] == 5


def test_the_command_purges_by_the_settings(database: Database, url: str) -> None:
    for name, age in (("old", 12), ("new", 8)):
        at = datetime.now(UTC) - timedelta(days=age)
        write_decisions(database, [record(name, shown(name), at=at)])
    environ = {"CDS_SERVICE_STORE_URL": url, "CDS_SERVICE_KEEP_DAYS": "10"}
    told = CliRunner().invoke(main, ["store", "purge"], env=environ)
    assert (told.exit_code, told.output) == (
        0,
        "decision 1, shown_card 1, feedback 0, patient_key 2, used_token 0\n",
    )
