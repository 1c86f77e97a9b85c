"""Prefetch templates: whether they are written as the specification says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.resource import Resource

from .finding import Finding, held, not_run

TOKEN = re.compile(r"\{\{(.*?)\}\}")
USER_IDS = ("userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId")
CONTEXT_FIELDS = ("userId", "patientId", "encounterId", "selections", "draftOrders")
PAGING = ("_count", "_maxresults", "_sort")
TODAY = re.compile(r"today\(\)(?:\s*([+-])\s*(\d{1,5})\s*days?)?")
PATH = re.compile(r"(context|%[\w-]+)(\.ofType\([\w.]+\)|\.resolve\(\)|\.[A-Za-z]\w*)*")
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
            yield held("template.tokens", is_token(token), place, f"`{token[:60]}` is none of the tokens")
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


def is_search(template: str) -> bool:
    """Whether a template asks for a searchset rather than for one resource."""
    return "?" in template


def is_token(token: str) -> bool:
    """Whether a token, or each of several between pipes, is one that the specification has."""
    return all(
        part in USER_IDS or TODAY.fullmatch(part) or PATH.fullmatch(part)
        for part in map(str.strip, token.split("|"))
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
