"""The page of one patient: what the record gives, and beside it what a hypothesis would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..case.fact import Case, DraftOrder
from ..loading import Loaded
from ..map.figure import pathway_map
from ..map.layout import LayoutUnavailable
from ..pages import Assets, pages_of
from ..pathway.assessment import Assessment
from ..pathway.engine import assess
from .advice_shown import AdviceView, OptionShown, Placed
from .carried import About
from .context import plain_orders
from .facts_shown import FactsView
from .hypothesis import Entered, Hypothesis, supposed


@dataclass(frozen=True, slots=True)
class Move:
    """Something that a hypothesis moves: what, and how it is said before and after."""

    what: str
    before: str
    after: str


class PatientView:
    """Draws patients by one knowledge and wording. Keeps nothing of them."""

    def __init__(self, loaded: Loaded, assets: Assets) -> None:
        self._loaded = loaded
        self._root = assets.root
        self._facts = FactsView(loaded)
        self._advice = AdviceView(loaded, assets.root)
        self._page = pages_of("cds_service.smart", assets).get_template("patient.html.jinja")

    def page(
        self,
        about: About,
        case: Case,
        drafts: Sequence[DraftOrder],
        sealed: str,
        hypothesis: Hypothesis | None = None,
        entered: Entered | None = None,
    ) -> str:
        """The page as HTML. `sealed` is what it carries, `entered` what stands in its fields."""
        hypothesis = Hypothesis() if hypothesis is None else hypothesis
        knowledge, wording = self._loaded.knowledge, self._loaded.wording
        recorded = assess(case, drafts, knowledge, [d for d in drafts if d.selected])
        what_if, contradictions = supposed(case, hypothesis, knowledge.vocabulary, wording)
        orders = list(drafts)
        if hypothesis.order is not None:
            orders = list(plain_orders(hypothesis.order, knowledge.judge.options))
        now = (
            assess(what_if, orders, knowledge, [d for d in orders if d.selected]) if hypothesis else recorded
        )
        problems = {**hypothesis.problems, **contradictions}
        sections = self._facts.sections(recorded, now, entered or {}, problems)
        facts = [fact for section in sections for fact in section.facts]
        return self._page.render(
            about=about,
            placed=self._advice.placed(now),
            verdicts=self._advice.verdicts(now),
            options=self._advice.options(now, recorded),
            trials=self._advice.trials(now),
            sections=sections,
            missing=self._facts.missing(now),
            not_looked_up=self._facts.not_looked_up(case, about.withheld),
            unread=len(case.unread),
            orderable=self._advice.orderable(),
            ordered=hypothesis.order or "",
            supposed=[fact for fact in facts if fact.supposed and not fact.derived],
            hypothetical=bool(hypothesis),
            moves=self._moves(recorded, now) if hypothesis else [],
            problems=[(fact.id, fact.label, fact.problem) for fact in facts if fact.problem],
            order_problem=problems.get("order", ""),
            map=self._map(now),
            sealed=sealed,
            version=knowledge.version,
        )

    def _map(self, assessment: Assessment) -> Markup | None:
        """The position on the drawn pathway; None where there is none to draw, or nothing to draw it with."""
        if assessment.placement == "out-of-scope":
            return None
        try:
            return pathway_map(self._loaded, assessment, root=f"{self._root}/map", ident="pathway")
        except LayoutUnavailable:
            return None

    def _moves(self, recorded: Assessment, now: Assessment) -> list[Move]:
        moves = []
        before, after = (self._advice.placed(a) for a in (recorded, now))
        if [g.id for g in before.groups] != [g.id for g in after.groups] or before.heading != after.heading:
            moves.append(Move("Patient group", _groups(before), _groups(after)))
        judged = {v.label: v for v in self._advice.verdicts(recorded)}
        for verdict in self._advice.verdicts(now):
            earlier = judged.get(verdict.label)
            if earlier is not None and earlier.word != verdict.word:
                moves.append(Move(verdict.label, earlier.verdict, verdict.verdict))
        moves += _eligibilities(recorded, now)
        changed = [o for _, shown in self._advice.options(now, recorded) for o in shown if o.change]
        if changed:
            moves.append(Move("Options", "", _counted(changed)))
        return moves


def _groups(placed: Placed) -> str:
    return "; or ".join(group.label for group in placed.groups) or placed.heading


def _counted(changed: Sequence[OptionShown]) -> str:
    new, gone = (sum(o.change == word for o in changed) for word in ("new", "gone"))
    counts = ((new, "new"), (gone, "no longer offered"), (len(changed) - new - gone, "otherwise"))
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def _eligibilities(recorded: Assessment, now: Assessment) -> Iterator[Move]:
    then, after = ({t.trial.id: t.eligibility for t in a.trials} for a in (recorded, now))
    for trial in dict.fromkeys((*then, *after)):
        words = [str(found.get(trial, "does not concern the patient")) for found in (then, after)]
        if words[0] != words[1]:
            yield Move(trial, *words)
