"""SQLite's file is removed, replaced or made unwritable under a service that runs: nothing acknowledged is lost, and
it goes on by itself once the file is right."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cds_service.store.database import FILE_NAME, Database, StoreDown, file_url
from cds_service.store.feedback import Feedback, keep_feedback
from cds_service.store.upgrading import opened

from .records import START, uuid
from .test_faults import cards

NOBODY = 65_534


def keep(database: Database, name: str) -> bool:
    """Whether an entry is acknowledged."""
    try:
        keep_feedback(database, [Feedback(uuid(name), "overridden", START)], "ehr", START, comments=False)
    except StoreDown:
        return False
    return True


def remove(file: Path) -> None:
    shutil.rmtree(file.parent)


def replace_by_a_backup(file: Path) -> None:
    """As the runbook restores one, but without stopping the service."""
    backup = file.with_name("backup")
    with sqlite3.connect(file) as source, sqlite3.connect(backup) as copy:
        source.backup(copy)
    backup.replace(file)
    for beside in ("-wal", "-shm"):
        Path(f"{file}{beside}").unlink(missing_ok=True)


@pytest.mark.parametrize("happens", [remove, replace_by_a_backup])
def test_what_is_acknowledged_afterwards_stands_in_the_file_that_is_there(
    tmp_path: Path, happens: object
) -> None:
    file = tmp_path / "state" / FILE_NAME
    database = opened(file_url(file.parent))
    with database.transaction(), database.transaction(reading=True):
        pass  # several connections, as a worker has them
    assert keep(database, "before")
    happens(file)  # type: ignore[operator]
    acknowledged = {uuid(name) for name in map(str, range(10)) if keep(database, name)}
    assert len(acknowledged) >= 9
    database.close()
    assert acknowledged <= cards(file_url(file.parent))


@contextmanager
def unwritable(file: Path) -> Iterator[None]:
    """This process, whoever runs it, may read the file and not write it, as one that was restored by somebody else."""
    if was_root := os.geteuid() == 0:
        file.parent.chmod(0o777)
        file.chmod(0o644)
        os.seteuid(NOBODY)
    else:
        file.chmod(0o444)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)
        else:
            file.chmod(0o644)


def test_a_file_that_could_not_be_written_is_written_once_it_can() -> None:
    # not in pytest's folder, into which nobody else may look
    folder = Path(tempfile.mkdtemp())
    try:
        database = opened(file_url(folder))
        assert keep(database, "before")
        database.close()
        with unwritable(folder / FILE_NAME):
            assert not keep(database, "meanwhile")
        assert keep(database, "after")
        database.close()
        assert cards(file_url(folder)) == {uuid("before"), uuid("after")}
    finally:
        shutil.rmtree(folder)
