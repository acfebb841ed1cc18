"""Escalation: a whole level rings at once, a phone that cannot take the call costs no time, and nobody is left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.simulator.phone import ResponderPhone
from tests.acceptance.hotline import Hotline, follows_at_once
from tests.acceptance.silence import LONGEST

CLIMBS = "+14155551090"  # alice and bob for 3 s, then carol
CANNOT_BE_REACHED: dict[LegEnd, Callable[[ResponderPhone], None]] = {
    LegEnd.BUSY: lambda phone: phone.is_busy(),
    LegEnd.DEAD_NUMBER: lambda phone: phone.is_dead(),
    LegEnd.TRUNK_REFUSED: lambda phone: phone.refuses_with(403),
    LegEnd.UNREACHABLE: lambda phone: phone.refuses_with(503),
}


async def test_all_phones_of_a_level_ring_together(hotline: Hotline) -> None:
    caller = hotline.caller()
    phones = [hotline.phone("pat"), hotline.phone("pat", 1), hotline.phone("alice")]
    await caller.dials("+14155551019")
    for phone in phones:
        await phone.rings()
    assert [phone.ended_at for phone in phones] == [None] * 3, "all ring now"
    await caller.hangs_up()
    for phone in phones:
        await phone.stops_ringing()
    call = await hotline.logged(caller)
    legs = await hotline.legs(call)
    assert [leg.level for leg in legs] == [1, 1, 1]
    assert len({leg.rang_at for leg in legs}) == 1, "in the same instant"


async def test_when_somebody_rejects_the_next_level_rings_at_once(hotline: Hotline) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    await caller.dials("+14155551017")
    await dave.rings()
    await dave.rejects()
    await erin.rings()
    await caller.hangs_up()

    first, second = await hotline.legs(await hotline.logged(caller))
    assert (first.person, first.end) == ("dave", LegEnd.REJECTED)
    assert (second.person, second.end) == ("erin", LegEnd.CANCELLED)
    follows_at_once(first, second)


@pytest.mark.parametrize("why", CANNOT_BE_REACHED)
async def test_a_phone_that_cannot_be_reached_costs_no_time(hotline: Hotline, why: LegEnd) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    CANNOT_BE_REACHED[why](dave)
    await caller.dials("+14155551017")
    await erin.rings()
    await caller.hangs_up()

    first, second = await hotline.legs(await hotline.logged(caller))
    follows_at_once(first, second)
    assert (first.person, first.end) == ("dave", why)


async def test_a_level_goes_on_while_one_of_its_phones_still_rings(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials("+14155551001")
    await alice.rings()
    await bob.rings()
    await alice.rejects()
    await bob.answers()
    await bob.hears("whisper")
    assert carol.rang_count == 0
    await bob.presses("2")
    await bob.is_hung_up()
    await carol.rings()
    await caller.hangs_up()
    ends = {leg.person: leg.end for leg in await hotline.legs(await hotline.logged(caller))}
    assert ends == {"alice": LegEnd.REJECTED, "bob": LegEnd.PASSED, "carol": LegEnd.CANCELLED}


async def test_who_answers_and_hangs_up_again_passes_the_call_on(hotline: Hotline) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    await caller.dials("+14155551017")
    await dave.rings()
    await dave.answers()
    await dave.hears("whisper")
    await dave.hangs_up()
    await erin.rings()
    await caller.hangs_up()
    first, _ = await hotline.legs(await hotline.logged(caller))
    assert (first.person, first.end) == ("dave", LegEnd.HUNG_UP)


async def test_who_answered_in_time_may_press_1_after_the_others_have_stopped_ringing(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials(CLIMBS)
    await alice.rings()
    await bob.rings()
    await alice.answers()
    await bob.stops_ringing()
    assert not caller.has_heard("level"), "alice has not decided yet"
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    await caller.hangs_up()
    assert carol.rang_count == 0
    assert (await hotline.logged(caller)).answered_by == "alice"


async def test_when_nobody_answers_the_next_level_rings_and_the_caller_is_told(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials(CLIMBS)
    await alice.rings()
    await bob.rings()
    await caller.hears("hold")
    await alice.stops_ringing()
    await bob.stops_ringing()
    await carol.rings()
    await caller.hears("level")
    await caller.hears("hold")
    assert caller.longest_silence() < LONGEST
    await carol.answers()
    await carol.hears("choice")
    await carol.presses("1")
    carol.speaks("carol-voice")
    await caller.hears("carol-voice")
    await carol.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.answered_by) == (Result.CONNECTED, Reason.TAKEN, "carol")
    first, second, third = await hotline.legs(call)
    assert (first.end, second.end, third.person) == (LegEnd.NO_ANSWER, LegEnd.NO_ANSWER, "carol")
    assert (third.rang_at - first.rang_at).total_seconds() > 2.9, "the first level rings for 3 s"
    follows_at_once(first, third)


async def test_a_level_whose_people_have_no_phone_is_skipped(hotline: Hotline) -> None:
    caller, bob = hotline.caller(), hotline.phone("bob")
    await caller.dials("+14155551010")
    await bob.rings()  # a level would ring for 15 s
    assert not caller.has_heard("level"), "nobody was rung before"
    await caller.hangs_up()
    (leg,) = await hotline.legs(await hotline.logged(caller))
    assert (leg.person, leg.level) == ("bob", 2)


async def test_nobody_is_rung_twice_by_overlapping_levels(hotline: Hotline) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    await caller.dials("+14155551091")
    await dave.rings()
    await dave.stops_ringing()
    await erin.rings()
    await erin.stops_ringing()
    await caller.hears("no_answer")
    await caller.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.UNANSWERED, Reason.NO_ANSWER)
    assert [(leg.person, leg.level) for leg in await hotline.legs(call)] == [("dave", 1), ("erin", 2)]
    assert (dave.rang_count, erin.rang_count) == (1, 1)


async def test_repeat_walks_the_policy_again(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    await caller.dials("+14155551011")
    for phone in (alice, bob, alice):
        await phone.rings()
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("1")
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    await alice.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "alice")
    legs = await hotline.legs(call)
    assert (legs[2].rang_at - legs[0].rang_at).total_seconds() > 5.9, "each level rings for 3 s"
    ends = [(leg.person, leg.end) for leg in legs]
    no_answer = LegEnd.NO_ANSWER
    assert ends == [("alice", no_answer), ("bob", no_answer), ("alice", LegEnd.HUNG_UP)]
