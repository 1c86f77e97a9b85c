"""What if: the answer of the service to the record that was read, with what is supposed recorded or drafted in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from ..cards.wording import Wording
from ..case.extract.stated import implied
from ..case.extract.supposing import Supposition, supposed_fact
from ..case.fact import Case, Choice, DraftOrder, Evidence, Members, Value
from ..http.wire import Caller, HookCall
from ..loading import Loaded
from ..replay.drafts import Drafts
from ..service import SERVICE_ID, Service, explain_hook
from .carried import Carried
from .hypothesis import HYPOTHETICAL, SUPPOSED, Hypothesis

SELECTING, SIGNING, OPENING = "order-select", "order-sign", "patient-view"


@dataclass(frozen=True, slots=True)
class Standing:
    """A case with the orders that are judged in it."""

    case: Case
    drafts: tuple[DraftOrder, ...]


class WhatIf:
    """Answers what-ifs by one knowledge. Keeps nothing of a patient."""

    def __init__(self, loaded: Loaded) -> None:
        knowledge = loaded.knowledge
        self._wording = loaded.wording
        self._options = knowledge.judge.options
        self._drafts = Drafts(self._options, loaded.wording, knowledge.vocabulary)

    def recorded(self, carried: Carried, service: Service) -> Standing:
        """The record as it was read."""
        return self._answered(carried, service, None, carried.orders)

    def supposed(
        self, carried: Carried, service: Service, recorded: Standing, hypothesis: Hypothesis
    ) -> tuple[Standing, Mapping[str, str]]:
        """The record with the hypothesis in it, and by fact why something cannot hold beside the rest: where anything
        cannot, nothing is to be shown."""
        entries = carried.orders
        if hypothesis.order is not None:
            entries = self._entries(hypothesis.order, carried, recorded.case)
        supposition = Supposition(hypothesis.values, recorded.case.condition)
        found = self._answered(carried, service, supposition, entries)
        problems = dict(_contradictions(found.case, hypothesis.values, self._wording))
        facts = {
            name: structs.replace(
                fact,
                evidence=tuple(dict.fromkeys(self._marked(name, e) for e in fact.evidence)),
                overruled=tuple(dict.fromkeys(self._marked(name, e) for e in fact.overruled)),
            )
            for name, fact in found.case.facts.items()
        }
        return replace(found, case=replace(found.case, facts=facts)), problems

    def orderable(self, carried: Carried, service: Service, recorded: Standing) -> tuple[str, ...]:
        """The options whose order the service reads as such for this patient: any other it would not speak of."""
        chosen = [o for o in self._drafts.by_option if self._options[o].kind != "strategy"]
        resources = {o: self._entries(o, carried, recorded.case, f"{n}-") for n, o in enumerate(chosen)}
        every = [entry for entries in resources.values() for entry in entries]
        read = {d.reference: d for d in self._answered(carried, service, None, every).drafts}
        return tuple(
            option
            for option, entries in resources.items()
            if all(
                _spoken_of(read.get(_reference(e)), drug=self._options[option].kind in ("drug", "regimen"))
                for e in entries
            )
        )

    def _entries(self, option: str, carried: Carried, case: Case, mark: str = "") -> list[Mapping[str, Any]]:
        """The orders of an option as a user would draft them for the tumour."""
        reasons = [{"reference": case.condition}] if case.condition else []
        orders = self._drafts.resources(option, carried.about.person.id, carried.today, reasons)
        return [{"resource": {**order, "id": f"{mark}{order['id']}"}} for order in orders]

    def _answered(
        self,
        carried: Carried,
        service: Service,
        supposition: Supposition | None,
        entries: Sequence[Mapping[str, Any]],
    ) -> Standing:
        context: dict[str, Any] = {
            "patientId": carried.about.person.id,
            "userId": carried.about.user or "",
        }
        as_read = entries is carried.orders
        if entries:
            context["draftOrders"] = {"resourceType": "Bundle", "entry": list(entries)}
        if as_read:
            context["selections"] = list(carried.own)
        call = HookCall(
            service=SERVICE_ID,
            hook=OPENING if not entries else SELECTING if as_read else SIGNING,
            hook_instance="",
            context=context,
            prefetch={},
            fhir_server=None,
            caller=Caller(carried.about.client),
        )
        answer = explain_hook(call, service, carried.today, lambda: "", carried.record, supposition)
        drafts = tuple(d for d in answer.drafts if d.item or d.alternatives)
        return Standing(answer.case, drafts)

    def _marked(self, name: str, evidence: Evidence) -> Evidence:
        fact = supposed_fact(evidence)
        if fact is None:
            return evidence
        if fact == name:
            return SUPPOSED
        return Evidence(HYPOTHETICAL, f"follows from {self._wording.short('facts', fact)}")


def _reference(entry: Mapping[str, Any]) -> str:
    return f"{entry['resource']['resourceType']}/{entry['resource']['id']}"


def _spoken_of(draft: DraftOrder | None, *, drug: bool) -> bool:
    if draft is None or draft.indication == "other":
        return False
    return drug or draft.indication == "this-tumour"


def _contradictions(
    case: Case, values: Mapping[str, Value | None], wording: Wording
) -> Iterator[tuple[str, str]]:
    """What is supposed and does not hold beside the rest, and why."""
    for name, value in values.items():
        held = case.facts[name]
        if held.known if value is None else held.value != value:
            yield (
                name,
                "The service would not read this value beside the rest of what is recorded and supposed.",
            )
    for name, fact in case.facts.items():
        if not fact.known:
            continue
        for follows, what in implied(name, fact.value):
            if follows in values and not _agree(case.facts[follows].value, what):
                yield follows, _against(name, values, wording)
    spread = case.facts["m-category"].value == Choice(frozenset({"M1"}))
    if (
        spread
        and "metastatic-sites" in values
        and case.facts["metastatic-sites"].value == Members(frozenset())
    ):
        yield "metastatic-sites", _against("m-category", values, wording)


def _against(name: str, values: Mapping[str, Value | None], wording: Wording) -> str:
    whence = "what you entered for" if name in values else "the record's"
    return f"This contradicts {whence} {wording.short('facts', name)}: change that too, or leave this."


def _agree(value: Value, with_: Value) -> bool:
    """Whether a value is already what another fact says of it."""
    if isinstance(value, Choice) and isinstance(with_, Choice):
        return value.possible <= with_.possible
    return value == with_
