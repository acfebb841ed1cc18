"""Calls are written down while they happen: nothing that was committed is lost, and no call ever waits for the disk."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from lcr_asterisk.callflow.events import Caller, CallerHungUp, LegRang, Phone, Responder, RespondersFound
from lcr_asterisk.errors import StoreError
from lcr_asterisk.store import journal as journal_module
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.codec import encode
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.journal import JournalEntry, JournalWriter
from lcr_asterisk.store.rows import RecordingKind, RecordingRow
from tests.unit.store.conftest import only_sqlite

if TYPE_CHECKING:
    from tests.unit.store.conftest import Alarm, Play, Running, Step
    from tests.unit.store.postgres import Postgres

BOB = Responder("bob", "Bob Chen", (Phone("PJSIP/bob", "sip:bob"),))

# An engine in small: takes a call's arrival from its first argument, rings a phone over and over, and says when the
# first hundred events are safe. Then it goes on without waiting.
ENGINE = """
import asyncio, json, sys
from datetime import UTC, datetime, timedelta
from lcr_asterisk.callflow.events import LegRang, Phone, Responder, RespondersFound
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.store.codec import decode
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.journal import JournalEntry, JournalWriter

async def main(url, arrived):
    event, call, seq = decode("call-1", 0, *json.loads(arrived)), None, 0
    async with open_store(url) as store, asyncio.TaskGroup() as tasks:
        writer = JournalWriter(store)
        tasks.create_task(writer.run())
        while True:
            at = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(milliseconds=seq)
            call, _ = step(call, event, at)
            writer.append(JournalEntry(call.id, seq, at, event), call)
            seq += 1
            event = LegRang("call-1-leg-1")
            if seq == 1:
                event = RespondersFound(0, (Responder("bob", "Bob Chen", (Phone("PJSIP/bob", "sip:bob"),)),))
            if seq == 100:
                await writer.flush()
                print("safe", flush=True)
            await asyncio.sleep(0)

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""

# `lcr calls`, again and again, until told to stop; prints how often it looked and the most entries it saw.
READER = """
import asyncio, sys
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import open_store

async def main(url):
    looked, seen = 0, 0
    stop = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    while not stop.done():
        async with open_store(url, create=False) as store:
            log = CallLog(store)
            for logged in await log.calls(10):
                entries = await log.entries(logged.call.id)
                assert [entry.seq for entry in entries] == list(range(len(entries))), "a gap"
                assert len(entries) >= seen, "went back"
                seen = len(entries)
        looked += 1
        if looked == 1:
            print("reading", flush=True)
    print(looked, seen)

asyncio.run(main(sys.argv[1]))
"""


def ringing(play: Play, call_id: str = "call-1", rings: int = 3) -> list[Step]:
    leg = f"{call_id}-leg-1"
    return play(call_id, (0.1, RespondersFound(0, (BOB,))), *((0.2 + ring, LegRang(leg)) for ring in range(rings)))


def message(call_id: str, steps: list[Step], recording: str = "r4nd0m") -> RecordingRow:
    return RecordingRow(recording, call_id, RecordingKind.MESSAGE, f"/kept/{recording}.wav", None, 12.5, steps[0][0].at)


@contextmanager
def full_disk() -> Iterator[None]:
    """The kernel refuses every write to a file, as it does when the disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_call_is_read_back_as_it_happened(writer: JournalWriter, call_log: CallLog, play: Play) -> None:
    hostile = Caller("+15551234567", "\x1b[31m\ud800Bank\x00\r\n")
    steps = play("call-1", (0.1, RespondersFound(0, (BOB,))), (9.0, CallerHungUp()), caller=hostile)
    for entry, call in steps:
        writer.append(entry, call)
    await writer.flush()
    assert await call_log.entries("call-1") == [entry for entry, _ in steps]
    row = await call_log.call("call-1")
    assert (row.started, row.caller_name, row.stage) == (steps[0][0].at, "[31mBank", "closing")
    [leg] = await call_log.legs("call-1")
    assert (leg.name, leg.phone, leg.level, leg.end, leg.ended_at) == ("Bob Chen", "sip:bob", 1, "cancelled", None)


async def test_many_events_share_one_wait_for_the_disk(store: Store, play: Play) -> None:
    """Thirty calls at once cost a handful of transactions, not hundreds."""
    commits = 0

    def count(_connection: sa.Connection) -> None:
        nonlocal commits
        commits += 1

    engine = store._engine.sync_engine
    sa.event.listen(engine, "commit", count)
    writer = JournalWriter(store)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(writer.run())
        for number in range(30):
            for entry, call in ringing(play, f"call-{number}", rings=8):
                writer.append(entry, call)
        await writer.flush()
        running.cancel()
    assert commits == 1


async def test_append_returns_at_once_while_another_process_holds_the_database(
    writer: JournalWriter, call_log: CallLog, url: str, server: Postgres | None, play: Play
) -> None:
    steps = ringing(play)
    other = create_async_engine(url, isolation_level="AUTOCOMMIT")
    locking = await other.connect()
    for statement in ("BEGIN", "LOCK TABLE journal") if server else ("BEGIN EXCLUSIVE",):
        await locking.execute(sa.text(statement))
    for entry, call in steps:
        writer.append(entry, call)
    flushed = asyncio.ensure_future(writer.flush())
    for _ in range(100):
        await asyncio.sleep(0)  # the loop turns: nothing in it waits for the lock
    assert writer.pending == len(steps)
    assert not flushed.done()
    await locking.execute(sa.text("COMMIT"))
    await flushed
    assert len(await call_log.entries("call-1")) == len(steps)
    await locking.close()
    await other.dispose()


@only_sqlite
async def test_a_full_disk_holds_up_no_call_and_loses_nothing(
    writer: JournalWriter, call_log: CallLog, play: Play, alarm: Alarm, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, loudly, and once more when it is over; the promise to a caller is not made meanwhile."""
    steps = ringing(play, rings=20)
    with full_disk():
        for entry, call in steps[:10]:
            writer.append(entry, call)
        await alarm.rang.wait()
        assert not writer.healthy
        for entry, call in steps[10:]:
            writer.append(entry, call)
        with pytest.raises(StoreError, match=r"lcr\.db cannot be written"):
            await writer.keep_recording(message("call-1", steps))
        assert writer.pending == len(steps)
    await writer.flush()
    assert writer.healthy
    assert await call_log.entries("call-1") == [entry for entry, _ in steps]
    assert await writer.keep_recording(message("call-1", steps)) == "r4nd0m"
    said = [
        (record.levelno, record.getMessage()) for record in caplog.records if record.name == journal_module.__name__
    ]
    assert [level for level, _ in said] == [logging.CRITICAL, logging.WARNING]
    assert "Calls go on" in said[0][1]
    assert "can be written again" in said[1][1]


async def test_a_backlog_is_written_off_in_order_and_step_by_step(
    writer: JournalWriter, call_log: CallLog, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    steps = ringing(play, rings=journal_module.BATCH * 2 + 50)
    for entry, call in steps:
        writer.append(entry, call)
    await writer.flush()
    assert [entry.seq for entry in await call_log.entries("call-1")] == list(range(len(steps)))
    assert not caplog.records


async def test_a_backlog_that_grows_is_warned_about(
    store: Store, play: Play, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MANY_PENDING", 3)
    writer = JournalWriter(store)
    for entry, call in ringing(play):
        writer.append(entry, call)
    assert [record.getMessage() for record in caplog.records] == [
        "3 journal entries wait for the database; a crash now would lose them"
    ]


async def test_shutdown_writes_what_is_pending(running: Running, call_log: CallLog, play: Play) -> None:
    steps = ringing(play)
    for entry, call in steps:
        running.writer.append(entry, call)
    await running.stop()
    assert len(await call_log.entries("call-1")) == len(steps)


@pytest.mark.parametrize("turns", [1, 3, 5, 8, 13, 21])
async def test_shutdown_in_the_middle_of_a_commit_neither_loses_nor_doubles(
    running: Running, call_log: CallLog, play: Play, turns: int
) -> None:
    steps = ringing(play)
    for entry, call in steps:
        running.writer.append(entry, call)
    for _ in range(turns):
        await asyncio.sleep(0)
    await running.stop()
    assert [entry.seq for entry in await call_log.entries("call-1")] == list(range(len(steps)))
    await running.writer.flush()  # nothing is left to wait for


@only_sqlite
async def test_shutdown_with_a_full_disk_ends_and_names_the_calls(
    running: Running, play: Play, alarm: Alarm, caplog: pytest.LogCaptureFixture
) -> None:
    with full_disk():
        for entry, call in ringing(play):
            running.writer.append(entry, call)
        waiting = asyncio.ensure_future(running.writer.flush())
        await alarm.rang.wait()
        await running.stop()
    with pytest.raises(StoreError):
        await waiting
    with pytest.raises(StoreError, match="the writer has stopped"):
        await running.writer.flush()
    assert caplog.records[-1].getMessage() == "5 journal entries could not be written and are lost: call-1"


async def test_an_entry_that_cannot_be_written_costs_no_other_call_its_journal(
    writer: JournalWriter, call_log: CallLog, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    """That would be a defect: it is logged with its traceback, and everything else is written."""
    entry, call = play("call-1")[0]
    writer.append(JournalEntry("call-1", 0, entry.at, object()), call)  # type: ignore[arg-type]
    writer.append(*play("call-2")[0])
    await writer.flush()
    assert [call_id for call_id, _ in await call_log.live_calls()] == ["call-2"]
    assert caplog.records[-1].getMessage() == "Call call-1: journal entry 0 is not written"
    assert caplog.records[-1].exc_info


async def test_a_call_of_which_nothing_can_be_told_keeps_no_other_caller_from_leaving_a_message(
    writer: JournalWriter, call_log: CallLog, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    """That would be a defect in what the notifier is told: the log's rows can be made of this call, an event cannot."""
    entry, call = play("call-1")[0]
    writer.append(entry, replace(call, plan=SimpleNamespace(id="odd", name="Odd", test_person=None)))  # type: ignore[arg-type]
    steps = ringing(play, "call-2")
    for step in steps:
        writer.append(*step)
    assert await writer.keep_recording(message("call-2", steps)) == "r4nd0m"
    assert {call_id for call_id, _ in await call_log.live_calls()} == {"call-1", "call-2"}, "that one can go on, too"
    assert writer.healthy
    (said,) = caplog.records
    assert said.getMessage() == "Call call-1: the notifier is not told of it"
    assert said.exc_info


async def test_a_kept_message_is_committed_before_the_caller_hears_so(
    store: Store, running: Running, url: str, play: Play
) -> None:
    """With the call it belongs to, even if that was not written yet; and repeating it after a crash changes nothing."""
    steps = ringing(play)
    for entry, call in steps:
        running.writer.append(entry, call)
    assert await running.writer.keep_recording(message("call-1", steps)) == "r4nd0m"
    async with open_store(url) as other:
        assert [logged.voicemail for logged in await CallLog(other).calls(10)] == ["r4nd0m"]
        assert len(await CallLog(other).entries("call-1")) == len(steps)
    again = message("call-1", steps, "another-id")
    assert await running.writer.keep_recording(again) == "r4nd0m"
    assert await CallLog(store).recordings("call-1") == [message("call-1", steps)]


async def test_a_recording_of_no_known_call_or_under_anothers_id_is_refused(writer: JournalWriter, play: Play) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        await writer.keep_recording(message("call-9", play("call-9")))
    for name in ("call-1", "call-2"):
        writer.append(*play(name)[0])
    await writer.keep_recording(message("call-1", play("call-1")))
    with pytest.raises(StoreError, match="another recording's"):
        await writer.keep_recording(message("call-2", play("call-2")))


async def test_what_was_flushed_survives_a_kill(url: str, play: Play) -> None:
    """SIGKILL in full flight: all that was promised is there, in order and without a gap, and the call can resume."""
    arrived = json.dumps(encode(play("call-1")[0][0].event))
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ENGINE, url, arrived, stdout=asyncio.subprocess.PIPE
    )
    assert engine.stdout is not None
    assert await engine.stdout.readline() == b"safe\n"
    engine.send_signal(signal.SIGKILL)
    assert await engine.wait() == -signal.SIGKILL
    async with open_store(url) as store:
        [(call_id, entries)] = await CallLog(store).live_calls()
        assert call_id == "call-1"
        assert len(entries) >= 100
        assert [entry.seq for entry in entries] == list(range(len(entries)))
        assert [leg.phone for leg in await CallLog(store).legs("call-1")] == ["sip:bob"]


async def test_people_read_the_log_while_the_engine_writes_it(
    store: Store, writer: JournalWriter, url: str, play: Play
) -> None:
    """Neither process ever sees the other's lock, and the reader never sees half of what happened."""
    steps = ringing(play, rings=150)
    writer.append(*steps[0])
    await writer.flush()
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-c", READER, url, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert reader.stdout is not None
    assert await reader.stdout.readline() == b"reading\n"
    for entry, call in steps[1:]:
        writer.append(entry, call)
        await writer.flush()
    assert writer.healthy
    said, _ = await reader.communicate(b"stop\n")
    assert reader.returncode == 0
    looked, seen = map(int, said.split())
    assert looked > 1
    assert 1 <= seen <= len(steps)
