"""The first responder who presses 1 gets the caller, and only that one."""

from __future__ import annotations

from lcr_asterisk.callflow.outcome import Result
from tests.acceptance.hotline import Hotline


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
