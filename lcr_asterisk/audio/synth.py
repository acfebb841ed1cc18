"""Sounds of our own making: the beep, a pause, a sign of life, hold music. Nothing is random: always the same samples.

The music is eight slow bars, low chords under a plucked voice, made for a telephone: all of it lies between 190 and
2400 Hz. Whatever rings on past the last bar is laid over the first, so the loop has no seam.
"""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Iterator
from functools import cache
from operator import add

from lcr_asterisk.audio.wav import RATE

BEEP_HERTZ = 1000.0
BEEP_SECONDS = 0.4
PAUSE_SECONDS = 0.2
WAITING_SECONDS = 2.0  # one sign of life, with the quiet around it

_EDGE_SECONDS = 0.02
_BEEP_AMPLITUDE = 6000
_TICK_HERTZ = 650.0
_TICK_AT = 1.5
_TICK_SECONDS = 0.2
_TICK_AMPLITUDE = 1500  # a quarter of the beep: it asks for nothing

BAR_SECONDS = 4.0
# Each bar: its chord, low to high, as semitones from A4 (440 Hz), and its tune as (beat in the bar of 8, semitone).
_BARS: tuple[tuple[tuple[int, ...], tuple[tuple[float, int], ...]], ...] = (
    ((-14, -7, -2), ((0, 7), (3, 5), (4, 2))),
    ((-12, -5, 0), ((0, 3), (5, 2), (6, 0))),
    ((-9, -5, 0), ((0, 7), (2, 10), (4, 7))),
    ((-12, -7, -3), ((0, 5), (3, 0), (6, 2))),
    ((-14, -7, -2), ((0, 10), (3, 7), (4, 5))),
    ((-12, -5, 0), ((0, 7), (4, 3), (6, 5))),
    ((-9, -5, 0), ((0, 3), (2, 2), (4, 0))),
    ((-12, -7, -3), ((0, 0), (4, -3))),
)
_BEATS = 8
_ORDER = (0, 1, 2, 1, 0, 1, 2, 1)  # in which the chord's notes are plucked, one each beat


def beep() -> bytes:
    """The beep before a recording, with soft edges: 8 kHz mono 16-bit samples."""
    return _tone(BEEP_HERTZ, BEEP_SECONDS, _BEEP_AMPLITUDE)


def waiting() -> bytes:
    """Quiet with one soft tick in it, played over and over while a caller takes time to press a key."""
    before = bytes(2 * round(_TICK_AT * RATE))
    tick = _tone(_TICK_HERTZ, _TICK_SECONDS, _TICK_AMPLITUDE)
    return before + tick + bytes(2 * round(WAITING_SECONDS * RATE) - len(before) - len(tick))


def pause() -> bytes:
    """The short silence between the groups of a spoken number."""
    return bytes(2 * round(PAUSE_SECONDS * RATE))


def _tone(hertz: float, seconds: float, amplitude: int) -> bytes:
    """A tone with soft edges."""
    total = round(seconds * RATE)
    edge = round(_EDGE_SECONDS * RATE)
    return _pcm(
        amplitude * math.sin(2 * math.pi * hertz * at / RATE) * _rise(min(at, total - 1 - at) / edge)
        for at in range(total)
    )


def music() -> bytes:
    """A gentle piece of 32 s that can be looped: 8 kHz mono 16-bit samples. Takes about a second to make."""
    track = array("d", bytes(8 * round(len(_BARS) * BAR_SECONDS * RATE)))
    for number, (chord, tune) in enumerate(_BARS):
        start = number * BAR_SECONDS
        for semitone in chord:
            _lay(track, start, _pad(_hertz(semitone)), 0.5)
        for beat in range(_BEATS):
            semitone = chord[_ORDER[beat] % len(chord)]
            _lay(track, start + beat * BAR_SECONDS / _BEATS, _pluck(_hertz(semitone)), 0.45)
        for at, semitone in tune:
            _lay(track, start + at * BAR_SECONDS / _BEATS, _pluck(_hertz(semitone)), 1.0)
    peak = max(max(track), -min(track))
    return _pcm(sample * 20000 / peak for sample in track)


def _hertz(semitone: int) -> float:
    return float(440.0 * 2 ** (semitone / 12))


def _rise(part: float) -> float:
    """From 0 to 1 without a corner, while `part` goes from 0 to 1."""
    return 0.5 - 0.5 * math.cos(math.pi * min(1.0, part))


@cache
def _pluck(hertz: float) -> array[float]:
    """A soft plucked note: its overtones fade sooner than the note itself."""
    length = round(2.4 * RATE)
    turn = 2 * math.pi * hertz / RATE
    return array(
        "d",
        (
            _rise(at / 60)
            * _rise((length - at) / 800)
            * (
                math.exp(-at / 5200) * math.sin(turn * at)
                + 0.25 * math.exp(-at / 2400) * math.sin(2 * turn * at)
                + 0.08 * math.exp(-at / 1000) * math.sin(3 * turn * at)
            )
            for at in range(length)
        ),
    )


@cache
def _pad(hertz: float) -> array[float]:
    """A chord's note that swells and fades under one bar, a little into the next."""
    length = round((BAR_SECONDS + 1.2) * RATE)
    turn = 2 * math.pi * hertz / RATE
    edge = 1.2 * RATE
    return array(
        "d",
        (
            0.35
            * _rise(at / edge)
            * _rise((length - at) / edge)
            * (math.sin(turn * at) + 0.2 * math.sin(2 * turn * at))
            for at in range(length)
        ),
    )


def _lay(track: array[float], start: float, note: array[float], strength: float) -> None:
    """Add a note to the track; what passes the end goes on at the beginning."""
    at = round(start * RATE) % len(track)
    loud = array("d", (strength * sample for sample in note))
    fits = min(len(loud), len(track) - at)
    track[at : at + fits] = array("d", map(add, track[at : at + fits], loud[:fits]))
    rest = len(loud) - fits
    track[:rest] = array("d", map(add, track[:rest], loud[fits:]))


def _pcm(samples: Iterator[float]) -> bytes:
    values = [round(sample) for sample in samples]
    return struct.pack(f"<{len(values)}h", *values)
