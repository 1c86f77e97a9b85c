"""What would follow if a fact had another value."""

from __future__ import annotations

from collections.abc import Hashable
from operator import is_

from ..case.fact import Choice, Members, Value
from .again import Again
from .asked import CURRENT_THERAPY, drugs_beside
from .criteria import Values
from .derivation import derived
from .grounds import Grounds
from .judge import METASTATIC_SITES
from .knowledge import Knowledge
from .outcome import Outcome, Session, made_up, situations
from .standing import StandingAgain


class Others:
    """What would follow if a fact had another value.

    Little has to be gone through again: values that no criterion tells apart lead to the same, so do those that differ
    in no fact that is weighed, and tables of which no input differs derive the same.
    """

    def __init__(self, values: Values, now: Outcome, session: Session, knowledge: Knowledge) -> None:
        """`now` is what the patient's own `values` lead to."""
        self._values, self._now, self._session, self._knowledge = values, now, session, knowledge
        self._standing = StandingAgain(now.standing, now.options, knowledge)
        self._inside = knowledge.judge.inside_again()
        self._rests_on: list[frozenset[str]] | None = None
        self._found: dict[frozenset[tuple[str, Value]], Outcome] = {frozenset(): now}
        self._alike: dict[tuple[str, Hashable], Outcome] = {}
        self._named: dict[str, frozenset[str]] = {}

    def with_(self, fact: str, value: Value) -> Outcome:
        """What follows if a fact, recorded or derived, has this value: one of those that it may still turn out to
        have."""
        alike = fact, self._kind(fact, value)
        outcome = self._alike.get(alike)
        if outcome is None:
            outcome = self._alike[alike] = self._with(fact, value)
        return outcome

    def _kind(self, fact: str, value: Value) -> Hashable:
        """The same for two values that lead to the same."""
        if isinstance(value, Choice) and fact not in self._knowledge.placing:
            (one,) = value.possible
            return self._knowledge.kind(fact, one)
        if isinstance(value, Members):
            own = self._values[fact]
            assert isinstance(own, Members)
            added = value.present - own.present
            if len(added) == 1 and added.isdisjoint(self._named_by_drafts(fact)):
                (one,) = added
                return self._knowledge.kind(fact, one)
        return value

    def _named_by_drafts(self, fact: str) -> frozenset[str]:
        """Members of a fact at which judging the drafts looks, whatever criteria ask."""
        found = self._named.get(fact)
        if found is None:
            orders = self._session.orders
            found = frozenset()
            if fact == CURRENT_THERAPY:
                found = found.union(*[self._knowledge.judge.looked_for_beside(order) for order in orders])
            elif fact == METASTATIC_SITES:
                found = found.union(*[order.targets for order in orders])
            self._named[fact] = found
        return found

    def _with(self, fact: str, value: Value) -> Outcome:
        own = self._values
        values = {**own, fact: value}
        differing = {fact}
        for table in self._knowledge.tables_over(fact):
            if not table.facts.isdisjoint(differing):
                found = derived(table, values, self._session.case)
                if found != own[table.derives]:
                    values[table.derives] = found
                    differing.add(table.derives)
        if value == own[fact]:
            differing.discard(fact)
        differing &= self._knowledge.weighed
        weighed = frozenset([(name, values[name]) for name in differing])
        outcome = self._found.get(weighed)
        if outcome is None:
            outcome = self._found[weighed] = self._outcome(values, frozenset(differing))
        return outcome

    def _outcome(self, values: Values, differing: frozenset[str]) -> Outcome:
        """What the values lead to, as far as outcomes are compared: without what stands behind it."""
        now, session, knowledge = self._now, self._session, self._knowledge
        groups = now.situations
        placed = same = knowledge.placing.isdisjoint(differing)
        if not placed:
            groups = situations(values, knowledge)
            same = len(groups) == len(now.situations) and all(map(is_, groups, now.situations))
        if same:
            options = self._standing.in_the_same(values, differing)
        else:
            options = self._standing.in_others(values, groups, differing)
        grounds = Grounds(values, groups)
        again = Again(self._inside, differing)
        verdicts = []
        beside = None
        for position, order in enumerate(session.orders):
            if not session.reviewed[position] and not order.selected:
                # judged for a card of its own, which no fact that is missing waits for
                continue
            if same and self._verdicts_rest_on()[position].isdisjoint(differing):
                verdict = now.judged[position]
            else:
                beside = beside or drugs_beside(session.orders, values)
                verdict = knowledge.judge.judge(order, session.case, grounds, beside[position], again)
            if session.reviewed[position] or verdict.verdict == "contraindicated":
                verdicts.append(verdict)
        if placed:
            return now.with_other(options, tuple(verdicts))
        return made_up(values, groups, options, tuple(verdicts), knowledge)

    def _verdicts_rest_on(self) -> list[frozenset[str]]:
        """Of each draft, the facts on which its verdict rests while the groups are the same."""
        if self._rests_on is None:
            groups, judge = self._now.situations, self._knowledge.judge
            self._rests_on = [judge.rests_on(order, groups) for order in self._session.orders]
        return self._rests_on
