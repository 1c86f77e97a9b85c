"""The same run on Apache Spark: its executors read, shuffle and evaluate; what they find is the same, file by file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby

from pyspark.sql import Row, SparkSession

from . import workers
from .chart_opened import ChartOpened
from .entry import Entry
from .evaluation import evaluate_partition, finished
from .grouping import GROUP
from .run import Job, Progress, exported_types, finish, opened
from .source_file import ExportError, SourceFile
from .staging import Staged, stage, staged_rows
from .summary import Summary

_ORDER = ("part", "patient", "kind", "id", "line", "damaged")


def run_on_spark(job: Job, progress: Progress) -> Summary:
    """Evaluate everyone, as `run.run` does, in the Spark session that is there or, without one, on this machine.

    The export and the output must be reachable by every executor under the same paths, and this package installed for
    their Python. How much runs at once and in how much memory is Spark's to say: `job.workers`, `memory` and
    `worker_memory` are not used. Raises ExportError as `run.run` does.
    """
    with opened(job):
        bars = str(sys.stderr.isatty()).lower()
        builder = SparkSession.builder.appName("Sarcoma pathway population")
        spark = builder.config("spark.ui.showConsoleProgress", bars).getOrCreate()
        try:
            staged = _staged(job, spark, progress)
            exported = exported_types(staged, complete=job.manifest.complete_export)
            _evaluate(job, exported, spark, progress)
        finally:
            spark.stop()
        return finish(job, staged, exported)


def _staged(job: Job, spark: SparkSession, progress: Progress) -> list[Staged]:
    progress.step("Reading", sum(file.size for file in job.files), 0)
    folder, partitions = job.work / "staged", job.manifest.partitions

    def read(numbered: tuple[int, SourceFile]) -> Staged | ExportError:
        try:
            return stage(numbered[1], numbered[0], partitions, folder)
        except ExportError as error:
            # raised there it would come as an error of Spark's
            return error

    files = list(enumerate(job.files))
    staged: list[Staged] = []
    for found in spark.sparkContext.parallelize(files, len(files)).map(read).collect():
        if isinstance(found, ExportError):
            raise found
        staged.append(found)
    return staged


def _evaluate(job: Job, exported: tuple[str, ...], spark: SparkSession, progress: Progress) -> None:
    spark.read.parquet(*map(str, staged_rows(job.work / "staged"))).createOrReplaceTempView("staged")
    before = [part for part in range(job.manifest.partitions) if finished(job.done, part) is not None]
    progress.step("Partitions", job.manifest.partitions, len(before))
    rows = spark.sql(GROUP)
    left = rows.where(~rows.part.isin(before)) if before else rows
    ordered = left.repartition(job.manifest.partitions, "part").sortWithinPartitions(*_ORDER)
    evaluate = partial(_evaluated, job=job, exported=exported)
    made = ordered.rdd.mapPartitions(evaluate)
    progress.at(len(before) + made.count())


def _evaluated(rows: Iterable[Row], job: Job, exported: tuple[str, ...]) -> Iterator[int]:
    """Evaluate the parts that one task of Spark holds; gives their numbers."""
    service = workers.service(job.make_service)
    charts = ChartOpened(service.prefetch, exported)
    for part, owned in groupby(rows, key=lambda row: row.part):
        entries = (Entry(r.patient, r.kind, r.id, bytes(r.line), damaged=r.damaged) for r in owned)
        evaluate_partition(
            part, entries, service, charts, job.manifest.today, job.output, job.done, lambda evaluated: None
        )
        yield part
