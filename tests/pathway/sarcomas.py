"""Soft-tissue sarcomas in a few words, for tests of the engine alone.

`sts(primary_site="thigh", grade="high")` is a patient with a sarcoma whose chart is complete and says nothing else:
by decision 10 that means M0, no recurrence and no earlier treatment, while grade, depth, size, histology, margins
and resectability are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.case.fact import Case
from cds_service.pathway.verdict import Verdict

from .cases import NOTHING_RECORDED, Stated, assessed, chart, draft, knowledge

# what an adult's complete chart without another word says (decision 10)
NO_WORD: Mapping[str, Stated] = {
    **NOTHING_RECORDED,
    "disease": "sts",
    "unplanned-excision": False,
    "prior-radiotherapy": set(),
    "adjuvant-therapy": set(),
    "therapy-failed": set(),
    "recurrence-resected": False,
}
# the facts on which options hang, settled to what opens none of them
PLAIN: Mapping[str, Stated] = {
    "histology": "synovial-sarcoma",
    "genotype": set(),
    "symptomatic": True,
    "limb-function-lost-by-resection": False,
    "amputation-preferred": False,
    "high-local-recurrence-risk": False,
    "high-metastatic-risk": False,
    "downstaging-needed": False,
    "treatment-response": "stable",
    "re-resectable": False,
    "wide-margin": False,
    "margin-on-critical-structure": False,
}
RESECTABLE: Mapping[str, Stated] = {"resectability": "resectable"}
UNRESECTABLE: Mapping[str, Stated] = {"resectability": "unresectable"}
LOW: Mapping[str, Stated] = {
    "primary-site": "thigh",
    "grade": "low",
    "tumour-depth": "deep",
    "tumour-size-cm": 9,
}
SMALL: Mapping[str, Stated] = {**LOW, "grade": "high", "tumour-size-cm": 4}
LARGE: Mapping[str, Stated] = {**LOW, "grade": "high"}
BELLY: Mapping[str, Stated] = {"primary-site": "retroperitoneum", "grade": "high", "tumour-size-cm": 12}


def sts(*bases: Mapping[str, Stated], **stated: Stated) -> Case:
    """A sarcoma's chart: nothing recorded but `bases` and `stated` (names with underscores for hyphens)."""
    together = dict(NO_WORD)
    for base in bases:
        together |= base
    return chart({**together, **{name.replace("_", "-"): value for name, value in stated.items()}})


def placed(case: Case) -> set[str]:
    """The groups still possible without the common beginning `sts-`; what the sources do not address in brackets."""
    found = assessed(case)
    return {name.removeprefix("sts-") for name in found.groups} | {
        f"[{name.removeprefix('sts-')}]" for name in found.not_addressed
    }


SPREAD: Mapping[str, Stated] = {
    "m-category": "M1",
    "metastatic-sites": {"liver"},
    "metastatic-organ-count": 1,
}
LIMITED: Mapping[str, Stated] = {**SPREAD, "metastasis-extent": "limited"}
DISSEMINATED: Mapping[str, Stated] = {**SPREAD, "metastasis-extent": "disseminated"}
NODES: Mapping[str, Stated] = {"n-category": "N1"}
# one chart of each group, before any treatment of the tumour that is there now
CHART_OF: Mapping[str, tuple[Mapping[str, Stated], ...]] = {
    "extremity-stage-1": (LOW, RESECTABLE),
    "extremity-stage-2-resectable": (SMALL, RESECTABLE),
    "extremity-stage-3-4-resectable": (LARGE, RESECTABLE),
    "extremity-unresectable": (LARGE, UNRESECTABLE),
    "extremity-stage-4-oligometastatic": (LARGE, LIMITED),
    "extremity-stage-4-disseminated": (LARGE, DISSEMINATED),
    "extremity-recurrent-local": (LARGE, RESECTABLE, {"recurrence": "local", "tumour-resected": True}),
    "extremity-recurrent-regional": (LARGE, NODES, {"recurrence": "regional"}),
    "extremity-recurrent-oligometastatic": (LARGE, LIMITED, {"recurrence": "distant"}),
    "extremity-recurrent-disseminated": (LARGE, DISSEMINATED, {"recurrence": "distant"}),
    "abdominal-resectable": (BELLY, RESECTABLE),
    "abdominal-unresectable": (BELLY, UNRESECTABLE),
    "abdominal-oligometastatic": (BELLY, LIMITED),
    "abdominal-disseminated": (BELLY, DISSEMINATED),
}


def in_group(name: str, **stated: Stated) -> Case:
    """The plain chart of a group (its id without `sts-`)."""
    return sts(PLAIN, *CHART_OF[name], **stated)


def ordered(case: Case, option: str) -> Verdict:
    """The verdict on an option whose drugs are all drafted together."""
    items = knowledge().judge.options[option].items or (option,)
    drafts = [
        draft(item, name=f"rx-{n}", daily_mg=800 if option == "imatinib-high-dose" else None)
        for n, item in enumerate(items)
    ]
    return next(v for v in assessed(case, *drafts).verdicts if v.order is drafts[0])


def offers_of(case: Case) -> set[tuple[str, str | None, str]]:
    """Option, role and line of all that is met but what every patient is offered."""
    general = {"expert-centre-referral", "clinical-trial", "best-supportive-care"}
    return {
        (o.option, o.role, o.line)
        for o in assessed(case).options
        if o.answer is True and o.option not in general
    }
