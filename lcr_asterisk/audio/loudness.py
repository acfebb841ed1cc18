"""How loud sound is, and making it as loud as a telephone likes. All sound here is 8 kHz mono 16-bit PCM bytes."""

from __future__ import annotations

import audioop
import math

from lcr_asterisk.audio.wav import RATE, WIDTH

# RMS of full scale is 32767. Speech at about -20 dB of it is what telephone networks expect (ITU-T P.56 practice);
# music waits behind it.
SPEECH_LEVEL = 3200
MUSIC_LEVEL = 1300

_CEILING = 26000  # peaks stay 2 dB below clipping: G.711 coders distort first at the top
_INAUDIBLE = 30  # RMS; -60 dB
_MOST_GAIN = 40.0

_TRIM_BELOW = 0.02  # of the loudest moment
_LEAD_SECONDS = 0.02
_TAIL_SECONDS = 0.06  # words put together ("from", "plus", "one") need a breath between them, but no more

_LONGEST_PAUSE = 1.0  # seconds; two of them meet where music begins again

_WINDOW_SECONDS = 0.02
_LINE_NOISE = 40  # RMS; just above what idle G.711 and a quiet line make
_SURELY_SOUND = 200  # RMS; -44 dB, softer than a whisper into a handset


def window_levels(pcm: bytes, seconds: float) -> list[int]:
    """The RMS of each stretch of `seconds`; a shorter rest at the end counts as one."""
    step = round(RATE * seconds) * WIDTH
    return [audioop.rms(pcm[at : at + step], WIDTH) for at in range(0, len(pcm), step)]


def silent(pcm: bytes) -> bool:
    """Whether nobody could hear anything in it."""
    return max(window_levels(pcm, _WINDOW_SECONDS), default=0) < _INAUDIBLE


def levelled(pcm: bytes, target: int) -> bytes:
    """The same sound with its audible parts at an RMS of `target`, or as near as its peaks allow."""
    levels = window_levels(pcm, _WINDOW_SECONDS)
    loudest = max(levels, default=0)
    audible = [level for level in levels if level * 10 > loudest]
    if not audible:
        return pcm
    active = math.sqrt(sum(level * level for level in audible) / len(audible))
    gain = min(target / active, _CEILING / audioop.max(pcm, WIDTH), _MOST_GAIN)
    return audioop.mul(pcm, WIDTH, gain)


def trimmed(pcm: bytes) -> bytes:
    """The same sound without the silence around it, except a short breath."""
    step = 0.01
    levels = window_levels(pcm, step)
    threshold = max(levels, default=0) * _TRIM_BELOW
    audible = [index for index, level in enumerate(levels) if level > threshold]
    if not audible:
        return pcm
    start = max(0.0, audible[0] * step - _LEAD_SECONDS)
    end = (audible[-1] + 1) * step + _TAIL_SECONDS
    return pcm[round(start * RATE) * WIDTH : round(end * RATE) * WIDTH]


def without_long_pauses(pcm: bytes) -> bytes:
    """The same sound with every stretch in which nothing can be heard no longer than a second.

    A piece that fades out and begins again would otherwise leave a caller to believe that the line is dead.
    """
    longest = round(_LONGEST_PAUSE / _WINDOW_SECONDS)
    step = round(RATE * _WINDOW_SECONDS) * WIDTH
    kept, quiet = bytearray(), 0
    for index, level in enumerate(window_levels(pcm, _WINDOW_SECONDS)):
        quiet = quiet + 1 if level < _LINE_NOISE else 0
        if quiet <= longest:
            kept += pcm[index * step : (index + 1) * step]
    return bytes(kept)


def seconds_of_speech(pcm: bytes) -> float:
    """How long a message is without the silence at its end; 0.0 when nothing is said at all.

    What counts as silence follows the line's own noise, so that a soft voice on a quiet line is heard; above a fixed
    level everything is sound. In doubt it is speech: a message too many is better than a message lost. One loud
    window on its own is a click and no speech.
    """
    levels = window_levels(pcm, _WINDOW_SECONDS)
    if not levels:
        return 0.0
    noise = sorted(levels)[len(levels) // 10]
    threshold = min(max(_LINE_NOISE, 2 * noise), _SURELY_SOUND)
    for index in range(len(levels) - 1, 0, -1):
        if levels[index] > threshold and levels[index - 1] > threshold:
            return min((index + 1) * _WINDOW_SECONDS, len(pcm) / (RATE * WIDTH))
    return 0.0
