"""Scopes: what the app asks leave for, and which queries what was granted covers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

# `patient/Observation.rs?category=laboratory` (SMART 2), `patient/*.read` (SMART 1), `user/...` where a site
# grants by user
_GRANT = re.compile(r"(?:patient|user)/(\*|[A-Za-z]+)\.(read|write|\*|[cruds]+)(?:\?(.*))?")


def asked_for(templates: Mapping[str, str], *, v2: bool, standalone: bool, openid: bool) -> str:
    """The scopes for the queries of some prefetch templates, separated by blanks."""
    suffix = "rs" if v2 else "read"
    types = dict.fromkeys(type_of(template) for template in templates.values())
    words = ["launch/patient" if standalone else "launch"]
    words += ["openid", "fhirUser"] if openid else []
    return " ".join([*words, *(f"patient/{kind}.{suffix}" for kind in types)])


def type_of(template: str) -> str:
    """The resource type that a template asks for."""
    return template.partition("?")[0].partition("/")[0]


@dataclass(frozen=True, slots=True)
class Granted:
    """Scopes as a server granted them."""

    scopes: tuple[str, ...]

    @classmethod
    def of(cls, scope: str | None, asked: str) -> Granted:
        """Of a token response; one without `scope` grants what was asked for (RFC 6749)."""
        return cls(tuple((asked if scope is None else scope).split()))

    def covers(self, template: str) -> bool:
        """Whether everything that a template asks for may be seen.

        A grant that is narrowed by a query covers just the search for that category: what else a server then
        leaves out it leaves out without a word.
        """
        kind = type_of(template)
        needed = {"r"} if "?" not in template else {"r", "s"}
        return any(
            needed <= actions and (not narrowed or _same_category(narrowed, template))
            for actions, narrowed in self._for(kind)
        )

    def _for(self, kind: str) -> Iterable[tuple[set[str], str | None]]:
        for scope in self.scopes:
            found = _GRANT.fullmatch(scope)
            if found is not None and found[1] in ("*", kind):
                word = found[2]
                actions = {"r", "s"} if word in ("read", "*") else set(word) if word != "write" else set()
                yield actions, found[3]


def _same_category(narrowed: str, template: str) -> bool:
    granted = parse_qs(narrowed)
    asked = parse_qs(template.partition("?")[2]).get("category", [])
    if set(granted) != {"category"} or len(asked) != 1:
        return False
    codes = {code.rpartition("|")[2] for each in granted["category"] for code in each.split(",")}
    return asked[0] in codes
