"""Reading the call log, and the few things that are written to it outside a live call."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.callflow.story import printable
from lcr_asterisk.errors import StoreError
from lcr_asterisk.store import happenings
from lcr_asterisk.store.codec import decode
from lcr_asterisk.store.database import Store, unbroken
from lcr_asterisk.store.journal import JournalEntry
from lcr_asterisk.store.reading import call_row, read_call
from lcr_asterisk.store.rows import AwayMessage, CallRow, LegRow, LoggedCall, OutboxRow, RecordingKind, RecordingRow
from lcr_asterisk.store.tables import calls, journal, legs, outbox, recordings

log = logging.getLogger(__name__)

SHOWN_CANDIDATES = 5
VOICEMAIL_KINDS = (RecordingKind.MESSAGE, RecordingKind.AWAY)


class CallLog:
    """The call log of one store. Everything here raises StoreError where the database cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # -- resuming --------------------------------------------------------------------------------------------------

    async def live_calls(self) -> list[tuple[str, list[JournalEntry]]]:
        """Every call whose row is not ended, oldest first, with its journal in order.

        The journal is empty where it cannot be read: one damaged call, which is logged, must not keep the others from
        being resumed. Such a call is ended with `give_up`.
        """
        live = sa.select(calls.c.id).where(calls.c.ended.is_(None)).order_by(calls.c.started, calls.c.id)
        rows = sa.select(journal).join(calls).where(calls.c.ended.is_(None)).order_by(journal.c.call_id, journal.c.seq)
        async with self._store.reading() as connection:
            ids = (await connection.scalars(live)).all()
            by_call: dict[str, list[Row[Any]]] = {call_id: [] for call_id in ids}
            for row in await connection.execute(rows):
                by_call[row.call_id].append(row)
        return [(call_id, _readable(call_id, entries)) for call_id, entries in by_call.items()]

    async def give_up(self, call_id: str, at: datetime) -> None:
        """End a live call's row as failed, for a call that cannot be resumed; an ended one is left alone."""
        failed = {"result": Result.FAILED, "reason": Reason.INTERNAL_ERROR}
        end = sa.update(calls).where(calls.c.id == call_id, calls.c.ended.is_(None))
        await unbroken(self._give_up(call_id, end.values(ended=at, stage="over", **failed), at))

    async def _give_up(self, call_id: str, end: sa.Update, at: datetime) -> None:
        async with self._store.writing() as connection:
            if (await connection.execute(end)).rowcount:
                await self._tell(connection, happenings.of_ended(await call_row(connection, call_id), at))

    async def adopt_away_call(self, message: AwayMessage) -> bool:
        """Log a call, and its message, that the dialplan took while the engine was away. False if it already was.

        A call that is in the log under that id keeps its row and gets the recording.
        """
        call = CallRow(
            id=message.call_id,
            channel=message.channel,
            route=message.route,
            route_name=printable(message.route_name),
            team=message.team,
            caller=printable(message.caller),
            caller_name=printable(message.caller_name),
            dialled=printable(message.dialled),
            started=message.started,
            ended=message.ended,
            stage="over",
            result=Result.VOICEMAIL if message.recording is not None else Result.ABANDONED,
            reason=Reason.ENGINE_AWAY,
            answered_by=None,
            answered_by_name=None,
            wait_seconds=round((message.ended - message.started).total_seconds(), 3),
            talk_seconds=None,
        )
        return await unbroken(self._adopt(call, message.recording))

    async def _adopt(self, call: CallRow, recording: RecordingRow | None) -> bool:
        async with self._store.writing() as connection:
            added = (await connection.execute(self._store.insert_new(calls), asdict(call))).rowcount
            if recording is not None:
                added += (await connection.execute(self._store.insert_new(recordings), asdict(recording))).rowcount
            if added:
                known = await call_row(connection, call.id)
                if recording is not None:
                    await self._tell(connection, [happenings.of_message(recording, known)])
                if known.ended is not None:
                    await self._tell(connection, happenings.of_ended(known, known.ended))
            return added > 0

    async def _tell(self, connection: AsyncConnection, rows: Iterable[OutboxRow]) -> None:
        await connection.execute(self._store.insert_new(outbox), [asdict(row) for row in rows])

    async def set_mp3(self, recording_id: str, path: str) -> None:
        """A kept recording has its MP3 now."""
        await unbroken(self._write(sa.update(recordings).where(recordings.c.id == recording_id).values(mp3=path)))

    async def set_transcript(self, recording_id: str, text: str) -> None:
        """What is said in a kept recording is known now."""
        transcript = sa.update(recordings).where(recordings.c.id == recording_id).values(transcript=printable(text))
        await unbroken(self._write(transcript))

    async def _write(self, statement: sa.Executable) -> None:
        async with self._store.writing() as connection:
            await connection.execute(statement)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def calls(self, limit: int, route: str | None = None) -> list[LoggedCall]:
        """The newest `limit` calls, newest first; with `route`, those of that route only."""
        talk = _recording_of_call(RecordingKind.TALK).label("recording")
        voicemail = _recording_of_call(*VOICEMAIL_KINDS).label("voicemail")
        newest = sa.select(calls, talk, voicemail).order_by(calls.c.started.desc(), calls.c.id.desc()).limit(limit)
        if route is not None:
            newest = newest.where(calls.c.route == route)
        async with self._store.reading() as connection:
            rows = (await connection.execute(newest)).all()
        return [LoggedCall(read_call(row), row.recording, row.voicemail) for row in rows]

    async def call(self, wanted: str) -> CallRow:
        """The call with this id, or with the one id that begins or ends like this. StoreError: none, or several."""
        similar = sa.or_(
            calls.c.id.startswith(wanted, autoescape=True),
            calls.c.id.endswith(wanted, autoescape=True),
        )
        exact_first = sa.case((calls.c.id == wanted, 0), else_=1)
        query = sa.select(calls).where(similar).order_by(exact_first, calls.c.started.desc())
        async with self._store.reading() as connection:
            rows = (await connection.execute(query.limit(SHOWN_CANDIDATES + 1))).all()
        if not wanted or not rows:
            raise StoreError(f"There is no call {wanted!r} in the log.", remedy="`lcr calls` lists them.")
        if len(rows) > 1 and rows[0].id != wanted:
            more = " and more" if len(rows) > SHOWN_CANDIDATES else ""
            candidates = ", ".join(row.id for row in rows[:SHOWN_CANDIDATES])
            raise StoreError(f"Several calls begin or end with {wanted!r}: {candidates}{more}.")
        return read_call(rows[0])

    async def find(self, call_id: str) -> CallRow | None:
        """The call with exactly this id, if there is one."""
        async with self._store.reading() as connection:
            row = (await connection.execute(sa.select(calls).where(calls.c.id == call_id))).one_or_none()
        return read_call(row) if row is not None else None

    async def callbacks(self, call_id: str) -> list[CallRow]:
        """The calls in which the caller of this one was called back, or somebody was called about it, oldest first."""
        query = sa.select(calls).where(calls.c.callback_of == call_id).order_by(calls.c.started, calls.c.id)
        async with self._store.reading() as connection:
            return [read_call(row) for row in await connection.execute(query)]

    async def page_calls(self, since: datetime) -> list[CallRow]:
        """The calls about pages that ended since then, in the order in which they did."""
        query = sa.select(calls).where(calls.c.page.is_not(None), calls.c.ended >= since)
        async with self._store.reading() as connection:
            return [read_call(row) for row in await connection.execute(query.order_by(calls.c.ended, calls.c.id))]

    async def entries(self, call_id: str) -> list[JournalEntry]:
        """A call's journal in order. StoreError, naming the entry, where this version cannot read one."""
        query = sa.select(journal).where(journal.c.call_id == call_id).order_by(journal.c.seq)
        async with self._store.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [_entry(row) for row in rows]

    async def legs(self, call_id: str) -> list[LegRow]:
        """The phones a call rang, in the order in which they were rung."""
        query = sa.select(legs).where(legs.c.call_id == call_id).order_by(legs.c.rang_at, sa.func.length(legs.c.id))
        async with self._store.reading() as connection:
            rows = (await connection.execute(query.order_by(legs.c.id))).all()
        return [_leg_row(row) for row in rows]

    async def told(self, call_id: str) -> tuple[CallRow, list[JournalEntry], list[RecordingRow]] | None:
        """What an alert needs of a call, as it stands in one moment: its row, its journal, what was kept of it.

        None where there is no such call. StoreError, naming the entry, where this version cannot read one.
        """
        events = sa.select(journal).where(journal.c.call_id == call_id).order_by(journal.c.seq)
        kept = sa.select(recordings).where(recordings.c.call_id == call_id).order_by(recordings.c.created)
        async with self._store.reading() as connection:
            row = (await connection.execute(sa.select(calls).where(calls.c.id == call_id))).one_or_none()
            if row is None:
                return None
            entries = [_entry(entry) for entry in await connection.execute(events)]
            return read_call(row), entries, [_recording(one) for one in await connection.execute(kept)]

    async def recording(self, recording_id: str) -> tuple[RecordingRow, CallRow] | None:
        """The recording with this id, and its call; None where there is none."""
        query = sa.select(recordings).where(recordings.c.id == recording_id)
        async with self._store.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
            return (_recording(row), await call_row(connection, row.call_id)) if row is not None else None

    async def recordings(self, call_id: str) -> list[RecordingRow]:
        """What was kept of a call, oldest first."""
        query = sa.select(recordings).where(recordings.c.call_id == call_id).order_by(recordings.c.created)
        async with self._store.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [_recording(row) for row in rows]


def _recording_of_call(*kinds: RecordingKind) -> sa.ScalarSelect[str]:
    of_call = sa.select(recordings.c.id).where(recordings.c.call_id == calls.c.id, recordings.c.kind.in_(kinds))
    return of_call.order_by(recordings.c.created).limit(1).scalar_subquery()


def _readable(call_id: str, rows: Sequence[Row[Any]]) -> list[JournalEntry]:
    try:
        return [_entry(row) for row in rows]
    except StoreError as error:
        log.error("Call %s cannot be resumed: %s", call_id, error)
        return []


def _entry(row: Row[Any]) -> JournalEntry:
    return JournalEntry(row.call_id, row.seq, row.at, decode(row.call_id, row.seq, row.kind, row.payload))


def _leg_row(row: Row[Any]) -> LegRow:
    return LegRow(**{**row._mapping, "end": LegEnd(row.end) if row.end is not None else None})


def _recording(row: Row[Any]) -> RecordingRow:
    return RecordingRow(**{**row._mapping, "kind": RecordingKind(row.kind)})
