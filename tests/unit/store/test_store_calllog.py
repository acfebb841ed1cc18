"""Finding calls again, taking up live ones, and logging what the dialplan took while the engine was away."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from lcr_asterisk.callflow.events import (
    CallerHungUp,
    Connected,
    LegAnswered,
    LegEnd,
    LegEnded,
    LegPressed,
    Phone,
    Responder,
    RespondersFound,
)
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.errors import StoreError
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store
from lcr_asterisk.store.journal import JournalWriter
from lcr_asterisk.store.projection import project
from lcr_asterisk.store.rows import AwayMessage, RecordingKind, RecordingRow
from lcr_asterisk.store.tables import journal

if TYPE_CHECKING:
    from tests.unit.store.conftest import Play, Step

TEN = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
BOB = Responder("bob", "Bob Chen", (Phone("PJSIP/bob", "sip:bob"), Phone("PJSIP/+1415@trunk", "+1415")))


async def write(writer: JournalWriter, *calls: list[Step]) -> None:
    for steps in calls:
        for entry, call in steps:
            writer.append(entry, call)
    await writer.flush()


def away(call_id: str = "20261121-093000-aaaaa", message: bool = True) -> AwayMessage:
    recording = RecordingRow(f"rec-{call_id}", call_id, RecordingKind.AWAY, "/kept/away.wav", None, 8.0, TEN)
    return AwayMessage(
        call_id=call_id,
        channel="1763717400.7",
        route="production",
        route_name="Production Incidents",
        team="platform",
        caller="+15557654321",
        caller_name="\x1b[1mEve",
        dialled="+14155551000",
        started=TEN,
        ended=TEN + timedelta(seconds=21.5),
        recording=recording if message else None,
    )


def last(steps: list[Step]) -> Call:
    return steps[-1][1]


async def test_a_call_is_found_by_the_beginning_or_end_of_its_id(
    writer: JournalWriter, call_log: CallLog, play: Play
) -> None:
    await write(writer, *(play(name) for name in ("20261121-090012-k7m3q", "20261121-090012-k7m3", "20261121-1_%-x")))
    for wanted, found in [
        ("k7m3q", "20261121-090012-k7m3q"),
        ("20261121-090012-k7m3q", "20261121-090012-k7m3q"),
        ("20261121-090012-k7m3", "20261121-090012-k7m3"),  # all of one id and the beginning of another
        ("20261121-1", "20261121-1_%-x"),
        ("1_%-x", "20261121-1_%-x"),
    ]:
        assert (await call_log.call(wanted)).id == found
    with pytest.raises(StoreError, match=r"Several calls begin or end with '20261121-09': .*k7m3q?, .*k7m3q?\.$"):
        await call_log.call("20261121-09")
    for nobody in ("k7m3qq", "090012", "%", ""):
        with pytest.raises(StoreError, match="There is no call"):
            await call_log.call(nobody)


async def test_an_id_that_fits_many_calls_names_only_some(writer: JournalWriter, call_log: CallLog, play: Play) -> None:
    await write(writer, *(play(f"2026-{number}") for number in range(9)))
    with pytest.raises(StoreError, match=r"(2026-\d, ){4}2026-\d and more\.$"):
        await call_log.call("2026")


async def test_calls_are_listed_newest_first(writer: JournalWriter, call_log: CallLog, play: Play) -> None:
    await write(writer, play("call-a"), play("call-b"))
    await call_log.adopt_away_call(replace(away(), route="billing"))
    assert [logged.call.id for logged in await call_log.calls(10)] == [away().call_id, "call-b", "call-a"]
    assert [logged.call.id for logged in await call_log.calls(1)] == [away().call_id]
    assert [logged.call.id for logged in await call_log.calls(1, route="production")] == ["call-b"]


async def test_only_calls_that_are_not_over_are_taken_up(writer: JournalWriter, call_log: CallLog, play: Play) -> None:
    live, over = play("call-live"), play("call-over", (3.0, CallerHungUp()))
    await write(writer, live, over)
    assert last(over).over
    assert await call_log.live_calls() == [("call-live", [entry for entry, _ in live])]


async def test_a_damaged_journal_keeps_no_other_call_from_being_taken_up(
    writer: JournalWriter, call_log: CallLog, play: Play, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = play("call-good"), play("call-bad")
    await write(writer, bad, good)
    async with store.writing() as other:
        await other.execute(sa.update(journal).where(journal.c.call_id == "call-bad").values(payload={"call": 5}))
    assert await call_log.live_calls() == [("call-bad", []), ("call-good", [entry for entry, _ in good])]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "call-bad, entry 0 (CallArrived)" in record.getMessage()
    with pytest.raises(StoreError, match="call-bad, entry 0"):
        await call_log.entries("call-bad")

    for _ in range(2):
        await call_log.give_up("call-bad", TEN)
    assert [call_id for call_id, _ in await call_log.live_calls()] == ["call-good"]
    given_up = await call_log.call("call-bad")
    assert (given_up.result, given_up.reason, given_up.ended) == (Result.FAILED, Reason.INTERNAL_ERROR, TEN)


async def test_a_call_that_is_over_is_not_given_up(writer: JournalWriter, call_log: CallLog, play: Play) -> None:
    await write(writer, play("call-over", (3.0, CallerHungUp())))
    await call_log.give_up("call-over", TEN)
    assert (await call_log.call("call-over")).result is Result.ABANDONED


async def test_a_message_taken_while_the_engine_was_away_is_logged_once(call_log: CallLog) -> None:
    assert await call_log.adopt_away_call(away())
    assert not await call_log.adopt_away_call(away())
    [logged] = await call_log.calls(10)
    assert (logged.call.result, logged.call.reason) == (Result.VOICEMAIL, Reason.ENGINE_AWAY)
    assert (logged.recording, logged.voicemail) == (None, f"rec-{away().call_id}")
    assert (logged.call.caller_name, logged.call.wait_seconds) == ("[1mEve", 21.5)
    assert await call_log.live_calls() == []


async def test_a_caller_who_left_no_message_while_the_engine_was_away_is_logged_too(call_log: CallLog) -> None:
    assert await call_log.adopt_away_call(away(message=False))
    assert not await call_log.adopt_away_call(away(message=False))
    [logged] = await call_log.calls(10)
    assert (logged.call.result, logged.call.reason, logged.voicemail) == (Result.ABANDONED, Reason.ENGINE_AWAY, None)


async def test_a_call_the_engine_died_in_keeps_its_row_and_gets_the_message(
    writer: JournalWriter, call_log: CallLog, play: Play
) -> None:
    await write(writer, play("call-1"))
    before = await call_log.call("call-1")
    assert await call_log.adopt_away_call(away("call-1"))
    assert await call_log.call("call-1") == before
    assert [recording.id for recording in await call_log.recordings("call-1")] == ["rec-call-1"]


async def test_the_mp3_is_noted_when_it_is_made(call_log: CallLog) -> None:
    await call_log.adopt_away_call(away())
    await call_log.set_mp3(f"rec-{away().call_id}", "/kept/away.mp3")
    assert [recording.mp3 for recording in await call_log.recordings(away().call_id)] == ["/kept/away.mp3"]


async def test_the_row_of_a_call_someone_took_says_who_waited_and_talked_how_long(
    writer: JournalWriter, call_log: CallLog, play: Play
) -> None:
    """The talk ends when the first of the two is gone; the responder's other phone has nothing to do with it."""
    leg = "call-1-leg-{}".format
    steps = play(
        "call-1",
        (0.5, RespondersFound(0, (BOB,))),
        (3.0, LegAnswered(leg(1))),
        (4.0, LegPressed(leg(1), "1")),
        (4.5, Connected(leg(1))),
        (5.0, LegEnded(leg(2), LegEnd.CANCELLED, "Normal\nClearing")),
        (64.5, LegEnded(leg(1), LegEnd.HUNG_UP)),
        (65.0, CallerHungUp()),
    )
    connected, _ = project(steps[4][1])
    assert (connected.stage, connected.ended, connected.wait_seconds, connected.talk_seconds) == (
        "talking",
        None,
        4.5,
        None,
    )
    await write(writer, steps)
    row = await call_log.call("call-1")
    assert (row.result, row.reason, row.stage) == (Result.CONNECTED, Reason.TAKEN, "over")
    assert (row.answered_by, row.answered_by_name, row.team) == ("bob", "Bob Chen", "platform")
    assert (row.wait_seconds, row.talk_seconds) == (4.5, 60.0)
    assert row.ended == steps[-1][0].at
    assert [(leg.phone, leg.end, leg.detail) for leg in await call_log.legs("call-1")] == [
        ("sip:bob", LegEnd.HUNG_UP, ""),
        ("+1415", LegEnd.TAKEN, "Normal Clearing"),
    ]
    assert (row, tuple(await call_log.legs("call-1"))) == project(last(steps))


async def test_a_phone_on_which_they_had_not_pressed_1_before_does_not_end_their_talk(play: Play) -> None:
    leg = "call-1-leg-{}".format
    steps = play(
        "call-1",
        (0.5, RespondersFound(0, (replace(BOB, in_order=True),))),
        (3.0, LegAnswered(leg(1))),
        (4.0, LegEnded(leg(1), LegEnd.HUNG_UP)),
        (5.0, LegAnswered(leg(2))),
        (6.0, LegPressed(leg(2), "1")),
        (6.5, Connected(leg(2))),
        (66.5, LegEnded(leg(2), LegEnd.HUNG_UP)),
        (67.0, CallerHungUp()),
    )
    row, _ = project(last(steps))
    assert row.talk_seconds == 60.0


async def test_the_row_of_a_caller_who_gave_up_says_how_long_they_waited(play: Play) -> None:
    steps = play("call-1", (0.5, RespondersFound(0, (BOB,))), (12.0, CallerHungUp()))
    row, _ = project(last(steps))
    assert (row.result, row.wait_seconds, row.talk_seconds, row.ended) == (Result.ABANDONED, 12.0, None, None)
