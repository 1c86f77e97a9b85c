"""A process that serves the fake service: `python -m tests.http.serving PORT WORKERS`."""

from __future__ import annotations

import sys

from cds_service.http.server import serve

from .calls import RecordingAnswer, app_with

if __name__ == "__main__":
    app = app_with(RecordingAnswer(), max_body_bytes=1_048_576, server_timing=True)
    serve(app, "127.0.0.1", int(sys.argv[1]), int(sys.argv[2]), calls_at_once=8)
