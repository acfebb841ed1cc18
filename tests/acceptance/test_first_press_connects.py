"""The first responder who presses 1 gets the caller, and only that one."""

from __future__ import annotations

import asyncio

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Result
from tests.acceptance.hotline import Hotline

ANSWERED_ELSEWHERE = 26  # Q.850, in the Reason of the CANCEL


async def test_the_caller_chooses_a_team_and_speaks_with_whoever_takes_it(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    await caller.dials("+14155551000")
    await caller.hears("welcome")
    await caller.hears("menu")
    await caller.presses("1")
    await alice.rings()
    await bob.rings()
    await caller.hears("hold")
    await alice.answers()
    await alice.hears("whisper")
    await alice.hears("digits")
    await alice.hears("choice")
    await alice.presses("1")
    await bob.stops_ringing()
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    await caller.hangs_up()
    await alice.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by, call.team) == (Result.CONNECTED, "alice", "platform")
    assert bob.answered_at is None


async def test_of_two_who_press_1_in_the_same_instant_exactly_one_talks(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials("+14155551009")
    await carol.rings()
    for phone in (alice, bob):
        await phone.rings()
        await phone.answers()
        await phone.hears("whisper")
    await asyncio.gather(alice.presses("1"), bob.presses("1"))
    await carol.stops_ringing()
    assert carol.cause == ANSWERED_ELSEWHERE, "no missed call for somebody who missed nothing"
    caller.speaks("caller-voice")

    call = await hotline.answered(caller)
    winner, loser = (alice, bob) if call.answered_by == "alice" else (bob, alice)
    await winner.hears("caller-voice")
    await loser.hears("taken")
    await loser.is_hung_up()
    assert not loser.has_heard("caller-voice")
    assert not winner.has_heard("taken")
    await caller.hangs_up()
    await winner.is_hung_up()

    call = await hotline.logged(caller)
    assert call.result is Result.CONNECTED
    ends = {leg.person: leg.end for leg in await hotline.legs(call)}
    assert sorted(end for end in ends.values() if end) == [LegEnd.HUNG_UP, LegEnd.TAKEN, LegEnd.TAKEN]
    assert ends[call.answered_by or ""] is LegEnd.HUNG_UP


async def test_who_presses_2_passes_and_the_others_go_on_ringing(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials("+14155551001")
    await alice.rings()
    await bob.rings()
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("2")
    await alice.is_hung_up()
    await bob.answers()
    await bob.hears("whisper")
    await bob.presses("1")
    bob.speaks("bob-voice")
    await caller.hears("bob-voice")
    await caller.hangs_up()
    assert carol.rang_count == 0

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "bob")
    assert {leg.person: leg.end for leg in await hotline.legs(call)}["alice"] is LegEnd.PASSED


async def test_a_registered_softphone_takes_the_call(hotline: Hotline) -> None:
    caller, sam = hotline.caller(), hotline.phone("sam")
    await caller.dials("+14155551008")
    ring = await sam.rings()
    assert ring.shown_name == "Desk"
    await sam.answers()
    await sam.hears("whisper")
    await sam.presses("1")
    caller.speaks("caller-voice")
    await sam.hears("caller-voice")
    sam.speaks("alice-voice")
    await caller.hears("alice-voice")
    await sam.hangs_up()
    await caller.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "sam")


async def test_a_responder_who_is_on_another_hotline_call_is_not_rung(hotline: Hotline) -> None:
    first, second = hotline.caller(), hotline.caller()
    alice, bob, carol = hotline.phone("alice"), hotline.phone("bob"), hotline.phone("carol")
    await first.dials("+14155551001")
    await alice.rings()
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("1")
    first.speaks("caller-voice")
    await alice.hears("caller-voice")
    await bob.stops_ringing()

    await second.dials("+14155551009")
    await bob.rings()  # by the first call
    await bob.rings()
    await carol.rings()
    await second.hangs_up()
    await carol.stops_ringing()
    assert {leg.person for leg in await hotline.legs(await hotline.logged(second))} == {"bob", "carol"}
    await first.hangs_up()
    assert (await hotline.logged(first)).answered_by == "alice"
