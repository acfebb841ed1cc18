"""What was said in a recording, as text: engines on this machine behind one small interface; no sound leaves it.

Every engine is a program of its own that runs for one recording and ends: its model is in memory for that long only,
and its crash is not ours.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lcr_asterisk.audio.convert import FFMPEG_REMEDY
from lcr_asterisk.audio.process import run
from lcr_asterisk.audio.tts import language_tag
from lcr_asterisk.errors import AudioError

_BESIDES_CALLS = 10  # niceness: live calls come first
_TIMEOUT = 1800.0
# What every model takes, whatever it was trained on; a telephone has nothing above 4 kHz to lose.
_FORMAT = ("-ac", "1", "-ar", "16000", "-acodec", "pcm_s16le", "-map_metadata", "-1", "-f", "wav")


class Transcriber(Protocol):
    """Something that understands speech."""

    async def transcribe(self, wav: Path, language: str) -> str:
        """The words of a recording on one line; empty where none are understood. Raises AudioError."""


class CommandTranscriber:
    """Any program that reads a WAV file (16 kHz, mono, 16 bit) and prints what was said.

    `arguments` is the program and its arguments; "{input}" in them becomes the path of the file (required),
    "{language}" the language, such as "en" or "pt-br". `timeout` is in seconds.
    """

    def __init__(self, arguments: Sequence[str], *, timeout: float = _TIMEOUT) -> None:
        self._arguments = tuple(arguments)
        self._timeout = timeout
        self._turn = asyncio.Semaphore(1)  # each takes a whole processor

    async def transcribe(self, wav: Path, language: str) -> str:
        tag = language_tag(language)
        with tempfile.TemporaryDirectory() as directory:
            heard = Path(directory) / "heard.wav"
            arguments = [part.replace("{language}", tag).replace("{input}", str(heard)) for part in self._arguments]
            async with self._turn:
                await self._convert(wav, heard)
                said = await run(arguments, stdin=b"", within=self._timeout, niceness=_BESIDES_CALLS)
        return " ".join(said.decode("utf-8", "replace").split())

    async def _convert(self, wav: Path, target: Path) -> None:
        arguments = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", "-i", f"file:{wav}"]
        arguments += [*_FORMAT, f"file:{target}"]
        try:
            await run(arguments, stdin=b"", within=self._timeout, remedy=FFMPEG_REMEDY, niceness=_BESIDES_CALLS)
        except AudioError as error:
            raise AudioError(f"{wav}: cannot be transcribed: {error.message}", remedy=error.remedy) from error


def model_transcriber(engine: str, model: str) -> CommandTranscriber:
    """faster-whisper or vosk with this model, by `hearing.py`; what is not installed is told when it is needed."""
    return CommandTranscriber(
        [sys.executable, "-m", "lcr_asterisk.audio.hearing", engine, model, "{language}", "{input}"]
    )
