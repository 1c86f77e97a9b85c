"""The cards of a soft-tissue sarcoma: where it stands, what it is treated as, and where the sources are silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from cds_service.cards.making import CardMaker
from cds_service.cards.select import cards_of
from cds_service.cards.suggestions import Subject
from cds_service.case.fact import Case, DraftOrder
from tests.shipped import service

from ..pathway.cases import Stated, assessed, draft, tell
from ..pathway.sarcomas import BELLY, LARGE, LOW, RESECTABLE, SMALL, UNRESECTABLE, sts
from .shown import Shown

SUBJECT = Subject("patient-1", "Condition/sarcoma", "Practitioner/surgeon")


@pytest.fixture(scope="module")
def maker() -> CardMaker:
    return service().maker


def ids() -> Iterator[str]:
    return (f"id-{n}" for n in count())


def opened(maker: CardMaker, case: Case) -> dict[str, Any]:
    """The one card on opening the chart."""
    (card,) = cards_of(maker, assessed(case), SUBJECT, ids().__next__, patient_view=True)
    return card.wire


def drafted(maker: CardMaker, case: Case, *orders: DraftOrder) -> list[dict[str, Any]]:
    cards = cards_of(maker, assessed(case, *orders), SUBJECT, ids().__next__, patient_view=False)
    return [card.wire for card in cards]


def test_the_chart_says_the_group_and_the_referral(maker: CardMaker) -> None:
    card = opened(maker, sts(SMALL, RESECTABLE, histology="leiomyosarcoma"))

    assert card["summary"] == "Extremity soft-tissue sarcoma, stage II, resectable"
    assert "Referral to an expert centre" in card["detail"]
    assert "GIST" not in card["summary"]


def test_the_chart_says_that_a_girdle_counts_as_extremity(maker: CardMaker) -> None:
    assert "limb girdle" in opened(maker, sts(SMALL, RESECTABLE, primary_site="buttock"))["detail"]
    assert "limb girdle" not in opened(maker, sts(SMALL, RESECTABLE))["detail"]


def test_the_chart_says_that_a_recorded_stage_disagrees(maker: CardMaker) -> None:
    card = opened(maker, sts(SMALL, RESECTABLE, stated_stage="III"))

    assert "disagrees with grade, depth and size" in card["detail"]
    assert card["summary"].startswith("Soft-tissue sarcoma: 2 patient groups possible")


def test_the_chart_says_what_a_local_recurrence_is_treated_as(maker: CardMaker) -> None:
    card = opened(maker, sts(SMALL, RESECTABLE, recurrence="local"))

    assert card["summary"] == "Extremity soft-tissue sarcoma, local recurrence"
    assert "**Treated as:** Extremity soft-tissue sarcoma, stage II, resectable." in card["detail"]


@pytest.mark.parametrize(
    ("stated", "named"),
    [
        ({**LARGE, "primary-site": "breast"}, "Soft-tissue sarcoma of the breast"),
        ({**SMALL, "histology": "ewing-sarcoma"}, "Ewing sarcoma of soft tissue"),
        ({**LOW, **UNRESECTABLE}, "Extremity soft-tissue sarcoma, stage I, unresectable"),
        (
            {**LOW, **UNRESECTABLE, "recurrence": "local"},
            "Extremity soft-tissue sarcoma, stage I, unresectable",
        ),
    ],
    ids=tell,
)
def test_where_the_sources_are_silent_one_quiet_card_refers(
    maker: CardMaker, stated: Mapping[str, Stated], named: str
) -> None:
    case = sts(stated)
    drafts = [draft("doxorubicin", name="a"), draft("excision", name="b"), draft("imatinib", name="c")]
    on_chart, on_orders = opened(maker, case), drafted(maker, case, *drafts)

    assert len(on_orders) == 1
    for card in (on_chart, on_orders[0]):
        assert card["indicator"] == "info"
        assert card["summary"] == f"{named}: not addressed by the sources; refer to an expert centre"
        assert "Referral to an expert centre" in card["detail"]
        assert "suggestions" not in card
    assert "Doxorubicin" in on_orders[0]["detail"]
    assert "**Drafted:**" not in on_chart["detail"]


def test_silence_has_no_card_where_nothing_for_the_tumour_is_drafted(maker: CardMaker) -> None:
    fibroid = draft("embolisation", indication="other")
    untied = draft("embolisation", indication="not-stated", name="b")

    assert drafted(maker, sts(LARGE, primary_site="uterus"), fibroid, untied) == []
    assert drafted(maker, sts(LARGE, primary_site="uterus")) == []


def test_groups_that_may_not_be_addressed_are_named_so(maker: CardMaker) -> None:
    card = opened(maker, sts(LOW, UNRESECTABLE, primary_site="pelvis"))

    assert "stage I, unresectable (not addressed by the sources)" in card["detail"]
    assert card["summary"].startswith("Soft-tissue sarcoma: 2 patient groups possible")


def test_an_excision_on_the_pathway_at_every_stage_is_not_given_the_reason_of_one(maker: CardMaker) -> None:
    (card,) = drafted(maker, sts({**LARGE, "grade": None}, RESECTABLE), draft("excision"))

    assert card["summary"] == "Excision of the tumour: on the pathway, in every patient group still possible"
    assert "**Extremity soft-tissue sarcoma, stage I:** Wide local excision" in card["detail"]
    assert "resectable:** Surgery first" in card["detail"]


def test_an_excision_in_one_group_has_its_reason_in_the_summary(maker: CardMaker) -> None:
    (card,) = drafted(maker, sts(LARGE, RESECTABLE), draft("excision"))

    assert card["summary"] == "Excision of the tumour: on the pathway, one of four routes"


@pytest.mark.parametrize(
    ("case", "order", "said"),
    [
        (
            sts(LARGE, RESECTABLE),
            "amputation",
            "loss of limb function by resection no: off the pathway; yes: on the pathway",
        ),
        (
            sts(BELLY, RESECTABLE),
            "neoadjuvant-radiotherapy",
            "high risk of local recurrence no: off the pathway; yes: on the pathway",
        ),
    ],
)
def test_what_yes_and_no_decide_is_read_the_right_way_round(
    maker: CardMaker, case: Case, order: str, said: str
) -> None:
    (card,) = drafted(maker, case, draft(order))

    assert said in card["detail"]


def test_a_fact_that_is_yes_or_no_is_named_by_what_yes_means(maker: CardMaker) -> None:
    """Not the question behind it: `limb function: yes` would say the opposite of what the record says."""
    short = maker.wording.short

    assert short("facts", "limb-function-lost-by-resection").startswith("loss of")
    assert short("facts", "comorbidity-prohibits-resection") == "illness that rules resection out"
    assert short("facts", "margin-on-critical-structure").startswith("positive margin on")
    assert short("facts", "radiotherapy-risk-unacceptable").startswith("unacceptable")
    assert short("facts", "high-metastatic-risk").startswith("high")


def test_kinds_that_are_all_possible_and_none_addressed_are_named_each() -> None:
    (card,) = Shown().answer("sts-not-addressed/small-round-cells-three-readings")["cards"]
    assert card["summary"].startswith("Soft-tissue sarcoma: 3 situations possible, none addressed")
    for kind in ("Desmoplastic small round cell tumour", "Ewing sarcoma", "Rhabdomyosarcoma"):
        assert kind not in card["summary"] and kind in card["detail"]
