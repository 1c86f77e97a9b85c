"""From a patient in words to FHIR resources, in a named encoding style."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from zlib import crc32

from ..case.vocabulary import CASE_FACTS, Vocabulary
from .built_values import (
    AJCC,
    CATEGORY,
    CHANGES,
    CLINICAL,
    GENERIC_TUMOUR,
    GENES,
    HGNC,
    HGVS,
    MARGINS,
    REGIONS,
    SNOMED,
    VERIFICATION,
    Json,
    amount,
    dosage,
    histology,
    intent_of,
    loinc,
    own_value,
)
from .encoding import ORGANS, STYLES, Encodings

TUMOUR = "Condition/tumour-1"
# measured when the tumour was found, before any treatment of it, unless the case says another day
AT_DIAGNOSIS = frozenset({"tumour-size-cm", "mitoses-per-50-hpf", "genotype", "grade", "fnclcc-grade"})


def synthetic_patient(number: int) -> Json:
    """Who a patient of a fixture is: a number below 100,000 in place of any name."""
    return {
        "identifier": [{"system": "urn:oid:2.999.1.1", "value": f"SYN-{number:05d}"}],
        "active": True,
        "name": [{"use": "official", "family": "Testpatient", "given": [f"Synthetic-{number:05d}"]}],
    }


class Record:
    """One patient's resources, made from the content of a `case.yaml`."""

    def __init__(
        self,
        name: str,
        case: Mapping[str, Any],
        vocabulary: Vocabulary,
        words: Encodings,
        number: int | None = None,
    ) -> None:
        """The patient's id is made from `number`, else from `name`."""
        self.case = case
        self.vocabulary = vocabulary
        self.words = words
        self.style_name: str = case["encoding"]
        self.style = STYLES[self.style_name]
        self.number = crc32(name.encode()) % 100_000 if number is None else number
        self.patient = f"pat-{self.number:05d}"
        today: date = case["today"]
        self.since: date = case["tumour"].get("since", today - timedelta(days=180))
        # when size, grade and the like were found: at diagnosis, unless the tumour came back and was measured again
        self.measured: date = case.get("measured", self.since)
        self.seen: date = case.get("seen", today - timedelta(days=13))

    def resources(self) -> list[Json]:
        """Everything in the patient's record, the illnesses and measurements that any adult has included."""
        return [
            self._patient(),
            *self._conditions(),
            *self._procedures(),
            *self._drugs(),
            *self._facts(),
            *self._unrelated(),
        ]

    def mine(self, kind: str, name: str, **members: Any) -> Json:
        """A resource of the patient's."""
        return {
            "resourceType": kind,
            "id": name,
            **members,
            "subject": {"reference": f"Patient/{self.patient}"},
        }

    def _patient(self) -> Json:
        stated = self.case.get("patient", {})
        return {
            "resourceType": "Patient",
            "id": self.patient,
            **synthetic_patient(self.number),
            "gender": stated.get("sex", "female" if self.number % 2 else "male"),
            "birthDate": str(stated.get("born", "1961-04-12")),
        }

    def _conditions(self) -> Iterator[Json]:
        tumour = self.case["tumour"]
        yield self._tumour(tumour)
        for number, organ in enumerate(self.case.get("metastases", ()), 1):
            code = self.words.concept(self.words.metastases[organ], self.style.metastases)
            related = {
                "url": "http://hl7.org/fhir/StructureDefinition/condition-related",
                "valueReference": {"reference": TUMOUR},
            }
            yield self.condition(f"met-{number}", code, self.since + timedelta(days=14), extension=[related])
        for illness in self.case.get("illnesses", ()):
            code = self.words.concept(self.words.illnesses[illness], self.style.illnesses)
            yield self.condition(illness, code, self.since - timedelta(days=200))

    def condition(self, name: str, code: Json, since: date, status: str = "active", **more: Any) -> Json:
        """A confirmed illness of the patient's."""
        return self.mine(
            "Condition",
            name,
            **{k: v for k, v in more.items() if k == "extension"},
            clinicalStatus={"coding": [{"system": CLINICAL, "code": status}]},
            verificationStatus={"coding": [{"system": VERIFICATION, "code": "confirmed"}]},
            code=code,
            **{k: v for k, v in more.items() if k != "extension"},
            onsetDateTime=str(since),
            recordedDate=str(since),
        )

    def _tumour(self, tumour: Mapping[str, Any]) -> Json:
        kind, site = self.words.tumours[tumour["is"]], tumour.get("in")
        place = self.words.sites[site] if site else None
        morphology = self.words.concept(kind, self.style.morphology)
        more: Json = {}
        if self.style.states_facts:
            code = self.words.concept(
                self.words.tumours[tumour["is"] if tumour["is"] == "gist" else "sarcoma"], ("sct",)
            )
        elif self.style.diagnosis == "disorder":
            code = self.words.concept(kind, ("sct",))
            if "text" in code:
                code = {"coding": [dict(GENERIC_TUMOUR)]}
                more["extension"] = [histology(morphology)]
        elif self.style.diagnosis == "topography":
            code, more["extension"] = {"coding": [dict(GENERIC_TUMOUR)]}, [histology(morphology)]
        elif self.style.diagnosis == "organ" and place is not None:
            code = self.words.concept(place, (ORGANS[self.style_name],))
            # the US code of a GIST says so itself
            if not (self.style_name == "icd-10-cm" and tumour["is"] == "gist"):
                more["extension"] = [histology(morphology)]
        else:
            words = kind["words"][:1].upper() + kind["words"][1:]
            code = {"text": f"{words} of the {place['words']}" if place else words}
        if place is not None and self.style.sites:
            more["bodySite"] = [self.words.concept(place, self.style.sites)]
        return self.condition("tumour-1", code, self.since, tumour.get("status", "active"), **more)

    def _procedures(self) -> Iterator[Json]:
        for number, done in enumerate(self.case.get("procedures", ()), 1):
            code = self.words.concept(self.words.procedures[done["done"]], self.style.procedures)
            reason = self._metastasis(done["of"]) if "of" in done else TUMOUR
            more = {"extension": [intent_of(done["intent"])]} if "intent" in done else {}
            yield self.mine(
                "Procedure",
                f"procedure-{number}",
                **more,
                status="completed",
                code=code,
                performedDateTime=str(done["day"]),
                reasonReference=[{"reference": reason}],
            )
            if "margin" in done:
                yield self._margin(f"margin-{number}", done["margin"], done["day"])

    def _metastasis(self, organ: str) -> str:
        return f"Condition/met-{self.case['metastases'].index(organ) + 1}"

    def _margin(self, name: str, margin: str, on: date) -> Json:
        code, display = MARGINS[margin]
        return self.observation(
            name,
            "laboratory",
            {"coding": [loinc("84892-9", "Residual tumor status after surgical resection")]},
            on,
            valueCodeableConcept={"coding": [{"system": SNOMED, "code": code, "display": display}]},
        )

    def _drugs(self) -> Iterator[Json]:
        for number, use in enumerate(self.case.get("drugs", ()), 1):
            ended = use.get("ended", "stopped") if "to" in use else None
            status = {None: "active", "completed": "completed"}.get(ended, "stopped")
            yield self.mine(
                "MedicationStatement" if "daily-mg" not in use else "MedicationRequest",
                f"drug-{number}",
                **({"extension": [intent_of(use["intent"])]} if "intent" in use else {}),
                status=status,
                **({"intent": "order"} if "daily-mg" in use else {}),
                medicationCodeableConcept=self.words.concept(self.words.drugs[use["drug"]], self.style.drugs),
                reasonReference=[{"reference": TUMOUR}],
                **self._taken(use),
            )
            fact = {"not-tolerated": "not-tolerated", "failed": "therapy-failed"}.get(ended or "")
            if fact:
                yield self._own(fact, f"{fact}-{number}", use["drug"], use["to"])

    @staticmethod
    def _taken(use: Mapping[str, Any]) -> Json:
        if "daily-mg" in use:
            return {"authoredOn": str(use["from"]), "dosageInstruction": [dosage(use["daily-mg"])]}
        period = {"start": str(use["from"]), **({"end": str(use["to"])} if "to" in use else {})}
        return {"effectivePeriod": period}

    def observation(self, name: str, category: str, code: Json, on: date, **value: Any) -> Json:
        """A final Observation of the patient's."""
        return self.mine(
            "Observation",
            name,
            status="final",
            category=[{"coding": [{"system": CATEGORY, "code": category}]}],
            code=code,
            effectiveDateTime=str(on),
            **value,
        )

    def _facts(self) -> Iterator[Json]:
        tumour = self.case["tumour"]
        if self.style.states_facts and "in" in tumour:
            yield self._own("primary-site", "primary-site", tumour["in"], self.since)
        if self.style.states_facts and tumour["is"] not in ("gist", "sarcoma"):
            yield self._own("histology", "histology", tumour["is"], self.since)
        for name, value in self.case.get("facts", {}).items():
            on = self.measured if name in AT_DIAGNOSIS else self.seen
            if isinstance(value, list):
                for member in value:
                    yield self._fact(name, f"{name}-{member}", member, on)
            else:
                yield self._fact(name, name, value, on)

    def _fact(self, fact: str, name: str, value: Any, on: date) -> Json:
        """A fact in the public codes of the style where it has some, else in our own."""
        if not self.style.states_facts:
            public = self._public(fact, name, value, on)
            if public is not None:
                return public
        return self._own(fact, name, value, on)

    def _own(self, fact: str, name: str, value: Any, on: date) -> Json:
        code = {"coding": [{"system": CASE_FACTS, "code": fact}]}
        return self.observation(name, "survey", code, on, **own_value(self.vocabulary[fact], value))

    def _public(self, fact: str, name: str, value: Any, on: date) -> Json | None:
        match fact:
            case "tumour-size-cm":
                code = {"coding": [loinc("33728-7", "Size.maximum dimension in Tumor")]}
                return self.observation(
                    name, "laboratory", code, on, valueQuantity=amount(round(value * 10, 3), "mm")
                )
            case "mitoses-per-50-hpf":
                quantity = {"value": value, "unit": "mitoses/50 HPF"}
                return self.observation(
                    name, "laboratory", {"text": "Mitotic rate"}, on, valueQuantity=quantity
                )
            case "performance-status-ecog":
                code = {"coding": [loinc("89247-1", "ECOG Performance Status score")]}
                return self.observation(name, "survey", code, on, valueInteger=value)
            case "residual-tumour":
                return self._margin(name, value, on)
            case "m-category" | "n-category" if value != "NX":
                letter = fact[0].upper()
                number, display = {
                    "M": ("21907-1", "Distant metastases.clinical [Class] Cancer"),
                    "N": ("21906-3", "Regional lymph nodes.clinical [Class] Cancer"),
                }[letter]
                coded = {"coding": [{"system": AJCC, "code": f"c{value}", "display": f"c{value}"}]}
                return self.observation(
                    name, "laboratory", {"coding": [loinc(number, display)]}, on, valueCodeableConcept=coded
                )
            case "genotype" if value in REGIONS or value in CHANGES:
                return self._variant(name, value, on)
        return None

    def _variant(self, name: str, genotype: str, on: date) -> Json:
        gene, where = REGIONS.get(genotype) or CHANGES[genotype]
        studied = {
            "code": {"coding": [loinc("48018-6", "Gene studied [ID]")]},
            "valueCodeableConcept": {"coding": [{"system": HGNC, "code": GENES[gene], "display": gene}]},
        }
        if genotype in REGIONS:
            found: Json = {
                "code": {"coding": [loinc("47999-8", "DNA region name [Identifier]")]},
                "valueString": where,
            }
        else:
            found = {
                "code": {"coding": [loinc("48005-3", "Amino acid change (pHGVS)")]},
                "valueCodeableConcept": {"coding": [{"system": HGVS, "code": where}]},
            }
        if self.style_name == "text-only":
            told = (
                f"{gene} {where.rpartition('.')[2] if genotype in CHANGES else where.lower()} mutation found"
            )
            return self.observation(name, "laboratory", {"text": "Mutation analysis"}, on, valueString=told)
        return self.observation(
            name,
            "laboratory",
            {"coding": [loinc("69548-6", "Genetic variant assessment")]},
            on,
            valueCodeableConcept={"coding": [loinc("LA9633-4", "Present")]},
            component=[studied, found],
        )

    def _unrelated(self) -> Iterator[Json]:
        """What stands in the record and says nothing of the tumour."""
        pressure = {"value": 118 + self.number % 30, "unit": "mmHg"}
        yield self.observation(
            "bp-1", "vital-signs", {"text": "Systolic blood pressure"}, self.seen, valueQuantity=pressure
        )
        haemoglobin = {"value": 11 + self.number % 4, "unit": "g/dL"}
        yield self.observation(
            "hb-1", "laboratory", {"text": "Haemoglobin"}, self.seen, valueQuantity=haemoglobin
        )
        yield self.condition("htn-1", {"text": "Essential hypertension"}, date(2019, 2, 3))

    def drafts(self) -> Iterator[tuple[Json, bool]]:
        """The drafted orders, and whether each is selected."""
        for number, draft in enumerate(self.case.get("drafts", ()), 1):
            reason = self._metastasis(draft["of"]) if "of" in draft else TUMOUR
            tied = {} if draft.get("reason") == "none" else {"reasonReference": [{"reference": reason}]}
            extension = {"extension": [intent_of(draft["intent"])]} if "intent" in draft else {}
            if "drug" in draft:
                order = self.mine(
                    "MedicationRequest",
                    f"rx-{number}",
                    **extension,
                    status="draft",
                    intent="order",
                    medicationCodeableConcept=self.words.concept(
                        self.words.drugs[draft["drug"]], self.style.drugs
                    ),
                    authoredOn=str(self.case["today"]),
                    **tied,
                    **({"dosageInstruction": [dosage(draft["daily-mg"])]} if "daily-mg" in draft else {}),
                )
            else:
                order = self.mine(
                    "ServiceRequest",
                    f"sr-{number}",
                    **extension,
                    status="draft",
                    intent="order",
                    code=self._ordered(draft["procedure"]),
                    authoredOn=str(self.case["today"]),
                    **tied,
                )
            yield order, draft.get("selected", True)

    def _ordered(self, procedure: str) -> Json:
        """A procedure that the encodings know is coded; any other is ordered in words."""
        known = self.words.procedures.get(procedure)
        return self.words.concept(known, self.style.procedures) if known else {"text": procedure}
