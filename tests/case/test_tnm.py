"""T, N and M in one text."""

from __future__ import annotations

import pytest

from .chart import COLON, LOINC, Json, concept, fact_of, gist, observation, possible, sarcoma

NAMES = [concept(text="TNM stage"), concept(text="TNM"), concept(LOINC, "21902-2")]


def tnm(text: str, code: Json | None = None) -> Json:
    return observation("tnm", code or NAMES[0], valueString=text)


@pytest.mark.parametrize("code", NAMES)
@pytest.mark.parametrize(
    "text", ["pT3 pN0 pM1", "pT3pN0pM1", "T3N0M1", "cT3, cN0, cM1", "T3a N0 M1b (stage IV)"]
)
def test_the_categories_of_one_text(text: str, code: Json) -> None:
    said = tnm(text, code)
    assert possible(fact_of("m-category", gist(), said)) == {"M1"}
    assert possible(fact_of("n-category", gist(), said)) == {"N0"}
    assert possible(fact_of("t-category", sarcoma(), said)) == {"T3"}


@pytest.mark.parametrize(
    "text", ["pT3 pN0 pMX", "T3 N0, possible M1", "T3 N0 M1?", "ypT3 ypN0 ypM1", "T3 N0 M0, later M1"]
)
def test_a_category_that_cannot_be_read_is_not_one_that_is_missing(text: str) -> None:
    """10: no M record means M0 only where there is none."""
    found = fact_of("m-category", gist(), tnm(text))
    assert (possible(found), found.why) == ({"M0", "M1"}, "uncodable")


def test_a_text_without_m_says_nothing_of_it() -> None:
    found = fact_of("m-category", gist(), tnm("pT3 pN0"))
    assert (possible(found), found.remarks) == ({"M0"}, ("m0-not-recorded",))


def test_beside_another_tumour_it_may_be_of_that() -> None:
    found = fact_of("m-category", gist(), COLON, tnm("T3 N0 M1"))
    assert (possible(found), found.remarks) == ({"M0", "M1"}, ("tumour-not-named",))
