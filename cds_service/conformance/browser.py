"""Browsers: whether a page at another origin may call."""

from __future__ import annotations

from collections.abc import Iterator

from .call import Entry
from .exchange import Target
from .finding import Finding, held, not_run

SOME_ORIGIN = "https://some-client.example.org"


def browser_findings(target: Target, entry: Entry, origin: str | None) -> Iterator[Finding]:
    """What the answer to a preflight shows; `origin` is one that should be let in, None if none was named."""
    name = f"{entry.id} preflight from {origin or SOME_ORIGIN}"
    exchange = target.preflight(name, entry.path, origin or SOME_ORIGIN)
    headers = exchange.headers
    allowed = headers.get("Access-Control-Allow-Origin")
    if allowed is None:
        if origin:
            yield held("cors.origins", False, name, "the origin is not let in")
        else:
            yield not_run("cors.origins", name, "not let in; name an origin that should be with --origin")
        return
    posts = "POST" in headers.get("Access-Control-Allow-Methods", "POST").upper()
    typed = "content-type" in headers.get("Access-Control-Allow-Headers", "").lower() or (
        headers.get("Access-Control-Allow-Headers") == "*"
    )
    yield held("cors.origins", posts and typed, name, "let in, but not with POST and Content-Type")
    careless = origin is None and headers.get("Access-Control-Allow-Credentials", "").lower() == "true"
    yield held("cors.origins", not careless, name, "an origin that nobody named may call with credentials")
