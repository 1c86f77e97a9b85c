"""Prefetch templates: whether they are written as the specification says, and what a sample answers to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import fhirpathpy
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.resource import Resource

from ..replay.fixture import answer
from .finding import Finding, held, not_run
from .sample import USER, Sample

TOKEN = re.compile(r"\{\{(.*?)\}\}")
USER_IDS = ("userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId")
CONTEXT_FIELDS = ("userId", "patientId", "encounterId", "selections", "draftOrders")
PAGING = ("_count", "_maxresults", "_sort")
CODED = ("status", "intent", "clinical-status", "verification-status")
_TODAY = re.compile(r"today\(\)(?:\s*([+-])\s*(\d+)\s*days?)?")
_ODD_DATE = re.compile(r"(ne|sa|eb|ap)(?=\d{4}|\{\{)")


def template_findings(prefetch: Mapping[str, str], where: str) -> Iterator[Finding]:
    """Everything that the templates of one service show."""
    of_type, depends = False, False
    simple = True
    for number, (key, template) in enumerate(prefetch.items()):
        place = f"{where} prefetch.{key}"
        tokens = [token.strip() for token in TOKEN.findall(template)]
        rest = TOKEN.sub("", template)
        yield held("template.delimiters", not re.search(r"[{}]", rest), place, "a brace outside of a token")
        for token in tokens:
            yield held("template.tokens", _is_token(token), place, f"`{token[:60]}` is none of the tokens")
            named = token not in CONTEXT_FIELDS and (not token.startswith("context") or token[7:8] == ".")
            yield held("template.names", named, place, f"`{token[:60]}` should begin with `context.`")
            for name in re.findall(r"ofType\((.*?)\)", token):
                of_type = True
                yield held(
                    "template.of-type", _is_resource_type(name), place, f"no resource type: {name[:40]}"
                )
            for needed in re.findall(r"%([\w-]+)", token):
                depends = True
                earlier = list(prefetch)[:number]
                yield held("template.order", needed in earlier, place, f"`{needed}` does not come before it")
        beyond = _beyond_subset(template)
        simple = simple and not beyond
        yield held("template.common", not beyond, place, beyond)
    if not prefetch:
        return
    if simple:
        yield held("template.subset", True, where, "")
    else:
        yield not_run("template.subset", where, "the templates go beyond the common subset (template.common)")
    if not of_type:
        yield not_run("template.of-type", where, "no template uses ofType()")
    if not depends:
        yield not_run("template.order", where, "no template depends on another")


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


def is_search(template: str) -> bool:
    """Whether a template asks for a searchset rather than for one resource."""
    return "?" in template


def _is_token(token: str) -> bool:
    paths = [part.strip() for part in token.split("|")]
    return all(
        part in USER_IDS
        or _TODAY.fullmatch(part) is not None
        or re.fullmatch(r"(context|%[\w-]+)(\.[A-Za-z]\w*(\([\w.]*\))?)*(\s*[+-]\s*\d+\s*days?)?", part)
        is not None
        for part in paths
    )


def _is_resource_type(name: str) -> bool:
    try:
        return issubclass(get_fhir_model_class(name), Resource)
    except (KeyError, ValueError):
        return False


def _beyond_subset(template: str) -> str:
    """What of a query goes beyond the searches that the specification calls widely supported; empty if nothing."""
    path, _, query = template.partition("?")
    plain = TOKEN.sub("1", path)
    if "$" in plain or plain.count("/") > (0 if query else 1):
        return f"`{plain[:60]}` is neither a read nor a search by type"
    for name, value in parse_qsl(query, keep_blank_values=True):
        base, _, modifier = name.partition(":")
        if base.startswith("_") and base not in (*PAGING, "_id", "_lastUpdated"):
            return f"the parameter {base[:40]}"
        if "." in base:
            return f"the chained parameter {base[:40]}"
        if modifier and not (modifier == "in" or (base in ("_sort", "sort") and modifier in ("asc", "desc"))):
            return f"the modifier :{modifier[:40]}"
        if _ODD_DATE.match(value):
            return f"the prefix {value[:2]} of {base[:40]}"
    return ""


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
    relative = _TODAY.fullmatch(token)
    if relative:
        days = int(relative[2] or 0)
        return (today + timedelta(days=-days if relative[1] == "-" else days)).isoformat()
    if not token.startswith("context.") or not _is_token(token) or "resolve()" in token:
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
