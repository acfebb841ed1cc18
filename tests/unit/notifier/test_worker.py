"""Pages are worked whatever happens beside them: crowds at one place, defects, and those who acknowledge meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lcr_asterisk.config import load
from lcr_asterisk.notifier.decisions import Decision, Delivered
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.directory import Directory
from lcr_asterisk.notifier.messages import Alert, Message
from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.notifier.telling import Teller
from lcr_asterisk.notifier.worker import AT_ONCE, LONGEST, SEARCHES, Worker
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.page import ASK_AGAIN, TRY_AGAIN
from lcr_asterisk.paging.policy import Cause, Recipient, Way, Why
from lcr_asterisk.paging.states import Delivery, Page
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.pages import Pages, Report, Worked
from tests.stand_ins import Receiver
from tests.unit.notifier.conftest import LOOPBACK
from tests.unit.notifier.conftest import now as wall
from tests.unit.notifier.hand_clock import HandClock
from tests.unit.notifier.test_hearing import KEY, NOW

YAML = """\
version: 1
people:
  alice: {{name: Alice Martin, notify: ["ntfy://ntfy.sh/alice"]}}
  bob: {{name: Bob Chen, notify: ["ntfy://ntfy.sh/bob"]}}
teams:
  platform:
    name: Platform
    escalation: [{{ring: [alice], page_for: 1h}}, {{ring: [bob], page_for: 1h}}]
    alerts: [{{slack: "{url}"}}]
routes: {{production: {{name: Production, numbers: ["+14155551000"], team: platform}}}}
"""


LATER = (Recipient("alice", "Alice Martin", (Way("later", "ntfy", after=3600.0),)),)


class Known(Directory):
    """Whoever is on call is told much later, where nothing else is said: only the team's place is told at once."""

    def __init__(self, path: Path) -> None:
        super().__init__(load(path, {}, path.parent), {})
        self.find: Callable[[int], tuple[Recipient, ...]] = lambda level: LATER

    def people(self, page: Page, level: int, at: datetime) -> tuple[Recipient, ...]:
        return self.find(level)


class Watched(Pages):
    """How many reports came in each round, and how many rounds are over."""

    rounds: list[int]
    over = 0

    async def work(self, reports: Sequence[Report], now: datetime, at_most: int) -> Worked:
        self.rounds.append(len(reports))
        worked = await super().work(reports, now, at_most)
        self.over += 1
        return worked


class Counting(Teller):
    """How often each alert was put into words."""

    made: list[str]

    async def message(self, page: Page, delivery: Delivery) -> Message:
        self.made.append(delivery.message)
        return await super().message(page, delivery)


@dataclass
class System:
    """Pages of a team with one place, and what works them; time passes when it is told to."""

    pages: Watched
    teller: Counting
    directory: Known
    outside: Receiver
    clock: HandClock = field(default_factory=HandClock)
    worker: Worker = field(init=False)

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.clock.now - 1000)

    def passes(self, seconds: float) -> None:
        self.clock.passes(seconds)
        self.worker.look()

    async def opens(self, number: int) -> list[str]:
        policy = self.directory.policy("platform")
        assert policy is not None
        cause = Cause("call", Why.MISSED, NOW, "production", "Production", "+15551234567")
        causes = [replace(cause, call=f"call-{one}", route=f"route-{one}") for one in range(number)]
        return [await self.pages.report(cause, policy, self.now) for cause in causes]

    async def events(self, page: str) -> list[ev.Event]:
        return [event for _, event in await self.pages.entries(page)]

    async def until(self, page: str, right: Callable[[list[ev.Event]], bool]) -> None:
        """What happened to this page is right."""
        async with asyncio.timeout(60):
            while not right(await self.events(page)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def system(directory: Path) -> AsyncIterator[System]:
    """Its worker is yet to be made."""
    async with Receiver() as outside, open_store(f"sqlite+aiosqlite:///{directory / 'lcr.db'}") as store:
        (directory / "lcr.yaml").write_text(YAML.format(url=outside.url()))
        known, pages = Known(directory / "lcr.yaml"), Watched(store)
        teller = Counting(CallLog(store), pages, lambda: known.settings, KEY)
        pages.rounds, teller.made = [], []
        yield System(pages, teller, known, outside)


@asynccontextmanager
async def working(directory: Path, pages: int = 0) -> AsyncIterator[System]:
    """With so many pages, all of which are due."""
    async with system(directory) as found:
        clock = found.clock
        async with Deliverer(wall, allowed=LOOPBACK, time=clock.time, wait=clock.wait) as deliverer:
            await found.opens(pages)
            found.worker = Worker(
                found.pages, lambda: found.directory, found.teller, deliverer, lambda: found.now, wall
            )
            async with running(found.worker):
                yield found


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    task = asyncio.ensure_future(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def of(kind: type[ev.Event]) -> Callable[[list[ev.Event]], bool]:
    return lambda events: any(isinstance(event, kind) for event in events)


# -- many for one place ----------------------------------------------------------------------------------------------


async def test_a_crowd_at_one_place_costs_each_page_one_waiting_and_one_message(tmp_path: Path) -> None:
    crowd, at_once = 20, 6
    async with working(tmp_path, crowd) as found:
        ids = [f"call-{number}" for number in range(crowd)]

        async def put_off() -> list[int]:
            return [sum(isinstance(one, ev.Deferred) for one in await found.events(id_)) for id_ in ids]

        await found.outside.got_times(1)
        await found.clock.until_waited_by(at_once - 1)
        async with asyncio.timeout(60):
            while sum(await put_off()) < crowd - at_once:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for told in range(1, crowd):
            found.passes(1)
            await found.outside.got_times(told + 1)
        for id_ in ids:
            await found.until(id_, of(ev.Delivered))
        assert sorted(await put_off()) == [0] * at_once + [1] * (crowd - at_once), "each came back once"
        assert sorted(found.teller.made) == sorted(set(found.teller.made)), "each was put into words once"


# -- who acknowledges meanwhile ----------------------------------------------------------------------------------------


async def test_what_waits_for_its_turn_is_not_sent_when_somebody_has_acknowledged(tmp_path: Path) -> None:
    async with working(tmp_path, 2) as found:
        await found.outside.got_times(1)
        await found.clock.until_waited_by(1)
        first = found.outside.got[0]
        waiting = next(id_ for id_ in ("call-0", "call-1") if id_ not in first.body.decode())
        await found.pages.take(waiting, ev.Acknowledged("alice", "Alice Martin", "link"), found.now)
        found.passes(1)
        await found.until(waiting, of(ev.GaveUp))
        await found.clock.until_waited_by(1)
        found.passes(1)
        await found.outside.got_times(2)
        await found.until(waiting, of(ev.Delivered))
        said = [one.body.decode() for one in found.outside.got]
        assert len(said) == 2
        assert "Acknowledged by Alice Martin" in said[1], "the news of it is told all the same"


# -- defects ---------------------------------------------------------------------------------------------------------


async def test_where_nobody_can_find_out_who_is_on_call_the_next_level_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[int] = []

    def find(level: int) -> tuple[Recipient, ...]:
        asked.append(level)
        if level == 0:
            raise KeyError("a defect in one schedule")
        return ()

    async with working(tmp_path) as found:
        found.directory.find = find
        (page,) = await found.opens(1)
        for attempt in range(1, SEARCHES + 1):
            async with asyncio.timeout(60):
                while asked.count(0) < attempt:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            if attempt < SEARCHES:
                found.passes(ASK_AGAIN.total_seconds())
        await found.until(page, lambda events: ev.PeopleFound(1, ()) in events)
    assert asked == [0] * SEARCHES + [1]
    (critical,) = [one for one in caplog.records if one.levelno == logging.CRITICAL and "FOUND" in one.getMessage()]
    assert f"page {page}: who is on call at level 1 CANNOT BE FOUND" in critical.getMessage()


class Hanging:
    """Takes for ever."""

    async def deliver(self, target: Target, message: Message | Alert, earlier: str | None = None) -> Decision:
        await asyncio.Event().wait()
        return Delivered()

    async def stop_call(self, page: str, delivery: str) -> bool:
        return True


async def test_an_attempt_that_takes_for_ever_has_ended_before_another_is_made(tmp_path: Path) -> None:
    async with system(tmp_path) as found:
        (page,) = await found.opens(1)
        found.worker = Worker(
            found.pages, lambda: found.directory, found.teller, Hanging(), lambda: found.now, wall, longest=0.01
        )
        async with running(found.worker):
            await found.until(page, of(ev.Deferred))
    assert timedelta(seconds=LONGEST) < TRY_AGAIN


async def test_the_time_of_all_that_are_due_comes_before_the_work_that_this_makes(tmp_path: Path) -> None:
    """Otherwise the last of very many goes on to its next level as late as the alerts of the others take."""
    rounds = list[int]()
    async with working(tmp_path, AT_ONCE + 1) as found:

        def find(level: int) -> tuple[Recipient, ...]:
            rounds.append(found.pages.over)
            return LATER

        found.directory.find = find
        await found.until(f"call-{AT_ONCE}", of(ev.PeopleFound))
    assert rounds[0] == 2


class Instant(Hanging):
    """Takes no time."""

    async def deliver(self, target: Target, message: Message | Alert, earlier: str | None = None) -> Decision:
        return Delivered()


async def test_where_exactly_a_rounds_worth_is_due_their_work_begins_at_once_too(tmp_path: Path) -> None:
    """More could be due then, and is not; nor is there any news of a page."""
    async with system(tmp_path) as found:
        ids = await found.opens(AT_ONCE)
        found.worker = Worker(found.pages, lambda: found.directory, found.teller, Instant(), lambda: found.now, wall)
        async with running(found.worker):
            for id_ in ids:
                await found.until(id_, of(ev.Delivered))
            found.passes(3600)
            for id_ in ids:
                await found.until(id_, lambda events: ev.PeopleFound(1, LATER) in events)


async def test_very_many_reports_are_written_down_in_several_rounds(tmp_path: Path) -> None:
    async with working(tmp_path) as found:
        for number in range(2 * AT_ONCE + 1):
            found.worker.report("call-0", ev.GaveUp(f"call-0-{number}", "late"))
        await found.opens(1)
        found.worker.look()
        await found.until("call-0", of(ev.Delivered))
        async with asyncio.timeout(60):
            while sum(found.pages.rounds) < 2 * AT_ONCE + 1:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert max(found.pages.rounds) == AT_ONCE
