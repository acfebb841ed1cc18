"""Who ends a message by the hash key may record it again; what was said before is only given up for another."""

from __future__ import annotations

from pathlib import Path

from lcr_asterisk.callflow.outcome import Result
from lcr_asterisk.simulator.phone import Caller
from tests.acceptance.hotline import Hotline
from tests.acceptance.voices import speaks_for, tones_in

MAILBOX = "+14155551042"


async def records(hotline: Hotline, caller: Caller, voice: str, take: str = "message") -> None:
    """Say something after the beep and end it by the hash key."""
    await caller.hears("beep")
    await caller.no_longer_hears("beep")
    await hotline.records(take)
    await speaks_for(caller, voice, 3.5)  # the end of it may be lost where the key overtakes it
    await caller.presses("#")
    await caller.hears("voicemail_choice")


async def kept_of(hotline: Hotline, caller: Caller) -> dict[str, float]:
    call = await hotline.logged(caller)
    assert call.result is Result.VOICEMAIL
    return tones_in(Path((await hotline.kept(call)).path))


async def test_the_second_take_is_the_message(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(MAILBOX)
    await records(hotline, caller, "caller-voice")
    await caller.presses("2")
    await records(hotline, caller, "bob-voice", "message-2")
    await caller.presses("1")
    await caller.hears("message_kept")
    await caller.is_hung_up()
    heard = await kept_of(hotline, caller)
    assert heard["bob-voice"] > 2.2
    assert "caller-voice" not in heard


async def test_who_hangs_up_while_being_asked_has_left_the_message(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(MAILBOX)
    await records(hotline, caller, "caller-voice")
    await caller.hangs_up()
    assert (await kept_of(hotline, caller))["caller-voice"] > 2.2


async def test_who_hangs_up_before_saying_anything_more_has_left_the_first_take(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(MAILBOX)
    await records(hotline, caller, "caller-voice")
    await caller.presses("2")
    await caller.hears("beep")
    await caller.hangs_up()
    assert (await kept_of(hotline, caller))["caller-voice"] > 2.2


async def test_a_message_survives_the_engine_that_was_killed_while_the_caller_was_asked(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(MAILBOX)
    await records(hotline, caller, "caller-voice")
    await hotline.journal_has(caller, "MessageRecorded")
    await hotline.kill_engine()
    await caller.hangs_up()
    await hotline.start_engine()
    assert (await kept_of(hotline, caller))["caller-voice"] > 2.2
