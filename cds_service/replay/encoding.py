"""Encoding styles: in which terminology each part of a built patient's record is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ENCODINGS = Path(__file__).parent / "encodings.yaml"
Word = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Style:
    """Which systems a style tries, in order, for each part of the record; words where none has a code.

    `diagnosis`: how the Condition tells the tumour: by a `disorder`, by the `organ` or `topography` with a
    morphology beside it, by `words`. `states_facts`: whether our own CodeSystem states what public codes could.
    """

    diagnosis: str
    sites: tuple[str, ...] = ()
    morphology: tuple[str, ...] = ()
    metastases: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    illnesses: tuple[str, ...] = ("sct",)
    procedures: tuple[str, ...] = ("sct",)
    states_facts: bool = False


STYLES: Mapping[str, Style] = {
    "mcode-stu4-snomed": Style("disorder", ("sct",), ("sct", "icd-o-3"), ("sct",), ("rxnorm",)),
    "icd-10-cm": Style("organ", (), ("icd-o-3", "sct"), ("icd-10-cm",), ("rxnorm",), ("icd-10-cm",)),
    "who-icd-10-organ": Style("organ", (), ("icd-o-3",), ("icd-10", "sct"), ("atc",)),
    "icd-o-3": Style("topography", ("icd-o-3",), ("icd-o-3",), ("sct",), ("atc",)),
    "text-only": Style("words", procedures=()),
    "case-facts": Style("disorder", metastases=("icd-10-cm",), drugs=("rxnorm",), states_facts=True),
}
ORGANS = {"icd-10-cm": "icd-10-cm", "who-icd-10-organ": "icd-10"}


@dataclass(frozen=True, slots=True)
class Encodings:
    """The words and codes of `encodings.yaml`."""

    systems: Mapping[str, str]
    tumours: Mapping[str, Word]
    sites: Mapping[str, Word]
    metastases: Mapping[str, Word]
    drugs: Mapping[str, Word]
    procedures: Mapping[str, Word]
    illnesses: Mapping[str, Word]

    def concept(self, word: Word, systems: tuple[str, ...]) -> dict[str, Any]:
        """A CodeableConcept: the first of the systems that has a code, else the words."""
        for name in systems:
            if name in word:
                return {"coding": [{"system": self.systems[name], **word[name]}]}
        return {"text": word["words"]}


@cache
def encodings() -> Encodings:
    return Encodings(**yaml.load(ENCODINGS.read_bytes(), yaml.CSafeLoader))
