"""The one loop that works pages: what is due is committed first, and carried out then.

Whoever ends in between leaves a page with a deadline in the database, by which this process or another goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, assert_never

from lcr_asterisk.errors import StoreError
from lcr_asterisk.notifier import decisions
from lcr_asterisk.notifier.decisions import Decision
from lcr_asterisk.notifier.directory import Directory
from lcr_asterisk.notifier.messages import Message
from lcr_asterisk.notifier.patience import patience
from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.states import Delivery, Page
from lcr_asterisk.store.pages import Pages, Report

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25  # seconds: others acknowledge through the database
AT_ONCE = 200  # pages in one transaction
RETRY_FIRST, RETRY_LONGEST = 0.2, 5.0  # seconds, while the database cannot be written


class Delivers(Protocol):
    async def deliver(self, target: Target, message: Message, earlier: str | None = None) -> Decision: ...

    async def stop_call(self, page: str, delivery: str) -> bool: ...


class Worker:
    """Works the pages of one database. `run` must be running; `now` and `wall` are asked for aware UTC times.

    Deadlines go by `now`; who is on call goes by `wall`, the system's clock.
    """

    def __init__(
        self,
        pages: Pages,
        directory: Callable[[], Directory],
        message: Callable[[Page, Delivery], Awaitable[Message]],
        deliverer: Delivers,
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
    ) -> None:
        self._pages = pages
        self._directory = directory
        self._message = message
        self._deliverer = deliverer
        self._now = now
        self._wall = wall
        self._reports: list[Report] = []
        self._something = asyncio.Event()
        self.healthy = True
        self.delay = 0.0
        """Seconds by which the last page that was worked had been due."""

    def report(self, page: str, event: ev.Event) -> None:
        """This happened to a page; it is written down in the next round."""
        self._reports.append((page, event))
        self._something.set()

    def look(self) -> None:
        """Something about a page was just written down here: do not wait for the next look."""
        self._something.set()

    async def run(self) -> None:
        """Work until cancelled."""
        retry, resumed = RETRY_FIRST, False
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    if not resumed:
                        self._reports += [(page, ev.Resumed()) for page in await self._pages.unsettled()]
                        resumed = True
                    await self._round(tasks)
                    await self._wait()
                    retry = RETRY_FIRST
                except StoreError as error:
                    if self.healthy:
                        log.critical("%s Pages wait until it can.", error)
                    self.healthy = False
                    await asyncio.sleep(retry)
                    retry = min(retry * 2, RETRY_LONGEST)
                except Exception:  # pages are worked, whatever it is
                    log.exception("A round of pages failed")
                    await asyncio.sleep(RETRY_LONGEST)

    async def _round(self, tasks: asyncio.TaskGroup) -> None:
        self._something.clear()
        reports, self._reports = self._reports, []
        try:
            due, now = await self._pages.next_due(), self._now()
            if not reports and (due is None or due > now):
                return
            worked = await self._pages.work(reports, now, AT_ONCE)
            self.delay = worked.late
        except BaseException:
            self._reports[:0] = reports
            raise
        self._reports[:0] = worked.untaken
        for page, command in worked.commands:
            tasks.create_task(self._carry_out(page, command), name=f"page {page.id}")

    async def _wait(self) -> None:
        if not self.healthy:
            self.healthy = True
            log.warning("The database can be used again; pages go on")
        due = await self._pages.next_due()
        wait = LOOK_EVERY if due is None else min((due - self._now()).total_seconds(), LOOK_EVERY)
        if wait > 0:
            try:
                async with asyncio.timeout(wait):
                    await self._something.wait()
            except TimeoutError:
                pass

    async def _carry_out(self, page: Page, command: do.Command) -> None:
        """What came of it is an event; where a defect keeps it from coming to anything, the page's deadline does."""
        try:
            event = await self._done(page, command)
            if event is not None:
                self.report(page.id, event)
        except Exception:
            log.exception("page %s: cannot carry out %s", page.id, type(command).__name__)

    async def _done(self, page: Page, command: do.Command) -> ev.Event | None:
        match command:
            case do.FindPeople(level=level):
                return ev.PeopleFound(level, self._directory().people(page.policy, level, self._wall()))
            case do.Deliver(delivery=delivery, earlier=earlier):
                return await self._deliver(page, delivery, earlier)
            case do.StopCall(delivery=delivery_id):
                # A call that is being ended is heard of from the engine; where that has failed it is asked again.
                over = await self._deliverer.stop_call(page.id, delivery_id)
                return ev.Unheeded(delivery_id, "the call is over") if over else None
            case _:
                assert_never(command)

    async def _deliver(self, page: Page, delivery: Delivery, earlier: str | None) -> ev.Event:
        directory = self._directory()
        if delivery.person is None:
            target = directory.place(page.policy.team, delivery.place)
        else:
            target = directory.way(delivery.person, delivery.place)
        if target is None:
            return ev.GaveUp(delivery.id, "it is no longer in the configuration")
        message = await self._message(page, delivery)
        wait = patience(page, delivery, target, message, self._now())
        if wait is not None:
            return ev.Deferred(delivery.id, wait, "", tried=False)
        decision = await self._deliverer.deliver(target, message, earlier)
        match decision:
            case decisions.Delivered(reference=reference):
                return ev.Delivered(delivery.id, reference)
            case decisions.RetryAfter(seconds=seconds, why=why, tried=tried):
                return ev.Deferred(delivery.id, seconds, why, tried)
            case decisions.GiveUp(why=why):
                return ev.GaveUp(delivery.id, why)
            case _:
                assert_never(decision)
