"""Opening the database: it is made, migrated and refused as an admin would expect."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from lcr_asterisk.errors import StoreError
from lcr_asterisk.store import database, tables
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store, unbroken
from lcr_asterisk.store.journal import JournalWriter
from tests.unit.store.conftest import only_sqlite

if TYPE_CHECKING:
    from tests.unit.store.conftest import Play

OPEN_AT_ONCE = """
import asyncio, sys
from lcr_asterisk.store.database import open_store, unbroken
async def main():
    sys.stdin.readline()
    async with open_store(sys.argv[1]):
        print("open")
print("ready", flush=True)
asyncio.run(main())
"""


# As migration 0001 made it; the other tables are of no matter here.
CALL_LOG_OF_THE_FIRST_VERSION = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE calls (
    id TEXT NOT NULL PRIMARY KEY, channel TEXT NOT NULL, route TEXT NOT NULL, route_name TEXT NOT NULL, team TEXT,
    caller TEXT NOT NULL, caller_name TEXT NOT NULL, dialled TEXT NOT NULL, started DATETIME NOT NULL, ended DATETIME,
    stage TEXT NOT NULL, result TEXT, reason TEXT, answered_by TEXT, answered_by_name TEXT, wait_seconds DOUBLE,
    talk_seconds DOUBLE
);
INSERT INTO calls VALUES (
    'one', '1.0', 'production', 'Production', NULL, '', '', '+1', '2026-11-21 09:00:00', '2026-11-21 09:01:00',
    'over', 'abandoned', 'during_menu', NULL, NULL, 5.0, NULL
);
CREATE TABLE recordings (id TEXT PRIMARY KEY, call_id TEXT, kind TEXT, created DATETIME);
"""


async def test_migrations_make_exactly_the_tables_that_the_code_uses(store: Store) -> None:
    def differences(connection: sa.Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), tables.metadata)

    async with store.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_look_at_the_log_neither_waits_for_a_writer_nor_holds_one_up(url: str, store: Store) -> None:
    async with store.writing() as connection:
        await connection.execute(sa.delete(tables.recordings))
        async with open_store(url, create=False) as other:
            assert await CallLog(other).calls(10) == []


async def test_a_database_is_opened_again_with_its_calls(url: str, play: Play) -> None:
    for name in ("one", "two"):
        async with open_store(url) as store:
            writer = JournalWriter(store)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(writer.run())
                writer.append(*play(name)[0])
                await writer.flush()
                running.cancel()
    async with open_store(url, create=False) as store:
        assert {logged.call.id for logged in await CallLog(store).calls(10)} == {"one", "two"}


@only_sqlite
async def test_what_is_committed_survives_a_power_cut_and_readers_never_block(store: Store) -> None:
    async with store.writing() as connection:
        found = {
            pragma: await connection.scalar(sa.text(f"PRAGMA {pragma}"))
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


@only_sqlite
async def test_the_database_is_for_its_owner_only(store: Store, path: Path) -> None:
    """It names callers."""
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_a_migration_that_fails_leaves_nothing_half_done(blank_url: str, path: Path) -> None:
    path.parent.mkdir()
    engine = create_async_engine(blank_url)
    async with engine.begin() as connection:  # in the way of the last table of the first migration
        await connection.execute(sa.text("CREATE TABLE recordings (id TEXT)"))
    with pytest.raises(StoreError, match=r'(table |relation ")recordings"? already exists'):
        async with open_store(blank_url):
            pass
    async with engine.begin() as connection:
        assert await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()) == ["recordings"]
    await engine.dispose()


async def test_several_processes_may_open_a_new_database_at_once(blank_url: str) -> None:
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPEN_AT_ONCE, blank_url, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    for child in children:
        assert child.stdout is not None
        assert await child.stdout.readline() == b"ready\n"
    said = await asyncio.gather(*(child.communicate(b"go\n") for child in children))
    assert [out for out, _ in said] == [b"open\n"] * 3


@pytest.fixture
def taken(path: Path) -> Iterator[sqlite3.Connection]:
    """A new database in which another process writes: SQLite says so at once to whoever would turn on WAL."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


async def test_a_program_that_begins_waits_for_another_that_makes_the_database(
    sqlite: str, taken: sqlite3.Connection
) -> None:
    async def opens() -> None:
        async with open_store(sqlite) as store:
            assert await CallLog(store).calls(10) == []

    async with asyncio.TaskGroup() as tasks:
        opening = tasks.create_task(opens())
        await asyncio.wait([opening], timeout=0.5)
        assert not opening.done()
        taken.rollback()


async def test_a_database_that_another_process_never_leaves_is_named(
    sqlite: str, taken: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "OPEN_WITHIN", 0.2)
    with pytest.raises(StoreError, match=r"lcr\.db cannot be opened: database is locked\.$"):
        async with open_store(sqlite):
            pass


async def test_a_database_of_a_newer_version_is_left_alone(blank_url: str) -> None:
    async with open_store(blank_url) as store, store.writing() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"(lcr\.db|test_\d+\S*) was written by a newer version \(schema 9999\)"):
        async with open_store(blank_url):
            pass


async def test_looking_for_a_call_log_does_not_make_one(sqlite: str, path: Path) -> None:
    with pytest.raises(StoreError, match=r"There is no call log at .*lcr\.db yet\. `lcr run` makes it\."):
        async with open_store(sqlite, create=False):
            pass
    assert list(path.parent.parent.iterdir()) == []


def diary(path: Path) -> None:
    path.write_text("dear diary, " * 1000)


@pytest.mark.parametrize(
    ("put_there", "complaint"), [(diary, "file is not a database"), (Path.mkdir, "unable to open database file")]
)
async def test_what_is_no_database_is_named(
    put_there: Callable[[Path], None], complaint: str, sqlite: str, path: Path
) -> None:
    path.parent.mkdir()
    put_there(path)
    with pytest.raises(StoreError, match=rf"lcr\.db cannot be opened: {complaint}\.$"):
        async with open_store(sqlite):
            pass


async def test_a_data_directory_that_is_a_file_is_named(sqlite: str, path: Path) -> None:
    path.parent.write_text("")
    with pytest.raises(StoreError, match=r"lcr\.db cannot be opened: File exists\.$"):
        async with open_store(sqlite):
            pass


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://host/lcr", "names mysql"),
        ("lcr.db", "This database URL cannot be used"),
        ("postgresql+nosuchdriver://host/lcr", "This database URL cannot be used"),
        ("sqlite:////somewhere/lcr.db", "This database URL cannot be used"),
        (
            "postgresql+asyncpg://host/lcr",
            r"The driver .* is not installed: .*asyncpg.*pip install 'lcr-asterisk\[postgres\]'",
        ),
    ],
)
async def test_an_unusable_url_is_one_clear_sentence(url: str, complaint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)  # as where it was not installed
    with pytest.raises(StoreError, match=complaint):
        async with open_store(url):
            pass


async def test_work_that_is_cancelled_in_the_middle_of_a_transaction_is_done_to_its_end(path: Path) -> None:
    """Also when it is cancelled twice, as at a shutdown; and the next writer need not wait."""
    async with open_store(f"sqlite+aiosqlite:///{path}") as store:
        begun = asyncio.Event()

        async def write() -> None:
            async with store.writing() as connection:
                begun.set()
                await connection.exec_driver_sql("CREATE TABLE whole (id INTEGER)")
                await connection.exec_driver_sql("INSERT INTO whole VALUES (1)")

        work = asyncio.ensure_future(unbroken(write()))
        await begun.wait()
        work.cancel()
        await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        async with store.writing() as connection:
            assert (await connection.exec_driver_sql("SELECT count(*) FROM whole")).scalar() == 1


async def test_calls_from_before_this_version_are_still_there_after_the_migration(sqlite: str, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other, other:
        other.executescript(CALL_LOG_OF_THE_FIRST_VERSION)
    async with open_store(sqlite) as store:
        (logged,) = await CallLog(store).calls(10)
    assert (logged.call.id, logged.call.label, logged.call.test_person) == ("one", None, None)
