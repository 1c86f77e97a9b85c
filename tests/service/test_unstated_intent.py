"""The card about an order that does not say which of several options it is."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from cds_service.cards.select import cards_of
from cds_service.cards.suggestions import Subject
from tests.case.chart import service
from tests.pathway.cases import METASTATIC, assessed, draft, gist


def test_the_card_asks_what_the_treatment_is_for() -> None:
    """It is named by what its options have in common, and no fact is asked for that would not decide."""
    order = replace(draft(None), alternatives=("neoadjuvant-radiotherapy", "palliative-radiotherapy"))
    assessment = assessed(gist(METASTATIC, symptomatic=True), order)
    ids = count(1)
    (card,) = cards_of(
        service().maker,
        assessment,
        Subject("p1", "Condition/gist", None),
        lambda: str(next(ids)),
        patient_view=False,
    )

    assert assessment.verdicts[0].verdict == "undetermined"
    assert assessment.verdicts[0].option is None
    assert card.wire["summary"].startswith("Radiotherapy")
    assert "aim of the treatment" in card.wire["summary"]
    assert "before surgery" in card.wire["detail"]


def test_such_a_verdict_fits_the_schema_of_the_assessment() -> None:
    order = replace(draft(None), alternatives=("neoadjuvant-radiotherapy", "palliative-radiotherapy"))
    (told,) = assessed(gist(METASTATIC), order).to_json()["orders"]

    assert told["verdict"] == "undetermined"
    assert told["reasons"] == ["order.intent-not-stated"]
    assert "option" not in told
