"""Whether events reach the notifier. Both programs look: if one of them is away, the other can still say so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from lcr_asterisk.errors import StoreError
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.rows import Standing, Waiting

log = logging.getLogger(__name__)

LOOK_EVERY = 10.0  # seconds
STUCK = timedelta(minutes=5)
"""An event that has waited for longer than this is stuck; usually it waits for milliseconds."""
SAY_AGAIN = timedelta(minutes=10)


def silent(standing: Standing, now: datetime) -> str | None:
    """That the notifier hears of nothing, as a sentence without a full stop; None where it does, or nothing waits."""
    if not _waits(standing.unheard, now) or _hears(standing, now):
        return None
    events = "one event" if standing.waiting == 1 else f"{standing.waiting} events"
    return f"the notifier has not been told of {events}, the oldest {_minutes(standing.oldest, now)} min old"


def stuck(standing: Standing, now: datetime) -> str | None:
    """That one event is not taken, though the notifier answers or takes others; None where that is not so."""
    waits = standing.held_up
    if not _waits(waits, now):
        waits = standing.unheard if _hears(standing, now) else None
    if waits is None or not _waits(waits, now):
        return None
    return (
        f"the event {waits.id} has been waiting for {_minutes(waits.at, now)} min: {waits.problem or 'not tried yet'}"
    )


def _waits(event: Waiting | None, now: datetime) -> bool:
    return event is not None and now - event.at >= STUCK


def _hears(standing: Standing, now: datetime) -> bool:
    return standing.last is not None and now - standing.last < STUCK


def _minutes(since: datetime | None, now: datetime) -> int:
    return int((now - (since or now)).total_seconds() // 60)


class OutboxWatch:
    """The engine's: says it loudly, since a notifier that is away cannot. `now` is asked for aware UTC times."""

    def __init__(self, outbox: Outbox, now: Callable[[], datetime]) -> None:
        self._outbox = outbox
        self._now = now
        self._said: datetime | None = None
        self._said_held_up: datetime | None = None
        self.standing = Standing(0, None, 0)

    @property
    def problem(self) -> str | None:
        """What is wrong with the outbox, as a sentence without a full stop; None where all is well."""
        now = self._now()
        return silent(self.standing, now) or stuck(self.standing, now)

    def detail(self) -> dict[str, object] | None:
        """What `/readyz` says: None where nothing waits and nothing was refused."""
        standing = self.standing
        if not standing.waiting and not standing.refused:
            return None
        age = (self._now() - standing.oldest).total_seconds() if standing.oldest is not None else 0.0
        told: dict[str, object] = {
            "waiting": standing.waiting,
            "oldest_seconds": round(age, 1),
            "refused": standing.refused,
        }
        return told if self.problem is None else {**told, "problem": self.problem}

    async def look(self) -> None:
        """Look once; what is stuck is said now and then."""
        try:
            self.standing = await self._outbox.standing()
        except StoreError as error:
            log.debug("the outbox cannot be read: %s", error)  # the journal says so aloud
            return
        now = self._now()
        mute = silent(self.standing, now)
        if mute is None:
            self._said = None
        elif self._said is None or now - self._said >= SAY_AGAIN:
            self._said = now
            log.critical("PAGES ARE NOT WORKED: %s. Is `lcr notifier` running? `lcr outbox` says more.", mute)
        held_up = stuck(self.standing, now)
        if held_up is None:
            self._said_held_up = None
        elif self._said_held_up is None or now - self._said_held_up >= SAY_AGAIN:
            self._said_held_up = now
            log.error("A PAGE IS NOT WORKED: %s. `lcr outbox` says more.", held_up)

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)
