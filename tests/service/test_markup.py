"""Whatever text a record holds, no card shows it: not as HTML, not as Markdown, not as a placeholder."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .asking import Ask
from .charts import (
    ADDRESS,
    Json,
    call,
    condition,
    draft,
    heart_failure,
    imatinib_taken,
    metastatic_untested,
    resected_high_risk,
    resected_very_low_risk,
    resected_without_mitoses,
    unresectable_d842v,
)

MARK = "qqz"
SPITE = [
    f"<script>{MARK}()</script>",
    f"[{MARK}](javascript:{MARK}())",
    f"](javascript:{MARK})",
    f"{MARK}{{reason}}{{order}}",
    f"``{MARK}``",
    f"![{MARK}](https://{MARK}.example/x.png)",
    f"\n\n# {MARK}\n\n---\n",
    f"{MARK}\u202e\u0000&lt;b&gt;",
]
RECORDS: dict[str, Callable[[], list[Json]]] = {
    "contraindicated": unresectable_d842v,
    "on the pathway": resected_high_risk,
    "off the pathway": resected_very_low_risk,
    "missing": resected_without_mitoses,
    "caution": metastatic_untested,
    "heart failure": lambda: [*resected_high_risk(), heart_failure(), imatinib_taken(status="completed")],
}
# words that FHIR gives to people, and codes that the service matches or not
TEXTS = ("text", "display", "title", "description", "div", "family", "comment")


def spiteful(value: Any, spite: str, names: tuple[str, ...]) -> Any:
    """A copy in which every string under one of `names` carries the spite, and every object has such texts."""
    if isinstance(value, dict):
        return {
            name: f"{inner} {spite}"
            if name in names and isinstance(inner, str)
            else spiteful(inner, spite, names)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [spiteful(inner, spite, names) for inner in value]
    return value


def with_texts(value: Any, spite: str) -> Any:
    """A copy in which every concept, coding and reference says the spite in words."""
    if isinstance(value, dict):
        found = {name: with_texts(inner, spite) for name, inner in value.items()}
        if "coding" in found:
            found.setdefault("text", spite)
        if "reference" in found or ("code" in found and "system" in found):
            found.setdefault("display", spite)
        if "resourceType" in found:
            found.setdefault("note", [{"text": spite}])
            found.setdefault("text", {"status": "generated", "div": f"<div>{spite}</div>"})
            found.setdefault("identifier", [{"value": spite}])
        return found
    if isinstance(value, list):
        return [with_texts(inner, spite) for inner in value]
    return value


@pytest.mark.parametrize("spite", SPITE)
@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
@pytest.mark.parametrize("hook", ["order-select", "order-sign", "patient-view"])
def test_texts_and_displays_reach_no_card(
    ask: Ask, record: Callable[[], list[Json]], spite: str, hook: str
) -> None:
    drafts = [draft(note=[{"text": spite}], dosageInstruction=[{"text": f"400 mg daily {spite}"}])]
    sent = call(record(), drafts, hook=hook)
    angry = spiteful(with_texts(sent, spite), spite, TEXTS)
    answer, plain = ask(angry), ask(sent)
    assert plain.cards
    assert MARK not in json.dumps(answer.cards)
    assert answer.topics == plain.topics


@pytest.mark.parametrize("spite", SPITE)
@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
@pytest.mark.parametrize(
    "names",
    [
        ("code",), ("system",), ("status",), ("value",), ("recordedDate", "effectiveDateTime", "performedDateTime"),
        ("authoredOn",), ("unit",), ("valueString",), ("birthDate",),
        ("id",), ("reference",), ("fullUrl",), ("id", "reference"), ("url",),
    ],
    ids=str,
)  # fmt: skip
def test_codes_dates_and_ids_reach_no_card(
    ask: Ask, record: Callable[[], list[Json]], spite: str, names: tuple[str, ...]
) -> None:
    """The ids of drafts apart, which have a test of their own below."""
    sent = call(record())
    sent["prefetch"] = spiteful(sent["prefetch"], spite, names)
    response = ask.client.post(ADDRESS, json=sent)
    assert response.status_code in (200, 412)
    assert MARK not in json.dumps(response.get_json().get("cards", []))


@pytest.mark.parametrize("spite", SPITE)
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_the_id_of_a_draft_that_is_no_id_reaches_no_card(ask: Ask, spite: str, hook: str) -> None:
    sent = call(unresectable_d842v(), [draft(spite)], hook=hook, selections=[f"MedicationRequest/{spite}"])
    response = ask.client.post(ADDRESS, json=sent)
    assert response.status_code in (200, 400)
    assert MARK not in json.dumps(response.get_json().get("cards", []))


@pytest.mark.parametrize("spite", SPITE)
@pytest.mark.parametrize("member", ["userId", "encounterId"])
def test_who_asks_reaches_no_card_as_markup(ask: Ask, spite: str, member: str) -> None:
    sent = call(unresectable_d842v(), **{member: f"Practitioner/{spite}"})
    response = ask.client.post(ADDRESS, json=sent)
    assert response.status_code in (200, 400)
    assert MARK not in json.dumps(response.get_json().get("cards", []))


@pytest.mark.parametrize("spite", SPITE)
def test_the_name_of_a_condition_reaches_no_card(ask: Ask, spite: str) -> None:
    """Not even one that is read as the diagnosis, or as another cancer, by its words."""
    record = [
        condition("c-1", {"text": f"GIST of stomach {spite}"}),
        condition("c-2", {"text": f"{spite} carcinoma"}),
    ]
    for sent in (call(record, [draft(reasonReference=[])]), call(record, hook="patient-view")):
        answer = ask(sent)
        assert answer.cards
        assert MARK not in json.dumps(answer.cards)
