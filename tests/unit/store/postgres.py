"""A PostgreSQL of the tests' own: made in a temporary directory, reached by a socket in it, gone at the end."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.tables import metadata

# Nothing of it has to survive the machine, and its files may lie where /dev/shm is small.
SETTINGS = ("listen_addresses=", "fsync=off", "full_page_writes=off", "dynamic_shared_memory_type=mmap")


def programs() -> Path | None:
    """The directory of the newest installed initdb and postgres; Debian keeps them out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


class Postgres:
    """A running server; everybody who can reach its socket is let in."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = count(1)
        self._used: str | None = None
        self._engine: AsyncEngine = create_async_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")

    def url(self, database: str, user: str = "postgres", password: str = "") -> str:
        return f"postgresql+asyncpg://{user}:{password}@/{database}?host={self._directory}"

    async def new_database(self) -> str:
        """The URL of a database in which nothing is, and that nobody else has."""
        name = f"test_{next(self._numbers)}"
        async with self._engine.connect() as connection:
            await connection.execute(sa.text(f"CREATE DATABASE {name}"))
        return self.url(name)

    async def emptied_database(self) -> str:
        """The URL of one that is used again and again, with tables and nothing in them: that takes less time."""
        if self._used is None:
            self._used = await self.new_database()
            async with open_store(self._used):
                pass
        engine = create_async_engine(self._used)
        async with engine.begin() as connection:
            await connection.execute(sa.text(f"TRUNCATE {', '.join(metadata.tables)}"))
        await engine.dispose()
        return self._used

    @asynccontextmanager
    async def away(self, url: str) -> AsyncIterator[None]:
        """This database refuses everybody, and those who are connected are thrown out, until the block ends.

        It begins when the last of them is out.
        """
        name = sa.make_url(url).database
        ends = "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = :name"
        async with self._engine.connect() as connection:
            await connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            await connection.execute(sa.text(ends), {"name": name})
            try:
                yield
            finally:
                await connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))

    async def close(self) -> None:
        await self._engine.dispose()


@asynccontextmanager
async def running(programs: Path) -> AsyncIterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="lcr-postgres-") as made:
        directory, who = Path(made), _unprivileged(Path(made))
        made_in = ("-D", str(directory / "data"))
        initdb = await asyncio.create_subprocess_exec(
            *(
                str(programs / "initdb"),
                *made_in,
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ),
            stdout=asyncio.subprocess.DEVNULL,
            cwd=made,
            **who,
        )
        assert await initdb.wait() == 0
        options = [part for setting in (*SETTINGS, f"unix_socket_directories={made}") for part in ("-c", setting)]
        process = await asyncio.create_subprocess_exec(
            *(str(programs / "postgres"), *made_in, *options),
            stderr=asyncio.subprocess.PIPE,
            cwd=made,
            env={**os.environ, "LC_ALL": "C"},
            **who,
        )
        assert process.stderr is not None
        try:
            while b"ready to accept connections" not in (line := await process.stderr.readline()):
                assert line, "PostgreSQL ended before it was ready"
            reading = asyncio.ensure_future(process.stderr.read())  # so that it never waits for a reader
            postgres = Postgres(directory)
            yield postgres
            await postgres.close()
            reading.cancel()
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGQUIT)  # at once: nobody needs its files any more
            await process.wait()


def _unprivileged(directory: Path) -> dict[str, Any]:
    """As whom to run it: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(directory, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
