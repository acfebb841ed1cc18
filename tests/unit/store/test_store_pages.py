"""A page is what has happened to it, and is worked by one process at a time, whatever ends meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from lcr_asterisk.errors import StoreError
from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.policy import Cause, Level, Place, Policy, Recipient, Way, Why
from lcr_asterisk.paging.states import Kind, Progress
from lcr_asterisk.store.codec import OF_PAGES
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.pages import FORGET_EVERY, Pages, Report, _Open
from lcr_asterisk.store.tables import page_events
from lcr_asterisk.store.tables import pages as table
from tests.unit.store.conftest import NINE, only_postgresql
from tests.unit.store.postgres import Postgres

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


async def test_a_call_that_is_known_late_joins_the_page_of_its_time_and_none_of_later(pages: Pages) -> None:
    """Its event had to wait, while those of later calls were told."""
    for hour in range(9):
        at = 3600.0 * hour
        assert await pages.report(cause(f"at-{hour}", at), POLICY, NINE + timedelta(seconds=at)) == f"at-{hour}"
    now = NINE + timedelta(hours=10)
    assert await pages.report(cause("late", 2 * 3600 - 600), POLICY, now) == "at-2"
    assert (await pages.page("at-2")).joins_until == NINE + timedelta(hours=2, seconds=600), "it does not go back"
    assert await pages.report(cause("before", -601), POLICY, now) == "before"
    assert (await pages.page("at-8")).calls == 1


async def test_calls_that_come_at_once_join_one_page(url: str, pages: Pages) -> None:
    async def report(call: str) -> str:
        async with open_store(url) as other:
            return await Pages(other).report(cause(call), POLICY, NINE)

    found = await asyncio.gather(*(report(f"call-{number}") for number in range(8)))
    assert len(set(found)) == 1
    assert (await pages.page(found[0])).calls == 8


async def test_where_very_many_are_due_their_time_comes_before_what_has_just_been_done(pages: Pages) -> None:
    """Of which some is taken all the same, in order, so that it is not put off for ever."""
    for number in range(12):
        await pages.report(cause(f"call-{number}", route=f"route-{number}"), POLICY, NINE)
    found = [(page.id, ev.PeopleFound(0, PEOPLE)) for page, _ in (await pages.work([], NINE, 4)).commands[1::2]]
    worked = await pages.work(found, NINE, 4)
    assert {type(command) for _, command in worked.commands} == {do.Deliver, do.FindPeople}
    assert sum(isinstance(command, do.FindPeople) for _, command in worked.commands) == 4
    assert worked.untaken == found[1:]
    assert (await pages.work(worked.untaken, NINE, 4)).untaken == found[2:], "four more are due"
    assert (await pages.work(found[2:], NINE, 4)).untaken == [], "none is"


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


async def test_two_notifiers_never_work_the_same_page(url: str, pages: Pages) -> None:
    """Each looks for what is due as fast as it can; all pages are worked, none twice."""
    for number in range(30):
        await pages.report(cause(f"call-{number}", route=f"route-{number}"), POLICY, NINE)

    async def work() -> list[str]:
        async with open_store(url) as other:
            mine, found = Pages(other), list[str]()
            while await mine.next_due() == NINE:
                worked = await mine.work([], NINE, 3)
                found += [page.id for page, command in worked.commands if isinstance(command, do.FindPeople)]
            return found

    found = await asyncio.gather(work(), work(), work())
    assert sorted(page for one in found for page in one) == sorted(f"call-{number}" for number in range(30))


@only_postgresql
async def test_a_page_that_another_works_just_now_is_left_to_it(url: str, store: Store, pages: Pages) -> None:
    """SQLite has one writer at a time: there it is waited for."""
    for call in ("one", "two"):
        await pages.report(cause(call, route=call), POLICY, NINE)
    told: Report = ("one", ev.Acknowledged("alice", "Alice", "link"))
    async with store.writing() as other, open_store(url) as mine:
        await other.execute(sa.select(table).where(table.c.id == "one").with_for_update())
        worked = await Pages(mine).work([told], NINE, 10)
    assert {page.id for page, _ in worked.commands} == {"two"}
    assert worked.untaken == [told], "what happened to it is told again in the next round"
    assert (await pages.work([told], NINE, 10)).untaken == []
    assert (await pages.page("one")).by == "Alice"


async def test_what_happened_to_a_page_that_is_gone_is_not_told_for_ever(
    store: Store, pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    for call in ("one", "two"):
        await pages.report(cause(call, route=call), POLICY, NINE)
    async with store.writing() as connection:
        await connection.execute(sa.delete(table).where(table.c.id == "one"))
    reports: list[Report] = [("one", ev.Resumed()), ("one", ev.Delivered("x")), ("two", ev.Resumed())]
    worked = await pages.work(reports, NINE, 10)
    assert worked.untaken == []
    assert {page.id for page, _ in worked.commands} == {"two"}
    assert "page one is in the database no longer, and not told what happened to it: Resumed, Delivered" in caplog.text


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


FULL = ("CREATE TRIGGER no_room BEFORE INSERT ON page_events BEGIN SELECT RAISE(ABORT, 'disk full'); END",)
FULL_POSTGRES = (
    "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql"
    " AS $$BEGIN RAISE EXCEPTION 'disk full'; END$$",
    "CREATE TRIGGER no_room BEFORE INSERT ON page_events EXECUTE FUNCTION refuse()",
)


async def test_when_the_commit_fails_nothing_is_done_and_nothing_remembered(
    store: Store, pages: Pages, server: Postgres | None
) -> None:
    await pages.report(cause(), POLICY, NINE)
    async with store.writing() as connection:
        for statement in FULL_POSTGRES if server else FULL:
            await connection.execute(sa.text(statement))
    with pytest.raises(StoreError, match="disk full"):
        await pages.work([], NINE, 10)
    async with store.writing() as connection:
        await connection.execute(sa.text("DROP TRIGGER no_room" + (" ON page_events" if server else "")))
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


async def test_however_many_pages_are_open_a_call_reads_none_but_the_one_that_it_may_join(
    store: Store, pages: Pages
) -> None:
    """Its transaction keeps others from writing, such as the engine callers' messages."""
    await pages.report(cause(), POLICY, NINE)
    async with store.writing() as connection:
        (row,) = (await connection.execute(sa.select(table))).mappings()
        (entry,) = (await connection.execute(sa.select(page_events))).mappings()
        old = {**row, "stage": "exhausted", "due": None, "joins_until": NINE - timedelta(days=1)}
        await connection.execute(sa.insert(table), [{**old, "id": f"old-{number}"} for number in range(1000)])
        copies = [{**entry, "page_id": f"old-{number}"} for number in range(1000)]
        await connection.execute(sa.insert(page_events), copies)
    pages, read = Pages(store), list[int]()
    load = pages._load

    async def counted(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> dict[str, _Open]:
        read.append(len(rows))
        return await load(connection, rows)

    pages._load = counted  # type: ignore[method-assign]
    assert await pages.report(cause("two", 600), POLICY, NINE) == "one"
    assert await pages.report(cause("three", 1201), POLICY, NINE) == "three"
    assert read == [1, 0]


async def test_a_page_in_test_mode_or_closed_is_joined_by_none(pages: Pages) -> None:
    await pages.report(cause(), replace(POLICY, test_person="bob"), NINE)
    assert (await pages.page("one")).joins_until is None
    await pages.report(cause("two"), POLICY, NINE)
    assert (await pages.page("two")).joins_until == NINE + timedelta(seconds=600)
    await pages.take("two", ev.Closed("alice", "Alice", "link"), NINE)
    assert (await pages.page("two")).joins_until is None
    assert await pages.report(cause("three"), POLICY, NINE) == "three"


@pytest.mark.parametrize("apart", [timedelta(minutes=10), timedelta(minutes=-10)])
async def test_what_others_leave_to_be_done_is_done_at_once_however_far_clocks_are_apart(
    url: str, pages: Pages, apart: timedelta
) -> None:
    """Such as the admin's command, beside a notifier that was started before the system's clock was set."""
    await pages.report(cause(), POLICY, NINE)
    worked = await pages.work([], NINE, 10)
    (told,) = [command for _, command in worked.commands if isinstance(command, do.Deliver)]
    now = NINE + timedelta(seconds=1)
    await pages.work([("one", ev.Delivered(told.delivery.id)), ("one", ev.PeopleFound(0, PEOPLE))], now, 10)
    async with open_store(url) as other:
        assert await Pages(other).take("one", ev.Acknowledged("alice", "Alice", "command line"), now + apart)
    due = await pages.next_due()
    assert due is not None and due <= now
    (news,) = (await pages.work([], now, 10)).commands
    assert isinstance(news[1], do.Deliver) and news[1].delivery.kind is Kind.ACKNOWLEDGED
    assert await pages.next_due() != due, "and once"
    await pages.work([("one", ev.Delivered(news[1].delivery.id))], now, 10)
    assert await pages.next_due() is None


CALLED = (Recipient("alice", "Alice", (Way("voice", "voice", call=True),)),)


async def test_who_listens_is_not_cut_short_by_an_engine_whose_clock_is_behind(url: str, pages: Pages) -> None:
    """The engine notes that she has answered; the next level would wake the next person for nothing."""
    await pages.report(cause(), POLICY, NINE)
    await pages.work([], NINE, 10)
    await pages.work([("one", ev.PeopleFound(0, CALLED))], NINE, 10)
    called = "one-3"
    await pages.work([("one", ev.Delivered(called))], NINE + timedelta(seconds=1), 10)
    answered = NINE + timedelta(seconds=30)
    async with open_store(url) as other:
        assert await Pages(other).take("one", ev.Listened(called), answered - timedelta(minutes=6))
    worked = await pages.work([], NINE + timedelta(minutes=4), 10)
    assert not [one for _, one in worked.commands if isinstance(one, do.FindPeople)], "nobody else is asked for"
    listens = pages._known["one"][1].delivery(called)
    assert listens is not None and listens.progress is Progress.LISTENING
    times = [at for at, _ in await pages.entries("one")]
    assert times == sorted(times), "what happened later is later"


async def test_whoever_only_tells_of_pages_remembers_none(url: str, pages: Pages) -> None:
    """Such as the engine, which never sees their end, and must not end itself."""
    async with open_store(url) as other:
        engine = Pages(other)
        for number in range(5):
            page = await pages.report(cause(f"call-{number}", route=f"route-{number}"), POLICY, NINE)
            await pages.work([], NINE, 10)
            await engine.take(page, ev.Acknowledged("alice", "Alice", "phone"), NINE)
        assert engine._known == {}


async def test_what_another_notifier_brought_to_its_end_is_forgotten_now_and_then(url: str, pages: Pages) -> None:
    quiet = replace(POLICY, alerts=())
    for call in ("one", "two"):
        await pages.report(cause(call, route=call), quiet, NINE)
    assert pages._known == {}, "it is worked in a moment"
    await pages.work([], NINE, 10)
    assert pages._known.keys() == {"one", "two"}
    async with open_store(url) as other:
        await Pages(other).take("one", ev.Closed(None, "Alice", "command"), NINE)
    await pages.work([("two", ev.PeopleFound(0, PEOPLE))], NINE + FORGET_EVERY, 10)
    assert pages._known.keys() == {"two"}
