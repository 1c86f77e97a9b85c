"""Criteria as FHIRPath, the standard's own three-valued language: met = true, not met = false, unknown = empty.

An expression is evaluated on a Bundle of Observations that state a case's facts with our CodeSystem (see
`case_bundle`), derived facts among them: a table's result is referred to, never inlined. A fact without an
Observation is unknown. Several Observations of a code, a boolean or a number are values that are all still
possible, so an answer is definite only if it holds for every one of them. Bounds of a number that hold together are
components of one Observation. A set has one Observation for each
member that is in it, and components with `false` for members that are not; the others are unknown.

A value that does not count (another code system, a code that the fact does not have, another unit) leaves the
answer empty: it is never a no.

Written for any engine, with what FHIRPath engines get wrong kept out. In fhirpathpy 2.2.4 `=` between longer
collections compares only their first elements, `where(flag)` takes a FHIR boolean `false` for true, a Quantity
of a resource cannot be ordered against a literal such as `5 'cm'`, and functions with a collection as their
parameter (`subsetOf`, `intersect`) may read it from the wrong focus. So single values are compared, booleans
are compared with a literal, and numbers are taken out of a Quantity after its unit was checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from ..case.fact import Scalar
from ..case.vocabulary import CASE_FACTS, FactDefinition, Vocabulary
from ..pathway.generated import wanted_by
from ..pathway.groups import Group
from ..pathway.knowledge import Knowledge
from ..pathway.options import Offer
from ..pathway.tables import Table

UCUM = "http://unitsofmeasure.org"
Tree = Mapping[str, Any]
Implied = Mapping[str, frozenset[Scalar]]
# the number itself, or its bounds
QUANTITIES = "(value.ofType(Quantity) | component.value.ofType(Quantity))"
ABOVE = "comparator.empty() or comparator = '>' or comparator = '>='"
BELOW = "comparator.empty() or comparator = '<' or comparator = '<='"


def render(tree: Tree, vocabulary: Vocabulary) -> str:
    """The FHIRPath expression of an authored criterion."""
    if "fact" in tree:
        return _leaf(tree, vocabulary[tree["fact"]])
    if "always" in tree:
        return "true"
    if "known" in tree:
        return _known(vocabulary[tree["known"]])
    if "not" in tree:
        return negated(render(tree["not"], vocabulary))
    if "stated" in tree:
        return f"iif({render(tree['stated'], vocabulary)}, true, false)"
    word, children = ("and", tree["all"]) if "all" in tree else ("or", tree["any"])
    return joined(word, [render(child, vocabulary) for child in children])


def render_offer(offer: Offer, implied: Implied, vocabulary: Vocabulary) -> str:
    """Whether an offer of a group is met, for a patient of that group.

    `implied` is what the group's definition implies, taken where the fact is open. Where the sources are
    silent, the answer is empty instead of false.
    """
    met = render(assuming(offer.criterion.tree, implied, vocabulary), vocabulary)
    silent = [render(assuming(s.criterion.tree, implied, vocabulary), vocabulary) for s in offer.silent]
    if not silent:
        return met
    return f"iif({met}, true, iif({joined('and', [negated(s) for s in silent])}, {met}))"


def render_placement(group: Group, knowledge: Knowledge) -> str:
    """Whether a group's offers apply: the patient belongs to it, or to one that is treated as it.

    Belonging is the disease and the rows of its placement table that lead to the group; a row that leaves the
    group possible beside others gives empty.
    """
    vocabulary = knowledge.vocabulary
    table = knowledge.of(group.disease).table("patient-group")
    ways = [_placed(group.id, table, vocabulary)]
    for other in knowledge.groups.values():
        if other.treated_as and group.id in vocabulary[other.treated_as].values:
            treated = render({"fact": other.treated_as, "is": group.id}, vocabulary)
            ways.append(joined("and", [_placed(other.id, table, vocabulary), treated]))
    disease = render({"fact": "disease", "is": group.disease}, vocabulary)
    return joined("and", [disease, joined("or", ways)])


def _placed(group: str, table: Table | None, vocabulary: Vocabulary) -> str:
    rows = [(row.results, row.criterion.tree) for row in (table.rows if table else ())]
    alone = [render(tree, vocabulary) for results, tree in rows if results == {group}]
    among = [render(tree, vocabulary) for results, tree in rows if results > {group}]
    placed = joined("or", alone) if alone else "false"
    if not among:
        return placed
    return f"iif({placed}, true, iif({negated(joined('or', [*alone, *among]))}, false))"


def criteria(knowledge: Knowledge) -> Iterator[tuple[str, Tree]]:
    """Every authored criterion with a name that says where it stands."""
    named: list[tuple[str, Tree]] = []
    for table in knowledge.tables:
        rows = enumerate(table.rows, 1)
        named += [(f"table {table.id}, row {number}", row.criterion.tree) for number, row in rows]
    for group in (*knowledge.groups.values(), *knowledge.not_addressed.values()):
        for offer in group.offers:
            named += [(f"{group.id}, {where}", tree) for where, tree in _of_offer(offer)]
    for option, rules in knowledge.judge.rules.items():
        for kind in fields(rules):
            for rule in getattr(rules, kind.name):
                named.append((f"{rule.disease} order {option}, {kind.name}, {rule.id}", rule.criterion.tree))
    named += [(f"scope, row {n}", c.tree) for n, c in enumerate(knowledge.out_of_scope, 1)]
    yield from named
    # what else is authored: a part of the knowledge that was added later is not missed
    seen = {json.dumps(tree, sort_keys=True) for _, tree in named}
    for number, tree in enumerate(knowledge.trees, 1):
        if json.dumps(tree, sort_keys=True) not in seen:
            yield f"criterion {number}", tree


def _of_offer(offer: Offer) -> Iterator[tuple[str, Tree]]:
    yield f"offer {offer.id}", offer.criterion.tree
    for kind in ("reasons", "refusals", "silent", "unaddressed"):
        for reason in getattr(offer, kind):
            yield f"offer {offer.id}, {kind} {reason.id}", reason.criterion.tree


def facts_in(expression: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The facts that an expression asks for."""
    return tuple(fact for fact in vocabulary if _observations(fact) in expression)


def assuming(tree: Tree, implied: Implied, vocabulary: Vocabulary) -> Tree:
    """A tree for patients of whom something is implied: an open fact counts as one of the implied values."""
    if "fact" in tree:
        among = implied.get(tree["fact"])
        if among is None or vocabulary[tree["fact"]].type == "codes":
            return tree
        wanted = _wanted(tree)
        if among <= wanted:
            return {"any": [tree, {"not": {"known": tree["fact"]}}]}
        if among.isdisjoint(wanted):
            return {"all": [tree, {"known": tree["fact"]}]}
        return tree
    for word in ("not", "stated"):
        if word in tree:
            return {word: assuming(tree[word], implied, vocabulary)}
    for word in ("all", "any"):
        if word in tree:
            return {word: [assuming(child, implied, vocabulary) for child in tree[word]]}
    return tree


def joined(word: str, expressions: Sequence[str]) -> str:
    return expressions[0] if len(expressions) == 1 else "(" + f" {word} ".join(expressions) + ")"


def negated(expression: str) -> str:
    """Unknown stays unknown."""
    return f"({expression}).not()" if not expression.endswith(")") else f"{expression}.not()"


def _wanted(tree: Tree) -> frozenset[Scalar]:
    return frozenset(tree["in"]) if "in" in tree else frozenset({tree["is"]})


def _observations(fact: str) -> str:
    return f"entry.resource.ofType(Observation).where(code.coding.exists({_ours(fact)}))"


def _ours(*codes: str) -> str:
    """That a coding is one of these codes of ours."""
    return f"system = '{CASE_FACTS}' and {_among('code', codes)}"


def _among(element: str, values: Sequence[str]) -> str:
    """That an element is one of these codes; a pattern costs an engine far less than a long union."""
    if len(values) == 1:
        return f"{element} = '{values[0]}'"
    return f"{element}.matches('^({'|'.join(values)})$')"


def _for_all(fact: str, met: str, not_met: str) -> str:
    """True if every Observation of a fact says so, false if every one denies it, else (none, or some) empty."""
    every = _observations(fact)
    return f"iif({every}.exists(), iif({every}.all({met}), true, iif({every}.all({not_met}), false)))"


def _leaf(tree: Tree, definition: FactDefinition) -> str:
    match definition.type:
        case "codes":
            return _members(tree, definition)
        case "code":
            wanted = _wanted(tree)
            every = (*definition.values, *definition.not_addressed)
            inside = [v for v in every if v in wanted]
            outside = [v for v in every if v not in wanted]
            # a fact has one of its values, whichever it is
            return _for_all(definition.id, _stated(inside), _stated(outside)) if outside else "true"
        case "boolean":
            wanted = _wanted(tree)
            return _for_all(definition.id, _truth(True in wanted), _truth(True not in wanted))
        case _:
            return _number(tree, definition)


def _stated(values: Sequence[str]) -> str:
    return f"value.coding.exists({_ours(*values)})"


def _truth(value: bool) -> str:
    return f"value.ofType(boolean).exists($this = {str(value).lower()})"


def _members(tree: Tree, definition: FactDefinition) -> str:
    named = wanted_by(tree)
    some = _some_member([v for v in definition.values if v in named], definition.id)
    return negated(some) if "has-none" in tree else some


def _some_member(members: Sequence[str], fact: str) -> str:
    """True if one of the members is stated, false if all of them are excluded."""
    every = _observations(fact)
    excluded = f"{every}.component.where(value = false).code.coding"
    if len(members) == 1:
        none = f"{excluded}.exists({_ours(*members)})"
    else:
        none = f"{excluded}.where({_ours(*members)}).code.distinct().count() = {len(members)}"
    return f"iif({every}.value.coding.exists({_ours(*members)}), true, iif({none}, false))"


def _known(definition: FactDefinition) -> str:
    """Whether anything is left open of a fact; never empty."""
    every = _observations(definition.id)
    match definition.type:
        case "codes":
            return f"{_some_member(definition.values, definition.id)}.exists()"
        case "code":
            codes = _ours(*definition.values, *definition.not_addressed)
            return f"{every}.value.coding.where({codes}).code.distinct().count() = 1"
        case "boolean":
            return f"{every}.value.ofType(boolean).distinct().count() = 1"
        case _:
            exact = f"value.ofType(Quantity).exists({_in_unit(definition)} and comparator.empty())"
            if _may_be_integer(definition):
                exact = f"({exact} or value.ofType(integer).exists())"
            return f"({every}.count() = 1 and {every}.all({exact}))"


def _number(tree: Tree, definition: FactDefinition) -> str:
    tests = []
    for bound, strict in (("above", True), ("at-least", False)):
        if bound in tree:
            tests.append(_beyond(tree[bound], strict, definition))
    for bound, strict in (("up-to", True), ("below", False)):
        if bound in tree:
            tests.append(negated(_beyond(tree[bound], strict, definition)))
    return joined("and", tests)


def _beyond(cut: float, strict: bool, definition: FactDefinition) -> str:
    """Whether a number lies above the cut, or not below it (`strict` is false)."""
    more, less = (">", "<=") if strict else (">=", "<")
    unit = _in_unit(definition)
    number = f"{cut:g}"
    # a bound beside the cut settles it as well: "more than 5" is above 5, "less than 5" is not at least 5
    touching = (
        f" or comparator = '>' and value = {number}" if strict else "",
        "" if strict else f" or comparator = '<' and value = {number}",
    )
    met = [f"{QUANTITIES}.exists({unit} and (({ABOVE}) and value {more} {number}{touching[0]}))"]
    not_met = [f"{QUANTITIES}.exists({unit} and (({BELOW}) and value {less} {number}{touching[1]}))"]
    if _may_be_integer(definition):
        met.append(f"value.ofType(integer).exists($this {more} {number})")
        not_met.append(f"value.ofType(integer).exists($this {less} {number})")
    return _for_all(definition.id, " or ".join(met), " or ".join(not_met))


def _in_unit(definition: FactDefinition) -> str:
    return f"system = '{UCUM}' and code = '{definition.unit or '1'}'"


def _may_be_integer(definition: FactDefinition) -> bool:
    """A count or a score may be stated as a bare integer; a length never."""
    return definition.unit != "cm"
