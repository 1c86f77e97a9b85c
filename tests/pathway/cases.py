"""Cases and drafted orders in a few words, for tests of the engine alone.

`gist(primary_site="stomach", tumour_size_cm=6)` is a patient with a GIST whose chart is complete and says
nothing else: by decision 10 nothing recorded then means no metastasis, no recurrence, no progression, no
rupture and no earlier therapy, while genotype, mitoses, margins, resectability and symptoms are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.case.fact import (
    Case,
    Choice,
    DraftOrder,
    Evidence,
    Fact,
    Indication,
    Interval,
    Members,
    Value,
)
from cds_service.pathway.assessment import Assessment, Offered
from cds_service.pathway.engine import assess
from cds_service.pathway.knowledge import Knowledge
from cds_service.pathway.verdict import Verdict
from tests.shipped import shipped

Stated = str | bool | float | set[str] | Value | None

# what an adult's complete chart without another word says (decision 10); a set is all that is in it
NOTHING_RECORDED: Mapping[str, Stated] = {
    "disease": "gist",
    "age-years": 60,
    "tumour-resected": False,
    "tumour-rupture": False,
    "m-category": "M0",
    "n-category": "NX",
    "metastatic-sites": set(),
    "recurrence": "none",
    "progression": "none",
    "prior-therapies": set(),
    "current-therapy": set(),
    "neoadjuvant-therapy": set(),
    "heart-failure": False,
    "short-life-expectancy": False,
    "adjuvant-completed": False,
    "not-tolerated": set(),
    "imatinib-escalated": False,
    "coagulopathy": False,
    "active-infection": False,
    "decompensated-liver-failure": False,
    "critical-structures-adjacent": False,
}
# a specimen removed completely
R0: Mapping[str, Stated] = {"tumour-resected": True, "residual-tumour": "R0"}
# the two charts that differ from a plain one in the same two facts everywhere below
HIGH_RISK: Mapping[str, Stated] = {
    **R0,
    "primary-site": "stomach",
    "tumour-size-cm": 6,
    "mitoses-per-50-hpf": 8,
}
LOW_RISK: Mapping[str, Stated] = {**HIGH_RISK, "mitoses-per-50-hpf": 2}
NOT_COUNTED: Mapping[str, Stated] = {**HIGH_RISK, "mitoses-per-50-hpf": None}
D842V = {"pdgfra-exon-18-insensitive"}


def knowledge() -> Knowledge:
    """The shipped knowledge, loaded once in this process."""
    return shipped().knowledge


def unknown(fact: str) -> Value:
    """The value of a fact of which nothing is known."""
    return knowledge().vocabulary[fact].unknown()


def tell(value: object) -> str:
    """A short name for a parameter, the same in every process (sets have no order of their own)."""
    if isinstance(value, Members):
        return f"{tell(value.present)}, open {tell(value.unknown)}"
    if isinstance(value, Choice):
        return tell(value.possible)
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(tell, value))) + "}"
    if isinstance(value, tuple):
        return " ".join(map(tell, value)) or "nothing more"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {tell(v)}" for name, v in value.items()) or "nothing more"
    if isinstance(value, tuple | list):
        return ", ".join(map(tell, value))
    if isinstance(value, DraftOrder):
        dose = f" {value.daily_mg:g} mg" if value.daily_mg else ""
        return f"{value.item}{dose}"
    return str(value)


def value_of(stated: Stated) -> Value:
    """A Python value as the engine's; None cannot be one."""
    if isinstance(stated, Choice | Interval | Members):
        return stated
    if isinstance(stated, set):
        return Members(frozenset(stated))
    if isinstance(stated, str | bool):
        return Choice(frozenset({stated}))
    assert stated is not None
    return Interval(float(stated), float(stated))


def chart(stated: Mapping[str, Stated]) -> Case:
    """A case of exactly these facts by id; None and every other fact of the vocabulary is unknown."""
    vocabulary = knowledge().vocabulary
    facts: dict[str, Fact] = {}
    for name in vocabulary:
        given = stated.get(name)
        if given is None:
            if not vocabulary[name].derived:
                facts[name] = Fact(name, unknown(name), "missing")
            continue
        value = value_of(given)
        # a fact that tables derive is in a case only if a record states it
        seen = (Evidence(f"Observation/{name}", "value"),) if vocabulary[name].derived else ()
        facts[name] = Fact(name, value, None if value != unknown(name) else "missing", seen)
    for name in stated:
        assert name in facts, f"no fact {name!r}"
    return Case("patient-1", facts)


def gist(base: Mapping[str, Stated] | None = None, /, **stated: Stated) -> Case:
    """A GIST chart: nothing recorded but `base` and `stated` (names with underscores for hyphens)."""
    named = {name.replace("_", "-"): value for name, value in stated.items()}
    return chart({**NOTHING_RECORDED, **(base or {}), **named})


def draft(
    item: str | None,
    *,
    daily_mg: float | None = None,
    indication: Indication = "this-tumour",
    selected: bool = True,
    name: str = "rx-1",
) -> DraftOrder:
    """A drafted MedicationRequest."""
    return DraftOrder(f"MedicationRequest/{name}", item, selected, indication, daily_mg)


def assessed(case: Case, *orders: DraftOrder) -> Assessment:
    """The assessment of a case with its drafts; the selected ones are under review."""
    return assess(case, orders, knowledge(), [o for o in orders if o.selected])


def judged(case: Case, *orders: DraftOrder) -> Verdict:
    """The verdict on the first of the drafts."""
    return next(v for v in assessed(case, *orders).verdicts if v.order is orders[0])


def groups(case: Case) -> set[str]:
    """The patient groups still possible, without the common beginning `gist-`."""
    return {name.removeprefix("gist-") for name in assessed(case).groups}


def offered(case: Case, option: str, role: str | None = None) -> Offered | None:
    """The option as offered, or None if it is neither met nor unknown."""
    found = [o for o in assessed(case).options if (o.option, o.role) == (option, role)]
    assert len(found) <= 1, f"{option} is offered in more than one line"
    return found[0] if found else None


def met(case: Case) -> set[tuple[str, str | None, str]]:
    """Option, role and line of everything that is met."""
    return {(o.option, o.role, o.line) for o in assessed(case).options if o.answer is True}


ON, CAUTION, OFF = "on-pathway", "caution", "off-pathway"
AGAINST, OPEN, OUTSIDE = "contraindicated", "undetermined", "out-of-scope"
KIT11: dict[str, Stated] = {"genotype": {"kit-exon-11"}}
METASTATIC: dict[str, Stated] = {"m-category": "M1", "metastatic-sites": {"liver"}}
UNRESECTABLE: dict[str, Stated] = {"resectability": "unresectable", "tumour-size-cm": 9}
SIGNIFICANT: dict[str, Stated] = {"resectability": "resectable-significant-morbidity", "tumour-size-cm": 9}
MINIMAL: dict[str, Stated] = {"resectability": "resectable", "tumour-size-cm": 6}
ANY_PLACE: dict[str, Stated] = {"tumour-size-cm": 9}
GENERALISED: dict[str, Stated] = {
    **METASTATIC,
    **KIT11,
    "progression": "generalised",
    "performance-status-ecog": 1,
}


def verdict(case: Case, item: str, daily_mg: float | None = None) -> str:
    return judged(case, draft(item, daily_mg=daily_mg)).verdict
