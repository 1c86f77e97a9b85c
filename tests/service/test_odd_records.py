"""Whatever is sent, the real service answers: never 5xx, and every refusal an OperationOutcome.

Two strategies: requests that are odd on the wire (shared with `tests/http`), and valid requests with odd FHIR
inside, a thousand together. Below them stand the single faults that such searches would need luck to find.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from werkzeug.test import TestResponse

from tests.http.odd_requests import OddRequest, odd_request
from tests.http.outcomes import issue_of
from tests.shipped import shipped
from tests.work import calls_made

from .asking import EXTENSION, client_of
from .charts import (
    ADDRESS,
    LOINC,
    Json,
    call,
    coded,
    draft,
    gist,
    heart_failure,
    imatinib_taken,
    liver_metastasis,
    margin,
    mitoses,
    observation,
    resected_high_risk,
    resection,
    searchset,
    size,
    stated,
    unresectable_d842v,
    variant,
)
from .soundness import assert_sound

_CLIENT = client_of(shipped(affiliate=True))
# a fault is to be answered as the service answers it, not raised through the test client
_CLIENT.application.config["PROPAGATE_EXCEPTIONS"] = False

_HURDLES = [HealthCheck.too_slow, HealthCheck.data_too_large]


def answered(body: bytes | str, **request: Any) -> TestResponse:
    request = {"method": "POST", "path": ADDRESS, "headers": {"Content-Type": "application/json"}, **request}
    response = _CLIENT.open(request.pop("path"), data=body, **request)
    assert response.status_code < 500, response.get_data(as_text=True)
    return response


def judged(sent: Json | str) -> Json | None:
    """The answer to a POST of JSON, sound if it is one; None for a refusal, which must be an OperationOutcome."""
    text = sent if isinstance(sent, str) else json.dumps(sent)
    response = answered(text)
    if response.status_code != 200:
        issue_of(response, response.status_code)
        return None
    body: Json = json.loads(response.data)
    assert_sound(body, json.loads(text))
    return body


@settings(max_examples=400, suppress_health_check=_HURDLES)
@given(odd_request())
def test_odd_requests_are_answered_or_refused_with_an_outcome(odd: OddRequest) -> None:
    method, path, headers, body = odd
    response = answered(body, method=method, path=path, headers=headers)
    if response.status_code != 200 and method != "HEAD":
        assert issue_of(response, response.status_code)["severity"] in ("error", "fatal")


# -- odd FHIR in a valid call --------------------------------------------------------------------------

_PLACES: tuple[Callable[[], list[Json]], ...] = (
    unresectable_d842v,
    resected_high_risk,
    lambda: [gist(), size(6.0), mitoses(3), heart_failure(), stated("resectability", "unresectable")],
    lambda: [gist(), liver_metastasis(), imatinib_taken(), variant("KIT", "p.Ala502_Tyr503dup")],
    lambda: [
        gist(extension=[{"url": "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior",
                         "valueCodeableConcept": coded("http://terminology.hl7.org/CodeSystem/icd-o-3", "8936/3")}]),
        observation("size-2", coded(LOINC, "21889-1"), "imaging", valueString="6.2 x 4 x 3 cm"),
        mitoses(3, valueQuantity=None, valueRatio={"numerator": {"value": 3},
                                                   "denominator": {"value": 50, "unit": "HPF"}}),
        resection(performedPeriod={"start": "2026-07-01", "end": "2026-07-02"}), margin(),
        observation("ecog-1", coded(LOINC, "89247-1"), "survey", valueInteger=1),
    ],
)  # fmt: skip
_DOSED = draft(
    dosageInstruction=[
        {
            "text": "400 mg daily",
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": 400, "unit": "mg", "code": "mg"}}],
        }
    ]
)
_NUMBERS = (0, -1, 1e308, -1e308, 5e-324, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400, 0.1, True)
_STRINGS = (
    "", " ", "\x00", "\u202e<script>", "9" * 400, "9" * 5000, "1" + " " * 500 + "x", "-", "/", "//", "#",
    "Patient/", "{reason}",
    "Condition/gist-1", "final", "2026-02-30", "0000", "9999-12-31T23:59:60Z", "2026-06-01T", "p." + "V" * 300 + "1D",
    "p.V" + "5" * 5000 + "D", "c.0A>T", "c.99999999999999999999A>T", "exon 18 exon 11", "KIT",
    "9" * 400 + " cm", "3-2/50 HPF",
    "Bundle", "OperationOutcome", "Patient", "MedicationRequest", "NaN", "1e999", "mm", "é" * 100, "\U0001f9ec" * 50,
)  # fmt: skip
_ODD = st.one_of(
    st.none(),
    st.sampled_from(_NUMBERS),
    st.sampled_from(_STRINGS),
    st.text(max_size=12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(([], {}, [None], [[]], {"": {}}, [{}], [{"coding": [None]}], {"coding": "x"}, {"value": "x"})),
    st.sampled_from(
        (searchset(), searchset(gist()), {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]})
    ),
)  # fmt: skip
_TYPES = (
    "Bundle",
    "OperationOutcome",
    "Observation",
    "Condition",
    "Medication",
    "Patient",
    "FamilyMemberHistory",
    "",
    7,
)


def places_in(value: Any) -> list[tuple[Any, Any]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = [(value, key) for key in value]
    elif isinstance(value, list):
        inner = [(value, index) for index in range(len(value))]
    return inner + [place for holder, key in inner for place in places_in(holder[key])]


@st.composite
def odd_record(draw: DrawFn) -> tuple[Json, Json]:
    """A valid call, and the same with one to three places of its FHIR bent."""
    record = draw(st.sampled_from(_PLACES))()
    hook = draw(st.sampled_from(("order-select", "order-sign", "patient-view")))
    plain = call(record, [_DOSED], hook=hook)
    bent: Json = copy.deepcopy(plain)
    bundles = [b for b in bent["prefetch"].values() if b.get("entry")]
    if hook != "patient-view":
        bundles.append(bent["context"]["draftOrders"])
    for _ in range(draw(st.integers(1, 3))):
        bundle = draw(st.sampled_from(bundles))
        places = [p for p in places_in(bundle) if p[0] is not bundle or p[1] != "resourceType"]
        # what was bent before may have left nothing to bend
        if places:
            holder, key = draw(st.sampled_from(places))
            bend(draw, holder, key, bent)
    return plain, bent


def bend(draw: DrawFn, holder: Any, key: Any, whole: Json) -> None:
    way = draw(
        st.sampled_from(("drop", "replace", "replace", "wrap", "nest", "double", "retype", "bundle", "graft"))
    )
    value = holder[key]
    if way == "drop":
        del holder[key]
    elif way == "wrap":
        holder[key] = [value] if draw(st.booleans()) else {"value": value}
    elif way == "nest":
        for _ in range(draw(st.sampled_from((1, 10, 60)))):
            holder[key] = {"extension": [holder[key]]}
    elif way == "double" and isinstance(holder, list):
        holder.append(copy.deepcopy(value))
    elif way == "retype" and isinstance(value, dict):
        value["resourceType"] = draw(st.sampled_from(_TYPES))
    elif way == "bundle":
        holder[key] = searchset(value) if isinstance(value, dict) and "resourceType" in value else searchset()
    elif way == "graft":
        other, place = draw(st.sampled_from(places_in(whole["prefetch"])))
        holder[key] = copy.deepcopy(other[place])
    else:
        # a copy: what is bent next must not bend the values of the strategy
        holder[key] = copy.deepcopy(draw(_ODD))


@settings(max_examples=600, suppress_health_check=_HURDLES)
@given(odd_record())
def test_odd_fhir_in_a_valid_call_is_answered_soundly(calls: tuple[Json, Json]) -> None:
    body = judged(calls[1])
    assert body is None or isinstance(body["cards"], list)


@settings(max_examples=100, suppress_health_check=_HURDLES)
@given(st.data())
def test_a_record_bent_beyond_reading_never_makes_a_drug_insensitive_tumour_sensitive(
    data: st.DataObject,
) -> None:
    """D842V on record once: no resource beside it, bent in whatever way, lifts the contraindication."""
    beside = data.draw(
        st.sampled_from(
            (size(9.0), stated("resectability", "unresectable"), liver_metastasis(), heart_failure())
        )
    )
    sent = call(unresectable_d842v())
    bent = copy.deepcopy(beside)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from([p for p in places_in(bent) if p[1] != "id"]))
        bend(data.draw, holder, key, call([beside]))
    name = data.draw(st.sampled_from(("observations-imaging", "observations-survey", "specimens")))
    sent["prefetch"][name] = {**searchset(), "total": 1, "entry": [{"resource": {**bent, "id": "bent-1"}}]}
    body = judged(sent)
    # what is nested too deeply is refused as a whole
    assert body is None or [o["verdict"] for o in body["extension"][EXTENSION]["orders"]] == [
        "contraindicated"
    ]


# -- single faults ------------------------------------------------------------------------------------


def bent_record(*instead: Json) -> list[Json]:
    """KIT exon 11 at high risk, with resources replaced by id or added."""
    by_id = {r["id"]: r for r in [*resected_high_risk(), *instead]}
    return list(by_id.values())


def text_size(text: str) -> Json:
    return observation("size-1", coded(LOINC, "21889-1"), valueString=text)


def text_mitoses(text: str) -> Json:
    return observation("mitoses-1", {"text": "Mitotic rate"}, valueString=text)


def dosed(text: str = "", **repeat: Any) -> Json:
    dose = {"doseQuantity": {"value": 400, "unit": "mg"}}
    return draft(
        dosageInstruction=[{"text": text} if text else {"timing": {"repeat": repeat}, "doseAndRate": [dose]}]
    )


SINGLE: dict[str, Callable[[], Json]] = {
    "integer beyond a double, mitoses": lambda: call(
        bent_record(observation("mitoses-1", {"text": "Mitoses per 50 HPF"}, valueInteger=10**400))
    ),
    "integer beyond a double, ECOG": lambda: call(
        bent_record(observation("e", coded(LOINC, "89247-1"), "survey", valueInteger=10**400))
    ),
    "integer beyond a double, stated": lambda: call(
        bent_record(stated("mitoses-per-50-hpf", "x", valueCodeableConcept=None, valueInteger=10**400))
    ),
    "integer beyond a double, draft": lambda: call(bent_record(), [draft(extension=[{"valueInteger": 10**400}])]),
    "size in digits without end": lambda: call(bent_record(text_size("9" * 400 + " cm"))),
    "mitoses in digits without end": lambda: call(bent_record(text_mitoses("9" * 400 + "/50 HPF"))),
    "the largest size": lambda: call(bent_record(size(1e308))),
    "the largest range": lambda: call(bent_record(size(1, component=[], valueRange={
        "low": {"value": 1e308, "unit": "cm"}, "high": {"value": 1.7e308, "unit": "cm"}}))),
    "per ten fields, overflowing": lambda: call(bent_record(mitoses(1e308, "mitoses/10 HPF"))),
    "period next to nothing": lambda: call(bent_record(), [dosed(frequency=1, period=5e-324, periodUnit="h")]),
    "frequency without end": lambda: call(bent_record(), [dosed(frequency=1e308, period=1e-308, periodUnit="d")]),
    "dose in digits without end": lambda: call(bent_record(), [dosed("9" * 400 + " mg")]),
    "residue in 5000 digits": lambda: call(bent_record(variant("KIT", "p.V" + "5" * 5000 + "D"))),
    "coding residue in 5000 digits": lambda: call(bent_record(variant("KIT", "c." + "5" * 5000 + "A>T"))),
    "dates beyond the calendar": lambda: call(bent_record(size(6.0, effectiveDateTime="9999-99-99"))),
    "year nought": lambda: call(bent_record(size(6.0, effectiveDateTime="0000"))),
    "digits of another script": lambda: call(
        bent_record(text_size("٦ cm"), size(6.0, id="s2", effectiveDateTime="٢٠٢٦"))
    ),
    "the diagnosis fifty times": lambda: call([gist(), *(gist() for _ in range(50))]),
}  # fmt: skip


@pytest.mark.parametrize("make", SINGLE.values(), ids=SINGLE)
def test_a_single_odd_value_costs_only_its_own_facts(make: Callable[[], Json]) -> None:
    body = judged(make())
    assert body is not None
    assert "disease" in body["extension"][EXTENSION]


# so long that work which grows with the square of the length does not end before the test is ended
LENGTH = 300_000


def long(text: str) -> str:
    return text * (LENGTH // len(text))


LONG: dict[str, Callable[[], Json]] = {
    "size, digits": lambda: call(bent_record(text_size(long("1") + "x"))),
    "size, numbers": lambda: call(bent_record(text_size(long("1 x ")))),
    "mitoses, spaces after": lambda: call(bent_record(text_mitoses("1" + long(" ") + "x"))),
    "mitoses, spaces before": lambda: call(bent_record(text_mitoses(long(" ") + "x"))),
    "mitoses, digits": lambda: call(bent_record(text_mitoses(long("1") + "x"))),
    "mitoses, words": lambda: call(bent_record(text_mitoses("1 per " + long("per ")))),
    "mitoses, unit": lambda: call(bent_record(mitoses(3, "mitoses/50 " + long("(")))),
    "dose, digits": lambda: call(bent_record(), [dosed(long("1"))]),
    "dose, spaces": lambda: call(bent_record(), [dosed("1" + long(" "))]),
    "change": lambda: call(bent_record(variant("KIT", "p." + long("Val")))),
    "change, digits": lambda: call(bent_record(variant("KIT", "p.V" + long("1") + "_V" + long("1") + "-"))),
    "exon": lambda: call(bent_record(variant("KIT", "x", component=[
        {"code": coded(LOINC, "48018-6"), "valueCodeableConcept": {"text": "KIT"}},
        {"code": coded(LOINC, "47999-8"), "valueString": "exon" + long(" ")}]))),
    "name of an observation": lambda: call(bent_record(observation("o", {"text": long("kit ")}))),
    "name of a condition": lambda: call([gist(), {**gist(), "id": "c-2", "code": {"text": long("no ")}}]),
    "reference": lambda: call(bent_record(size(6.0, subject={"reference": long("A/")}))),
    "unit": lambda: call(bent_record(size(6.0, long("s")))),
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("make", LONG.values(), ids=LONG)
def test_a_long_value_does_not_hold_the_service_up(make: Callable[[], Json]) -> None:
    assert judged(make()) is not None


MANY: dict[str, Callable[[int], Json]] = {
    "observations": lambda n: call([gist(), *(size(float(k % 20 + 1), id=f"s{k}") for k in range(n))]),
    "drafts": lambda n: call(unresectable_d842v(), [draft(f"d{k}") for k in range(n)], hook="order-sign"),
}


@pytest.mark.parametrize(("what", "few"), [("observations", 500), ("drafts", 25)])
def test_the_work_grows_no_faster_than_the_record(what: str, few: int) -> None:
    short, long_ = (json.dumps(MANY[what](n)) for n in (few, 4 * few))
    assert judged(short) is not None
    assert judged(long_) is not None
    one, four = calls_made(lambda: answered(short)), calls_made(lambda: answered(long_))
    assert few < one < four < 5 * one


@pytest.mark.parametrize("place", ['"prefetch": {', '"conditions": {', '"context": {', '"code": {', "{"])
def test_a_broken_surrogate_is_refused_wherever_it_stands(place: str) -> None:
    text = json.dumps(call(resected_high_risk()))
    assert place in text
    answer = answered(text.replace(place, place + '"\\ud800": {"a": "\\udfff"}, ', 1))
    if answer.status_code != 200:
        issue_of(answer, 400)
