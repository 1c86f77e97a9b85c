"""Feedback in the store: once, whole, and without what it must not hold."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from cds_service.store.database import Database
from cds_service.store.feedback import UNLISTED, Feedback, Reason, keep_feedback
from cds_service.store.tables import feedback

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
CARD = "9368d37b-283f-44a0-93ea-547cebab93ed"
SUGGESTION = "e56e1945-20b3-4393-8503-a1a20fd73152"
SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
OVERRIDDEN = Feedback(CARD, "overridden", NOW, reason=Reason(SYSTEM, "need-more-info"), comment="Anna knows")
ACCEPTED = Feedback(CARD, "accepted", NOW, suggestions=(SUGGESTION,))


def keep(database: Database, *entries: Feedback, client: str = "ehr", comments: bool = False) -> None:
    keep_feedback(database, entries, client, NOW, comments=comments)


def rows(database: Database) -> list[dict[str, object]]:
    with database.transaction(reading=True) as connection:
        found = connection.execute(select(feedback).order_by(feedback.c.outcome, feedback.c.outcome_at))
        return [dict(row) for row in found.mappings()]


def test_what_came_is_kept_without_the_comment(database: Database) -> None:
    keep(database, OVERRIDDEN, ACCEPTED)
    accepted, overridden = rows(database)
    assert accepted["suggestions"] == [SUGGESTION]
    assert (overridden["reason_system"], overridden["reason_code"]) == (SYSTEM, "need-more-info")
    assert overridden["comment"] is None
    assert overridden["outcome_at"] == overridden["received_at"] == NOW


def test_a_comment_is_kept_by_setting(database: Database) -> None:
    keep(database, replace(OVERRIDDEN, comment="nul \x00 and half a character \ud800"), comments=True)
    assert [row["comment"] for row in rows(database)] == ["nul  and half a character ?"]


def test_a_repeat_is_one_and_another_act_is_another(database: Database) -> None:
    keep(database, OVERRIDDEN, OVERRIDDEN)
    keep(database, OVERRIDDEN)
    keep(database, replace(OVERRIDDEN, comment="said again", outcome_at=NOW.astimezone()))
    assert len(rows(database)) == 1
    keep(database, replace(OVERRIDDEN, outcome_at=NOW + timedelta(seconds=1)))
    keep(database, replace(OVERRIDDEN, reason=None))
    keep(database, OVERRIDDEN, client="another")
    assert len(rows(database)) == 4


@pytest.mark.parametrize(
    "reason",
    [
        Reason(SYSTEM, "Anna Muster, born 1950"),
        Reason("Anna Muster", "need-more-info"),
        Reason(SYSTEM, "x" * 65),
    ],
)
def test_a_reason_that_is_no_code_is_not_kept(database: Database, reason: Reason) -> None:
    keep(database, replace(OVERRIDDEN, reason=reason))
    assert [(row["reason_system"], row["reason_code"]) for row in rows(database)] == [("", UNLISTED)]


def test_a_delivery_is_kept_whole_or_not_at_all(database: Database) -> None:
    nowhere = replace(ACCEPTED, outcome_at=datetime(2026, 11, 2))
    with pytest.raises(Exception, match="time zone"):
        keep(database, OVERRIDDEN, nowhere)
    assert rows(database) == []


def test_deliveries_at_once_with_entries_in_common(database: Database) -> None:
    entries = [replace(OVERRIDDEN, outcome_at=NOW + timedelta(seconds=n)) for n in range(40)]
    failures: list[Exception] = []

    def deliver(turn: int) -> None:
        try:
            keep(database, *(entries if turn % 2 else reversed(entries)))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=deliver, args=(turn,)) for turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(rows(database)) == 40
