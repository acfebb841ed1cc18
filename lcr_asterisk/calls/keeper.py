"""Brings recordings from Asterisk's spool to where they are kept, and into the call log.

Nothing here can be forgotten: whatever a crash leaves in the spool is found by the next `sweep`, and keeping the same
recording twice ends with the same file and row.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from lcr_asterisk.audio.recordings import Mp3Maker, keep, measure_message
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.errors import AudioError, LcrError, StoreError
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.journal import JournalWriter
from lcr_asterisk.store.rows import RecordingKind, RecordingRow

log = logging.getLogger(__name__)


class RecordingKeeper:
    """`spool` is Asterisk's; recordings end up under `directory`.

    `key` makes their ids: opaque to whoever does not have it, and the same however often a recording is kept.
    """

    def __init__(
        self,
        spool: Path,
        directory: Path,
        key: str,
        journal: JournalWriter,
        calls: CallLog,
        clock: Clock,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._spool = spool / "recording"
        self._directory = directory
        self._key = key.encode()
        self._journal = journal
        self._calls = calls
        self._clock = clock
        self._spawn = spawn
        self._mp3 = Mp3Maker()
        # A sweep may come across a recording whose end was reported in the same instant.
        self._being_kept = WeakValueDictionary[str, asyncio.Lock]()

    def recording_id(self, name: str) -> str:
        """The opaque id of the recording that Asterisk knows as `name`."""
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:32]

    async def message_seconds(self, call_id: str) -> float:
        """How long the caller spoke; 0.0 where nothing was recorded."""
        path = self._spool / f"{ids.message(call_id)}.wav"
        try:
            return await asyncio.to_thread(measure_message, path)
        except AudioError as error:
            log.warning("%s: no message: %s", call_id, error, extra={"call": call_id})
            return 0.0

    async def keep_message(self, call_id: str) -> str:
        """Put a caller's message on disk and into the database; its id. Raises AudioError or StoreError."""
        return await self._keep(call_id, ids.message(call_id), RecordingKind.MESSAGE)

    async def keep_talk(self, call_id: str) -> None:
        """The same for a conversation; what goes wrong is logged, and `sweep` tries again."""
        try:
            await self._keep(call_id, ids.talk(call_id), RecordingKind.TALK)
        except LcrError as error:
            log.error("%s: the recording stays in Asterisk's spool: %s", call_id, error, extra={"call": call_id})

    async def sweep(self, live: frozenset[str]) -> None:
        """Keep what calls that are over left in the spool; `live` calls see to their own."""
        for path in sorted(self._spool.glob("*.wav")):
            call_id = ids.call_of(path.stem)
            if call_id is None or call_id in live:
                continue
            kind = RecordingKind.MESSAGE if path.stem == ids.message(call_id) else RecordingKind.TALK
            try:
                await self._keep(call_id, path.stem, kind)
            except LcrError as error:
                log.error("%s stays in Asterisk's spool: %s", path.name, error)
            else:
                log.warning("%s was left in the spool and is kept now", path.name)

    async def keep_file(self, source: Path, name: str, taken_at: datetime) -> tuple[str, Path, float]:
        """Copy one recording to its place: its id, its path, its length in seconds. Raises AudioError."""
        recording = self.recording_id(name)
        kept = await asyncio.to_thread(keep, source, self._directory, recording, taken_at)
        return recording, kept.wav, kept.seconds

    def make_mp3(self, recording: str, wav: Path) -> None:
        """Begin to make the MP3 of a kept recording; nobody waits for it."""
        self._spawn(self._make_mp3(recording, wav), f"mp3-{recording}")

    async def _keep(self, call_id: str, name: str, kind: RecordingKind) -> str:
        """File first, then row, then out of the spool: whatever a crash leaves undone, the spool still has it."""
        source = self._spool / f"{name}.wav"
        lock = self._being_kept.setdefault(name, asyncio.Lock())
        async with lock:
            recording, wav, seconds = await self.keep_file(source, name, ids.begun_at(call_id))
            row = RecordingRow(recording, call_id, kind, str(wav), None, seconds, self._clock.now())
            kept = await self._keep_row(row)
            await asyncio.to_thread(source.unlink, missing_ok=True)
        self.make_mp3(kept, wav)
        return kept

    async def _keep_row(self, row: RecordingRow) -> str:
        try:
            return await self._journal.keep_recording(row)
        except StoreError as error:
            # The call waits no longer than its own limit; the row follows as soon as the database can be written.
            log.error("recording %s is on disk, its row must wait: %s", row.id, error)
            await self._journal.flush()
            return await self._journal.keep_recording(row)

    async def _make_mp3(self, recording: str, wav: Path) -> None:
        try:
            mp3 = await self._mp3.to_mp3(wav)
            await self._calls.set_mp3(recording, str(mp3))
        except LcrError as error:
            log.error("recording %s has no MP3: %s", recording, error)
