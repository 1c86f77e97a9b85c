"""The verdict on a drafted order, and the words and reasons it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ..case.fact import DraftOrder
from .criteria import NOTHING
from .options import Offer

VerdictWord = Literal[
    "on-pathway", "caution", "off-pathway", "contraindicated", "undetermined", "not-addressed", "out-of-scope"
]
VERDICTS: tuple[VerdictWord, ...] = get_args(VerdictWord)

NOT_AN_OPTION = "order.not-an-option"
INDICATION_NOT_STATED = "order.indication-not-stated"
INTENT_NOT_STATED = "order.intent-not-stated"
DOSE_NOT_READ = "order.dose-not-read"
# what only the order itself can say, and no fact
UNSTATED = frozenset({INDICATION_NOT_STATED, INTENT_NOT_STATED, DOSE_NOT_READ})
OFFERED = "order.offered"
IN_EVERY_GROUP = "order.in-every-group"
COMPANION_MISSING = "order.companion-missing"
SITUATION_NOT_ADDRESSED = "order.situation-not-addressed"


@dataclass(frozen=True, slots=True)
class Replacement:
    """An option to order instead; `groups` are the possible groups that offer it, `everywhere` if all do."""

    option: str
    groups: tuple[str, ...]
    everywhere: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the pathway says of one drafted order.

    `reasons` are ids whose wording lives in `cards/`, `needs` the unknown facts on which it hangs, `offers`
    the offers it was judged by, `tests` tests that the sources want first, `replacements` what to order
    instead. `by_group` are the reasons inside each possible group, by its id.
    """

    order: DraftOrder
    option: str | None
    verdict: VerdictWord
    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    needs: frozenset[str] = NOTHING
    offers: tuple[Offer, ...] = ()
    tests: tuple[str, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    by_group: tuple[tuple[str, tuple[str, ...]], ...] = ()
