"""Resections from completed Procedures."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ...fhir.datatypes import first_day, last_day, start_of
from ...fhir.resources import CodeableConcept, Procedure
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
# an operation in words of which none is ours
_OPERATION = re.compile(
    r"ectomy\b|\b(?:resect|excis|debulk|exenterat|surgery|surgical|operation|operative|laparotomy|removal)",
    re.IGNORECASE,
)
# of codes alone those that may take a tumour out: excision and resection in ICD-10-PCS, the operations of CPT; of other
# systems any
_ANY = re.compile("")
_OPERATIONS = {
    "http://www.cms.gov/Medicare/Coding/ICD10": re.compile(r"0.[BT]"),
    "http://www.ama-assn.org/go/cpt": re.compile(r"[1-6]\d{4}$"),
}
EN_BLOC = "procedure.resection.en-bloc-multivisceral"


class Resection(msgspec.Struct, frozen=True, gc=False):
    """A completed removal of the tumour and the day on which it happened, if recorded.

    `sure` is False where nothing ties the operation to the tumour and nothing to another, and where it is `unread`: for
    the tumour, and its code does not tell what was done.
    """

    evidence: Evidence
    sure: bool = True
    unplanned: bool = False
    unread: bool = False


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
        if not sources.about_patient(procedure.subject):
            continue
        if any(not kind.startswith("site.") for kind in sources.named(procedure.code)):
            resection = _resection(sources, diagnosis, reference, procedure)
        else:
            # most say nothing of ours
            resection = _unread(sources, diagnosis, reference, procedure)
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


def _unread(sources: Sources, diagnosis: Diagnosis, reference: str, procedure: Procedure) -> Resection | None:
    """What may have removed the tumour: an operation for it of which nobody can tell which it was."""
    if not (procedure.reason_reference or procedure.reason_code) or not _may_remove(sources, procedure.code):
        return None
    tied = indication(sources, diagnosis, procedure.reason_reference or (), procedure.reason_code or (), {})
    if tied != "this-tumour" or only_for_metastases(sources, diagnosis, procedure):
        return None
    when = start_of(procedure.performed_date_time, procedure.performed_period)
    return Resection(Evidence(reference, "code", when), sure=False, unread=True)


def _may_remove(sources: Sources, code: CodeableConcept | None) -> bool:
    """Whether words that we do not know name an operation, or there is but a code that may be one."""
    texts = texts_of(code)
    if texts:
        return any(
            _OPERATION.search(t) for t in texts if sources.plain(t)
        ) and "procedure.biopsy" not in sources.words(texts)
    codes = [(c.system or "", (c.code or "").strip().upper()) for c in (code.coding or () if code else ())]
    return bool(codes) and all(_OPERATIONS.get(s, _ANY).match(c) for s, c in codes)


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
        if resection.unread:
            yield Reading("tumour-resected", "procedure", here, why="uncodable")
            continue
        if several_tumours or not resection.sure:
            yield Reading("tumour-resected", "procedure", here, why="uncodable", remark="tumour-not-named")
            continue
        yield Reading("tumour-resected", "procedure", here, Choice(frozenset({True})))


def first_resection(resections: list[Resection]) -> str | None:
    """The day of the first dated resection: what came before it came before surgery."""
    return min((r.evidence.date for r in resections if r.evidence.date and not r.unread), default=None)
