"""Opening the database: SQLite in a file, or PostgreSQL by URL; migrated to this version before anything else.

All that differs between the two is in this file.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Table, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from lcr_asterisk.errors import StoreError

BUSY_TIMEOUT_MS = 5000  # how long a writer waits for another process's transaction
PRAGMAS = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "journal_mode = WAL",  # readers never hold up the writer
    "synchronous = FULL",  # what is committed survives a power cut
    "foreign_keys = ON",
)
# Who opens a SQLite file waits for others that make or migrate it; at the first "locked" an engine would end. Seconds.
OPEN_WITHIN, OPEN_AGAIN = 30.0, 0.05

# Of PostgreSQL, which may be on another machine: seconds to connect, and for one statement, that of a migration too.
CONNECT_TIMEOUT, COMMAND_TIMEOUT = 10.0, 120.0
MIGRATION = "lcr-asterisk migration"

T = TypeVar("T")

Upsert = sqlite.Insert | postgresql.Insert


class Store:
    """An open database. Both kinds of transaction raise StoreError for whatever the database says no to."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite: take the write lock at the start, where busy_timeout helps, and not in the middle, where it cannot.
        self._writer = engine.execution_options(writes=True)
        # PostgreSQL: without being told so, each statement would see a state of its own.
        self._reader = engine if _is_sqlite(engine) else engine.execution_options(isolation_level="REPEATABLE READ")
        self.name = _shown(engine)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one state of the database from beginning to end."""
        try:
            async with self._reader.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"The database {self.name} cannot be read: {_cause(error)}.") from error

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed, and on disk, when the block ends without an error."""
        try:
            async with self._writer.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"The database {self.name} cannot be written: {_cause(error)}.") from error

    def insert_new(self, table: Table) -> Upsert:
        """INSERT that leaves a row alone that is already there, by whichever unique key."""
        return self._insert(table).on_conflict_do_nothing()

    def insert_or_update(self, table: Table) -> Upsert:
        """INSERT that brings a row with the same primary key up to date."""
        insert = self._insert(table)
        changed = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
        return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changed)

    async def one_at_a_time(self, connection: AsyncConnection, what: str) -> None:
        """Until the end of this writing transaction nobody else, in whatever process, gets past here for `what`."""
        await connection.run_sync(_one_at_a_time, what)

    def _insert(self, table: Table) -> Upsert:
        return sqlite.insert(table) if _is_sqlite(self._engine) else postgresql.insert(table)


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """Do a piece of work with the database to its end, also where the caller is cancelled meanwhile.

    At shutdown the journal's last attempt follows at once: it must not meet a transaction that was broken off, and an
    entry half written is an entry lost.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):  # a shutdown may cancel more than once
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # seen: the caller is gone
        raise


@asynccontextmanager
async def open_store(url: str, *, create: bool = True) -> AsyncIterator[Store]:
    """The database at an SQLAlchemy URL with an async driver, migrated to this version, closed at the end.

    A SQLite file is made where there is none, readable by its owner only; with `create=False` that is a StoreError
    instead, so that looking at a call log never makes an empty one. StoreError also where the URL is unusable, the
    database cannot be opened or migrated, or a newer version has written it.
    """
    engine = _make_engine(url, create=create)
    try:
        try:
            await _brought_up_to_date(engine)
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"The database {_shown(engine)} cannot be opened: {_cause(error)}.") from error
        yield Store(engine)
    finally:
        await engine.dispose()


async def _brought_up_to_date(engine: AsyncEngine) -> None:
    loop = asyncio.get_running_loop()
    give_up = loop.time() + OPEN_WITHIN
    while True:
        try:
            # Looked at first: whoever only reads the log never waits for the write lock, nor holds up the journal.
            async with engine.begin() as connection:
                current = await connection.run_sync(up_to_date)
            if not current:
                async with engine.execution_options(writes=True).begin() as connection:
                    await connection.run_sync(migrate)
            return
        except DBAPIError as error:
            if not _is_locked(error) or loop.time() >= give_up:
                raise
        await asyncio.sleep(OPEN_AGAIN)


def _is_locked(error: DBAPIError) -> bool:
    """Whether another process has the SQLite file just now.

    Said after busy_timeout, which a migration on a slow disk may exceed; but at once to whoever would turn on WAL while
    another writes: there SQLite heeds no busy_timeout, lest two that read wait for each other.
    """
    code: int = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF == sqlite3.SQLITE_BUSY  # the other bits say more of it


def up_to_date(connection: Connection) -> bool:
    """Whether the schema is this version's. Raises StoreError where it is a newer one's."""
    scripts = ScriptDirectory.from_config(_migrations(connection))
    known = {script.revision for script in scripts.walk_revisions()}
    current = set(MigrationContext.configure(connection).get_current_heads())
    if not current <= known:
        raise StoreError(
            f"The database {_shown(connection)} was written by a newer version (schema {', '.join(current - known)}).",
            remedy="Install that version again, or give this one a database of its own.",
        )
    return current == set(scripts.get_heads())


def migrate(connection: Connection) -> None:
    """Bring the schema to this version, inside the connection's transaction; nothing to do is quick."""
    _one_at_a_time(connection, MIGRATION)
    if not up_to_date(connection):  # asked again, with the lock: another process may have been quicker
        command.upgrade(_migrations(connection), "head")


def _migrations(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "lcr_asterisk.store:migrations")
    config.attributes["connection"] = connection
    return config


def _make_engine(url: str, *, create: bool) -> AsyncEngine:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise StoreError(f"The database URL names {backend}; SQLite and PostgreSQL are known.")
        engine = _postgresql(parsed) if backend == "postgresql" else create_async_engine(parsed)
    except ImportError as error:
        raise StoreError(
            f"The driver for this database URL is not installed: {error}.",
            remedy="Install it where lcr is installed: pip install 'lcr-asterisk[postgres]', or asyncpg alone.",
        ) from error
    except SQLAlchemyError as error:
        raise StoreError(
            f"This database URL cannot be used: {error}.", remedy="SQLite, for one: sqlite+aiosqlite:////path/lcr.db"
        ) from error
    if _is_sqlite(engine):
        _prepare_file(Path(parsed.database or ""), create=create)
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _postgresql(url: URL) -> AsyncEngine:
    timeouts = {"timeout": CONNECT_TIMEOUT, "command_timeout": COMMAND_TIMEOUT}
    # Asked before each use: a connection may have been ended meanwhile, by the server or by what is in between.
    return create_async_engine(url, connect_args=timeouts, pool_pre_ping=True)


def _is_sqlite(engine: AsyncEngine) -> bool:
    return engine.dialect.name == "sqlite"


def _one_at_a_time(connection: Connection, what: str) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))


def _prepare_file(path: Path, *, create: bool) -> None:
    """The log names callers: a new database is for its owner's eyes. SQLite gives its side files the same mode."""
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        elif not path.exists():
            raise StoreError(f"There is no call log at {path} yet.", remedy="`lcr run` makes it.")
    except OSError as error:
        raise StoreError(f"The database {path} cannot be opened: {error.strerror}.") from error


def _set_pragmas(connection: Any, _record: Any) -> None:
    # Python's sqlite3 begins transactions on its own, late and never for DDL; `_begin` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _shown(source: AsyncEngine | Connection) -> str:
    url = source.url if isinstance(source, AsyncEngine) else source.engine.url
    return (url.database or "in memory") if url.get_backend_name() == "sqlite" else url.render_as_string()


def _cause(error: Exception) -> str:
    """The driver's own words, without SQLAlchemy's statement and link."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return str(cause).rstrip(".") or type(cause).__name__  # a TimeoutError has no words
