"""A message is kept before the caller hears so, as WAV and MP3, and the log tells how it came about."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.store.rows import RecordingKind
from tests.acceptance.hotline import Hotline
from tests.acceptance.silence import people_have_the_line
from tests.acceptance.voices import leaves_a_message, speaks_after_the_beep, tones_in

MAILBOX, BRIEF = "+14155551003", "+14155551012"


async def test_a_message_ended_with_pound_is_kept_in_the_callers_voice(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(MAILBOX)
    await caller.hears("welcome")
    await speaks_after_the_beep(hotline, caller, 3.0)
    await hotline.recording_grows("message", 4.0)  # a key may overtake what was said before it
    await caller.presses("#")
    await caller.hears("message_kept")
    await caller.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.team) == (Result.VOICEMAIL, Reason.VOICEMAIL_ROUTE, "platform")
    assert await hotline.legs(call) == []
    kept = await hotline.kept(call)
    assert kept.kind is RecordingKind.MESSAGE
    assert re.fullmatch("[0-9a-f]{32}", kept.id)
    for file in (kept.path, kept.mp3 or ""):
        assert 2.7 < tones_in(Path(file))["caller-voice"] < 3.3
    waveform = json.loads(Path(kept.path).with_suffix(".peaks.json").read_text())["peaks"]
    assert len(waveform) == 400
    assert 0.1 < max(waveform) <= 1


async def test_a_message_ends_when_the_caller_says_no_more(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(BRIEF)
    await speaks_after_the_beep(hotline, caller, 4.0)
    await caller.hears("message_kept")
    await caller.is_hung_up()

    call = await hotline.logged(caller)
    assert call.result is Result.VOICEMAIL
    assert 3.7 < tones_in(Path((await hotline.kept(call)).path))["caller-voice"] < 4.3


async def test_a_message_ends_at_the_longest_time_it_may_have(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(BRIEF)
    await caller.is_answered()
    caller.speaks("caller-voice")  # long before the beep, so that there is nothing else in the recording
    await caller.hears("message_kept", within=30)
    await caller.is_hung_up()

    kept = await hotline.kept(await hotline.logged(caller))
    (journal,) = await hotline.journals(caller)
    ((began, ended),) = people_have_the_line(journal)
    # The longest message is 8 s, and Asterisk counts whole seconds. Whatever there is of it is the caller's voice.
    assert (ended - began).total_seconds() > 7.9
    # A machine that halts as the recording begins brings what was said for a second before.
    assert kept.seconds - 0.3 < tones_in(Path(kept.path))["caller-voice"] < 10.1


async def test_what_is_too_short_is_not_a_message(hotline: Hotline) -> None:
    caller, silent = hotline.caller(), hotline.caller()
    await caller.dials(BRIEF)
    await silent.dials(BRIEF)
    await speaks_after_the_beep(hotline, caller, 0.5)
    await caller.presses("#")
    for who in (caller, silent):
        await who.hears("goodbye")
        await who.is_hung_up()
        assert not who.has_heard("message_kept")
        call = await hotline.logged(who)
        assert (call.result, call.reason) == (Result.ABANDONED, Reason.NO_MESSAGE)
        assert await hotline.recordings(call) == []


async def test_nobody_hears_that_a_message_is_kept_before_it_is(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(BRIEF)
    with nothing_can_be_written_to(hotline):
        await speaks_after_the_beep(hotline, caller, 5.0)  # the end of it may be lost where the key overtakes it
        await caller.presses("#")
        with pytest.raises(AssertionError, match="did not hear message_kept"):
            await caller.hears("message_kept", within=6)  # longer than SQLite itself waits for its turn
    await caller.hears("message_kept")
    assert not caller.has_heard("message_lost")
    (kept,) = await hotline.recordings(await hotline.live(caller))
    assert tones_in(Path(kept.path))["caller-voice"] > 3.7
    await caller.is_hung_up()
    assert (await hotline.logged(caller)).result is Result.VOICEMAIL


@contextmanager
def nothing_can_be_written_to(hotline: Hotline) -> Iterator[None]:
    """Another program has the database to itself for a while."""
    database = sqlite3.connect(hotline.data / "lcr.db", isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")
    finally:
        database.close()


async def test_the_commands_tell_the_story_of_a_call(hotline: Hotline) -> None:
    caller, bob = hotline.caller(name="Zoe Zander"), hotline.phone("bob")
    bob.is_busy()
    await caller.dials("+14155551010")
    await leaves_a_message(hotline, caller, 3.5)  # a second of it may be lost where the key overtakes it
    call = await hotline.logged(caller)
    kept = await hotline.kept(call)

    (entry,) = [entry for entry in json.loads(await hotline.lcr("calls", "--json")) if entry["id"] == call.id]
    assert call.ended is not None
    assert entry == {
        "id": call.id,
        "route": "gap",
        "caller": caller.number,
        "started": call.started.isoformat(),
        "ended": call.ended.isoformat(),
        "outcome": {"result": "voicemail", "reason": "no_answer"},
        "answered_by": None,
        "wait_seconds": call.wait_seconds,
        "talk_seconds": None,
        "recording": None,
        "voicemail": kept.id,
        "label": None,
        "test_mode": None,
        "callback_of": None,
        "page": None,
    }

    listed = next(line for line in (await hotline.lcr("calls")).splitlines() if caller.number in line)
    assert "Zoe Zander" in listed
    assert "voicemail, nobody answered" in listed

    story = await hotline.lcr("calls", "show", call.id[-5:])
    told = (
        f"call from {caller.number} “Zoe Zander” to +14155551010 (Gap)",
        "level 1: nobody to ring (Nora Nophone has no phone) → level 2",
        "rang Bob Chen (+14155550102) at level 2",
        "Bob Chen was busy",
        "caller hears “no answer”",
        "caller hears “voicemail”",
        "recording the message",
        "message kept",
        "call over: voicemail, nobody answered",
        kept.path,
    )
    places = [story.find(line) for line in told]
    assert places == sorted(places) and places[0] > 0, story


async def test_a_caller_whose_message_cannot_be_found_is_told_and_not_thanked(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(MAILBOX)
    await caller.hears("beep")
    caller.speaks("caller-voice")
    await hotline.recording_grows("message", 2.5)
    for file in (hotline.data / "asterisk/spool/recording").glob("*.wav"):
        file.unlink()
    await caller.presses("#")
    await caller.hears("message_lost")
    await caller.is_hung_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.FAILED, Reason.MESSAGE_LOST)
