"""Resections from completed Procedures."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ...fhir.datatypes import first_day, last_day, start_of
from ...fhir.resources import Procedure
from ...fhir.terminology import texts_of
from ..fact import Choice, Evidence
from ..settle import Reading
from .conditions import organs_of
from .diagnosis import Diagnosis
from .reasons import indication
from .sources import Sources

GENERIC = frozenset({"procedure.resection", "procedure.surgery-generic", "procedure.wide-excision"})
# operations that remove a sarcoma of a limb or girdle; without a reason or a site they may be for it or not
OF_SARCOMA = frozenset(
    {"procedure.wide-excision", "procedure.resection.soft-tissue", "procedure.amputation", "procedure.re-excision",
     "procedure.unplanned-excision"}
)  # fmt: skip
# organs of metastases: removing them is no resection of the primary tumour
ELSEWHERE = frozenset({"procedure.resection.liver", "procedure.resection.lung"})
BIOPSY = "procedure.biopsy"
EN_BLOC = "procedure.resection.en-bloc-multivisceral"


class Resection(msgspec.Struct, frozen=True, gc=False):
    """A completed removal of the tumour and the day on which it happened, if recorded.

    `sure` is False where nothing ties the operation to the tumour and nothing to another.
    """

    evidence: Evidence
    sure: bool = True
    unplanned: bool = False


def find_resections(sources: Sources, diagnosis: Diagnosis) -> list[Resection]:
    """Completed resections tied to the tumour: by reason, by the place of a sarcoma, or by an organ in which a
    GIST arises.

    An operation whose reason is another Condition, or a generic excision without any reason, is none; nor is the
    removal of a metastasis or of lymph nodes.
    """
    found = []
    for reference, procedure in sources.record.of(Procedure):
        if procedure.status != "completed" or not procedure.understood:
            continue
        # most say nothing of ours
        if not sources.named(procedure.code) or not sources.about_patient(procedure.subject):
            continue
        resection = _resection(sources, diagnosis, reference, procedure)
        if resection is not None:
            found.append(resection)
    return found


def _resection(
    sources: Sources, diagnosis: Diagnosis, reference: str, procedure: Procedure
) -> Resection | None:
    kinds = sources.named(procedure.code)
    words = sources.words(texts_of(procedure.code))
    sarcoma = diagnosis.disease == "sts"
    elsewhere_too = ELSEWHERE - (
        {"procedure.resection.liver"} if "liver" in diagnosis.primary_organs else set()
    )
    removes = {
        k
        for k in kinds
        if k in GENERIC
        or (k.startswith("procedure.resection") and k not in elsewhere_too)
        or (sarcoma and k in OF_SARCOMA)
    }
    if not removes or BIOPSY in kinds | words or sources.is_biopsy(procedure.code):
        return None
    if sarcoma and (kinds | words) & {"procedure.metastasectomy", "procedure.metastasectomy.liver"}:
        return None
    tied = indication(sources, diagnosis, procedure.reason_reference or (), procedure.reason_code or (), {})
    named = [sources.record.pointed(r) for r in procedure.reason_reference or () if not r.display]
    if tied == "other" or not diagnosis.same_tumour(named):
        return None
    if sarcoma and only_for_metastases(sources, diagnosis, procedure):
        return None
    when = start_of(procedure.performed_date_time, procedure.performed_period)
    here = Evidence(reference, "code", when)
    unplanned = "procedure.unplanned-excision" in kinds | words
    organs = organs_of(sources, frozenset(removes))
    sites = organs_of(sources, sources.named_in(procedure.body_site))
    near = sources.readings.near
    apart = organs and diagnosis.primary_organs and not near(organs, diagnosis.primary_organs)
    if apart and EN_BLOC not in kinds:
        return None
    if sarcoma and sites and diagnosis.primary_organs and not near(sites, diagnosis.primary_organs):
        return None
    long_before = _long_before(when, diagnosis.diagnosed_on)
    if tied == "this-tumour" or (organs and not long_before):
        return Resection(here, unplanned=unplanned)
    if sarcoma and not long_before:
        if sources.readings.ties(sites, diagnosis.primary_organs):
            return Resection(here, unplanned=unplanned)
        if removes & OF_SARCOMA:
            return Resection(here, sure=False, unplanned=unplanned)
    return None


def only_for_metastases(sources: Sources, diagnosis: Diagnosis, procedure: Procedure) -> bool:
    """Whether every reason is a metastasis: what was removed is not the primary tumour."""
    references = [sources.record.pointed(r) for r in procedure.reason_reference or ()]
    reasons = [r in diagnosis.metastases for r in references]
    reasons += [
        any(k.startswith("dx.metastasis") for k in sources.named(code))
        for code in procedure.reason_code or ()
    ]
    return bool(reasons) and all(reasons)


def _long_before(when: str | None, diagnosed_on: str | None) -> bool:
    """Whether an operation is from more than a year before the diagnosis is first recorded."""
    return bool(when and diagnosed_on) and (first_day(diagnosed_on or "") - last_day(when or "")).days > 365


def read_surgery(resections: list[Resection], several_tumours: bool) -> Iterator[Reading]:
    """`tumour-resected`, `unplanned-excision`; with two tumours of the kind on record it is open which of them was
    removed."""
    for resection in resections:
        here = resection.evidence
        if resection.unplanned:
            yield Reading("unplanned-excision", "coded", here, Choice(frozenset({True})))
        if several_tumours or not resection.sure:
            yield Reading("tumour-resected", "procedure", here, why="uncodable", remark="tumour-not-named")
            continue
        yield Reading("tumour-resected", "procedure", here, Choice(frozenset({True})))


def first_resection(resections: list[Resection]) -> str | None:
    """The day of the first dated resection: what came before it came before surgery."""
    return min((r.evidence.date for r in resections if r.evidence.date), default=None)
