"""Tumour rupture in the plain words of a report."""

from __future__ import annotations

import pytest

from .chart import SCT, Json, concept, fact_of, gist, observation, possible


def asked(**answer: Json | str) -> Json:
    return observation("rupture", concept(text="Tumor rupture"), **answer)


@pytest.mark.parametrize(
    "said",
    [
        asked(valueString="No"),
        asked(valueString="Not identified"),
        asked(valueString="Absent."),
        asked(valueCodeableConcept=concept(text="None")),
        asked(valueCodeableConcept=concept(SCT, "373067005", display="No", text="No")),
    ],
)
def test_a_plain_no_is_no_rupture(said: Json) -> None:
    found = fact_of("tumour-rupture", gist(), said)
    assert (possible(found), found.why) == ({False}, None)
    assert [e.resource for e in found.evidence] == ["Observation/rupture"]


@pytest.mark.parametrize(
    "said",
    [
        asked(valueString="No information"),
        asked(valueString="Not known"),
        asked(valueString="no, but the capsule was opened"),
        asked(valueString="cannot be excluded"),
        asked(valueString="Yes, at surgery"),
        asked(valueCodeableConcept=concept("urn:local", "1", display="Yes", text="No")),
    ],
)
def test_anything_else_leaves_it_open(said: Json) -> None:
    assert possible(fact_of("tumour-rupture", gist(), said)) == {True, False}
