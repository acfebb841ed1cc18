"""Who is called about a page, what they hear, and when nobody is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import PageCall
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.pagewords import LONG_MESSAGE
from lcr_asterisk.calls.resume import fold
from lcr_asterisk.errors import AriDisconnected, NobodyToCall, NoSuchPageCall, PageCallRefused, StoreError
from lcr_asterisk.paging.events import Acknowledged, Closed, Listened, Unheeded
from lcr_asterisk.paging.reports import LISTENS
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.journal import JournalWriter
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import RecordingRow
from tests.unit.calls.conftest import Desk, Kept
from tests.unit.calls.paged import CALLER, FIRST, SECOND, Office, an_office


@pytest.fixture
async def office(desk: Desk, kept: Kept, tmp_path: Path) -> AsyncIterator[Office]:
    async with an_office(desk, kept, tmp_path) as office:
        yield office


def told(driver: CallDriver) -> PageCall:
    assert driver.call.page is not None
    return driver.call.page


def names(driver: CallDriver) -> list[str]:
    return [part.name for part in told(driver).tell]


# -- what is told ----------------------------------------------------------------------------------------------------


async def test_a_person_is_rung_as_the_hotline_and_hears_the_callers_own_message(office: Office) -> None:
    await office.had_a_call()
    driver = await office.begins()
    (ring,) = office.dialled()
    assert (ring["endpoint"], ring["callerId"]) == ("PJSIP/+14155550102@trunk", '"Page · Direct" <+14155551001>')
    assert "originator" not in ring
    assert (driver.call.team, driver.call.caller, driver.call.about) == ("platform", ev.Caller(CALLER, "ACME"), FIRST)
    page = told(driver)
    intro, message, choice = page.tell
    assert message.media == (f"sound:{office.directory}/{FIRST}",)
    assert message.seconds == 4.0
    assert (intro.name, choice.name) == ("page", "page_choice")
    assert page.listens < LISTENS.total_seconds(), "the call is over before its page stops to wait"
    assert page.callback is not None
    assert page.callback.phone.dial == f"PJSIP/{CALLER}@trunk"


async def test_a_missed_call_has_no_message_to_be_heard(office: Office) -> None:
    await office.had_a_call(message=None)
    assert names(await office.begins()) == ["page", "page_choice"]


async def test_before_a_long_message_it_is_said_what_the_keys_do(office: Office) -> None:
    await office.had_a_call(message=LONG_MESSAGE + 1)
    intro, _, choice = told(await office.begins()).tell
    assert intro.media[-len(choice.media) :] == choice.media


async def test_of_several_calls_the_newest_message_is_told(office: Office) -> None:
    await office.had_a_call(message=4.0)
    await office.had_a_call(SECOND, caller="+14155552672", message=None)
    driver = await office.begins()
    assert (told(driver).of, driver.call.caller.number) == (FIRST, CALLER)


async def test_without_any_message_the_newest_call_is_told(office: Office) -> None:
    await office.had_a_call(message=None)
    await office.had_a_call(SECOND, caller="+14155552672", message=None)
    driver = await office.begins()
    assert (told(driver).of, driver.call.caller.number) == (SECOND, "+14155552672")


async def test_a_message_that_is_not_on_disk_any_more_is_not_waited_for(office: Office) -> None:
    await office.had_a_call()
    (office.directory / f"{FIRST}.wav").unlink()
    assert names(await office.begins()) == ["page", "page_choice"]


async def test_what_is_said_is_in_the_responders_language(office: Office) -> None:
    await office.had_a_call(message=None)
    bob = await office.begins("bob")
    office.desk.registry.forget(bob.call_id)
    alice = await office.begins("alice")
    assert told(bob).tell != told(alice).tell
    assert told(bob).thanks != told(alice).thanks


async def test_who_hid_their_number_is_not_offered_to_be_called_back(office: Office) -> None:
    await office.had_a_call(caller="anonymous", message=None)
    hidden = told(await office.begins())
    assert hidden.callback is None


async def test_a_page_outlives_its_route_its_team_and_its_call(office: Office) -> None:
    await office.had_a_call(route="gone", team="gone", message=None, in_log=False)
    driver = await office.begins()
    assert (driver.call.plan.id, driver.call.plan.name, driver.call.team) == ("gone", "Direct", "gone")
    assert office.dialled()[0]["callerId"] == '"Page · Direct" <+14155551001>', "a number that the trunk knows"
    assert told(driver).callback is None
    assert driver.call.caller == ev.Caller(CALLER, "ACME")


async def test_a_caller_known_by_a_pin_is_named(office: Office) -> None:
    book = office.desk.book
    by_number = book.who_called(CALLER, None, "guarded", "en")
    label, *rest = book.who_called(CALLER, "Globex", "guarded", "de")
    assert label != book.who_called(CALLER, "Globex", "guarded", "en")[0]
    assert len(rest) == len(by_number)
    assert len(book.who_called(CALLER, "Globex", "gone", "en")) == len(by_number)


# -- who is not called -----------------------------------------------------------------------------------------------


async def test_a_delivery_is_one_call_however_often_it_is_asked_for(office: Office) -> None:
    await office.had_a_call()
    both = await asyncio.gather(*(office.calls.begin(FIRST, office.delivery, "bob") for _ in range(2)))
    assert len({*both, (await office.begins()).call_id}) == 1
    assert len(office.dialled()) == 1


async def test_who_is_rung_or_talks_in_any_other_call_is_asked_for_later(office: Office) -> None:
    await office.had_a_call()
    call = office.comes_in("1.0")
    for _ in range(2):  # while it rings, and when he has answered
        with pytest.raises(PageCallRefused, match="Bob Chen is on another call") as refused:
            await office.begins()
        assert refused.value.seconds > 0
        bob = next(leg.id for leg in call.legs if leg.person == "bob")
        office.desk.driver.post(ev.LegAnswered(bob))
    assert len(office.dialled()) == 3, "both of Alice's phones, and Bob's, by the caller"


async def test_who_is_told_of_a_page_is_not_rung_for_another_call(office: Office) -> None:
    await office.had_a_call()
    driver = await office.begins()
    driver.post(ev.LegAnswered(driver.call.legs[0].id))
    assert [leg.person for leg in office.comes_in("1.0").legs] == ["alice", "alice"]


@pytest.mark.parametrize(
    ("page", "delivery", "person", "why"),
    [
        ("20261121-083000-x2y4", "", "bob", "There is no page '20261121-083000-x2y4'"),
        (FIRST, "other", "bob", "has no delivery 'other'"),
    ],
)
async def test_what_is_not_there_is_named(office: Office, page: str, delivery: str, person: str, why: str) -> None:
    await office.had_a_call()
    with pytest.raises(NoSuchPageCall, match=why):
        await office.calls.begin(page, delivery or office.delivery, person)
    assert office.dialled() == []


@pytest.mark.parametrize(
    ("person", "why"), [("bobb", "There is no person 'bobb'"), ("nora", "Nora Nophone has no phone")]
)
async def test_who_may_be_in_an_edited_configuration_may_be_asked_for_later(
    office: Office, person: str, why: str
) -> None:
    """The notifier may have read it before the engine."""
    await office.had_a_call()
    with pytest.raises(NobodyToCall, match=why) as refused:
        await office.calls.begin(FIRST, office.delivery, person)
    assert refused.value.seconds > 0
    assert office.dialled() == []


@pytest.mark.parametrize("taken", [Acknowledged("alice", "Alice", "link"), Closed(None, "Alice", "lcr")])
async def test_nobody_is_called_about_a_page_that_is_taken_care_of(
    office: Office, taken: Acknowledged | Closed
) -> None:
    await office.had_a_call()
    await office.pages.take(FIRST, taken, datetime.now(UTC))
    with pytest.raises(PageCallRefused, match="Nobody needs to be called"):
        await office.begins()


async def test_nobody_is_called_twice_for_a_delivery_that_is_over(office: Office) -> None:
    await office.had_a_call()
    await office.pages.take(FIRST, Unheeded(office.delivery, "busy"), datetime.now(UTC))
    with pytest.raises(PageCallRefused, match="Nobody needs to be called"):
        await office.begins()


async def test_without_asterisk_nobody_can_be_called(office: Office) -> None:
    await office.had_a_call()
    office.ready = False
    with pytest.raises(AriDisconnected):
        await office.begins()


async def test_where_asterisk_goes_away_while_it_is_looked_up_what_is_told_nobody_is_called(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that began now would not know: its phones were not rung, and it looked as if nobody had answered."""
    await office.had_a_call()
    recordings = office.kept.log.recordings

    async def goes_away(call_id: str) -> list[RecordingRow]:
        office.ready = False
        return await recordings(call_id)

    monkeypatch.setattr(office.kept.log, "recordings", goes_away)
    with pytest.raises(AriDisconnected, match="not connected to Asterisk"):
        await office.begins()
    assert len(office.desk.registry) == 0
    assert office.dialled() == []


# -- what is written down --------------------------------------------------------------------------------------------


class Disk(JournalWriter):
    """A journal that says when somebody waits for it (`awaited`), and the pages beside it."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, retry_first=0.01, retry_longest=0.05)
        self.pages = Pages(store)
        self.awaited = asyncio.Event()

    async def flush(self) -> None:
        self.awaited.set()
        await super().flush()


@pytest.fixture
async def disk(kept: Kept, tmp_path: Path) -> AsyncIterator[Disk]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path}/lcr.db") as store, asyncio.TaskGroup() as tasks:
        disk = Disk(store)
        writing = tasks.create_task(disk.run(), name="journal")
        yield disk
        writing.cancel()


@contextmanager
def not_to_be_written(office: Office) -> Iterator[None]:
    """Another program holds the database; it can be read."""
    with closing(sqlite3.connect(office.directory / "lcr.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_a_call_is_on_disk_before_its_id_is_told_and_the_next_engine_goes_on_with_it(
    desk: Desk, kept: Kept, disk: Disk, tmp_path: Path
) -> None:
    """Whoever asked knows from then on that the page will hear of its end."""
    office = Office(desk, kept, disk.pages, tmp_path, disk)
    await office.had_a_call()
    with not_to_be_written(office):
        asked = asyncio.ensure_future(office.begins())
        awaited = asyncio.ensure_future(disk.awaited.wait())
        await asyncio.wait({asked, awaited}, return_when=asyncio.FIRST_COMPLETED)
        assert len(office.dialled()) == 1, "the phone rings meanwhile"
        assert await kept.log.live_calls() == []
        assert not asked.done()
    call_id = (await asked).call_id
    [(written, entries)] = await kept.log.live_calls()
    assert written == call_id

    another = Office(Desk(desk.book, kept.keeper), kept, office.pages, tmp_path, delivery=office.delivery)
    call = fold(entries)
    another.desk.registry.add(another.new_driver(call_id, desk.book, call, len(entries)), call.channel)
    assert (await another.begins()).call_id == call_id
    assert another.dialled() == []


async def test_without_a_database_whoever_asks_asks_again_and_nobody_is_rung_twice(
    desk: Desk, kept: Kept, disk: Disk, tmp_path: Path
) -> None:
    office = Office(desk, kept, disk.pages, tmp_path, disk, written_down_within=0.0)
    await office.had_a_call()
    with not_to_be_written(office):
        for _ in range(3):
            with pytest.raises(StoreError, match="the database cannot be written now"):
                await office.begins()
    await disk.flush()
    driver = await office.begins()
    assert len(office.dialled()) == 1
    assert [call_id for call_id, _ in await kept.log.live_calls()] == [driver.call_id]


# -- the end of it ---------------------------------------------------------------------------------------------------


async def test_a_call_that_nobody_needs_any_more_is_ended_and_one_that_is_not_there_is_told(office: Office) -> None:
    await office.had_a_call()
    with pytest.raises(NoSuchPageCall):
        await office.calls.stop(FIRST, office.delivery)
    driver = await office.begins()
    await office.calls.stop(FIRST, office.delivery)
    assert isinstance(driver.call.stage, st.Closing)
    leg = driver.call.legs[0]
    (hangup,) = [request for request in office.desk.asterisk.sent if str(request) == f"DELETE channels/{leg.id}"]
    assert dict(hangup.query)["reason"] == "answered_elsewhere", "no missed call is shown"
    await office.calls.stop(FIRST, office.delivery)


async def test_the_call_in_which_it_was_acknowledged_goes_on(office: Office) -> None:
    await office.had_a_call()
    driver = await office.begins()
    leg = driver.call.legs[0].id
    for event in (ev.LegAnswered(leg), ev.LegPressed(leg, "3"), ev.PageNoted(ours=True)):
        driver.post(event)
    with pytest.raises(NoSuchPageCall):
        await office.calls.stop(FIRST, office.delivery)
    assert isinstance(driver.call.stage, st.CallingBack)
    assert office.dialled()[-1]["endpoint"] == f"PJSIP/{CALLER}@trunk"


async def test_after_a_gap_a_call_ends_whose_page_was_taken_care_of_meanwhile(office: Office) -> None:
    await office.had_a_call()
    driver = await office.begins()
    office.comes_in("1.0")
    await office.calls.look_again()
    assert isinstance(driver.call.stage, st.BeingTold)
    await office.pages.take(FIRST, Listened(office.delivery), datetime.now(UTC))
    await office.pages.take(FIRST, Acknowledged("alice", "Alice", "link"), datetime.now(UTC))
    await office.calls.look_again()
    assert isinstance(driver.call.stage, st.Closing)
    await office.calls.look_again()


async def test_a_page_that_cannot_be_found_after_a_gap_is_told_all_the_same(office: Office) -> None:
    await office.had_a_call()
    await office.begins()
    asked = office.desk.journal.entries[0].event
    assert isinstance(asked, ev.PageCallAsked)
    lost = replace(asked, call=SECOND, channel=f"{SECOND}-caller", page=replace(asked.page, page=SECOND))
    driver = office.new_driver(SECOND, office.desk.book)
    driver.post(lost)
    office.desk.registry.add(driver, lost.channel)
    await office.calls.look_again()
    assert isinstance(driver.call.stage, st.BeingTold)
