"""Calls people about pages: whether that may be now, what they hear, and the first event of the new call.

The notifier asks for each call, and ends it when the page needs nobody any more. What became of it is written into the
page by `pagenews.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lcr_asterisk.callflow.events import Callback, Caller, PageCall, PageCallAsked, PageSettled
from lcr_asterisk.callflow.plan import Prompt
from lcr_asterisk.callflow.states import BeingTold
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.callbacks import hotline_number, whom_to_call
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.calls.registry import CallRegistry
from lcr_asterisk.calls.switchboard import NewDriver
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import (
    AriDisconnected,
    CallbackRefused,
    NobodyToCall,
    NoSuchPageCall,
    PageCallRefused,
    StoreError,
)
from lcr_asterisk.paging.page import step
from lcr_asterisk.paging.reports import LISTENS
from lcr_asterisk.paging.states import Page, Progress
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import CallRow, RecordingKind, RecordingRow

log = logging.getLogger(__name__)

ASK_AGAIN = 15.0
"""Seconds until somebody who is on another call may be free."""
WRITTEN_WITHIN = 15.0
"""Seconds by which a call is over before its page stops to wait for who listens."""
WRITTEN_DOWN_WITHIN = 5.0
"""Seconds for the beginning of a call to be on disk: whoever asks for one waits ten for an answer."""
LOOKED_AT = 10
"""The newest calls of a page among which one with a message is looked for."""

WANTED = (Progress.WAITING, Progress.SENDING, Progress.TOLD, Progress.LISTENING)


@dataclass(frozen=True, slots=True)
class About:
    """The call that a page call tells of; `row` is None where it is not in the log, `message` is the caller's own."""

    call: str
    caller: Caller
    row: CallRow | None
    message: RecordingRow | None


class Journal(Protocol):
    """Where calls are written down. Raises StoreError if they never will be."""

    async def flush(self) -> None: ...


class PageCalls:
    """`book` answers with the configuration in force, `ready` whether Asterisk can be asked for anything now.

    `untold` knows the call that was this delivery, where it is over and the page has not been told of it yet.
    """

    def __init__(
        self,
        pages: Pages,
        calls: CallLog,
        registry: CallRegistry,
        clock: Clock,
        book: Callable[[], PlanBook],
        new_driver: NewDriver,
        ready: Callable[[], bool],
        journal: Journal,
        untold: Callable[[str], str | None],
        *,
        written_down_within: float = WRITTEN_DOWN_WITHIN,
    ) -> None:
        self._pages = pages
        self._calls = calls
        self._registry = registry
        self._clock = clock
        self._book = book
        self._new_driver = new_driver
        self._ready = ready
        self._journal = journal
        self._untold = untold
        self._written_down_within = written_down_within
        # So that a call which is to be ended is not one that is only about to begin.
        self._one_at_a_time = asyncio.Lock()

    async def begin(self, page: str, delivery: str, person: str) -> str:
        """Call this person about a page; the new call's id, or that of the call which this delivery is already.

        That there is this call is on disk then: a page waits for its end, also if this engine is killed now. Raises
        NoSuchPageCall, NobodyToCall and other PageCallRefused (for now), AriDisconnected and StoreError. After a
        StoreError the phones may ring: whoever asks again is answered with the same call.
        """
        async with self._one_at_a_time:
            live = self._find(page, delivery)
            known = live.call_id if live is not None else self._untold(delivery)
            call_id = known or await self._begin(page, delivery, person)
        try:
            async with asyncio.timeout(self._written_down_within):
                await self._journal.flush()
        except TimeoutError as error:
            raise StoreError("The call has begun, but the database cannot be written now.") from error
        return call_id

    async def _begin(self, page_id: str, delivery: str, person: str) -> str:
        self._check_ready()
        page = await self._page(page_id)
        _check_wanted(page, delivery)
        about = await self._about(page)
        message = await asyncio.to_thread(_message, about)
        book = self._book()
        self._check_free(person, book.settings)
        # Again, for all of this took time: a driver that is made now is not told to pause, and rings nobody.
        self._check_ready()
        call_id = ids.new_call_id(self._clock.now())
        cause, number = page.cause, _shown_number(page, about, book.settings)
        plan = book.page_plan(cause.route, cause.route_name, number, page.policy.team)
        told = _page_call(page, delivery, about, message, person, book)
        driver = self._new_driver(call_id, book)
        channel, responder = ids.caller(call_id), book.responder(person)
        driver.post(PageCallAsked(call_id, channel, about.caller, number, plan, responder, told))
        self._registry.add(driver, channel)
        return call_id

    async def stop(self, page: str, delivery: str) -> None:
        """Nobody needs to hear of it in this call any more. Raises NoSuchPageCall.

        The call in which the page was acknowledged goes on: it is the caller now who is talked to.
        """
        async with self._one_at_a_time:
            driver = self._find(page, delivery)
            if driver is None or driver.call.acknowledged is not None:
                raise NoSuchPageCall("There is no such call.")
            driver.post(PageSettled())

    async def look_again(self) -> None:
        """End the calls that nobody needs any more, also where whoever was to end them could not, or cannot now."""
        for driver in self._registry:
            told = driver.call.page
            if told is None or not isinstance(driver.call.stage, BeingTold):
                continue
            try:
                page = await self._page(told.page)
            except (StoreError, NoSuchPageCall) as error:
                log.error("%s: %s", driver.call_id, error, extra={"call": driver.call_id})
                continue
            if not page.open:
                driver.post(PageSettled())

    def _find(self, page: str, delivery: str) -> CallDriver | None:
        for driver in self._registry:
            told = driver.call.page
            if told is not None and (told.page, told.delivery) == (page, delivery):
                return driver
        return None

    async def _page(self, page_id: str) -> Page:
        page: Page | None = None
        for at, event in await self._pages.entries(page_id):
            page, _ = step(page, event, at)
        if page is None:
            raise NoSuchPageCall(f"There is no page {page_id!r}.")
        return page

    async def _about(self, page: Page) -> About:
        """The newest of its calls in which a message was left, or else the newest of all."""
        newest, message = page.latest.call, None
        for call_id in page.calls[: -LOOKED_AT - 1 : -1]:
            kept = [one for one in await self._calls.recordings(call_id) if one.kind is not RecordingKind.TALK]
            if kept:
                newest, message = call_id, kept[-1]
                break
        row = await self._calls.find(newest)
        cause = page.latest if newest == page.latest.call else page.cause
        caller = Caller(cause.caller, cause.caller_name) if row is None else Caller(row.caller, row.caller_name)
        return About(newest, caller, row, message)

    def _check_ready(self) -> None:
        if not self._ready():
            raise AriDisconnected("The engine is not connected to Asterisk.")

    def _check_free(self, person: str, settings: Settings) -> None:
        who = settings.people.get(person)
        if who is None:
            raise NobodyToCall(f"There is no person {person!r}.", seconds=ASK_AGAIN)
        if not who.phones:
            raise NobodyToCall(f"{who.name} has no phone to be rung.", seconds=ASK_AGAIN)
        rung = {leg.person for driver in self._registry for leg in driver.call.legs if leg.live}
        if person in rung | self._registry.persons_on_a_call(but=""):
            raise PageCallRefused(f"{who.name} is on another call.", seconds=ASK_AGAIN)


def _check_wanted(page: Page, delivery: str) -> None:
    known = page.delivery(delivery)
    if known is None:
        raise NoSuchPageCall(f"Page {page.id} has no delivery {delivery!r}.")
    if not page.open or known.progress not in WANTED:
        raise PageCallRefused("Nobody needs to be called about that page.", seconds=ASK_AGAIN)


def _shown_number(page: Page, about: About, settings: Settings) -> str:
    """The number that the caller dialled, or else one that the trunk knows as ours; empty where there is none."""
    route = settings.routes.get(page.cause.route)
    if route is not None and route.numbers:
        return hotline_number(about.row.dialled if about.row is not None else "", route, settings)
    return next((number for known in settings.routes.values() for number in known.numbers), "")


def _page_call(
    page: Page, delivery: str, about: About, message: Prompt | None, person: str, book: PlanBook
) -> PageCall:
    language = book.language(person, page.cause.route)
    words, callback = book.page_words(language), _callback(about, person, book)
    label = about.row.label if about.row is not None else None
    who = book.who_called(about.caller.number, label, page.cause.route, language)
    return PageCall(
        page=page.id,
        delivery=delivery,
        of=about.call,
        ring=book.settings.defaults.ring,
        listens=LISTENS.total_seconds() - WRITTEN_WITHIN,
        tell=words.tell(page.policy.team, who, message, calls_back=callback is not None),
        thanks=words.acknowledged,
        passed=words.passed,
        settled=words.settled,
        not_noted=words.not_noted,
        callback=callback,
    )


def _callback(about: About, person: str, book: PlanBook) -> Callback | None:
    """How this person calls the caller back, if the caller can be called."""
    if about.row is None:
        return None
    try:
        route, number = whom_to_call(about.row, book.settings)
    except CallbackRefused:
        return None
    _, callback = book.callback(about.call, route.id, number, person)
    return callback


def _message(about: About) -> Prompt | None:
    """What the caller said. Without its file there is nothing to play, and the responder need not wait for it."""
    if about.message is None:
        return None
    path = Path(about.message.path)
    if not path.is_file():
        log.error("the message of call %s is not at %s any more", about.call, path)
        return None
    return Prompt("message", (f"sound:{path.with_suffix('')}",), about.message.seconds)
