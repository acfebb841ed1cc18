"""Callers hear what an admin has chosen for them: own recordings, or phones that ring as in their country."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

from lcr_asterisk.audio.loudness import window_levels
from lcr_asterisk.simulator.ear import PACKET_SECONDS, Ear
from lcr_asterisk.simulator.phone import Caller
from lcr_asterisk.simulator.tones import RATE
from tests.acceptance.hotline import Hotline, until
from tests.acceptance.own_sounds import HOLD, WELCOME

OWN = "+14155551083"
RINGING = {  # by region: the number, and the frequencies in Hz; the cadence is that of the file
    "US": ("+14155551080", {440, 480}),
    "GB": ("+14155551081", {400, 450}),
    "DE": ("+14155551082", {425}),
}


def rings(ear: Ear) -> int:
    """How often it has rung: sounds with a pause of more than a second before the next."""
    _, samples = ear.samples()
    levels = window_levels((samples * 32767).astype("<i2").tobytes(), PACKET_SECONDS)
    turns = [(loud, len(list(same)) * PACKET_SECONDS) for loud, same in groupby(level > 100 for level in levels)]
    return sum(not loud and seconds > 1 for loud, seconds in turns[1:-1])


def frequencies(ear: Ear) -> set[int]:
    """Of the first sound, in Hz."""
    _, samples = ear.samples()
    first = int(np.argmax(np.abs(samples) > 0.01))
    wave = samples[first : first + round(0.4 * RATE)]
    strength = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 8 * RATE))
    peaks = (strength[1:-1] > strength[:-2]) & (strength[1:-1] > strength[2:]) & (strength[1:-1] > strength.max() / 4)
    return {round(int(place) / 8) for place in np.flatnonzero(peaks) + 1}


async def rings_for(caller: Caller, times: int) -> None:
    """The caller has heard it ring so often, and again."""

    async def heard() -> bool:
        return rings(caller.ear) >= times

    await until(heard, lambda: f"rang {rings(caller.ear)} times\n{caller.story()}")


@pytest.mark.parametrize("region", RINGING)
async def test_a_caller_hears_phones_ring_as_in_the_region_of_the_hotline(hotline: Hotline, region: str) -> None:
    number, hertz = RINGING[region]
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials(number)
    await dave.rings()
    await rings_for(caller, 1)
    await caller.hangs_up()
    assert {min(hertz, key=lambda one: abs(one - found)) for found in frequencies(caller.ear)} == hertz
    assert all(min(abs(found - one) for one in hertz) < 4 for found in frequencies(caller.ear))


async def test_it_goes_on_ringing_for_the_caller_while_the_engine_is_dead(hotline: Hotline) -> None:
    number, _ = RINGING["US"]
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials(number)
    await dave.rings()
    await rings_for(caller, 1)
    await hotline.kill_engine()
    await rings_for(caller, rings(caller.ear) + 1)
    await hotline.start_engine()
    await caller.hangs_up()


async def test_a_caller_hears_the_welcome_and_the_music_that_an_admin_has_recorded(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials(OWN)
    await dave.rings()

    async def heard() -> bool:
        return caller.ear.contains(HOLD)

    await until(heard, lambda: f"the music was not heard:\n{caller.story()}")
    await caller.hangs_up()
    welcome, music = caller.ear.find(WELCOME), caller.ear.find(HOLD)
    assert welcome is not None and music is not None
    assert welcome < music
    assert music - welcome > 1.9, "the welcome is heard to its end"
