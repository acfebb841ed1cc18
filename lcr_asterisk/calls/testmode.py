"""Test mode as the engine sees it: which routes send all their calls to one person just now.

It is switched on and off by a command in another process, through the database; so the engine looks there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from lcr_asterisk.errors import StoreError
from lcr_asterisk.store.testmodes import TestMode, TestModes

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds: whoever switches it on dials at once


class TestModeWatch:
    """Knows the test modes in force. `now` is the wall clock."""

    __test__ = False  # a name that pytest would take for a test's

    def __init__(self, modes: TestModes, now: Callable[[], datetime]) -> None:
        self._modes = modes
        self._now = now
        self._active: dict[str, TestMode] = {}

    def person_for(self, route: str) -> str | None:
        """The person to whom all calls of this route go now, or None. It ends by itself, also without the database."""
        mode = self._active.get(route)
        return mode.person if mode is not None and self._now() < mode.until else None

    @property
    def active(self) -> Sequence[TestMode]:
        """Those in force now."""
        return [mode for mode in self._active.values() if self._now() < mode.until]

    async def look(self) -> None:
        """Ask the database once. Raises StoreError."""
        found = {mode.route: mode for mode in await self._modes.active(self._now())}
        for route in found.keys() - self._active.keys():
            log.warning(
                "route %s is in test mode until %s: all its calls go to %s",
                route,
                f"{found[route].until.astimezone():%H:%M:%S}",
                found[route].person,
            )
        for route in self._active.keys() - found.keys():
            log.warning("route %s is no longer in test mode", route)
        self._active = found

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                # What is known still ends by itself; whether something new was switched on is asked again.
                log.debug("test modes cannot be looked up: %s", error)
            except Exception:  # calls go on, whatever it is
                log.exception("Test modes cannot be looked up")
            await asyncio.sleep(LOOK_EVERY)
