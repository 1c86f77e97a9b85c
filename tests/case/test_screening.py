"""Records that no reader listens to are left out at once: nothing changes by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import cycle
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.case.extract import genotype, sources
from cds_service.case.fact import Case, DraftOrder
from cds_service.case.vocabulary import CASE_FACTS
from cds_service.fhir.record import read_record
from cds_service.loading import KNOWLEDGE
from tests.fhir_names import LOINC
from tests.performance.background import background
from tests.performance.bodies import call
from tests.shipped import service

Json = dict[str, Any]
TODAY = date(2026, 11, 2)
_CONCEPTS = service().extractor.terminology.codings
_PHRASES = yaml.safe_load((KNOWLEDGE / "readings.yaml").read_text(encoding="utf-8"))["words"]
_GENES = ("KIT", "c-KIT", "kit", "PDGFRA", "SDHB", "sdhb", "NTRK1", "BRAF", "SDHA")

# every concept by a code and by each of its phrases, every fact, every gene; and what says nothing
NAMES: list[Json] = [
    *({"coding": [{"system": rows[0][0], "code": rows[0][1]}]} for rows in _CONCEPTS.values()),
    *({"coding": [{"system": CASE_FACTS, "code": fact}]} for fact in service().knowledge.vocabulary),
    {"coding": [{"system": f"{CASE_FACTS}|1.0", "code": "resectability"}]},
    *({"text": phrase} for phrases in _PHRASES.values() for phrase in phrases),
    *({"text": f"{gene} {word}"} for gene in _GENES for word in ("", "exon 9 mutation detected")),
    *({"text": text} for text in ("stage", " Stage ", "Hemoglobin [Mass/volume] in Blood", "Größe")),
    {"coding": [{"system": LOINC, "code": "718-7", "display": "KIT exon 11"}]},
    {},
]
ANSWERS: list[Json] = [
    {},
    {"valueBoolean": True},
    {"valueInteger": 2},
    {"valueQuantity": {"value": 6, "unit": "cm"}},
    {"valueQuantity": {"value": 6, "unit": "/50 HPF"}},
    {"valueString": "exon 11 deletion detected"},
    {"valueString": "III"},
    {"valueString": "KIT exon 9 mutation detected"},
    {"valueCodeableConcept": {"text": "BRAF V600E mutation found"}},
    {"valueCodeableConcept": {"text": "lost"}},
    {"valueCodeableConcept": {"text": "R1, wide, deep, liposarcoma"}},
]
SILENT: list[Json] = [{"text": "Result"}, {"coding": [{"system": LOINC, "code": "718-7"}]}]


def asked_about() -> Iterator[Json]:
    """Observations that are about each of the names, by themselves or in a component, or answer with it."""
    for name in NAMES:
        for answer in ANSWERS:
            yield {"code": name, **answer}
            yield {"code": SILENT[0], "component": [{"code": name, **answer}]}
        for silent in SILENT:
            yield {"code": silent, "valueCodeableConcept": name}


def extracted(call: Json) -> tuple[Case, list[DraftOrder]]:
    prefetch = {k: msgspec.Raw(msgspec.json.encode(v)) for k, v in call["prefetch"].items() if v is not None}
    record = read_record(prefetch, service().prefetch)
    context = call["context"]
    drafts = (context.get("draftOrders") or {}).get("entry") or ()
    return service().extractor.extract(record, context["patientId"], TODAY, drafts, context.get("selections"))


def with_everything_read(call: Json) -> tuple[Case, list[DraftOrder]]:
    """The plain form: every reader looks at every Observation, Condition and report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "names_disease", lambda *_: True)
        patch.setattr(genotype, "may_name_gene", lambda _: True)
        patch.setattr(sources, "heard", lambda _, every: every)
        return extracted(call)


def with_more(name: str, said: Sequence[Json], key: str = "observations-survey") -> Json:
    """A patient's call with further Observations, or whatever the resources say that they are, under a key."""
    made = call(name)
    more = [
        {
            "resource": {
                "resourceType": "Observation",
                "id": f"said-{number}",
                "status": "final",
                "subject": {"reference": f"Patient/{made['context']['patientId']}"},
                "effectiveDateTime": "2026-06-01",
                **resource,
            }
        }
        for number, resource in enumerate(said)
    ]
    there = (made["prefetch"].get(key) or {}).get("entry", ())
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [*there, *more]}
    return {**made, "prefetch": {**made["prefetch"], key: bundle}}


# codes of cancers and of morphology that no value set lists, in every spelling; and illnesses that are none
_ICD = ("C61", "c61", " C61", "C40.9", "C46.0", "C92.0", "D48.1", "Z85.831", "I10", "E11.9")
ILLNESSES: list[Json] = [
    *NAMES,
    *({"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]} for code in _ICD),
    *(
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/icd-o-3", "code": c}]}
        for c in ("8890/6", "8140/0")
    ),
    *({"text": text} for text in ("hypertension", "metastasis of a sarcoma", "no known cancer", "lymphoma?")),
]
BESIDE: list[Json] = [
    {},
    {"clinicalStatus": {"coding": [{"code": "resolved"}]}},
    {"clinicalStatus": {"coding": [{"code": "recurrence"}]}, "onsetDateTime": "2025-01-01"},
    {"bodySite": [{"text": "liver"}]},
    {"stage": [{"summary": {"text": "IIIA"}}]},
]


def ill_with() -> Iterator[Json]:
    """Conditions of each of the names, in turns with each thing that stands beside it."""
    for name, beside in zip(ILLNESSES, cycle(BESIDE), strict=False):
        yield {"resourceType": "Condition", "status": None, "code": name, **beside}


@pytest.mark.parametrize("name", ["gist", "sts", "neither"])
def test_an_illness_is_read_as_if_every_reader_read_it(name: str) -> None:
    """One at a time: most of these names make another disease of it."""
    every = list(ill_with())
    for first in range({"gist": 0, "sts": 1, "neither": 2}[name], len(every), 3):
        asked = with_more(name, every[first : first + 1], "conditions")
        assert extracted(asked) == with_everything_read(asked), every[first]


@given(
    said=st.lists(st.sampled_from(list(ill_with())), min_size=1, max_size=4),
    name=st.sampled_from(["gist", "sts"]),
)
@settings(max_examples=60, deadline=None)
def test_illnesses_are_read_together_as_if_every_reader_read_everything(said: list[Json], name: str) -> None:
    asked = with_more(name, said, "conditions")
    assert extracted(asked) == with_everything_read(asked)


CONCLUSIONS = (
    "Benign mole.", "KIT exon 11 mutation detected.", "C-kit exon 9 mutation found", "SDHB loss of expression",
    "loss of ſDHB", "ETV6::NTRK3 fusion found", "braf V600E mutation detected", "BRAF V600E mutation detected",
    "Exon 18 mutation found",
)  # fmt: skip


def test_reports_are_read_as_if_every_one_were() -> None:
    for conclusion in CONCLUSIONS:
        asked = with_more(
            "open", [{"resourceType": "DiagnosticReport", "conclusion": conclusion}], "diagnostic-reports"
        )
        assert extracted(asked) == with_everything_read(asked), conclusion


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gist", "sts"])
def test_whatever_an_observation_is_about_is_read_as_if_every_reader_read_everything(name: str) -> None:
    every = list(asked_about())
    # few at a time, so that no fact is open for all that is said of it
    for first in range(0, len(every), 40):
        asked = with_more(name, every[first : first + 40])
        assert extracted(asked) == with_everything_read(asked), every[first : first + 40]


@given(said=st.lists(st.sampled_from(list(asked_about())), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_observations_are_read_together_as_if_every_reader_read_everything(said: list[Json]) -> None:
    asked = with_more("open", said)
    assert extracted(asked) == with_everything_read(asked)


# one code under many names, of which some tell
_SAME_CODE: list[Json] = [
    {"coding": [{"system": system, "code": "718-7", "display": display}], **({"text": text} if text else {})}
    for system in (LOINC, CASE_FACTS, None)
    for display in ("Hemoglobin", "KIT exon 11", "stage")
    for text in (None, "Hemoglobin", "ECOG performance status", "Stage", "\u212aidney")
]


@given(
    st.lists(
        st.tuples(st.sampled_from(_SAME_CODE), st.sampled_from(ANSWERS)).map(
            lambda n: {"code": n[0], **n[1]}
        ),
        min_size=2,
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_a_code_that_goes_by_several_names_is_read_under_each(said: list[Json]) -> None:
    asked = with_more("open", said)
    assert extracted(asked) == with_everything_read(asked)


def test_organs_are_those_of_every_table() -> None:
    readings = service().extractor.readings
    for concept in _CONCEPTS:
        plain = {readings.organs[concept]} if concept in readings.organs else set()
        plain |= readings.value_of("primary-site", [concept])
        plain |= readings.value_of("metastatic-sites", [concept]) - {"unspecified"}
        assert readings.organs_of([concept]) == plain


def test_the_rest_of_a_record_is_left_out() -> None:
    around = [msgspec.json.encode(r) for r in background("p", 60) if r["resourceType"] == "Observation"]
    assert len(around) == 45
    bundle = (
        b'{"resourceType":"Bundle","entry":[' + b",".join(b'{"resource":' + r + b"}" for r in around) + b"]}"
    )
    record = read_record({"observations-laboratory": msgspec.Raw(bundle)}, service().prefetch)
    extractor = service().extractor
    read = sources.Sources(record, "p", TODAY, extractor.terminology, extractor.readings)
    assert record.count == 45
    assert read.findings() == []
