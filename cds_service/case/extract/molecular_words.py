"""The words by which a free text says what was found in the tumour's genes, and what was not."""

from __future__ import annotations

import re

_GENES = r"(?:c-)?KIT|c-kit|PDGFRA|BRAF|NTRK[123]|SDH[ABCD]"


def _words(*several: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(several)})\b", re.IGNORECASE)


GENE = re.compile(rf"\b(?:{_GENES})\b")
NTRK_FUSION = re.compile(
    r"\bNTRK[123]\b(?=.*\bfusion\b)|\bfusion\b(?=.*\bNTRK[123]\b)|\w+::NTRK[123]\b|\bNTRK[123]::\w+"
)
SDH_LOST = re.compile(
    r"\bSDH[A-D]?\b(?=.*\b(?:deficien\w*|loss|lost)\b)|\bloss of SDH[A-D]?\b", re.IGNORECASE
)

# -- where a text is cut -------------------------------------------------------------------------------

# A sentence ends at a full stop, not at that of `e.g.` or `p.`, and at a blank line. A line break ends none: what
# stands under a heading is governed by it.
SENTENCE_ENDS = re.compile(
    r"(?<!\b[A-Za-z])\.(?=\s|$)(?!(?<=\b(?:[Ee]x|[Nn]o)\.)\s*\d)|(?<=[a-z]{3})\.(?=[A-Z])|\n[ \t]*\n"
)
WRAPPED = re.compile(r"\n(?=[ \t]*[a-z])")
CONTRAST = _words("but", "however", "whereas", "while", "although")
# each with what parts it from the one before
CLAUSES = re.compile(r"(?:\A|[,;\n])[^,;\n]*")
# a line of a table: the gene, then its result
ROW = re.compile(rf"\s*(?:{_GENES})\b[^:]{{0,40}}:(?!:)")

# -- what says that something was found ----------------------------------------------------------------

# The noun `mutation` is none of these: it stands in every request and in every denial.
FOUND = _words(
    "detected", "found", "identified", "(?<!at )(?<!the )present", "positive", "seen", "observed", "demonstrated",
    "revealed", "confirmed", "proven", "harbou?rs", "harbou?red", "harbou?ring", "carries", "carrying", "shows",
    "showed",
)  # fmt: skip
# These describe a tumour as often as they report on it: they count only where nothing else is said.
MUTANT = _words("mutated", "mutant")
SDH_DEFICIENT = _words("deficient", "loss", "lost")
MUTATION = _words("mutations?", "mutated", "mutant", "variants?", "deletions?", "insertions?", "duplications?",
                  "indels?", "delins", "substitutions?", "alterations?")  # fmt: skip
# what makes a sentence that names a gene one about its mutations, not about its protein
CHANGE = re.compile(
    rf"{MUTATION.pattern}|\b(?:mutational|fusions?|exons?|wild[- ]?type|wt|deficien\w*|loss|lost)\b|::",
    re.IGNORECASE,
)
# an exon by itself says only where was looked
EXON_POSITIVE = re.compile(r"\bexon\b.*\bpositive\b|\bpositive\b.*\bexon\b", re.IGNORECASE)
# what a denial may be about where it names neither gene nor change
SUBJECT = _words("exons?", "others?", "further", "additional", "codons?", "fusions?", r"deficien\w*")
# what may stand beside the notation of a change where nothing else is said of it
NOTATION = re.compile(
    r"\b(?:mutation(?:al)?|molecular|genetics?|genomics?|sequencing|ngs)"
    r"(?: (?:analysis|testing|test|pathology|profile|findings?|results?))?[ ]{0,2}:|"
    rf"\b(?:{_GENES})\b|\bN[MP]_\d+(?:\.\d+)?|\b\w+::\w+|{MUTATION.pattern}|\b[A-Z]{{1,2}}\d{{2,4}}\b|"
    r"\b(?:exons?|ex|in|the|a|an|of|and|with|was|were|is|are|has|have|been|also|gene|codon|results?|findings?|"
    r"molecular|ngs|somatic|pathogenic|likely|oncogenic|activating|missense|in-?frame|heterozygous|homozygous|"
    r"vaf|maf|af|allele|allelic|frequency|fraction|fusion)\b|[\d\W_]",
    re.IGNORECASE,
)

# a lone dash or nought at the end of a line: `KIT p.V559D: -`
MARKED_ABSENT = re.compile(
    r"(?:^|[\s:=(,;])(?:0(?: ?%)?|[-\u2013\u2212]+)\)?[ \t]*$|\[ *\]|[\u2610\u25a1]|_{2,}", re.MULTILINE
)

# -- what says that nothing was found, or that it is not known -----------------------------------------

DENIED = _words(
    "no", "not", "non", "negative", "neg", "absent", "absence", "without", "none", "neither", "nor", "never", "nil",
    "nothing", "cannot", "false", "normal", "unmutated",
    r"lack\w*", "free of", "wild[- ]?type", "wt", r"undetect\w*", "ruled out", r"exclud\w*",
    "rules? out", "against", r"argu(?:es|ing)", "negatives", "nein", r"kein\w*", "nicht",
)  # fmt: skip
WILD_TYPE = _words("wild[- ]?type", "wt")
# of these a text of a newer date contests an older find
PLAINLY_DENIED = _words(
    "no", "none", "neither", "nor", "negative", "absent", "absence of", "without", "wild[- ]?type", "wt",
    r"undetect\w*", "ruled out", "excluded",
    r"not (?:been )?(?:detected|found|identified|present|seen|observed|demonstrated|mutated|harbou?r\w*|carry|show)",
)  # fmt: skip
DOUBTED = re.compile(
    r"\b(?:uncertain|unclear|unknown|possibl[ey]|probabl[ey]|presum\w*|suspected|suspicious|suspicion|questionable|"
    r"query|unlikely|likely(?! (?:pathogenic|oncogenic))|fail\w*|insufficient|inconclusive|invalid|"
    r"indeterminate|equivocal|borderline|undetect\w*|pending|requested|requests?|ordered|await\w*|to follow|tbd|"
    r"to be \w+|outstanding|in progress|deferred|withdrawn|revoked|retracted|polymorphism|benign|vus|"
    r"art[ei]fact\w*|possibilit(?:y|ies)|"
    r"germline|see (?:addendum|separate|report)|in (?:the|an) addendum|adequate|suitable|"
    r"unable|could|cannot)\b|\?|(?<![\d.,])0(?:[.,]0+)? ?%|\b(?:found|detected|identified): ?0\b",
    re.IGNORECASE,
)
# said of a test, of its question or of what is advised, not of its result
OF_A_TEST = _words(
    r"recommend\w*", r"suggest\w*", r"advis\w*", r"consider\w*", "planned", "tested",
    r"(?:analysis|testing|tests?|assay|panel)(?! ?(?:\(\d+ genes\))? ?:)"
    r"(?! (?:\w+ ){0,4}(?:showed|revealed|demonstrated|detected))",
    "if", "whether", "rule", "retained", "intact", "preserved", "history", "question", "indication",
)  # fmt: skip
# what is said of tumours and methods at large, of other people, or of what would be: no word of this tumour
GENERAL = re.compile(
    r"\b(?:typically|usually|commonly|often|frequently|generally|approximately|approx|majority|most|many|literature|"
    r"rarely|sometimes|GISTs|tumou?rs|patients|cases|individuals|carriers|sarcomas|"
    r"(?:thirds?|half|quarter) of|detects|detectable|detection (?:limit|of)|sensitivity of|able to|limit of|"
    r"hotspots?|targets|covers|covered|designed|(?:can|may|might|could|would|should|must|will) (?:also |only |then )?"
    r"be|would (?:predict|indicate|mean)|"
    r"when|where|once|unless|should|in case|in which|father|mother|parents?|brother|sister|siblings?|sons?|"
    r"daughters?|child|children|uncle|aunt|cousin|grand\w+|relatives?|family|familial|donor|"
    r"(?:another|other|previous) patient)\b|(?:%|percent|per cent) of (?:\w+ ){0,2}GIST\b",
    re.IGNORECASE,
)
# where it stands a word like `mutant` or `loss` describes a kind of tumour, not this one
AT_LARGE = _words(
    r"associat\w*", r"respon\w+", r"sensitiv\w+", r"resist\w+", r"confer\w*", r"predict\w*", "approved", "indicated",
    r"eligib\w*", "such as", "known", r"assess\w*", r"evaluat\w*", r"screen\w*", r"examin\w*", "for", "search",
    "status", "differential", "ddx", "reminiscent", "as in", "similar to", "favou?rs?", r"resembl\w*", r"mimic\w*",
    r"benefit\w*", "trials?",
)  # fmt: skip
# other mutations than those found, and other samples: their absence contests no find
ANOTHER = _words(
    "others?", "else", "further", "additional", "secondary", "resistance", "second", "plasma", "blood", "ctdna",
    "liquid", r"recurr\w*", "new",
)  # fmt: skip

# -- what the text is about ----------------------------------------------------------------------------

# a report that speaks of another tumour, or of a control, is not read at all
OTHER_SUBJECT = _words(
    "melanoma", "(?:adeno)?carcinoma", "lymphoma", "leuk(?:a)?emia", "glioma", "mesothelioma", "seminoma",
    "mastocytosis", "thyroid", "control", r"amplif\w*", "copy number", "interpretable", "validation",
    "reference sample", "na?ev(?:us|i)", "polyps?", "histiocytosis", "nsclc", "bone marrow", "hairy cell", "controls",
    # a report that says of itself that it does not hold
    "disregard", r"retract\w*", "withdrawn", "revoked",
    "this report (?:was |has been )?issued in error", "erroneous", "wrong (?:patient|block|sample)",
    "different patient", r"contaminat\w*", r"swap\w*", "not (?:valid|reproducible)", r"cancel\w*",
)  # fmt: skip
# beside these a mutation that is only named is one that was asked for
ON_ITS_WAY = _words(
    "addendum", "supplementary", "follows?", "sent", "send", r"refer\w*", "scanned", "pdf", "see", "attached",
    "preliminary", "received", "method", "sanger", "pcr", "dna", "none", "block", "slides?", "primers?", "probes?",
    "scope", "regions?", "husband", "wife", "mum", "mom", "dad",
)  # fmt: skip
# `KIT positive` is a stain of the protein
STAINED = re.compile(
    r"\b(?:CD117|CD34|DOG-?1|(?:c-)?KIT)\)?[ ]{0,2}(?:\(\w{1,8}\)[ ]{0,2})?"
    r"(?:is |was |strongly |diffusely |-)?(?:positiv\w*|\+)|\bpositive for (?:CD117|CD34|DOG-?1)\b",
    re.IGNORECASE,
)
AMONG_STAINS = _words("CD117", "CD34", "DOG-?1", r"immuno\w*", "IHC", r"stain\w*", r"express\w*")
