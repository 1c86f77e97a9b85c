"""Records and drafts by the thousand: the work grows no faster than what was sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.work import calls_made

from .asking import Ask
from .charts import ADDRESS, Json, call, draft, gist, size, stated, unresectable_d842v


def work(ask: Ask, record: list[Json], **more: Any) -> int:
    """How much is done to answer a call with so many more resources or drafts."""
    sent = call([*unresectable_d842v(), *record])
    sent["context"].update(more)
    assert ask.client.post(ADDRESS, json=sent).status_code == 200
    return calls_made(lambda: ask.client.post(ADDRESS, json=sent))


@pytest.mark.parametrize(
    "made",
    [
        lambda n: size(9 if n % 2 else 3, id=f"size-{n}"),
        lambda n: stated("resectability", "unresectable", id=f"stated-{n}"),
        lambda n: {**gist(), "id": f"gist-{n}"},
    ],
    ids=["sizes that disagree", "statements that agree", "diagnoses"],
)
def test_the_work_grows_no_faster_than_the_record(ask: Ask, made: Any) -> None:
    one, four = (work(ask, [made(n) for n in range(count)]) for count in (250, 1000))
    assert one < four < 5 * one


def test_the_work_grows_no_faster_than_the_drafts(ask: Ask) -> None:
    def drafts(count: int) -> int:
        orders = [draft(f"rx-{n}") for n in range(count)]
        return work(
            ask,
            [],
            draftOrders={"resourceType": "Bundle", "entry": [{"resource": order} for order in orders]},
            selections=[f"MedicationRequest/{order['id']}" for order in orders],
        )

    one, four = drafts(100), drafts(400)
    assert one < four < 5 * one
