"""A page is what has happened to it, and is worked by one process at a time, whatever ends meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from lcr_asterisk.errors import StoreError
from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.policy import Cause, Level, Place, Policy, Recipient, Way, Why
from lcr_asterisk.store.codec import OF_PAGES
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.pages import Pages, Report
from lcr_asterisk.store.tables import page_events
from lcr_asterisk.store.tables import pages as table
from tests.unit.store.conftest import NINE

POLICY = Policy("platform", "Platform", (Level(60.0), Level(60.0)), 0, (Place("ops", "#ops"),), 600.0)
PEOPLE = (Recipient("alice", "Alice", (Way("mail", "mail"),)),)


def cause(call: str = "one", after: float = 0.0, route: str = "production") -> Cause:
    at = NINE + timedelta(seconds=after)
    return Cause(call, Why.MESSAGE, at, route, "Production", "+15551234567", "ACME")


@pytest.fixture
def pages(store: Store) -> Pages:
    return Pages(store)


@pytest.mark.parametrize("kind", sorted(OF_PAGES.types))
def test_every_event_of_a_page_comes_back_as_it_was(kind: str) -> None:
    @settings(deadline=None, max_examples=30)
    @given(st.from_type(OF_PAGES.types[kind]))
    def comes_back(event: ev.Event) -> None:
        assert OF_PAGES.decode("page", 0, *OF_PAGES.encode(event)) == event

    comes_back()


async def test_a_call_is_reported_once_however_often_it_is(pages: Pages) -> None:
    assert await pages.report(cause(), POLICY, NINE) == "one"
    assert await pages.report(cause(), POLICY, NINE) == "one"
    (row,) = await pages.listed(10)
    assert (row.calls, row.events, row.stage, row.level) == (1, 1, "finding", 1)


async def test_calls_about_the_same_join_one_page_and_others_have_their_own(pages: Pages) -> None:
    assert await pages.report(cause("one"), POLICY, NINE) == "one"
    assert await pages.report(cause("two", 600), POLICY, NINE + timedelta(seconds=600)) == "one"
    assert await pages.report(cause("two", 600), POLICY, NINE + timedelta(seconds=600)) == "one"
    assert await pages.report(cause("three", 700, "other"), POLICY, NINE) == "three"
    assert await pages.report(cause("four", 700), replace(POLICY, team="payments"), NINE) == "four"
    assert await pages.report(cause("five", 1201), POLICY, NINE) == "five"
    assert await pages.report(cause("six", 1202), replace(POLICY, test_person="bob"), NINE) == "six"
    assert [(row.id, row.calls) for row in await pages.listed(10)][-1] == ("five", 1)
    assert (await pages.page("one")).calls == 2


async def test_calls_that_come_at_once_join_one_page(url: str, pages: Pages) -> None:
    async def report(call: str) -> str:
        async with open_store(url) as other:
            return await Pages(other).report(cause(call), POLICY, NINE)

    found = await asyncio.gather(*(report(f"call-{number}") for number in range(8)))
    assert len(set(found)) == 1
    assert (await pages.page(found[0])).calls == 8


async def test_a_page_is_worked_from_its_events_whoever_works_it(url: str, pages: Pages) -> None:
    """Each step by another process, which knows nothing but the database."""
    await pages.report(cause(), POLICY, NINE)
    async with open_store(url) as other:
        worked = await Pages(other).work([], NINE, 10)
    (_, tell), (page, find) = worked.commands
    assert isinstance(tell, do.Deliver)
    assert find == do.FindPeople(0)
    assert page.id == "one"
    async with open_store(url) as other:
        reports: list[Report] = [("one", ev.Delivered(tell.delivery.id, "1:2")), ("one", ev.PeopleFound(0, PEOPLE))]
        worked = await Pages(other).work(reports, NINE, 10)
    ((page, notify),) = worked.commands
    assert isinstance(notify, do.Deliver)
    assert notify.delivery.person == "alice"
    assert page.reference("ops") == "1:2"
    row = await pages.page("one")
    assert (row.stage, row.level, row.events) == ("notifying", 1, 5)
    assert row.due == NINE + timedelta(seconds=60)
    assert await pages.take("one", ev.Acknowledged("alice", "Alice", "command"), NINE)
    assert not await pages.take("one", ev.Acknowledged("bob", "Bob", "command"), NINE)
    row = await pages.page("one")
    assert (row.stage, row.by, row.acknowledged) == ("taken", "Alice", NINE)


async def test_nothing_is_worked_before_it_is_due(pages: Pages) -> None:
    await pages.report(cause(), POLICY, NINE)
    assert await pages.next_due() == NINE
    assert (await pages.work([], NINE - timedelta(microseconds=1), 10)).commands == []
    assert len((await pages.work([], NINE, 10)).commands) == 2
    assert await pages.next_due() == NINE + timedelta(seconds=10)


async def test_what_changes_nothing_is_not_kept(pages: Pages) -> None:
    await pages.report(cause(), POLICY, NINE)
    await pages.work([("one", ev.Delivered("nonsense"))], NINE - timedelta(seconds=1), 10)
    assert len(await pages.entries("one")) == 1


async def test_when_the_commit_fails_nothing_is_done_and_nothing_remembered(store: Store, pages: Pages) -> None:
    await pages.report(cause(), POLICY, NINE)
    trigger = "CREATE TRIGGER full BEFORE INSERT ON page_events BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    async with store.writing() as connection:
        await connection.execute(sa.text(trigger))
    with pytest.raises(StoreError, match="disk full"):
        await pages.work([], NINE, 10)
    async with store.writing() as connection:
        await connection.execute(sa.text("DROP TRIGGER full"))
    assert len((await pages.work([], NINE, 10)).commands) == 2


async def test_a_page_that_cannot_be_read_holds_up_no_other(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    await Pages(store).report(cause("one"), POLICY, NINE)
    await Pages(store).report(cause("two", route="other"), POLICY, NINE)
    async with store.writing() as connection:
        await connection.execute(sa.update(page_events).where(page_events.c.page_id == "one").values(kind="Nonsense"))
    pages = Pages(store)
    worked = await pages.work([], NINE, 10)
    assert {page.id for page, _ in worked.commands} == {"two"}
    assert "page one cannot be read: Journal of page one, entry 0: there is no event 'Nonsense'." in caplog.text
    assert (await pages.page("one")).due == NINE + timedelta(minutes=1)
    with pytest.raises(StoreError, match="no page 'one' that can be read"):
        await pages.take("one", ev.Closed(None, "Alice", "command"), NINE)


async def test_a_page_is_found_by_the_beginning_or_the_end_of_its_id(pages: Pages) -> None:
    for call, route in (("20261121-a", "one"), ("20261121-b", "two")):
        await pages.report(cause(call, route=route), POLICY, NINE)
    assert (await pages.page("-a")).id == "20261121-a"
    with pytest.raises(StoreError, match="Several pages begin or end with '2026': 20261121-"):
        await pages.page("2026")
    with pytest.raises(StoreError, match="There is no page 'x'"):
        await pages.page("x")
    with pytest.raises(StoreError, match="There is no page 'nonsense' that can be read"):
        await pages.take("nonsense", ev.TimePassed(), NINE)


async def test_only_open_pages_can_be_listed(pages: Pages, store: Store) -> None:
    await pages.report(cause("one"), POLICY, NINE)
    await pages.report(cause("two", route="other"), POLICY, NINE)
    await pages.take("one", ev.Closed(None, "Alice", "command"), NINE)
    assert [row.id for row in await pages.listed(10, only_open=True)] == ["two"]
    async with store.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(table)) == 2
