"""Takes up what callers left with the dialplan while no engine was there. The format: dialplan/README.md."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lcr_asterisk.audio.recordings import measure_message
from lcr_asterisk.callflow.events import Caller
from lcr_asterisk.calls.keeper import RecordingKeeper
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.errors import LcrError
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.rows import AwayMessage, RecordingKind, RecordingRow

log = logging.getLogger(__name__)

LOOK_EVERY = 10.0  # seconds: a caller may still be speaking to the dialplan when the engine returns
GIVE_UP_WAITING = timedelta(minutes=10)  # no end was written and nothing can still be recording


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What the dialplan wrote beside a message. `ended` is None while the caller is still there, or after a crash."""

    unique_id: str
    dialled: str
    caller: str
    started: datetime
    ended: datetime | None


def read_sidecar(text: str) -> Sidecar | None:
    """One sidecar file; None where it is damaged or not one."""
    started: dict[str, object] = {}
    ended: datetime | None = None
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            if entry["event"] == "started":
                started = {"id": str(entry["id"]), "dialled": str(entry["dialled"]), "caller": str(entry["caller"])}
                started["epoch"] = _time(entry["epoch"])
            elif entry["event"] == "ended":
                ended = _time(entry["epoch"])
        except (ValueError, TypeError, KeyError, OverflowError, OSError):
            continue  # a line cut off by a crash; what stands before it still counts
    epoch = started.get("epoch")
    if not isinstance(epoch, datetime):
        return None
    return Sidecar(str(started["id"]), str(started["dialled"]), str(started["caller"]), epoch, ended)


def _time(epoch: object) -> datetime:
    return datetime.fromtimestamp(int(str(epoch)), UTC)


class AwayMessages:
    """Watches `spool`/away and brings what is complete into the call log, once."""

    def __init__(self, spool: Path, keeper: RecordingKeeper, calls: CallLog, book: Callable[[], PlanBook]) -> None:
        self._directory = spool / "away"
        self._keeper = keeper
        self._calls = calls
        self._book = book
        self._immovable: set[str] = set()  # taken up, and still in the spool

    async def watch(self, now: Callable[[], datetime]) -> None:
        """Look now and again, until cancelled."""
        while True:
            try:
                await self._look(now)
            except OSError as error:
                log.error("cannot look for messages in %s: %s", self._directory, error)
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self, now: Callable[[], datetime]) -> None:
        # In a thread, as all that touches the spool: a disk that hangs must not hold up the calls.
        for sidecar in await asyncio.to_thread(_sidecars, self._directory):
            if sidecar.name in self._immovable:
                continue
            try:
                await self._take_up(sidecar, now())
            except (LcrError, OSError) as error:
                log.error("%s stays in the spool: %s", sidecar.name, error)
            except Exception:  # what one file holds must not end the watch, and with it the engine
                log.exception("%s stays in the spool", sidecar.name)

    async def _take_up(self, path: Path, now: datetime) -> None:
        sidecar = await asyncio.to_thread(_read_or_set_aside, path)
        if sidecar is None:
            return
        if sidecar.ended is None and now - sidecar.started < GIVE_UP_WAITING:
            return
        wav = path.with_suffix(".wav")
        call_id = _call_id(sidecar)
        recording = None
        if await asyncio.to_thread(_seconds, wav) > 0:
            name = f"{call_id}-away"
            recording_id, kept, seconds = await self._keeper.keep_file(wav, name, sidecar.started)
            recording = RecordingRow(recording_id, call_id, RecordingKind.AWAY, str(kept), None, seconds, now)
        plan = self._book().plan_for(sidecar.dialled, Caller(sidecar.caller, ""))
        message = AwayMessage(
            call_id=call_id,
            channel=sidecar.unique_id,
            route=plan.id,
            route_name=plan.name,
            team=plan.team,
            caller=sidecar.caller,
            caller_name="",
            dialled=sidecar.dialled,
            started=sidecar.started,
            ended=sidecar.ended or now,
            recording=recording,
        )
        if await self._calls.adopt_away_call(message):
            log.warning("%s: a call for %s came while the engine was away", call_id, plan.name)
        if recording is not None:
            self._keeper.finish(recording.id, call_id, Path(recording.path))
        try:
            await asyncio.to_thread(_remove, wav, path)
        except OSError as error:
            # Asterisk's spool may belong to its own user. What is in the log is taken up once, not at every look.
            log.error("%s is taken up, but cannot be removed from the spool: %s", path.name, error.strerror)
            self._immovable.add(path.name)


def _sidecars(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.jsonl"))


def _read_or_set_aside(path: Path) -> Sidecar | None:
    sidecar = read_sidecar(path.read_text("utf-8", errors="replace"))
    if sidecar is None:
        log.error("%s cannot be read; its message stays beside it", path)
        path.rename(path.with_suffix(".damaged"))
    return sidecar


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _seconds(wav: Path) -> float:
    """How long the message is; 0.0 where the caller hung up before the beep.

    Raises AudioError where there is a file that cannot be read: it may hold a message, so it is not thrown away.
    """
    return measure_message(wav) if wav.exists() else 0.0


def _call_id(sidecar: Sidecar) -> str:
    """A call id made from Asterisk's own, so that the same message is taken up once only."""
    digest = hashlib.sha256(sidecar.unique_id.encode()).hexdigest()[:5].translate(str.maketrans("01", "xy"))
    return f"{sidecar.started:%Y%m%d-%H%M%S}-{digest}"
