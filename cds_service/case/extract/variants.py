"""What a reported variant means: from HGVS, exon text or a listed change to a member of `genotype`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..vocabulary import AuthoringError, nearest

AMINO_ACIDS = {
    "ala": "A", "arg": "R", "asn": "N", "asp": "D", "cys": "C", "gln": "Q", "glu": "E", "gly": "G", "his": "H",
    "ile": "I", "leu": "L", "lys": "K", "met": "M", "phe": "F", "pro": "P", "ser": "S", "thr": "T", "trp": "W",
    "tyr": "Y", "val": "V", "ter": "*",
}  # fmt: skip
_THREE = re.compile("|".join(AMINO_ACIDS), re.IGNORECASE)
_RESIDUE = r"(?:[A-Z][a-z]{2}|[A-Z*])\d{1,5}"
_PROTEIN = re.compile(
    rf"(?:p\.)?\(?({_RESIDUE}(?:_{_RESIDUE})?"
    r"(?:delins[A-Za-z*]{1,60}|del|dup|ins[A-Za-z*]{1,60}|fs[A-Za-z*0-9]{0,12}|="
    r"|(?:Ter|[A-Z][a-z]{2}|[A-Z*])(?![a-z])))"
)
_CODING = re.compile(
    r"(c\.\d{1,6}(?:_\d{1,6})?"
    r"(?:[ACGT]>[ACGT]|del[ACGT]{0,60}ins[ACGT]{1,60}|del[ACGT]{0,60}|dup[ACGT]{0,60}|ins[ACGT]{1,60}))"
)
_DBSNP = re.compile(r"\b(rs\d{3,12})\b")
_SUBSTITUTION = re.compile(r"[A-Z]\d{1,5}[A-Z]")
_SUBSTITUTION_IN_THREE = re.compile(r"([A-Z][a-z]{2})(\d{1,5})([A-Z][a-z]{2})")
_THREE_LETTERS = re.compile(r"[A-Z][a-z]{2}\d")
_CODING_PLACE = re.compile(r"c\.(\d{1,6})")
_RESIDUE_PLACE = re.compile(r"[A-Z*](\d{1,5})")
_TRANSCRIPT = re.compile(r"\bN[MP]_\d{6,9}")
_EXON_NUMBER = re.compile(r"\d{1,2}")
_UNCHANGED = re.compile(r"p\.\(?(?:=|[A-Za-z*]{1,3}\d{1,5}=)\)?|(?<![\w.])[A-Z]\d{1,5}=")
_EXONS = re.compile(
    r"\b(?:exons?|ex)\.?[ -]{0,3}(?:#|no\.?|number)?[ ]{0,3}"
    r"(\d{1,2}(?:[ ]{0,2}(?:,|and|or|&|/|-|to)[ ]{0,2}(?:exon[ ]{0,2})?\d{1,2}){0,9})\b",
    re.IGNORECASE,
)

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

    def other_numbering(self, gene: str, text: str) -> bool:
        """Whether a text names a RefSeq transcript whose residues are numbered otherwise (KIT's short
        isoform): its residues say nothing here."""
        if "NM_" not in text and "NP_" not in text:
            return False
        known = self.genes.get(gene)
        named = _TRANSCRIPT.findall(text)
        return bool(known and named and not any(n in known.transcripts for n in named))

    def members(
        self, gene: str, changes: Iterable[str], exon: int | None, *, after_imatinib: bool
    ) -> set[str]:
        """The members of `genotype` for the changes that a record names of one gene, or for its exon.

        A change that is listed speaks for other spellings of itself beside it. Empty if nothing can be said:
        an unlisted gene, a residue in no listed exon.
        """
        plain = list(dict.fromkeys(changes))
        listed = {c: self.listed[gene, c] for c in plain if (gene, c) in self.listed}
        found = set(listed.values())
        unlisted = [c for c in plain if c not in listed]
        spoken = [r for c in listed if (r := first_residue(c)) is not None] if unlisted else []
        for change in unlisted:
            residue = first_residue(change)
            if residue is None or any(abs(residue - s) <= 2 for s in spoken):
                continue
            known = self.genes.get(gene)
            place = known.exon_of(residue) if known else None
            if place is not None and (member := self._of_exon(gene, place, after_imatinib)):
                found.add(member)
        if not plain and (member := self._of_exon(gene, exon, after_imatinib)):
            found.add(member)
        return found

    def _of_exon(self, gene: str, exon: int | None, after_imatinib: bool) -> str | None:
        known = self.genes.get(gene)
        if known is None:
            return None
        if exon is None:
            return known.unspecified
        if after_imatinib and exon in known.secondary:
            return "kit-secondary"
        return known.members.get(exon, known.other_exons)


def read_variants(document: Mapping[str, Any], members: Iterable[str]) -> Variants:
    """Raises AuthoringError for a change that does not read as HGVS, and for a member that is none of `members`,
    the values of `genotype`."""
    listed: dict[tuple[str, str], str] = {}
    for index, row in enumerate(document["variants"]):
        for change in (row["change"], *row.get("also", ())):
            read = changes_in(change)
            if len(read) != 1:
                raise AuthoringError(f"{change!r} does not read as a change", ("variants", index, "change"))
            listed[row["gene"], read[0]] = row["member"]
        _check_member(row["member"], members, ("variants", index, "member"))
    for name, row in document["genes"].items():
        for exon, member in row["members"].items():
            _check_member(member, members, ("genes", name, "members", exon))
        for key in ("other-exons", "unspecified"):
            if key in row:
                _check_member(row[key], members, ("genes", name, key))
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


def _check_member(member: str, members: Iterable[str], where: tuple[str | int, ...]) -> None:
    if member not in members:
        raise AuthoringError(f"{member!r} is no value of 'genotype'{nearest(member, members)}", where)


def changes_in(text: str) -> list[str]:
    """Every change that a text names, in one spelling: `D842V`, `c.2525A>T`, `rs121908585`.

    Transcripts, `p.`, parentheses and three-letter residues are taken off. A silent change (`=`) is none.
    """
    if _SUBSTITUTION.fullmatch(text):
        # as a result is most often told
        return [text]
    if unchanged(text):
        return []
    found = [_one_letter(m) for m in _PROTEIN.findall(text) if not m.endswith("=")]
    found += _CODING.findall(text)
    if "rs" in text:
        found += _DBSNP.findall(text)
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def without_changes(text: str) -> str:
    """A text without the changes that it names."""
    for pattern in (_CODING, _PROTEIN, _DBSNP):
        text = pattern.sub(" ", text)
    return text


def unchanged(text: str) -> bool:
    """Whether a text says that nothing changed (`p.(=)`, `p.Pro567=`)."""
    return "=" in text and _UNCHANGED.search(text) is not None


def _one_letter(change: str) -> str:
    if (whole := _SUBSTITUTION_IN_THREE.fullmatch(change)) is not None:
        before, place, after = whole.groups()
        one, other = AMINO_ACIDS.get(before.lower()), AMINO_ACIDS.get(after.lower())
        if one is not None and other is not None:
            return f"{one}{place}{other}"
    return (
        _THREE.sub(lambda m: AMINO_ACIDS[m.group().lower()], change)
        if _THREE_LETTERS.match(change)
        else change
    )


def first_residue(change: str) -> int | None:
    """The first residue that a change touches, None for an identifier that does not say."""
    if change.startswith("c."):
        match = _CODING_PLACE.match(change)
        return (int(match.group(1)) + 2) // 3 if match else None
    match = _RESIDUE_PLACE.match(change)
    return int(match.group(1)) if match else None


def exons_in(text: str | None) -> frozenset[int]:
    """Every exon that a text names (`Exon 18`, `exon #11`, `exons 9, 11 and 13`)."""
    if not text or ("x" not in text and "X" not in text):
        return frozenset()
    return frozenset(int(n) for run in _EXONS.findall(text[:500]) for n in _EXON_NUMBER.findall(run))


def exon_in(text: str | None) -> int | None:
    """The exon that a text names, if it names just one."""
    found = exons_in(text)
    return next(iter(found)) if len(found) == 1 else None
