"""What a free text plainly reports of the tumour's genotype."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...fhir.terminology import LONGEST_TEXT
from . import molecular_words as words
from .variants import Variants, changes_in, exon_in, exons_in, unchanged, without_changes

LONGEST_REPORT = 20_000
LONGEST_SENTENCE = 2_000
_DRIVERS = frozenset({"KIT", "PDGFRA", "BRAF"})


class Denial(NamedTuple):
    """What a text says was looked for and not found: whole genes, unless it names changes or exons."""

    genes: frozenset[str]
    changes: list[str]
    exons: frozenset[int]


class Told(NamedTuple):
    """The members of `genotype` that a text plainly reports as found, what it plainly denies, and whether it speaks
    of mutations in words that report nothing found."""

    found: frozenset[str] = frozenset()
    denied: tuple[Denial, ...] = ()
    unclear: bool = False


class _Clause(NamedTuple):
    """A part of a sentence with the genes that it names; it `denies` if a word in it, or one that governs it, denies
    or leaves open what it says."""

    text: str
    genes: frozenset[str]
    denies: bool


def told_of_genotype(
    text: str, variants: Variants, after_imatinib: bool, genes_named: frozenset[str] = frozenset()
) -> Told:
    """What a text reports of the genotype, but for what it asks for or says of tumours at large.

    A denial governs its sentence. A find needs a word of finding and, with it, a gene with a change or a mutation, or
    a fusion. The bare notation of a change counts too, where no other sentence may govern it. `genes_named` are the
    genes that the test's own name names, for texts that name none.
    """
    text = text[:LONGEST_REPORT]
    if words.OTHER_SUBJECT.search(text):
        return Told(unclear=_speaks(text, genes_named))
    found: set[str] = set()
    noted: set[str] = set()
    named: set[str] = set()
    denied: list[Denial] = []
    unclear = loose = False
    for part in words.SENTENCE_ENDS.split(words.WRAPPED.sub(" ", text)):
        # a stain of the protein is no find of a mutation
        sentence = words.STAINED.sub(" ", part)
        speaks = _speaks(sentence, genes_named)
        if len(sentence) > LONGEST_SENTENCE or words.GENERAL.search(sentence):
            unclear, loose = unclear or speaks, True
            continue
        clauses = _clauses(sentence)
        finds, notes, names = _finds(sentence, clauses, variants, after_imatinib, genes_named)
        found |= finds
        noted |= notes
        named |= names
        denied += _denials(sentence, clauses, genes_named)
        unclear = unclear or (speaks and not finds and not notes)
        # a list under a heading, or of what a test looks for, is written as a result is
        silent = not _denies(clauses) and (finds or not speaks)
        loose = loose or not (notes or names or silent or _is_table(clauses))
    if not loose and len({member.partition("-")[0] for member in found | noted}) == 1:
        found |= noted
    # several mutations without a word of what became of them are what was looked for
    if not (loose or found or noted) and len(named) == 1 and not words.ON_ITS_WAY.search(text):
        found |= named
    if not found and not denied:
        # the gene may stand in one sentence and its mutation in the next
        unclear = unclear or _speaks(words.STAINED.sub(" ", text), genes_named)
    return Told(frozenset(found), tuple(denied), unclear)


def tells_of_find(text: str) -> bool:
    """Whether the answer of a test says that something was found: in a word, or by nothing but what was found."""
    if words.DOUBTED.search(text) or words.GENERAL.search(text):
        return False
    if words.FOUND.search(text) or words.MUTANT.search(text):
        return True
    return bool(words.MUTATION.search(text) or changes_in(text)) and _only_notation(text)


def asked_by_name(name: str, variants: Variants, after_imatinib: bool) -> set[str]:
    """The members of `genotype` for which the name of a test asks; none if a plain answer does not say enough of it."""
    if not _plain_question(name):
        return set()
    members = _fusions_and_losses(name)
    genes = genes_in(name) & _DRIVERS
    if len(genes) == 1 and names_change(name):
        (gene,) = genes
        members |= variants.members(gene, changes_in(name), exon_in(name), after_imatinib=after_imatinib)
    return members


def denied_by_name(name: str) -> Denial | None:
    """What a test of this name says is not there if it is negative; nothing if it is of another kind or sample."""
    genes = genes_in(name)
    if not genes or not _plain_question(name) or words.ANOTHER.search(name):
        return None
    return Denial(genes, changes_in(name), exons_in(name))


def _plain_question(name: str) -> bool:
    unplain = (words.DENIED, words.DOUBTED, words.GENERAL, words.OTHER_SUBJECT)
    return not any(pattern.search(name) for pattern in unplain)


def names_change(text: str) -> bool:
    """Whether a text is about mutations, not about a protein."""
    return words.CHANGE.search(text) is not None or bool(changes_in(text))


def asks_for_more(name: str) -> bool:
    """Whether the name of a test is of its being done, of which a bare yes or no says more than of its result."""
    return words.OF_A_TEST.search(name) is not None


def genes_in(text: str) -> frozenset[str]:
    """The genes that a text names, by their symbols; `KIT` counts in capitals only."""
    # quicker than looking for all of them, and most texts name none
    if not (
        "KIT" in text
        or "kit" in text
        or "PDGFRA" in text
        or "BRAF" in text
        or "NTRK" in text
        or "SDH" in text
    ):
        return frozenset()
    return frozenset(m.upper().removeprefix("C-") for m in words.GENE.findall(text))


def may_name_gene(text: str) -> bool:
    """Whether a text may name a gene in any case: quicker than looking, and never wrong where it says no."""
    # where case does not count, `ſ` is an `s`
    plain = text.lower() if text.isascii() else text.casefold()
    return "kit" in plain or "pdgfra" in plain or "braf" in plain or "ntrk" in plain or "sdh" in plain


def _clauses(sentence: str) -> list[_Clause]:
    """The parts of a sentence. A word that denies governs all that follows it up to a `but`, or to the next gene if
    its own gene stands before it (`KIT: no mutation in exons 9, 11`); one that names nothing to deny, as in a heading
    or an afterthought, governs the whole sentence."""
    found: list[_Clause] = []
    for part in words.CONTRAST.split(sentence):
        governed: str | None = None
        for text in words.CLAUSES.findall(part):
            genes = genes_in(text)
            if genes and (governed == "of-gene" or (governed == "wild-type" and words.FOUND.search(text))):
                governed = None
            no = words.DENIED.search(text) or words.DOUBTED.search(text) or words.OF_A_TEST.search(text)
            found.append(_Clause(text, genes, bool(no or governed)))
            if no is None:
                continue
            if not (genes or changes_in(text) or words.SUBJECT.search(text)):
                return [_Clause(t, genes_in(t), True) for t in words.CLAUSES.findall(sentence)]
            first = words.GENE.search(text)
            if _wild_type_only(text):
                governed = governed or "wild-type"
            else:
                governed = "of-gene" if first and first.start() < no.start() and governed is None else "all"
    return found


def _wild_type_only(text: str) -> bool:
    """Whether all that a text denies is that genes are of wild type: the finds of others beside it are their own."""
    rest, count = words.WILD_TYPE.subn(" ", text)
    return count > 0 and not any(p.search(rest) for p in (words.DENIED, words.DOUBTED, words.OF_A_TEST))


def _finds(
    sentence: str,
    clauses: list[_Clause],
    variants: Variants,
    after_imatinib: bool,
    genes_named: frozenset[str],
) -> tuple[set[str], set[str], set[str]]:
    """The members that a sentence says were found, those of changes that it only writes down, and those of mutations
    that it only names by their exon."""
    found: set[str] = set()
    noted: set[str] = set()
    named: set[str] = set()
    silent = not _denies(clauses)
    at_large = words.AT_LARGE.search(sentence) is not None
    described = silent and not at_large
    wild_type = all(_wild_type_only(clause.text) for clause in clauses if clause.denies)
    in_rows = _is_table(clauses)
    genes = genes_in(sentence)
    if silent and len(genes & _DRIVERS) == 1 and any(_says_found(c) for c in clauses):
        # of one gene: what belongs together may stand between commas
        clauses = [_Clause(sentence, genes, False)]
    for text, own, denies in clauses:
        if denies or len(text) > LONGEST_TEXT or unchanged(text):
            continue
        members = _members(text, own or genes_named, variants, after_imatinib)
        others = _fusions_and_losses(text)
        if words.FOUND.search(text):
            found |= members | others
        elif (described or (own and wild_type and not at_large)) and words.MUTANT.search(text):
            found |= members
        elif described and ("::" in text or words.SDH_DEFICIENT.search(text)):
            found |= others
        elif (
            (silent or in_rows)
            and (changes_in(text) or (genes_named and words.MUTATION.search(text)))
            and _only_notation(text)
        ):
            noted |= members
        elif exon_in(text) is not None and _only_notation(text if in_rows and own else sentence):
            named |= members
    return found, noted, named


def _members(text: str, genes: frozenset[str], variants: Variants, after_imatinib: bool) -> set[str]:
    """What the change, the exon or the mutation stands for that a text names of one gene."""
    drivers = genes & _DRIVERS
    changes = changes_in(text)
    if len(drivers) != 1 or not (changes or words.MUTATION.search(text) or words.EXON_POSITIVE.search(text)):
        return set()
    (gene,) = drivers
    return variants.members(gene, changes, exon_in(text), after_imatinib=after_imatinib)


def _fusions_and_losses(text: str) -> set[str]:
    found = {"ntrk-fusion"} if words.NTRK_FUSION.search(text) else set()
    return found | ({"sdh-deficient"} if words.SDH_LOST.search(text) else set())


def _denials(sentence: str, clauses: list[_Clause], genes_named: frozenset[str]) -> Iterator[Denial]:
    """What a sentence plainly denies; nothing if it leaves anything open, or speaks of other mutations or samples."""
    if (
        not words.PLAINLY_DENIED.search(sentence)
        or words.DOUBTED.search(sentence)
        or words.ANOTHER.search(sentence)
    ):
        return
    genes = genes_in(sentence) or genes_named
    if len(genes) == 1 and all(clause.denies for clause in clauses):
        # of one gene: a list of exons stands between commas
        clauses = [_Clause(sentence, genes, True)]
    for text, own, denies in clauses:
        if denies and (own or len(genes) == 1) and names_change(text):
            yield Denial(own or genes, changes_in(text), exons_in(text))


def _speaks(text: str, genes_named: frozenset[str]) -> bool:
    """Whether a text is about the mutations of a gene of ours, whatever it says of them."""
    return bool(genes_named or genes_in(text) or "NTRK" in text or "SDH" in text) and names_change(text)


def _denies(clauses: list[_Clause]) -> bool:
    return any(clause.denies for clause in clauses)


def _is_table(clauses: list[_Clause]) -> bool:
    """Whether a sentence is a table that has a line for every gene."""
    begins = bool(clauses[0].genes) or _only_notation(clauses[0].text)
    return begins and all(words.ROW.match(c.text) for c in clauses if c.genes)


def _says_found(clause: _Clause) -> bool:
    """Whether what a clause says was found is a mutation, not the tumour or the block."""
    if not words.FOUND.search(clause.text):
        return False
    about = bool(clause.genes) or words.MUTATION.search(clause.text) is not None
    return about or _only_notation(words.FOUND.sub(" ", clause.text))


def _only_notation(text: str) -> bool:
    return not words.MARKED_ABSENT.search(text) and not words.NOTATION.sub("", without_changes(text))
