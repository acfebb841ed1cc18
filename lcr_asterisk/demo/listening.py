"""What people in the demo say and hear, and telling it as it happens: a line is printed when a sound has arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.errors import DemoFailed
from lcr_asterisk.simulator.ear import best_match, read_wav
from lcr_asterisk.simulator.phone import Phone
from lcr_asterisk.simulator.tones import RATE

_OPENING = 3 * RATE // 2  # samples of a sound by which it is told from every other: 1.5 s
_BEGINS_WITHIN = 20.0  # seconds; that a message may be recorded again is said before that it is kept
_LATE = 3.0  # seconds that the end of a sound may come after its time
_LOOK_SECONDS = 0.2
_BREATH = 0.4  # seconds between a beep and the first word

_PIECE = RATE // 4
_SLIP = RATE // 5  # samples by which pieces may be displaced against each other
_HALT = 3 * RATE // 2  # samples by which the rest may come later, where a machine halted in the middle of a sound
_SHARE = 0.6  # of the pieces must be there; of a sound that was not played, none is
_PAUSE = 0.01  # root mean square of a piece, of 1: below that it is a pause between words, and found anywhere


def find_sound(samples: NDArray[np.float32], wanted: NDArray[np.float32]) -> int | None:
    """Where a sound begins in `samples`, or None.

    It is looked for in pieces of a quarter of a second, in their order: now and then a mixing bridge puts in a packet
    of silence, or leaves one out, which nobody hears, but which displaces all that follows; and a busy machine halts.
    """
    starts = range(0, len(wanted) - _PIECE + 1, _PIECE)
    pieces = {start: wanted[start : start + _PIECE] for start in starts}
    audible = {start: piece for start, piece in pieces.items() if np.sqrt(np.mean(piece**2)) > _PAUSE}
    found = [(start, best_match(samples, piece)) for start, piece in audible.items()]
    begins = [at - start for start, at in found if at is not None]
    for first, begin in enumerate(begins):
        if _in_order(begins[first:]) >= _SHARE * len(audible):
            return max(0, begin)
    return None


def _in_order(begins: list[int]) -> int:
    """How many of these pieces follow the first one in their order, none of them much earlier or later than it says."""
    near = [begin for begin in begins if -_SLIP <= begin - begins[0] <= _HALT]
    longest: list[int] = []  # of those that end with each piece
    for index, begin in enumerate(near):
        longest.append(
            1 + max((longest[before] for before in range(index) if near[before] - begin <= _SLIP), default=0)
        )
    return max(longest)


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
        return find_sound(read_wav(recording), read_wav(self.wav)) is not None


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
        wanted = read_wav(sound.wav)
        begin = await self._finds(wanted[:_OPENING], self._heard_until, _BEGINS_WITHIN)
        if begin is None:
            raise DemoFailed(f"{self.name} did not hear {sound.told}")
        self._teller.tell(f"{self.name} hears {sound.told}")
        self._heard_until = begin
        if all_of_it:
            _, heard = self._phone.ear.samples()
            await asyncio.sleep((begin + len(wanted) - len(heard)) / RATE)  # speech takes its time
            if await self._finds(wanted, max(0, begin - _SLIP), _LATE) is None:
                raise DemoFailed(f"{self.name} heard only the beginning of {sound.told}")
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

    async def _finds(self, wanted: NDArray[np.float32], since: int, within: float) -> int | None:
        """Where it begins in what this phone has heard after the sample `since`; None if not there in `within` s."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        while True:
            _, heard = self._phone.ear.samples()
            # In a thread: the phones' sound goes on in this one, every 20 ms.
            found = await asyncio.to_thread(find_sound, heard[since:], wanted)
            if found is not None:
                return since + found
            if loop.time() > until:
                return None
            await asyncio.sleep(_LOOK_SECONDS)
