"""Options: what can be offered or ordered, and the offers that a patient group makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..case.vocabulary import AuthoringError, Vocabulary, nearest
from .answer import Answer
from .criteria import NOTHING, Criterion, Test, Values, compile_criterion


@dataclass(frozen=True, slots=True)
class Option:
    """One treatment, test or strategy. `items` are the drugs or tests that make it up.

    `above_daily_mg` and `base`: it is `base` at more than that many mg a day. `aimed`: an order that names the
    metastases it is for is judged by these alone.
    """

    id: str
    kind: str
    items: tuple[str, ...] = ()
    above_daily_mg: float | None = None
    base: str | None = None
    aimed: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a statement comes from: the source's id, its section, and what it says there in our own words."""

    source: str
    section: str
    says: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an offer is met, not met or silent. `ask` are facts that the sources would want to know."""

    id: str
    criterion: Criterion
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WhileUnknown:
    """A stated way to proceed while a fact is unknown because another was never tested: a caution, with what
    to do meanwhile."""

    fact: str
    untested: str
    id: str
    suggest: str


# option, role, line
OfferKey = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Offer:
    """One option that a patient group offers, its condition, and every source that states it.

    `early` holds where the option is not offered yet, although a source lists it without that order: a draft
    of it is a caution then. `facts` is every fact that its condition and its reasons ask for. `evaluate(values)`
    says met, not met, or unknown; unknown too where the sources are silent about this patient.
    `asks` tells that a silent source may want to know even a fact that is known.
    """

    id: str
    option: str
    line: str
    role: str | None
    criterion: Criterion
    sources: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    refusals: tuple[Reason, ...] = ()
    silent: tuple[Reason, ...] = ()
    unaddressed: tuple[Reason, ...] = ()
    early: tuple[Reason, ...] = ()
    while_unknown: WhileUnknown | None = None
    differs: str | None = None
    citations: tuple[Citation, ...] = ()
    facts: frozenset[str] = field(init=False, repr=False, compare=False)
    key: OfferKey = field(init=False, repr=False, compare=False)
    asks: bool = field(init=False, repr=False, compare=False)
    evaluate: Test = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", self._facts())
        object.__setattr__(self, "key", (self.option, self.role, self.line))
        object.__setattr__(self, "asks", any(reason.ask for reason in self.silent))
        object.__setattr__(self, "evaluate", self._unless_silent if self.silent else self._met)

    def __hash__(self) -> int:
        # ids are unique among offers; to go through all members takes longer than most questions to them
        return hash(self.id)

    def _facts(self) -> frozenset[str]:
        asked = self.while_unknown
        also = frozenset({asked.fact, asked.untested}) if asked is not None else NOTHING
        return also.union(*(criterion.facts for criterion in self.criteria()))

    def criteria(self) -> tuple[Criterion, ...]:
        """Its condition, and those of its reasons."""
        reasons = (*self.reasons, *self.refusals, *self.silent, *self.unaddressed, *self.early)
        return self.criterion, *(reason.criterion for reason in reasons)

    def _met(self, values: Values) -> Answer:
        answer = self.criterion.test(values)
        # most sources are never silent: then the condition alone answers, without a call between once it is made
        object.__setattr__(self, "evaluate", self.criterion.test)
        return answer

    def _unless_silent(self, values: Values) -> Answer:
        answer = self.criterion.test(values)
        if answer is True:
            return True
        silent = [reason.criterion.test(values) for reason in self.silent]
        if True in silent or (answer is False and None in silent):
            return None
        return answer

    def needs(self, values: Values) -> frozenset[str]:
        """Unknown facts that could change the answer, and what a silent source would want to know."""
        needed = self.criterion.needs(values)
        for reason in self.silent:
            answer = reason.criterion.test(values)
            if answer is True:
                needed |= frozenset(reason.ask)
            elif answer is None:
                needed |= reason.criterion.needs(values)
        return needed

    def silent_reasons(self, values: Values) -> tuple[str, ...]:
        return tuple([r.id for r in self.silent if r.criterion.test(values) is True])

    def why_unaddressed(self, values: Values) -> tuple[str, ...]:
        """Ids of the reasons for which the sources give no guidance on this option here; may be empty."""
        return tuple([r.id for r in self.unaddressed if r.criterion.test(values) is True])

    def why_early(self, values: Values) -> tuple[str, ...]:
        return tuple([r.id for r in self.early if r.criterion.test(values) is True])

    def early_needs(self, values: Values) -> frozenset[str]:
        """Unknown facts on which it hangs whether the option is merely early."""
        return NOTHING.union(
            *[r.criterion.needs(values) for r in self.early if r.criterion.test(values) is None]
        )

    def why_met(self, values: Values) -> tuple[str, ...]:
        """Ids of the reasons that hold, or the offer's own id."""
        return tuple([r.id for r in self.reasons if r.criterion.test(values) is True]) or (self.id,)

    def why_not(self, values: Values) -> tuple[str, ...]:
        """Ids of the refusals that hold for certain; may be empty."""
        return tuple([r.id for r in self.refusals if r.criterion.test(values) is True])


def compile_options(document: Mapping[str, Any]) -> Mapping[str, Option]:
    """The options of `options.yaml` by id. Raises AuthoringError for a repeated id or an unknown base."""
    options: dict[str, Option] = {}
    for index, row in enumerate(document["options"]):
        if row["option"] in options:
            raise AuthoringError(f"option {row['option']!r} is defined twice", ("options", index, "option"))
        options[row["option"]] = Option(
            row["option"],
            row["kind"],
            tuple(row.get("items", ())),
            row.get("above-daily-mg"),
            row.get("base"),
            row.get("aimed", False),
        )
    for index, row in enumerate(document["options"]):
        if "base" in row and row["base"] not in options:
            raise AuthoringError(
                f"no option {row['base']!r}{nearest(row['base'], options)}", ("options", index, "base")
            )
    return options


def companions_of(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Drugs that are judged only beside another drug. Raises AuthoringError for a drug of no option."""
    drugs = {item for row in document["options"] for item in row.get("items", ())}
    found: dict[str, str] = {}
    for index, row in enumerate(document.get("companions", ())):
        for key in ("drug", "beside"):
            if row[key] not in drugs:
                raise AuthoringError(
                    f"no option holds {row[key]!r}{nearest(row[key], drugs)}", ("companions", index, key)
                )
        found[row["drug"]] = row["beside"]
    return found


def compile_offer(source: Mapping[str, Any], vocabulary: Vocabulary) -> Offer:
    """One offer of a pathway file that the schema accepted."""

    def reasons(name: str) -> tuple[Reason, ...]:
        return tuple(
            Reason(r["id"], compile_criterion(r["when"], vocabulary), tuple(r.get("ask", ())))
            for r in source.get(name, ())
        )

    meanwhile = source.get("while-unknown")
    return Offer(
        id=source["offer"],
        option=source["option"],
        line=source["line"],
        role=source.get("role"),
        criterion=compile_criterion(source["when"], vocabulary),
        sources=sources_of(source["cite"]),
        reasons=reasons("reasons"),
        refusals=reasons("refusals"),
        silent=reasons("silent"),
        unaddressed=reasons("unaddressed"),
        early=reasons("early"),
        while_unknown=WhileUnknown(
            meanwhile["fact"], meanwhile["untested"], meanwhile["id"], meanwhile["suggest"]
        )
        if meanwhile
        else None,
        differs=source.get("differs"),
        citations=citations_of(source["cite"]),
    )


def citations_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Citation, ...]:
    """Authored citations, each on one line."""
    return tuple(Citation(c["source"], c["section"], " ".join(c["says"].split())) for c in rows)


def sources_of(citations: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The ids of the cited sources, each once, in order."""
    return tuple(dict.fromkeys(c["source"] for c in citations))
