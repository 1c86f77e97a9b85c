"""The wording of cards: Markdown with a short header, edited by clinicians, checked when it is read.

`templates/*.md` hold one card each: a header (summary, indicator, override reasons) and a body of paragraphs
with placeholders in braces. The other files hold terms: a heading with an id, a short phrase, and sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..case.fact import QUERY_FAILURES
from ..case.vocabulary import nearest
from ..pathway.knowledge import Knowledge

SUMMARY_LIMIT = 140
CARDS = (
    "contraindicated",
    "offpathway",
    "caution",
    "notaddressed",
    "onpathway",
    "missing",
    "position",
    "unaddressed",
    "trial",
)
TERMS = (
    "facts", "values", "options", "groups", "reasons", "remarks", "differences", "trials", "criteria", "failures",
)  # fmt: skip
SUMMARY_PLACEHOLDERS = {
    "contraindicated": ("order", "reason"),
    "offpathway": ("order", "reason"),
    "caution": ("order", "reason"),
    "notaddressed": ("order", "reason"),
    "onpathway": ("order", "reason", "count"),
    "missing": ("order", "fact", "more", "count"),
    "position": ("group", "fact", "count", "disease"),
    "unaddressed": ("situation", "count", "disease"),
    "trial": ("trial", "open"),
}
BODY_PLACEHOLDERS = (
    "order", "why", "instead", "known", "missing", "check", "differences", "assumptions", "unavailable",
    "sources", "decides", "possible", "depends", "groups", "options", "tests", "treated",
    "about", "record", "screening",
)  # fmt: skip
INDICATORS = ("info", "warning", "critical")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class WordingMistakes(Exception):
    """Wording was refused; each mistake is (file, line, message)."""

    def __init__(self, mistakes: Sequence[tuple[str, int, str]]) -> None:
        super().__init__("\n".join(f"{f}:{n}: {m}" for f, n, m in mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Term:
    """A short phrase for summaries and lists, and sentences for the detail (may be empty)."""

    short: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """One card's wording. `summaries` by situation (`one`, `many`); `asks` are the placeholders in them and in the
    paragraphs."""

    card: str
    indicator: str
    summaries: Mapping[str, str]
    paragraphs: tuple[str, ...]
    overrides: tuple[Mapping[str, str], ...] = ()
    display: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    asks: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        texts = (*self.summaries.values(), *self.paragraphs)
        object.__setattr__(self, "asks", frozenset(p for t in texts for p in _PLACEHOLDER.findall(t)))


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything that a card can say."""

    templates: Mapping[str, Template]
    terms: Mapping[str, Mapping[str, Term]]

    def short(self, kind: str, name: str) -> str:
        """The short phrase of a term; an id without one reads as its words."""
        term = self.terms[kind].get(name)
        return term.short if term else name.replace("-", " ")

    def value(self, name: str) -> str:
        """The short phrase of a fact's value, which may be a patient group or a situation that no group covers."""
        return self.short("groups" if name in self.terms["groups"] else "values", name)

    def detail(self, kind: str, name: str) -> str:
        term = self.terms[kind].get(name)
        return (term.detail or term.short) if term else ""


def read_wording(folder: Path, knowledge: Knowledge) -> Wording:
    """Read and check all wording. Raises WordingMistakes with every mistake found.

    Checked: a missing template, an unknown placeholder, an id that the knowledge does not have, an id of the
    knowledge without wording, and a summary that could reach 140 characters with any phrase it may be filled
    with.
    """
    mistakes: list[tuple[str, int, str]] = []
    templates: dict[str, Template] = {}
    for card in CARDS:
        name = f"cards/templates/{card}.md"
        path = folder / "templates" / f"{card}.md"
        if not path.is_file():
            mistakes.append((name, 1, "this card has no wording"))
            continue
        template = _read_template(card, name, path.read_text(encoding="utf-8"), mistakes)
        if template is not None:
            templates[card] = template
    for path in sorted((folder / "templates").glob("*.md")):
        if path.stem not in CARDS:
            name = f"cards/templates/{path.name}"
            mistakes.append((name, 1, f"no card is called {path.stem!r}{nearest(path.stem, CARDS)}"))
    expected = _expected_terms(knowledge)
    terms: dict[str, Mapping[str, Term]] = {}
    for kind in TERMS:
        terms[kind] = _read_terms(folder, kind, expected.get(kind), mistakes)
    for remark in sorted(_remarks(knowledge) - set(terms["remarks"])):
        mistakes.append(
            ("cards/remarks.md", 1, f"no wording for {remark!r}{nearest(remark, terms['remarks'])}")
        )
    wording = Wording(templates, terms)
    if not mistakes:
        mistakes += _too_long(wording, knowledge)
    if mistakes:
        raise WordingMistakes(mistakes)
    return wording


def _expected_terms(knowledge: Knowledge) -> dict[str, set[str]]:
    """Ids that need wording. `values` have none: an id without wording reads as its words."""
    reasons = {
        "order.not-an-option",
        "order.indication-not-stated",
        "order.intent-not-stated",
        "order.dose-not-read",
        "order.companion-missing",
        "order.offered",
        "order.in-every-group",
        "order.situation-not-addressed",
    }
    differences: set[str] = set()
    for group in knowledge.groups.values():
        for offer in group.offers:
            # an offer without reasons of its own is its own reason
            if not offer.reasons and knowledge.judge.options[offer.option].kind != "strategy":
                reasons.add(offer.id)
            reasons |= {
                r.id
                for r in (*offer.reasons, *offer.refusals, *offer.silent, *offer.unaddressed, *offer.early)
            }
            if offer.while_unknown:
                reasons.add(offer.while_unknown.id)
            if offer.differs:
                differences.add(offer.differs)
        reasons |= {e.id for e in (*group.refused.values(), *group.unaddressed.values())}
    for rules in knowledge.judge.rules.values():
        reasons |= {
            r.id for r in (*rules.contraindicated, *rules.off_pathway, *rules.caution, *rules.unoffered)
        }
    return {
        "facts": set(knowledge.vocabulary.definitions) - {"patient-group"},
        "options": set(knowledge.judge.options),
        "groups": set(knowledge.groups) | set(knowledge.not_addressed),
        "reasons": reasons,
        "differences": differences,
        "trials": {t.id.lower() for t in knowledge.trials},
        "criteria": {c.id for t in knowledge.trials for c in t.criteria},
        "failures": set(QUERY_FAILURES),
    }


def _remarks(knowledge: Knowledge) -> set[str]:
    """Remarks that the knowledge makes; those that reading a record makes are known to `case` alone."""
    stated = {row.remark for table in knowledge.tables for row in table.rows}
    stated |= {d.absent_remark for d in knowledge.vocabulary.definitions.values()}
    return {remark for remark in stated if remark}


def _read_template(card: str, name: str, text: str, mistakes: list[tuple[str, int, str]]) -> Template | None:
    match = re.match(r"^---\n(.*?)\n---\n(.*)$", text, re.DOTALL)
    if match is None:
        mistakes.append((name, 1, "expected a header between two lines of ---"))
        return None
    try:
        header: Any = yaml.load(match.group(1), yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        mistakes.append((name, (mark.line + 2) if mark else 1, "the header is not readable as YAML"))
        return None
    allowed = ("indicator", "display", "summary", "summary-many", "override-reasons")
    if not isinstance(header, dict):
        mistakes.append((name, 1, "the header must hold names and values"))
        return None
    for key in header:
        if key not in allowed:
            mistakes.append(
                (name, _line_of(text, str(key)), f"{key!r} is not allowed here{nearest(key, allowed)}")
            )
    for key in ("indicator", "display", "summary"):
        if not header.get(key):
            mistakes.append((name, 1, f"the header lacks {key}"))
            return None
    if header["indicator"] not in INDICATORS:
        wrong = header["indicator"]
        mistakes.append(
            (name, _line_of(text, "indicator"), f"{wrong!r} is no indicator{nearest(wrong, INDICATORS)}")
        )
    summaries = {"one": header["summary"], "many": header.get("summary-many", header["summary"])}
    for key, words in (("summary", summaries["one"]), ("summary-many", summaries["many"])):
        for unknown in set(_PLACEHOLDER.findall(words)) - set(SUMMARY_PLACEHOLDERS[card]):
            known = SUMMARY_PLACEHOLDERS[card]
            mistakes.append(
                (name, _line_of(text, key), f"no placeholder {{{unknown}}} here{nearest(unknown, known)}")
            )
    body = match.group(2)
    offset = text[: match.start(2)].count("\n")
    for number, line in enumerate(body.splitlines(), offset + 1):
        for unknown in set(_PLACEHOLDER.findall(line)) - set(BODY_PLACEHOLDERS):
            mistakes.append(
                (name, number, f"no placeholder {{{unknown}}}{nearest(unknown, BODY_PLACEHOLDERS)}")
            )
    reasons = header.get("override-reasons") or ()
    for reason in reasons:
        if not isinstance(reason, dict) or {"system", "code", "display"} - set(reason):
            line = _line_of(text, "override-reasons")
            mistakes.append((name, line, "an override reason needs system, code and display"))
            return None
    paragraphs = tuple(p.strip() for p in re.split(r"\n\s*\n", body) if p.strip())
    lines = {key: _line_of(text, key) for key in ("summary", "summary-many")}
    return Template(
        card, header["indicator"], summaries, paragraphs, tuple(reasons), header["display"], lines
    )


def _line_of(text: str, key: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(f"{key}:"):
            return number
    return 1


def _read_terms(
    folder: Path, kind: str, expected: set[str] | None, mistakes: list[tuple[str, int, str]]
) -> Mapping[str, Term]:
    """Terms of `kind.md` or of every file in the folder `kind/`."""
    single = folder / f"{kind}.md"
    paths = [single] if single.is_file() else sorted((folder / kind).glob("*.md"))
    found: dict[str, Term] = {}
    for path in paths:
        name = f"cards/{path.relative_to(folder).as_posix()}"
        for term_id, line, term in _terms_in(path.read_text(encoding="utf-8")):
            if term_id in found:
                mistakes.append((name, line, f"{term_id!r} has wording twice"))
            if expected is not None and term_id not in expected:
                mistakes.append((name, line, f"the knowledge has no {term_id!r}{nearest(term_id, expected)}"))
            if not term.short:
                mistakes.append((name, line, f"{term_id!r} needs a short phrase below its heading"))
            if "{" in term.short + term.detail:
                mistakes.append((name, line, "terms hold no placeholders"))
            if "<" in term.short + term.detail:
                mistakes.append((name, line, "wording holds no markup: write `below` or `less than` for <"))
            found[term_id] = term
    for absent in sorted((expected or set()) - set(found)):
        place = f"cards/{kind}.md" if single.is_file() else f"cards/{kind}/"
        unused = set(found) - (expected or set())
        mistakes.append((place, 1, f"no wording for {absent!r}{nearest(absent, unused)}"))
    return found


def _terms_in(text: str) -> Iterator[tuple[str, int, Term]]:
    term_id, start, lines = "", 0, [""]
    for number, line in enumerate([*text.splitlines(), "## "], 1):
        if line.startswith("## "):
            if term_id:
                yield term_id, start, _term(lines)
            term_id, start, lines = line[3:].strip(), number, []
        else:
            lines.append(line)


def _term(lines: list[str]) -> Term:
    filled = [line.strip() for line in lines]
    while filled and not filled[0]:
        filled.pop(0)
    short = filled[0] if filled else ""
    return Term(short, " ".join(line for line in filled[1:] if line))


def _too_long(wording: Wording, knowledge: Knowledge) -> Iterator[tuple[str, int, str]]:
    """Summaries that could reach the limit with the longest phrases they may be filled with."""
    longest = {
        "order": _longest(wording.short("options", o) for o in knowledge.judge.options),
        "reason": _longest(t.short for t in wording.terms["reasons"].values()),
        "fact": _longest(t.short for t in wording.terms["facts"].values()),
        "group": _longest(wording.short("groups", g) for g in knowledge.groups),
        "situation": _longest(wording.short("groups", n) for n in knowledge.not_addressed),
        "disease": _longest(wording.short("values", d) for d in knowledge.vocabulary["disease"].values),
        "trial": _longest(t.short for t in wording.terms["trials"].values()),
        "open": "99 criteria",
        "count": "99",
        "more": " and 9 more facts",
    }
    for card, template in wording.templates.items():
        for words in dict.fromkeys(template.summaries.values()):
            filled = _PLACEHOLDER.sub(lambda m: longest[m.group(1)], words)
            if len(filled) >= SUMMARY_LIMIT:
                key = "summary" if words == template.summaries["one"] else "summary-many"
                yield (
                    f"cards/templates/{card}.md",
                    template.lines[key],
                    f"the summary can reach {len(filled)} characters (must stay under {SUMMARY_LIMIT}): {filled}",
                )


def _longest(phrases: Iterable[str]) -> str:
    return max(phrases, key=len, default="")
