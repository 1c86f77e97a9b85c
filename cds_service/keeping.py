"""What is kept of each answer, and what of it is not repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .cards.card import Card
from .http.wire import HookCall
from .pathway.assessment import Assessment, fact_json
from .pathway.deciding import deciding_facts
from .pathway.knowledge import Knowledge
from .service import Answer
from .store.decisions import DecisionRecord, Judged, PatientKey, ShownCard
from .store.pseudonyms import Pseudonyms
from .store.suppression import Suppression

Record = Callable[[DecisionRecord], None]
"""Takes a record to be kept. It neither raises nor waits for a store that is down."""

# what a fact was read from; the same facts from other records are the same facts
_NOT_VALUES = {"evidence", "overruled", "remarks"}


@dataclass(frozen=True, slots=True)
class Keeping:
    """Stands between an answer and its sending.

    `suppression` is None where overridden cards are shown again, `patient_keys` where no key of the patient is
    kept. `now` tells the moment, `new_id` a new id.
    """

    record: Record
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    suppression: Suppression | None = None
    patient_keys: Pseudonyms | None = None

    def __call__(self, call: HookCall, knowledge: Knowledge, answer: Answer) -> Answer:
        """The answer as it is to be sent: without cards that this user overrode. What it was goes to `record`."""
        told = [self._shown(card, call, answer.assessment, knowledge) for card in answer.cards]
        hidden = self._hidden(told)
        self.record(self._decision(call, answer.assessment, told, hidden))
        if not hidden:
            return answer
        cards = tuple(card for card in answer.cards if card.wire["uuid"] not in hidden)
        response = {**answer.response, "cards": [card.wire for card in cards]}
        return replace(answer, response=response, cards=cards)

    def _hidden(self, told: list[ShownCard]) -> frozenset[str]:
        """The uuids of the cards that are not to be shown."""
        if self.suppression is None:
            return frozenset()
        keyed = {
            c.repeat_key: c.deciding for c in told if c.repeat_key is not None and c.deciding is not None
        }
        suppressed = self.suppression.suppressed(keyed)
        return frozenset(c.card for c in told if c.repeat_key in suppressed)

    def _shown(self, card: Card, call: HookCall, assessment: Assessment, knowledge: Knowledge) -> ShownCard:
        wire, verdicts = card.wire, card.verdicts
        words = {v.verdict for v in verdicts}
        options = {v.option for v in verdicts}
        repeat_key = deciding = None
        if (
            self.suppression is not None
            and wire["indicator"] != "critical"
            and card.kind != "contraindicated"
        ):
            repeat_key = self.suppression.repeat_key(
                call.caller.client,
                str(call.context["userId"]),
                str(call.context["patientId"]),
                assessment.knowledge_version,
                wire["source"]["topic"]["code"],
                sorted({(v.option or "", v.verdict, *v.reasons) for v in verdicts}),
            )
            names = deciding_facts(verdicts, assessment, knowledge)
            deciding = self.suppression.deciding({n: _value(assessment, n) for n in sorted(names)})
        return ShownCard(
            card=wire["uuid"],
            topic=wire["source"]["topic"]["code"],
            kind=card.kind,
            indicator=wire["indicator"],
            verdict=words.pop() if len(words) == 1 else None,
            option=options.pop() if len(options) == 1 else None,
            reasons=tuple(dict.fromkeys([r for v in verdicts for r in v.reasons])),
            suggestions=tuple([s["uuid"] for s in wire.get("suggestions", ())]),
            repeat_key=repeat_key,
            deciding=deciding,
        )

    def _decision(
        self,
        call: HookCall,
        assessment: Assessment,
        told: list[ShownCard],
        hidden: frozenset[str],
    ) -> DecisionRecord:
        now = self.now()
        return DecisionRecord(
            call=self.new_id(),
            at=now,
            client=call.caller.client,
            tenant=call.caller.tenant,
            hook=call.hook,
            knowledge=assessment.knowledge_version,
            placement=assessment.placement,
            groups=assessment.groups,
            verdicts=tuple([Judged(v.option, v.verdict, v.reasons) for v in assessment.verdicts]),
            cards=tuple([c for c in told if c.card not in hidden]),
            suppressed=tuple([c.topic for c in told if c.card in hidden]),
            timings={phase: round(spent * 1000, 3) for phase, spent in call.timing.seconds.items()},
            patient=self._patient(call, now),
        )

    def _patient(self, call: HookCall, now: datetime) -> PatientKey | None:
        if self.patient_keys is None:
            return None
        parts = (call.caller.client, call.caller.tenant, str(call.context["patientId"]))
        secret = self.patient_keys.secret_of(now.date())
        return PatientKey(secret.id, self.patient_keys.keyed(now.date(), "patient", *parts))


def _value(assessment: Assessment, name: str) -> dict[str, Any]:
    told = fact_json(assessment.facts[name])
    return {member: value for member, value in told.items() if member not in _NOT_VALUES}
