"""Every fact that the service reads or derives, from the vocabulary, the readings and the wording."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from cds_service.authored import read_yaml
from cds_service.case.vocabulary import FactDefinition
from cds_service.loading import AFFILIATE_PACK, KNOWLEDGE

from .markdown import code, table
from .product import shipped

KINDS = {
    "code": "one value",
    "codes": "a set of values",
    "boolean": "yes or no",
    "quantity": "a number",
    "integer": "a whole number",
}
CLOSED = {
    "when-reported": "once a record names one member, those that no record names are not in the set",
    "when-complete": "once the queries succeeded, those that no record names are not in the set",
    "never": "members that no record names stay unknown",
}


def facts() -> str:
    """A heading for each fact: what it is, how to record it, its values, what absence means, which record wins."""
    definitions = shipped().knowledge.vocabulary.definitions.values()
    because = _because()
    recorded = [each for each in definitions if not each.derived]
    derived = [each for each in definitions if each.derived]
    text = "## Facts of the record\n\n"
    text += "".join(_fact(each, because[each.id]) for each in recorded)
    text += "## Facts that follow from others\n\n"
    text += "Decision tables derive these; an Observation of category `survey` may state some of them outright.\n\n"
    return text + "".join(_fact(each, because[each.id]) for each in derived)


def _because() -> dict[str, str]:
    rows = read_yaml(KNOWLEDGE / "facts.yaml", "facts.yaml").content["facts"]
    return {row["fact"]: " ".join(row["because"].split()) for row in rows}


def _fact(fact: FactDefinition, because: str) -> str:
    wording = shipped().wording
    name, how = wording.short("facts", fact.id), wording.detail("facts", fact.id)
    text = f"### {fact.id}\n\n**{name[:1].upper()}{name[1:]}.** {how or ''}\n\n{because}\n\n"
    rows = [("kind", KINDS[fact.type] + (f", in `{fact.unit}`" if fact.unit else ""))]
    if fact.values:
        rows.append(("values", code(*fact.values, *fact.not_addressed)))
    if fact.queries:
        rows.append(("read from", code(*fact.queries)))
    if not fact.derived:
        rows.append(("no record means", _absence(fact)))
    if fact.wins:
        rows.append(("which record wins", ", then ".join(code(*equals) for equals in fact.wins)))
    if fact.lasts:
        yes, no = fact.lasts
        rows.append(("how long it holds", f"a dated yes {yes} days, a dated no {no}"))
    return text + table((fact.id, ""), rows) + _codes(fact.id)


def _absence(fact: FactDefinition) -> str:
    if fact.type == "codes" and not fact.absent_members:
        return f"unknown; {CLOSED[fact.closed]}"
    if fact.type == "codes":
        return f"none of them, if all these queries succeeded, else unknown; {CLOSED[fact.closed]}"
    if fact.absent is None:
        return "unknown"
    return f"`{json.dumps(fact.absent).strip(chr(34))}`, if all these queries succeeded, else unknown"


def _codes(fact: str) -> str:
    """A table of the values with the concepts that stand for each; nothing for a fact that is read otherwise."""
    read: Any = shipped().readings.values.get(fact, {})
    by_value: dict[str, list[str]] = {}
    for concept, values in read.items():
        for value in [values] if isinstance(values, str) else values:
            by_value.setdefault(value, []).append(_concept(concept))
    rows = ((code(value), ", ".join(concepts)) for value, concepts in by_value.items())
    return table(("value", "recognised by"), rows) if by_value else ""


def _concept(concept: str) -> str:
    """Its name, with a link to its codes; else with what it is recognised by."""
    if concept not in shipped().terminology.codings:
        return f"{concept} ({'licensed codes' if concept in _licensed() else '[words](codes.md#words)'})"
    # as headings get their anchors: points fall away
    return f"[{concept}](codes.md#{concept.lower().replace('.', '')})"


@cache
def _licensed() -> frozenset[str]:
    """The concepts of the pack of SNOMED CT ids that need a licence."""
    return frozenset(
        concept
        for path in (KNOWLEDGE / "value_sets" / AFFILIATE_PACK).glob("*.yaml")
        for concept in read_yaml(path, path.name).content["concepts"]
    )
