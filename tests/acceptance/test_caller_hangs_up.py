"""Whenever a caller hangs up, every phone stops, nobody is rung afterwards, and the log says how far they came."""

from __future__ import annotations

from pathlib import Path

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from tests.acceptance.hotline import Hotline
from tests.acceptance.voices import speaks_after_the_beep, tones_in

LONG_WELCOME = "+14155551013"  # of six seconds


async def test_before_anything_was_said(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(LONG_WELCOME)
    await caller.is_answered()
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.DURING_WELCOME)
    assert await hotline.legs(call) == []


async def test_during_the_welcome(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials(LONG_WELCOME)
    await caller.hears("welcome")
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.DURING_WELCOME)
    assert await hotline.legs(call) == []


async def test_in_the_menu(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551014")
    await caller.hears("menu")
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.DURING_MENU)
    assert await hotline.legs(call) == []


async def test_while_phones_ring(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials("+14155551001")
    await alice.rings()
    await bob.rings()
    await caller.hangs_up()
    await alice.stops_ringing()
    await bob.stops_ringing()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.answered_by) == (Result.ABANDONED, Reason.WHILE_RINGING, None)
    assert {leg.person: leg.end for leg in await hotline.legs(call)} == dict.fromkeys(
        ("alice", "bob"), LegEnd.CANCELLED
    )
    assert carol.rang_count == 0, "she is at the next level, and theirs was not over"


async def test_while_the_second_level_rings(hotline: Hotline) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    dave.is_busy()
    await caller.dials("+14155551017")
    await erin.rings()
    await caller.hears("level")
    await caller.hangs_up()
    await erin.stops_ringing()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.WHILE_RINGING)


async def test_while_somebody_is_about_to_take_it(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials("+14155551001")
    await alice.rings()
    await bob.rings()
    await alice.answers()
    await alice.hears("whisper")
    await caller.hangs_up()
    await bob.stops_ringing()
    await alice.hears("caller_gone")
    await alice.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.DURING_CONFIRMATION)
    assert call.answered_by is None
    assert carol.rang_count == 0


async def test_during_the_apology(hotline: Hotline) -> None:
    caller, bob = hotline.caller(), hotline.phone("bob")
    bob.is_busy()
    await caller.dials("+14155551010")
    await caller.hears("no_answer")
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.UNANSWERED, Reason.NO_ANSWER)


async def test_at_the_voicemail_greeting(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551012")
    await caller.hears("voicemail")
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.NO_MESSAGE)
    assert await hotline.recordings(call) == []


async def test_during_the_beep(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551012")
    await caller.hears("beep")
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.NO_MESSAGE)
    assert await hotline.recordings(call) == []


async def test_after_the_beep_without_a_word(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551012")
    await caller.hears("beep")
    await caller.no_longer_hears("beep")
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.NO_MESSAGE)
    assert await hotline.recordings(call) == []


async def test_in_the_middle_of_the_message_which_is_kept(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551003")
    await caller.hears("welcome")
    await speaks_after_the_beep(hotline, caller, 3.5)  # the end of it may be lost where a hangup overtakes it
    await caller.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.VOICEMAIL, Reason.VOICEMAIL_ROUTE)
    kept = await hotline.kept(call)
    assert tones_in(Path(kept.path))["caller-voice"] > 2
