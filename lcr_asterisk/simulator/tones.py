"""Each sound of the tests is a tone of its own, so that an ear can tell which one was played, and when.

All frequencies are multiples of 50 Hz: a packet of sound is 20 ms long and holds whole periods of each, so that in the
spectrum of one packet no tone leaks into another's place. They are at least 100 Hz apart and 40 Hz away from every DTMF
frequency, and they pass G.711 unharmed.
"""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

RATE = 8000
PACKET_SAMPLES = 160  # 20 ms
DEFAULT_SECONDS = 0.6

TONES: dict[str, int] = {
    # What a caller hears.
    "hold": 400,
    "beep": 1000,  # the frequency of the real one, which is not rendered from a text
    "welcome": 900,
    "menu": 1100,
    "wrong_pin": 1400,
    "wrong_choice": 1550,
    "level": 1700,
    "pin": 1800,
    "no_answer": 1900,
    "no_one_on_call": 2000,
    "voicemail": 2100,
    "voicemail_choice": 200,
    "message_kept": 2200,
    "message_lost": 2300,
    "inactive": 2400,
    "unknown_number": 2500,
    "goodbye": 2600,
    "notice": 2700,
    "away": 2800,
    "away_goodbye": 2900,
    "no_room": 3800,
    "german": 3900,  # after everything that is said in German
    # What a responder hears.
    "label": 1250,
    "whisper": 3000,
    "digits": 3100,
    "choice": 3200,
    "taken": 3300,
    "caller_gone": 3400,
    "caller_to_voicemail": 3500,
    # What people say.
    "caller-voice": 3600,
    "alice-voice": 3700,
    "bob-voice": 500,
    "carol-voice": 600,
    "greeting": 300,  # of a responder's own voicemail box
}

_AMPLITUDE = 6500  # of 32767: about -14 dB, as loud as speech


def packet(name: str) -> bytes:
    """20 ms of a tone as 16-bit samples; repeated without a break it goes on for ever. KeyError: no such tone."""
    step = 2 * math.pi * TONES[name] / RATE
    return array("h", (round(_AMPLITUDE * math.sin(step * at)) for at in range(PACKET_SAMPLES))).tobytes()


def write_tone(path: Path, name: str, seconds: float = DEFAULT_SECONDS) -> None:
    """Write a tone as 8 kHz mono 16-bit WAV; the length is rounded up to 20 ms. KeyError: no such tone."""
    packets = math.ceil(round(seconds * RATE / PACKET_SAMPLES, 6))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(packet(name) * packets)
