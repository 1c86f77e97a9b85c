"""A gross loss of speed fails: processor time of a call against the bare endpoint's, both measured now, in turns.

Machines are noisy, so only less than two thirds of what `make bench` recorded counts as lost. Rates are not looked at:
they hang on what else runs; processor time hardly does.
"""

from __future__ import annotations

import json
import shutil

import pytest

from .bench import FLOOR, measure
from .contender import CHECKOUT, CONTENDERS

RECORDED = CHECKOUT / "docs" / "performance" / "performance.json"
LOSS = 2 / 3


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk (Debian: apt-get install wrk)")
def test_a_call_costs_no_more_than_recorded_against_the_bare_endpoint() -> None:
    recorded = {
        row["body"]: row["cpu_ratio"]
        for row in json.loads(RECORDED.read_text(encoding="utf-8"))["load"]
        if row["contender"] == "ours" and row["connections"] == 1
    }
    bodies = ("gist", "neither")
    chosen = [c for c in CONTENDERS if c.name in (FLOOR, "ours")]
    rows, _ = measure(chosen, bodies, (1,), rounds=3, seconds=2)
    found = {row.body: row.cpu_ratio for row in rows if row.contender == "ours"}
    assert {name: found[name] >= LOSS * recorded[name] for name in bodies} == dict.fromkeys(bodies, True), (
        found,
        recorded,
    )
