"""Answers of a FHIR server, looked at just far enough to know what they are and whether more follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cds_service.case.fact import QUERY_FAILURES, QueryFailure

from .lost import Lost, outcome


class _Link(msgspec.Struct):
    relation: str | None = None
    url: str | None = None


class _Issue(msgspec.Struct):
    severity: Any = None
    code: Any = None


class Page(msgspec.Struct, rename="camel"):
    """A resource, mostly a Bundle."""

    resource_type: str = ""
    id: str | None = None
    type: str | None = None
    total: int | None = None
    link: list[_Link] | None = None
    entry: list[msgspec.Raw] | None = None
    issue: list[_Issue] | None = None

    @property
    def next(self) -> str | None:
        """The address of the page that follows."""
        return next((link.url for link in self.link or () if link.relation == "next" and link.url), None)


_decode = msgspec.json.Decoder(Page).decode


def read_page(body: bytes) -> Page:
    """A resource that is no OperationOutcome. Raises Lost for anything else."""
    try:
        if not body.isascii():
            body.decode("utf-8")  # what stays raw would not be looked at
        page = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Lost("structure") from None
    if page.resource_type == "OperationOutcome":
        raise Lost(_said(page.issue or ()))
    return page


def sent_page(sent: msgspec.Raw | None) -> Page | None:
    """What came under a prefetch key, if it is a Bundle to go on from."""
    try:
        page = _decode(sent) if sent is not None else None
    except (msgspec.DecodeError, RecursionError):
        return None
    return page if page is not None and page.resource_type == "Bundle" else None


def searchset(
    first: Page, entries: Sequence[msgspec.Raw], link: str | None = None, lost: Lost | None = None
) -> msgspec.Raw:
    """One searchset of the entries of all pages.

    If a page was lost, `link` leads to it and an entry says why: the searchset then counts as incomplete.
    """
    made: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if first.total is not None:
        made["total"] = first.total
    if link:
        made["link"] = [{"relation": "next", "url": link}]
    made["entry"] = list(entries)
    if lost is not None:
        made["entry"].append({"resource": outcome(lost.why, "warning"), "search": {"mode": "outcome"}})
    return msgspec.Raw(msgspec.json.encode(made))


def unfetched(sent: msgspec.Raw | None, lost: Lost) -> msgspec.Raw:
    """What stands under a key that could not be fetched: what was sent, if there is something in it, and why no
    more came."""
    page = sent_page(sent)
    return searchset(page, page.entry or (), page.next, lost) if page is not None else outcome(lost.why)


def _said(issues: Sequence[_Issue]) -> QueryFailure:
    codes = [i.code for i in issues if i.severity in ("fatal", "error")] or [i.code for i in issues]
    known = (QUERY_FAILURES[code] for code in codes if isinstance(code, str) and code in QUERY_FAILURES)
    return next(known, "processing")
