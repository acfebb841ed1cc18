"""Writes into a page what becomes of the calls about it: that somebody listens, acknowledges, or does not heed it.

All of it follows from a call's state, so that it can be told again after a restart: to a page, what is told twice is
told once. While the database cannot be written, it is tried again. Once somebody takes care of a page, no other phone
rings any longer about it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from lcr_asterisk.callflow.events import LegEnd, PageCall, PageNoted, PageSettled
from lcr_asterisk.callflow.outcome import Outcome, Reason
from lcr_asterisk.callflow.states import BeingTold, Call
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.registry import CallRegistry
from lcr_asterisk.calls.resume import fold
from lcr_asterisk.errors import IllegalEvent, StoreError
from lcr_asterisk.paging import events as ev
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import CallRow

log = logging.getLogger(__name__)

FIRST_RETRY, LONGEST_RETRY = 0.2, 5.0  # seconds
GIVE_UP = timedelta(days=1)
"""By then the page has gone on by itself; or it is none that can be read."""

PAGES_WAIT = timedelta(minutes=15)
"""Longer than any page does for the end of a call about it."""

HOW = {
    Reason.RESPONDER_PASSED: "passed on",
    Reason.NOT_ACKNOWLEDGED: "answered, but did not acknowledge",
    Reason.SETTLED: "stopped, for it is taken care of",
}
NOT_REACHED = {
    LegEnd.BUSY: "busy",
    LegEnd.REJECTED: "rejected the call",
    LegEnd.NO_ANSWER: "did not answer",
    LegEnd.DEAD_NUMBER: "the number does not exist",
    LegEnd.TRUNK_REFUSED: "our trunk was not let in",
    LegEnd.LOST: "the line was lost while the engine was away",
}


def news(call: Call) -> tuple[ev.Event, ...]:
    """What a page has to know of a call about it, so far and in order."""
    page = call.page
    if page is None:
        return ()
    told: list[ev.Event] = []
    if any(leg.answered_at is not None for leg in call.legs):
        told.append(ev.Listened(page.delivery))
    taker = call.leg(call.acknowledged) if call.acknowledged is not None else None
    if taker is not None:
        told.append(ev.Acknowledged(taker.person, taker.name, "phone"))
    elif call.outcome is not None:
        passed = call.outcome.reason is Reason.RESPONDER_PASSED
        told.append(ev.Unheeded(page.delivery, _how(call, call.outcome), passed))
    return tuple(told)


def _how(call: Call, outcome: Outcome) -> str:
    if outcome.reason is not Reason.RESPONDER_NOT_REACHED:
        return HOW.get(outcome.reason, "the call failed")
    ends = dict.fromkeys(NOT_REACHED.get(leg.end, "could not be reached") for leg in call.legs if leg.end is not None)
    return ", ".join(ends) or "could not be reached"


class PageNews:
    """`spawn` begins a task with a name; one for each call writes what is new, one after the other.

    `retry` are the seconds until the second attempt; later ones wait longer, and after `give_up` none follows.
    """

    def __init__(
        self,
        pages: Pages,
        registry: CallRegistry,
        clock: Clock,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
        *,
        retry: float = FIRST_RETRY,
        give_up: timedelta = GIVE_UP,
    ) -> None:
        self._retry = retry
        self._give_up = give_up
        self._pages = pages
        self._registry = registry
        self._clock = clock
        self._spawn = spawn
        self._told: dict[str, list[ev.Event]] = {}  # of each call, what was taken up to be written
        self._waiting: dict[str, list[ev.Event]] = {}  # and of this what is not written yet
        self._untold: dict[str, str] = {}  # those calls' ids by the deliveries that they are

    def look(self, call: Call) -> None:
        """Take up what is new in this call's state."""
        if call.page is None:
            return
        told = self._told.setdefault(call.id, [])
        fresh = [event for event in news(call) if event not in told]
        told += fresh
        if call.over:
            del self._told[call.id]
        if not fresh:
            return
        if call.id in self._waiting:
            self._waiting[call.id] += fresh
        else:
            self._waiting[call.id] = fresh
            self._untold[call.page.delivery] = call.id
            self._spawn(self._write(call.id, call.channel, call.page), f"page-news-{call.id}")

    def untold(self, delivery: str) -> str | None:
        """The call that is or was this delivery, while its page does not know all of it yet."""
        return self._untold.get(delivery)

    async def tell_again(self, calls: CallLog) -> None:
        """At the beginning: what calls had to tell may not have been written when the engine before this one ended.

        Raises StoreError where the log cannot be read.
        """
        now = self._clock.now()
        for row in await calls.page_calls(now - self._give_up):
            if not _is_waited_for(row, now):
                continue
            try:
                self.look(fold(await calls.entries(row.id)))
            except (IllegalEvent, StoreError) as error:
                log.error("%s: what it has to tell its page cannot be read: %s", row.id, error)
        for driver in self._registry:
            self.look(driver.call)

    async def _write(self, call_id: str, channel: str, page: PageCall) -> None:
        waiting = self._waiting[call_id]
        try:
            while waiting:
                await self._take(page.page, waiting[0], channel)
                waiting.pop(0)
        finally:
            del self._waiting[call_id]
            self._untold.pop(page.delivery, None)

    async def _take(self, page: str, event: ev.Event, channel: str) -> None:
        give_up_at, delay = self._clock.now() + self._give_up, self._retry
        failed = False
        while True:
            try:
                changed = await self._pages.take(page, event, self._clock.now())
                if isinstance(event, ev.Acknowledged):
                    self._noted(channel, changed or await self._is_theirs(page, event))
                    self._settled(page)
                return
            except StoreError as error:
                given_up = self._clock.now() >= give_up_at
                if given_up or not failed:
                    log.error("page %s cannot be told of %s: %s", page, type(event).__name__, error)
                if given_up:
                    return
            failed = True
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_RETRY)

    async def _is_theirs(self, page: str, event: ev.Acknowledged) -> bool:
        """Whether it is they who took care of it before: in another way, or in an attempt that failed at its end."""
        entries = await self._pages.entries(page)
        settled_by = [one.by for _, one in entries if isinstance(one, ev.Acknowledged | ev.Closed)]
        return settled_by[-1:] == [event.by]

    def _noted(self, channel: str, ours: bool) -> None:
        driver = self._registry.of_caller(channel)
        if driver is not None:
            driver.post_unless_over(PageNoted(ours))

    def _settled(self, page: str) -> None:
        """The notifier ends the other calls about it too, but it may be away."""
        for driver in self._registry:
            told = driver.call.page
            if told is not None and told.page == page and isinstance(driver.call.stage, BeingTold):
                driver.post(PageSettled())


def _is_waited_for(row: CallRow, now: datetime) -> bool:
    """Whether what became of this call may still matter to its page; an acknowledgement always does."""
    return row.reason is Reason.NOT_NOTED or (row.ended is not None and now - row.ended <= PAGES_WAIT)
