"""The tone that tells a caller that phones ring, as the networks of their country make it (ITU-T E.180).

The pauses of the originals last up to four seconds. Here they are shorter, so that no caller is left without a sound
for three, also where a machine halts for one.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import phonenumbers

from lcr_asterisk.audio.wav import RATE, WIDTH

PAUSE_SECONDS = 1.9  # the longest

_AMPLITUDE = 6000
_EDGE_SECONDS = 0.005
_NORTH_AMERICA = 1  # the country code that the United States, Canada and their neighbours share


@dataclass(frozen=True, slots=True)
class Ringback:
    """The frequencies that sound together, in Hz, and the cadence: seconds of tone and of pause, in turns."""

    hertz: tuple[float, ...]
    cadence: tuple[float, ...]


NORTH_AMERICAN = Ringback((440.0, 480.0), (2.0, PAUSE_SECONDS))
BRITISH = Ringback((400.0, 450.0), (0.4, 0.2, 0.4, PAUSE_SECONDS))
INTERNATIONAL = Ringback((425.0,), (1.0, PAUSE_SECONDS))

_BRITISH = frozenset({"GB", "GG", "IE", "IM", "JE", "NZ"})


def ringback_of(region: str | None) -> Ringback:
    """The tone of a region such as "US"; for one of which none is known here, the one that most have."""
    if region in _BRITISH:
        return BRITISH
    if region is not None and phonenumbers.country_code_for_region(region) == _NORTH_AMERICA:
        return NORTH_AMERICAN
    return INTERNATIONAL


def ringing(tone: Ringback) -> bytes:
    """One round of it, to be played over and over: 8 kHz mono 16-bit samples."""
    parts = [
        _tone(tone.hertz, seconds) if number % 2 == 0 else bytes(WIDTH * round(seconds * RATE))
        for number, seconds in enumerate(tone.cadence)
    ]
    return b"".join(parts)


def _tone(hertz: tuple[float, ...], seconds: float) -> bytes:
    """Frequencies that sound together, with edges so soft that they do not click."""
    total = round(seconds * RATE)
    edge = _EDGE_SECONDS * RATE
    samples = [
        round(
            min(1.0, at / edge, (total - 1 - at) / edge)
            * sum(_AMPLITUDE / len(hertz) * math.sin(2 * math.pi * each * at / RATE) for each in hertz)
        )
        for at in range(total)
    ]
    return struct.pack(f"<{total}h", *samples)
