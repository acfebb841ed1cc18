"""An engine in small, which ends by SIGKILL at the moment it is told to: it writes one call down and tells of it.

Arguments: the database's URL, where the notifier takes events, its secret, a file with the call's events as JSON, and
the number of the moment at which to die (0: at none). Moments are right before and right after each commit; between two
of them something else is done, such as a request that the notifier answers. What is promised to the caller is printed,
and at last "all is told". When it is started again it goes on with the call where its journal ends, as the engine does.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.notifier.forwarding import Forwarder
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.codec import decode
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.journal import JournalEntry, JournalWriter
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.rows import RecordingKind, RecordingRow

KEPT_WITH = "MessageRecorded"
"""The event of a call after which its message is kept."""


class Mortal(Store):
    """A store whose process dies at one of its commits."""

    def __init__(self, store: Store, die_at: int) -> None:
        super().__init__(store._engine)
        self._left = die_at
        sa.event.listen(store._engine.sync_engine, "commit", self._before)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        async with super().writing() as connection:
            yield connection
        self._moment()

    def _before(self, connection: sa.Connection) -> None:
        if connection.get_execution_options().get("writes"):
            self._moment()

    def _moment(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def live(store: Store, url: str, secret: str, journal: list[JournalEntry]) -> None:
    outbox, log, writer = Outbox(store), CallLog(store), JournalWriter(store)
    forwarder = Forwarder(outbox, url, secret, lambda: datetime.now(UTC), lambda: datetime.now(UTC))
    await outbox.begin(datetime.now(UTC))
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(writer.run())
        written = len(await log.entries(journal[0].call))
        call: Call | None = None
        for entry in journal:
            call, _ = step(call, entry.event, entry.at)
            if entry.seq >= written:
                writer.append(entry, call)
                await writer.flush()
            if type(entry.event).__name__ == KEPT_WITH:
                await writer.keep_recording(
                    RecordingRow("r4nd0m", entry.call, RecordingKind.MESSAGE, "/m.wav", None, 4.0, entry.at)
                )
                print("your message is kept", flush=True)
            while await forwarder.forward(session):
                pass
        writing.cancel()
    assert not await outbox.waiting(1)
    print("all is told", flush=True)


async def run(database: str, url: str, secret: str, journal: list[JournalEntry], die_at: int) -> None:
    async with open_store(database) as store:
        await live(Mortal(store, die_at), url, secret, journal)


def main() -> None:
    database, url, secret, file, die_at = sys.argv[1:]
    journal = [
        JournalEntry(call, seq, datetime.fromisoformat(at), decode(call, seq, kind, payload))
        for seq, (call, at, kind, payload) in enumerate(json.loads(Path(file).read_text()))
    ]
    asyncio.run(run(database, url, secret, journal, int(die_at)))
