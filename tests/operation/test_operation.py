"""A service as a site runs it: several workers, signals, logs that outlive patients."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import yaml

from cds_service.digest import record
from cds_service.loading import KNOWLEDGE
from tests.service.asking import without_uuids
from tests.service.charts import (
    PATIENT,
    Json,
    call,
    resected_high_risk,
    resected_without_mitoses,
    unresectable_d842v,
)

from .running import Running, answers, running, starting, until

TITLE = "title: "


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("service"), CDS_SERVICE_SERVER_TIMING="true") as found:
        yield found


def of(name: str, sent: Json) -> Json:
    """The same call about a patient of another name."""
    renamed: Json = json.loads(json.dumps(sent).replace(PATIENT, name))
    return renamed


def test_patients_at_once_never_mix_over_workers_and_threads(service: Running) -> None:
    records = (unresectable_d842v, resected_high_risk)
    calls = {f"patient-{n:02}": of(f"patient-{n:02}", call(records[n % 2]())) for n in range(40)}
    alone = {name: without_uuids(service.call(sent).json()) for name, sent in calls.items()}
    assert len({answer["cards"][0]["summary"] for answer in alone.values()}) == 2
    with ThreadPoolExecutor(24) as pool:
        answers = list(
            pool.map(lambda name: (name, service.call(calls[name])), [*calls, *reversed(calls)] * 3)
        )
    for name, answer in answers:
        assert answer.status_code == 200
        assert without_uuids(answer.json()) == alone[name]
        assert not [other for other in calls if other != name and other in answer.text]


def test_the_metrics_of_all_workers_are_added_up(service: Running) -> None:
    def counted() -> float:
        lines = service.get("/metrics").text.splitlines()
        found = [line for line in lines if line.startswith("cds_calls_total{") and 'status="200"' in line]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    before = counted()
    for _ in range(12):
        assert service.call(call(resected_without_mitoses())).status_code == 200
    assert counted() == before + 12
    text = service.get("/metrics").text
    for phase in ("parse", "map", "evaluate", "render"):
        assert f'cds_phase_seconds_count{{phase="{phase}"}}' in text
    assert 'cds_verdicts_total{client="development",option="imatinib"' in text
    assert "cds_missing_facts_total" in text


def test_where_the_time_went_is_told(service: Running) -> None:
    told = service.call(call(unresectable_d842v())).headers["Server-Timing"]
    assert [entry.partition(";")[0] for entry in told.split(", ")] == [
        "authenticate",
        "parse",
        "map",
        "evaluate",
        "render",
        "total",
    ]


CANARY = "Kanarienvogel"


def test_no_canary_reaches_the_log_or_the_metrics(service: Running) -> None:
    """Names, ids and texts of a patient in every place a client may put them, in good calls and in broken ones."""
    sent = json.loads(json.dumps(call(unresectable_d842v())).replace(PATIENT, f"{CANARY}-1"))
    sent["context"]["userId"] = f"Practitioner/{CANARY}-2"
    sent["context"]["encounterId"] = f"{CANARY}-3"
    sent["prefetch"]["patient"]["name"] = [{"family": CANARY, "given": [CANARY]}]
    broken = {
        **sent,
        "prefetch": {**sent["prefetch"], "conditions": {"resourceType": CANARY, "entry": CANARY}},
    }
    token = {"access_token": f"{CANARY}-token", "token_type": "Bearer"}
    fetching = {
        **sent,
        "fhirServer": f"http://127.0.0.1:9/{CANARY}",
        "fhirAuthorization": token,
        "prefetch": {},
    }
    statuses = set()
    for body in (sent, broken, fetching, {**sent, "hook": CANARY}, {CANARY: CANARY}):
        headers = {"User-Agent": CANARY, "Authorization": f"Bearer {CANARY}"}
        statuses.add(service.call(body, headers=headers).status_code)
    address = f"{service.url}/cds-services/sarcoma-pathway"
    for text in (f'{{"{CANARY}": ', f'{{"hook": "{CANARY}"}} {CANARY}'):
        kind = {"Content-Type": "application/json"}
        statuses.add(requests.post(address, data=text, headers=kind, timeout=30).status_code)
    statuses.add(service.get(f"/cds-services/{CANARY}?patient={CANARY}").status_code)
    assert {200, 400, 404} <= statuses
    assert 500 not in statuses
    assert CANARY not in service.log.read_text()
    assert CANARY not in service.get("/metrics").text


@pytest.mark.slow
def test_knowledge_is_taken_over_only_if_it_checks(tmp_path: Path) -> None:
    knowledge = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE, knowledge)
    sources, facts = knowledge / "sources.yaml", knowledge / "facts.yaml"
    text = sources.read_text(encoding="utf-8")
    source = yaml.safe_load(text)["sources"][0]["id"]
    with running(tmp_path, "--knowledge", str(knowledge)) as service:

        def page() -> str:
            return service.get(f"/sources/{source}").text

        assert "Renamed" not in page()

        sound = facts.read_text(encoding="utf-8")
        facts.write_text(sound.replace("type: ", "tpye: ", 1), encoding="utf-8")
        sources.write_text(text.replace(TITLE, f"{TITLE}Renamed "), encoding="utf-8")
        service.reload()
        until(lambda: bool(service.logged("reload-refused")), service)
        (mistake, *_) = service.logged("reload-refused")
        assert "facts.yaml:" in mistake["mistake"]
        assert "Renamed" not in page()
        answer = service.call(call(unresectable_d842v()))
        assert answer.status_code == 200, answer.text

        facts.write_text(sound, encoding="utf-8")
        record(knowledge)
        service.reload()
        until(lambda: "Renamed" in page(), service)
        assert service.logged("reloaded")
        assert service.get("/ready").status_code == 200


@pytest.mark.slow
def test_knowledge_that_nobody_checked_is_proven_before_it_is_taken_over(tmp_path: Path) -> None:
    knowledge = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE, knowledge)
    table = knowledge / "tables" / "gist.yaml"
    files = [path for path in (knowledge / "tables").glob("*.yaml") if "above: 10}" in path.read_text()]
    table = files[0]
    sound = table.read_text(encoding="utf-8")
    with running(tmp_path, "--knowledge", str(knowledge)) as service:
        table.write_text(sound.replace("above: 10}", "above: 11}", 1), encoding="utf-8")
        service.reload()
        until(lambda: bool(service.logged("reload-refused")), service)
        assert service.get("/ready").status_code == 200

        table.write_text(sound + "\n# a remark of the site\n", encoding="utf-8")
        service.reload()
        until(lambda: bool(service.logged("reloaded")), service)
        until(lambda: service.get("/ready").status_code == 200, service)


@pytest.mark.slow
def test_calls_under_way_are_finished_when_the_service_is_told_to_end(tmp_path: Path) -> None:
    body = call(unresectable_d842v())
    with running(tmp_path) as service, ThreadPoolExecutor(8) as pool:
        pending = [pool.submit(service.call, body) for _ in range(60)]
        until(lambda: any(p.done() for p in pending), service)
        service.process.send_signal(signal.SIGTERM)
        answered = 0
        for one in pending:
            try:
                response = one.result()
            except requests.ConnectionError:
                continue  # it came when nobody listened any more
            assert response.status_code == 200
            assert response.json()["cards"]
            answered += 1
        assert answered > 0
        assert service.process.wait(40) == 0
    assert "Traceback" not in service.log.read_text()


def test_a_reload_that_comes_while_it_starts_does_not_end_it(tmp_path: Path) -> None:
    def minds_hangups(process: int) -> bool:
        states = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
        return bool((int(states["SigIgn"], 16) | int(states["SigCgt"], 16)) & 1)

    with starting(tmp_path) as service:
        until(lambda: minds_hangups(service.process.pid), service)
        service.reload()
        assert "Listening" not in service.log.read_text()
        until(lambda: answers(service), service)
