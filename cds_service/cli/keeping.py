"""What `serve` keeps, as its settings say: the store, its feedback, its records."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes

import click

from ..batching import BatchWriter
from ..keeping import Keeping
from ..metrics import Metrics
from ..random_uuid import random_uuid
from ..secrets_file import Secret, Secrets
from ..settings import PREFIX, Settings
from ..store.beside import Beside
from ..store.database import Database, StoreDown, StoreTooNew
from ..store.decisions import DecisionRecord, write_decisions
from ..store.feedback import Feedback, keep_feedback
from ..store.pseudonyms import Pseudonyms, read_secrets
from ..store.suppression import Suppression
from ..store.tokens import StoredTokens
from ..store.watch import Watch
from .store import store_of, using_store

# longer than a store that is busy takes; a delivery that is sent again is recognised
_FEEDBACK_SECONDS = 10.0


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


class Kept:
    """What a service keeps while it runs, made once: each application that is made anew shares it."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        """Ends the command if the store can never be used."""
        self._settings = settings
        self._database = opened_store(settings)
        self._writer: BatchWriter[DecisionRecord] = BatchWriter(
            lambda records: write_decisions(self._database, records),
            down=StoreDown,
            kept=lambda count: metrics.decisions_kept.inc(count),
            lost=lambda count: metrics.decisions_lost.inc(count),
        )
        self._beside = Beside("feedback")
        self.tokens = StoredTokens(self._database, _now)
        self._watch = Watch(self._database, self.tokens.begin)
        # shared by the workers, which are forked from this process, and by what a reload makes
        own = Secret("of-this-process", _now().date(), token_bytes(32))
        self.smart_secrets = Secrets.of([own])

    def feedback(self, entries: Sequence[Feedback], client: str) -> None:
        """Keep a delivery of feedback. Raises StoreDown if it is not kept, or not known to be, in time."""
        comments = self._settings.feedback_comments
        self._beside.ask(
            lambda: keep_feedback(self._database, entries, client, _now(), comments=comments),
            _FEEDBACK_SECONDS,
        )

    def answers(self) -> Keeping:
        """What keeps the answers, with the secrets of pseudonyms as they are on disk now.

        Ends the command if pseudonyms are asked for without a file of secrets. Raises AuthoringMistakes.
        """
        days = self._settings.suppress_overridden_days
        secrets = _secrets(self._settings)
        return Keeping(
            record=self._writer.put,
            now=_now,
            new_id=random_uuid,
            suppression=Suppression(self._database, secrets, days, _now) if days and secrets else None,
            patient_keys=secrets if self._settings.patient_key_days else None,
        )

    def connect(self, seconds: float = 0.5) -> None:
        """Connect this process to the store; one that takes longer connects beside what comes next."""

        def touch() -> None:
            # a store that is down is noted, and asked again when it is needed
            with suppress(StoreDown):
                self.tokens.begin()

        connecting = threading.Thread(target=touch, name="store-connecting", daemon=True)
        connecting.start()
        connecting.join(seconds)

    def notes(self) -> Iterator[str]:
        """What readiness should say of the store, by what it answered in the last seconds."""
        self._watch.begin()
        if trouble := self._database.trouble:
            yield (
                f"The store fails ({trouble}): calls are answered, feedback is refused, records of decisions wait."
            )


def _now() -> datetime:
    return datetime.now(UTC)


def _secrets(settings: Settings) -> Pseudonyms | None:
    """The secrets of pseudonyms; None where nothing is made with them."""
    if not settings.suppress_overridden_days and not settings.patient_key_days:
        return None
    if not settings.pseudonym_secrets:
        raise click.ClickException(
            f"Pseudonyms ({PREFIX}SUPPRESS_OVERRIDDEN_DAYS, {PREFIX}PATIENT_KEY_DAYS) need the file with their "
            f"secrets: {PREFIX}PSEUDONYM_SECRETS (docs/feedback.md)."
        )
    return read_secrets(Path(settings.pseudonym_secrets))
