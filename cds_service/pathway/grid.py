"""The grid of a set of facts: every state in which a record may leave them (see `axes`), and what criteria answer
there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ..case.fact import Scalar, Value
from ..case.vocabulary import Vocabulary
from .answer import Answer
from .axes import axis_of
from .axis import Axis, Point, Tree, both, denied, either
from .choice_axis import answer_of_choice, known_choice
from .criteria import compile_criterion, facts_of, leaves
from .diagram import Diagram, Diagrams, fold


class Grid:
    """All states of the facts that some trees ask for, and the trees' answers there.

    Facts named in `derived` are results of tables and have no states of their own: put into `results`, for each
    result, the diagram of whether it is possible, before a tree that names them is asked.
    """

    def __init__(
        self, trees: Iterable[Tree], vocabulary: Vocabulary, derived: frozenset[str] = frozenset()
    ) -> None:
        self.vocabulary = vocabulary
        trees = list(trees)
        facts = dict.fromkeys(fact for tree in trees for fact in _in_order(tree) if fact not in derived)
        asked = {fact for tree in trees for fact in _asked_whether_known(tree)}
        self.axes: dict[str, Axis] = {}
        first = 0
        for fact in facts:
            tests = {repr(leaf): leaf for tree in trees for leaf in leaves(tree) if leaf["fact"] == fact}
            axis = axis_of(vocabulary[fact], first, list(tests.values()), fact in asked, vocabulary)
            self.axes[fact] = axis
            first += len(axis.variables)
        self.variables = [v for axis in self.axes.values() for v in axis.variables]
        self.owners = [axis for axis in self.axes.values() for _ in axis.variables]
        self.diagrams = Diagrams([v.size for v in self.variables])
        self.possible = self._over_all(lambda axis: axis.possible(self.diagrams))
        self.settled = self.diagrams.combine(
            both, self.possible, self._over_all(lambda axis: axis.settled(self.diagrams))
        )
        self.results: dict[str, Mapping[Scalar, Diagram]] = {}
        self._answered: dict[str, Diagram] = {}

    def _over_all(self, part: Callable[[Axis], Diagram]) -> Diagram:
        # from the last variable to the first: each step adds on top of what is there
        return fold(self.diagrams, both, (part(axis) for axis in reversed(self.axes.values())), True)

    def answers(self, tree: Tree) -> Diagram:
        """The answer of a tree at every point: met (True), not met (False) or unknown (None)."""
        key = repr(tree)
        found = self._answered.get(key)
        if found is None:
            found = self._answered[key] = self._answer(tree)
        return found

    def _answer(self, tree: Tree) -> Diagram:
        diagrams = self.diagrams
        if "fact" in tree:
            fact = tree["fact"]
            test = compile_criterion(tree, self.vocabulary).test
            if fact in self.results:
                return answer_of_choice(diagrams, fact, test, self.results[fact])
            return self.axes[fact].test(test, diagrams)
        if "known" in tree:
            fact = tree["known"]
            if fact in self.results:
                return known_choice(diagrams, self.results[fact])
            return self.axes[fact].known(diagrams)
        if "always" in tree:
            return diagrams.constant(True)
        if "not" in tree:
            return diagrams.map(denied, self.answers(tree["not"]))
        if "stated" in tree:
            return diagrams.map(_certain, self.answers(tree["stated"]))
        combine, empty = (both, True) if "all" in tree else (either, False)
        children = tree.get("all", tree.get("any", ()))
        return fold(diagrams, combine, (self.answers(child) for child in children), empty)

    def values(self, point: Point) -> dict[str, Value]:
        """Values of the facts that stand for a point."""
        return {fact: axis.value(point) for fact, axis in self.axes.items()}

    def tell(self, point: Point) -> str:
        """A point in words, facts of which nothing is known left out unless nothing else is there."""
        told = {fact: axis.tell(point) for fact, axis in self.axes.items()}
        known = [f"{fact} = {words}" for fact, words in told.items() if words != "unknown"]
        return ", ".join(known) or "nothing known"


def _certain(answer: Answer) -> bool:
    return answer is True


def _in_order(tree: Tree) -> Iterator[str]:
    """The facts of a tree in the order in which it names them."""
    if "fact" in tree or "known" in tree:
        yield from facts_of(tree)
    elif "not" in tree or "stated" in tree:
        yield from _in_order(tree.get("not", tree.get("stated")))
    else:
        for child in tree.get("all", tree.get("any", ())):
            yield from _in_order(child)


def _asked_whether_known(tree: Tree) -> Iterator[str]:
    if "known" in tree:
        yield tree["known"]
    elif "not" in tree or "stated" in tree:
        yield from _asked_whether_known(tree.get("not", tree.get("stated")))
    else:
        for child in tree.get("all", tree.get("any", ())):
            yield from _asked_whether_known(child)
