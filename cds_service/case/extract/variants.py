"""What a reported variant means: from HGVS, exon text or a listed change to a member of `genotype`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..vocabulary import AuthoringError

AMINO_ACIDS = {
    "ala": "A", "arg": "R", "asn": "N", "asp": "D", "cys": "C", "gln": "Q", "glu": "E", "gly": "G", "his": "H",
    "ile": "I", "leu": "L", "lys": "K", "met": "M", "phe": "F", "pro": "P", "ser": "S", "thr": "T", "trp": "W",
    "tyr": "Y", "val": "V", "ter": "*",
}  # fmt: skip
_THREE = re.compile("|".join(AMINO_ACIDS), re.IGNORECASE)
_PROTEIN = re.compile(
    r"^[A-Z*](\d+)(?:_[A-Z*](\d+))?[A-Za-z*=].*$|^[A-Z*](\d+)(?:_[A-Z*](\d+))?(?:del|dup|ins|fs).*$"
)
_CODING = re.compile(r"^c\.(\d+)(?:_(\d+))?[A-Za-z>].*$")
_EXON = re.compile(r"\b(?:exon|ex)\s*(?:#|no\.?|number)?\s*(\d{1,2})\b", re.IGNORECASE)

VARIANTS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["genes", "variants"],
    "additionalProperties": False,
    "properties": {
        "genes": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["transcripts", "exons", "secondary-exons", "members", "cite"],
                "additionalProperties": False,
                "properties": {
                    "transcripts": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "exons": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["exon", "from", "to"],
                            "additionalProperties": False,
                            "properties": {k: {"type": "integer"} for k in ("exon", "from", "to")},
                        },
                    },
                    "secondary-exons": {"type": "array", "items": {"type": "integer"}},
                    "members": {"type": "object"},
                    "other-exons": {"type": "string"},
                    "unspecified": {"type": "string"},
                    "cite": {"type": "array", "minItems": 1},
                },
            },
        },
        "variants": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["gene", "change", "member", "cite"],
                "additionalProperties": False,
                "properties": {
                    "gene": {"type": "string"},
                    "change": {"type": "string"},
                    "also": {"type": "array", "items": {"type": "string"}},
                    "member": {"type": "string"},
                    "cite": {"type": "array", "minItems": 1},
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Gene:
    transcripts: tuple[str, ...]
    exons: tuple[tuple[int, int, int], ...]
    secondary: frozenset[int]
    members: Mapping[int, str]
    other_exons: str | None
    unspecified: str | None

    def exon_of(self, residue: int) -> int | None:
        return next((exon for exon, first, last in self.exons if first <= residue <= last), None)


@dataclass(frozen=True, slots=True)
class Variants:
    """The variant knowledge of `variants.yaml`."""

    genes: Mapping[str, Gene]
    listed: Mapping[tuple[str, str], str]

    def other_numbering(self, gene: str, change: str) -> bool:
        """Whether a change names a RefSeq transcript whose residues are numbered otherwise (KIT's short
        isoform): its residues say nothing here."""
        known = self.genes.get(gene)
        prefix = re.match(r"\s*(N[MP]_\d+)", change)
        return bool(known and prefix and prefix.group(1) not in known.transcripts)

    def member(self, gene: str, change: str | None, exon: int | None, *, after_imatinib: bool) -> str | None:
        """The member of `genotype` for a change (HGVS, any spelling) or an exon of a gene.

        None if nothing can be said: an unlisted gene, a residue in no listed exon, an unreadable change
        without an exon.
        """
        if change and self.other_numbering(gene, change):
            change = None
            if exon is None:
                return None
        plain = normal_change(change) if change else None
        if plain is not None and (gene, plain) in self.listed:
            return self.listed[gene, plain]
        known = self.genes.get(gene)
        if known is None:
            return None
        residue = first_residue(plain) if plain else None
        if residue is not None:
            exon = known.exon_of(residue)
            if exon is None:
                return None
        elif change is not None and exon is None:
            return None
        if after_imatinib and exon in known.secondary:
            return "kit-secondary"
        return known.members.get(exon, known.other_exons) if exon is not None else known.unspecified


def read_variants(document: Mapping[str, Any]) -> Variants:
    """Raises AuthoringError for a change that does not read as HGVS."""
    listed: dict[tuple[str, str], str] = {}
    for index, row in enumerate(document["variants"]):
        for change in (row["change"], *row.get("also", ())):
            plain = normal_change(change)
            if plain is None or first_residue(plain) is None:
                raise AuthoringError(f"{change!r} does not read as a change", ("variants", index, "change"))
            listed[row["gene"], plain] = row["member"]
    genes = {
        name: Gene(
            tuple(row["transcripts"]),
            tuple((e["exon"], e["from"], e["to"]) for e in row["exons"]),
            frozenset(row["secondary-exons"]),
            {int(exon): member for exon, member in row["members"].items()},
            row.get("other-exons"),
            row.get("unspecified"),
        )
        for name, row in document["genes"].items()
    }
    return Variants(genes, listed)


def normal_change(text: str) -> str | None:
    """A protein change as one-letter `D842V`, a coding change as `c.2525A>T`; None if it is neither.

    Transcript prefixes, `p.`, parentheses and three-letter residues are taken off.
    """
    plain = text.strip().split(":")[-1].strip()
    plain = re.sub(r"[()\s]", "", plain)
    if plain.startswith("c."):
        return plain if _CODING.match(plain) else None
    plain = plain.removeprefix("p.")
    plain = (
        _THREE.sub(lambda m: AMINO_ACIDS[m.group().lower()], plain)
        if re.search(r"[A-Z][a-z]{2}\d", plain)
        else plain
    )
    # `=` is no change at all
    return plain if _PROTEIN.match(plain) and not plain.endswith("=") else None


def first_residue(plain: str) -> int | None:
    """The first residue that a normal change touches."""
    if plain.startswith("c."):
        match = _CODING.match(plain)
        return (int(match.group(1)) + 2) // 3 if match else None
    match = re.match(r"^[A-Z*](\d+)", plain)
    return int(match.group(1)) if match else None


def exon_in(text: str | None) -> int | None:
    """The exon that a text names (`Exon 18`, `exon #11`, `ex11`), if it names just one."""
    found = {int(n) for n in _EXON.findall(text or "")}
    return found.pop() if len(found) == 1 else None
