"""What `serve` keeps, as its settings say: the store, its feedback, its records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import click

from ..batching import BatchWriter
from ..http.feedback import Keep
from ..keeping import Keeping, Record
from ..metrics import Metrics
from ..settings import PREFIX, Settings
from ..store.database import Database, StoreDown, StoreTooNew
from ..store.decisions import DecisionRecord, write_decisions
from ..store.feedback import Feedback, keep_feedback
from ..store.pseudonyms import Pseudonyms, read_secrets
from ..store.suppression import Suppression
from .ground import refusing
from .store import store_of, using_store


def opened_store(settings: Settings) -> Database:
    """The store with its schema up to date. A store that is down is no reason not to start: advice does not
    hang on it, and the schema is brought up to date once it answers."""
    database = store_of(settings)

    def prepare() -> None:
        try:
            with database.transaction(reading=True):
                pass
        except StoreTooNew:
            raise
        except StoreDown as error:
            click.echo(
                f"THE STORE {database} DOES NOT ANSWER ({error}): calls are answered, feedback with 503.",
                err=True,
            )
        else:
            click.echo(f"Feedback and decisions are kept in {database}.", err=True)

    using_store(database, prepare)
    # connections must not be shared with the workers, which are forked from this process
    database.close()
    return database


def feedback_keeper(settings: Settings, database: Database) -> Keep:
    """What the feedback endpoint gives its entries to."""

    def keep(entries: Sequence[Feedback], client: str) -> None:
        keep_feedback(database, entries, client, now(), comments=settings.feedback_comments)

    return keep


def answer_keeper(settings: Settings, database: Database, record: Record) -> Keeping:
    """What keeps answers; `record` takes the records.

    Ends the command if pseudonyms are asked for without secrets to make them with.
    """
    suppression = patient_keys = None
    if settings.suppress_overridden_days:
        secrets = _secrets(settings, "SUPPRESS_OVERRIDDEN_DAYS")
        suppression = Suppression(database, secrets, settings.suppress_overridden_days, now)
    if settings.patient_key_days:
        patient_keys = _secrets(settings, "PATIENT_KEY_DAYS")
    return Keeping(
        record=record,
        now=now,
        new_id=lambda: str(uuid4()),
        suppression=suppression,
        patient_keys=patient_keys,
    )


def recorder(database: Database, metrics: Metrics) -> Record:
    """Takes records without waiting and writes them in batches; what cannot be kept is counted, and no answer
    hangs on it."""
    writer: BatchWriter[DecisionRecord] = BatchWriter(
        lambda records: write_decisions(database, records),
        kept=metrics.decisions_kept.inc,
        lost=metrics.decisions_lost.inc,
    )
    return writer.put


def now() -> datetime:
    return datetime.now(UTC)


def _secrets(settings: Settings, wanted_by: str) -> Pseudonyms:
    if not settings.pseudonym_secrets:
        raise click.ClickException(
            f"{PREFIX}{wanted_by} needs {PREFIX}PSEUDONYM_SECRETS: the file with the secrets of pseudonyms."
        )
    path = Path(settings.pseudonym_secrets)
    return refusing(lambda: read_secrets(path))
