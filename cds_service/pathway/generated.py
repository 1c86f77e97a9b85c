"""Trees of criteria as Python functions, written as text and compiled when they are first called.

A tree is answered three-valued: True = met, False = not met, None = unknown. The text asks two questions of a part of
it, whether it is met and whether it may be met, as plain set and number comparisons without a call between them. The
closures that say the same at a glance stand in `tests/pathway/plain_criteria.py`, and both must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

from ..case.fact import Choice, Scalar
from ..case.vocabulary import Vocabulary
from .answer import Answer

if TYPE_CHECKING:
    from .criteria import Values

Tree = Mapping[str, Any]
_NOTHING: frozenset[str] = frozenset()


def answer_of(tree: Tree, vocabulary: Vocabulary) -> Callable[[Values], Answer]:
    """The function that answers a tree."""
    text = _Text(vocabulary)
    text.answered(tree, "return True", "return False")
    text.line("return r")
    return text.compiled()


def needs_of(tree: Tree, vocabulary: Vocabulary) -> Callable[[Values], frozenset[str]]:
    """The function that names the unknown facts which could still change the answer to a tree, those that `stated`
    and `known` ask about included."""
    text = _Text(vocabulary, unsettled=True)
    text.loaded(facts_in(tree))
    text.line(f"if {text.met(tree)} or not {text.possible(tree)}:")
    text.line("    return NOTHING")
    text.line("n = []")
    text.named(tree)
    text.line("return frozenset(n)")
    return text.compiled()


def results_of(
    rows: Sequence[tuple[Tree, frozenset[Scalar]]], vocabulary: Vocabulary
) -> Callable[[Values], Choice]:
    """The function that gives the results of every row that is met or may be met, up to the first that is met."""
    text = _Text(vocabulary)
    asked = [fact for tree, _ in rows for fact in facts_in(tree)]
    text.loaded([fact for fact in dict.fromkeys(asked) if asked.count(fact) > 1])
    text.line("p = NOTHING")
    for tree, results in rows:
        # a row that is not met is left by break
        text.line("while True:")
        text.depth += 1
        before = dict(text.variables)
        text.answered(tree, "r = True; break", "r = False; break")
        text.line("break")
        text.depth -= 1
        text.variables = before
        text.line("if r is None:")
        text.line(f"    p = p | {text.constant(results)}")
        text.line("elif r:")
        text.line(f"    return {text.constant(Choice(results))}")
    text.line("return Choice(p)")
    return text.compiled()


def made_when_called(owner: object, name: str, make: Callable[[], Callable[[Values], Any]]) -> None:
    """Give the owner a member `name` that is made when it is first called, and stands there itself from then on.

    Of more than a thousand criteria a patient asks some dozens. Threads that call at once make the same twice; whoever
    keeps what stands there before has it made no second time.
    """
    made: list[Callable[[Values], Any]] = []

    def first(values: Values) -> Any:
        if not made:
            made.append(make())
            object.__setattr__(owner, name, made[0])
        return made[0](values)

    object.__setattr__(owner, name, first)


def facts_in(tree: Tree) -> list[str]:
    """The facts of a tree in the order in which it names them, each once."""
    if "fact" in tree or "known" in tree:
        return [tree.get("fact", tree.get("known"))]
    return list(dict.fromkeys(fact for child in _children(tree) for fact in facts_in(child)))


def _children(tree: Tree) -> Sequence[Tree]:
    if "not" in tree or "stated" in tree:
        return (tree.get("not", tree.get("stated", {})),)
    parts: Sequence[Tree] = tree.get("all", tree.get("any", ()))
    return parts


class _Text:
    """The text of one function of values `v`. `unsettled` leaves open what `stated` and `known` settle."""

    def __init__(self, vocabulary: Vocabulary, *, unsettled: bool = False) -> None:
        self._vocabulary, self._unsettled = vocabulary, unsettled
        self._lines = ["def compiled(v):"]
        self._constants: dict[str, Any] = {}
        self._named: dict[Any, str] = {}
        self.variables: dict[str, str] = {}
        self.depth = 1

    def line(self, text: str) -> None:
        self._lines.append("    " * self.depth + text)

    def constant(self, value: Any) -> str:
        """The name under which the function finds a value."""
        key = (type(value), value)
        if key not in self._named:
            self._named[key] = f"c{len(self._named)}"
            self._constants[self._named[key]] = value
        return self._named[key]

    def loaded(self, facts: Iterable[str]) -> None:
        """Read facts of the values into variables, for the text that follows at this depth."""
        for fact in facts:
            if fact not in self.variables:
                self.variables[fact] = f"x{len(self.variables)}"
                self.line(f"{self.variables[fact]} = v[{fact!r}]")

    def compiled(self) -> Callable[[Values], Any]:
        return _function("\n".join(self._lines), tuple(self._constants.items()))

    def answered(self, tree: Tree, met: str, unmet: str) -> None:
        """Lines that leave by `met` or `unmet` as soon as that is settled, else `r` is the answer."""
        decides = "any" in tree
        parts = tree.get("all", tree.get("any", (tree,)))
        self.line(f"r = {not decides}")
        for part in parts:
            self.loaded(facts_in(part))
            if decides:
                self.line(f"if {self.met(part)}:")
                self.line(f"    {met}")
                self.line(f"if {self.possible(part)}:")
                self.line("    r = None")
            else:
                self.line(f"if not {self.met(part)}:")
                self.line(f"    if not {self.possible(part)}:")
                self.line(f"        {unmet}")
                self.line("    r = None")

    def named(self, tree: Tree) -> None:
        """Lines that add to `n` the facts on which a tree hangs whose answer is unknown."""
        if "fact" in tree or "known" in tree:
            self.line(f"n.append({facts_in(tree)[0]!r})")
        for child in _children(tree):
            if "all" in tree or "any" in tree:
                # no part of `all` is not met here, no part of `any` is met
                self.line(f"if not {self.met(child)}:" if "all" in tree else f"if {self.possible(child)}:")
                self.depth += 1
                self.line("pass")
                self.named(child)
                self.depth -= 1
            else:
                self.named(child)

    def met(self, tree: Tree) -> str:
        """An expression: whether a tree is met for certain."""
        if "fact" in tree:
            return self._leaf_met(tree)
        if "always" in tree:
            return "True"
        if "known" in tree:
            return self._known(tree["known"])
        if "not" in tree:
            return f"(not {self.possible(tree['not'])})"
        if "stated" in tree:
            return self.met(tree["stated"])
        return self._joined(tree, self.met)

    def possible(self, tree: Tree) -> str:
        """An expression: whether a tree is met or may be met."""
        if "fact" in tree:
            return self._leaf_possible(tree)
        if "always" in tree:
            return "True"
        if "known" in tree:
            return "True" if self._unsettled else self._known(tree["known"])
        if "not" in tree:
            return f"(not {self.met(tree['not'])})"
        if "stated" in tree:
            return self.possible(tree["stated"]) if self._unsettled else self.met(tree["stated"])
        return self._joined(tree, self.possible)

    def _joined(self, tree: Tree, expression: Callable[[Tree], str]) -> str:
        word, parts = ("and", tree["all"]) if "all" in tree else ("or", tree.get("any", ()))
        return f"({f' {word} '.join(map(expression, parts))})" if parts else str(word == "and")

    def _known(self, fact: str) -> str:
        x, kind = self.variables[fact], self._vocabulary[fact].type
        if kind == "codes":
            return f"({x}.present or not {x}.unknown)"
        return f"(len({x}.possible) == 1)" if kind in ("code", "boolean") else f"({x}.low == {x}.high)"

    def _leaf_met(self, tree: Tree) -> str:
        x, kind = self.variables[tree["fact"]], self._vocabulary[tree["fact"]].type
        if kind == "codes":
            wanted = self.constant(wanted_by(tree))
            if "has-none" in tree:
                return f"({x}.present.isdisjoint({wanted}) and {x}.unknown.isdisjoint({wanted}))"
            return f"(not {x}.present.isdisjoint({wanted}))"
        if kind in ("code", "boolean"):
            return f"({x}.possible <= {self.constant(wanted_by(tree))})"
        inside = [
            *(f"({x}.low > {n} or ({x}.low == {n} and {x}.low_open))" for n in _bounds(tree, "above")),
            *(f"{x}.low >= {n}" for n in _bounds(tree, "at-least")),
            *(f"({x}.high < {n} or ({x}.high == {n} and {x}.high_open))" for n in _bounds(tree, "below")),
            *(f"{x}.high <= {n}" for n in _bounds(tree, "up-to")),
        ]
        return f"({' and '.join([*inside, self._leaf_possible(tree)])})"

    def _leaf_possible(self, tree: Tree) -> str:
        x, kind = self.variables[tree["fact"]], self._vocabulary[tree["fact"]].type
        if kind == "codes":
            wanted = self.constant(wanted_by(tree))
            if "has-none" in tree:
                return f"{x}.present.isdisjoint({wanted})"
            return f"(not {x}.present.isdisjoint({wanted}) or not {x}.unknown.isdisjoint({wanted}))"
        if kind in ("code", "boolean"):
            # of no value at all, which only a table with a gap gives, everything holds
            return f"(not {x}.possible.isdisjoint({self.constant(wanted_by(tree))}) or not {x}.possible)"
        reached = [
            *(f"{x}.high > {n}" for n in _bounds(tree, "above")),
            *(
                f"({x}.high > {n} or ({x}.high == {n} and not {x}.high_open))"
                for n in _bounds(tree, "at-least")
            ),
            *(f"{x}.low < {n}" for n in _bounds(tree, "below")),
            *(f"({x}.low < {n} or ({x}.low == {n} and not {x}.low_open))" for n in _bounds(tree, "up-to")),
        ]
        return f"({' and '.join(reached)})"


def wanted_by(tree: Tree) -> frozenset[Any]:
    """The codes, truth values or members that a one-fact test names; of a number's none."""
    one = tree.get("is", tree.get("has"))
    if one is not None:
        return frozenset({one})
    return frozenset(tree.get("in", tree.get("has-any", tree.get("has-none", ()))))


def _bounds(tree: Tree, name: str) -> tuple[str, ...]:
    return (repr(float(tree[name])),) if name in tree else ()


# the same criterion stands in many groups; of those that differ, many differ in their constants alone
@lru_cache(maxsize=4096)
def _function(text: str, constants: tuple[tuple[str, Any], ...]) -> Callable[[Values], Any]:
    found: dict[str, Any] = {"NOTHING": _NOTHING, "Choice": Choice, **dict(constants)}
    exec(_code(text), found)
    function: Callable[[Values], Any] = found["compiled"]
    return function


@lru_cache(maxsize=4096)
def _code(text: str) -> CodeType:
    return compile(text, "<criteria>", "exec")
