"""The histological grade of a sarcoma."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...fhir.datatypes import real
from ...fhir.resources import CodeableConcept, Component, Observation
from ...fhir.terminology import readable, texts_of
from ..fact import Choice, Evidence, Interval
from ..settle import Reading
from .diagnosis import Diagnosis
from .pathology import has_value, rank_of
from .sources import Sources

OBS = "grade.obs"
ABOUT = frozenset({OBS})
OTHER_SYSTEM = "grade.other-system"
_ROMAN = {"i": 1, "ii": 2, "iii": 3}
# `G2`, `FNCLCC grade 2`, `grade III`, `2/3`, `2 of 3`; a scale of four is another scale
_NUMBER = re.compile(
    r"(?:fnclcc\W{0,3})?(?:sarcoma\s|histolog\w+\s|tumou?r\s)?(?:grade|g)?\W{0,2}([1-3]|iii|ii|i)"
    r"(?:\s?(?:/|of|out of)\s?(\d))?(?:\W{0,2}\(?fnclcc\)?)?",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(
    r"\b(?:fnclcc\W{0,3}(?:grade\W{0,2})?|(?:fnclcc\s)?grade\W{0,2}|g)([1-3]|iii|ii|i)\b(?:\s?(?:/|of|out of)\s?(\d))?"
    # a range is no grade
    r"(?!\s?(?:-|–|to|or|and)\s?(?:g(?:rade)?\s?)?[1-4i])",
    re.IGNORECASE,
)
_WORD = re.compile(
    r"\b(low|intermediate|high)\b"
    r"(?=[\s-]?(?:histolog\w+\s)?grade|$|\W*$|\s?(?:-|–|to|or|and)\s?(?:low|intermediate|high))",
    re.IGNORECASE,
)


def read_grade(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    """`grade` and, where it is a number, `fnclcc-grade`."""
    for finding in diagnosis.findings_about(sources, ABOUT):
        observation = finding.observation
        unclear = diagnosis.leaves_open(finding)
        for part in [observation, *(observation.component or ())]:
            if OBS not in sources.named(part.code):
                continue
            here = finding.at("value")
            if unclear:
                yield Reading("grade", "coded", here, why="uncodable", remark="tumour-not-named")
            elif not _other_system(sources, part.code, observation.method):
                yield from _grade(sources, observation, part, here)


def _other_system(sources: Sources, *concepts: CodeableConcept | None) -> bool:
    return OTHER_SYSTEM in sources.words(t for c in concepts for t in texts_of(c))


def _grade(
    sources: Sources, observation: Observation, part: Observation | Component, here: Evidence
) -> Iterator[Reading]:
    rank = rank_of(sources, observation)
    coded = rank if rank == "pathology" else "coded"
    kinds = sources.concepts(part.value_codeable_concept)
    grades = sources.readings.value_of("grade", kinds)
    numbers = {float(n) for n in sources.readings.value_of("fnclcc-grade", kinds)}
    if not grades and not kinds:
        grades, numbers = _stated(sources, part)
        if part.value_integer is None and part.value_quantity is None and coded == "coded":
            coded = "text"
    if len(grades) == 1:
        yield Reading("grade", coded, here, Choice(grades))
    elif has_value(part):
        yield Reading("grade", coded, here, why="uncodable")
    if len(numbers) == 1:
        (number,) = numbers
        yield Reading("fnclcc-grade", coded, here, Interval(number, number))


def _stated(sources: Sources, part: Observation | Component) -> tuple[frozenset[str], set[float]]:
    """Grade and number of a value without a code that we know."""
    number: float | None = None
    if part.value_integer is not None:
        number = real(part.value_integer)
    elif part.value_quantity is not None and part.value_quantity.value is not None:
        number = real(part.value_quantity.value)
    if number is not None:
        return (frozenset({grade_of(number)}), {number}) if number in (1, 2, 3) else (frozenset(), set())
    texts = [readable(part.value_string), *texts_of(part.value_codeable_concept)]
    found = [grade_in(t) for t in texts if t and sources.plain(t)]
    grades = frozenset(g for g, _ in found if g)
    return grades, {n for _, n in found if n}


def grade_of(number: float) -> str:
    """FNCLCC 1 is low; 2 and 3 are high."""
    return "low" if number == 1 else "high"


def grade_in(text: str) -> tuple[str | None, float | None]:
    """Grade and number of `FNCLCC grade 2`, `G3`, `high grade`; nothing where the text names none or several.

    GIST's L and H, and a grade on a scale of four, are other grades.
    """
    if whole := _NUMBER.fullmatch(text.strip()):
        found = {whole.groups()}
    else:
        found = {m.groups() for m in _IN_TEXT.finditer(text)}
    numbers = {_ROMAN.get(n.lower()) or int(n) for n, of in found if of in (None, "3")}
    if found and (len(numbers) != 1 or len(found) != 1):
        return None, None
    words = {m.lower() for m in _WORD.findall(text)}
    if numbers:
        number = float(numbers.pop())
        agreed = {grade_of(number)} | {"low" if w == "low" else "high" for w in words}
        return (grade_of(number), number) if len(agreed) == 1 else (None, None)
    grades = {"low" if w == "low" else "high" for w in words}
    return (grades.pop(), None) if len(grades) == 1 else (None, None)
