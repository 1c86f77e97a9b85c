"""An answer in a terminal: cards as a clinician sees them, and the way from records to verdicts."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..cards.render import value_words
from ..case.fact import Fact
from ..http.wire import Refusal
from ..pathway.answer import state
from ..service import Answer, Service
from .fixture import Fixture
from .run import explained

COLOURS = {"critical": "red", "warning": "yellow", "info": "cyan"}


def show_answer(fixture: Fixture, status: int, answer: dict[str, Any], console: Console) -> None:
    """Print the cards of an answer, or its OperationOutcome."""
    console.print(
        Text(f"{fixture.request['hook']}: {fixture.expected.get('title', fixture.name)}", style="bold")
    )
    if status != 200:
        issue = answer.get("issue", [{}])[0]
        lines = [f"HTTP {status}", issue.get("details", {}).get("text", ""), issue.get("diagnostics", "")]
        console.print(Panel("\n".join(line for line in lines if line), border_style="red"))
        return
    if not answer["cards"]:
        console.print("No cards.")
    for card in answer["cards"]:
        console.print(_card(card))


def _card(card: dict[str, Any]) -> Panel:
    colour = COLOURS[card["indicator"]]
    parts: list[Any] = [Text(card["summary"], style=f"bold {colour}")]
    if card.get("detail"):
        parts.append(Markdown(card["detail"]))
    for suggestion in card.get("suggestions", ()):
        mark = " (recommended)" if suggestion.get("isRecommended") else ""
        parts.append(Text(f"[ {suggestion['label']}{mark} ]", style="reverse"))
    return Panel(
        Group(*parts), title=card["indicator"].upper(), subtitle=card["source"]["label"], border_style=colour
    )


def show_explanation(fixture: Fixture, service: Service, console: Console) -> None:
    """Print facts with provenance, tables consulted and verdicts of one fixture."""
    try:
        answer = explained(fixture, service)
    except Refusal as refusal:
        console.print(f"HTTP {refusal.status}: {refusal.what} {refusal.how}")
        return
    console.print(Text(fixture.expected.get("title", fixture.name), style="bold"))
    _facts(answer, service, console)
    _tables(answer, service, console)
    _verdicts(answer, service, console)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _facts(answer: Answer, service: Service, console: Console) -> None:
    table = _table("Facts", "fact", "state", "value", "from", "remarks")
    wording = service.maker.wording
    for name in answer.assessment.listed:
        fact = answer.assessment.facts[name]
        unit = service.knowledge.vocabulary[name].unit
        words = "" if fact.why else value_words(fact, unit, wording)
        sources = "\n".join(f"{e.resource} {e.element} {e.date or 'undated'}" for e in fact.evidence)
        lost = "".join(f"\noverruled: {e.resource}" for e in fact.overruled)
        table.add_row(name, _state(fact), words, sources + lost, ", ".join(fact.remarks))
    console.print(table)
    for unread in answer.case.unread:
        console.print(f"not read: {unread.resource}: {unread.problem}")
    if answer.case.failed:
        console.print(f"queries without a complete answer: {', '.join(answer.case.failed)}")


def _state(fact: Fact) -> str:
    return f"unknown ({fact.why})" if fact.why else "known" if fact.value.known else "possible"


def _tables(answer: Answer, service: Service, console: Console) -> None:
    if answer.assessment.placement == "out-of-scope":
        return
    values = {name: fact.value for name, fact in answer.assessment.facts.items()}
    table = _table("Tables consulted", "table", "row", "answer", "result", "sources")
    for consulted in service.knowledge.of(answer.assessment.disease).tables:
        for number, met in consulted.rows_met(values):
            row = consulted.rows[number - 1]
            result = ", ".join(sorted(map(str, row.results)))
            table.add_row(consulted.id, str(number), state(met), result, " ".join(consulted.sources))
    console.print(table)


def _options(answer: Answer, service: Service, console: Console) -> None:
    """What the pathway offers the patient, each with what its sources say."""
    assessment = answer.assessment
    if not assessment.options:
        return
    groups = [service.knowledge.groups[name] for name in (*assessment.groups, *assessment.treated_as)]
    table = _table("Options", "option", "line", "answer", "hangs on", "cited")
    for offered in assessment.options:
        place = (offered.option, offered.role, offered.line)
        cited = (
            f"{c.source}, {c.section}: {c.says}"
            for group in groups
            for offer in group.offers
            if (offer.option, offer.role, offer.line) == place
            for c in offer.citations
        )
        table.add_row(
            offered.option,
            " ".join(word for word in (offered.role, offered.line) if word),
            state(offered.answer),
            "\n".join(offered.needs),
            "\n".join(dict.fromkeys(cited)),
        )
    console.print(table)


def _trials(answer: Answer, console: Console) -> None:
    for standing in answer.assessment.trials:
        table = _table(f"{standing.trial.id}: {standing.eligibility}", "criterion", "answer", "hangs on")
        values = {name: fact.value for name, fact in answer.assessment.facts.items()}
        for criterion, met in standing.answers:
            hangs_on = "\n".join(sorted(criterion.needs(values))) if met is None else ""
            table.add_row(criterion.name, state(met), hangs_on)
        console.print(table)


def _verdicts(answer: Answer, service: Service, console: Console) -> None:
    assessment = answer.assessment
    console.print(f"patient groups: {', '.join(assessment.groups) or 'none'} ({assessment.placement})")
    if assessment.treated_as:
        console.print(f"treated as: {', '.join(assessment.treated_as)}")
    if assessment.not_addressed:
        console.print(f"not addressed: {', '.join(assessment.not_addressed)}")
    _options(answer, service, console)
    table = _table("Verdicts", "order", "option", "verdict", "because", "hangs on")
    for verdict in assessment.verdicts:
        table.add_row(
            verdict.order.reference,
            verdict.option or "",
            verdict.verdict,
            "\n".join(verdict.reasons),
            "\n".join(sorted(verdict.needs)),
        )
    console.print(table)
    _trials(answer, console)
    for missing in assessment.missing:
        console.print(f"missing: {missing.fact} (would change {', '.join(missing.changes)})")
