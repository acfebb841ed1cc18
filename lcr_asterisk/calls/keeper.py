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

from lcr_asterisk.audio.recordings import WebMaker, keep, measure, measure_message
from lcr_asterisk.audio.room import Room
from lcr_asterisk.audio.stereo import weave
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.transcripts import Transcripts
from lcr_asterisk.errors import LcrError, StoreError
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.journal import JournalWriter
from lcr_asterisk.store.rows import AwayMessage, RecordingKind, RecordingRow

log = logging.getLogger(__name__)

SWEEP_EVERY = 60.0  # seconds
STILL_FOR = 10.0  # seconds without a write: Asterisk writes sound in pieces of 32 kB, which are two seconds of it


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
        room: Room,
        transcripts: Transcripts,
    ) -> None:
        self._spool = spool / "recording"
        self._directory = directory
        self._woven = directory / "sides"  # conversations in stereo on their way from the spool
        self._key = key.encode()
        self._journal = journal
        self._calls = calls
        self._clock = clock
        self._spawn = spawn
        self._room = room
        self._transcripts = transcripts
        self._web = WebMaker()
        # A sweep may come across a recording whose end was reported in the same instant.
        self._being_kept = WeakValueDictionary[str, asyncio.Lock]()
        self._immovable: set[str] = set()  # kept, and still in the spool
        self._sides_over: set[str] = set()  # of talks of which the other side is still recorded

    def recording_id(self, name: str) -> str:
        """The opaque id of the recording that Asterisk knows as `name`."""
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:32]

    @property
    def has_room(self) -> bool:
        """Whether another recording may begin."""
        return self._room.enough

    async def message_seconds(self, call_id: str, take: int = 1) -> float:
        """How long the caller spoke; 0.0 where nothing was said.

        Raises AudioError where there is no file or it cannot be read: then nobody knows what was said.
        """
        return await asyncio.to_thread(measure_message, self._spool / f"{ids.message(call_id, take)}.wav")

    async def keep_message(self, call_id: str, take: int = 1) -> str:
        """Put a caller's message on disk and into the database; its id. Raises AudioError or StoreError."""
        return await self._keep(call_id, ids.message(call_id, take), RecordingKind.MESSAGE)

    def one_side_over(self, ear: str) -> None:
        """One side of a talk is recorded to its end; with the second, the talk is kept."""
        call_id = ids.call_of(ear)
        assert call_id is not None
        self._sides_over.add(ear)
        if self._sides_over.issuperset(ids.ears(call_id)):
            self._sides_over.difference_update(ids.ears(call_id))
            self._spawn(self.keep_talk(call_id), f"keep-{ids.talk(call_id)}")

    async def keep_talk(self, call_id: str) -> None:
        """The same for a conversation; what goes wrong is logged, and `sweep` tries again."""
        try:
            await self._keep(call_id, ids.talk(call_id), RecordingKind.TALK)
        except LcrError as error:
            log.error("%s: the recording stays in Asterisk's spool: %s", call_id, error, extra={"call": call_id})

    async def sweep(self, live: frozenset[str]) -> None:
        """Keep what calls that are over left in the spool; `live` calls see to their own.

        Not what was written to just now: people may talk whose call nobody remembers. `watch` comes back to it.
        """
        for name in sorted(await asyncio.to_thread(self._left_behind, live)):
            await self._keep_left_behind(name)

    async def watch(self, live: Callable[[], frozenset[str]]) -> None:
        """Sweep now and again, until cancelled: what could not be kept, on a full disk for one, is tried again.

        Only what was there at the last look already and is still: Asterisk may be writing it.
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
        found = [path.stem for directory in (self._spool, self._woven) for path in directory.glob("*.wav")]
        calls = {name: ids.call_of(name) for name in found}
        over = {name: call_id for name, call_id in calls.items() if call_id is not None and call_id not in live}
        return frozenset(ids.talk(over[name]) if ids.is_ear(name) else name for name in over) - self._immovable

    async def _keep_left_behind(self, name: str) -> None:
        call_id = ids.call_of(name)
        assert call_id is not None
        kind = RecordingKind.MESSAGE if ids.is_message(name) else RecordingKind.TALK
        try:
            if await asyncio.to_thread(self._written_just_now, call_id, name):
                return
            source = await asyncio.to_thread(self._source, call_id, name)
            if not await asyncio.to_thread(measure, source):
                await asyncio.to_thread(self._remove, call_id, name)  # the call is over, and nothing was said
                return
            await self._adopt(call_id, source, kind)
            await self._keep(call_id, name, kind)
        except (LcrError, OSError) as error:
            log.error("%s.wav stays in Asterisk's spool: %s", name, error)
        else:
            log.warning("%s.wav was left in the spool and is kept now", name)

    def _written_just_now(self, call_id: str, name: str) -> bool:
        left, right, whole, _ = self._files(call_id, name)
        now = self._clock.wall().timestamp()
        there = [file for file in (left, right, whole) if file.exists()]
        # Not what a clock that was set back since calls the future: that would stay in the spool until then.
        return any(abs(now - file.stat().st_mtime) < STILL_FOR for file in there)

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

    def finish(self, recording: str, call_id: str, wav: Path) -> None:
        """Begin to make what people need of a kept recording besides itself; nobody waits for it."""
        self._spawn(self._finish(recording, call_id, wav), f"finish-{recording}")

    async def _keep(self, call_id: str, name: str, kind: RecordingKind) -> str:
        """File first, then row, then out of the spool: whatever a crash leaves undone, the spool still has it."""
        lock = self._being_kept.setdefault(name, asyncio.Lock())
        async with lock:
            source = await asyncio.to_thread(self._source, call_id, name)
            recording, wav, seconds = await self.keep_file(source, name, ids.begun_at(call_id))
            row = RecordingRow(recording, call_id, kind, str(wav), None, seconds, self._clock.now())
            kept = await self._keep_row(row)
            try:
                await asyncio.to_thread(self._remove, call_id, name)
            except OSError as error:
                # Asterisk's spool may belong to its own user. Kept is kept: the caller need not wait for this.
                log.error("%s is kept, but cannot be removed from Asterisk's spool: %s", name, error.strerror)
                self._immovable.add(name)
        if kept == recording:  # otherwise the call has another one of this kind already, such as an earlier take
            self.finish(recording, call_id, wav)
        return kept

    def _source(self, call_id: str, name: str) -> Path:
        """The file of a recording; of a talk in two files, the one that is made of them. Raises AudioError."""
        left, right, whole, woven = self._files(call_id, name)
        if name == ids.talk(call_id) and not woven.exists() and (left.exists() or right.exists()):
            weave(left, right, woven)
        return woven if woven.exists() else whole

    def _files(self, call_id: str, name: str) -> tuple[Path, Path, Path, Path]:
        caller, responder = ids.ears(call_id)
        file = f"{name}.wav"
        return self._spool / f"{caller}.wav", self._spool / f"{responder}.wav", self._spool / file, self._woven / file

    def _remove(self, call_id: str, name: str) -> None:
        """What was made of both sides goes last: it must not be made again when only one of them is left."""
        left, right, whole, woven = self._files(call_id, name)
        for file in (left, right, whole, woven) if name == ids.talk(call_id) else (whole,):
            file.unlink(missing_ok=True)

    async def _keep_row(self, row: RecordingRow) -> str:
        try:
            return await self._journal.keep_recording(row)
        except StoreError as error:
            # The call waits no longer than its own limit; the row follows as soon as the database can be written.
            log.error("recording %s is on disk, its row must wait: %s", row.id, error)
            await self._journal.flush()
            return await self._journal.keep_recording(row)

    async def _finish(self, recording: str, call_id: str, wav: Path) -> None:
        try:
            await self._web.to_peaks(wav)
            mp3 = await self._web.to_mp3(wav)
            await self._calls.set_mp3(recording, str(mp3))
            await self._transcripts.add(recording, call_id, wav)
        except LcrError as error:
            log.error("recording %s is kept, but something made of it is missing: %s", recording, error)
