"""Hearing a caller's message by a link: a page with its words, and the sound itself, as far as a browser asks for it.

A link names a recording; which file that is, only the database says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

from aiohttp import hdrs, web

from lcr_asterisk.errors import StoreError
from lcr_asterisk.notifier import links, webpage
from lcr_asterisk.notifier.links import BadLink
from lcr_asterisk.notifier.messages import Caller, show_caller, show_seconds, show_time
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.rows import CallRow, RecordingRow

log = logging.getLogger(__name__)

SOUND = "message"
_TYPES = {".mp3": "audio/mpeg", ".wav": "audio/wav"}


class _Gone(Exception):
    """The link is good, and what it leads to is no longer there."""


def add_routes(
    app: web.Application,
    calls: CallLog,
    key: bytes,
    now: Callable[[], datetime],
    zone: Callable[[str | None], tzinfo],
) -> None:
    """`key` is that of the links, `now` is asked for aware UTC times, `zone` for that in which a team reads times."""

    async def show(request: web.Request) -> web.Response:
        try:
            recording, call, _ = await _find(request)
        except (BadLink, StoreError, _Gone) as error:
            return _refused(error)
        name = call.label or call.caller_name or None
        known = [
            ("From", show_caller(Caller(call.caller or None, name))),
            ("To", call.route_name),
            ("When", show_time(call.started, zone(call.team))),
            ("Length", show_seconds(recording.seconds)),
        ]
        parts = [webpage.facts(known), webpage.player(f"{request.match_info['token']}/{SOUND}")]
        if recording.transcript:
            parts.append(webpage.quotation("What was understood", recording.transcript))
        return webpage.answer(200, "A caller's message", *parts)

    async def sound(request: web.Request) -> web.StreamResponse:
        try:
            _, _, file = await _find(request)
        except (BadLink, StoreError, _Gone) as error:
            return _refused(error)
        headers = {**webpage.HEADERS, hdrs.CONTENT_TYPE: _TYPES.get(file.suffix, "application/octet-stream")}
        return web.FileResponse(file, headers=headers)

    async def _find(request: web.Request) -> tuple[RecordingRow, CallRow, Path]:
        wanted = links.read_hearing(request.match_info["token"], key, now())
        found = await calls.recording(wanted.recording)
        file = await asyncio.to_thread(_file, found[0]) if found is not None else None
        if found is None or file is None:
            log.error("recording %s: a link leads to it, and it is not there", wanted.recording)
            raise _Gone
        return *found, file

    app.router.add_get(links.RECORDINGS + "{token}", show)
    app.router.add_get(links.RECORDINGS + "{token}/" + SOUND, sound)


def _file(recording: RecordingRow) -> Path | None:
    """The smaller of its files, or whichever is there."""
    files = [Path(path) for path in (recording.mp3, recording.path) if path is not None]
    return next((file for file in files if file.is_file()), None)


def _refused(error: BadLink | StoreError | _Gone) -> web.Response:
    if isinstance(error, BadLink):
        return webpage.answer(403, "This link does not work", webpage.paragraph(f"Sorry: {error}."))
    if isinstance(error, StoreError):
        log.error("a link to a recording cannot be followed: %s", error)
        sorry = "Sorry: the recording cannot be reached just now. Please try again in a moment."
        return webpage.answer(503, "Not now", webpage.paragraph(sorry))
    sorry = "Sorry: this recording is no longer there. Whoever runs the hotline may have deleted it."
    return webpage.answer(404, "It is gone", webpage.paragraph(sorry))
