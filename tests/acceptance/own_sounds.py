"""The recordings that an admin of the tests brings: sweeps, which no tone is like and an ear finds again."""

from __future__ import annotations

import math
import os
import struct
import subprocess
import wave
from pathlib import Path

from lcr_asterisk.simulator.tones import RATE

DIRECTORY = Path(__file__).parents[2] / "var" / "test-own-sounds"
WELCOME, HOLD = DIRECTORY / "welcome.wav", DIRECTORY / "hold.wav"

_SWEEPS = {WELCOME: (700.0, 1500.0, "mp3"), HOLD: (1300.0, 500.0, "ogg")}
_SECONDS = 2.0
_AMPLITUDE = 8000


def write_own_sounds() -> None:
    """Make them, once: as the hotline gets them (MP3, Ogg) and as they are looked for (WAV, 8 kHz mono 16-bit)."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for path, (start, end, kind) in _SWEEPS.items():
        if not path.with_suffix(f".{kind}").exists():
            _write(path, start, end)
            part = path.with_suffix(f".{os.getpid()}.{kind}")  # others may be making the same
            command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", str(path), "-ar", "44100", str(part)]
            subprocess.run(command, check=True)
            part.rename(path.with_suffix(f".{kind}"))


def _write(path: Path, start: float, end: float) -> None:
    """A tone that glides from one frequency (Hz) to another."""
    total = round(_SECONDS * RATE)
    turns = ((start + (end - start) * at / total / 2) * at / RATE for at in range(total))
    samples = [round(_AMPLITUDE * math.sin(2 * math.pi * turn)) for turn in turns]
    part = path.with_suffix(f".{os.getpid()}.part")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{total}h", *samples))
    part.rename(path)
