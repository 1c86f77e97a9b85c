"""Functions of many small variables, every value of every one of them covered.

A decision diagram is a table over all combinations of its variables in which parts that are the same are held
once. So a statement about each of a billion points is checked by a walk over a few thousand parts, and no point
is left out or sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

# an id; ids of equal functions are equal
Diagram = int
Step = tuple[int, int]


class Diagrams:
    """All diagrams over one list of variables; `sizes` says how many states each of them has.

    The value at a point is any hashable object. Variables that come early should decide much.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = tuple(sizes)
        self._bottom = len(self.sizes)
        # level and children of a node; of a leaf the level below all variables and its value
        self._nodes: list[tuple[int, Any]] = []
        self._ids: dict[tuple[int, Any], Diagram] = {}
        self._applied: dict[tuple[Any, Diagram, Diagram], Diagram] = {}
        self._mapped: dict[tuple[Any, Diagram], Diagram] = {}

    def constant(self, value: Hashable) -> Diagram:
        """The same value at every point."""
        # equal values of different types (True and 1) are different leaves
        return self._intern((self._bottom, (type(value), value)))

    def choose(self, variable: int, children: Sequence[Diagram]) -> Diagram:
        """By the state of a variable, one of the diagrams, which depend on later variables only."""
        first = children[0]
        if all(child == first for child in children):
            return first
        return self._intern((variable, tuple(children)))

    def by_state(self, variable: int, values: Sequence[Hashable]) -> Diagram:
        """One value for each state of a variable."""
        return self.choose(variable, [self.constant(v) for v in values])

    def value(self, diagram: Diagram, point: Sequence[int]) -> Any:
        """The value at one point."""
        level, content = self._nodes[diagram]
        while level != self._bottom:
            level, content = self._nodes[content[point[level]]]
        return content[1]

    def opened(self, diagram: Diagram) -> tuple[int, tuple[Diagram, ...]] | None:
        """The variable on which a diagram hangs first and the diagram of each of its states; None of a constant."""
        level, content = self._nodes[diagram]
        return None if level == self._bottom else (level, content)

    def map(self, function: Callable[[Any], Hashable], diagram: Diagram) -> Diagram:
        """The function of the value at every point."""
        key = (function, diagram)
        found = self._mapped.get(key)
        if found is None:
            level, content = self._nodes[diagram]
            if level == self._bottom:
                found = self.constant(function(content[1]))
            else:
                found = self.choose(level, [self.map(function, child) for child in content])
            self._mapped[key] = found
        return found

    def combine(self, function: Callable[[Any, Any], Hashable], one: Diagram, other: Diagram) -> Diagram:
        """The function of both values at every point."""
        key = (function, one, other)
        found = self._applied.get(key)
        if found is None:
            (level, content), (level_, content_) = self._nodes[one], self._nodes[other]
            if level == level_ == self._bottom:
                found = self.constant(function(content[1], content_[1]))
            elif level == level_:
                pairs = zip(content, content_, strict=True)
                found = self.choose(level, [self.combine(function, a, b) for a, b in pairs])
            elif level < level_:
                found = self.choose(level, [self.combine(function, a, other) for a in content])
            else:
                found = self.choose(level_, [self.combine(function, one, b) for b in content_])
            self._applied[key] = found
        return found

    def counts(self, diagram: Diagram) -> dict[Any, int]:
        """How many points have each value."""
        found: dict[Diagram, dict[Any, int]] = {}

        def below(node: Diagram) -> dict[Any, int]:
            """Counts over the variables from the node's own on."""
            if node not in found:
                level, content = self._nodes[node]
                if level == self._bottom:
                    found[node] = {content[1]: 1}
                else:
                    total: dict[Any, int] = {}
                    for child in content:
                        free = self._points_between(level + 1, self._nodes[child][0])
                        for value, count in below(child).items():
                            total[value] = total.get(value, 0) + count * free
                    found[node] = total
            return found[node]

        above = self._points_between(0, self._nodes[diagram][0])
        return {value: count * above for value, count in below(diagram).items()}

    def point_where(self, diagram: Diagram, wanted: Callable[[Any], bool]) -> list[int] | None:
        """The first point at which the value is as wanted; None if there is none."""
        barren: set[Diagram] = set()
        point = [0] * self._bottom

        def search(node: Diagram) -> bool:
            if node in barren:
                return False
            level, content = self._nodes[node]
            if level == self._bottom:
                if wanted(content[1]):
                    return True
            else:
                for state, child in enumerate(content):
                    point[level] = state
                    if search(child):
                        return True
                point[level] = 0
            barren.add(node)
            return False

        return point if search(diagram) else None

    def step_where(
        self,
        diagram: Diagram,
        others: Sequence[Diagram],
        variable: int,
        steps: Iterable[Step],
        wrong: Callable[[Sequence[Any], Sequence[Any]], bool],
    ) -> tuple[list[int], list[int]] | None:
        """The first two points that differ by a step of one variable and whose values are `wrong` together.

        The values are those of the diagram and of the others, in this order. Where the diagram itself is the same
        before and after, nothing is wrong.
        """
        steps = tuple(steps)
        sound: set[tuple[Diagram, ...]] = set()
        alike: set[tuple[tuple[Diagram, ...], tuple[Diagram, ...]]] = set()
        point = [0] * self._bottom
        table = self._nodes

        def children(nodes: tuple[Diagram, ...], split: int, state: int) -> tuple[Diagram, ...]:
            # the innermost loop of the proof
            found = []
            for node in nodes:
                level, content = table[node]
                found.append(content[state] if level == split else node)
            return tuple(found)

        def compare(before: tuple[Diagram, ...], after: tuple[Diagram, ...]) -> bool:
            if before[0] == after[0] or (before, after) in alike:
                return False
            split = min([table[node][0] for node in (*before, *after)])
            if split == self._bottom:
                values = [[self._nodes[node][1][1] for node in nodes] for nodes in (before, after)]
                if wrong(*values):
                    return True
            else:
                for state in range(self.sizes[split]):
                    point[split] = state
                    if compare(children(before, split, state), children(after, split, state)):
                        return True
                point[split] = 0
            alike.add((before, after))
            return False

        def search(nodes: tuple[Diagram, ...]) -> Step | None:
            if nodes in sound or self._nodes[nodes[0]][0] > variable:
                return None
            split = min([table[node][0] for node in nodes])
            if split == variable:
                for start, end in steps:
                    if compare(children(nodes, split, start), children(nodes, split, end)):
                        return start, end
            else:
                for state in range(self.sizes[split]):
                    point[split] = state
                    if (found := search(children(nodes, split, state))) is not None:
                        return found
                point[split] = 0
            sound.add(nodes)
            return None

        step = search((diagram, *others))
        if step is None:
            return None
        before, after = list(point), list(point)
        before[variable], after[variable] = step
        return before, after

    def _points_between(self, start: int, end: int) -> int:
        product = 1
        for size in self.sizes[start:end]:
            product *= size
        return product

    def _intern(self, node: tuple[int, Any]) -> Diagram:
        found = self._ids.get(node)
        if found is None:
            found = self._ids[node] = len(self._nodes)
            self._nodes.append(node)
        return found


def fold(
    diagrams: Diagrams, function: Callable[[Any, Any], Hashable], parts: Iterable[Diagram], empty: Hashable
) -> Diagram:
    """All parts combined one after the other, beginning with the constant `empty`."""
    result = diagrams.constant(empty)
    for part in parts:
        result = diagrams.combine(function, result, part)
    return result
