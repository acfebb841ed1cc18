"""Writing calls down while they happen, without ever holding one up.

`append` only remembers; one task commits whatever has come together meanwhile in one transaction, so that the busier
the system is, the more events share one wait for the disk. When the database says no, the calls go on and their
events wait in memory, in order, until it says yes again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from lcr_asterisk.callflow.events import Event
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.errors import StoreError
from lcr_asterisk.store import happenings, tables
from lcr_asterisk.store.codec import encode
from lcr_asterisk.store.database import Store, unbroken
from lcr_asterisk.store.projection import project
from lcr_asterisk.store.reading import call_row
from lcr_asterisk.store.rows import CallRow, LegRow, OutboxRow, RecordingKind, RecordingRow

log = logging.getLogger(__name__)

BATCH = 500  # events per transaction, so that a long backlog is written off step by step
MANY_PENDING = 10_000
LAST_TRIES = 3  # at shutdown


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One event a call took: `seq` counts from 0 within the call, `at` is aware UTC."""

    call: str
    seq: int
    at: datetime
    event: Event


class _Pending(NamedTuple):
    """One entry ready for the database, with the rows of its call as they are after it, and what is to be told then."""

    journal: dict[str, Any]
    call: CallRow
    legs: tuple[LegRow, ...]
    told: tuple[OutboxRow, ...]


class JournalWriter:
    """Writes journal entries and the rows of the calls they belong to. `run` must be running for anything to happen.

    `retry_first` and `retry_longest` are the seconds between attempts while the database cannot be written.
    """

    def __init__(self, store: Store, *, retry_first: float = 0.2, retry_longest: float = 5.0) -> None:
        self._store = store
        self._retry_first = retry_first
        self._retry_longest = retry_longest
        self._pending: list[_Pending] = []
        self._appended = 0
        self._written = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._work = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._stopped = False
        self.healthy = True

    @property
    def pending(self) -> int:
        """Entries that are in memory only."""
        return len(self._pending)

    def append(self, entry: JournalEntry, call: Call) -> None:
        """Remember that `call` took this event and became what it is now. Never blocks, never fails."""
        try:
            row, legs = project(call)
            pending = _Pending(_journal_row(entry), row, legs, _told(call, row))
        except Exception:  # a defect here must cost one line of one call's log, not all calls their journal
            log.exception("Call %s: journal entry %d is not written", entry.call, entry.seq)
            return
        self._pending.append(pending)
        self._appended += 1
        self._work.set()
        if len(self._pending) == MANY_PENDING:
            log.error("%d journal entries wait for the database; a crash now would lose them", MANY_PENDING)

    async def run(self) -> None:
        """Commit what is appended, until cancelled; what is pending then is still written."""
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                await self._write_all()
        finally:
            await self._write_the_last()

    async def flush(self) -> None:
        """Wait until everything appended so far is committed and survives a crash of this process and of the machine.

        Waits as long as the database cannot be written: put a timeout around it. StoreError if the writer stopped
        before it could.
        """
        if self._written >= self._appended:
            return
        if self._stopped:
            raise StoreError(f"{self.pending} journal entries were never written: the writer has stopped.")
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((self._appended, written))
        await written

    async def keep_recording(self, recording: RecordingRow) -> str:
        """Commit a recording's row together with everything pending, and return the id it is kept under.

        A repeated call changes nothing: a recording of this kind that the call already has keeps its own id, and that
        is returned. StoreError if it could not be committed; then the caller must not be told that it was.
        """
        async with self._one_at_a_time:
            await unbroken(self._commit(len(self._pending), recording))
            return await self._kept_id(recording)

    async def _kept_id(self, recording: RecordingRow) -> str:
        table = tables.recordings
        same = sa.select(table.c.id).where(table.c.call_id == recording.call_id, table.c.kind == recording.kind)
        async with self._store.reading() as connection:
            kept: str | None = await connection.scalar(same)
        if kept is None:
            raise StoreError(f"Recording {recording.id} of call {recording.call_id}: this id is another recording's.")
        return kept

    async def _write_all(self) -> None:
        delay = self._retry_first
        while self._pending:
            try:
                async with self._one_at_a_time:
                    await unbroken(self._commit(BATCH))
                delay = self._retry_first
            except Exception as error:  # whatever it is, calls go on
                self._note_failure(error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, self._retry_longest)

    async def _write_the_last(self) -> None:
        """Shutdown: a few tries and no more, for a process that cannot end helps nobody."""
        for _ in range(LAST_TRIES):
            try:
                async with self._one_at_a_time:
                    await unbroken(self._commit(len(self._pending)))
                break
            except Exception as error:
                self._note_failure(error)
                await asyncio.sleep(self._retry_first)
        self._stopped = True
        if self._pending:
            calls = sorted({pending.call.id for pending in self._pending})
            log.critical("%d journal entries could not be written and are lost: %s", self.pending, ", ".join(calls))
        for _, written in self._waiting:
            if not written.done():
                written.set_exception(StoreError("The journal could not be written before the end."))

    def _note_failure(self, error: Exception) -> None:
        if self.healthy:
            self.healthy = False
            log.critical(
                "%s Calls go on; their log is kept in memory until it can be written.",
                error,
                exc_info=None if isinstance(error, StoreError) else error,
            )

    async def _commit(self, at_most: int, recording: RecordingRow | None = None) -> None:
        """One transaction for the oldest pending entries, which leave the list only when they are committed."""
        batch = self._pending[:at_most]
        count = len(batch)
        if count or recording is not None:
            async with self._store.writing() as connection:
                await self._write(connection, batch, recording)
        del self._pending[:count]
        self._written += count
        if not self.healthy:
            self.healthy = True
            log.warning("The database can be written again; %d entries that had waited are in it", count)
        for due, written in self._waiting:
            if due <= self._written and not written.done():
                written.set_result(None)
        self._waiting = [(due, written) for due, written in self._waiting if not written.done()]

    async def _write(
        self, connection: AsyncConnection, batch: Sequence[_Pending], recording: RecordingRow | None
    ) -> None:
        latest = {pending.call.id: pending for pending in batch}.values()
        calls = [asdict(pending.call) for pending in latest]
        legs = [asdict(leg) for pending in latest for leg in pending.legs]
        await self._execute(connection, self._store.insert_or_update(tables.calls), calls)
        await self._execute(connection, self._store.insert_or_update(tables.legs), legs)
        # A commit whose acknowledgement was lost is repeated: what is already there is the same.
        entries = [pending.journal for pending in batch]
        await self._execute(connection, self._store.insert_new(tables.journal), entries)
        told = [row for pending in latest for row in pending.told]
        if recording is not None:
            await self._execute(connection, self._store.insert_new(tables.recordings), [asdict(recording)])
            if recording.kind is RecordingKind.MESSAGE:
                told.append(happenings.of_message(recording, await call_row(connection, recording.call_id)))
        # Most of it is there already: what has happened to a call is told with each of its entries, and kept once.
        await self._execute(connection, self._store.insert_new(tables.outbox), [asdict(row) for row in told])

    @staticmethod
    async def _execute(connection: AsyncConnection, statement: sa.Executable, rows: list[dict[str, Any]]) -> None:
        if rows:
            await connection.execute(statement, rows)


def _told(call: Call, row: CallRow) -> tuple[OutboxRow, ...]:
    try:
        return tuple(happenings.of_call(call, row))
    except Exception:  # a defect here must cost neither this call its journal nor others theirs
        log.exception("Call %s: the notifier is not told of it", call.id)
        return ()


def _journal_row(entry: JournalEntry) -> dict[str, Any]:
    kind, payload = encode(entry.event)
    return {"call_id": entry.call, "seq": entry.seq, "at": entry.at, "kind": kind, "payload": payload}
