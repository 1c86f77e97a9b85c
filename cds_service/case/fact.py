"""Facts, cases and drafted orders: the words in which every room after `fhir/` speaks.

A value is never a guess: it is the *set of values still possible*. A known tumour size is the interval
[6, 6], "more than 10 cm" is (10, inf), a missing one is the whole line. Codes and sets work alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal, get_args

import msgspec

Scalar = str | bool
Why = Literal["missing", "conflicting", "uncodable", "failed-query"]
QueryFailure = Literal[
    "deleted", "exception", "forbidden", "incomplete", "login", "not-found", "not-supported", "processing",
    "security", "structure", "throttled", "timeout", "too-costly", "transient",
]  # fmt: skip
"""Why a query failed, in words of FHIR R4's IssueType; `processing` stands for any other word."""
QUERY_FAILURES: Mapping[str, QueryFailure] = {word: word for word in get_args(QueryFailure)}


class Choice(msgspec.Struct, frozen=True, gc=False):
    """A code or boolean fact: the values that are still possible (one = known)."""

    possible: frozenset[Scalar]

    @property
    def known(self) -> bool:
        return len(self.possible) == 1

    settled = known


class Interval(msgspec.Struct, frozen=True, gc=False):
    """A number: the interval in which it lies, in the fact's own unit (a point = known)."""

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    @property
    def known(self) -> bool:
        return self.low == self.high

    settled = known

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that holds both."""
        low = min((self.low, self.low_open), (other.low, other.low_open))
        high = max((self.high, not self.high_open), (other.high, not other.high_open))
        return Interval(low[0], high[0], low[1], not high[1])


class Members(msgspec.Struct, frozen=True, gc=False):
    """A set fact: members that are in it, and members of which nothing is known; all others are not in it.

    It is known once a member is found, or nothing is left open: `wild-type` is a result even while genes
    that were not tested stay open. `settled` is the stricter question.
    """

    present: frozenset[str]
    unknown: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        return bool(self.present) or not self.unknown

    @property
    def settled(self) -> bool:
        return not self.unknown


Value = Choice | Interval | Members


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """Where a fact was read: `Type/id`, the element in it, and the date that the record states."""

    resource: str
    element: str
    date: str | None = None


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One typed statement about the patient.

    `why` says why it is not known (None when it is known, or narrowed by what was read).
    `overruled` holds records that said otherwise and lost by the precedence in `facts.yaml`.
    `remarks` are ids of assumptions under which it was read; their wording lives in `cards/`.
    """

    id: str
    value: Value
    why: Why | None = None
    evidence: tuple[Evidence, ...] = ()
    overruled: tuple[Evidence, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return self.why is None and self.value.known


@dataclass(frozen=True, slots=True)
class Unread:
    """A resource that could not be decoded; it cost only its own facts."""

    resource: str
    problem: str


@dataclass(frozen=True, slots=True)
class Case:
    """All facts of one patient at one moment.

    `condition` is the reference of the Condition that the facts are about (None when there is none),
    `failed` the prefetch keys whose query failed, was not sent or came incomplete, `why_failed` the reasons of
    those whose answer gave one,
    `tests_ordered` the option ids of tests that are already ordered.
    """

    patient: str
    facts: Mapping[str, Fact]
    condition: str | None = None
    failed: tuple[str, ...] = ()
    why_failed: Mapping[str, QueryFailure] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    tests_ordered: frozenset[str] = frozenset()
    in_remission: bool = False
    other_malignancy: bool = False


Indication = Literal["this-tumour", "other", "not-stated"]


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """One drafted order, read far enough to judge it.

    `item` is the drug, test or procedure it asks for (an id of `options.yaml` items; None = nothing that
    the knowledge base knows), `daily_mg` the daily dose in mg where the draft states one,
    `indication` what its reason or site ties it to, `identified` whether the client gave it an id,
    `curative` whether it says that it is meant to cure. `alternatives` are the options that it may be where it
    does not say which (radiotherapy without an intent); `item` is then None. `targets` are the organs of the
    metastases that its site, its words or its reason name; empty if they name none. `after_drafted_surgery`: it
    follows an operation that is drafted with it. `dose_unread`: it states a dose that could not be read, so that
    `daily_mg` is at most a part of it.
    """

    reference: str
    item: str | None
    selected: bool
    indication: Indication = "not-stated"
    daily_mg: float | None = None
    identified: bool = True
    curative: bool = False
    alternatives: tuple[str, ...] = ()
    targets: frozenset[str] = frozenset()
    after_drafted_surgery: bool = False
    dose_unread: bool = False
