"""From a patient's record to a case: the only room that reads FHIR with clinical meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...fhir.record import Record
from ...fhir.terminology import Terminology
from ..fact import Case, Choice, DraftOrder, Evidence, Fact, Unread
from ..settle import Reading, TellsApart, settle
from ..vocabulary import Vocabulary
from .comorbidities import read_stated_comorbidities
from .condition_readings import read_conditions
from .damage import damaged_queries
from .depth import read_depth, read_reported_histology
from .diagnosis import Diagnosis, find_diagnosis
from .eligibility import holding_today, read_eligibility, read_progression_on_imatinib
from .extent import read_organ_count
from .genotype import read_genotype
from .grade import read_grade
from .margin import read_margin_width
from .orders import FHIR_ID, TESTS, place_drafts, read_drafts, read_intended_surgery, tests_ordered
from .pathology import read_pathology
from .patient import read_patient
from .radiotherapy import read_radiotherapy
from .readings import Readings
from .recurrence import Recurrence, find_recurrence, narrowed, of_present_tumour, read_recurrence_resected
from .sarcoma import without_family
from .sources import Sources
from .stage import read_stage
from .staging import read_staging, unplaced_metastasis
from .stated import read_stated, states_therapy
from .supposing import Supposition
from .surgery import find_resections, first_resection, read_surgery
from .timeline import Timeline
from .treatment import (
    find_taken,
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
        supposition: Supposition | None = None,
    ) -> tuple[Case, list[DraftOrder]]:
        """The case of one patient and the drafted orders.

        `patient` is the bare Patient id, `draft_entries` the entries of `draftOrders`, `selections` the
        selected ones (None: all are under review), `supposition` what is supposed instead of read.
        """
        supposed = supposition or Supposition({})
        if supposition is not None:
            record = supposition.added_to(record, patient, today, self.vocabulary)
        sources = Sources(record, patient, today, self.terminology, self.readings)
        diagnosis = find_diagnosis(sources)
        drafts, unread_drafts = read_drafts(sources, diagnosis, draft_entries, selections)
        drugs = frozenset(self.vocabulary["prior-therapies"].values)
        taken = find_taken(sources, frozenset([d.reference for d in drafts]))
        uses = supposed.uses(find_uses(sources, diagnosis, taken))
        unnamed = unidentified_drugs(sources, taken)
        resections = supposed.resections(find_resections(sources, diagnosis))
        readings: list[Reading] = [
            *read_patient(sources),
            *read_conditions(sources, diagnosis),
            *read_stated_comorbidities(sources),
            *read_surgery(resections, diagnosis.several_tumours),
        ]
        readings = supposed.over(readings, self.vocabulary, today)
        recurrence: Recurrence | None = None
        if diagnosis.disease in ("gist", "sts"):
            sarcoma = diagnosis.disease == "sts"
            stated = states_therapy(sources) or bool(unnamed)
            timeline = timeline_of(uses, drugs, stated)
            recurrence = self._recurrence(sources, diagnosis, readings, supposed) if sarcoma else None
            if recurrence is not None and recurrence.on is not None:
                # what came back is measured against the treatment that it had since
                timeline = timeline_of(uses, drugs, stated, since=recurrence.on)
            found = _tumour_readings(
                read_staging(sources, diagnosis),
                read_pathology(sources, diagnosis, timeline),
                read_genotype(sources, diagnosis, timeline, self.variants),
                read_stated(sources, diagnosis, timeline, self.vocabulary),
            )
            readings += on_current_drugs(found, uses)
            days = [r.evidence.date for r in resections if r.sure]
            if sarcoma:
                readings += _tumour_readings(
                    read_grade(sources, diagnosis),
                    read_depth(sources, diagnosis),
                    read_reported_histology(sources, diagnosis),
                    read_margin_width(sources, diagnosis),
                    read_stage(sources, diagnosis),
                    read_organ_count(sources, diagnosis),
                    read_radiotherapy(sources, diagnosis, days),
                )
                readings = without_family(narrowed(supposed.over(readings, self.vocabulary, today)))
            readings = supposed.over(readings, self.vocabulary, today)
            resected = any(r.sure for r in resections) or _says_resected(readings)
            readings += read_intended_surgery(drafts)
            readings += read_unidentified(unnamed)
            readings += read_treatment(uses, first_resection(resections), resected, drugs)
            readings += unplaced_metastasis(readings)
            if recurrence is not None:
                readings = of_present_tumour(readings, recurrence, days)
                readings += read_recurrence_resected(recurrence, (r.evidence for r in resections if r.sure))
            if not sarcoma:
                readings += [
                    *read_eligibility(sources, diagnosis),
                    *read_progression_on_imatinib(readings, uses),
                ]
            readings = holding_today(readings, self.vocabulary, today)
        # what is worked out from other facts gives way to what is supposed too
        readings = supposed.over(readings, self.vocabulary, today)
        failed = record.failed
        if record.damaged:
            failed = tuple(dict.fromkeys([*failed, *damaged_queries(sources)]))
        facts = dict(settle(readings, self.vocabulary, frozenset(failed), self.tells_apart))
        facts["disease"] = _disease(diagnosis, facts["disease"], record)
        drafts = place_drafts(drafts, diagnosis.disease, facts, recurred=recurrence is not None)
        unread = {**record.unread, **unread_drafts} if record.unread or unread_drafts else {}
        case = Case(
            patient=patient,
            facts=facts,
            condition=next((c for c in diagnosis.conditions if FHIR_ID.fullmatch(c.split("/", 1)[1])), None),
            failed=failed,
            why_failed=record.why_failed,
            unread=tuple([Unread(name, problem) for name, problem in sorted(unread.items())])
            if unread
            else (),
            tests_ordered=tests_ordered(sources, diagnosis) | {d.item for d in drafts if d.item in TESTS},
            in_remission=diagnosis.in_remission,
            other_malignancy=diagnosis.other_malignancy,
        )
        return case, drafts

    def _recurrence(
        self, sources: Sources, diagnosis: Diagnosis, readings: Sequence[Reading], supposed: Supposition
    ) -> Recurrence | None:
        """A recurrence that a Condition or a statement records."""
        said = [*readings]
        # nothing else that is stated says it
        if any("recurrence" in finding.own for finding in sources.findings()):
            stated = read_stated(sources, diagnosis, Timeline(), self.vocabulary)
            said += [r for r in stated if r.fact == "recurrence"]
        return find_recurrence(
            narrowed(supposed.over(said, self.vocabulary, sources.today)), diagnosis.diagnosed_on
        )


def _says_resected(readings: Iterable[Reading]) -> bool:
    of_it = [r.value for r in readings if r.fact == "tumour-resected"]
    return Choice(frozenset({True})) in of_it


def _tumour_readings(*readers: Iterable[Reading]) -> list[Reading]:
    return [reading for reader in readers for reading in reader]


def _disease(diagnosis: Diagnosis, settled: Fact, record: Record) -> Fact:
    """The disease with its evidence; without any Conditions to look at it stays unknown, never none."""
    if settled.evidence:
        return settled
    if diagnosis.disease == "unclear":
        evidence = tuple(Evidence(reference, "code") for reference in sorted(diagnosis.unclear))
        return Fact("disease", Choice(frozenset({"sts", "none"})), "uncodable", evidence)
    if diagnosis.disease == "none" and record.answers.get("conditions") != "ok":
        return settled
    return Fact("disease", Choice(frozenset({diagnosis.disease})))
