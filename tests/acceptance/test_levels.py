"""Escalation: a whole level rings at once, a phone that cannot take the call costs no time, and nobody is left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.simulator.phone import ResponderPhone
from tests.acceptance.hotline import Hotline

CANNOT_BE_REACHED: dict[LegEnd, Callable[[ResponderPhone], None]] = {
    LegEnd.BUSY: lambda phone: phone.is_busy(),
    LegEnd.DEAD_NUMBER: lambda phone: phone.is_dead(),
    LegEnd.TRUNK_REFUSED: lambda phone: phone.refuses_with(403),
    LegEnd.UNREACHABLE: lambda phone: phone.refuses_with(503),
}


async def test_all_phones_of_a_level_ring_together(hotline: Hotline) -> None:
    caller = hotline.caller()
    phones = [hotline.phone("pat"), hotline.phone("pat", 1), hotline.phone("alice")]
    dialled = await caller.dials("+14155551019")
    rang = [(await phone.rings()).at for phone in phones]
    assert max(rang) - min(rang) < 0.5
    assert max(rang) - dialled < 2
    await caller.hangs_up()
    for phone in phones:
        await phone.stops_ringing()
    call = await hotline.logged(caller)
    assert [leg.level for leg in await hotline.legs(call)] == [1, 1, 1]


async def test_when_somebody_rejects_the_next_level_rings_at_once(hotline: Hotline) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    await caller.dials("+14155551017")
    rang = await dave.rings()
    await dave.rejects()
    assert (await erin.rings()).at - rang.at < 3, "dave's level rings for 30 s"
    await caller.hangs_up()

    first, second = await hotline.legs(await hotline.logged(caller))
    assert (first.person, first.end) == ("dave", LegEnd.REJECTED)
    assert (second.person, second.end) == ("erin", LegEnd.CANCELLED)


@pytest.mark.parametrize("why", CANNOT_BE_REACHED)
async def test_a_phone_that_cannot_be_reached_costs_no_time(hotline: Hotline, why: LegEnd) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    CANNOT_BE_REACHED[why](dave)
    dialled = await caller.dials("+14155551017")
    assert (await erin.rings()).at - dialled < 3, "dave's level rings for 30 s"
    await caller.hangs_up()

    first, _ = await hotline.legs(await hotline.logged(caller))
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
    await caller.dials("+14155551001")
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
    await caller.dials("+14155551001")
    rang = await alice.rings()
    await bob.rings()
    await caller.hears("hold")
    await alice.stops_ringing()
    await bob.stops_ringing()
    assert 1.8 < (await carol.rings()).at - rang.at < 3, "the first level rings for 2 s"
    await caller.hears("level")
    await caller.hears("hold")
    assert caller.longest_silence() < 1
    await carol.answers()
    await carol.hears("choice")
    await carol.presses("1")
    carol.speaks("carol-voice")
    await caller.hears("carol-voice")
    await carol.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.answered_by) == (Result.CONNECTED, Reason.TAKEN, "carol")
    ends = {leg.person: leg.end for leg in await hotline.legs(call)}
    assert (ends["alice"], ends["bob"]) == (LegEnd.NO_ANSWER, LegEnd.NO_ANSWER)


async def test_a_level_whose_people_have_no_phone_is_skipped(hotline: Hotline) -> None:
    caller, bob = hotline.caller(), hotline.phone("bob")
    dialled = await caller.dials("+14155551010")
    assert (await bob.rings()).at - dialled < 1.5, "a level rings for 2 s"
    assert not caller.has_heard("level"), "nobody was rung before"
    await caller.hangs_up()
    (leg,) = await hotline.legs(await hotline.logged(caller))
    assert (leg.person, leg.level) == ("bob", 2)


async def test_nobody_is_rung_twice_by_overlapping_levels(hotline: Hotline) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    await caller.dials("+14155551018")
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
    rang = [(await phone.rings()).at for phone in (alice, bob, alice)]
    assert 1.8 < rang[2] - rang[0] < 4, "each level rings for 1 s"
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("1")
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    await alice.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "alice")
    ends = [(leg.person, leg.end) for leg in await hotline.legs(call)]
    no_answer = LegEnd.NO_ANSWER
    assert ends == [("alice", no_answer), ("bob", no_answer), ("alice", LegEnd.HUNG_UP)]
