"""Expectation and answer beside each other, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from .recorded import RecordedCall, expectation
from .run import Outcome

_ALONE = (
    "disease",
    "placement",
    "patientGroups",
    "treatedAs",
    "notAddressed",
    "possiblyNotAddressed",
    "missing",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing expected, named as in the differences; `found` is None where nothing of it came."""

    label: str
    expected: Any
    found: Any
    differs: bool


def side_by_side(outcome: Outcome) -> list[Line]:
    """Everything that was expected of a call with what came of it; empty where nothing was."""
    expected = _expected(outcome)
    found = expectation(outcome.answer) if outcome.status == 200 else {}
    lines: list[tuple[str, Any, Any]] = [("status", expected.get("status", 200), outcome.status)]
    lines += [(key, expected[key], found.get(key)) for key in _ALONE if key in expected]
    lines += _named("fact", expected.get("facts", {}), found.get("facts", {}))
    came = _by_option(found.get("options", ()))
    for option, offers in _by_option(expected.get("options", ())).items():
        lines.append((f"option {option}", offers, came.get(option)))
    lines += [
        (f"option {option}", "not offered", came.get(option)) for option in expected.get("notOffered", ())
    ]
    lines += _named("order", expected.get("orders", {}), found.get("orders", {}))
    lines += _named("trial", expected.get("trials", {}), found.get("trials", {}))
    if "cards" in expected:
        asked = {"card", "indicator", "summary"}.union(*expected["cards"])
        cards = ({k: v for k, v in card.items() if k in asked} for card in found.get("cards", ()))
        shown = dict(enumerate(cards, 1))
        lines += _named("card", dict(enumerate(expected["cards"], 1)), shown, all_found=True)
    return [Line(label, want, what, _differs(outcome, label)) for label, want, what in lines]


def as_written(value: Any) -> str:
    """A value on one line as an author writes it; nothing for None."""
    if value is None or isinstance(value, str):
        return value or ""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000
    )
    return text.removesuffix("...\n").strip()


def _expected(outcome: Outcome) -> Mapping[str, Any]:
    if not isinstance(outcome.call, RecordedCall):
        return outcome.call.expected
    recorded = outcome.call.recorded
    if recorded is None or outcome.call.status != 200:
        return {"status": outcome.call.status}
    return expectation(recorded)


def _named(
    kind: str, expected: Mapping[Any, Any], found: Mapping[Any, Any], *, all_found: bool = False
) -> Iterator[tuple[str, Any, Any]]:
    for name, want in expected.items():
        yield f"{kind} {name}", want, found.get(name)
    for name, what in found.items():
        if name not in expected and (all_found or kind in ("order", "trial")):
            yield f"{kind} {name}", None, what


def _by_option(options: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for option in options:
        found.setdefault(option["option"], []).append({k: v for k, v in option.items() if k != "option"})
    return found


def _differs(outcome: Outcome, label: str) -> bool:
    # a wrong number of cards is one difference of them all
    labels = (label, "cards") if label.startswith("card ") else (label,)
    return any(line.startswith(f"{one}:") for line in outcome.differences for one in labels)
