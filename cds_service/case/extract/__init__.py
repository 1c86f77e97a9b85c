"""From a patient's record to a case: the only room that reads FHIR with clinical meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...fhir.record import Record
from ...fhir.terminology import Terminology
from ..fact import Case, Choice, DraftOrder, Fact, Unread
from ..settle import Reading, TellsApart, settle
from ..vocabulary import Vocabulary
from .damage import damaged_queries
from .diagnosis import find_diagnosis, read_conditions, read_stated_comorbidities
from .genotype import read_genotype
from .orders import FHIR_ID, read_drafts, read_intended_surgery, tests_ordered
from .pathology import read_pathology
from .patient import read_patient
from .sources import Readings, Sources
from .staging import read_staging, unplaced_metastasis
from .stated import read_stated, states_therapy
from .surgery import find_resections, first_resection, read_surgery
from .treatment import (
    find_uses,
    on_current_drugs,
    read_treatment,
    read_unidentified,
    timeline_of,
    unidentified_drugs,
)
from .variants import Variants


@dataclass(frozen=True, slots=True)
class Extractor:
    """The tables by which records are read; shared by every call."""

    vocabulary: Vocabulary
    terminology: Terminology
    readings: Readings
    variants: Variants
    tells_apart: TellsApart

    def extract(
        self,
        record: Record,
        patient: str,
        today: date,
        draft_entries: Sequence[Any] = (),
        selections: Sequence[str] | None = None,
    ) -> tuple[Case, list[DraftOrder]]:
        """The case of one patient and the drafted orders.

        `patient` is the bare Patient id, `draft_entries` the entries of `draftOrders`, `selections` the
        selected ones (None: all are under review).
        """
        sources = Sources(record, patient, today, self.terminology, self.readings)
        diagnosis = find_diagnosis(sources)
        drafts, unread_drafts = read_drafts(sources, diagnosis, draft_entries, selections)
        drugs = frozenset(self.vocabulary["prior-therapies"].values)
        uses = find_uses(sources, diagnosis, frozenset(d.reference for d in drafts))
        unnamed = unidentified_drugs(sources, frozenset(d.reference for d in drafts))
        timeline = timeline_of(uses, drugs, states_therapy(sources) or bool(unnamed))
        resections = find_resections(sources, diagnosis)
        readings: list[Reading] = [
            *read_patient(sources),
            *read_conditions(sources, diagnosis),
            *read_stated_comorbidities(sources),
            *read_surgery(resections, diagnosis.several_tumours),
        ]
        if diagnosis.disease == "gist":
            found = _tumour_readings(
                read_staging(sources, diagnosis),
                read_pathology(sources, diagnosis, timeline),
                read_genotype(sources, diagnosis, timeline, self.variants),
                read_stated(sources, diagnosis, timeline, self.vocabulary),
            )
            readings += on_current_drugs(found, uses)
            resected = bool(resections) or any(_says_resected(r) for r in readings)
            readings += read_intended_surgery(drafts)
            readings += read_unidentified(unnamed)
            readings += read_treatment(uses, first_resection(resections), resected, drugs)
            readings += unplaced_metastasis(readings)
        failed = tuple(dict.fromkeys([*record.failed, *damaged_queries(sources)]))
        facts = dict(settle(readings, self.vocabulary, frozenset(failed), self.tells_apart))
        facts["disease"] = _disease(diagnosis.disease, facts["disease"], record)
        unread = {**record.unread, **unread_drafts}
        case = Case(
            patient=patient,
            facts=facts,
            condition=next((c for c in diagnosis.conditions if FHIR_ID.fullmatch(c.split("/", 1)[1])), None),
            failed=failed,
            unread=tuple(Unread(name, problem) for name, problem in sorted(unread.items())),
            tests_ordered=tests_ordered(sources) | {d.item for d in drafts if d.item == "mutation-testing"},
            in_remission=diagnosis.in_remission,
            other_malignancy=diagnosis.other_malignancy,
        )
        return case, drafts


def _says_resected(reading: Reading) -> bool:
    return reading.fact == "tumour-resected" and reading.value == Choice(frozenset({True}))


def _tumour_readings(*readers: Iterable[Reading]) -> list[Reading]:
    return [reading for reader in readers for reading in reader]


def _disease(disease: str, settled: Fact, record: Record) -> Fact:
    """The disease with its evidence; without any Conditions to look at it stays unknown, never none."""
    if settled.evidence:
        return settled
    if disease == "none" and record.answers.get("conditions") != "ok":
        return settled
    return Fact("disease", Choice(frozenset({disease})))
