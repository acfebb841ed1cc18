"""A plan book for rehearsals: that of real calls, with prompts estimated where they have yet to be made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lcr_asterisk.audio.estimate import EstimatedPrompts
from lcr_asterisk.books import prompt_library, speech_catalogue
from lcr_asterisk.calls.plans import PlanBook, prepare_book
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.oncall.model import Schedule


async def estimated_book(settings: Settings, data: Path, schedules: Mapping[str, Schedule]) -> PlanBook:
    """What calls would go by, without a speech engine; nothing is written. Raises AudioError: a file is unreadable."""
    library = prompt_library(settings, data) if (data / "sounds").is_dir() else None
    return await prepare_book(settings, EstimatedPrompts(library), speech_catalogue(), lambda _: None, schedules)
