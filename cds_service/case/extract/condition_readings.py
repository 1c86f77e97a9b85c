"""What the Conditions say of facts: disease, site, metastases, recurrence, and diseases beside the tumour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ...fhir.datatypes import day
from ...fhir.resources import Condition
from ...fhir.terminology import texts_of
from ..fact import Choice, Evidence
from ..settle import Reading
from .comorbidities import COMORBIDITIES
from .conditions import (
    BACK,
    begins,
    coded_as_no_tumour,
    is_gist,
    is_over,
    metastatic_sites,
    names_metastasis,
)
from .diagnosis import Diagnosis
from .hedges import OPEN
from .other_cancer import names_other_cancer
from .sarcoma import histology_concepts, read_histology, sarcoma_of
from .sources import Sources, codes_of

METASTASIS, RECURRENT, LOCAL_RECURRENCE = (
    "dx.metastasis",
    "dx.malignancy.recurrent",
    "dx.sts.local-recurrence",
)
# of two cancers on record, which one it is of is not said
OF_EITHER = "tumour-not-named"


def read_conditions(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    """Disease, site, metastases, recurrence, heart failure and NF1."""
    for reference, condition in sources.conditions():
        when = day(condition.recorded_date) or day(condition.onset_date_time)
        here = Evidence(reference, "code", when)
        status = codes_of(condition.clinical_status)
        kinds = sources.named(condition.code) | histology_concepts(sources, condition)
        if reference in diagnosis.conditions:
            remark = "retroperitoneal-as-sarcoma" if diagnosis.assumed else None
            yield Reading("disease", "condition", here, _is(diagnosis.disease), remark=remark)
            yield from _site(sources, condition, here)
            if diagnosis.disease == "sts":
                yield from read_histology(sources, condition, here)
            texts = sources.affirmed_words(condition.code)
            if names_metastasis(texts):
                yield Reading("m-category", "text", here, _is("M1"))
            elif OPEN + METASTASIS in texts:
                yield Reading("m-category", "text", here, why="uncodable")
            place = Evidence(reference, "clinicalStatus", when)
            if (status & BACK or RECURRENT in texts) and LOCAL_RECURRENCE not in kinds:
                yield Reading("recurrence", "condition", place, _extent_in(texts))
            elif OPEN + RECURRENT in texts:
                yield Reading("recurrence", "condition", here, why="uncodable")
        elif reference in diagnosis.metastases:
            # a metastasis that was removed or answered to treatment has been there all the same
            if not diagnosis.conditions and diagnosis.disease != "unclear":
                yield Reading("disease", "condition", here, _is(diagnosis.disease))
            if diagnosis.disease == "sts":
                yield from read_histology(sources, condition, here)
            yield from _metastasis(sources, condition, here)
            if diagnosis.disease == "sts" and status & BACK:
                nodes = metastatic_sites(sources, condition) == {"lymph-node"}
                yield Reading("recurrence", "condition", here, _is("regional" if nodes else "distant"))
        elif reference in diagnosis.open_metastases:
            of_either = OF_EITHER if diagnosis.other_solid_tumour else None
            yield from _open_metastasis(sources, condition, here, remark=of_either)
        elif OPEN + METASTASIS in kinds and not names_other_cancer(sources, condition):
            yield from _open_metastasis(sources, condition, here)
        if not is_over(sources, condition):
            yield from _beside(sources, diagnosis, condition, kinds, here)


def _beside(
    sources: Sources, diagnosis: Diagnosis, condition: Condition, kinds: frozenset[str], here: Evidence
) -> Iterator[Reading]:
    """What an active Condition says beside the diagnosis itself."""
    for concept, fact in COMORBIDITIES.items():
        if concept in kinds:
            yield Reading(fact, "condition", here, _is(True))
        elif OPEN + concept in kinds:
            yield Reading(fact, "condition", here, why="uncodable")
    if "dx.nf1" in kinds:
        yield Reading("genotype", "condition", here, member="nf1")
    if "rupture.tumor" in kinds:
        yield Reading("tumour-rupture", "coded", here, _is(True))
    came_back = _came_back(sources, diagnosis, condition, here.resource)
    if came_back == "open" or (came_back and diagnosis.other_solid_tumour):
        remark = OF_EITHER if diagnosis.other_solid_tumour else None
        yield Reading("recurrence", "condition", here, why="uncodable", remark=remark)
    elif came_back:
        local = LOCAL_RECURRENCE in kinds
        yield Reading("recurrence", "condition", here, _is("local") if local else _extent_in(kinds))


def _came_back(
    sources: Sources, diagnosis: Diagnosis, condition: Condition, reference: str
) -> Literal["this", "open"] | None:
    """Whether a Condition says that this tumour came back, by its code or by words that name a tumour too: many
    illnesses recur. `open` if it may be one."""
    coded = sources.concepts(condition.code)
    if coded & {RECURRENT, LOCAL_RECURRENCE}:
        return "this"
    words = sources.affirmed_words(condition.code)
    if (
        coded
        or not words & {RECURRENT, OPEN + RECURRENT}
        # read with the tumour itself
        or reference in diagnosis.conditions
        or coded_as_no_tumour(sources, condition)
        or names_other_cancer(sources, condition)
    ):
        return None
    texts = {text.strip().lower() for text in sources.affirmed(condition.code)}
    said = sources.readings.recurrence
    if RECURRENT in words and (
        reference in diagnosis.metastases
        or is_gist(words)
        or sarcoma_of(sources, condition) != "none"
        or texts & said["whole"]
    ):
        return "this"
    # a text that doubts the recurrence doubts the tumour that it names too
    named = sources.words(texts_of(condition.code))
    of_tumour = sources.readings.value_of("histology", named) or begins(named, ("dx.sts", "dx.sarcoma"))
    place = any(word.startswith("recurrence.") for word in words)
    tumour = "tumour.unnamed" in words or (of_tumour and OPEN + RECURRENT in words)
    return "open" if place or tumour or texts & said["whole-open"] else None


def _site(sources: Sources, condition: Condition, here: Evidence) -> Iterator[Reading]:
    """`primary-site`: a place inside another that the record names too is the one that counts."""
    readings = sources.readings
    coded = readings.value_of("primary-site", sources.concepts(condition.code))
    body = readings.value_of("primary-site", sources.named_in(condition.body_site))
    words = readings.value_of("primary-site", sources.affirmed_words(condition.code))
    by_code, by_body = readings.finest(coded), readings.finest(body)
    if readings.near(by_code, by_body):
        # the code holds the place, or the place the code
        inside = {c for c in by_code if any(b in readings.within.get(c, ()) for b in by_body)}
        by_code, by_body = inside, set() if inside else by_body
    if by_code:
        yield Reading("primary-site", "condition-code", here, Choice(frozenset(by_code)))
    if by_body:
        place = Evidence(here.resource, "bodySite", here.date)
        yield Reading("primary-site", "body-site", place, Choice(frozenset(by_body)))
    # read beside a code too: a text that says otherwise loses, and the card says so
    named = {w for w in readings.finest(words) if not readings.near({w}, {*coded, *body})}
    if named:
        place = Evidence(here.resource, "code.text", here.date)
        yield Reading("primary-site", "text", place, Choice(frozenset(named)))


def _metastasis(sources: Sources, condition: Condition, here: Evidence) -> Iterator[Reading]:
    named = metastatic_sites(sources, condition)
    for site in sorted(named):
        yield Reading("metastatic-sites", "secondary-condition", here, member=site)
    if named == {"lymph-node"}:
        yield Reading("n-category", "secondary-condition", here, _is("N1"))
    else:
        yield Reading("m-category", "secondary-condition", here, _is("M1"))


def _open_metastasis(
    sources: Sources, condition: Condition, here: Evidence, remark: str | None = None
) -> Iterator[Reading]:
    """What a metastasis leaves open that may be another tumour's, or that is only supposed."""
    nodes = metastatic_sites(sources, condition) == {"lymph-node"}
    fact = "n-category" if nodes else "m-category"
    for name in (fact, "metastatic-sites"):
        yield Reading(name, "secondary-condition", here, why="uncodable", remark=remark)


def _extent_in(words: frozenset[str]) -> Choice:
    """Where a recurrence is, as far as its words say."""
    said = {w.removeprefix("recurrence.") for w in words if w.startswith("recurrence.")}
    return Choice(frozenset(said)) if len(said) == 1 else _anywhere()


def _anywhere() -> Choice:
    return Choice(frozenset({"local", "regional", "distant"}))


def _is(value: str | bool) -> Choice:
    return Choice(frozenset({value}))
