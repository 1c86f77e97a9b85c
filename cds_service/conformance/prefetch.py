"""Prefetch: what a client that holds a sample sends under each key of a service's templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import fhirpathpy

from ..replay.fixture import answer
from .sample import USER, Sample
from .template import PAGING, PATH, TODAY, TOKEN, USER_IDS

CODED = ("status", "intent", "clinical-status", "verification-status")


def answered(
    prefetch: Mapping[str, str], sample: Sample, context: Mapping[str, Any], today: date
) -> dict[str, Any]:
    """What a client that holds the sample sends under each key; keys that it cannot resolve are left out."""
    found = {}
    for key, template in prefetch.items():
        url = _resolved(template, context, today)
        if url is not None and _understood(url):
            found[key] = answer(url, context, _narrowed(url, sample.resources))
    return found


def _resolved(template: str, context: Mapping[str, Any], today: date) -> str | None:
    """The template with its tokens replaced; None if one of them has no value here."""
    url = template
    for match in TOKEN.finditer(template):
        value = _value(match.group(1).strip(), context, today)
        if value is None:
            return None
        url = url.replace(match.group(0), value)
    return url


def _value(token: str, context: Mapping[str, Any], today: date) -> str | None:
    kind, _, name = USER.partition("/")
    if token in USER_IDS:
        return name if token == f"user{kind}Id" else None
    relative = TODAY.fullmatch(token)
    if relative:
        days = int(relative[2] or 0)
        return (today + timedelta(days=-days if relative[1] == "-" else days)).isoformat()
    paths = [part.strip() for part in token.split("|")]
    if (
        not all(PATH.fullmatch(part) and part.startswith("context.") for part in paths)
        or "resolve()" in token
    ):
        return None
    found = fhirpathpy.evaluate({"context": dict(context)}, token)
    texts = [value for value in found if isinstance(value, str) and value]
    return ",".join(texts) if texts and len(texts) == len(found) else None


def _understood(url: str) -> bool:
    """Whether the sample can be searched for this; `subject` is the patient of every resource in it."""
    names = {name.partition(":")[0] for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    return names <= {"patient", "subject", "category", "code", *PAGING, *CODED}


def _narrowed(url: str, resources: tuple[Mapping[str, Any], ...]) -> tuple[Mapping[str, Any], ...]:
    wanted = {name: value for name, value in parse_qsl(urlsplit(url).query) if name in CODED}
    return tuple(r for r in resources if all(_has_code(r, name, value) for name, value in wanted.items()))


def _has_code(resource: Mapping[str, Any], parameter: str, value: str) -> bool:
    first, *others = parameter.split("-")
    element = resource.get(first + "".join(word.title() for word in others))
    codes = (
        [coding.get("code") for coding in element.get("coding", ())]
        if isinstance(element, dict)
        else [element]
    )
    return any(token.rpartition("|")[2] in codes for token in value.split(","))
