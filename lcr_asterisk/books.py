"""From a configuration to its plan book: everything that it can ever play, made ahead by the speech engine it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from lcr_asterisk.audio.defaults import Catalogue, load_catalogue
from lcr_asterisk.audio.prompts import PromptLibrary
from lcr_asterisk.audio.tts import CommandSpeech, EspeakNg, SpeechEngine
from lcr_asterisk.calls.plans import PlanBook, prepare_book
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.oncall.model import Schedule

SOUNDS = Path(__file__).parents[1] / "sounds"


def speech_engine(settings: Settings) -> SpeechEngine:
    """What speaks this configuration's texts."""
    return CommandSpeech(settings.speech.command) if settings.speech.engine == "command" else EspeakNg()


def speech_catalogue() -> Catalogue:
    """The default messages. Raises AudioError when the repository's sounds/ is damaged."""
    return load_catalogue(SOUNDS)


def prompt_library(settings: Settings, data: Path) -> PromptLibrary:
    """Where this configuration's prompts are made and kept."""
    return PromptLibrary(data / "sounds", speech_engine(settings))


async def make_book(
    settings: Settings, data: Path, schedules: Mapping[str, Schedule], say: Callable[[str], None]
) -> PlanBook:
    """Render everything the configuration can play, under `data`/sounds. Raises AudioError.

    `schedules` answers with what is known of each schedule at the moment it is asked.
    """
    return await prepare_book(settings, prompt_library(settings, data), speech_catalogue(), say, schedules)
