"""While they talk, responders bring somebody in, hand the caller over, or end the call, by keys where configured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.simulator.phone import Caller, ResponderPhone
from tests.acceptance.hotline import Hotline
from tests.acceptance.voices import says, speaks_for, tones_in

KEYS = "+14155551060"
RECORDED = "+14155551061"
NO_KEYS = "+14155551002"


async def takes(phone: ResponderPhone) -> None:
    """The phone rings, and its owner takes the call."""
    await phone.rings()
    await phone.answers()
    await phone.hears("choice")
    await phone.presses("1")


async def talk(hotline: Hotline, number: str = KEYS) -> tuple[Caller, ResponderPhone]:
    """A caller and Alice, who hear each other."""
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials(number)
    await takes(alice)
    await hear_each_other(caller, alice)
    return caller, alice


async def hear_each_other(caller: Caller, responder: ResponderPhone) -> None:
    await says(caller, "caller-voice", responder)
    await says(responder, "alice-voice", caller)


async def test_somebody_of_the_next_level_joins_and_all_three_hear_each_other(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    carol = hotline.phone("carol")
    await alice.presses("*1")
    ring = await carol.rings()
    assert ring.shown_name == "Keys"
    await carol.answers()
    await hear_each_other(caller, alice)
    await carol.hears("whisper")
    await carol.hears("choice")
    await carol.presses("1")
    await says(carol, "carol-voice", caller, alice)
    await says(alice, "alice-voice", caller, carol)
    await says(caller, "caller-voice", alice, carol)
    await alice.hangs_up()
    await says(carol, "carol-voice", caller)
    await carol.hangs_up()
    await caller.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.answered_by) == (Result.CONNECTED, Reason.TAKEN, "alice")


async def test_where_nobody_takes_it_only_the_responder_hears_so_and_the_talk_goes_on(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    carol = hotline.phone("carol")
    await alice.presses("*1")
    await carol.rings()
    await carol.rejects()
    await alice.hears("away")  # the tone of "nobody else can join you"
    await hear_each_other(caller, alice)
    await alice.no_longer_hears("away")  # who asks again meanwhile is not told twice at once
    await alice.presses("*1")  # there is no level after that
    await alice.hears("away")
    assert not caller.has_heard("away")
    await hear_each_other(caller, alice)
    await caller.hangs_up()
    await alice.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "alice")
    assert carol.rang_count == 1


async def test_of_three_who_talk_all_are_told_when_the_caller_hangs_up(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    carol = hotline.phone("carol")
    await alice.presses("*1")
    await takes(carol)
    await says(carol, "carol-voice", caller)
    await caller.hangs_up()
    await alice.is_hung_up()
    await carol.is_hung_up()
    assert {leg.end for leg in await hotline.legs(await hotline.logged(caller)) if leg.person != "bob"} == {
        LegEnd.HUNG_UP
    }


async def test_who_brings_somebody_in_and_leaves_hands_the_caller_over_to_them(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    carol = hotline.phone("carol")
    await alice.presses("*1")
    await carol.rings()
    await carol.answers()
    await alice.hangs_up()
    await caller.hears("hold")
    await carol.hears("choice")
    await carol.presses("1")
    await says(carol, "carol-voice", caller)
    await says(caller, "caller-voice", carol)
    await caller.hangs_up()
    await carol.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.answered_by) == (Result.CONNECTED, Reason.TAKEN, "carol")


async def test_the_caller_is_handed_over_and_everybody_hears_what_happens(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    dave = hotline.phone("dave")
    await alice.presses("*21")
    await caller.hears("inactive")  # the tone of "you are being handed over"
    await alice.hears("caller_to_voicemail")  # the tone of "the call is handed over"
    await alice.is_hung_up()
    await caller.hears("hold")
    await dave.rings()
    await dave.answers()
    introduction = await dave.hears("label")  # the tone of "handed over by"
    whisper = await dave.hears("whisper")
    between = [heard.name for heard in dave.ear.heard if introduction.start <= heard.start <= whisper.start]
    assert list(dict.fromkeys(between)) == ["label", "whisper"]
    await dave.hears("choice")
    await dave.presses("1")
    await caller.no_longer_hears("hold")
    await says(dave, "bob-voice", caller)
    await says(caller, "caller-voice", dave)
    assert not alice.has_heard("bob-voice")
    await dave.hangs_up()
    await caller.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by, call.team) == (Result.CONNECTED, "dave", "payments")
    ends = {leg.person: leg.end for leg in await hotline.legs(call)}
    assert (ends["alice"], ends["dave"]) == (LegEnd.HANDED_OVER, LegEnd.HUNG_UP)
    told = await hotline.lcr("calls", "show", call.id)
    assert "Alice Martin handed the caller over to Payments" in told
    assert "connected to Dave Evans" in told


async def test_where_nobody_takes_who_was_handed_over_a_message_is_left_as_ever(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    dave, erin = hotline.phone("dave"), hotline.phone("erin")
    dave.is_busy()
    erin.is_busy()
    await alice.presses("*21")
    await caller.hears("inactive")
    await caller.hears("no_answer")
    await caller.hears("voicemail")
    await caller.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.answered_by) == (Result.UNANSWERED, Reason.NO_ANSWER, None)


async def test_who_hands_over_to_their_own_team_is_not_rung_for_it(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    bob = hotline.phone("bob")
    rang = alice.rang_count
    await alice.presses("*22")
    await takes(bob)
    await says(bob, "bob-voice", caller)
    assert alice.rang_count == rang
    await caller.hangs_up()
    await bob.is_hung_up()
    assert (await hotline.logged(caller)).answered_by == "bob"


async def test_the_responder_ends_the_call_and_the_caller_hears_goodbye(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    await alice.presses("*9")
    await alice.is_hung_up()
    await caller.hears("goodbye")
    await caller.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.answered_by) == (Result.CONNECTED, Reason.RESPONDER_ENDED, "alice")
    told = await hotline.lcr("calls", "show", call.id)
    assert "Alice Martin ended the call" in told


async def test_all_other_keys_reach_the_other_phone_and_codes_do_not(hotline: Hotline) -> None:
    """A bank's menu wants digits: whatever is no code goes to the caller, and none of it into the log."""
    caller, alice = await talk(hotline)
    await alice.presses("4711#")
    await caller.receives("4711#")
    await alice.presses("*5")
    await caller.receives("4711#*5")
    await alice.presses("*")
    await caller.receives("4711#*5*")
    await speaks_for(alice, "alice-voice", 1.0)
    await caller.presses("42#")
    await alice.receives("42#")
    await speaks_for(alice, "alice-voice", 1.0)
    await alice.presses("*1")
    await alice.hears("away")  # Carol's number does not exist
    assert caller.digits == "4711#*5*"
    await caller.hangs_up()
    await alice.is_hung_up()

    (journal,) = await hotline.journals(caller)
    pressed = [entry.event for entry in journal if type(entry.event).__name__ == "LegPressed"]
    assert not {"4", "7", "5", "#"} & {getattr(event, "digit", "") for event in pressed}


async def test_without_keys_on_the_route_all_keys_reach_the_caller(hotline: Hotline) -> None:
    caller, alice = await talk(hotline, NO_KEYS)
    await alice.presses("*1*9*21")
    await caller.receives("*1*9*21")
    await hear_each_other(caller, alice)
    await caller.hangs_up()
    await alice.is_hung_up()


async def test_keys_work_after_the_engine_was_killed(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    dave = hotline.phone("dave")
    await hotline.journal_has(caller, "Connected")
    await hotline.kill_engine()
    await hear_each_other(caller, alice)
    await hotline.start_engine()
    await alice.presses("*21")
    await caller.hears("inactive")
    await alice.is_hung_up()
    await takes(dave)
    assert (await hotline.answered(caller)).answered_by == "dave"
    await caller.hangs_up()
    assert (await hotline.logged(caller)).answered_by == "dave"


async def test_three_talk_on_while_the_engine_is_away(hotline: Hotline) -> None:
    caller, alice = await talk(hotline)
    carol = hotline.phone("carol")
    await alice.presses("*1")
    await takes(carol)
    await says(carol, "carol-voice", caller)
    await hotline.kill_engine()
    await alice.hangs_up()
    await hotline.start_engine()
    await says(carol, "carol-voice", caller)
    await carol.hangs_up()
    await caller.is_hung_up()
    assert (await hotline.logged(caller)).answered_by == "alice"


@pytest.mark.parametrize("first", ["caller", "responder"])
async def test_one_recording_has_both_conversations_of_a_call_that_was_handed_over(
    hotline: Hotline, first: str
) -> None:
    """Whoever hangs up first: it is not taken from Asterisk while that still writes it."""
    caller, alice = hotline.caller(), hotline.phone("alice")
    dave = hotline.phone("dave")
    await caller.dials(RECORDED)
    await takes(alice)
    await alice.hears("notice")
    await alice.no_longer_hears("notice")
    await hotline.records("talk")
    await speaks_for(alice, "alice-voice", 2.0)
    await caller.hears("alice-voice")
    await alice.presses("*21")
    await takes(dave)
    await dave.hears("notice")
    await dave.no_longer_hears("notice")
    before = hotline.recorded_seconds("talk")
    dave.speaks("bob-voice")
    # It is appended to, so that there is a file does not tell that it goes on. It grows by two seconds at a time.
    await hotline.recording_grows("talk", before + 3.0)
    dave.falls_silent()
    await caller.hears("bob-voice")
    if first == "caller":
        await caller.hangs_up()
        await dave.is_hung_up()
    else:
        await dave.hangs_up()
        await caller.is_hung_up()

    kept = await hotline.kept(await hotline.logged(caller))
    tones = tones_in(Path(kept.path))
    assert tones.get("alice-voice", 0) > 0.8
    assert tones.get("bob-voice", 0) > 0.8
    said = [line for line in hotline.output if re.search("RecordTalk", line)]
    assert not said


async def test_a_recorded_talk_is_kept_where_nobody_takes_who_was_handed_over(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    for nobody in (hotline.phone("dave"), hotline.phone("erin")):
        nobody.is_busy()
    await caller.dials(RECORDED)
    await takes(alice)
    await alice.hears("notice")
    await alice.no_longer_hears("notice")
    await hotline.records("talk")
    await speaks_for(alice, "alice-voice", 2.0)
    await caller.hears("alice-voice")
    await alice.presses("*21")
    await caller.hears("voicemail")
    await caller.hangs_up()
    kept = await hotline.kept(await hotline.logged(caller))
    assert tones_in(Path(kept.path)).get("alice-voice", 0) > 0.8
