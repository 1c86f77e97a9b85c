"""Errors as people read them: a page that says what the OperationOutcome says."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from cds_service.http.wire import Refusal
from cds_service.pages import Assets, pages_of
from cds_service.pages.assets import content_policy

RefusalPage = Callable[[Refusal, str], Response]
"""Makes the page for a refusal and the correlation id of its request."""

_KINDS = ("application/json", "application/fhir+json", "text/html")


def wants_page() -> bool:
    """Whether who asks prefers HTML to JSON, as browsers do; who says nothing, or takes anything, gets JSON."""
    return request.accept_mimetypes.best_match(_KINDS, _KINDS[0]) == "text/html"


def refusal_page(assets: Assets, *, has_map: bool, has_sandbox: bool) -> RefusalPage:
    """Makes pages with what is wrong, where, how to mend it and the correlation id, and links to what is here."""
    template = pages_of("cds_service.http", assets).get_template("refusal.html.jinja")

    def page(refusal: Refusal, correlation_id: str) -> Response:
        shown = template.render(
            refusal=refusal, correlation=correlation_id, has_map=has_map, has_sandbox=has_sandbox
        )
        policy = {"Content-Security-Policy": content_policy()}
        return Response(shown, status=refusal.status, headers=policy, mimetype="text/html")

    return page
