"""The system's own account of the demo: its call log, and the recordings it kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lcr_asterisk.errors import DemoFailed
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.report import CallReport, read_report
from lcr_asterisk.store.rows import RecordingKind

_WITHIN = 20.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Logged:
    """Both calls as the log has them; the first call's conversation and the second one's message, as WAV and MP3."""

    reports: tuple[CallReport, CallReport]
    talk: tuple[Path, Path]
    message: tuple[Path, Path]


async def read_log(database: str, since: datetime) -> Logged:
    """The two calls since that moment, once they are over and their recordings kept.

    Raises DemoFailed when that does not happen, StoreError when the database cannot be read.
    """
    reports: list[CallReport] = []
    try:
        async with asyncio.timeout(_WITHIN), open_store(database, create=False) as store:
            log = CallLog(store)
            while True:
                rows = [logged.call for logged in await log.calls(2) if logged.call.started >= since]
                reports = [await read_report(log, row.id) for row in reversed(rows)]
                if (logged := _complete(reports)) is not None:
                    return logged
                await asyncio.sleep(_POLL_SECONDS)  # another process writes it: there is nothing here to wait on
    except TimeoutError:
        have = ", ".join(f"{r.call.stage}, {len(r.recordings)} recordings" for r in reports) or "no call"
        raise DemoFailed(f"The call log is not complete after {_WITHIN:.0f} s. It has: {have}.") from None


def _complete(reports: list[CallReport]) -> Logged | None:
    if len(reports) < 2 or any(report.call.ended is None for report in reports):
        return None
    first, second = reports
    talk, message = _kept(first, RecordingKind.TALK), _kept(second, RecordingKind.MESSAGE)
    return Logged((first, second), talk, message) if talk is not None and message is not None else None


def _kept(report: CallReport, kind: RecordingKind) -> tuple[Path, Path] | None:
    """The files of the recording of that kind, when both are made."""
    for recording in report.recordings:
        if recording.kind is kind and recording.mp3 is not None:
            return Path(recording.path), Path(recording.mp3)
    return None
