"""Traces of calls for OpenTelemetry: one span for each call, with one for each phase inside. Nothing of a patient."""

from __future__ import annotations

import os
import time
from typing import Protocol

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cds_service.http.stopwatch import Stopwatch


class MakeExporter(Protocol):
    """Makes what sends spans away, in the process that uses it."""

    def __call__(self) -> SpanExporter: ...


class Tracing:
    """Tells of answered calls as spans. Spans are sent in batches, beside the calls."""

    def __init__(self, service: str, version: str, make_exporter: MakeExporter) -> None:
        self._resource = Resource({"service.name": service, "service.version": version})
        self._make_exporter = make_exporter
        self._process = 0
        self._provider: TracerProvider | None = None

    def tell(self, watch: Stopwatch, traceparent: str | None, hook: str, client: str, status: int) -> None:
        """Tell of a call that was just answered; `traceparent` is the header that the client sent."""
        # the stopwatch counts from a moment of its own; spans want the time of the day
        now, elapsed = time.time_ns(), watch.elapsed
        zero = now - int((watch.started + elapsed) * 1e9)
        attributes: dict[str, str | int] = {
            "cds.hook": hook,
            "cds.client": client,
            "http.response.status_code": status,
        }
        tracer = self._own_tracer()
        span = tracer.start_span(
            f"cds-hooks {hook}",
            context=_parent(traceparent),
            kind=SpanKind.SERVER,
            attributes=attributes,
            start_time=now - int(elapsed * 1e9),
        )
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        inside = set_span_in_context(span)
        for phase, start, end in watch.timed:
            begun = tracer.start_span(phase, context=inside, start_time=zero + int(start * 1e9))
            begun.end(zero + int(end * 1e9))
        span.end(now)

    def flush(self) -> None:
        """Send what waits; for the end of a process."""
        if self._provider is not None and self._process == os.getpid():
            self._provider.force_flush()

    def _own_tracer(self) -> Tracer:
        # the thread that sends does not live through a fork: each worker has its own
        if self._provider is None or self._process != os.getpid():
            self._provider = TracerProvider(resource=self._resource)
            self._provider.add_span_processor(BatchSpanProcessor(self._make_exporter()))
            self._process = os.getpid()
        return self._provider.get_tracer("cds_service")


def _parent(traceparent: str | None) -> Context | None:
    """The trace that the client's own span belongs to, if it sent one in the form of W3C Trace Context."""
    if traceparent is None:
        return None
    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def over_http(endpoint: str) -> MakeExporter:
    """Sends spans to a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces."""

    def make() -> SpanExporter:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=endpoint)

    return make
