"""What people in the demo say and hear, and telling it as it happens: a line is printed when a sound has arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.errors import DemoFailed
from lcr_asterisk.simulator.ear import best_match, read_wav
from lcr_asterisk.simulator.phone import Phone
from lcr_asterisk.simulator.tones import PACKET_SAMPLES, RATE

_OPENING = 0.8  # seconds of a sound by which it is told from every other
_BEGINS_WITHIN = 10.0
_LATE = 3.0  # seconds that the end of a sound may come after its time
_LOOK_SECONDS = 0.2
_BREATH = 0.4  # seconds between a beep and the first word


@dataclass(frozen=True, slots=True)
class Sound:
    """Something to be heard: the words to tell it in, and a WAV file (8 kHz mono 16-bit) of how it sounds."""

    told: str
    wav: Path

    @property
    def seconds(self) -> float:
        return len(read_wav(self.wav)) / RATE

    def is_in(self, recording: Path) -> bool:
        """Whether it can be heard in a recording of the same form."""
        return best_match(read_wav(recording), read_wav(self.wav)) is not None


class Teller:
    """Prints what happens, with the time of day, and counts the sounds that arrived."""

    def __init__(self, say: Callable[[str], None], clock: Clock) -> None:
        self.say = say
        self.arrived = 0
        self._clock = clock

    def tell(self, what: str) -> None:
        self.say(f"  {self._clock.now().astimezone():%H:%M:%S}  {what}")


class Person:
    """Somebody at a phone, who hears and speaks."""

    def __init__(self, name: str, phone: Phone, teller: Teller) -> None:
        self.name = name
        self._phone = phone
        self._teller = teller
        self._heard_until = 0  # samples of the ear: what was found before is not found again

    async def hears(self, sound: Sound, *, all_of_it: bool = True) -> None:
        """Wait until it arrived at this phone; told as soon as it is recognised.

        Raises DemoFailed: it was not heard, or broke off (unless only its beginning is wanted).
        """
        wanted = await asyncio.to_thread(read_wav, sound.wav)
        opening = round(_OPENING * RATE)
        if not await self._finds(sound, opening, _BEGINS_WITHIN):
            raise DemoFailed(f"{self.name} did not hear {sound.told}.")
        self._teller.tell(f"{self.name} hears {sound.told}")
        if all_of_it and not await self._finds(sound, len(wanted), sound.seconds + _LATE):
            raise DemoFailed(f"{self.name} heard only the beginning of {sound.told}.")
        self._teller.arrived += 1

    async def says(self, sound: Sound) -> None:
        """Draw breath and say all of it."""
        await asyncio.sleep(_BREATH)
        self._teller.tell(f"{self.name} says {sound.told}")
        self._phone.speaks(sound.wav)
        await asyncio.sleep(sound.seconds)

    async def says_to(self, other: Person, sound: Sound) -> None:
        """Say it, and go on when the other person has heard it. Raises DemoFailed as `hears`."""
        self._teller.tell(f"{self.name} says {sound.told}")
        self._phone.speaks(sound.wav)
        await other.hears(replace(sound, told=self.name))

    async def presses(self, digit: str, why: str) -> float:
        """Returns the moment, in the event loop's time."""
        self._teller.tell(f"{self.name} presses {digit} {why}")
        return await self._phone.presses(digit)

    async def _finds(self, sound: Sound, samples: int, within: float) -> bool:
        """Look for the first `samples` of a sound until they have arrived; False if they have not in `within` s."""
        wanted = read_wav(sound.wav)[:samples]
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        while True:
            _, heard = self._phone.ear.samples()
            # Asterisk does not send the last packet of a file that would not be full, and no silence after it.
            heard = np.pad(heard[self._heard_until :], (0, PACKET_SAMPLES))
            # In a thread: the phones' sound goes on in this one, every 20 ms.
            found = await asyncio.to_thread(best_match, heard, wanted)
            if found is not None:
                self._heard_until += found
                return True
            if loop.time() > until:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
