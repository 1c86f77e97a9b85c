"""The dashboard shows numbers that the service has: asked by a real Prometheus of a real service."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from prometheus_client import Histogram

from cds_service.metrics import Labelled, Metrics
from cds_service.replay.fixture import read_fixture
from tests.operation.running import Running, running
from tests.shipped import FIXTURES

from .tools import DEPLOY, free_port, program

MONITORING = DEPLOY / "monitoring"
PATIENCE = 60


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (MONITORING / "grafana" / "dashboard.json").read_text(encoding="utf-8")
    )
    return found


def shown() -> dict[str, str]:
    """What each panel asks Prometheus, by panel and legend."""
    return {
        f"{panel['title']} {target['refId']}": target["expr"].replace("$__rate_interval", "1m")
        for panel in dashboard()["panels"]
        for target in panel.get("targets", ())
    }


def alerted() -> dict[str, str]:
    (group,) = yaml.safe_load((MONITORING / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule["expr"] for rule in group["rules"]}


def exposed() -> dict[str, set[str]]:
    """The names that the service's metrics have on the wire, with their labels."""
    names: dict[str, set[str]] = {}
    for counted in vars(Metrics()).values():
        metric = counted._metric if isinstance(counted, Labelled) else counted
        if hasattr(metric, "_labelnames"):
            ends = ("_bucket", "_sum", "_count") if isinstance(metric, Histogram) else ("_total",)
            for end in ends:
                names[metric._name + end] = {*metric._labelnames, *({"le"} if end == "_bucket" else ())}
    return names


@pytest.mark.parametrize("asked", [shown(), alerted()], ids=["dashboard", "alerts"])
def test_every_metric_and_label_that_is_asked_for_is_one_of_the_service(asked: dict[str, str]) -> None:
    known = exposed()

    assert len(known) > 10
    for name, expression in asked.items():
        used = set(re.findall(r"\bcds_\w+", expression))
        assert used <= known.keys(), name
        if used:
            labels = set(re.findall(r'(\w+)(?:=|!=|=~|!~)"', expression))
            labels |= {
                label for by in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", by)
            }
            carried = set().union(*(known[metric] for metric in used)) | {"instance", "job", "le"}
            assert labels <= carried, name


def test_every_metric_of_the_service_is_shown() -> None:
    asked = " ".join(shown().values())

    missing = {name for name in exposed() if not name.endswith(("_sum", "_count")) and name not in asked}
    assert missing <= {"cds_phase_seconds_bucket"}


def test_panels_have_their_own_places_and_numbers() -> None:
    panels = dashboard()["panels"]
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(cells)) == len(cells), "panels overlap"
    assert max(x for x, _ in cells) == 23


@contextmanager
def prometheus(folder: Path, service: Running) -> Iterator[Callable[[str], list[Any]]]:
    """A Prometheus that asks the service for its numbers each second, as what answers a query."""
    binary = program("prometheus", "prometheus")
    address = f"127.0.0.1:{free_port()}"
    target = service.url.removeprefix("http://")
    job = {"job_name": "cds-service", "static_configs": [{"targets": [target]}]}
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                binary,
                f"--config.file={folder}/prometheus.yaml",
                f"--storage.tsdb.path={folder}/numbers",
                f"--web.listen-address={address}",
            ],
            stdout=log,
            stderr=log,
        )
    session = requests.Session()
    session.trust_env = False

    def ask(expression: str) -> list[Any]:
        answer = session.get(f"http://{address}/api/v1/query", params={"query": expression}, timeout=30)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["data"]["result"]
        return found

    def answers() -> bool:
        assert process.poll() is None, (folder / "prometheus.log").read_text()
        try:
            return session.get(f"http://{address}/-/ready", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    try:
        until(answers)
        yield ask
    finally:
        process.terminate()
        process.wait(PATIENCE)


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.5)


@pytest.mark.slow
def test_prometheus_has_an_answer_for_every_panel(tmp_path: Path) -> None:
    fixture = FIXTURES / "gist-unresectable" / "d842v-imatinib"
    with running(tmp_path) as service, prometheus(tmp_path, service) as ask:
        until(lambda: ask('up{job="cds-service"} == 1'))

        def answered() -> bool:
            templates = service.get("/cds-services").json()["services"][0]["prefetch"]
            assert service.call(read_fixture(fixture).call(templates)).status_code == 200
            # a counter shows its rate only once it was seen twice
            return bool(ask("sum(rate(cds_calls_total[1m])) > 0")) and bool(
                ask("sum(rate(cds_cards_total[1m])) > 0")
            )

        until(answered)
        empty = {name for name, expression in shown().items() if not ask(expression)}

    # nothing was missing and no query failed
    assert empty <= {"Missing facts that would change the answer A", "Queries whose data was not to be had A"}
