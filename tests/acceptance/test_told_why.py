"""A caller who cannot be connected is told why, and then led on: to voicemail, or to a goodbye. Never into silence."""

from __future__ import annotations

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from tests.acceptance.hotline import Hotline
from tests.acceptance.silence import LONGEST
from tests.acceptance.voices import leaves_a_message


async def test_a_hotline_that_is_not_active_says_so(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551004")
    await caller.hears("inactive")
    await caller.is_hung_up()
    assert not caller.has_heard("welcome")
    call = await hotline.logged(caller)
    assert (call.route, call.result, call.reason) == ("closed", Result.REFUSED, Reason.INACTIVE)


async def test_a_number_that_no_hotline_has_says_so(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155559999")
    await caller.hears("unknown_number")
    await caller.is_hung_up()
    call = await hotline.logged(caller)
    assert (call.dialled, call.result, call.reason) == ("+14155559999", Result.REFUSED, Reason.UNKNOWN_NUMBER)


async def test_when_nobody_is_on_call_the_caller_is_told_and_can_leave_a_message(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551005")
    await caller.hears("welcome")
    await caller.hears("no_one_on_call")
    await leaves_a_message(hotline, caller)
    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.team) == (Result.VOICEMAIL, Reason.NO_ONE_ON_CALL, "nobody")
    await hotline.kept(call)


async def test_when_nobody_is_on_call_a_route_can_say_goodbye(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551006")
    await caller.hears("no_one_on_call")
    await caller.hears("goodbye")
    await caller.is_hung_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.UNANSWERED, Reason.NO_ONE_ON_CALL)


async def test_when_nobody_answers_a_route_can_say_goodbye(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551002")
    await alice.rings()
    await alice.rejects()
    await caller.hears("no_answer")
    await caller.hears("goodbye")
    await caller.is_hung_up()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.UNANSWERED, Reason.NO_ANSWER)


async def test_whoever_waits_may_press_star_to_leave_a_message(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials("+14155551009")
    await alice.rings()
    await bob.rings()
    await carol.rings()
    await alice.answers()
    await alice.hears("whisper")
    await caller.presses("*")
    await bob.stops_ringing()
    await carol.stops_ringing()
    await alice.hears("caller_to_voicemail")
    await alice.is_hung_up()
    await leaves_a_message(hotline, caller)

    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.VOICEMAIL, Reason.CALLER_CHOSE_VOICEMAIL)
    assert {leg.end for leg in await hotline.legs(call)} == {LegEnd.CANCELLED}


async def test_nobody_waits_longer_than_max_wait(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    dialled = await caller.dials("+14155551017")
    await dave.rings()
    apology = await caller.hears("no_answer", within=45)
    assert apology.start - dialled > 29.9, "max_wait is 30 s"
    assert apology.start - dialled < 45, "dave's level rings for 60 s"
    assert caller.longest_silence() < LONGEST
    await dave.stops_ringing()
    await leaves_a_message(hotline, caller)

    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.VOICEMAIL, Reason.MAX_WAIT)
