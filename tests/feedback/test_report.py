"""The feedback report: what is counted, in which order, and how it is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.feedback.formats import as_html, as_json, as_text
from cds_service.feedback.report import Report, read_report
from cds_service.feedback.tally import Tally
from cds_service.store.database import Database, file_url
from cds_service.store.decisions import write_decisions
from cds_service.store.feedback import Feedback, Outcome, Reason, keep_feedback
from cds_service.store.upgrading import opened

from ..store.conftest import cluster, url  # noqa: F401  the databases of each kind
from ..store.records import START, record, shown, uuid

SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
NEED = Reason(SYSTEM, "need-more-info")
ALTERNATIVE = Reason(SYSTEM, "prefers-alternative")


@pytest.fixture
def database(url: str) -> Iterator[Database]:  # noqa: F811
    found = opened(url)
    yield found
    found.close()


def call(
    database: Database, name: str, rule: str = "rule.a", *, days: float = 0, client: str = "ehr"
) -> None:
    card = shown(name, option=rule.replace(".", ""), reasons=(rule,))
    write_decisions(database, [record(f"call/{name}", card, days=days, client=client)])


def done(
    database: Database,
    name: str,
    outcome: Outcome = "overridden",
    reason: Reason | None = None,
    *,
    minutes: float = 1,
    client: str = "ehr",
) -> None:
    at = START + timedelta(minutes=minutes)
    suggestions = (uuid(f"{name}/suggestion"),) if outcome == "accepted" else ()
    entry = Feedback(uuid(name), outcome, at, suggestions, reason)
    keep_feedback(database, [entry], client, at, comments=False)


def report_of(database: Database, since: datetime | None = None, client: str | None = None) -> Report:
    return read_report(database, START + timedelta(days=30), since, client)


def test_cards_are_counted_by_topic_rule_reason_and_week(database: Database) -> None:
    for name in ("a1", "a2", "a3"):
        call(database, name)
    call(database, "b1", "rule.b", days=7)
    write_decisions(database, [record("plain", shown("plain", suggestions=(), reasons=()))])
    done(database, "a1", reason=NEED)
    done(database, "a2", reason=NEED)
    done(database, "b1", "accepted")
    found = report_of(database)
    assert (found.total.shown, found.total.offering) == (5, 4)
    assert (found.total.accepted, found.total.overridden, found.total.unanswered) == (1, 2, 2)
    assert found.total.reasons == {f"{SYSTEM}|need-more-info": 2}
    assert {week: tally.shown for week, tally in found.weeks.items()} == {
        date(2026, 11, 2): 4,
        date(2026, 11, 9): 1,
    }
    assert [(line.name, line.tally.shown, line.tally.overridden) for line in found.rules] == [
        ("rule.a", 3, 2),
        ("rule.b", 1, 0),
    ]
    assert [line.name for line in found.topics] == [
        "offpathwayrulea",
        "offpathwayimatinib",
        "offpathwayruleb",
    ]
    assert found.unknown == {}


def test_a_card_counts_by_what_was_done_last(database: Database) -> None:
    call(database, "a1")
    done(database, "a1", "accepted", minutes=9)
    done(database, "a1", minutes=3)
    assert (report_of(database).total.accepted, report_of(database).total.overridden) == (1, 0)
    done(database, "a1", reason=ALTERNATIVE, minutes=10)
    assert (report_of(database).total.accepted, report_of(database).total.overridden) == (0, 1)


def test_a_card_of_several_rules_counts_for_each(database: Database) -> None:
    write_decisions(database, [record("one", shown("one", reasons=("rule.a", "rule.b")))])
    done(database, "one")
    found = report_of(database)
    assert {line.name: line.tally.overridden for line in found.rules} == {"rule.a": 1, "rule.b": 1}
    assert found.total.overridden == 1


def test_feedback_for_unknown_cards_and_of_other_clients_is_told_apart(database: Database) -> None:
    call(database, "a1")
    done(database, "a1", client="another")
    done(database, "never shown", "accepted")
    found = report_of(database)
    assert found.total.overridden == 0
    assert found.unknown == {"accepted": 1, "overridden": 1}
    assert report_of(database, client="ehr").unknown == {"accepted": 1}


def test_since_and_client_choose(database: Database) -> None:
    call(database, "old", days=-10)
    call(database, "new")
    call(database, "other", client="another")
    assert report_of(database).total.shown == 3
    assert report_of(database, since=START).total.shown == 2
    assert report_of(database, client="ehr").total.shown == 2
    assert report_of(database, START, "another").total.shown == 1


def test_the_noisiest_is_what_the_counts_speak_for() -> None:
    def tally(overridden: int, shown: int) -> Tally:
        found = Tally()
        for n in range(shown):
            found.add("overridden" if n < overridden else None, "", offering=False)
        return found

    assert tally(30, 40).noise > tally(1, 1).noise > tally(0, 1).noise == tally(0, 0).noise == 0
    assert tally(30, 40).noise > tally(3, 4).noise > tally(30, 400).noise
    # lower end of Wilson's interval for 30 of 40, by hand: 0.598
    assert tally(30, 40).noise == pytest.approx(0.598, abs=0.001)


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+ of \d+ \(\d+ %\)", text)


@pytest.fixture
def filled(database: Database) -> Report:
    for n in range(10):
        call(database, f"a{n}", days=n)
        call(database, f"b{n}", "rule.<b>", days=n)
    for n in range(4):
        done(database, f"a{n}", reason=NEED if n else None)
    done(database, "b1", "accepted")
    return report_of(database)


def test_no_rate_stands_without_its_counts(filled: Report) -> None:
    text, page = as_text(filled), as_html(filled)
    assert "4 of 10 (40 %)" in numbers(text)
    assert numbers(page)
    for told in (text, re.sub(r"<svg.*?</svg>|<style>.*?</style>", "", page, flags=re.DOTALL)):
        rates = re.findall(r"\d+ ?%", told)
        # the words about the order speak of an interval of 95 %
        assert len([r for r in rates if r != "95 %"]) == len(numbers(told))
    plain = json.loads(as_json(filled))
    for counted in (plain["total"], *plain["weeks"], *plain["topics"], *plain["rules"]):
        assert counted["overriddenRate"] == pytest.approx(counted["overridden"] / counted["shown"])
    assert plain["rules"][0]["rule"] == "rule.a"
    assert plain["rules"][0]["weeks"][0]["overridden"] == 4
    assert plain["total"]["reasons"][0] == {"system": SYSTEM, "code": "need-more-info", "count": 3}


class Page(HTMLParser):
    """Elements with their attributes, and whether tags are closed as they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def test_the_page_stands_alone_and_escapes_what_it_shows(filled: Report) -> None:
    text = as_html(filled)
    page = Page()
    page.feed(text)
    tags = [tag for tag, _ in page.elements]
    assert tags.count("svg") == 2
    assert not {"script", "link", "img", "iframe"} & set(tags)
    addresses = [
        v for _, attrs in page.elements for k, v in attrs.items() if k in ("src", "href", "xlink:href")
    ]
    assert addresses == []
    assert "url(" not in text
    assert "@import" not in text
    assert "rule.&lt;b&gt;" in text
    assert "rule.<b>" not in text
    assert [attrs.get("aria-label") for tag, attrs in page.elements if tag == "svg"] == [
        "Cards shown by week, and what became of them",
        "Override rate of the noisiest rules",
    ]


def test_the_text_names_rules_reasons_and_weeks(filled: Report) -> None:
    text = as_text(filled)
    assert "Cards shown: 20; accepted: 1 of 20 (5 %)" in text
    assert re.search(
        r"^rule\.a +10 +4 of 10 \(40 %\) +0 of 10 \(0 %\) +need-more-info 3, no reason given 1", text, re.M
    )
    assert re.search(r"^rule\.a +4 of 7 +0 of 3$", text, re.M)
    assert re.search(r"^need-more-info +3 +–$", text, re.M)
    assert re.search(r"^2026-11-09 +6 ", text, re.M)


def test_nothing_shown_is_said(database: Database) -> None:
    found = report_of(database)
    assert "Cards shown: 0" in as_text(found)
    assert "No cards were shown." in as_html(found)
    assert json.loads(as_json(found))["total"]["overriddenRate"] is None


def command(*arguments: str, store: str) -> Result:
    return CliRunner().invoke(main, ["feedback", "report", *arguments], env={"CDS_SERVICE_STORE_URL": store})


def test_the_command_writes_each_format(tmp_path: Path) -> None:
    address = file_url(tmp_path)
    database = opened(address)
    now = datetime.now(UTC)
    for name, age in (("old", 40), ("new", 1)):
        card = shown(name)
        write_decisions(database, [replace(record(name, card), at=now - timedelta(days=age))])
    database.close()
    day = (now - timedelta(days=10)).date().isoformat()
    assert "Cards shown: 2;" in command(store=address).output
    assert "Cards shown: 1;" in command("--since", day, store=address).output
    assert "Cards shown: 0;" in command("--client", "nobody", store=address).output
    assert json.loads(command("--format", "json", store=address).output)["total"]["shown"] == 2
    page = tmp_path / "page.html"
    assert command("--format", "html", "--output", str(page), store=address).exit_code == 0
    assert page.read_text().startswith("<!doctype html>")


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    told = command(store=file_url(tmp_path))
    assert (told.exit_code, "there is no store at" in told.output) == (1, True)
    assert list(tmp_path.iterdir()) == []
