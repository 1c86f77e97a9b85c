"""SQLite's file between processes: each makes it ready, comes and goes, and takes nothing from the others."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE

from sqlalchemy import func, select

from cds_service.store.database import FILE_NAME, Database, file_url
from cds_service.store.tables import used_token
from cds_service.store.upgrading import opened

UNTIL = datetime(2026, 11, 2, 9, tzinfo=UTC)

COME_AND_GO = """
import sys
from cds_service.store.upgrading import opened
database = opened(sys.argv[1])
with database.transaction():
    pass
database.close()
"""


def come_and_go(url: str) -> None:
    subprocess.run([sys.executable, "-c", COME_AND_GO, url], check=True, timeout=60)


def write(database: Database, token: str) -> None:
    with database.transaction() as connection:
        connection.execute(database.insert_new(used_token), {"client": "ehr", "token": token, "until": UNTIL})


def written(file: Path) -> int:
    """As another program reads it that opens the file now."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; "
            "print(sqlite3.connect(sys.argv[1]).execute('select count(*) from used_token').fetchone()[0])",
            str(file),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return int(told.stdout)


def test_a_process_that_leaves_takes_nothing_that_others_write(tmp_path: Path) -> None:
    """Whoever closes a file loses all locks that its process has on it; the next to leave would then think itself the
    last, and remove the journal into which others write."""
    url, file = file_url(tmp_path), tmp_path / FILE_NAME
    database = opened(url)
    with database.transaction(), database.transaction(reading=True):
        pass  # a second connection, while the first has its locks
    come_and_go(url)
    write(database, "after")
    assert written(file) == 1
    come_and_go(url)
    write(database, "after another")
    assert written(file) == 2
    database.close()


def test_a_child_has_locks_of_its_own(tmp_path: Path) -> None:
    """A child believes to have the locks of connections that were open when it was forked, and has none."""
    url, file = file_url(tmp_path), tmp_path / FILE_NAME
    database = opened(url)
    write(database, "before")
    child = os.fork()
    if child == 0:
        try:
            write(database, "by the child")
            # the parent leaves; then another comes and goes, and is not the last
            time.sleep(0.3)
            come_and_go(url)
            write(database, "by the child, afterwards")
            os._exit(0 if written(file) == 3 else 1)
        finally:
            os._exit(2)
    database.close()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert written(file) == 3


def test_a_new_file_is_made_ready_though_another_is_at_it(tmp_path: Path) -> None:
    """Many workers and a command may start at once, and SQLite refuses at once to begin a journal where another
    writes."""
    file = tmp_path / FILE_NAME
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    database = opened(file_url(tmp_path))
    with ThreadPoolExecutor() as pool:
        first = pool.submit(write, database, "first")
        time.sleep(0.3)
        assert not first.done()
        other.execute("COMMIT")
        other.close()
        first.result(30)
    with database.transaction(reading=True) as connection:
        assert connection.execute(select(func.count()).select_from(used_token)).scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()


def test_nobody_else_may_read_the_file_wherever_its_name_leads(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "elsewhere")
    database = opened(file_url(tmp_path))
    write(database, "first")
    assert S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o600
    database.close()
