"""The application: wires settings, service and wire together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flask import Flask
from flask_cors import CORS

from cds_service import __version__
from cds_service.http.call_log import record_calls
from cds_service.http.correlation import HEADER, correlate
from cds_service.http.discovery import discovery_routes
from cds_service.http.feedback import FEEDBACK_AT_ONCE, Keep, feedback_routes
from cds_service.http.front import front_routes, status_page
from cds_service.http.hooks import Answer, hook_routes
from cds_service.http.map_pages import Draw, map_routes
from cds_service.http.metrics_page import metrics_routes
from cds_service.http.openapi import openapi_routes
from cds_service.http.outcome import answer_errors
from cds_service.http.readiness import Readiness, readiness_routes
from cds_service.http.refusal_page import refusal_page
from cds_service.http.security_headers import secure
from cds_service.http.source_pages import SourcePage, source_routes
from cds_service.http.trust.authentication import Trust, caller_by
from cds_service.http.turnstile import Turnstile
from cds_service.http.wire import ServiceDescription
from cds_service.loading import Loaded
from cds_service.map import LOOK as MAP_LOOK
from cds_service.metrics import Metrics
from cds_service.pages import Assets
from cds_service.sandbox.routes import ASSETS as SANDBOX_ASSETS
from cds_service.sandbox.routes import Sandbox, SandboxPage, sandbox_routes
from cds_service.settings import PREFIX, Settings, SettingsError
from cds_service.smart import SMART_LOOK

if TYPE_CHECKING:
    from cds_service.http.tracing import Tracing
    from cds_service.smart.routes import SmartApp

SMART_AT_ONCE = 8
"""How many launches and what-ifs each worker answers at once: of its own, so that they take no turn from a call."""


def create_app(
    settings: Settings,
    service: ServiceDescription,
    answer: Answer,
    sources: Mapping[str, SourcePage] | None = None,
    readiness: Readiness | None = None,
    metrics: Metrics | None = None,
    trust: Trust | None = None,
    keep: Keep | None = None,
    draw: Draw | None = None,
    sandbox: Sandbox | None = None,
    smart: SmartApp | None = None,
) -> Flask:
    """The WSGI application that offers `service`, asks `answer` for each call, shows its `sources`, says whether
    it is ready, gives feedback to `keep` (None: there is no address for feedback), and shows the map that
    `draw` draws. In development mode its root is the `sandbox`, if there is one; else a page that says what is
    served. With `smart` it also offers the SMART app.

    A trailing slash makes no difference to an address. Raises ValueError when the service is described
    with a hook that the wire cannot check, and outside development without `trust` and the public URL for which
    tokens are signed.
    """
    if settings.development:
        trust = None
    elif trust is None or settings.public_url is None:
        raise ValueError("callers are authenticated outside development: state `trust` and `public_url`")
    addresses = [f"{settings.public_url}/cds-services/{each}" for each in service.ids]
    app = Flask("cds_service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    # No redirects: a client that follows one may repeat the POST without its body.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    correlate(app)
    metrics = metrics or Metrics()
    trial = sandbox if settings.development else None
    # the sandbox shows where the time goes
    timing = settings.server_timing or trial is not None
    record_calls(app, service.id, metrics, timing, _tracing(settings, service.id))
    secure(app, settings.public_url)
    assets = Assets(settings.public_url, [MAP_LOOK, SMART_LOOK, *([SANDBOX_ASSETS] if trial else [])])
    page = refusal_page(assets, has_map=draw is not None, has_sandbox=trial is not None)
    answer_errors(app, service.id, metrics, page)
    app.register_blueprint(discovery_routes(service, settings.development))
    turnstile = Turnstile(settings.max_concurrent_calls, metrics)
    app.register_blueprint(
        hook_routes(service, answer, settings.max_depth, turnstile, caller_by(trust, *addresses))
    )
    if keep is not None:
        # a token for the service is good for its feedback too
        sender = caller_by(trust, *(f"{address}/feedback" for address in addresses), *addresses)
        # of its own: feedback that waits for the store takes no turn from a call
        gate = Turnstile(FEEDBACK_AT_ONCE, metrics)
        app.register_blueprint(feedback_routes(service.ids, keep, settings.max_depth, gate, sender))
    sources, readiness = sources or {}, readiness or Readiness()
    if trial:
        views = SandboxPage(trial, assets)
        app.register_blueprint(sandbox_routes(views))
        front = views.chosen
    else:
        front = status_page(service, __version__, readiness, sources, assets, has_map=draw is not None)
    app.register_blueprint(front_routes(service, settings.public_url, front))
    app.register_blueprint(assets.routes())
    app.register_blueprint(source_routes(sources, assets))
    if draw is not None:
        app.register_blueprint(map_routes(draw, assets))
    app.register_blueprint(readiness_routes(readiness))
    app.register_blueprint(metrics_routes(metrics))
    if smart is not None:
        # its OAuth client is not for services that have no app
        from cds_service.smart.routes import smart_routes

        app.register_blueprint(smart_routes(smart, assets, Turnstile(SMART_AT_ONCE, metrics)))
    app.register_blueprint(
        openapi_routes(service, __version__, settings.public_url, feedback=keep is not None)
    )
    if settings.cors_origins:
        CORS(
            app,
            origins=list(settings.cors_origins),
            methods=["GET", "POST", "OPTIONS"],
            allow_headers=["Authorization", "Content-Type", HEADER],
            expose_headers=[HEADER, "Retry-After", "WWW-Authenticate"],
            max_age=600,
        )
    return app


def _tracing(settings: Settings, service: str) -> Tracing | None:
    if settings.traces_endpoint is None:
        return None
    try:
        from cds_service.http.tracing import Tracing, over_http
    except ImportError as error:
        raise SettingsError(
            f"{PREFIX}TRACES_ENDPOINT",
            settings.traces_endpoint,
            "nothing, unless OpenTelemetry is installed: pip install 'sarcoma-pathway-cds[tracing]'",
        ) from error
    return Tracing(service, __version__, over_http(settings.traces_endpoint))


def source_pages(loaded: Loaded) -> dict[str, SourcePage]:
    """What the knowledge takes from each source, by section, each statement once."""
    statements: dict[str, dict[str, dict[str, None]]] = {name: {} for name in loaded.sources}
    for citation in loaded.citations:
        sections = statements[citation["source"]]
        sections.setdefault(citation["section"], {})[" ".join(citation["says"].split())] = None
    return {
        s.id: SourcePage(s.id, s.title, s.date, s.url, {k: list(v) for k, v in statements[s.id].items()})
        for s in loaded.sources.values()
    }
