"""The prompts of tests: tones, which are named by what they say, so that only the first test who needs one makes it."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Mapping
from pathlib import Path

from lcr_asterisk.audio.prompts import PromptLibrary
from lcr_asterisk.audio.tts import CommandSpeech
from lcr_asterisk.books import speech_catalogue
from lcr_asterisk.calls.plans import PlanBook, prepare_book
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.oncall.model import Schedule
from lcr_asterisk.simulator import tone_tts

SOUNDS = Path(__file__).parents[1] / "var" / "test-sounds"


class _Tones(CommandSpeech):
    """What the command of simulator/tone_tts.py says, under the same name, without a process for each prompt."""

    async def speak(self, text: str, language: str, output: Path) -> None:
        await asyncio.to_thread(tone_tts.speak, text, output)


async def make_ahead(settings: Settings, data: Path, schedules: Mapping[str, Schedule]) -> PlanBook:
    """Everything that this configuration can play, in `data`/sounds; whoever else makes some is waited for."""
    _share(data)
    library = PromptLibrary(data / "sounds", _Tones(settings.speech.command))
    with SOUNDS.with_suffix(".lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        return await prepare_book(settings, library, speech_catalogue(), lambda _: None, schedules)


def _share(data: Path) -> None:
    SOUNDS.mkdir(parents=True, exist_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    (data / "sounds").symlink_to(SOUNDS)
