"""Which records anybody listens to: the one place that knows how every reader begins.

A record holds dozens of measurements, illnesses and drugs that say nothing of a tumour. Each is looked at once, here,
instead of by every reader in turn. What is left out must say nothing to any of them: tests hold this against reading
everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...fhir.resources import CodeableConcept, Coding, Condition, Observation
from ...fhir.terminology import readable, texts_of
from ..vocabulary import CASE_FACTS
from .molecular_text import may_name_gene

if TYPE_CHECKING:
    from .sources import Sources

# a name that counts where it stands alone
STAGE = "stage"


class _Alike:
    """Observations of one name: those that answer with a number or not at all, as most do, and those that may tell by
    their answer what they are about."""

    __slots__ = ("answering", "display", "measured", "name", "system", "text")

    def __init__(self, name: CodeableConcept, coding: Coding) -> None:
        self.name, self.text = name, name.text
        self.system, self.display = coding.system, coding.display
        self.measured: list[Observation] = []
        self.answering: list[Observation] = []


def heard(sources: Sources, observations: Iterable[Observation]) -> list[Observation]:
    """The Observations of which a reader could make something, by what they are about or what they answer.

    One is about something if a code of it is ours, its name holds words of ours or a gene, or one of its components is;
    an answer alone counts by a code of ours or by a gene that it names.
    """
    # A record repeats its few names: each is looked at once. A code goes by one name most often; then the rest of it is
    # compared, which is quicker than to look the whole up.
    by_code: dict[object, _Alike] = {}
    found: list[Observation] = []
    for observation in observations:
        concept = observation.code
        codings = concept.coding if concept is not None else None
        if concept is None or codings is None or len(codings) != 1:
            if _tells(sources, concept) or _answers(sources, observation):
                found.append(observation)
            continue
        (coding,) = codings
        alike = by_code.get(coding.code)
        if alike is None:
            alike = by_code[coding.code] = _Alike(concept, coding)
        elif alike.text != concept.text or alike.display != coding.display or alike.system != coding.system:
            name = coding.system, coding.code, coding.display, concept.text
            alike = by_code.get(name)
            if alike is None:
                alike = by_code[name] = _Alike(concept, coding)
        if (
            observation.value_codeable_concept is None
            and observation.value_string is None
            and observation.component is None
        ):
            alike.measured.append(observation)
        else:
            alike.answering.append(observation)
    every = list(by_code.values())
    for alike, tells in zip(every, _telling(sources, [alike.name for alike in every]), strict=True):
        if tells:
            found += alike.measured
            found += alike.answering
        else:
            for observation in alike.answering:
                if _answers(sources, observation):
                    found.append(observation)
    return found


def _telling(sources: Sources, names: Sequence[CodeableConcept]) -> list[bool]:
    """`_tells` of each."""
    told = [_coded(sources, name) for name in names]
    # a code's display is most often the text beside it
    texts = {text for name, coded in zip(names, told, strict=True) if not coded for text in texts_of(name)}
    together = "\n".join(texts)
    nothing = sources.readings.words.surely_none(together) and STAGE not in together.lower()
    if nothing and not may_name_gene(together):
        # as in most records: all that is ours is named by its code
        return told
    return [coded or _tells(sources, name) for name, coded in zip(names, told, strict=True)]


def _answers(sources: Sources, observation: Observation) -> bool:
    value = observation.value_codeable_concept
    if value is not None and (_coded(sources, value) or any(map(may_name_gene, texts_of(value)))):
        return True
    if observation.value_string is not None and may_name_gene(readable(observation.value_string)):
        return True
    return any(_tells(sources, component.code) for component in observation.component or ())


def names_disease(sources: Sources, condition: Condition) -> bool:
    """Whether a reader could make anything of a Condition beyond that there is another illness.

    It could by a code or words of ours, by a code of a cancer or of morphology, and by what stands beside the code.
    """
    if condition.extension or condition.body_site:
        return True
    concept = condition.code
    if concept is None:
        return False
    terminology = sources.terminology
    for coding in concept.coding or ():
        if (
            terminology.concepts_of(coding)
            # in ICD-10 the cancers
            or (coding.code or "").lstrip()[:1] in ("C", "c")
            or terminology.system_name(coding.system) == "icd-o-3"
        ):
            return True
    looked_at = None
    for text in texts_of(concept):
        if text != looked_at:
            looked_at = text
            for word in sources.words_in(text):
                # a place alone says nothing of what is there
                if not word.startswith("site."):
                    return True
    return False


def _tells(sources: Sources, concept: CodeableConcept | None) -> bool:
    """Whether the name of an Observation is one of ours, by code or words, or may hold a gene."""
    if _coded(sources, concept):
        return True
    looked_at = None
    for text in texts_of(concept):
        # a code's display is most often the text beside it
        if text != looked_at:
            looked_at = text
            if sources.words_in(text) or may_name_gene(text) or text.strip().lower() == STAGE:
                return True
    return False


def _coded(sources: Sources, concept: CodeableConcept | None) -> bool:
    """Whether a coding is one of ours, or stands for one by the site's ConceptMap."""
    if concept is None:
        return False
    if sources.concepts(concept):
        return True
    aliases = sources.terminology.aliases
    for coding in concept.coding or ():
        system, code = coding.system, coding.code
        if system and code and (system.startswith(CASE_FACTS) or (aliases and (system, code) in aliases)):
            return True
    return False
