"""A speech engine that makes tones and counts its runs, and audio files of many kinds."""

from __future__ import annotations

import math
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.audio.tts import CommandSpeech

# Reads the text, notes it in a log, and writes a tone whose pitch depends on the text.
TONE_ENGINE = """
import hashlib, math, struct, sys, wave
log, language, output = sys.argv[1:4]
text = sys.stdin.read()
with open(log, "a") as file:
    file.write(language + ": " + text + "\\n")
hertz = 400 + hashlib.sha256(text.encode()).digest()[0] * 5
with wave.open(output, "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(22050)
    tone = [int(3000 * math.sin(2 * math.pi * hertz * at / 22050)) for at in range(22050)]
    file.writeframes(bytes(22050) + struct.pack("<%dh" % len(tone), *tone) + bytes(44100))
"""


class ToneSpeech(CommandSpeech):
    """A real command engine; `runs` are the texts it was started for, with their languages."""

    def __init__(self, directory: Path) -> None:
        script = directory / "tone-engine.py"
        script.write_text(TONE_ENGINE)
        self._log = directory / "tone-engine.log"
        super().__init__([sys.executable, str(script), str(self._log), "{language}", "{output}"])

    @property
    def runs(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture
def speech(tmp_path: Path) -> ToneSpeech:
    return ToneSpeech(tmp_path)


def tone(seconds: float, *, level: float = 6000.0, hertz: float = 600.0) -> bytes:
    """8 kHz mono 16-bit samples of a sine with this RMS."""
    amplitude = level * math.sqrt(2)
    samples = (round(amplitude * math.sin(2 * math.pi * hertz * at / 8000)) for at in range(round(seconds * 8000)))
    return b"".join(struct.pack("<h", sample) for sample in samples)


@pytest.fixture
def make_tone() -> Callable[..., bytes]:
    return tone


@pytest.fixture
def make_audio(tmp_path: Path) -> Callable[..., Path]:
    """Write an audio file in the format of its name by ffmpeg: `make_audio("a.mp3", seconds=1, options=[…])`."""

    def make(name: str, *, seconds: float = 1.0, options: tuple[str, ...] = (), source: str | None = None) -> Path:
        target = tmp_path / name
        sine = source or f"sine=frequency=700:sample_rate=44100:duration={seconds}"
        arguments = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", sine, *options]
        subprocess.run([*arguments, str(target)], check=True)
        return target

    return make


@pytest.fixture
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which neither espeak-ng nor ffmpeg is installed."""
    empty = tmp_path / "empty-path"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
