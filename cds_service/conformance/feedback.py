"""Feedback on the cards that came: accepted, overridden, several at once, again, and malformed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .answer import error_findings
from .exchange import Exchange, Target
from .finding import Finding, held, not_run

REQUIREMENTS = (
    "feedback.accepted",
    "feedback.overridden",
    "feedback.reason",
    "feedback.batch",
    "feedback.again",
    "error.feedback",
)
NOT_OFFERED = (404, 405, 501)
FALLBACK_REASON = {"code": "other", "system": "https://ehr.example.org/override-reasons"}


class FeedbackSender:
    """Sends one service feedback on cards that it answered with; keeps every exchange."""

    def __init__(self, target: Target, service: str, answers: Sequence[Exchange]) -> None:
        self._target = target
        self._service = service
        self._cards = [card for answer in answers if answer.succeeded for card in cards_of(answer)]
        self.exchanges: list[Exchange] = []

    def findings(self) -> Iterator[Finding]:
        """Sends the feedback; what the answers show."""
        where = f"{self._service} feedback"
        cards = [card for card in self._cards if isinstance(card.get("uuid"), str)]
        if not cards:
            yield from self._none(where, "no card with a uuid came, so there is nothing to tell")
            return
        first = self._post("overridden", [overridden(cards[0])])
        if first.status in NOT_OFFERED:
            yield from self._none(where, "not offered: the endpoint is optional to services")
            return
        if first.unauthorized:
            yield from self._none(where, f"{first.told}: name what it asks for with --header")
            return
        yield _understood("feedback.overridden", first)
        yield _understood("feedback.again", self._post("again", [overridden(cards[0])]))
        for how, reason in reasons(cards[0]).items():
            sent = [{**overridden(cards[0]), "overrideReason": reason}]
            yield _understood("feedback.reason", self._post(how, sent))
        yield from self._about_acceptance(cards)
        batch = [overridden(card) for card in cards[:3]]
        yield _understood("feedback.batch", self._post("batch", batch if len(batch) > 1 else batch * 2))
        yield from self._about_refusal(cards[0])

    def _about_acceptance(self, cards: Sequence[dict[str, Any]]) -> Iterator[Finding]:
        taken = next((found for card in cards if (found := accepted(card))), None)
        if taken is None:
            why = "no card came with a uuid and a suggestion with a uuid"
            yield not_run("feedback.accepted", f"{self._service} feedback", why)
            return
        yield _understood("feedback.accepted", self._post("accepted", [taken]))

    def _about_refusal(self, card: dict[str, Any]) -> Iterator[Finding]:
        good = overridden(card)
        bad: dict[str, Any] = {
            f"without {member}": {"feedback": [{k: v for k, v in good.items() if k != member}]}
            for member in good
        }
        bad["an unknown outcome"] = {"feedback": [{**good, "outcome": "ignored"}]}
        bad["accepted, but not what"] = {"feedback": [{**good, "outcome": "accepted"}]}
        bad["no array"] = {"feedback": good}
        for how, body in bad.items():
            exchange = self._send(how, body)
            told = f"{exchange.told}, not 4xx"
            yield held("error.feedback", exchange.refused, exchange.name, told)
            if not exchange.succeeded:
                yield from error_findings(exchange)

    def _post(self, how: str, feedback: Sequence[dict[str, Any]]) -> Exchange:
        return self._send(how, {"feedback": list(feedback)})

    def _send(self, how: str, body: Any) -> Exchange:
        exchange = self._target.post(
            f"{self._service} feedback ({how})", f"/cds-services/{self._service}/feedback", body
        )
        self.exchanges.append(exchange)
        return exchange

    def _none(self, where: str, why: str) -> Iterator[Finding]:
        for requirement in REQUIREMENTS:
            yield not_run(requirement, where, why)


def cards_of(answer: Exchange) -> list[dict[str, Any]]:
    document = answer.document
    cards = document.get("cards") if isinstance(document, dict) else None
    return [card for card in cards if isinstance(card, dict)] if isinstance(cards, list) else []


def overridden(card: Mapping[str, Any]) -> dict[str, Any]:
    """Feedback that a card with a uuid was dismissed just now, without a reason."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": now}


def accepted(card: Mapping[str, Any]) -> dict[str, Any] | None:
    """Feedback that the first suggestion of a card was accepted; None if it has none with a uuid."""
    suggestions = card.get("suggestions")
    for suggestion in suggestions if isinstance(suggestions, list) else []:
        if isinstance(suggestion, dict) and isinstance(suggestion.get("uuid"), str):
            chosen = [{"id": suggestion["uuid"]}]
            return {**overridden(card), "outcome": "accepted", "acceptedSuggestions": chosen}
    return None


def reasons(card: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Override reasons in each form: the first that the card offers (else one of ours), a comment, both."""
    offered = card.get("overrideReasons")
    first = offered[0] if isinstance(offered, list) and offered else None
    whole = isinstance(first, dict) and {"code", "system"} <= set(first)
    reason = {name: first[name] for name in ("code", "system")} if first and whole else FALLBACK_REASON
    comment = "A comment of the conformance check."
    return {
        "reason": {"reason": reason},
        "comment": {"userComment": comment},
        "reason and comment": {"reason": reason, "userComment": comment},
    }


def _understood(requirement: str, exchange: Exchange) -> Finding:
    return held(requirement, exchange.succeeded, exchange.name, f"{exchange.told}")
