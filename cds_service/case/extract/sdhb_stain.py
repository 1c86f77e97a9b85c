"""The SDH complex by its stain: SDHB lost or kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...fhir.terminology import readable, texts_of
from ..settle import Reading
from .finding import Finding
from .pathology import yes_or_no
from .sources import Sources

GENE_TEST = re.compile(r"\b(gene|mutation|variant|sequenc\w{0,4}|analysis|germline)\b", re.IGNORECASE)
_STAIN = re.compile(r"immuno|histochem|\bIHC\b|stain|express|protein|antibod", re.IGNORECASE)
_EXPRESSION = re.compile(
    r"\b(?:loss|lost|deficien\w*|proficient|retained|preserved|intact|maintained)\b|stain|express",
    re.IGNORECASE,
)
# the stain of the vessels beside the tumour says that the stain worked
_CONTROL = re.compile(
    r"\b(?:with )?(?:(?:positive|retained|intact|preserved) )?(?:(?:internal|external) )?controls?"
    r"(?: (?:is|was|are|were))?(?: (?:positive|retained|intact|preserved))?\b",
    re.IGNORECASE,
)
_CONTROL_FAILED = re.compile(
    r"\bcontrols?\b[^.;,]*\b(?:negative|fail\w*|lost|loss|absent|not|weak)\b|"
    r"\b(?:no|without|negative|failed|lost|absent) (?:(?:internal|external) )?controls?\b",
    re.IGNORECASE,
)
_SDHB_LOST = re.compile(r"\b(loss|lost|deficien\w*|negative|absent)\b", re.IGNORECASE)
_SDHB_KEPT = re.compile(r"\b(retained|preserved|intact|positive|proficient|maintained)\b", re.IGNORECASE)


def read_stain(sources: Sources, finding: Finding) -> Iterator[Reading]:
    """SDHB lost on staining; CD117 and DOG1 stains, and tests of the gene, are no such thing."""
    observation = finding.observation
    name = " ".join(texts_of(observation.code))
    if not re.search(r"\bSDHB\b", name, re.IGNORECASE) or GENE_TEST.search(name):
        return
    method = " ".join(texts_of(observation.method))
    stained = _STAIN.search(f"{name} {method}") is not None
    sequenced = "gen.value.method-sequencing" in sources.concepts(observation.method)
    if sequenced or (GENE_TEST.search(method) and not stained):
        return
    here = finding.at("value")
    texts = [
        t for t in [*texts_of(observation.value_codeable_concept), readable(observation.value_string)] if t
    ]
    coded = yes_or_no(sources, observation)
    verdicts = {_stain_lost(text) for text in texts} - {None}
    if coded is not None and not verdicts:
        verdicts = {not coded}
    if not stained and not any(_EXPRESSION.search(text) for text in texts):
        # on a stain negative means lost; on a test of the gene it means that nothing was found
        verdicts = set()
    if len(verdicts) == 1:
        yield Reading(
            "genotype",
            "immunohistochemistry",
            here,
            member="sdh-deficient",
            positive=bool(next(iter(verdicts))),
        )
    else:
        yield Reading("genotype", "immunohistochemistry", here, why="uncodable")


def _stain_lost(text: str) -> bool | None:
    """True for a lost stain, False for a kept one, None if the words leave it open."""
    if _CONTROL_FAILED.search(text):
        return None
    text = _CONTROL.sub(" ", text)
    if re.search(
        r"\b(no|not|without|negative for)\b[^.;]{0,40}\b(loss|lost|deficien\w{0,3})", text, re.IGNORECASE
    ):
        return False
    if re.search(r"\b(loss|lost|deficien\w{0,3})\b[^.;]{0,40}\bnot\b", text, re.IGNORECASE):
        return False
    if _SDHB_KEPT.search(text):
        return None if re.search(r"\b(not|loss|lost)\b", text, re.IGNORECASE) else False
    return True if _SDHB_LOST.search(text) else None
