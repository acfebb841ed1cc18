"""The loop that tells operators of troubles: looks, writes down what has to be told, and delivers it until it is taken.

What is to be told is committed with the trouble; whoever is killed in between, the next one delivers it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Protocol, assert_never

import aiohttp

from lcr_asterisk.errors import StoreError
from lcr_asterisk.notifier import decisions
from lcr_asterisk.notifier.decisions import Decision
from lcr_asterisk.notifier.messages import Kind, Message, show_seconds
from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.paging.trouble import Limits, Seen, Told, Well, next_attempt
from lcr_asterisk.store.rows import TroubleAlert
from lcr_asterisk.store.troubles import Troubles

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds
DELIVER_EVERY = 1.0  # seconds
AT_ONCE = 50
LEASE = timedelta(seconds=60)
"""Longer than any attempt takes: a notifier that claimed an alert and is silent for so long has ended."""
KEPT = timedelta(days=30)
TIDY_EVERY = timedelta(hours=1)


class Delivers(Protocol):
    async def deliver(self, target: Target, message: Message, earlier: str | None = None) -> Decision: ...


class SystemWatch:
    """Watches with `look`. `places` are the operators' targets by their ids, as they are in force.

    `now` is asked for aware UTC times, `zone` for that in which operators read times; `limits` for those of a trouble,
    by its id.
    """

    def __init__(
        self,
        troubles: Troubles,
        look: Callable[[aiohttp.ClientSession], Awaitable[Mapping[str, Seen]]],
        places: Callable[[], Mapping[str, Target]],
        deliverer: Delivers,
        now: Callable[[], datetime],
        zone: Callable[[], tzinfo],
        limits: Callable[[str], Limits],
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._troubles = troubles
        self._look = look
        self._places = places
        self._deliverer = deliverer
        self._now = now
        self._zone = zone
        self._limits = limits
        self._look_every = look_every
        self._news = asyncio.Event()
        self._under_way = set[asyncio.Task[None]]()
        self._tidy_at = now()

    async def run(self) -> None:
        """Watch and tell, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch(), name="troubles")
            tasks.create_task(self._tell(), name="operators")

    async def look(self, http: aiohttp.ClientSession) -> None:
        """Look once, and write down what has to be told. Raises StoreError."""
        seen = dict(await self._look(http))
        for known in await self._troubles.listed():
            if known.told is not None:
                seen.setdefault(known.id, Well())  # nothing uses it any more, as a team that was removed
        places = self._places()
        for told, trouble in await self._troubles.note(seen, self._now(), self._limits, list(places)):
            if told is Told.DEGRADED:
                log.critical("THE HOTLINE IS DEGRADED: %s (%s)", trouble.what, trouble.advice)
                if not places:
                    log.warning("Nobody is told of it: no `operators` are configured")
            else:
                log.warning("It is over: %s", trouble.what)
            self._news.set()

    async def deliver(self) -> bool:
        """Make one attempt for each alert that is due, to its end. Whether there was any. Raises StoreError."""
        async with asyncio.TaskGroup() as tasks:
            return await self._begin_to_deliver(tasks)

    async def _begin_to_deliver(self, tasks: asyncio.TaskGroup) -> bool:
        """Nobody waits for an attempt: a place that hangs holds up no other. Nobody else makes it, by its lease."""
        room = AT_ONCE - len(self._under_way)
        alerts = await self._troubles.claim(now := self._now(), now + LEASE, room) if room else []
        for alert in alerts:
            task = tasks.create_task(self._deliver(alert), name=f"alert {alert.id}")
            self._under_way.add(task)
            task.add_done_callback(self._is_over)
        return bool(alerts)

    def _is_over(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._news.set()  # another alert may have waited for this one

    async def _watch(self) -> None:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            while True:
                try:
                    await self.look(http)
                    await self._tidy()
                except StoreError as error:
                    log.debug("troubles cannot be written down: %s", error)  # the pages' loop says so aloud
                except Exception:  # pages are worked, whatever it is
                    log.exception("The hotline cannot be looked at")
                await asyncio.sleep(self._look_every)

    async def _tidy(self) -> None:
        if self._now() >= self._tidy_at:
            self._tidy_at = self._now() + TIDY_EVERY
            await self._troubles.forget(self._now(), KEPT)

    async def _tell(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                more = False
                try:
                    self._news.clear()
                    more = await self._begin_to_deliver(tasks)
                except StoreError as error:
                    log.debug("alerts to operators cannot be read: %s", error)
                except Exception:  # pages are worked, whatever it is
                    log.exception("Operators cannot be told")
                if not more:
                    try:
                        async with asyncio.timeout(DELIVER_EVERY):
                            await self._news.wait()
                    except TimeoutError:
                        pass

    async def _deliver(self, alert: TroubleAlert) -> None:
        try:
            await self._attempt(alert)
        except StoreError as error:
            log.warning("alert %s: what became of it cannot be written down: %s", alert.id, error)
        except Exception:
            log.exception("alert %s cannot be delivered", alert.id)

    async def _attempt(self, alert: TroubleAlert) -> None:
        target = self._places().get(alert.place)
        if target is None:
            await self._troubles.give_up(alert.id, "it is no longer in the configuration")
            return
        decision = await self._deliverer.deliver(target, message(alert, self._zone()))
        match decision:
            case decisions.Delivered():
                await self._troubles.delivered(alert.id, self._now())
            case decisions.RetryAfter(seconds=seconds, why=why, tried=tried):
                attempts = alert.attempts if tried else 0
                again = next_attempt(attempts, seconds, alert.at, self._now())
                if again is None:
                    await self._troubles.give_up(alert.id, why)
                else:
                    await self._troubles.put_off(alert.id, again, why, tried=tried)
            case decisions.GiveUp(why=why):
                await self._troubles.give_up(alert.id, why)
            case _:
                assert_never(decision)


def message(alert: TroubleAlert, zone: tzinfo) -> Message:
    """What an alert to operators says."""
    degraded = alert.kind is Told.DEGRADED
    lasted = show_seconds(((alert.until or alert.at) - alert.since).total_seconds())
    return Message(
        id=alert.alert,
        kind=Kind.SYSTEM_DEGRADED if degraded else Kind.SYSTEM_RECOVERED,
        at=alert.at,
        summary=alert.what if degraded else f"over after {lasted}: {alert.what}",
        dedupe_key=f"system-{alert.incident}",
        zone=zone,
        since=alert.since,
        advice=alert.advice if degraded else None,
    )
