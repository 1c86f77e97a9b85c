"""The depth of a sarcoma in words: where the tumour lies, not what lies beside it."""

from __future__ import annotations

import pytest

from cds_service.case.fact import Fact

from .chart import concept, fact_of, observation, possible, sarcoma


def depth_of(text: str) -> Fact:
    return fact_of(
        "tumour-depth", sarcoma(), observation("d", concept(text="Tumour depth"), valueString=text)
    )


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("Above deep fascia", "superficial"),
        ("above the deep investing fascia", "superficial"),
        ("Superficial to the deep fascia", "superficial"),
        ("Subcutis, deep margin 2 mm", "superficial"),
        ("Subcutaneous, deep resection margins free", "superficial"),
        ("Deep", "deep"),
        ("deep (intramuscular)", "deep"),
        ("Depth: deep", "deep"),
        ("Deep soft tissue", "deep"),
        ("deep-seated", "deep"),
        ("deep, deep margin 2 mm", "deep"),
        ("Deep to the deep fascia", "deep"),
        ("deep to fascia", "deep"),
        ("below the deep fascia", "deep"),
        ("subfascial", "deep"),
    ],
)
def test_where_the_tumour_lies(text: str, depth: str) -> None:
    assert possible(depth_of(text)) == {depth}


@pytest.mark.parametrize(
    "text",
    [
        "Free of deep fascia",
        "5 mm from the deep fascia",
        "abuts deep fascia",
        "deep margin 2 mm",
        "deep dermis",
        "deep dermis and subcutis",
        "deep to the dermis",
        "subcutis, extends into the fascia",
        "subcutaneous and muscle",
        "superficial and deep",
        "not deep",
    ],
)
def test_what_does_not_say_where_the_tumour_lies_leaves_the_depth_open(text: str) -> None:
    """1: grade and size alone make it stage II or III."""
    found = depth_of(text)
    assert (possible(found), found.why) == ({"superficial", "deep"}, "uncodable")
