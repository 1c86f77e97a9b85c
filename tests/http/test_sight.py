"""What is told of calls: metrics, timings, headers, liveness; and what happens to calls that are too many."""

from __future__ import annotations

import gzip
import io
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pythonjsonlogger.msgspec import MsgspecFormatter

from cds_service.http.logs import _WithoutValues, log_to
from cds_service.http.stopwatch import Stopwatch
from cds_service.http.tracing import Tracing, over_http
from cds_service.http.wire import HookCall

from .calls import ADDRESS, CARD, RecordingAnswer, app_with, order_call, view_call
from .outcomes import issue_of


def metrics_of(app: Any) -> dict[str, float]:
    text = app.test_client().get("/metrics").get_data(as_text=True)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_calls_are_counted_by_client_hook_and_status() -> None:
    app = app_with(RecordingAnswer())
    client = app.test_client()
    client.post(ADDRESS, json=order_call())
    client.post(ADDRESS, json=order_call())
    client.post(ADDRESS, json=view_call())
    client.post(ADDRESS, data=b"{", content_type="application/json")
    client.get("/cds-services")
    counted = metrics_of(app)
    found = {name: n for name, n in counted.items() if name.startswith("cds_calls_total")}
    assert found == {
        'cds_calls_total{client="development",hook="order-select",status="200"}': 2,
        'cds_calls_total{client="development",hook="patient-view",status="200"}': 1,
        'cds_calls_total{client="development",hook="unknown",status="400"}': 1,
    }
    assert counted['cds_phase_seconds_count{phase="parse"}'] == 4


def test_a_failure_is_counted() -> None:
    answer = RecordingAnswer()
    answer.error = KeyError("x")
    app = app_with(answer)
    app.test_client().post(ADDRESS, json=view_call())
    assert metrics_of(app)["cds_failures_total"] == 1


def test_where_the_time_went_is_said_only_by_setting() -> None:
    quiet = app_with(RecordingAnswer()).test_client().post(ADDRESS, json=view_call())
    assert "Server-Timing" not in quiet.headers
    told = app_with(RecordingAnswer(), server_timing=True).test_client().post(ADDRESS, json=view_call())
    names = [entry.partition(";")[0] for entry in told.headers["Server-Timing"].split(", ")]
    assert names == ["authenticate", "parse", "total"]


def test_a_stopwatch_adds_up_what_comes_twice() -> None:
    moments = iter([0.0, 1.0, 1.5, 2.0, 4.0, 5.0])
    watch = Stopwatch(lambda: next(moments))
    with watch.phase("fetch"):
        pass
    with pytest.raises(ValueError), watch.phase("fetch"):
        raise ValueError
    assert watch.seconds == {"fetch": 2.5}
    assert watch.server_timing() == "fetch;dur=2500.00, total;dur=5000.00"


def test_more_calls_than_may_be_under_way_are_told_to_come_back() -> None:
    inside, leave = threading.Event(), threading.Event()

    def slow(call: HookCall) -> dict[str, Any]:
        inside.set()
        assert leave.wait(20)
        return {"cards": [CARD]}

    app = app_with(slow, max_concurrent_calls=1)
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(app.test_client().post(ADDRESS, json=view_call()).status_code)
    )
    first.start()
    assert inside.wait(20)
    refused = app.test_client().post(ADDRESS, json=view_call())
    assert issue_of(refused, 503)["code"] == "throttled"
    assert int(refused.headers["Retry-After"]) > 0
    assert app.test_client().get("/live").status_code == 200
    leave.set()
    first.join(20)
    assert answers == [200]
    assert app.test_client().post(ADDRESS, json=view_call()).status_code == 200
    assert metrics_of(app)["cds_calls_shed_total"] == 1


@pytest.mark.parametrize("path", ["/cds-services", "/ready", "/live", "/metrics", "/nothing"])
def test_every_answer_has_security_headers(path: str) -> None:
    headers = app_with(RecordingAnswer()).test_client().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in headers
    secure = app_with(RecordingAnswer(), public_url="https://cds.example.org").test_client().get(path)
    assert "max-age" in secure.headers["Strict-Transport-Security"]


def logged(tell: Any) -> list[dict[str, Any]]:
    """What a process would write to its log while `tell` runs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        log_to(stream)
        tell()
    finally:
        logging.captureWarnings(False)
        root.handlers[:], root.level = handlers, level
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_log_is_json_and_leaves_values_of_other_libraries_out() -> None:
    def tell() -> None:
        logging.getLogger("urllib3.connectionpool").warning("Retrying %s", "/Condition?patient=Mustermann")
        logging.getLogger("somebody").warning("put together: Mustermann")
        logging.getLogger("cds_service.calls").info({"event": "call", "status": 200})
        try:
            raise ValueError("Mustermann")
        except ValueError:
            logging.getLogger("somebody").exception("failed for %s", "Mustermann")

    lines = logged(tell)
    assert [line["logger"] for line in lines] == [
        "urllib3.connectionpool",
        "somebody",
        "cds_service.calls",
        "somebody",
    ]
    assert "Mustermann" not in json.dumps(lines)
    assert lines[0]["message"] == "Retrying %s"
    assert (lines[2]["event"], lines[2]["status"]) == ("call", 200)
    assert lines[3]["exception"] == "ValueError"
    assert any("test_sight" in frame for frame in lines[3]["frames"])


def spans_of(traceparent: str | None) -> list[Any]:
    exporter = InMemorySpanExporter()
    tracing = Tracing("sarcoma-pathway", "1", lambda: exporter)
    watch = Stopwatch()
    for phase in ("parse", "map"):
        with watch.phase(phase):
            pass
    tracing.tell(watch, traceparent, "order-select", "north", 200)
    tracing.flush()
    return list(exporter.get_finished_spans())


def test_a_call_is_a_span_with_its_phases_inside() -> None:
    *phases, whole = spans_of(None)
    assert (whole.name, whole.kind.name, whole.parent) == ("cds-hooks order-select", "SERVER", None)
    assert whole.attributes == {
        "cds.hook": "order-select",
        "cds.client": "north",
        "http.response.status_code": 200,
    }
    assert [span.name for span in phases] == ["parse", "map"]
    for span in phases:
        assert span.parent.span_id == whole.context.span_id
        assert whole.start_time <= span.start_time <= span.end_time <= whole.end_time


def test_a_call_belongs_to_the_trace_of_its_client() -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    *_, whole = spans_of(f"00-{trace}-00f067aa0ba902b7-01")
    assert f"{whole.context.trace_id:032x}" == trace
    *_, alone = spans_of("Mustermann")
    assert alone.parent is None


def test_traces_are_sent_to_the_collector_that_is_set() -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
        tracing = Tracing("sarcoma-pathway", "1", over_http(endpoint))
        watch = Stopwatch()
        with watch.phase("parse"):
            pass
        tracing.tell(watch, None, "patient-view", "north", 200)
        tracing.flush()
        collector.shutdown()
    assert received[0][0] == "/v1/traces"
    assert b"cds-hooks patient-view" in gzip_or_plain(received[0][1])


def gzip_or_plain(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def test_a_line_of_ours_is_written_as_the_formatter_would_write_it() -> None:
    record = logging.LogRecord(
        "cds_service.calls", logging.INFO, "", 0, {"event": "call", "ms": 1.25, "é": ["\n", None]}, (), None
    )
    formatter = _WithoutValues()
    assert formatter.format(record) == MsgspecFormatter.format(formatter, record)
