"""What stands behind each box of a pathway: what is asked and how to record it, the rules, the sources, the patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..cards.render import alternatives, fact_words
from ..case.fact import Fact
from ..export.condition_words import Words, condition_words
from ..loading import Loaded
from ..pathway.assessment import Assessment
from ..pathway.options import Citation
from .decisions import Decision, Ending
from .position import Door, Position, State
from .sketch import Sketch
from .wayfinding import Pathway, Silence, answer_words, full_answer, result_words, titled


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a table in words: when it holds, and what follows."""

    when: Words
    then: str


@dataclass(frozen=True, slots=True)
class Way:
    """One answer that is still open, and where it leads."""

    answer: str
    leads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is told of one box.

    `state` is the patient's, in words; `settle` how to record what is missing, by name of the fact; `silence` how the
    pathway goes on where nothing is on record; `more` the id of a drawing of its own: a patient group, or a derived
    fact. `when` is the condition of an offer, `differs` in what its sources disagree.
    """

    id: str
    title: str
    text: str = ""
    state: str = ""
    ways: tuple[Way, ...] = ()
    settle: tuple[tuple[str, str], ...] = ()
    because: str = ""
    silence: str = ""
    rules: tuple[Rule, ...] = ()
    members: str = ""
    situations: tuple[tuple[str, str], ...] = ()
    citations: tuple[Citation, ...] = ()
    more: str = ""
    when: Words | None = None
    differs: str = ""


@dataclass(frozen=True, slots=True)
class Branching:
    """One node of the outline: its words, and by answer what follows. `again`: it stands elsewhere in full."""

    id: str
    title: str
    note: str
    kind: str
    state: str = ""
    again: bool = False
    answers: tuple[tuple[str, str, Branching], ...] = field(default=())


def explanations(
    loaded: Loaded, pathway: Pathway, position: Position | None = None, assessment: Assessment | None = None
) -> list[Explanation]:
    """One for each box, in reading order."""
    return list(_Explainer(loaded, pathway, position, assessment).all())


def outline(sketch: Sketch, states: Mapping[str, State]) -> Branching:
    """A drawing as nested answers; a node to which several ways lead is told in full at the first."""
    seen: set[str] = set()

    def told(name: str) -> Branching:
        node = sketch.nodes[name]
        links = sketch.links_from(name)
        again = name in seen and bool(links)
        seen.add(name)
        answers = () if again else links
        return Branching(
            name,
            " ".join(node.title),
            " ".join(node.note),
            node.kind,
            states.get(name, ""),
            again,
            tuple((" ".join(li.label), states.get(li.id, ""), told(li.end)) for li in answers),
        )

    return told(sketch.start)


class _Explainer:
    def __init__(
        self, loaded: Loaded, pathway: Pathway, position: Position | None, assessment: Assessment | None
    ) -> None:
        self.loaded = loaded
        self.wording = loaded.wording
        self.pathway = pathway
        self.position = position
        self.assessment = assessment
        self.knowledge = loaded.knowledge.of(pathway.table.disease)

    def all(self) -> Iterator[Explanation]:
        for name in self.pathway.sketch.nodes:
            if name in self.pathway.decisions:
                yield self._decision(self.pathway.decisions[name])
            else:
                yield self._ending(name, self.pathway.endings[name])

    def _decision(self, decision: Decision) -> Explanation:
        fact = decision.question.fact
        table = self.knowledge.table(fact)
        door = self.position.doors.get(decision.id) if self.position else None
        return Explanation(
            decision.id,
            titled(self.loaded, fact),
            self.wording.detail("facts", fact),
            self._state(decision),
            tuple(self._ways(decision, door)) if door else (),
            tuple(self._settle(door)) if door else (),
            self._because(fact),
            self._silence(fact),
            tuple(self._rules(fact)),
            full_answer(self.loaded, decision),
            (),
            table.citations if table else (),
            fact if table else "",
        )

    def _tables(self) -> Iterator[Mapping[str, Any]]:
        """The tables of the disease as they were authored."""
        for document in self.loaded.conditional:
            if document.content.get("disease") == self.pathway.table.disease:
                yield from document.content.get("tables", ())

    def _because(self, fact: str) -> str:
        """Why there is a table of a fact; empty where there is none."""
        return next((_line(t["because"]) for t in self._tables() if t["derives"] == fact), "")

    def _silence(self, fact: str) -> str:
        """Why the drawn table reads silence of a fact; empty where it does not."""
        drawn = {self.pathway.table.derives, *self.pathway.opened}
        rows = (row for t in self._tables() if t["derives"] in drawn for row in t.get("silence", ()))
        return next((_line(row["because"]) for row in rows if row["fact"] == fact), "")

    def _state(self, decision: Decision) -> str:
        if self.position is None or self.assessment is None:
            return ""
        state = self.position.states[decision.id]
        if state == "excluded":
            return "Not asked of this patient."
        fact = self.assessment.facts.get(decision.question.fact)
        if fact is None or fact.why is not None:
            told = "Not known."
        else:
            unit = self.loaded.knowledge.vocabulary[fact.id].unit
            told = f"{self._standing(fact)}: {fact_words(fact, unit, self.wording)}."
        assumed = any(li.id in self.position.assumed for li in self.pathway.sketch.links_from(decision.id))
        if assumed:
            return f"{told} The pathway goes on without it."
        return f"{told} It makes no difference here." if state == "either" else told

    def _standing(self, fact: Fact) -> str:
        """How sure the values are that are told of a fact."""
        if not fact.known:
            return "Still open"
        return "Follows from the record" if self.knowledge.table(fact.id) is not None else "On record"

    def _ways(self, decision: Decision, door: Door) -> Iterator[Way]:
        for link, results in door.behind.items():
            words = answer_words(self.loaded, decision.question, self.pathway.answers[link].states)
            yield Way(words, tuple(result_words(self.loaded, [r]) for r in results))

    def _settle(self, door: Door) -> Iterator[tuple[str, str]]:
        for missing in door.settled_by:
            yield titled(self.loaded, missing.fact), self.wording.detail("facts", missing.fact)

    def _rules(self, fact: str) -> Iterator[Rule]:
        table = self.knowledge.table(fact)
        for row in table.rows if table else ():
            words = condition_words(row.criterion.tree, self.loaded.knowledge.vocabulary, self.wording)
            yield Rule(words, result_words(self.loaded, sorted(row.results, key=str)))

    def _ending(self, name: str, ending: Ending | Silence) -> Explanation:
        node = self.pathway.sketch.nodes[name]
        state = self.position.states.get(name, "") if self.position else ""
        told = {
            "here": "This patient is here.",
            "possible": "Still possible.",
            "excluded": "Not this patient.",
        }
        groups = self.knowledge.groups
        names = ending.situations if isinstance(ending, Silence) else [str(r) for r in ending.results]
        found = [groups[n] for n in names if n in groups]
        silent = [n for n in names if n in self.knowledge.not_addressed]
        if self.assessment is not None and state in ("here", "possible"):
            silent = [n for n in silent if n in self.assessment.not_addressed] or silent
        return Explanation(
            name,
            " ".join(node.title),
            " ".join(g.definition for g in found),
            told.get(state, ""),
            situations=tuple((n, self.wording.short("groups", n)) for n in silent),
            citations=tuple(c for g in found for c in g.citations),
            more=found[0].id if len(found) == 1 else "",
        )


def positioned_words(loaded: Loaded, pathway: Pathway, position: Position, assessment: Assessment) -> str:
    """Where the patient stands, in a few short sentences."""
    if not assessment.groups:
        return "The patient stands outside the groups of this pathway."
    told = [f"{'Still possible' if len(assessment.groups) > 1 else 'The patient’s group'}: "]
    told[0] += alternatives([loaded.wording.short("groups", g) for g in assessment.groups])
    if assessment.treated_as:
        names = alternatives([loaded.wording.short("groups", g) for g in assessment.treated_as])
        told.append(f"Treated as: {names}")
    asked = [loaded.wording.short("facts", pathway.decisions[d].question.fact) for d in position.doors]
    if asked:
        told.append(f"Open: {', '.join(dict.fromkeys(asked))}")
    return f"{'. '.join(told)}."


def _line(text: str) -> str:
    return " ".join(text.split())
