"""Whether the carrier is there, as Asterisk sees it: asked from time to time, for whoever has to know."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from lcr_asterisk.ari import requests
from lcr_asterisk.ari.requests import Request
from lcr_asterisk.errors import AriError, NotFound

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds
NOT_YET = 6
"""Looks. An Asterisk that has just begun calls a trunk offline until it has asked: up to `qualify_frequency`, 20 s."""


class TrunkWatch:
    """Knows the state of a trunk. `call` asks Asterisk; `endpoints` are the names under which it may know the state.

    The first of them that there is counts: the one that asks the carrier (`pbx.spec.watcher`), or else the trunk
    itself, of which an Asterisk that was set up by others may know it.
    """

    def __init__(self, call: Callable[[Request], Awaitable[Any]], *endpoints: str) -> None:
        self._call = call
        self._endpoints = endpoints
        self._not_yet = NOT_YET
        self.online: bool | None = None
        """None where it is not known: not connected to Asterisk, there is no such trunk, or nobody was asked yet."""

    async def look(self) -> None:
        """Ask once."""
        before, found = self.online, await self._ask()
        if found is False and before is None and (left := self._not_yet - 1) > 0:
            self._not_yet = left
            return
        self._not_yet, self.online = NOT_YET, found
        if found is False and before is not False:
            log.error("The carrier does not answer on the trunk %s: no calls come in or go out", self._endpoints[-1])
        elif found and before is False:
            log.warning("The carrier answers again on the trunk %s", self._endpoints[-1])

    async def watch(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    async def _ask(self) -> bool | None:
        for endpoint in self._endpoints:
            try:
                found = await self._call(requests.get_endpoint("PJSIP", endpoint))
            except NotFound:
                continue
            except AriError as error:
                log.debug("the trunk's state is not known: %s", error)
                return None
            return {"online": True, "offline": False}.get(found.get("state"))
        return None
