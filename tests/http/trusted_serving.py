"""A process that serves the fake service with trust on: `python -m tests.http.trusted_serving PORT WORKERS FOLDER`.

FOLDER has the clients file; there the workers also share a memory of used tokens. Each answer says which worker
it comes from.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flask import Flask, Response

from cds_service.app import create_app
from cds_service.clients_file import read_clients
from cds_service.http.server import serve
from cds_service.http.trust.authentication import Trust
from cds_service.settings import Settings

from .calls import SERVICE, RecordingAnswer
from .ehr import PUBLIC_URL
from .file_memory import FileMemory

WORKER = "X-Worker"


def make_app() -> Flask:
    folder = Path(sys.argv[3])
    trust = Trust(read_clients(folder / "clients.yaml"), FileMemory(folder / "used.sqlite"))
    app = create_app(Settings(public_url=PUBLIC_URL), SERVICE, RecordingAnswer(), trust=trust)

    @app.after_request
    def sign(response: Response) -> Response:
        response.headers[WORKER] = str(os.getpid())
        return response

    return app


if __name__ == "__main__":
    serve(make_app(), "127.0.0.1", int(sys.argv[1]), int(sys.argv[2]), calls_at_once=8)
