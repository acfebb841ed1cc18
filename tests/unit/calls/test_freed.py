"""Who is on one call is rung for another as soon as they are free, and not before their line is."""

from __future__ import annotations

from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.states import Call, Ringing
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.freed import FreedResponders
from tests.unit.calls.conftest import Desk, channel

IN = ("inbound", "+14155551001")  # rings Alice and Bob


def comes_in(desk: Desk, caller: str) -> CallDriver:
    desk.switchboard.begin(channel(caller), IN[1])
    driver = desk.registry.of_caller(caller)
    assert driver is not None
    return driver


def happens(desk: Desk, driver: CallDriver, *events: ev.Event) -> None:
    """As the engine does after each step."""
    freed = FreedResponders(desk.registry)
    for event in events:
        before: Call = driver.call
        driver.post(event)
        freed.look(before, driver.call)


def rung(driver: CallDriver) -> list[str]:
    return [leg.person for leg in driver.call.legs]


async def test_somebody_is_rung_for_the_other_call_once_their_line_is_free(desk: Desk) -> None:
    first = comes_in(desk, "1.0")
    alice = first.call.legs[0].id
    happens(desk, first, ev.LegAnswered(alice))
    second = comes_in(desk, "2.0")
    assert rung(second) == ["bob"]
    happens(desk, first, ev.LegPressed(alice, "2"))
    assert rung(second) == ["bob"], "told to go, and still on the line"
    happens(desk, first, ev.LegEnded(alice, ev.LegEnd.HUNG_UP))
    second.post(ev.TimePassed())
    assert rung(second) == ["bob", "alice", "alice"], "both of her phones"


async def test_who_is_on_a_third_call_is_not_free(desk: Desk) -> None:
    first, third = comes_in(desk, "1.0"), comes_in(desk, "3.0")
    for driver in (first, third):
        happens(desk, driver, ev.LegAnswered(driver.call.legs[0].id))
    second = comes_in(desk, "2.0")
    happens(desk, first, ev.LegEnded(first.call.legs[0].id, ev.LegEnd.HUNG_UP))
    assert rung(second) == ["bob"]
    happens(desk, third, ev.LegEnded(third.call.legs[0].id, ev.LegEnd.HUNG_UP))
    second.post(ev.TimePassed())
    assert rung(second) == ["bob", "alice", "alice"]


async def test_a_call_that_does_not_wait_for_them_hears_nothing_of_it(desk: Desk) -> None:
    first, second = comes_in(desk, "1.0"), comes_in(desk, "2.0")
    alice = first.call.legs[0].id
    happens(desk, first, ev.LegAnswered(alice))
    written = len(desk.journal.entries)
    happens(desk, first, ev.LegEnded(alice, ev.LegEnd.HUNG_UP))
    assert isinstance(second.call.stage, Ringing)
    assert [entry.call for entry in desk.journal.entries[written:]] == [first.call_id]
