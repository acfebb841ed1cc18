"""Looks at everything that can be in trouble: the engine over HTTP, the database, the disk, the schedules."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from lcr_asterisk.audio.room import free_space
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import AudioError, StoreError
from lcr_asterisk.notifier.system import judging
from lcr_asterisk.oncall.model import Schedule
from lcr_asterisk.paging.trouble import Kind, Seen, Unseen
from lcr_asterisk.store.outbox import Outbox

log = logging.getLogger(__name__)

SECONDS = 5.0
"""For the engine's answer. A busy one takes milliseconds."""


class Looker:
    """`settings` and `schedules` are those in force; `data` is the directory whose disk is measured.

    `outbox` is None where the database cannot be used. `now` and `wall` are asked for aware UTC times: events are as
    old as `now` says, who is on call goes by `wall`. `problem` is that of the notifier's own configuration, where it is
    the notifier that looks.
    """

    def __init__(
        self,
        outbox: Outbox | None,
        data: Path,
        settings: Callable[[], Settings],
        schedules: Callable[[], Mapping[str, Schedule]],
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
        problem: Callable[[], str | None] | None = None,
    ) -> None:
        self._outbox = outbox
        self._data = data
        self._settings = settings
        self._schedules = schedules
        self._now = now
        self._wall = wall
        self._problem = problem

    async def look(self, http: aiohttp.ClientSession) -> dict[str, Seen]:
        """What is seen of each trouble right now."""
        settings = self._settings()
        answer = await ask(http, f"http://{settings.web.listen.from_here}/readyz")
        own = {judging.OF_NOTIFIER: judging.of_configuration(self._problem(), "notifier")} if self._problem else {}
        return {
            **own,
            **judging.of_engine(answer, settings),
            Kind.DISK: await self._disk(answer, settings),
            **await self._events(),
            **judging.of_on_call(settings, self._schedules(), self._wall()),
        }

    async def _disk(self, answer: Mapping[str, Any] | None, settings: Settings) -> Seen:
        try:
            free = await asyncio.to_thread(free_space, self._data)
        except AudioError as error:
            log.warning("%s", error)
            return Unseen()
        # The engine knows Asterisk's disk too, which may be another one.
        of_engine = (answer or {}).get("details", {}).get("disk", {}).get("free_bytes")
        least = min(free, of_engine) if isinstance(of_engine, int) else free
        return judging.of_disk(least, settings.recordings.min_free, str(self._data))

    async def _events(self) -> dict[str, Seen]:
        unseen: dict[str, Seen] = {Kind.OUTBOX: Unseen(), Kind.HELD_UP: Unseen(), Kind.REFUSED: Unseen()}
        if self._outbox is None:
            return unseen
        try:
            return judging.of_outbox(await self._outbox.standing(), self._now())
        except StoreError as error:
            log.debug("the outbox cannot be read: %s", error)  # the pages' loop says so aloud
            return unseen


async def ask(http: aiohttp.ClientSession, url: str) -> dict[str, Any] | None:
    """What `/readyz` of one of our programs answers, ready or not; None where nobody does who is one of ours."""
    try:
        async with http.get(url, timeout=aiohttp.ClientTimeout(total=SECONDS), allow_redirects=False) as reply:
            found = await reply.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        log.debug("%s: %r", url, error)
        return None
    ours = isinstance(found, dict) and isinstance(found.get("checks"), dict) and isinstance(found.get("details"), dict)
    return found if ours else None
