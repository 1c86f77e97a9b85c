"""Every verdict that the knowledge can give on an order for a GIST is shown by a patient.

The table is by hand: which verdicts an option can reach, and why it cannot reach the others. Out of scope (for
another disease) and undetermined (no reason beside another cancer) follow from decision 30 for every drug.
"""

from __future__ import annotations

from dataclasses import astuple

import pytest

from cds_service.loading import Loaded

from .shown import FIXTURES

ON, CAUTION, OFF, AGAINST = "on-pathway", "caution", "off-pathway", "contraindicated"
OPEN, SILENT, OUTSIDE = "undetermined", "not-addressed", "out-of-scope"
EVERYTHING = {ON, CAUTION, OFF, AGAINST, OPEN, SILENT, OUTSIDE}

NO_CONTRAINDICATION = (
    "no source names a contraindication to it, so it is at most off the pathway (decision 28)"
)
NO_CAUTION = "no source ties a caution, a companion drug or an order of drugs to it"
BY_MUTATION = "000 and 001 give it by mutation whatever came before: the genotype offers it or refuses it"
LATER = {AGAINST: NO_CONTRAINDICATION}
TARGETED = {AGAINST: NO_CONTRAINDICATION, CAUTION: NO_CAUTION, SILENT: BY_MUTATION}
NEVER = "002 speaks against ordinary chemotherapy in a GIST: off the pathway in every group"
CHEMOTHERAPY = dict.fromkeys((ON, CAUTION, AGAINST, SILENT), NEVER)

# option -> the verdicts that it cannot have in a GIST, each with the reason; it can have all others
IMPOSSIBLE: dict[str, dict[str, str]] = {
    "imatinib": {SILENT: "every source says of every genotype whether imatinib is given (decision 18)"},
    "imatinib-high-dose": {},
    "sunitinib": LATER,
    "regorafenib": LATER,
    "ripretinib": LATER,
    "sorafenib": LATER,
    "dasatinib": LATER,
    "nilotinib": LATER,
    "pazopanib": LATER,
    "avapritinib": TARGETED,
    "larotrectinib": TARGETED,
    "entrectinib": TARGETED,
    "repotrectinib": TARGETED,
    "dabrafenib+trametinib": {AGAINST: NO_CONTRAINDICATION, SILENT: BY_MUTATION},
    "imatinib+binimetinib": {SILENT: BY_MUTATION},
    "doxorubicin": CHEMOTHERAPY,
    "doxorubicin-liposomal": CHEMOTHERAPY,
    "epirubicin": CHEMOTHERAPY,
    "eribulin": CHEMOTHERAPY,
    "trabectedin": CHEMOTHERAPY,
    "doxorubicin+dacarbazine": CHEMOTHERAPY,
    "doxorubicin+ifosfamide+mesna": CHEMOTHERAPY,
    "epirubicin+ifosfamide+mesna": CHEMOTHERAPY,
    "excision": {AGAINST: NO_CONTRAINDICATION, CAUTION: NO_CAUTION},
    "cytoreductive-surgery": {AGAINST: NO_CONTRAINDICATION, CAUTION: NO_CAUTION},
    "ablation": {},
    "embolisation": {
        SILENT: "with liver metastases 000 and 001 speak of every inhibitor; without them their caution stands",
    },
    "palliative-radiotherapy": {
        AGAINST: NO_CONTRAINDICATION,
        CAUTION: NO_CAUTION,
        SILENT: "000 and 001 name it for symptomatic lesions whatever drug is taken",
    },
}
# 003 writes of it for soft-tissue sarcoma alone
OF_SARCOMA = {"high-dose-chemotherapy-with-stem-cell-support"}
REACHABLE = [
    (option, verdict) for option, no in IMPOSSIBLE.items() for verdict in sorted(EVERYTHING - set(no))
]
SHOWN = {
    (order.get("option"), order["verdict"]): name
    for name, fixture in FIXTURES.items()
    if fixture.expected.get("disease") == "gist"
    for order in (fixture.expected.get("orders") or {}).values()
}


def test_every_drug_regimen_procedure_and_radiotherapy_is_in_the_table(loaded: Loaded) -> None:
    """An option that GIST pathways offer or that GIST rules speak of belongs here."""
    judge = loaded.knowledge.of("gist").judge
    spoken_of = {o for o, rules in judge.rules.items() if any(astuple(rules)) and o in judge.options}
    offered = {
        offer.option
        for name, group in loaded.knowledge.groups.items()
        if name.startswith("gist-")
        for offer in group.offers
    }
    strategies = {o.id for o in judge.options.values() if o.kind == "strategy"}
    assert (offered | spoken_of) - strategies - OF_SARCOMA <= set(IMPOSSIBLE)


@pytest.mark.parametrize(("option", "verdict"), REACHABLE)
def test_the_verdict_is_shown(option: str, verdict: str) -> None:
    assert (option, verdict) in SHOWN, f"no patient shows {option}: {verdict}"


@pytest.mark.parametrize("option", IMPOSSIBLE)
def test_what_cannot_be_is_not_shown(option: str) -> None:
    """A patient who shows an impossible verdict proves the reason in the table wrong."""
    assert {v: SHOWN.get((option, v)) for v in IMPOSSIBLE[option]} == dict.fromkeys(IMPOSSIBLE[option])
