"""A patient group as a FHIR R4B PlanDefinition: who belongs to it, what it offers and when, and from which source.

The root action applies to patients of the group: its conditions are the rows of the placement table that lead
there and the limits of scope. Below it stands one action for each offer, inside an action for its role in the
course of treatment (before, as, or after the treatment of the primary tumour). An offer's conditions are its
own criterion and, for each rule that speaks against it whatever the group, that the rule is not met for certain.
Drugs of a regimen and stated cautions stand below the offer. A group that is treated as others refers to their plans,
which apply to its patients too.

Tables are not part of a plan, nor is there a Library: expressions refer to a table's result as a fact of its
own, and the Bundle on which they are evaluated holds derived facts beside recorded ones (see `fhirpath`,
`case_bundle`). Reasons, refusals and what to do while a test is pending explain verdicts on drafted orders;
they change nothing of what is offered and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..case.vocabulary import CANONICAL, CASE_FACTS
from ..loading import Loaded
from ..pathway.groups import Group
from ..pathway.options import Citation, Offer
from ..pathway.rules import Rule
from .fhirpath import facts_in, render, render_offer, render_placement
from .pathway_terms import PATHWAY_TERMS, ROLE_MEANS

LANGUAGE = "text/fhirpath"
# how an action of a role stands to the treatment of the primary tumour
COURSE = ("neoadjuvant", "primary", "definitive", "adjuvant", "metastases", "palliative")
BESIDE_PRIMARY = {"neoadjuvant": "before-start", "adjuvant": "after-end"}
USAGE = (
    "Each condition is a FHIRPath expression on a Bundle of Observations that state the patient's facts, derived "
    f"ones among them, with the CodeSystem {CASE_FACTS}: true = met, false = not met, empty = unknown, which is "
    "neither. A draft that awaits sign-off by clinicians."
)


def plan_definition(group_id: str, loaded: Loaded) -> dict[str, Any]:
    """The PlanDefinition of one patient group. Raises KeyError for a group that does not exist."""
    return _Plan(loaded, loaded.knowledge.groups[group_id]).resource()


class _Plan:
    """One group's plan while it is put together."""

    def __init__(self, loaded: Loaded, group: Group) -> None:
        self.loaded = loaded
        self.knowledge = loaded.knowledge.of(group.disease)
        self.group = group

    def resource(self) -> dict[str, Any]:
        group = self.group
        title = self.loaded.wording.short("groups", group.id)
        root = self._root(title)
        return {
            "resourceType": "PlanDefinition",
            "id": group.id,
            "url": _url(group.id),
            "version": self.knowledge.version,
            "name": "".join(part.capitalize() for part in group.id.split("-")),
            "title": title,
            "type": _concept(
                "http://terminology.hl7.org/CodeSystem/plan-definition-type", "clinical-protocol"
            ),
            "status": "draft",
            "subjectCodeableConcept": _concept("http://hl7.org/fhir/resource-types", "Patient"),
            "description": group.definition,
            "useContext": [self._focus()],
            "usage": USAGE,
            "relatedArtifact": [
                *self._publications(_within(root)),
                *({"type": "depends-on", "resource": url} for url in (CASE_FACTS, PATHWAY_TERMS)),
            ],
            "action": [root],
        }

    def _focus(self) -> dict[str, Any]:
        """The disease, by the first code of its value set."""
        codings = self.loaded.terminology.codings.get(f"dx.{self.group.disease}", ())
        concept: dict[str, Any] = {"text": self.loaded.wording.short("values", self.group.disease)}
        for system, code, display in codings[:1]:
            coding = {"system": system, "code": code, **({"display": display} if display else {})}
            concept["coding"] = [coding]
        return {
            "code": {"system": "http://terminology.hl7.org/CodeSystem/usage-context-type", "code": "focus"},
            "valueCodeableConcept": concept,
        }

    def _root(self, title: str) -> dict[str, Any]:
        table = self.knowledge.table("patient-group")
        outside = [{"not": {"stated": c.tree}} for c in self.knowledge.out_of_scope]
        root: dict[str, Any] = {
            "id": self.group.id,
            "title": title,
            "code": [_concept(PATHWAY_TERMS, self.group.id)],
            "documentation": self._citations([*self.group.citations, *(table.citations if table else ())]),
            "condition": [
                _condition(render_placement(self.group, self.loaded.knowledge), self.group.definition),
                *(_condition(render(tree, self.knowledge.vocabulary)) for tree in outside),
            ],
        }
        below = [*self._treated_as(), *self._by_role()]
        return {
            **root,
            "input": [self._input([root, *below])],
            "groupingBehavior": "logical-group",
            "selectionBehavior": "any",
            "action": below,
        }

    def _treated_as(self) -> Iterator[dict[str, Any]]:
        """The plans of the groups as which this one is treated; each applies to these patients too."""
        fact = self.group.treated_as
        for group in self.knowledge.vocabulary[fact].values if fact else ():
            yield {
                "id": f"{self.group.id}.as.{group}",
                "title": f"As for: {self.loaded.wording.short('groups', group)}",
                "condition": [_condition(render({"fact": fact, "is": group}, self.knowledge.vocabulary))],
                "definitionCanonical": f"{_url(group)}|{self.knowledge.version}",
            }

    def _input(self, actions: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """The facts on which anything in the plan hangs."""
        conditions = [c for top in actions for a in _within(top) for c in a.get("condition", ())]
        asked = {
            fact
            for condition in conditions
            for fact in facts_in(condition["expression"]["expression"], self.knowledge.vocabulary)
        }
        codes = [{"system": CASE_FACTS, "code": f} for f in self.knowledge.vocabulary if f in asked]
        return {"type": "Observation", "codeFilter": [{"path": "code", "code": codes}]}

    def _by_role(self) -> Iterator[dict[str, Any]]:
        """Offers without a role, then one action for each role with its offers, in the order of treatment."""
        roles = [role for role in COURSE if any(o.role == role for o in self.group.offers)]
        yield from (self._offer(o) for o in self.group.offers if o.role is None)
        for role in roles:
            action: dict[str, Any] = {
                "id": f"{self.group.id}.{role}",
                "title": ROLE_MEANS[role],
                "code": [_concept(PATHWAY_TERMS, role)],
            }
            if role in BESIDE_PRIMARY and "primary" in roles:
                primary = f"{self.group.id}.primary"
                action["relatedAction"] = [{"actionId": primary, "relationship": BESIDE_PRIMARY[role]}]
            yield {
                **action,
                "groupingBehavior": "logical-group",
                "selectionBehavior": "any",
                "action": [self._offer(o) for o in self.group.offers if o.role == role],
            }

    def _offer(self, offer: Offer) -> dict[str, Any]:
        wording, vocabulary = self.loaded.wording, self.knowledge.vocabulary
        rules = self.knowledge.judge.rules_of(offer.option)
        against = (*rules.contraindicated, *rules.off_pathway)
        action: dict[str, Any] = {"id": offer.id, "title": wording.short("options", offer.option)}
        if offer.differs:
            action["description"] = wording.detail("differences", offer.differs)
        below = [*self._items(offer), *(self._caution(offer, rule) for rule in rules.caution)]
        nested = {"groupingBehavior": "logical-group", "selectionBehavior": "all", "action": below}
        return {
            **action,
            "code": [self._option(offer.option), _concept(PATHWAY_TERMS, offer.line)],
            "documentation": self._citations(
                [*offer.citations, *(c for rule in against for c in rule.citations)]
            ),
            "condition": [
                _condition(render_offer(offer, self.group.implied, vocabulary)),
                *(
                    _condition(
                        render({"not": {"stated": rule.criterion.tree}}, vocabulary),
                        f"Not: {wording.short('reasons', rule.id)}",
                    )
                    for rule in against
                ),
            ],
            **(nested if below else {}),
        }

    def _option(self, option: str) -> dict[str, Any]:
        """An option's id, and the codes of its drug where it is one."""
        items = self.knowledge.judge.options[option].items
        concept = _concept(PATHWAY_TERMS, option)
        if len(items) == 1:
            concept["coding"] += self._codings(items[0])
        return {**concept, "text": self.loaded.wording.short("options", option)}

    def _items(self, offer: Offer) -> Iterator[dict[str, Any]]:
        """The drugs of a regimen, which belong together."""
        items = self.knowledge.judge.options[offer.option].items
        for item in items if len(items) > 1 else ():
            title = self.loaded.wording.short("options", item)
            codings = self._codings(item)
            yield {
                "id": f"{offer.id}.{item}",
                "title": title,
                "code": [{**({"coding": codings} if codings else {}), "text": title}],
            }

    def _codings(self, item: str) -> list[dict[str, Any]]:
        """The first code that each system has for a drug or test: its ingredient, its class."""
        first: dict[str, dict[str, Any]] = {}
        for system, code, display in self.loaded.terminology.codings.get(f"drug.{item}", ()):
            first.setdefault(
                system, {"system": system, "code": code, **({"display": display} if display else {})}
            )
        return list(first.values())

    def _caution(self, offer: Offer, rule: Rule) -> dict[str, Any]:
        wording, vocabulary = self.loaded.wording, self.knowledge.vocabulary
        return {
            "id": f"{offer.id}.{rule.id}",
            "title": f"Caution: {wording.short('reasons', rule.id)}",
            "description": wording.detail("reasons", rule.id),
            "documentation": self._citations(rule.citations),
            "condition": [_condition(render(rule.criterion.tree, vocabulary))],
        }

    def _citations(self, citations: Iterable[Citation]) -> list[dict[str, Any]]:
        return [
            {
                "type": "citation",
                "label": c.source,
                "display": c.section,
                "citation": c.says,
                "document": self._document(c.source),
            }
            for c in dict.fromkeys(citations)
        ]

    def _publications(self, actions: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Every source on which something in the plan rests, each once."""
        ids = {d["label"] for action in actions for d in action.get("documentation", ())}
        for source in self.loaded.sources.values():
            if source.id in ids:
                yield {
                    "type": "citation",
                    "label": source.id,
                    "display": source.short,
                    "citation": f"{source.title}. {source.date}",
                    "document": self._document(source.id),
                }

    def _document(self, source_id: str) -> dict[str, Any]:
        source = self.loaded.sources[source_id]
        return {"title": source.title, **({"url": source.url} if source.url else {})}


def _url(group: str) -> str:
    return f"{CANONICAL}/PlanDefinition/{group}"


def _within(action: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An action and all below it."""
    yield action
    for child in action.get("action", ()):
        yield from _within(child)


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _condition(expression: str, description: str = "") -> dict[str, Any]:
    stated = {"language": LANGUAGE, "expression": expression}
    return {
        "kind": "applicability",
        "expression": {"description": description, **stated} if description else stated,
    }
