"""A process that serves the fake service with trust on: `python -m tests.http.trusted_serving PORT WORKERS FOLDER`.

FOLDER has the clients file; there the workers also share a memory of used tokens. Each answer says which worker
it comes from.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response

from cds_service.app import create_app
from cds_service.clients_file import read_clients
from cds_service.http.server import serve
from cds_service.http.trust.authentication import Trust
from cds_service.settings import Settings
from cds_service.store.database import file_url
from cds_service.store.tokens import StoredTokens
from cds_service.store.upgrading import opened

from .calls import SERVICE, RecordingAnswer
from .ehr import PUBLIC_URL

WORKER = "X-Worker"


def make_app() -> Flask:
    folder = Path(sys.argv[3])
    tokens = StoredTokens(opened(file_url(folder)), lambda: datetime.now(UTC), patience_seconds=60)
    trust = Trust(read_clients(folder / "clients.yaml"), tokens)
    app = create_app(Settings(public_url=PUBLIC_URL), SERVICE, RecordingAnswer(), trust=trust)

    @app.after_request
    def sign(response: Response) -> Response:
        response.headers[WORKER] = str(os.getpid())
        return response

    return app


if __name__ == "__main__":
    serve(make_app(), "127.0.0.1", int(sys.argv[1]), int(sys.argv[2]), calls_at_once=8)
