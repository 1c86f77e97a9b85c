"""The application: wires settings, service and wire together."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask
from flask_cors import CORS

from cds_service.http.call_log import record_calls
from cds_service.http.correlation import HEADER, correlate
from cds_service.http.discovery import discovery_routes
from cds_service.http.feedback import Keep, feedback_routes
from cds_service.http.hooks import Answer, hook_routes
from cds_service.http.outcome import answer_errors
from cds_service.http.readiness import Readiness, readiness_routes
from cds_service.http.source_pages import SourcePage, source_routes
from cds_service.http.wire import ServiceDescription
from cds_service.loading import Loaded
from cds_service.settings import Settings


def create_app(
    settings: Settings,
    service: ServiceDescription,
    answer: Answer,
    sources: Mapping[str, SourcePage] | None = None,
    readiness: Readiness | None = None,
    keep: Keep | None = None,
) -> Flask:
    """The WSGI application that offers `service`, asks `answer` for each call, shows its `sources`, says whether
    it is ready, and gives feedback to `keep` (None: there is no address for feedback).

    A trailing slash makes no difference to an address. Raises ValueError when the service is described
    with a hook that the wire cannot check.
    """
    app = Flask("cds_service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    # No redirects: a client that follows one may repeat the POST without its body.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    correlate(app)
    record_calls(app, service.id)
    answer_errors(app, service.id)
    app.register_blueprint(discovery_routes(service, settings.development, settings.public_url))
    app.register_blueprint(hook_routes(service, answer, settings.max_depth))
    if keep is not None:
        app.register_blueprint(feedback_routes(service.id, keep, settings.max_depth))
    app.register_blueprint(source_routes(sources or {}))
    app.register_blueprint(readiness_routes(readiness or Readiness()))
    if settings.cors_origins:
        CORS(
            app,
            origins=list(settings.cors_origins),
            methods=["GET", "POST", "OPTIONS"],
            allow_headers=["Authorization", "Content-Type", HEADER],
            expose_headers=[HEADER],
            max_age=600,
        )
    return app


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
