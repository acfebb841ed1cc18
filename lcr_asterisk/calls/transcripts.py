"""Lets what was said in a kept recording be read: after the call, one at a time, in the language of its route."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lcr_asterisk.audio.transcribe import CommandTranscriber, Transcriber, model_transcriber
from lcr_asterisk.config.system import TranscriptsSettings
from lcr_asterisk.store.calllog import CallLog


class Transcripts:
    """`wanted` tells the settings in force, `language` that of the callers of a route, by its id."""

    def __init__(
        self, calls: CallLog, wanted: Callable[[], TranscriptsSettings], language: Callable[[str], str]
    ) -> None:
        self._calls = calls
        self._wanted = wanted
        self._language = language
        self._engine: tuple[TranscriptsSettings, Transcriber | None] = (TranscriptsSettings(), None)

    async def add(self, recording: str, call_id: str, wav: Path) -> None:
        """Put the words of a recording into the log, if the configuration wants that. Raises AudioError, StoreError."""
        engine = self._transcriber(self._wanted())
        if engine is None:
            return
        language = self._language((await self._calls.call(call_id)).route)
        await self._calls.set_transcript(recording, await engine.transcribe(wav, language))

    def _transcriber(self, wanted: TranscriptsSettings) -> Transcriber | None:
        """Made anew only when the configuration names another: one engine takes one recording at a time."""
        if self._engine[0] != wanted:
            self._engine = wanted, _made(wanted)
        return self._engine[1]


def _made(wanted: TranscriptsSettings) -> Transcriber | None:
    if wanted.engine == "none":
        return None
    if wanted.engine == "command":
        return CommandTranscriber(wanted.command)
    return model_transcriber(wanted.engine, str(wanted.model))
