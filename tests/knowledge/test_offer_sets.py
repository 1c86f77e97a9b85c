"""Offers that several groups share are written once, and a mistake in them is told where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.pathway.offer_sets import expanded
from tests.shipped import shipped

from .authored_files import assert_refused
from .authoring import Copy

ADVANCED = "knowledge/offer_sets/sts-advanced-systemic.yaml"
STAGE_1 = "knowledge/pathways/sts-extremity-stage-1.yaml"
STAGE_3 = "knowledge/pathways/sts-extremity-stage-3-4-resectable.yaml"

SHARED: dict[str, Any] = {
    "offer": "sts.some.drug",
    "option": "doxorubicin",
    "line": "first",
    "when": {"fact": "disease", "is": "sts"},
    "cite": [{"source": "000", "section": "Approach", "says": "of all"}],
}


def taken_in(shared: dict[str, Any] = SHARED, **use: Any) -> dict[str, Any]:
    """The one offer of a group that uses a set of one."""
    content = {"offers": [{"use": "some", "as": "sts.group", **use}]}
    (offer,) = expanded(content, {"some": [shared]})[0]["offers"]
    return dict(offer)


def test_a_shared_offer_has_the_id_of_its_user_and_the_wording_of_its_set() -> None:
    offer = taken_in()

    assert offer["offer"] == "sts.group.drug"
    assert offer["reasons"] == [{"id": "sts.some.drug", "when": {"always": True}}]


def test_a_user_narrows_every_offer_and_adds_its_own_citation() -> None:
    own = {"source": "001", "section": "Extremity: recurrent", "says": "of these"}
    offer = taken_in(when={"fact": "m-category", "is": "M1"}, cite=[own], line="consider", role="palliative")

    assert offer["when"] == {"all": [{"fact": "m-category", "is": "M1"}, SHARED["when"]]}
    assert [c["source"] for c in offer["cite"]] == ["001", "000"]
    assert (offer["line"], offer["role"]) == ("consider", "palliative")


def test_a_disagreement_of_the_set_is_not_replaced_by_its_users() -> None:
    assert taken_in({**SHARED, "differs": "sts.own"}, differs="sts.of-user")["differs"] == "sts.own"
    assert taken_in(differs="sts.of-user")["differs"] == "sts.of-user"


def test_a_source_that_does_not_list_an_offer_is_not_cited_for_it() -> None:
    """21: doxorubicin with dacarbazine is listed by 001 alone, whatever a group cites for systemic therapy."""
    own = {"source": "001", "section": "Extremity: recurrent", "says": "of these"}
    offer = taken_in({**SHARED, "listed-by": ["001"]}, cite=[own])

    assert [c["source"] for c in offer["cite"]] == ["001"]
    assert "listed-by" not in offer


def test_only_the_named_options_are_taken_in() -> None:
    other = {**SHARED, "offer": "sts.some.other", "option": "epirubicin"}
    content = {"offers": [{"use": "some", "as": "sts.group", "only": ["epirubicin"]}]}

    offers = expanded(content, {"some": [SHARED, other]})[0]["offers"]

    assert [o["option"] for o in offers] == ["epirubicin"]


def test_the_same_first_line_is_offered_wherever_the_set_is_used() -> None:
    groups = shipped().knowledge.groups
    wanted = {"doxorubicin", "epirubicin", "doxorubicin-liposomal", "doxorubicin+dacarbazine"}
    holds = {name for name, group in groups.items() if wanted <= {o.option for o in group.offers}}

    # 23: unresectable, metastatic and palliative use
    assert holds == {
        "sts-extremity-unresectable",
        "sts-extremity-stage-4-oligometastatic",
        "sts-extremity-stage-4-disseminated",
        "sts-extremity-recurrent-regional",
        "sts-extremity-recurrent-oligometastatic",
        "sts-extremity-recurrent-disseminated",
        "sts-abdominal-unresectable",
        "sts-abdominal-oligometastatic",
        "sts-abdominal-disseminated",
    }


MISTAKES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "an unknown set": (
        STAGE_1, "use: sts-amputation", "use: sts-amputations",
        ("sts-amputations", "did you mean 'sts-amputation'"),
    ),
    "a misspelt member of a use": (STAGE_1, "    only: [staging", "    onyl: [staging", ("onyl", "'only'")),
    "an option that the set does not offer": (
        STAGE_1, "only: [adjuvant-radiotherapy]", "only: [neoadjuvant-radiotherapy]",
        ("neoadjuvant-radiotherapy", "did you mean 'adjuvant-radiotherapy'"),
    ),
    "a misspelt fact in a set": (
        ADVANCED, "{fact: not-tolerated,", "{fact: not-tolerate,", ("not-tolerate", "did you mean 'not-tolerated'"),
    ),
    "a misspelt fact in a use": (
        STAGE_1, "    when: {fact: present-tumour-resected, is: false}\n    refusals",
        "    when: {fact: present-tumour-resecte, is: false}\n    refusals",
        ("present-tumour-resecte", "did you mean 'present-tumour-resected'"),
    ),
    "a set under another name": (
        ADVANCED, "set: sts-advanced-systemic", "set: sts-advanced", ("sts-advanced", "named"),
    ),
    "an option that is refused and offered": (
        STAGE_1, "    for: [metastasectomy,", "    for: [excision, metastasectomy,", ("excision", "offered"),
    ),
    "an option that is refused twice": (
        STAGE_1, "    for: [metastasectomy,", "    for: [drug, metastasectomy,", ("'drug'", "twice"),
    ),
    "a refusal of an unknown option": (
        STAGE_1, "    for: [metastasectomy,", "    for: [metastasectmy,",
        ("metastasectmy", "did you mean 'metastasectomy'"),
    ),
    "a companion of an unknown drug": (
        "knowledge/options.yaml", "beside: ifosfamide", "beside: ifosfamid", ("ifosfamid", "did you mean 'ifosfamide'"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_where_it_stands(copy: Copy, mistake: str) -> None:
    file, right, wrong, words = MISTAKES[mistake]

    assert_refused(copy, file, copy.replace(file, right, wrong), *words)


def test_a_set_that_nobody_uses_is_refused(copy: Copy) -> None:
    text = (copy.root / ADVANCED).read_text(encoding="utf-8")
    (copy.root / "knowledge/offer_sets/sts-more.yaml").write_text(
        text.replace("set: sts-advanced-systemic", "set: sts-more"), encoding="utf-8"
    )

    assert_refused(copy, "knowledge/offer_sets/sts-more.yaml", 4, "sts-more", "no pathway file uses")


def test_an_offer_without_a_line_is_laid_to_its_use(copy: Copy) -> None:
    line = copy.replace(
        STAGE_3,
        "    role: neoadjuvant\n    line: first\n    when: {fact",
        "    role: neoadjuvant\n    when: {fact",
    )

    assert_refused(copy, STAGE_3, line - 2, "no line")


def test_a_mistake_below_a_use_keeps_its_line(copy: Copy) -> None:
    """What a set brings in does not move the lines of what stands below it."""
    line = copy.replace(
        STAGE_3, "offer: sts.extremity-stage-3-4-resectable.excision-first", "offer: gist.minimal.excision"
    )

    assert_refused(copy, STAGE_3, line, "gist.minimal.excision")
