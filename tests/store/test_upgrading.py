"""The schema: made by its migrations, by one process at a time, never taken back."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import Connection, inspect, text

from cds_service.cli import main
from cds_service.store import upgrading
from cds_service.store.database import Database, StoreDown, StoreTooNew, StoreUnusable, file_url, store_url
from cds_service.store.tables import metadata
from cds_service.store.upgrading import VERSION_TABLE, opened

OPEN_IT = """
import sys
from cds_service.store.upgrading import opened
with opened(sys.argv[1]).transaction() as connection:
    connection.exec_driver_sql("SELECT count(*) FROM feedback")
"""


def hold_something_else(url: str) -> None:
    before = Database(url)
    with before.transaction() as connection:
        connection.execute(text("CREATE TABLE somebody_elses (a integer)"))
    before.close()


def emptied(connection: Connection) -> None:
    for name in inspect(connection).get_table_names():
        connection.execute(text(f"DROP TABLE {name}"))


@pytest.mark.parametrize("migrated", [True, False])
def test_migrations_make_the_tables_that_the_code_expects_and_a_new_store_has(
    database: Database, migrated: bool
) -> None:
    with database.transaction() as connection:
        if migrated:
            emptied(connection)
            upgrading._migrate(connection, None)
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        made = set(inspect(connection).get_table_names())
        assert upgrading._revision(connection) == context.get_current_revision() == upgrading.NEWEST
    assert made == {*metadata.tables, VERSION_TABLE}


def test_the_newest_schema_is_the_last_migration() -> None:
    assert ScriptDirectory.from_config(upgrading._config()).get_current_head() == upgrading.NEWEST


def test_a_store_that_holds_something_else_is_migrated_beside_it(url: str) -> None:
    hold_something_else(url)
    database = opened(url)
    with database.transaction(reading=True) as connection:
        made = set(inspect(connection).get_table_names())
    database.close()
    assert made == {*metadata.tables, VERSION_TABLE, "somebody_elses"}


@pytest.mark.slow
def test_processes_that_start_together_make_the_schema_once(url: str) -> None:
    starting = [subprocess.Popen([sys.executable, "-c", OPEN_IT, url]) for _ in range(6)]
    assert [process.wait(60) for process in starting] == [0] * 6


def test_threads_make_the_schemas_of_different_stores_beside_each_other(tmp_path: Path) -> None:
    def made(number: int) -> set[str]:
        url = file_url(tmp_path / str(number))
        hold_something_else(url)
        store = opened(url)
        with store.transaction(reading=True) as connection:
            found = set(inspect(connection).get_table_names())
        store.close()
        return found

    with ThreadPoolExecutor(6) as threads:
        assert (
            list(threads.map(made, range(12))) == [{*metadata.tables, VERSION_TABLE, "somebody_elses"}] * 12
        )


def test_a_store_with_content_is_left_as_it_is(url: str) -> None:
    first = opened(url)
    with first.transaction() as connection:
        connection.execute(
            text("INSERT INTO used_token (client, token, until) VALUES ('a', 'b', '2026-11-02')")
        )
    first.close()
    again = opened(url)
    with again.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM used_token")).scalar() == 1
    again.close()


def test_a_newer_schema_is_refused(database: Database, url: str) -> None:
    with database.transaction() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = 'z9999'"))
    newer = opened(url)
    with pytest.raises(StoreTooNew, match="z9999"), newer.transaction():
        pass
    newer.close()
    told = CliRunner().invoke(main, ["store", "upgrade"], env={"CDS_SERVICE_STORE_URL": url})
    assert (told.exit_code, "newer version" in told.output) == (1, True)
    served = CliRunner().invoke(
        main, ["serve", "--development", "--port", "1"], env={"CDS_SERVICE_STORE_URL": url}
    )
    assert (served.exit_code, "newer version" in served.output) == (1, True)


def test_the_schema_comes_once_a_store_that_was_down_answers(tmp_path: Path) -> None:
    late = tmp_path / "late"
    late.write_text("a file is where the folder should be")
    database = opened(file_url(late))
    for _ in range(2):
        with pytest.raises(StoreDown), database.transaction():
            pass
    assert database.trouble is not None
    late.unlink()
    with database.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM feedback")).scalar() == 0
    assert database.trouble is None
    database.close()


def test_the_command_upgrades_and_says_so(url: str) -> None:
    told = CliRunner().invoke(main, ["store", "upgrade"], env={"CDS_SERVICE_STORE_URL": url})
    assert (told.exit_code, "is up to date" in told.output) == (0, True)
    with Database(url).transaction() as connection:
        assert "feedback" in inspect(connection).get_table_names()


def test_a_password_is_shown_nowhere() -> None:
    address = "postgresql://service:hunter2@127.0.0.1:1/none"
    assert "hunter2" not in str(Database(address))
    told = CliRunner().invoke(main, ["store", "upgrade"], env={"CDS_SERVICE_STORE_URL": address})
    assert told.exit_code == 1
    assert "127.0.0.1:1" in told.output
    assert "hunter2" not in told.output


@pytest.mark.parametrize("stated", ["sqlite://", "sqlite:///:memory:", "mysql://h/d", "nothing", ""])
def test_other_databases_are_refused(stated: str) -> None:
    with pytest.raises(StoreUnusable):
        store_url(stated)


def test_a_sqlite_file_is_for_its_owner_alone_and_durable(tmp_path: Path) -> None:
    database = opened(file_url(tmp_path / "made"))
    with database.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "made").iterdir()}
    assert set(modes.values()) == {0o600}
    database.close()
