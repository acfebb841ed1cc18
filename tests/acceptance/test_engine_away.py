"""The engine may be killed at any moment: callers and talks survive it, and nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lcr_asterisk.audio.recordings import measure
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.store.rows import RecordingKind
from tests.acceptance.hotline import Hotline


async def test_two_people_go_on_talking_and_their_call_ends_properly_in_the_log(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    await caller.dials("+14155551001")
    await alice.rings()
    await bob.rings()
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")

    await hotline.kill_engine()
    caller.falls_silent()
    await alice.no_longer_hears("caller-voice")
    caller.speaks("caller-voice")
    alice.speaks("alice-voice")
    await alice.hears("caller-voice")
    await caller.hears("alice-voice")

    await hotline.start_engine()
    await alice.hangs_up()
    await caller.is_hung_up()
    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "alice")
    assert call.talk_seconds is not None and call.talk_seconds > 0


async def test_two_people_whose_call_nobody_remembers_are_not_parted(hotline: Hotline) -> None:
    """Their journal is lost with the engine; when one hangs up, the other is not left alone in the line."""
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551001")
    await alice.rings()
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    await hotline.kill_engine()
    hotline.forget_every_call()
    await hotline.start_engine()
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    assert not caller.has_heard("welcome")
    await caller.hangs_up()
    await alice.is_hung_up()


async def test_a_talk_that_ended_meanwhile_is_ended_on_both_sides(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551001")
    await alice.rings()
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    await hotline.journal_has(caller, "Connected")
    await hotline.kill_engine()
    await caller.hangs_up()
    await hotline.start_engine()
    await alice.is_hung_up()
    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "alice")


async def test_a_caller_whose_level_rings_is_still_connected(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551002")
    await alice.rings()
    await caller.hears("hold")
    await hotline.journal_has(caller, "LegRang")
    await hotline.kill_engine()
    await hotline.start_engine()
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "alice")


async def test_a_responder_who_answered_meanwhile_is_asked_and_connected(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551002")
    await alice.rings()
    await hotline.journal_has(caller, "LegRang")
    await hotline.kill_engine()
    await alice.answers()
    await hotline.start_engine()
    await alice.hears("whisper")
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    await caller.hangs_up()
    assert (await hotline.logged(caller)).result is Result.CONNECTED


async def test_a_ring_time_that_passed_meanwhile_leads_on_to_the_apology(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials("+14155551001")
    await alice.rings()
    await bob.rings()
    await hotline.journal_has(caller, "LegRang")
    await hotline.kill_engine()
    await alice.rejects()
    await bob.rejects()
    await hotline.start_engine()
    await carol.rings()
    await carol.rejects()
    await caller.hears("no_answer")
    await caller.hears("voicemail")
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.UNANSWERED, Reason.NO_ANSWER)


async def test_a_menu_is_asked_again(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials("+14155551000")
    await caller.hears("menu")
    await hotline.kill_engine()
    await hotline.start_engine()
    await caller.hears("menu")
    await caller.presses("2")
    await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    assert (await hotline.logged(caller)).reason is Reason.WHILE_RINGING


async def test_a_message_that_was_being_spoken_is_kept(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551003")
    await caller.hears("beep")
    caller.speaks("caller-voice")
    await hotline.recording_grows("message", 1.0)
    await hotline.kill_engine()
    await hotline.recording_grows("message", 2.5)
    await caller.hangs_up()
    await hotline.start_engine()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.VOICEMAIL, Reason.VOICEMAIL_ROUTE)
    (recording,) = await hotline.recordings(call)
    assert measure(Path(recording.path)) > 2.0


async def test_a_new_caller_hears_an_apology_and_leaves_a_message(hotline: Hotline) -> None:
    caller = hotline.caller()
    await hotline.kill_engine()
    await caller.dials("+14155551000")
    await caller.hears("away")
    await caller.hears("beep")
    caller.speaks("caller-voice")
    await hotline.recording_grows("away", 2.5)
    await caller.presses("#")
    await caller.hears("away_goodbye")
    await caller.is_hung_up()
    assert [path.suffix for path in sorted(hotline.away_files())] == [".jsonl", ".wav"]

    await hotline.start_engine()
    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.route) == (Result.VOICEMAIL, Reason.ENGINE_AWAY, "production")
    (recording,) = await hotline.recordings(call)
    assert recording.kind is RecordingKind.AWAY
    assert measure(Path(recording.path)) > 2.0
    await hotline.has_taken_up_all()


async def test_a_caller_who_only_heard_the_apology_is_in_the_log(hotline: Hotline) -> None:
    caller = hotline.caller()
    await hotline.kill_engine()
    await caller.dials("+14155551001")
    await caller.hears("away")
    await caller.hangs_up()
    await hotline.start_engine()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.ENGINE_AWAY)


async def test_stopping_the_engine_in_order_leaves_a_call_as_it_is(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551002")
    await alice.rings()
    await hotline.stop_engine()
    await caller.hears("hold")
    await asyncio.gather(hotline.start_engine(), alice.answers())
    await alice.hears("whisper")
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    await alice.hangs_up()
    assert (await hotline.logged(caller)).answered_by == "alice"
