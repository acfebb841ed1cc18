"""Callers hear what an admin has chosen for them: own recordings, or phones that ring as in their country."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from numpy.typing import NDArray

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


def tones(ear: Ear) -> list[set[int]]:
    """The frequencies of each sound that was heard for long enough to tell them, in Hz."""
    _, samples = ear.samples()
    sounding = np.flatnonzero(np.abs(samples) > 0.01)
    if not len(sounding):
        return []
    # Within a sound, two frequencies take each other away for less than that.
    sounds = np.split(sounding, np.flatnonzero(np.diff(sounding) > 0.05 * RATE) + 1)
    waves = [samples[sound[0] : min(sound[-1], sound[0] + round(0.4 * RATE))] for sound in sounds]
    return [frequencies(wave) for wave in waves if len(wave) > 0.38 * RATE]


def frequencies(wave: NDArray[np.float32]) -> set[int]:
    """In Hz."""
    strength = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 8 * RATE))
    peaks = (strength[1:-1] > strength[:-2]) & (strength[1:-1] > strength[2:]) & (strength[1:-1] > strength.max() / 4)
    return {round(int(place) / 8) for place in np.flatnonzero(peaks) + 1}


def rings_with(found: set[int], hertz: set[int]) -> bool:
    """Whether these frequencies are what it has to ring with: all of them, and no other."""
    nearest = {one: min(hertz, key=lambda other: abs(other - one)) for one in found}
    return set(nearest.values()) == hertz and all(abs(one - other) < 4 for one, other in nearest.items())


async def rings_for(caller: Caller, times: int) -> None:
    """The caller has heard it ring so often, and again."""

    async def heard() -> bool:
        return rings(caller.ear) >= times

    await until(heard, lambda: f"rang {rings(caller.ear)} times\n{caller.story()}")


async def heard_music(caller: Caller) -> float:
    """When the music began of which the caller has heard a whole round; it goes on."""

    async def heard() -> bool:
        return caller.ear.contains(HOLD)

    await until(heard, lambda: f"the music was not heard:\n{caller.story()}")
    began = caller.ear.find(HOLD)
    assert began is not None
    return began


@pytest.mark.parametrize("region", RINGING)
async def test_a_caller_hears_phones_ring_as_in_the_region_of_the_hotline(hotline: Hotline, region: str) -> None:
    number, hertz = RINGING[region]
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials(number)
    await dave.rings()
    await rings_for(caller, 1)

    async def as_there() -> bool:
        return any(rings_with(found, hertz) for found in tones(caller.ear))

    await until(as_there, lambda: f"rang with {tones(caller.ear)} Hz\n{caller.story()}")
    await caller.hangs_up()


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
    """The welcome is played once: a busy machine may hold up one, but not each."""
    for _ in range(3):
        caller, dave = hotline.caller(), hotline.phone("dave")
        await caller.dials(OWN)
        await dave.rings()
        music = await heard_music(caller)
        await caller.hangs_up()
        await dave.stops_ringing()
        welcome = caller.ear.find(WELCOME)
        if welcome is not None and music - welcome > 1.9:
            break
    assert welcome is not None
    assert music - welcome > 1.9, "the welcome is heard to its end, and then the music"
