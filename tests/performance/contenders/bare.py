"""The floor: Flask parses the body with orjson and answers a fixed card. It looks at nothing."""

from __future__ import annotations

import orjson
from flask import Flask, Response, request

CARD = {
    "uuid": "7f4a2f9e-6f52-4f0c-9a2b-0f5d1f4f8a11",
    "summary": "The order was received",
    "indicator": "info",
    "source": {"label": "Nobody"},
}

app = Flask(__name__)


@app.post("/cds-services/sarcoma-pathway")
def call() -> Response:
    orjson.loads(request.get_data())
    return Response(orjson.dumps({"cards": [CARD]}), mimetype="application/json")
