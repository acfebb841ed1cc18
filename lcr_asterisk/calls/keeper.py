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
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from lcr_asterisk.audio.recordings import Mp3Maker, keep, measure, measure_message
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.errors import LcrError, StoreError
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.journal import JournalWriter
from lcr_asterisk.store.rows import AwayMessage, RecordingKind, RecordingRow

log = logging.getLogger(__name__)

SWEEP_EVERY = 60.0  # seconds


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
        self._immovable: set[str] = set()  # kept, and still in the spool

    def recording_id(self, name: str) -> str:
        """The opaque id of the recording that Asterisk knows as `name`."""
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:32]

    async def message_seconds(self, call_id: str) -> float:
        """How long the caller spoke; 0.0 where nothing was said.

        Raises AudioError where there is no file or it cannot be read: then nobody knows what was said.
        """
        return await asyncio.to_thread(measure_message, self._spool / f"{ids.message(call_id)}.wav")

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
        for name in sorted(await asyncio.to_thread(self._left_behind, live)):
            await self._keep_left_behind(name)

    async def watch(self, live: Callable[[], frozenset[str]]) -> None:
        """Sweep now and again, until cancelled: what could not be kept, on a full disk for one, is tried again.

        Only what was there at the last look already: Asterisk may still be writing what has just ended.
        """
        before: frozenset[str] = frozenset()
        while True:
            try:
                found = await asyncio.to_thread(self._left_behind, live())
                for name in sorted(found & before):
                    await self._keep_left_behind(name)
                before = found
            except Exception:  # one recording must not end the watch, and with it the engine
                log.exception("the sweep of %s failed", self._spool)
            await asyncio.sleep(SWEEP_EVERY)

    def _left_behind(self, live: frozenset[str]) -> frozenset[str]:
        calls = {path.stem: ids.call_of(path.stem) for path in self._spool.glob("*.wav")}
        over = {name for name, call_id in calls.items() if call_id is not None and call_id not in live}
        return frozenset(over - self._immovable)

    async def _keep_left_behind(self, name: str) -> None:
        call_id = ids.call_of(name)
        assert call_id is not None
        kind = RecordingKind.MESSAGE if name == ids.message(call_id) else RecordingKind.TALK
        source = self._spool / f"{name}.wav"
        try:
            if not await asyncio.to_thread(measure, source):
                await asyncio.to_thread(source.unlink, missing_ok=True)  # the call is over, and nothing was said
                return
            await self._adopt(call_id, source, kind)
            await self._keep(call_id, name, kind)
        except (LcrError, OSError) as error:
            log.error("%s.wav stays in Asterisk's spool: %s", name, error)
        else:
            log.warning("%s.wav was left in the spool and is kept now", name)

    async def _adopt(self, call_id: str, source: Path, kind: RecordingKind) -> None:
        """Give the call a row where it has none: the database was away, and then the engine was killed."""
        begun = ids.begun_at(call_id)
        async with self._being_kept.setdefault(source.stem, asyncio.Lock()):
            recording, wav, seconds = await self.keep_file(source, source.stem, begun)
        row = RecordingRow(recording, call_id, kind, str(wav), None, seconds, self._clock.now())
        unknown = AwayMessage(
            call_id=call_id,
            channel="",
            route="",
            route_name="",
            team=None,
            caller="",
            caller_name="",
            dialled="",
            started=begun,
            ended=begun + timedelta(seconds=seconds),
            recording=row if kind is RecordingKind.MESSAGE else None,
        )
        await self._calls.adopt_away_call(unknown)

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
            try:
                await asyncio.to_thread(source.unlink, missing_ok=True)
            except OSError as error:
                # Asterisk's spool may belong to its own user. Kept is kept: the caller need not wait for this.
                log.error("%s is kept, but cannot be removed from Asterisk's spool: %s", source, error.strerror)
                self._immovable.add(name)
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
