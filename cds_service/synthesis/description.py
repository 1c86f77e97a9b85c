"""A drawn patient as a `case.yaml` describes one: tumour, facts, drugs, operations and drafts in words."""

from __future__ import annotations

from datetime import date, timedelta
from math import exp
from typing import Any

from .distributions import Dice

Described = dict[str, Any]


def describe(dice: Dice, today: date) -> Described:
    """A patient of one of the two diseases, as of `today`. Its shape is that of `case.yaml` without `expect`."""
    disease = dice.choice("disease")
    age = int(dice.amount(f"{disease}-age-years"))
    course = dice.choice(f"{disease}-course")
    old = dice.between(20, 150) if course in ("before-surgery", "small") else dice.between(200, 1500)
    case: Described = {
        "title": "A synthetic patient",
        "why": "Drawn at random.",
        "today": today,
        "encoding": dice.choice("encoding"),
        "patient": {
            "born": date(today.year - age, dice.between(1, 12), dice.between(1, 28)),
            "sex": dice.choice("sex"),
        },
        "tumour": {"since": today - timedelta(days=old)},
        "facts": {},
    }
    (_gist if disease == "gist" else _sarcoma)(case, course, dice)
    if dice.happens("recorded-ecog"):
        case["facts"]["performance-status-ecog"] = dice.choice("ecog")
    if dice.happens("symptomatic") and course not in ("resected", "small"):
        case["facts"]["symptomatic"] = True
    if dice.happens("comorbidity"):
        case["illnesses"] = [dice.one_of(("heart-failure", "coagulopathy", "active-infection"))]
    if dice.happens("drafted-order"):
        case["drafts"] = [_draft(disease, course, case, dice)]
    return {name: content for name, content in case.items() if content not in ({}, [])}


def _gist(case: Described, course: str, dice: Dice) -> None:
    facts, since, today = case["facts"], case["tumour"]["since"], case["today"]
    case["tumour"] |= {"is": "gist", "in": dice.choice("gist-site")}
    size = round(exp(dice.amount("gist-log-size-cm")), 1)
    if course == "small":
        size = dice.between(8, 19) / 10
    if dice.happens("recorded-size"):
        facts["tumour-size-cm"] = size
    if dice.happens("recorded-mitoses"):
        facts["mitoses-per-50-hpf"] = dice.choice("mitoses")
    if dice.happens("recorded-genotype"):
        facts["genotype"] = [dice.choice("gist-genotype")]
    if course == "before-surgery" and dice.happens("recorded-resectability"):
        hard = dice.happens("significant-morbidity")
        facts["resectability"] = "resectable-significant-morbidity" if hard else "resectable"
    if course == "unresectable":
        facts["resectability"] = "unresectable"
        case["drugs"] = [{"drug": "imatinib", "from": since + timedelta(days=dice.between(20, 60))}]
    if course == "resected":
        operated = since + timedelta(days=dice.between(20, 90))
        case["procedures"] = [{"done": "excision", "day": operated, "margin": dice.choice("margin")}]
        if dice.happens("adjuvant"):
            case["drugs"] = [_adjuvant(operated, today, dice)]
    if course in ("metastatic", "progressive"):
        _spread(case, "gist", dice)
        case["drugs"] = _lines_of_gist(
            since, today, 1 if course == "metastatic" else dice.between(1, 3), dice
        )
    if course == "progressive":
        facts["progression"] = "limited" if dice.happens("progression-limited") else "generalised"


def _adjuvant(operated: date, today: date, dice: Dice) -> Described:
    begun = operated + timedelta(days=dice.between(25, 70))
    use: Described = {"drug": "imatinib", "from": begun, "intent": "adjuvant"}
    ended = begun + timedelta(days=1096)
    return use if ended >= today else use | {"to": ended, "ended": "completed"}


def _lines_of_gist(since: date, today: date, count: int, dice: Dice) -> list[Described]:
    """The inhibitors one after the other, the last one still taken."""
    begun = since + timedelta(days=dice.between(15, 40))
    length = max((today - begun).days // count, 20)
    uses: list[Described] = []
    for number, drug in enumerate(("imatinib", "sunitinib", "regorafenib")[:count]):
        start = begun + timedelta(days=number * length)
        use: Described = {"drug": drug, "from": start}
        if number < count - 1:
            use |= {"to": start + timedelta(days=length - 10), "ended": "failed"}
        uses.append(use)
    if count == 1 and dice.between(1, 4) == 1:
        uses[0] |= {"daily-mg": dice.one_of((400, 800))}
    return uses


def _spread(case: Described, disease: str, dice: Dice) -> None:
    organs = [dice.choice(f"{disease}-metastasis")]
    if dice.happens("several-organs"):
        organs.append(dice.choice(f"{disease}-metastasis"))
    case["metastases"] = sorted(set(organs))
    if dice.happens("recorded-extent"):
        wide = dice.happens("disseminated")
        case["facts"]["metastasis-extent"] = "disseminated" if wide else "limited"


def _sarcoma(case: Described, course: str, dice: Dice) -> None:
    facts, since = case["facts"], case["tumour"]["since"]
    kind = dice.choice("sts-histology")
    case["tumour"] |= {"is": kind, "in": dice.choice("sts-site")}
    size = round(exp(dice.amount("sts-log-size-cm")), 1)
    if dice.happens("recorded-size"):
        facts["tumour-size-cm"] = size
    if dice.happens("recorded-grade"):
        low = kind == "liposarcoma-well-differentiated" or not dice.happens("high-grade")
        facts["grade"] = "low" if low else "high"
    if case["tumour"]["in"] not in ("retroperitoneum", "mesentery", "pelvis") and dice.happens(
        "recorded-depth"
    ):
        facts["tumour-depth"] = "deep" if dice.happens("deep") else "superficial"
    if dice.happens("ntrk-fusion"):
        facts["genotype"] = ["ntrk-fusion"]
    if dice.happens("nodes-at-diagnosis"):
        facts["n-category"] = "N1"
    if course == "unresectable":
        facts["resectability"] = "unresectable"
    elif course == "before-surgery" and dice.happens("recorded-resectability"):
        facts["resectability"] = "resectable"
    if course in ("resected", "recurrent-local", "recurrent-distant"):
        operated = since + timedelta(days=dice.between(25, 120))
        case["procedures"] = [{"done": "excision", "day": operated, "margin": dice.choice("margin")}]
        if size > 5 and dice.happens("neoadjuvant"):
            irradiated = since + timedelta(days=12)
            case["procedures"].append({"done": "radiotherapy", "day": irradiated, "intent": "neoadjuvant"})
    if course.startswith("recurrent"):
        facts["recurrence"] = course.removeprefix("recurrent-")
    if course == "recurrent-distant" or (
        course in ("before-surgery", "unresectable") and dice.happens("metastases-at-diagnosis")
    ):
        _spread(case, "sts", dice)
    if course == "recurrent-distant" and dice.between(1, 2) == 1:
        begun = case["today"] - timedelta(days=dice.between(120, 190))
        case["drugs"] = [
            {"drug": "doxorubicin", "from": begun, "to": begun + timedelta(days=90), "ended": "failed"}
        ]


# what may be drafted, by disease and course; some of it is not on the pathway, as in life
_DRAFTS: dict[tuple[str, str], tuple[Described, ...]] = {
    ("gist", "before-surgery"): ({"procedure": "excision"}, {"drug": "imatinib"}),
    ("gist", "small"): ({"procedure": "excision"}, {"drug": "imatinib"}),
    ("gist", "unresectable"): ({"drug": "avapritinib"}, {"drug": "sunitinib"}, {"procedure": "excision"}),
    ("gist", "resected"): ({"drug": "imatinib", "intent": "adjuvant"}, {"procedure": "radiotherapy"}),
    ("gist", "metastatic"): ({"drug": "imatinib"}, {"drug": "sunitinib"}, {"procedure": "liver-resection"}),
    ("gist", "progressive"): (
        {"drug": "sunitinib"},
        {"drug": "regorafenib"},
        {"drug": "ripretinib"},
        {"drug": "imatinib", "daily-mg": 800},
        {"procedure": "excision"},
    ),
    ("sts", "before-surgery"): (
        {"procedure": "excision"},
        {"procedure": "radiotherapy", "intent": "neoadjuvant"},
        {"drug": "doxorubicin"},
        {"procedure": "amputation"},
    ),
    ("sts", "resected"): (
        {"procedure": "radiotherapy", "intent": "adjuvant"},
        {"procedure": "re-excision"},
        {"drug": "doxorubicin", "intent": "adjuvant"},
    ),
    ("sts", "recurrent-local"): ({"procedure": "re-excision"}, {"procedure": "radiotherapy"}),
    ("sts", "recurrent-distant"): (
        {"drug": "doxorubicin"},
        {"drug": "trabectedin"},
        {"drug": "pazopanib"},
        {"drug": "eribulin"},
        {"procedure": "lung-resection"},
    ),
    ("sts", "unresectable"): (
        {"drug": "doxorubicin"},
        {"procedure": "radiotherapy", "intent": "neoadjuvant"},
    ),
}


def _draft(disease: str, course: str, case: Described, dice: Dice) -> Described:
    genotype = case["facts"].get("genotype", ())
    # who tested for it, drafts what it calls for
    if "ntrk-fusion" in genotype and dice.between(1, 2) == 1:
        return {"drug": "larotrectinib"}
    return dict(dice.one_of(_DRAFTS[disease, course]))
