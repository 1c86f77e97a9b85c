"""Which records anybody listens to: the one place that knows how every reader begins.

A record holds dozens of measurements, illnesses and drugs that say nothing of a tumour. Each is looked at once, here,
instead of by every reader in turn. What is left out must say nothing to any of them: tests hold this against reading
everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...fhir.resources import CodeableConcept, Condition, Observation
from ...fhir.terminology import readable, texts_of
from ..vocabulary import CASE_FACTS
from .molecular_text import may_name_gene

if TYPE_CHECKING:
    from .sources import Sources

# a name that counts where it stands alone
STAGE = "stage"


def heard(sources: Sources, observations: Iterable[tuple[str, Observation]]) -> list[tuple[str, Observation]]:
    """The Observations of which a reader could make something, by what they are about or what they answer.

    One is about something if a code of it is ours, its name holds words of ours or a gene, or one of its components is;
    an answer alone counts by a code of ours or by a gene that it names.
    """
    # a record repeats its few names: each is looked at once
    by_name: dict[tuple[str | None, ...], list[tuple[str, Observation]]] = {}
    found, silent = [], []
    for one in observations:
        concept = one[1].code
        codings = concept.coding if concept is not None else None
        if concept is not None and codings is not None and len(codings) == 1:
            (coding,) = codings
            name = coding.system, coding.code, coding.display, concept.text
            alike = by_name.get(name)
            if alike is None:
                by_name[name] = [one]
            else:
                alike.append(one)
        elif concept is not None and _tells(sources, concept):
            found.append(one)
        else:
            silent.append(one)
    telling = _telling(sources, [alike[0][1].code for alike in by_name.values()])
    for alike, tells in zip(by_name.values(), telling, strict=True):
        (found if tells else silent).extend(alike)
    for one in silent:
        observation = one[1]
        # most are measurements and answer with a number
        if (
            observation.value_codeable_concept is not None
            or observation.value_string is not None
            or observation.component is not None
        ) and _answers(sources, observation):
            found.append(one)
    return found


def _telling(sources: Sources, names: Sequence[CodeableConcept | None]) -> list[bool]:
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
