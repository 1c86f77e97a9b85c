"""Rules of orders: what stands against an option whatever the patient's group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..case.vocabulary import AuthoringError, Vocabulary
from .criteria import NOTHING, Criterion, compile_criterion
from .options import Citation, citations_of, sources_of


@dataclass(frozen=True, slots=True)
class Rule:
    """A caution, refusal or contraindication of one option, whatever the patient's group."""

    id: str
    criterion: Criterion
    sources: tuple[str, ...]
    suggest: str | None = None
    disease: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderRules:
    """What stands against an option whatever the group: contraindications, cautions, refusals, and reasons for
    which a group without a reason of its own does not offer it."""

    contraindicated: tuple[Rule, ...] = ()
    caution: tuple[Rule, ...] = ()
    off_pathway: tuple[Rule, ...] = ()
    unoffered: tuple[Rule, ...] = ()

    def of(self, disease: str) -> OrderRules:
        """The rules that hold in one disease."""
        return OrderRules(
            tuple(r for r in self.contraindicated if r.disease == disease),
            tuple(r for r in self.caution if r.disease == disease),
            tuple(r for r in self.off_pathway if r.disease == disease),
            tuple(r for r in self.unoffered if r.disease == disease),
        )

    @property
    def refusing(self) -> frozenset[str]:
        """The facts by which an option may be refused whatever the group."""
        return NOTHING.union(*(r.criterion.facts for r in (*self.contraindicated, *self.off_pathway)))

    def every(self) -> tuple[Rule, ...]:
        return (*self.contraindicated, *self.caution, *self.off_pathway, *self.unoffered)

    def beside(self, other: OrderRules) -> OrderRules:
        return OrderRules(
            self.contraindicated + other.contraindicated,
            self.caution + other.caution,
            self.off_pathway + other.off_pathway,
            self.unoffered + other.unoffered,
        )


def compile_rules(documents: Iterable[Mapping[str, Any]], vocabulary: Vocabulary) -> Mapping[str, OrderRules]:
    """Rules by option. Raises AuthoringError for an option with two entries in one disease."""
    rules: dict[str, OrderRules] = {}
    seen: set[tuple[str, str]] = set()

    def compiled(row: Mapping[str, Any], disease: str) -> Rule:
        return Rule(
            row["id"],
            compile_criterion(row["when"], vocabulary),
            sources_of(row["cite"]),
            row.get("suggest"),
            disease,
            citations_of(row["cite"]),
        )

    for document in documents:
        disease = document["disease"]
        for index, row in enumerate(document["orders"]):
            if (disease, row["option"]) in seen:
                raise AuthoringError(
                    f"the order {row['option']!r} has two entries", ("orders", index, "option")
                )
            seen.add((disease, row["option"]))
            own = OrderRules(
                *(
                    tuple(compiled(r, disease) for r in row.get(kind, ()))
                    for kind in ("contraindicated", "caution", "off-pathway")
                )
            )
            rules[row["option"]] = rules.get(row["option"], OrderRules()).beside(own)
        for row in document.get("unoffered", ()):
            own = OrderRules(unoffered=(compiled(row, disease),))
            for option in row["options"]:
                rules[option] = rules.get(option, OrderRules()).beside(own)
    return rules
