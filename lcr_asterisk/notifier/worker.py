"""The one loop that works pages: what is due is committed first, and carried out then.

Whoever ends in between leaves a page with a deadline in the database, by which this process or another goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, assert_never

from lcr_asterisk.errors import StoreError
from lcr_asterisk.notifier import decisions
from lcr_asterisk.notifier.decisions import SOON, Decision
from lcr_asterisk.notifier.directory import Directory
from lcr_asterisk.notifier.messages import Alert, Message
from lcr_asterisk.notifier.patience import patience, waits
from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.policy import OPERATORS
from lcr_asterisk.paging.states import Delivery, Kind, Page, Progress
from lcr_asterisk.store.pages import Pages, Report

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25  # seconds: others acknowledge through the database
AT_ONCE = 200  # pages that are due, and reports, in one transaction: others wait for it to end
AHEAD = 800  # commands that wait, at most, until the time of all that is due has come
LONGEST = 55.0
"""Seconds for one attempt with all that it waits for: less than after which the page tries again (TRY_AGAIN)."""
SEARCHES = 3
"""So often it is tried to find out who is on call; then nobody is, and the next level comes."""
RETRY_FIRST, RETRY_LONGEST = 0.2, 5.0  # seconds, while the database cannot be written


class Tells(Protocol):
    async def message(self, page: Page, delivery: Delivery) -> Message: ...

    async def complete_by(self, page: Page, delivery: Delivery) -> datetime | None: ...


class Delivers(Protocol):
    async def deliver(self, target: Target, message: Message | Alert, earlier: str | None = None) -> Decision: ...

    async def stop_call(self, page: str, delivery: str) -> bool: ...


class Worker:
    """Works the pages of one database. `run` must be running; `now` and `wall` are asked for aware UTC times.

    Deadlines go by `now`; who is on call goes by `wall`, the system's clock. `longest` bounds an attempt, in seconds.
    """

    def __init__(
        self,
        pages: Pages,
        directory: Callable[[], Directory],
        teller: Tells,
        deliverer: Delivers,
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
        *,
        longest: float = LONGEST,
    ) -> None:
        self._pages = pages
        self._directory = directory
        self._teller = teller
        self._deliverer = deliverer
        self._now = now
        self._wall = wall
        self._longest = longest
        self._reports: list[Report] = []
        self._failed = Counter[tuple[str, int, int]]()  # searches in vain: of a page, in a walk, at a level
        self._commands: list[tuple[Page, do.Command]] = []  # that are to be carried out next
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
                    wait = await self._round(tasks)
                    self._can_work()
                    await self._wait(wait)
                    retry = RETRY_FIRST
                except StoreError as error:
                    self._begin(tasks)
                    if self.healthy:
                        log.critical("%s Pages wait until it can.", error)
                    self.healthy = False
                    await asyncio.sleep(retry)
                    retry = min(retry * 2, RETRY_LONGEST)
                except Exception:  # pages are worked, whatever it is
                    self._begin(tasks)
                    log.exception("A round of pages failed")
                    await asyncio.sleep(RETRY_LONGEST)

    async def _round(self, tasks: asyncio.TaskGroup) -> float:
        """The seconds until there is something to do again, as far as is known here."""
        self._something.clear()
        reports, self._reports = self._reports[:AT_ONCE], self._reports[AT_ONCE:]
        try:
            if not reports and (wait := await self._nothing_is_due()):
                self._begin(tasks)  # there could have been more, and is not
                return wait
            worked = await self._pages.work(reports, self._now(), AT_ONCE)
            self.delay = worked.late
        except BaseException:
            self._reports[:0] = reports
            raise
        self._reports[:0] = worked.untaken
        self._commands += worked.commands
        if worked.more and len(self._commands) < AHEAD:
            return 0.0  # first the time of all has come, then the work that this makes
        self._begin(tasks)
        in_vain = not worked.commands and len(worked.untaken) == len(reports) > 0
        return LOOK_EVERY if in_vain else 0.0  # somebody else works those pages just now

    def _begin(self, tasks: asyncio.TaskGroup) -> None:
        for page, command in self._commands:
            tasks.create_task(self._carry_out(page, command), name=f"page {page.id}")
        self._commands.clear()

    async def _nothing_is_due(self) -> float:
        """The seconds until something is, or others may have changed that; 0 where something is."""
        due = await self._pages.next_due()
        return LOOK_EVERY if due is None else max(min((due - self._now()).total_seconds(), LOOK_EVERY), 0.0)

    def _can_work(self) -> None:
        if not self.healthy:
            self.healthy = True
            log.warning("The database can be used again; pages go on")

    async def _wait(self, wait: float) -> None:
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
                return self._find(page, level)
            case do.Deliver(delivery=delivery, earlier=earlier):
                return await self._deliver(page, delivery, earlier)
            case do.StopCall(delivery=delivery_id):
                # A call that is being ended is heard of from the engine; where that has failed it is asked again.
                over = await self._deliverer.stop_call(page.id, delivery_id)
                return ev.Unheeded(delivery_id, "the call is over") if over else None
            case _:
                assert_never(command)

    def _find(self, page: Page, level: int) -> ev.Event | None:
        search = (page.id, page.walk, level)
        try:
            people = self._directory().people(page, level, self._wall())
        except Exception:
            self._failed[search] += 1
            if self._failed[search] < SEARCHES:
                log.exception("page %s: who is on call at level %d cannot be found", page.id, level + 1)
                return None  # the page asks again
            log.critical(
                "page %s: who is on call at level %d CANNOT BE FOUND; the next level comes instead",
                page.id,
                level + 1,
                exc_info=True,
            )
            people = ()
        del self._failed[search]
        return ev.PeopleFound(level, people)

    async def _deliver(self, page: Page, delivery: Delivery, earlier: str | None) -> ev.Event | None:
        directory = self._directory()
        if delivery.person is None:
            target = directory.place(page, delivery.place)
        else:
            target = directory.way(delivery.person, delivery.place)
        if target is None:
            return _elsewhere(page, delivery, directory)
        try:
            async with asyncio.timeout(self._longest):
                return await self._attempt(page, delivery, target, earlier)
        except TimeoutError:
            log.error("page %s: %s took longer than %g s", page.id, delivery.id, self._longest)
            return ev.Deferred(delivery.id, SOON, "it took too long")

    async def _attempt(self, page: Page, delivery: Delivery, target: Target, earlier: str | None) -> ev.Event | None:
        if waits(page, delivery, target):
            complete_by = await self._teller.complete_by(page, delivery)
            wait = patience(page, delivery, complete_by, self._now())
            if wait is not None:
                return ev.Deferred(delivery.id, wait, "", tried=False)
        alert = Alert(
            id=delivery.message,
            page=page.id,
            settles=delivery.kind in _SETTLING,
            message=lambda: self._teller.message(page, delivery),
            is_wanted=lambda: self._is_wanted(page.id, delivery),
        )
        match await self._deliverer.deliver(target, alert, earlier):
            case decisions.Delivered(reference=reference):
                return ev.Delivered(delivery.id, reference)
            case decisions.RetryAfter(seconds=seconds, why=why, tried=tried):
                return ev.Deferred(delivery.id, seconds, why, tried)
            case decisions.NO_LONGER_WANTED if delivery.call:
                return None  # an attempt before this one may ring: the page has the engine end it, which knows
            case decisions.GiveUp(why=why):
                return ev.GaveUp(delivery.id, why)
            case never:
                assert_never(never)

    async def _is_wanted(self, page_id: str, delivery: Delivery) -> bool:
        """Whoever acknowledges may do so in another process."""
        try:
            page = await self._pages.current(page_id)
        except StoreError as error:
            log.warning("page %s: not known whether it is still open: %s", page_id, error)
            return True  # better once too often than not at all
        return page is None or _wants(page, delivery)


_SETTLING = (Kind.ACKNOWLEDGED, Kind.CLOSED)


def _wants(page: Page, delivery: Delivery) -> bool:
    """Whether this is still to be told, as the page is now: for its places, what is on its way stays in its state."""
    now = page.delivery(delivery.id)
    if now is None or now.progress is not Progress.SENDING:
        return False
    return delivery.person is not None or page.open or delivery.kind in _SETTLING


def _elsewhere(page: Page, delivery: Delivery, directory: Directory) -> ev.Event:
    """What the configuration has no target for: told to others, or to nobody. A person has no others."""
    instead = directory.instead(page, delivery.place) if delivery.person is None else ()
    if delivery.place == OPERATORS.id:
        if delivery.kind is Kind.EXHAUSTED:
            _say_exhausted(page, directory)
        return ev.Redirected(delivery.id, instead)
    gone = f"{delivery.name} by {delivery.shown}" if delivery.person is not None else delivery.shown
    if instead:
        others = " and ".join(place.shown for place in instead)
        log.warning("page %s: %s is no longer in the configuration; told to %s instead", page.id, gone, others)
        return ev.Redirected(delivery.id, instead)
    log.warning("page %s: %s is no longer in the configuration", page.id, gone)
    return ev.GaveUp(delivery.id, "it is no longer in the configuration")


def _say_exhausted(page: Page, directory: Directory) -> None:
    ids = [place.id for place in page.policy.alerts]
    heard = any(directory.place(page, id_) is not None or directory.instead(page, id_) for id_ in ids)
    told = "alerts say so" if heard else "NOBODY IS TOLD SO: its team has no alerts, and there are no operators"
    said = "page %s: every level was told, and NOBODY ACKNOWLEDGED; %s. `lcr pages show %s` says more."
    log.critical(said, page.id, told, page.id)
