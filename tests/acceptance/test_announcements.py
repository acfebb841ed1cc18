"""What a network says before the answer is none: "not in service" costs no time, and nobody is connected to a tape."""

from __future__ import annotations

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from tests.acceptance.hotline import Hotline, follows_at_once

PATIENT = "+14155551017"  # dave rings for 60 s, then erin
IN_TURN = "+14155551085"  # dave rings for 3 s, then erin
ANNOUNCED = ("pin", "wrong_pin")  # the tones of the tests that sound as an announcement does


async def test_an_announcement_and_then_a_dead_number_cost_no_time(hotline: Hotline) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    dave.is_announced_away(404)
    await caller.dials(PATIENT)
    await erin.rings()
    await caller.hangs_up()
    assert not any(caller.has_heard(tone) for tone in ANNOUNCED), "the caller waits with music"

    first, second = await hotline.legs(await hotline.logged(caller))
    follows_at_once(first, second)
    assert (first.person, first.end, first.answered_at) == ("dave", LegEnd.DEAD_NUMBER, None)


async def test_an_announcement_that_goes_on_is_no_answer(hotline: Hotline) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    dave.is_announced_away(None)
    await caller.dials(IN_TURN)
    await erin.rings()
    await erin.answers()
    await erin.hears("whisper")
    await erin.presses("1")
    erin.speaks("carol-voice")
    await caller.hears("carol-voice")
    await caller.hangs_up()
    assert not any(caller.has_heard(tone) for tone in ANNOUNCED)

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.answered_by) == (Result.CONNECTED, Reason.TAKEN, "erin")
    first, second = await hotline.legs(call)
    assert (second.rang_at - first.rang_at).total_seconds() > 2.9, "dave's level rings for 3 s"
    follows_at_once(first, second)
    assert (first.person, first.end, first.answered_at) == ("dave", LegEnd.NO_ANSWER, None)
