"""A desk beside a database with pages, for tests of calls about them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lcr_asterisk.callflow.states import Call
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.pagecalls import PageCalls
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.paging.commands import Deliver
from lcr_asterisk.paging.events import PeopleFound
from lcr_asterisk.paging.page import step
from lcr_asterisk.paging.policy import Cause, Level, Policy, Recipient, Way, Why
from lcr_asterisk.paging.states import Page
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.journal import JournalWriter
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import AwayMessage, RecordingKind, RecordingRow
from tests.unit.calls.conftest import ARRIVED, Desk, Kept, Memory, channel

CALLER = "+14155552671"
FIRST, SECOND = "20261121-083000-x2y4z", "20261121-083500-a2b3c"


@dataclass
class Office:
    """`had_a_call` puts a call into the log and a page about it into the database; `begins` calls somebody about it."""

    desk: Desk
    kept: Kept
    pages: Pages
    directory: Path
    journal: JournalWriter | Memory | None = None  # None: the desk's
    written_down_within: float = 240.0
    ready: bool = True
    delivery: str = ""
    untold: str | None = None

    def __post_init__(self) -> None:
        self.calls = PageCalls(
            self.pages,
            self.kept.log,
            self.desk.registry,
            Clock(),
            lambda: self.desk.book,
            self.new_driver,
            lambda: self.ready,
            self.journal or self.desk.journal,
            lambda _: self.untold,
            written_down_within=self.written_down_within,
        )

    def new_driver(self, call_id: str, book: PlanBook, call: Call | None = None, steps: int = 0) -> CallDriver:
        journal = self.journal or self.desk.journal
        return CallDriver(call_id, book, Clock(), self.desk.executor, journal, lambda *_: None, call=call, steps=steps)

    async def had_a_call(
        self,
        call: str = FIRST,
        *,
        caller: str = CALLER,
        route: str = "direct",
        message: float | None = 4.0,
        team: str = "platform",
        in_log: bool = True,
    ) -> None:
        """A message of so many seconds was left, or none; the page wants somebody to be called."""
        row = None
        if message is not None:
            wav = self.directory / f"{call}.wav"
            wav.write_bytes(b"RIFF")
            row = RecordingRow(f"recording-{call}", call, RecordingKind.AWAY, str(wav), None, message, ARRIVED)
        if in_log:
            ended = ARRIVED + timedelta(seconds=9)
            await self.kept.log.adopt_away_call(
                AwayMessage(call, "1.0", route, "Direct", team, caller, "ACME", "+14155551001", ARRIVED, ended, row)
            )
        now = datetime.now(ARRIVED.tzinfo)
        why = Why.MISSED if message is None else Why.MESSAGE
        policy = Policy(team, team.title(), (Level(300.0),), 0, (), 600.0)
        page = await self.pages.report(Cause(call, why, ARRIVED, route, "Direct", caller, "ACME"), policy, now)
        people = (Recipient("bob", "Bob Chen", (Way("voice:bob", "voice", call=True),)),)
        await self.pages.take(page, PeopleFound(0, people), now)
        for _, command in (await self.pages.work([], now, 10)).commands:
            if isinstance(command, Deliver):
                self.delivery = command.delivery.id

    async def begins(self, person: str = "bob", page: str = FIRST) -> CallDriver:
        call_id = await self.calls.begin(page, self.delivery, person)
        (driver,) = (driver for driver in self.desk.registry if driver.call_id == call_id)
        return driver

    async def page(self) -> Page:
        page: Page | None = None
        for at, event in await self.pages.entries(FIRST):
            page, _ = step(page, event, at)
        assert page is not None
        return page

    def dialled(self) -> list[dict[str, str]]:
        return [dict(request.query) for request in self.desk.asterisk.sent if str(request) == "POST channels"]

    def comes_in(self, caller: str) -> Call:
        """Somebody calls, and Alice and Bob are rung."""
        self.desk.switchboard.begin(channel(caller), "+14155551001")
        driver = self.desk.registry.of_caller(caller)
        assert driver is not None
        return driver.call


@asynccontextmanager
async def an_office(desk: Desk, kept: Kept, directory: Path) -> AsyncIterator[Office]:
    async with open_store(f"sqlite+aiosqlite:///{directory}/lcr.db") as store:
        yield Office(desk, kept, Pages(store), directory)
