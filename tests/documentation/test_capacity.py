"""The page on capacity says what was measured, and what follows from it by its own model."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "capacity.md").read_text(encoding="utf-8")
MEASURED: dict[str, Any] = json.loads((DOCS / "capacity.json").read_text(encoding="utf-8"))

# the model, as the page states it
SERVICE_MS, STORE_MS = (float(found) for found in re.findall(r"\*\*[cs] = ([\d.]+) ms\*\*", PAGE))
A_REPLICA = 2 * 1000 / SERVICE_MS * 0.5
CALLS_A_DAY, HOURS, BUSIEST, DAYS = 130, 8, 2, 250
KEPT_MINUTES = 65
CARDS_A_CALL = 1 / 50
UNITS = {"": 1.0, "million": 1e6, "GB": 1e9, "TB": 1e12}


def table(heading: str) -> list[list[float]]:
    """The rows of the table with a heading, as numbers."""
    _, _, rest = PAGE.partition(f"\n| {heading} ")
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return [[number(cell) for cell in row.strip("| ").split("|")] for row in rows]


def number(cell: str) -> float:
    amount, _, unit = cell.strip().partition(" ")
    return float(amount.replace(",", "")) * UNITS[unit]


def test_what_the_page_calls_measured_was() -> None:
    found = table("replicas")

    assert len(found) == len(MEASURED["loads"])
    for row, load in zip(found, MEASURED["loads"], strict=True):
        names = ("replicas", "connections", "tokens_before", "calls_a_second", "service_ms", "store_ms")
        digits = (0, 0, 0, 0, 1, 1)
        assert row == [round(load[name], places) for name, places in zip(names, digits, strict=True)]
    for name in ("decision", "shown_card", "used_token"):
        assert re.search(rf"`{name}` \({MEASURED['bytes_a_row'][name]}\b", PAGE), name
    assert f"A worker holds {MEASURED['worker_mb']:.0f} MB" in PAGE


def test_the_model_takes_the_dearest_that_was_measured() -> None:
    assert max(load["service_ms"] for load in MEASURED["loads"]) <= SERVICE_MS
    assert max(load["store_ms"] for load in MEASURED["loads"]) <= STORE_MS


def test_the_comparison_of_model_and_measurement_is_the_measured_one() -> None:
    _, one, two, filled = MEASURED["loads"]
    said = " ".join(PAGE.split())

    assert (one["replicas"], two["replicas"], one["connections"]) == (1, 2, two["connections"])
    assert f"answered {two['calls_a_second'] / one['calls_a_second']:.2f} times as much" in said
    assert f"at {two['service_ms'] / one['service_ms']:.2f} of the cost" in said
    service, store = filled["service_ms"] / one["service_ms"], filled["store_ms"] / one["store_ms"]
    assert f"a call cost {service:.2f} at the service and {store:.2f} at PostgreSQL" in said


@pytest.mark.parametrize("row", table("clinicians"), ids=lambda row: f"{row[0]:.0f} clinicians")
def test_what_clinicians_need_follows_from_the_model(row: list[float]) -> None:
    clinicians, rate, cores, replicas, store_cores, tokens, kept = row
    calls = clinicians * CALLS_A_DAY
    busiest = calls / HOURS / 3600 * BUSIEST
    bytes_a_call = MEASURED["bytes_a_row"]["decision"] + CARDS_A_CALL * MEASURED["bytes_a_row"]["shown_card"]

    assert rate == pytest.approx(busiest, rel=0.05)
    assert cores == pytest.approx(busiest * SERVICE_MS / 1000, rel=0.1)
    assert replicas == max(2, math.ceil(busiest / A_REPLICA))
    assert store_cores == pytest.approx(busiest * STORE_MS / 1000, rel=0.1)
    assert tokens == pytest.approx(busiest * KEPT_MINUTES * 60, rel=0.05)
    assert kept == pytest.approx(calls * DAYS * 2 * bytes_a_call, rel=0.05)
