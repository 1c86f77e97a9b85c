"""What a user does with a card on the page is kept like what any EHR reports."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_service.cli.store import store_of
from cds_service.feedback.report import Report, read_report
from cds_service.loading import Loaded

from .trying import EXAMPLE, Trial, trial_of


@pytest.fixture
def fresh(loaded: Loaded, tmp_path: Path) -> Trial:
    return trial_of(loaded, tmp_path)


def report(trial: Trial) -> Report:
    database = store_of(trial.settings)
    try:
        return read_report(database, datetime.now(UTC), None, None)
    finally:
        database.close()


def test_an_accepted_suggestion_is_kept(fresh: Trial) -> None:
    page = fresh.page(f"/?fixture={EXAMPLE}")
    card = page.answer["cards"][0]
    suggestion = card["suggestions"][0]
    shown = page.read.under("acts", "json")
    for action in suggestion["actions"]:
        assert action["description"] in page.read.under("acts")
        assert json.dumps(action.get("resource", {}).get("subject", "Patient/pat-01"))[1:-1] in shown
    done = fresh.told(page.form("accepted", suggestion["uuid"]))
    assert done.response.status_code == 200
    sent = json.loads(done.read.under("done", "json"))["feedback"][0]
    assert sent == {
        "card": card["uuid"],
        "outcome": "accepted",
        "outcomeTimestamp": "2026-11-02T09:30:00.000Z",
        "acceptedSuggestions": [{"id": suggestion["uuid"]}],
    }
    assert f'href="/?fixture={EXAMPLE}"' in done.text
    assert report(fresh).total.accepted + sum(report(fresh).unknown.values()) == 1


def test_an_override_is_kept_with_its_reason(fresh: Trial) -> None:
    page = fresh.page(f"/?fixture={EXAMPLE}&order=sunitinib")
    card = page.answer["cards"][0]
    reason = card["overrideReasons"][0]
    form = page.form("overridden") | {"reason": f"{reason['system']} {reason['code']}", "comment": " seen "}
    sent = json.loads(fresh.told(form).read.under("done", "json"))["feedback"][0]
    assert sent["overrideReason"] == {
        "reason": {"system": reason["system"], "code": reason["code"]},
        "userComment": "seen",
    }
    # the record of the decision is written beside the call
    deadline = time.monotonic() + 30
    while report(fresh).total.overridden == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert report(fresh).total.reasons == {f"{reason['system']}|{reason['code']}": 1}


def test_an_override_needs_no_reason(fresh: Trial) -> None:
    page = fresh.page(f"/?fixture={EXAMPLE}")
    sent = json.loads(fresh.told(page.form("overridden")).read.under("done", "json"))["feedback"][0]
    assert "overrideReason" not in sent


def test_feedback_that_the_service_refuses_is_told(trial: Trial) -> None:
    done = trial.told({"": "/sandbox/feedback", "card": "no uuid", "outcome": "accepted"})
    assert "refused (400)" in done.read.under("done")
    assert "uuid of the card" in done.read.under("done")


def test_the_way_back_leads_nowhere_else(trial: Trial) -> None:
    form = trial.page(f"/?fixture={EXAMPLE}").form("overridden")
    text = trial.told(form | {"fixture": '//evil.example.org/"><script>'}).text
    assert 'href="/?fixture=//evil.example.org/%22%3E%3Cscript%3E"' in text
