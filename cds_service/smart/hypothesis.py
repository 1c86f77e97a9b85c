"""What if: facts that a user supposes, over those that were read. The case that was read is never changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

from ..cards.wording import Wording
from ..case.extract.stated import SCALES, implied
from ..case.fact import Case, Choice, Evidence, Fact, Interval, Members, Value
from ..case.vocabulary import FactDefinition, Vocabulary

HYPOTHETICAL = "hypothetical"
"""Stands in place of a resource where nothing was read."""

SUPPOSED = Evidence(HYPOTHETICAL, "supposed on screen")
UNKNOWN = "unknown"
NONE = "none-of-them"
_LARGEST = 10_000


Entered = Mapping[str, Sequence[str]]
"""What stands in the fields of a form, by name, whether it can be supposed or not."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What is supposed: values by fact (None: nothing is known of it), and an order (an option's id).

    `problems` says by fact why something that was entered cannot be supposed; it is then left out.
    """

    values: Mapping[str, Value | None] = field(default_factory=dict)
    order: str | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values) or self.order is not None


def field_of(fact: str) -> str:
    """The name of a fact's field."""
    return f"fact.{fact}"


def members_of(fact: str) -> str:
    """The name of the boxes of a set fact."""
    return f"members.{fact}"


def supposable(vocabulary: Vocabulary) -> Iterator[FactDefinition]:
    """The facts that can be supposed: all that are read from a record but the disease, by which it is read."""
    return (d for d in vocabulary.definitions.values() if not d.derived and d.id != "disease")


def read_hypothesis(form: Entered, vocabulary: Vocabulary, options: Iterable[str]) -> Hypothesis:
    """What a form supposes. A field that is empty leaves the fact as recorded."""
    values: dict[str, Value | None] = {}
    problems: dict[str, str] = {}
    for definition in supposable(vocabulary):
        said = _one(form, field_of(definition.id))
        boxes = form.get(members_of(definition.id), ()) if definition.type == "codes" else ()
        if not said and not boxes:
            continue
        try:
            values[definition.id] = _entered(definition, said, boxes)
        except ValueError as wrong:
            problems[definition.id] = str(wrong)
    order = _one(form, "order")
    if order and order not in options:
        problems["order"] = "This order is not one that the pathway knows: choose one of the list."
        order = ""
    return Hypothesis(values, order or None, problems)


def _one(form: Entered, name: str) -> str:
    return next(iter(form.get(name, ())), "").strip()


def _entered(definition: FactDefinition, said: str, boxes: Sequence[str]) -> Value | None:
    """The value that was entered. Raises ValueError, whose text is for the user and quotes nothing."""
    if definition.type == "codes":
        return _members(definition, said, boxes)
    if said == UNKNOWN:
        return None
    if definition.type == "boolean":
        if said not in ("yes", "no"):
            raise ValueError("Choose yes, no or unknown.")
        return Choice(frozenset({said == "yes"}))
    if definition.type == "code":
        if said not in definition.values:
            raise ValueError("Choose one of the listed values.")
        return Choice(frozenset({said}))
    return _number(definition, said)


def _members(definition: FactDefinition, said: str, boxes: Sequence[str]) -> Members | None:
    if said and boxes:
        raise ValueError("Tick what is there, or choose none of them or unknown; not both.")
    if said == UNKNOWN:
        return None
    if said not in ("", NONE) or not set(boxes) <= set(definition.values):
        raise ValueError("Choose among the listed values.")
    return Members(frozenset(boxes))


def bounds(definition: FactDefinition) -> tuple[int, int]:
    """The least and the largest number that can be supposed."""
    if (steps := SCALES.get(definition.id)) is not None:
        return steps.start, steps.stop - 1
    if definition.id == "fnclcc-grade":
        return 1, 3
    return 0, {"a": 130, "cm": 200}.get(definition.unit or "", _LARGEST)


def _number(definition: FactDefinition, said: str) -> Interval:
    low, high = bounds(definition)
    kind = "a whole number" if definition.type == "integer" else "a number such as 7.5"
    wrong = f"Enter {kind} from {low} to {high}."
    try:
        # a decimal comma is common where the app is used
        value = float(said.replace(",", ".")) if len(said) <= 12 else float("nan")
    except ValueError:
        raise ValueError(wrong) from None
    if not isfinite(value) or not low <= value <= high:
        raise ValueError(wrong)
    if definition.type == "integer" and value != int(value):
        raise ValueError(wrong)
    return Interval(value, value)


def supposed(
    case: Case, hypothesis: Hypothesis, vocabulary: Vocabulary, wording: Wording
) -> tuple[Case, Mapping[str, str]]:
    """Another case in which the hypothesis holds, and by fact why some of it cannot hold, which is left out.

    What a supposed fact says of others is supposed with it: a margin is one of a resection.
    """
    facts = dict(case.facts)
    problems: dict[str, str] = {}
    for name, value in hypothesis.values.items():
        facts[name] = _fact(vocabulary[name], value, SUPPOSED)
    for name in [n for n in facts if facts[n].known]:
        for follows, what in implied(name, facts[name].value):
            if _agree(facts[follows].value, what):
                continue
            if name in hypothesis.values and follows not in hypothesis.values:
                follower = Evidence(HYPOTHETICAL, f"follows from {wording.short('facts', name)}")
                facts[follows] = _fact(vocabulary[follows], what, follower)
            elif follows in hypothesis.values:
                whence = "what you entered for" if name in hypothesis.values else "the record's"
                problems[follows] = (
                    f"This contradicts {whence} {wording.short('facts', name)}: change that too, or leave this."
                )
                facts[follows] = case.facts[follows]
    return replace(case, facts=facts), problems


def _agree(value: Value, with_: Value) -> bool:
    """Whether a value is already what another fact says of it."""
    if isinstance(value, Choice) and isinstance(with_, Choice):
        return value.possible <= with_.possible
    return value == with_


def _fact(definition: FactDefinition, value: Value | None, evidence: Evidence) -> Fact:
    if value is None:
        return Fact(definition.id, definition.unknown(), "missing", (evidence,))
    return Fact(definition.id, value, None, (evidence,))
