"""No caller hears nothing for longer than 3 s, however long they wait and whatever they leave undone.

That is listened for after every test of the suite (silence.py, conftest.py); here it is in the long ways through a
call, in which the caller does nothing but listen, and it is shown that a silence is noticed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence

import pytest

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.simulator.ear import PACKET_SECONDS, Ear, Sound
from lcr_asterisk.simulator.tones import PACKET_SAMPLES
from tests.acceptance.hotline import Hotline
from tests.acceptance.silence import LONGEST, Stretch, longest, silences


async def test_while_every_level_rings_twice_and_nobody_answers(hotline: Hotline) -> None:
    """With the hold music that everybody has who brings none."""
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    await caller.dials("+14155551011")
    for phone in (alice, bob, alice, bob):
        await phone.rings()
    await caller.hears("no_answer", within=20)
    await caller.is_hung_up()
    assert (await hotline.logged(caller)).reason is Reason.NO_ANSWER


async def test_while_one_phone_rings_for_as_long_as_a_caller_may_wait(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials("+14155551017")
    await dave.rings()
    await caller.hears("no_answer", within=60)
    await caller.hears("beep")
    await caller.hangs_up()
    assert (await hotline.logged(caller)).reason is Reason.MAX_WAIT


async def test_after_the_beep_when_the_caller_says_nothing(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551012")
    await caller.hears("beep")
    await caller.hears("goodbye")
    await caller.is_hung_up()
    assert (await hotline.logged(caller)).result is Result.ABANDONED


async def test_in_a_menu_in_which_the_caller_chooses_nothing(hotline: Hotline) -> None:
    """With the time to choose that is usual: six seconds."""
    caller = hotline.caller()
    await caller.dials("+14155551013")
    await caller.hears("menu", within=20)
    await caller.hears("menu", within=30)
    await caller.hangs_up()
    assert (await hotline.logged(caller)).reason is Reason.DURING_MENU


async def test_a_silence_is_noticed(hotline: Hotline) -> None:
    """The engine is stopped, as a machine that swaps stops it, and the caller hears the end of the menu and no more.

    The menu is a long one: before it ends, nothing that says that the line is alive can have begun.
    """
    caller = hotline.caller()
    await caller.dials("+14155551013")
    await caller.hears("menu", within=20)
    os.kill(hotline.engine_pid, signal.SIGSTOP)
    try:
        await caller.no_longer_hears("menu")
        await asyncio.sleep(LONGEST + 0.5)
    finally:
        os.kill(hotline.engine_pid, signal.SIGCONT)
    await caller.hears("wrong_choice", within=20)
    await caller.hangs_up()
    await hotline.logged(caller)
    (found,) = await silences(hotline)
    assert found.seconds > LONGEST + 0.4
    hotline.world.callers.clear()  # this once it is no failure


SPEAKS_FROM_1_TO_2 = 1.0, 2.0


@pytest.mark.parametrize(
    ("excused", "seconds"),
    [
        pytest.param([], 8.0, id="from the last sound to the end of the call"),
        pytest.param([(4.0, 9.0)], 2.0, id="up to where people talk"),
        pytest.param([(2.0, 10.0)], 1.0, id="from the answer to the first sound"),
        pytest.param([(5.0, 7.0), (2.5, 6.0)], 3.0, id="between two stretches, told in any order"),
        pytest.param([(0.0, 99.0)], 0.0, id="nothing is left where all is excused"),
        pytest.param([(-9.0, -1.0), (11.0, 99.0)], 8.0, id="what lies outside of the call excuses nothing"),
    ],
)
def test_only_that_silence_counts_in_which_there_had_to_be_sound(excused: Sequence[Stretch], seconds: float) -> None:
    ear = Ear(lambda: None)
    start, end = SPEAKS_FROM_1_TO_2
    for packet in range(round((end - start) / PACKET_SECONDS)):
        ear.take(start + packet * PACKET_SECONDS, packet * PACKET_SAMPLES, b"", Sound(("hold",), True, 0.0))
    assert longest(ear, 0.0, 10.0, excused) == pytest.approx(seconds)
