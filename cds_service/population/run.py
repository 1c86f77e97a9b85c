"""A run: stage, group, evaluate, sum up. Each step is done once, however often the run is interrupted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from ..service import Service
from .chart_opened import ChartOpened
from .durable import place, placed, remove_unfinished
from .entry import KINDS
from .evaluation import evaluate_partition, finished
from .grouping import entries_of, group, patients_by_partition
from .manifest import Manifest, alone, begin
from .source_file import ExportError, SourceFile
from .staging import Staged, rejects, stage
from .summary import Summary
from .tally import Tally
from .workers import pool, service, tell

_LOOK_SECONDS = 0.5


class Progress(Protocol):
    """Hears how far a run has come."""

    def step(self, name: str, total: int, done: int) -> None:
        """A step begins, of which so much was done before."""

    def at(self, done: int) -> None:
        """How much of the step is done."""


@dataclass(frozen=True, slots=True)
class Job:
    """`memory` is DuckDB's limit in the main process, such as `1GB`; `worker_memory` that in each worker."""

    files: tuple[SourceFile, ...]
    output: Path
    manifest: Manifest
    workers: int
    memory: str
    worker_memory: str
    knowledge: str
    make_service: Callable[[], Service]

    @property
    def work(self) -> Path:
        """The folder for what is needed until the run is finished."""
        return _work(self.output)

    @property
    def done(self) -> Path:
        """The folder of the marks of finished partitions."""
        return self.output / "done"


def run(job: Job, progress: Progress) -> Summary:
    """Evaluate everyone. Raises ExportError for an export that cannot be evaluated, and if the folder holds another
    run.

    Below `output`: `ndjson/`, `parquet/`, `rejects.ndjson`, `summary.json`, `summary.html`, `manifest.json`.
    """
    with opened(job):
        with pool(job.workers, job.make_service) as (workers, counter):
            staged = _staged(job, workers, progress)
            exported = exported_types(staged, complete=job.manifest.complete_export)
            group(job.work / "staged", job.work / "grouped", job.memory, job.workers)
            _evaluate(job, exported, workers, counter, progress)
        return finish(job, staged, exported)


@contextmanager
def opened(job: Job) -> Iterator[None]:
    """The run's folder, for this run alone. Raises ExportError if it holds another, or one is under way."""
    for folder in ("work/staged", "ndjson", "parquet", "done"):
        (job.output / folder).mkdir(parents=True, exist_ok=True)
    with alone(job.output):
        begin(job.output, job.manifest)
        remove_unfinished(job.output)
        yield


def _staged(job: Job, workers: Any, progress: Progress) -> list[Staged]:
    progress.step("Reading", sum(file.size for file in job.files), 0)
    folder, partitions = job.work / "staged", job.manifest.partitions
    waiting = {workers.submit(stage, f, n, partitions, folder): f for n, f in enumerate(job.files)}
    read = 0
    for future, file in _finishing(waiting):
        future.result()
        progress.at(read := read + file.size)
    return [future.result() for future in waiting]


def _finishing(waiting: Mapping[Future[Staged], SourceFile]) -> Iterable[tuple[Future[Staged], SourceFile]]:
    left = dict(waiting)
    while left:
        for future in wait(left, return_when="FIRST_COMPLETED").done:
            yield future, left.pop(future)


def exported_types(staged: Iterable[Staged], *, complete: bool) -> tuple[str, ...]:
    """The types that were exported: those of which there is a file or a resource, or all if the export is said to be
    complete. Raises ExportError without Conditions, by which alone anything can be said."""
    found = set(KINDS) if complete else {kind for one in staged for kind in one.kinds}
    if "Condition" not in found:
        raise ExportError(
            "The export has no file of Condition, by which alone something can be said of a patient; export that "
            "type too. An empty file Condition.ndjson says that there are none."
        )
    return tuple(sorted(found))


def _evaluate(job: Job, exported: tuple[str, ...], workers: Any, counter: Any, progress: Progress) -> None:
    grouped = job.work / "grouped"
    sizes = patients_by_partition(grouped, job.memory, job.workers)
    before = sum(size for part, size in sizes.items() if finished(job.done, part) is not None)
    progress.step("Patients", sum(sizes.values()), before)
    left = {
        workers.submit(
            _evaluate_one,
            part,
            grouped,
            exported,
            job.worker_memory,
            job.manifest.today,
            job.output,
            job.done,
        )
        for part in sizes
        if finished(job.done, part) is None
    }
    while left:
        ended = wait(left, timeout=_LOOK_SECONDS, return_when=FIRST_EXCEPTION).done
        for future in ended:
            future.result()
        left -= ended
        progress.at(before + counter.value)


def _evaluate_one(
    part: int, grouped: Path, exported: tuple[str, ...], memory: str, today: date, output: Path, done: Path
) -> None:
    mine = service()
    charts = ChartOpened(mine.prefetch, exported)
    evaluate_partition(part, entries_of(grouped, part, memory), mine, charts, today, output, done, tell)


def finish(job: Job, staged: Iterable[Staged], exported: tuple[str, ...]) -> Summary:
    """Write what sums up a run all of whose partitions are finished, and remove what is no longer needed."""
    tally = Tally()
    for part in range(job.manifest.partitions):
        if (found := finished(job.done, part)) is not None:
            tally.merge(found)
    counts = list(staged)
    summary = Summary(
        job.manifest.today,
        job.knowledge,
        sum(one.lines for one in counts),
        sum(one.rejected for one in counts),
        sum(one.ignored for one in counts),
        exported,
        tally,
    )
    with placed(job.output / "rejects.ndjson") as path, path.open("wb") as lines:
        lines.writelines(rejects(job.work / "staged"))
    place(job.output / "summary.html", summary.as_html())
    place(job.output / "summary.json", summary.as_json())
    remove_work(job.output)
    return summary


def is_finished(output: Path) -> bool:
    """Whether a run in this folder has come to its end; what it needed may still be there (`remove_work`)."""
    return (output / "summary.json").is_file()


def remove_work(output: Path) -> None:
    """Remove what a run needed until it was finished, patients' records among it."""
    if (work := _work(output)).exists():
        shutil.rmtree(work)


def _work(output: Path) -> Path:
    return output / "work"
