"""What if: facts and orders supposed on screen, over what was read; nothing else moves, and nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import requests

from cds_service.case.fact import Case, Choice, Interval, Members
from cds_service.replay.run import explained
from cds_service.smart.hypothesis import Hypothesis, read_hypothesis, supposable, supposed
from tests.reach.ehr import patient
from tests.shipped import patients, service, shipped

from .trial import Trial, part, record, text_of, trial

MITOSES = "gist-resectable-minimal-morbidity/mitoses-missing-imatinib"
IMATINIB = json.dumps({"hook": "order-select", "option": "imatinib", "orders": ["MedicationRequest/rx-1"]})


@pytest.fixture(scope="module")
def running() -> Iterator[Trial]:
    with trial(patient(MITOSES)) as found:
        yield found


@pytest.fixture(scope="module")
def page(running: Trial) -> requests.Response:
    return running.browser().launch(appContext=IMATINIB)


def asked(running: Trial, page: requests.Response, **fields: Any) -> requests.Response:
    """The answer to a form whose fields are `fact.<name>`, with _ for - in names."""
    named = {f"fact.{name.replace('_', '-')}": value for name, value in fields.items()}
    answer = running.browser().what_if(page, **named)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_supposed_fact_moves_the_verdict_and_says_so_everywhere(
    running: Trial, page: requests.Response
) -> None:
    assert "still open" in part(page, "order") and part(page, "what-if") == ""
    answer = asked(running, page, mitoses_per_50_hpf="7")
    told = part(answer, "what-if")
    assert "This is not the record. 1 fact is supposed" in told
    assert "Imatinib still open → becomes on the pathway" in told
    assert "on the pathway" in part(answer, "order") and "hypothetical" in part(answer, "order")
    fact = part(answer, "fact-mitoses-per-50-hpf")
    assert "7 per 50 HPF hypothetical on record: not recorded" in fact
    assert "rests on a hypothesis" in part(answer, "fact-recurrence-risk")
    assert "<title>What if: " in answer.text


def test_another_value_moves_it_the_other_way(running: Trial, page: requests.Response) -> None:
    told = part(asked(running, page, mitoses_per_50_hpf="2,5"), "what-if")
    assert "becomes off the pathway" in told


def test_a_place_on_the_pathway_moves_too(running: Trial, page: requests.Response) -> None:
    told = part(asked(running, page, tumour_resected="no", residual_tumour="unknown"), "what-if")
    assert "Patient group Localised GIST, resectable with minimal morbidity → becomes" in told
    assert "Localised GIST, unresectable" in told


def test_any_order_can_be_tried(running: Trial, page: requests.Response) -> None:
    answer = running.browser().what_if(page, order="sunitinib")
    assert "Sunitinib off the pathway" in part(answer, "order")
    assert "Supposed order" in part(answer, "order") and "so is the order" in part(answer, "what-if")


def test_back_to_the_record(running: Trial, page: requests.Response) -> None:
    answer = running.browser().what_if(page, **{"fact.mitoses-per-50-hpf": "7", "reset": "1"})
    assert part(answer, "what-if") == "" and part(answer, "order") == part(page, "order")


def test_an_empty_form_supposes_nothing(running: Trial, page: requests.Response) -> None:
    assert part(asked(running, page), "what-if") == ""


@pytest.mark.parametrize(
    ("fact", "value", "says"),
    [
        ("mitoses-per-50-hpf", "many", "Enter a number such as 7.5 from 0 to 10000."),
        ("mitoses-per-50-hpf", "-1", "Enter a number such as 7.5 from 0 to 10000."),
        ("mitoses-per-50-hpf", "nan", "Enter a number such as 7.5 from 0 to 10000."),
        ("mitoses-per-50-hpf", "1e400", "Enter a number such as 7.5 from 0 to 10000."),
        ("tumour-size-cm", "<script>", "Enter a number such as 7.5 from 0 to 200."),
        ("performance-status-ecog", "6", "Enter a whole number from 0 to 5."),
        ("performance-status-ecog", "1.5", "Enter a whole number from 0 to 5."),
        ("tumour-rupture", "perhaps", "Choose yes, no or unknown."),
        ("recurrence", "everywhere", "Choose one of the listed values."),
        ("genotype", "everything", "Choose among the listed values."),
    ],
)
def test_what_cannot_be_supposed_is_said_and_left_out(
    running: Trial, page: requests.Response, fact: str, value: str, says: str
) -> None:
    answer = running.browser().what_if(page, **{f"fact.{fact}": value})
    assert says in part(answer, "problems") and says in part(answer, f"fact-{fact}")
    assert "This is not the record" not in text_of(answer)
    assert part(answer, "order") == part(page, "order")
    assert "<script>" not in answer.text.replace('<script type="module"', "")


def test_an_order_of_another_list_is_said(running: Trial, page: requests.Response) -> None:
    assert "choose one of the list" in part(running.browser().what_if(page, order="aspirin"), "problems")


def test_a_set_is_ticked_or_said_as_a_whole(running: Trial, page: requests.Response) -> None:
    both = {"fact.genotype": "unknown", "members.genotype": ["nf1"]}
    assert "not both" in part(running.browser().what_if(page, **both), "problems")
    ticked = running.browser().what_if(page, **{"members.genotype": ["pdgfra-exon-18-insensitive"]})
    assert "PDGFRA D842V" in part(ticked, "fact-genotype")
    assert "contraindicated" in part(ticked, "order")


def test_what_a_supposed_fact_says_of_others_is_supposed_with_it(
    running: Trial, page: requests.Response
) -> None:
    answer = running.browser().what_if(page, **{"members.metastatic-sites": ["liver"]})
    assert "M1 hypothetical follows from metastatic sites" in part(answer, "fact-m-category")


def test_a_contradiction_is_said(running: Trial, page: requests.Response) -> None:
    answer = running.browser().what_if(
        page, **{"members.metastatic-sites": ["liver"], "fact.m-category": "M0"}
    )
    assert "contradicts what you entered for metastatic sites" in part(answer, "fact-m-category")
    against = asked(running, page, tumour_resected="no")
    assert "contradicts the record's margin status" in part(against, "fact-tumour-resected")


# -- the sealed record --------------------------------------------------------------------------------


def send(running: Trial, sealed: str, **headers: str) -> requests.Response:
    return requests.post(f"{running.url}/smart/what-if", data={"record": sealed}, headers=headers, timeout=60)


def test_the_record_is_good_for_an_hour(page: requests.Response, running: Trial) -> None:
    own = running.browser().launch()
    running.clock.passes(3599)
    try:
        assert send(running, record(own)).status_code == 200
        running.clock.passes(2)
        late = send(running, record(own))
        assert late.status_code == 400 and "more than an hour ago" in text_of(late)
    finally:
        running.clock.passes(-3601)


def test_a_record_that_was_changed_is_refused(page: requests.Response, running: Trial) -> None:
    sealed = record(page)
    header, key, iv, content, tag = sealed.split(".")
    for broken in (
        "",
        "x",
        "x" * 500_000,
        sealed[:-4] + "AAAA",
        ".".join((header, key, iv, content[:-8] + "AAAAAAAA", tag)),
        ".".join((header, key, iv[:-2] + "AA", content, tag)),
        running.seals.seal("launch", running.seals.opened("record", sealed), 60),
        running.seals.seal("record", b"{}", 60),
    ):
        refused = send(running, broken)
        assert refused.status_code == 400 and "cannot be used" in text_of(refused)
        assert "Testpatient" not in refused.text


def test_a_form_of_another_site_is_refused(page: requests.Response, running: Trial) -> None:
    sealed = record(page)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
    ):
        refused = send(running, sealed, **headers)
        assert refused.status_code == 403 and "another site" in text_of(refused)
    for headers in ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": running.url}, {}):
        assert send(running, sealed, **headers).status_code == 200


def test_another_worker_opens_what_one_sealed(page: requests.Response, running: Trial) -> None:
    """Nothing is stored: a service with the same secrets answers, one with others does not."""
    with trial(patient(MITOSES)) as other:
        assert send(other, record(page)).status_code == 200


def test_the_address_shows_nothing_by_itself(running: Trial) -> None:
    page = running.browser().get(f"{running.url}/smart/what-if")
    assert page.status_code == 400 and "Launch the app again" in text_of(page)


# -- the engine below ---------------------------------------------------------------------------------


def case_of(name: str) -> Case:
    return explained(patient(name), service()).case


def test_the_case_that_was_read_is_never_changed() -> None:
    case = case_of(MITOSES)
    before = dict(case.facts)
    vocabulary, wording = shipped(affiliate=True).knowledge.vocabulary, shipped(affiliate=True).wording
    hypothesis = Hypothesis({"mitoses-per-50-hpf": Interval(7, 7), "genotype": None})
    what_if, problems = supposed(case, hypothesis, vocabulary, wording)
    assert not problems and dict(case.facts) == before
    assert what_if.facts["mitoses-per-50-hpf"].value == Interval(7, 7)
    assert what_if.facts["mitoses-per-50-hpf"].evidence[0].resource == "hypothetical"
    assert not what_if.facts["genotype"].known and what_if.facts["genotype"].why == "missing"
    assert replace(what_if, facts=case.facts) == case


def test_every_fact_can_be_supposed_with_every_value_it_can_have() -> None:
    """The form's words for each value of the vocabulary are read as that value, and the pathway answers to it."""
    vocabulary = shipped(affiliate=True).knowledge.vocabulary
    for definition in supposable(vocabulary):
        entries: list[tuple[Mapping[str, list[str]], Any]]
        name = f"fact.{definition.id}"
        match definition.type:
            case "boolean":
                entries = [({name: [w]}, Choice(frozenset({v}))) for w, v in (("yes", True), ("no", False))]
            case "code":
                entries = [({name: [v]}, Choice(frozenset({v}))) for v in definition.values]
            case "codes":
                entries = [
                    ({f"members.{definition.id}": [v]}, Members(frozenset({v}))) for v in definition.values
                ]
                entries.append(({name: ["none-of-them"]}, Members(frozenset())))
            case _:
                entries = [({name: ["2"]}, Interval(2, 2))]
        for form, value in [*entries, ({name: ["unknown"]}, None)]:
            read = read_hypothesis(form, vocabulary, ())
            assert not read.problems and read.values == {definition.id: value}


def test_what_is_recorded_can_be_supposed_without_a_change() -> None:
    """Supposing just what stands in the record contradicts nothing of it, for any patient."""
    knowledge, wording = shipped(affiliate=True).knowledge, shipped(affiliate=True).wording
    names = {d.id for d in supposable(knowledge.vocabulary)}
    for fixture in patients()[::40]:
        if fixture.profile != "default" or fixture.expected.get("status", 200) != 200:
            continue
        case = explained(fixture, service()).case
        values = {n: f.value for n, f in case.facts.items() if n in names and f.known}
        _, problems = supposed(case, Hypothesis(values), knowledge.vocabulary, wording)
        assert not problems, fixture.name
