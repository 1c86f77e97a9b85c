"""Prometheus metrics: what is called, answered and missing, and how long it takes. Nothing of a patient.

Every label has few values that are known beforehand: clients of the site, hooks, options, facts, phases.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from prometheus_client.metrics import MetricWrapperBase

_log = logging.getLogger("cds_service.metrics")

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


Metric = TypeVar("Metric", bound="MetricWrapperBase")


class Labelled(Generic[Metric]):
    """A metric whose series are looked up once each: they are few, and a call counts in a dozen."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._series: dict[tuple[str, ...], Metric] = {}

    def labels(self, *values: str) -> Metric:
        """The series with these labels."""
        found = self._series.get(values)
        if found is None:
            found = self._series[values] = self._metric.labels(*values)
        return found


class _Regardless:
    """What fails in it is told once, and passed over: whatever happens to the folder of the counts (a full disk, a
    cleaner of temporary files), the clinician gets the answer."""

    _told = False

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        if not self._told:
            self._told = True
            _log.warning({"event": "metrics", "outcome": "not-counted", "exception": type(error).__name__})
        return True


def _take_room_first() -> None:
    """Have prometheus_client's files take their room on the disk before they are mapped. It leaves them with holes: to
    write into one when the disk is full is no error that could be caught, but the end of the process."""
    from prometheus_client import mmap_dict, values

    class Roomy(mmap_dict.MmapedDict):
        def __init__(self, filename: str, read_mode: bool = False) -> None:
            if not read_mode:
                made = os.open(filename, os.O_CREAT | os.O_RDWR, 0o600)
                try:
                    size = max(mmap_dict._INITIAL_MMAP_SIZE, os.fstat(made).st_size)
                    os.posix_fallocate(made, 0, size)
                finally:
                    os.close(made)
            super().__init__(filename, read_mode)

        def _init_value(self, key: str) -> None:
            # its length, up to eight bytes to fill up, the value and its moment
            needed, capacity = self._used + len(key.encode()) + 32, self._capacity
            while needed > capacity:
                capacity *= 2
            if capacity > self._capacity:
                os.posix_fallocate(self._f.fileno(), 0, capacity)
            super()._init_value(key)

    values.MmapedDict = Roomy  # type: ignore[misc]


class Metrics:
    """The counts of one service. All its worker processes share them if `folder` is given: an empty folder
    that lives as long as the service, for their files. Whoever counts does so `with metrics.regardless`."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None:
            # prometheus_client reads this variable when it is imported, and never again
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
            _take_room_first()
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.regardless = _Regardless()
        self._shared = folder is not None
        self._registry = registry = CollectorRegistry()

        def counted(name: str, words: str, *labels: str) -> Labelled[Counter]:
            return Labelled(Counter(name, words, labels, registry=registry))

        def timed(name: str, words: str, *labels: str) -> Labelled[Histogram]:
            return Labelled(Histogram(name, words, labels, buckets=_SECONDS, registry=registry))

        self.calls = counted("cds_calls", "Calls by how they were answered", "client", "hook", "status")
        self.call_seconds = timed("cds_call_seconds", "Time to answer a call", "hook")
        self.phase_seconds = timed("cds_phase_seconds", "Time of a phase", "phase")
        self.placements = counted("cds_placements", "Where patients were placed", "disease", "placement")
        self.verdicts = counted(
            "cds_verdicts", "What was said of drafted orders", "client", "option", "verdict"
        )
        self.missing = counted("cds_missing_facts", "Unknown facts that would change the answer", "fact")
        self.failed_queries = counted(
            "cds_failed_queries", "Prefetch keys whose data was not to be had", "key"
        )
        self.cards = counted("cds_cards", "Cards sent", "client", "indicator")
        self.shed = Counter("cds_calls_shed", "Calls refused because the service was busy", registry=registry)
        self.failures = Counter("cds_failures", "Unforeseen exceptions", registry=registry)
        self.decisions_lost = Counter(
            "cds_decision_records_lost", "Decision records that could not be kept", registry=registry
        )
        self.decisions_kept = Counter(
            "cds_decision_records_kept", "Decision records written to the store", registry=registry
        )

    def observe_call(
        self, client: str, hook: str, status: int, seconds: float, phases: Mapping[str, float]
    ) -> None:
        """Count one call that was answered, refused or failed."""
        with self.regardless:
            self.calls.labels(client, hook, str(status)).inc()
            self.call_seconds.labels(hook).observe(seconds)
            for phase, spent in phases.items():
                self.phase_seconds.labels(phase).observe(spent)

    def worker_gone(self, process: int) -> None:
        """Forget what only a living worker has; its counts stay."""
        if self._shared:
            from prometheus_client.multiprocess import mark_process_dead

            mark_process_dead(process)

    def exposition(self) -> tuple[bytes, str]:
        """The metrics of all workers in Prometheus text format, and its media type."""
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if self._shared:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4
