"""An answer against a fixture's expectation: what differs, in words that name the place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

EXTENSION = "org.sarcoma-cds.assessment"
KNOWN_KEYS = frozenset(
    {"title", "why", "today", "status", "encoding", "disease", "placement", "patientGroups", "facts", "options",
     "notOffered", "orders", "missing", "cards", "trials", "onlyToday", "treatedAs",
     "notAddressed", "possiblyNotAddressed"}
)  # fmt: skip

# stands in an expectation that is still to be written, which therefore nothing meets
UNFINISHED = "unfinished"


def differences(expected: Mapping[str, Any], status: int, answer: Mapping[str, Any]) -> list[str]:
    """Every difference between what was expected and what came; empty if they agree.

    Keys that an expectation leaves out are not compared.
    """
    strange = [key for key in expected if key not in KNOWN_KEYS and key != UNFINISHED]
    found = [f"expected.yaml: {key!r} is not an expectation" for key in strange]
    if UNFINISHED in expected:
        found.append(f"expected.yaml: {UNFINISHED}: {expected[UNFINISHED]}")
    wanted = expected.get("status", 200)
    if status != wanted:
        return [*found, f"status: expected {wanted}, came {status}"]
    if status != 200:
        return found
    assessment = answer.get("extension", {}).get(EXTENSION)
    if assessment is None:
        return [*found, "the answer carries no assessment"]
    for key in ("disease", "placement", "notAddressed"):
        if key in expected and assessment.get(key) != expected[key]:
            found.append(f"{key}: expected {expected[key]}, came {assessment.get(key)}")
    for key in ("patientGroups", "treatedAs", "possiblyNotAddressed"):
        if key in expected and sorted(assessment.get(key, [])) != sorted(expected[key]):
            found.append(f"{key}: expected {sorted(expected[key])}, came {sorted(assessment.get(key, []))}")
    found += _facts(expected.get("facts", {}), assessment.get("facts", []))
    found += _options(
        expected.get("options", []), expected.get("notOffered", []), assessment.get("options", [])
    )
    if "orders" in expected:
        found += _orders(expected["orders"], assessment.get("orders", []))
    if "missing" in expected:
        found += _missing(expected["missing"], assessment.get("missing", []))
    if "trials" in expected:
        found += _trials(expected["trials"], assessment.get("trials", []))
    if "cards" in expected:
        found += _cards(expected["cards"], answer["cards"])
    return found


def _facts(expected: Mapping[str, Any], came: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    by_name = {fact["fact"]: fact for fact in came}
    for name, want in expected.items():
        fact = by_name.get(name, {"state": "not listed"})
        ((state, value),) = want.items()
        told = {"known": fact.get("value"), "possible": fact.get("values"), "unknown": fact.get("why")}
        if fact["state"] != state or _plain(told[state]) != _plain(value):
            shown = {k: v for k, v in fact.items() if k not in ("fact", "evidence")}
            yield f"fact {name}: expected {state} {value}, came {shown}"


def _plain(value: Any) -> Any:
    if value is None or value == []:
        return []
    if isinstance(value, list):
        return sorted(map(str, value))
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _options(
    expected: Sequence[Mapping[str, Any]], not_offered: Sequence[str], came: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    for want in expected:
        same = [o for o in came if o["option"] == want["option"]]
        if not any(all(o.get(k) == v for k, v in want.items()) for o in same):
            shown = [{k: o[k] for k in ("role", "line", "state") if k in o} for o in same]
            yield f"option {want['option']}: expected {dict(want)}, came {shown or 'none'}"
    for name in not_offered:
        for option in came:
            if option["option"] == name:
                yield f"option {name}: expected not to be offered, came {option.get('role', '')} {option['state']}"


def _orders(expected: Mapping[str, Any], came: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    by_order = {order["order"]: order for order in came}
    for reference, want in expected.items():
        order = by_order.pop(reference, {})
        for key, value in want.items():
            if order.get(key) != value:
                reasons = f" because {', '.join(order.get('reasons', ()))}" if order.get("reasons") else ""
                yield f"order {reference}: expected {key} {value}, came {order.get(key)}{reasons}"
    for reference, order in by_order.items():
        yield f"order {reference}: not expected, came {order['verdict']}"


def _trials(expected: Mapping[str, Any], came: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Eligibility and the criteria that are said to fail or to be unknown; `unknown` names all of them."""
    by_trial = {trial["trial"]: trial for trial in came}
    for name, want in expected.items():
        trial = by_trial.pop(name, {})
        for key in ("eligibility", "failed", "unknown"):
            if key in want and _plain(trial.get(key)) != _plain(want[key]):
                yield f"trial {name}: expected {key} {want[key]}, came {trial.get(key)}"
    for name, trial in by_trial.items():
        yield f"trial {name}: not expected, came {trial['eligibility']}"


def _missing(expected: Sequence[str], came: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for_orders = [m["fact"] for m in came if "orders" in m["changes"]]
    if not expected:
        if for_orders:
            yield f"missing: expected nothing that would change an order, came {for_orders}"
        return
    names = [m["fact"] for m in came]
    if names[: len(expected)] != list(expected):
        yield f"missing: expected to begin with {list(expected)}, came {names}"


def _cards(expected: Sequence[Mapping[str, Any]], came: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(expected) != len(came):
        yield f"cards: expected {len(expected)}, came {len(came)}: {[c['summary'] for c in came]}"
        return
    for number, (want, card) in enumerate(zip(expected, came, strict=True), 1):
        code = want["card"] + "".join(c for c in want.get("option", "") if c.isalnum())
        if card["source"]["topic"]["code"] != code:
            yield f"card {number}: expected {code}, came {card['source']['topic']['code']}: {card['summary']}"
        if card["indicator"] != want.get("indicator", card["indicator"]):
            yield f"card {number}: expected {want['indicator']}, came {card['indicator']}"
        for key in ("summary", "detail"):
            if key in want and card.get(key) != want[key]:
                yield f"card {number}: expected {key} {want[key]!r}, came {card.get(key)!r}"
        for key, only in (("suggests", False), ("recommended", True)):
            if key in want and sorted(_created(card, only)) != sorted(want[key]):
                yield f"card {number}: expected {key} {want[key]}, came {sorted(_created(card, only))}"


def _created(card: Mapping[str, Any], recommended: bool) -> Iterator[str]:
    """The options that a card's suggestions create, named by what they order."""
    for suggestion in card.get("suggestions", ()):
        if recommended and not suggestion.get("isRecommended"):
            continue
        created = [a["resource"] for a in suggestion["actions"] if a["type"] == "create"]
        drugs = [r["medicationCodeableConcept"]["text"] for r in created if "medicationCodeableConcept" in r]
        tests = [r["code"]["coding"][0]["code"] for r in created if r["resourceType"] == "ServiceRequest"]
        if drugs or tests:
            yield "+".join([*drugs, *tests])
