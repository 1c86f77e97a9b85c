"""The page of every kind of patient, against the assessment that it shows."""

from __future__ import annotations

import html
import re
from functools import cache

import pytest

from cds_service.case.fact import Choice
from cds_service.http.wire import Refusal
from cds_service.pages import Assets
from cds_service.pathway.answer import state
from cds_service.replay.run import explained
from cds_service.service import Answer
from cds_service.smart import SMART_LOOK
from cds_service.smart.carried import About, Person
from cds_service.smart.hypothesis import Hypothesis
from cds_service.smart.view import PatientView
from tests.reach.ehr import patient
from tests.shipped import patients, service, shipped

ABOUT = About(
    "north", "https://fhir.example.org/r4", "2026-11-02T12:00+00:00", Person("pat-1", "A Testpatient")
)


@cache
def view() -> PatientView:
    from cds_service.map import LOOK

    return PatientView(shipped(affiliate=True), Assets(None, [LOOK, SMART_LOOK]))


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def page_of(answer: Answer, hypothesis: Hypothesis | None = None) -> str:
    return view().page(ABOUT, answer.case, answer.drafts, "sealed", hypothesis)


def answered() -> list[tuple[str, Answer]]:
    """Patients of all kinds, as many as a quick suite has time for."""
    found = []
    for fixture in patients()[::35]:
        if fixture.profile == "default":
            try:
                found.append((fixture.name, explained(fixture, service())))
            except Refusal:
                continue
    return found


def test_every_page_shows_what_the_engine_says() -> None:
    wording = shipped(affiliate=True).wording
    kinds = set()
    for name, answer in answered():
        assessment, page = answer.assessment, page_of(answer)
        text = words(page)
        kinds.add(assessment.placement)
        for group in assessment.groups:
            assert wording.short("groups", group).lower() in text.lower(), name
        for verdict in assessment.verdicts:
            assert wording.short("values", verdict.verdict) in text, name
        assert page.count('class="option met"') == sum(o.answer is True for o in assessment.options), name
        asked = {missing.fact for missing in assessment.missing}
        for fact in assessment.listed:
            if assessment.facts[fact].evidence or fact in asked:
                assert f'id="fact-{fact}"' in page, name
        for standing in assessment.trials:
            told = [state(answer) for _, answer in standing.answers]
            for word in ("met", "not-met", "unknown"):
                cells = re.findall(rf'<td><span class="state {word}">', page)
                assert len(cells) == told.count(word), name
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), name
        # nothing runs inline, and nothing is loaded from elsewhere
        assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:", page), name
        assert not re.search(r'(?:src|<link[^>]*href)="(?:https?:)?//', page), name
    assert {"placed", "several"} <= kinds


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("not-addressed", "Not addressed by the sources"),
        ("out-of-scope", "no pathway applies"),
    ],
)
def test_a_patient_of_whom_no_pathway_speaks_is_told_so(name: str, says: str) -> None:
    fixture = next(f for f in patients() if f.expected.get("placement") == name and f.profile == "default")
    assert says in words(page_of(explained(fixture, service())))


def test_supposing_that_nothing_is_known_marks_what_rests_on_it() -> None:
    """What was supposed to be unknown leaves no trace among the records of what is derived with it."""
    answer = explained(patient("gist-unresectable/d842v-imatinib"), service())
    page = page_of(answer, Hypothesis({"genotype": None}))
    for fact in ("genotype", "imatinib-sensitivity"):
        (row,) = re.findall(rf'id="fact-{fact}">.*?</li>', page, re.DOTALL)
        assert 'class="mark"' in row
    assert "hypothetical" in words(page)


def test_a_hypothesis_that_changes_nothing_says_so() -> None:
    answer = explained(patient("gist-unresectable/d842v-imatinib"), service())
    page = page_of(answer, Hypothesis({"lactation": Choice(frozenset({False}))}))
    assert "It would change nothing of what the pathway says." in words(page)
