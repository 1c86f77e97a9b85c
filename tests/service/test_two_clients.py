"""Two clients at once: what one sends never reaches the other."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from flask.testing import FlaskClient

from .asking import Ask, without_uuids
from .charts import ADDRESS, PATIENT, Json, call, resected_high_risk, unresectable_d842v


def of(name: str, sent: Json) -> Json:
    """The same call about a patient with another id, whose every resource is named for that patient."""
    text = json.dumps(sent).replace(PATIENT, name)
    for kind in ("gist-1", "size-1", "variant-1", "mitoses-1", "margin-1", "rx-1"):
        text = text.replace(kind, f"{kind}-of-{name}")
    renamed: Json = json.loads(text)
    return renamed


def test_calls_about_many_patients_at_once_never_mix(client: FlaskClient, ask: Ask) -> None:
    records = (unresectable_d842v, resected_high_risk)
    calls = {f"p{n:02}": of(f"p{n:02}", call(records[n % 2]())) for n in range(24)}
    alone = {name: ask(sent).stable for name, sent in calls.items()}
    application = client.application

    def post(name: str) -> tuple[str, int, str]:
        response = application.test_client().post(ADDRESS, json=calls[name])
        return name, response.status_code, response.get_data(as_text=True)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, [*calls, *reversed(calls)] * 4))
    assert len(answers) == 192
    for name, status, text in answers:
        assert status == 200
        assert without_uuids(json.loads(text)) == alone[name]
        assert not [other for other in calls if other != name and f"of-{other}" in text]
