"""What is kept of an answer beside the answer: counts. Nothing of a patient."""

from __future__ import annotations

from collections.abc import Callable

from .http.wire import HookCall
from .metrics import Metrics
from .service import Answer

Observer = Callable[[HookCall, Answer], None]
"""Told of every call that was answered, after the cards are made and before they are sent."""


def counting(metrics: Metrics) -> Observer:
    """Counts where patients were placed, what was said of their orders and what was missing."""

    def count(call: HookCall, answer: Answer) -> None:
        client, assessment = call.caller.client, answer.assessment
        with metrics.regardless:
            metrics.placements.labels(assessment.disease, assessment.placement).inc()
            for verdict in assessment.verdicts:
                metrics.verdicts.labels(client, verdict.option or "none", verdict.verdict).inc()
            for missing in assessment.missing:
                metrics.missing.labels(missing.fact).inc()
            for key in answer.case.failed:
                metrics.failed_queries.labels(key).inc()
            for card in answer.response["cards"]:
                metrics.cards.labels(client, card["indicator"]).inc()

    return count
