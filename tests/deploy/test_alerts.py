"""Each alert fires when it should and keeps silent when it should, and the runbook says what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from .tools import DEPLOY, program, run

MONITORING = DEPLOY / "monitoring"
ALERTS = MONITORING / "alerts.yaml"
ANSWERED = 'cds_calls_total{client="north",hook="order-select",status="200"}'
FAILED = 'cds_calls_total{client="north",hook="order-select",status="500"}'
REFUSED = 'cds_calls_total{client="unknown",hook="unknown",status="401"}'
UNAVAILABLE = 'cds_calls_total{client="north",hook="order-select",status="503"}'
THROTTLED = 'cds_calls_total{client="north",hook="order-select",status="429"}'
SHED = "cds_calls_shed_total"
KEPT = "cds_decision_records_kept_total"
LOST = "cds_decision_records_lost_total"
FAILURES = "cds_failures_total"
FAST = 'cds_call_seconds_bucket{hook="order-select",le="2.0"}'
WITHIN_FIVE = 'cds_call_seconds_bucket{hook="order-select",le="5.0"}'
ALL = 'cds_call_seconds_bucket{hook="order-select",le="+Inf"}'
UP, OTHER = (f'up{{job="cds-service",instance="{name}"}}' for name in ("a", "b"))
NO_KEY = 'cds_failed_queries_total{key="conditions"}'

# what happens each minute, for two hours unless it says how often
STEADY, NEVER, UPWARDS = "0+60x120", "0x120", "0+6x120"
WEEK = 7 * 24 * 60


@dataclass(frozen=True)
class Case:
    """Series under which an alert fires, or keeps silent, at a minute."""

    alert: str
    fires: bool
    series: dict[str, str]
    minute: int = 100


CASES = [
    Case("CdsServiceDown", True, {UP: "0x120", OTHER: "0x120"}),
    Case("CdsServiceDown", True, {}),
    Case("CdsServiceDown", False, {UP: "1x120", OTHER: "0x120"}),
    Case("CdsReplicaDown", True, {UP: "1x120", OTHER: "0x120"}),
    Case("CdsReplicaDown", False, {UP: "1x120", OTHER: "1x98 0x20"}),
    Case("CdsCallsFailing", True, {ANSWERED: STEADY, FAILED: UPWARDS}),
    Case("CdsCallsFailing", False, {ANSWERED: STEADY, UNAVAILABLE: UPWARDS, REFUSED: UPWARDS, FAILED: NEVER}),
    Case("CdsUnforeseenException", True, {FAILURES: "0x95 1x25"}),
    Case("CdsUnforeseenException", False, {FAILURES: "0x20 1x100"}),
    Case("CdsCallsShed", True, {SHED: UPWARDS}),
    Case("CdsCallsShed", False, {SHED: "7x120"}),
    Case("CdsCallsSlow", True, {FAST: "0+58x120", WITHIN_FIVE: STEADY, ALL: STEADY}),
    Case("CdsCallsSlow", False, {FAST: STEADY, WITHIN_FIVE: STEADY, ALL: STEADY}),
    Case("CdsTokensRefused", True, {ANSWERED: STEADY, REFUSED: "0+30x120"}),
    Case("CdsTokensRefused", False, {ANSWERED: STEADY, REFUSED: "0+1x120"}),
    Case("CdsTokensNotCheckable", True, {UNAVAILABLE: UPWARDS, SHED: NEVER}),
    Case("CdsTokensNotCheckable", False, {UNAVAILABLE: UPWARDS, SHED: UPWARDS}),
    Case("CdsClientThrottled", True, {THROTTLED: UPWARDS}),
    Case("CdsClientThrottled", False, {THROTTLED: "9x120"}),
    Case("CdsClientSilent", True, {ANSWERED: "0+1x10000 _x300"}, minute=WEEK + 100),
    Case("CdsClientSilent", False, {ANSWERED: "0+1x10500"}, minute=WEEK + 100),
    Case("CdsRecordsLost", True, {LOST: "0x95 4x25"}),
    Case("CdsRecordsLost", False, {LOST: "4x120"}),
    Case("CdsRecordsNotWritten", True, {ANSWERED: STEADY, KEPT: "800x120"}),
    Case("CdsRecordsNotWritten", False, {ANSWERED: STEADY, KEPT: STEADY}),
    Case("CdsRecordsNotWritten", False, {ANSWERED: "800x120", KEPT: "800x120"}),
    Case("CdsQueriesFailing", True, {ANSWERED: STEADY, NO_KEY: "0+30x120"}),
    Case("CdsQueriesFailing", False, {ANSWERED: STEADY, NO_KEY: UPWARDS}),
]


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.alert}-{'fires' if case.fires else 'silent'}"
)
def test_an_alert_fires_when_it_should(case: Case, tmp_path: Path) -> None:
    promtool = program("promtool", "prometheus")
    firing = f'count(count by (alertname) (ALERTS{{alertname="{case.alert}",alertstate="firing"}}))'
    found = [{"labels": "{}", "value": 1}] if case.fires else []
    test = {
        "rule_files": [str(ALERTS)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": told} for name, told in case.series.items()],
                "promql_expr_test": [{"expr": firing, "eval_time": f"{case.minute}m", "exp_samples": found}],
            }
        ],
    }
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(test), encoding="utf-8")

    assert "SUCCESS" in run(promtool, "test", "rules", file)


def test_every_alert_is_shown_to_fire_and_to_keep_silent() -> None:
    names = {alert["alert"] for alert in alerts()}

    assert {case.alert for case in CASES if case.fires} == names
    assert {case.alert for case in CASES if not case.fires} == names


def test_the_runbook_says_what_each_alert_means_and_knows_no_other() -> None:
    runbook = (DEPLOY / "RUNBOOK.md").read_text(encoding="utf-8")
    sections = re.findall(r"^### (Cds\w+)\n\n(.+?)(?=\n#|\Z)", runbook, re.MULTILINE | re.DOTALL)

    assert [name for name, _ in sections] == [alert["alert"] for alert in alerts()]
    for name, text in sections:
        assert len(text.split()) > 20, name


@pytest.mark.slow
def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    promtool = program("promtool", "prometheus")
    text = (MONITORING / "prometheus.yaml").read_text(encoding="utf-8")
    assert "/etc/prometheus/alerts.yaml" in text
    file = tmp_path / "prometheus.yaml"
    file.write_text(text.replace("/etc/prometheus/alerts.yaml", str(ALERTS)), encoding="utf-8")

    assert f"{len(alerts())} rules found" in run(promtool, "check", "config", file)
