"""The table of the page about performance is what was measured."""

from __future__ import annotations

import json
import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "performance.md").read_text(encoding="utf-8")
MEASURED = json.loads((CHECKOUT / "docs" / "performance" / "performance.json").read_text(encoding="utf-8"))
NAMES = {
    "bare": "bare",
    "this service": "ours",
    "this service, signed": "ours-signed",
    "HealthChain": "healthchain",
    "HealthChain, FHIR read": "healthchain-fhir",
    "Express": "express",
}
ROW = re.compile(
    r"^\| (\d+) \| ([^|]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", re.M
)


def test_each_row_is_what_was_measured() -> None:
    measured = {(r["contender"], r["connections"]): r for r in MEASURED["load"] if r["body"] == "gist"}
    rows = ROW.findall(PAGE)
    assert {NAMES[name] for _, name, *_ in rows} == set(MEASURED["contenders"])
    for connections, name, *told in rows:
        row = measured[NAMES[name], int(connections)]
        found = [row[column] for column in ("rate", "p50", "p99", "cpu", "cpu_ratio")]
        # each with the digits that the page gives it
        expected = [
            round(value, len(text.partition(".")[2])) for value, text in zip(found, told, strict=True)
        ]
        assert [float(text) for text in told] == expected, (connections, name)


def test_what_is_said_of_all_patients_is_what_was_measured() -> None:
    for name, begins in (("ours", "not reached:** "), ("ours-signed", "of bare, signed ")):
        ratios = [row["ratio"] for row in MEASURED["load"] if row["contender"] == name]
        assert f"{begins}{min(ratios):.2f} to {max(ratios):.2f}" in PAGE


def test_what_is_said_of_memory_is_what_was_measured() -> None:
    found = json.loads((CHECKOUT / "docs" / "performance" / "memory.json").read_text(encoding="utf-8"))
    looks = dict(found["looks"])
    calls = sorted(looks)
    begun, half, last = calls[0], calls[len(calls) // 2], calls[-1]
    assert last >= 200_000
    told = re.search(
        r"from (\d+) MB at the start to (\d+) after half of them and (\d+) at the end, ([\d.]+) of it", PAGE
    )
    assert told is not None
    assert [int(megabytes) for megabytes in told.groups()[:3]] == [
        round(looks[at]) for at in (begun, half, last)
    ]
    assert float(told[4]) == round(looks[last] - looks[calls[-2]], 1)
