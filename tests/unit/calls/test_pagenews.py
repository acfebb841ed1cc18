"""A page hears what becomes of each call about it, in order, also where a database is away or an engine ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lcr_asterisk.callflow import events as call
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.pagenews import PageNews, news
from lcr_asterisk.calls.registry import CallRegistry
from lcr_asterisk.errors import PageCallRefused, StoreError
from lcr_asterisk.paging.events import Acknowledged, Closed, Event, Listened, Unheeded
from lcr_asterisk.paging.states import Progress
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.journal import JournalEntry, JournalWriter
from lcr_asterisk.store.pages import Pages
from tests.unit.calls.conftest import Desk, Kept
from tests.unit.calls.paged import FIRST, SECOND, Office, an_office

MANY_CALLS = 201


@dataclass
class Tasks:
    """What was begun beside the calls; `done` waits for all of it."""

    begun: list[asyncio.Task[None]] = field(default_factory=list)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.begun.append(asyncio.get_running_loop().create_task(work, name=name))

    async def done(self) -> None:
        await asyncio.gather(*self.begun)


class Flaky(Pages):
    """The pages of a database that cannot be used so many times (`fails`)."""

    fails = 0
    tried = 0

    async def take(self, page_id: str, event: Event, now: datetime) -> bool:
        self.tried += 1
        if self.tried <= self.fails:
            raise StoreError("The database is locked.")
        return await super().take(page_id, event, now)


@dataclass
class Told:
    """A call about a page, and what the page is told of it."""

    office: Office
    driver: CallDriver
    tasks: Tasks
    pages: Flaky
    news: PageNews

    @property
    def leg(self) -> str:
        return self.driver.call.legs[0].id

    async def happens(self, *events: call.Event) -> None:
        """As the engine does after each step."""
        for event in events:
            self.driver.post(event)
            self.news.look(self.driver.call)
        await self.tasks.done()

    async def delivery(self) -> Progress:
        delivery = (await self.office.page()).delivery(self.office.delivery)
        assert delivery is not None
        return delivery.progress

    async def heard(self) -> list[Event]:
        """What the page was told, in order."""
        entries = await self.pages.entries(FIRST)
        return [event for _, event in entries if isinstance(event, Listened | Acknowledged | Unheeded)]


@pytest.fixture
async def told(desk: Desk, kept: Kept, tmp_path: Path) -> AsyncIterator[Told]:
    """Bob's phone rings."""
    async with an_office(desk, kept, tmp_path) as office, open_store(f"sqlite+aiosqlite:///{tmp_path}/lcr.db") as store:
        await office.had_a_call()
        tasks, pages = Tasks(), Flaky(store)
        driver = await office.begins()
        yield Told(office, driver, tasks, pages, PageNews(pages, desk.registry, Clock(), tasks.spawn, retry=0.001))


async def test_a_page_hears_that_somebody_listens_and_acknowledges(told: Told) -> None:
    await told.happens(call.LegAnswered(told.leg))
    assert await told.delivery() is Progress.LISTENING
    await told.happens(call.LegPressed(told.leg, "1"))
    page = await told.office.page()
    assert (page.open, page.by) == (False, "Bob Chen")
    assert await told.heard() == [Listened(told.office.delivery), Acknowledged("bob", "Bob Chen", "phone")]
    assert told.driver.call.outcome is not None, "and the call that it is written down"
    assert told.driver.call.outcome.answered_by == "bob"


async def test_who_was_a_moment_quicker_has_it(told: Told) -> None:
    await told.happens(call.LegAnswered(told.leg))
    await told.office.pages.take(FIRST, Acknowledged("alice", "Alice Martin", "link"), Clock().now())
    await told.happens(call.LegPressed(told.leg, "1"))
    assert told.driver.call.reason is Reason.SETTLED
    await told.happens(call.LegEnded(told.leg, LegEnd.HUNG_UP))
    assert (await told.office.page()).by == "Alice Martin"
    assert await told.delivery() is Progress.OVER


@pytest.mark.parametrize("before", [Acknowledged("bobby", "Bob Chen", "link"), Acknowledged(None, "Bob Chen", "link")])
async def test_it_is_not_theirs_only_because_somebody_of_the_same_name_has_it(told: Told, before: Event) -> None:
    await told.office.pages.take(FIRST, before, Clock().now())
    await told.happens(call.LegAnswered(told.leg), call.LegPressed(told.leg, "1"))
    assert told.driver.call.reason is Reason.SETTLED


async def test_what_somebody_else_has_closed_since_is_nobodys_any_more(told: Told) -> None:
    for event in (Acknowledged("bob", "Bob Chen", "link"), Closed("alice", "Alice Martin", "command line")):
        await told.office.pages.take(FIRST, event, Clock().now())
    await told.happens(call.LegAnswered(told.leg), call.LegPressed(told.leg, "1"))
    assert told.driver.call.reason is Reason.SETTLED


async def test_who_acknowledged_by_a_link_before_is_thanked_too(told: Told) -> None:
    await told.happens(call.LegAnswered(told.leg))
    await told.office.pages.take(FIRST, Acknowledged("bob", "Bob Chen", "link"), Clock().now())
    await told.happens(call.LegPressed(told.leg, "1"))
    assert told.driver.call.reason is Reason.TAKEN


@pytest.mark.parametrize(
    ("events", "how"),
    [
        ((call.LegEnded("leg", LegEnd.BUSY),), "busy"),
        ((call.LegEnded("leg", LegEnd.REJECTED),), "rejected the call"),
        ((call.LegEnded("leg", LegEnd.UNREACHABLE),), "could not be reached"),
        ((call.LegAnswered("leg"), call.LegPressed("leg", "2")), "passed on"),
        ((call.LegAnswered("leg"), call.LegEnded("leg", LegEnd.HUNG_UP)), "answered, but did not acknowledge"),
        ((call.PageSettled(),), "stopped, for it is taken care of"),
        ((call.HandedToDialplan("oops"),), "the call failed"),
    ],
)
async def test_a_page_hears_why_it_was_not_heeded(told: Told, events: tuple[Any, ...], how: str) -> None:
    await told.happens(*(replace(event, leg=told.leg) if hasattr(event, "leg") else event for event in events))
    passed = how == "passed on"  # which spares them their other ways
    assert (await told.heard())[-1] == Unheeded(told.office.delivery, how, passed)
    assert await told.delivery() is Progress.OVER


async def test_what_a_database_does_not_take_is_written_as_soon_as_it_does(told: Told) -> None:
    told.pages.fails = 5
    await told.happens(call.LegAnswered(told.leg), call.LegPressed(told.leg, "1"))
    assert told.pages.tried == 7
    assert await told.heard() == [Listened(told.office.delivery), Acknowledged("bob", "Bob Chen", "phone")]
    assert told.driver.call.reason is Reason.TAKEN


async def test_nobody_is_thanked_before_it_is_written_down(told: Told) -> None:
    told.pages.fails = 10**6
    told.driver.post(call.LegAnswered(told.leg))
    told.driver.post(call.LegPressed(told.leg, "1"))
    told.news.look(told.driver.call)
    for _ in range(5):
        await asyncio.sleep(0.002)
        assert isinstance(told.driver.call.stage, st.Acknowledging)
    told.pages.fails = 0
    await told.tasks.done()
    assert told.driver.call.reason is Reason.TAKEN


async def test_who_acknowledges_in_a_call_stops_the_other_phones_also_without_a_notifier(told: Told) -> None:
    asked = told.office.desk.journal.entries[0].event
    assert isinstance(asked, call.PageCallAsked)
    others = []
    for name, page in ((SECOND, FIRST), ("20261121-084000-d4e5f", SECOND)):  # about this page, and about another one
        about = replace(asked.page, page=page, delivery=f"{page}-of-{name}")
        other = told.office.new_driver(name, told.office.desk.book)
        other.post(replace(asked, call=name, channel=f"{name}-caller", page=about))
        told.office.desk.registry.add(other, f"{name}-caller")
        others.append(other)
    await told.happens(call.LegAnswered(told.leg), call.LegPressed(told.leg, "1"))
    assert told.driver.call.reason is Reason.TAKEN
    assert [other.call.reason for other in others] == [Reason.SETTLED, None]


async def test_a_call_that_is_over_is_not_made_again_while_its_page_cannot_be_told(told: Told) -> None:
    """The notifier asks again, as the database cannot be written; or it was killed before it noted the answer."""
    told.pages.fails = 10**6
    told.driver.post(call.LegEnded(told.leg, LegEnd.BUSY))
    told.news.look(told.driver.call)
    assert list(told.office.desk.registry) == []
    told.office.untold = told.news.untold(told.office.delivery)
    assert await told.office.calls.begin(FIRST, told.office.delivery, "bob") == told.driver.call_id
    assert len(told.office.dialled()) == 1
    told.pages.fails = 0
    await told.tasks.done()
    told.office.untold = told.news.untold(told.office.delivery)
    with pytest.raises(PageCallRefused, match="Nobody needs to be called"):
        await told.office.begins()


async def test_each_thing_is_written_once_however_often_the_call_moves(told: Told) -> None:
    await told.happens(call.LegAnswered(told.leg), call.LegPressed(told.leg, "5"), call.LegPressed(told.leg, "5"))
    assert told.pages.tried == 1


async def test_what_an_engine_before_this_one_did_not_write_is_written_after_a_restart(told: Told) -> None:
    """Its state is all that is left of the call; and to a page, what is told twice is told once."""
    for event in (call.LegAnswered(told.leg), call.LegEnded(told.leg, LegEnd.HUNG_UP)):
        told.driver.post(event)
    assert told.driver.call.over
    for _ in range(2):
        another = PageNews(told.pages, told.office.desk.registry, Clock(), told.tasks.spawn)
        another.look(told.driver.call)
        await told.tasks.done()
    how = "answered, but did not acknowledge"
    assert await told.heard() == [Listened(told.office.delivery), Unheeded(told.office.delivery, how)]


async def written_down(told: Told) -> None:
    """The call so far is in the log, as an engine leaves it that is killed then."""
    entries = told.office.desk.journal.entries
    await written(told.office.kept.journal, [(entry, told.driver.call) for entry in entries])


def went_by(told: Told, ago: timedelta, *events: call.Event | float) -> list[tuple[JournalEntry, st.Call]]:
    """The call, if it had begun so long ago: these events, and seconds that passed between them."""
    at, state = Clock().now() - ago, None
    steps: list[tuple[JournalEntry, st.Call]] = []
    for event in (told.office.desk.journal.entries[0].event, *events):
        if isinstance(event, float):
            at += timedelta(seconds=event)
            event = call.TimePassed()
        state, _ = step(state, event, at)
        steps.append((JournalEntry(state.id, len(steps), at, event), state))
    return steps


async def written(journal: JournalWriter, steps: Iterable[tuple[JournalEntry, st.Call]]) -> None:
    for entry, state in steps:
        journal.append(entry, state)
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(journal.run(), name="journal")
        await journal.flush()
        writing.cancel()


async def test_an_engine_that_begins_tells_pages_of_calls_that_ended_lately_and_of_those_that_go_on(told: Told) -> None:
    told.driver.post(call.LegAnswered(told.leg))
    await told.news.tell_again(told.office.kept.log)
    await told.tasks.done()
    assert await told.heard() == [Listened(told.office.delivery)]
    told.driver.post(call.LegEnded(told.leg, LegEnd.HUNG_UP))
    await written_down(told)
    another = PageNews(told.pages, CallRegistry(), Clock(), told.tasks.spawn)
    await another.tell_again(told.office.kept.log)
    await told.tasks.done()
    assert await told.delivery() is Progress.OVER


async def test_a_busy_line_hides_no_call_about_a_page(told: Told) -> None:
    """Neither however many calls there were since, nor for a day, where somebody was told that it will be noted."""
    since = timedelta(hours=23)
    late = (call.LegAnswered(told.leg), call.LegPressed(told.leg, "1"))
    steps = went_by(told, since, *late, 1.0, 30.0, call.LegEnded(told.leg, LegEnd.HUNG_UP))
    over = steps[-1][1]
    assert over.outcome == Outcome(Result.ACKNOWLEDGED, Reason.NOT_NOTED, "bob")
    for number in range(MANY_CALLS):
        name, arrived = f"20261121-100000-{number:05}", Clock().now()
        other = replace(over, id=name, channel=name, page=None, legs=(), arrived_at=arrived, ended_at=arrived)
        steps.append((JournalEntry(name, 0, arrived, steps[0][0].event), other))
    await written(told.office.kept.journal, steps)
    await PageNews(told.pages, CallRegistry(), Clock(), told.tasks.spawn).tell_again(told.office.kept.log)
    await told.tasks.done()
    assert await told.heard() == [Listened(told.office.delivery), Acknowledged("bob", "Bob Chen", "phone")]


@pytest.mark.parametrize(("minutes", "told_again"), [(14, True), (16, False)])
async def test_what_else_became_of_a_call_is_told_while_its_page_waits_for_it(
    told: Told, minutes: int, told_again: bool
) -> None:
    await written(
        told.office.kept.journal, went_by(told, timedelta(minutes=minutes), call.LegEnded(told.leg, LegEnd.BUSY))
    )
    await PageNews(told.pages, CallRegistry(), Clock(), told.tasks.spawn).tell_again(told.office.kept.log)
    assert bool(told.tasks.begun) is told_again
    await told.tasks.done()


async def test_a_call_that_cannot_be_read_keeps_no_engine_from_beginning(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.driver.post(call.LegEnded(told.leg, LegEnd.BUSY))
    _, *others = told.office.desk.journal.entries
    told.office.desk.journal.entries = others
    await written_down(told)
    await PageNews(told.pages, CallRegistry(), Clock(), told.tasks.spawn).tell_again(told.office.kept.log)
    assert "what it has to tell its page cannot be read" in caplog.text
    assert told.tasks.begun == []


async def test_a_page_that_is_not_there_is_given_up_some_day(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    told.pages.fails = 10**6
    told.news = PageNews(told.pages, told.office.desk.registry, Clock(), told.tasks.spawn, give_up=timedelta())
    await told.happens(call.LegAnswered(told.leg))
    assert told.pages.tried == 1
    assert "cannot be told of Listened: The database is locked." in caplog.text


async def test_other_calls_have_nothing_to_tell(told: Told) -> None:
    other = told.office.comes_in("1.0")
    assert news(other) == ()
    told.news.look(other)
    assert told.tasks.begun == []
