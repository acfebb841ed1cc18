"""What operators have to be told is written down once, with the trouble, and delivered in order until it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from lcr_asterisk.paging.trouble import Ill, Limits, Seen, Told, Unseen, Well
from lcr_asterisk.store.database import Store
from lcr_asterisk.store.rows import TroubleAlert
from lcr_asterisk.store.troubles import Troubles
from tests.unit.store.conftest import NINE

LEASE = timedelta(seconds=60)
AWAY = Ill("the carrier does not answer", "call it")


def limits(_: str) -> Limits:
    return Limits(patience=10, calm=10)


@pytest.fixture
def troubles(store: Store) -> Troubles:
    return Troubles(store)


def after(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


async def sees(
    troubles: Troubles, seen: Seen, *seconds: float, places: Sequence[str] = ("slack",), of: str = "trunk"
) -> list[Told]:
    told: list[Told] = []
    for at in seconds:
        told += [tell for tell, _ in await troubles.note({of: seen}, after(at), limits, places)]
    return told


async def due(troubles: Troubles, seconds: float) -> list[TroubleAlert]:
    return await troubles.claim(after(seconds), after(seconds) + LEASE, 50)


async def test_what_has_lasted_is_told_to_every_place_once(troubles: Troubles) -> None:
    assert await sees(troubles, AWAY, 0, 5, 10, 20, 1000, places=("slack", "mail")) == [Told.DEGRADED]
    alerts = await due(troubles, 1000)
    assert sorted(alert.place for alert in alerts) == ["mail", "slack"]
    assert len({alert.alert for alert in alerts}) == 1, "an idempotency key that is the same for all places"
    assert {(alert.what, alert.advice, alert.since, alert.at, alert.attempts) for alert in alerts} == {
        (AWAY.what, AWAY.advice, after(0), after(10), 1)
    }


async def test_it_is_not_told_again_by_whoever_begins_next(store: Store) -> None:
    assert await sees(Troubles(store), AWAY, 0, 10) == [Told.DEGRADED]
    assert await sees(Troubles(store), AWAY, 20, 40) == []
    assert await sees(Troubles(store), Well(), 50, 60, 70) == [Told.RECOVERED]
    assert await sees(Troubles(store), Well(), 80, 100) == []


async def test_when_there_is_more_of_it_places_hear_it_again_as_the_same_incident(troubles: Troubles) -> None:
    one, two = Ill("one event is refused", "look", 1), Ill("2 events are refused", "look", 2)
    assert await sees(troubles, one, 0, 10) == [Told.DEGRADED]
    (first,) = await due(troubles, 20)
    await troubles.delivered(first.id, after(20))
    assert await sees(troubles, two, 20, 309, 310, 320, 1000) == [Told.DEGRADED]
    (second,) = await due(troubles, 1000)
    assert (second.what, second.at) == (two.what, after(310))
    assert second.incident == first.incident
    assert second.alert != first.alert


async def test_patience_goes_on_over_a_restart(store: Store) -> None:
    assert await sees(Troubles(store), AWAY, 0, 5) == []
    assert await sees(Troubles(store), AWAY, 10) == [Told.DEGRADED]


async def test_several_that_look_at_the_same_time_tell_once(store: Store) -> None:
    watchers = [Troubles(store) for _ in range(4)]

    async def all_see(seen: Seen, *seconds: float) -> list[Told]:
        """Each a moment after the other, by their clocks."""
        told: list[Told] = []
        for at in seconds:
            looks = (sees(one, seen, at + number / 1000) for number, one in enumerate(watchers))
            told += [tell for of_one in await asyncio.gather(*looks) for tell in of_one]
        return told

    assert await all_see(AWAY, 0, 11, 12) == [Told.DEGRADED]
    assert len(await due(watchers[0], 20)) == 1
    assert await all_see(Well(), 20, 31, 32) == [Told.RECOVERED]


async def test_nothing_is_written_while_nothing_changes(troubles: Troubles) -> None:
    await sees(troubles, Well(), 0, 5)
    assert await troubles.listed() == []
    await sees(troubles, Ill("1 MB are free", "make room"), 10)
    await sees(troubles, Ill("2 MB are free", "make room"), 12)
    (row,) = await troubles.listed()
    assert (row.what, row.since, row.told) == ("1 MB are free", after(10), None)


async def test_of_two_troubles_each_has_its_own_time(troubles: Troubles) -> None:
    await sees(troubles, AWAY, 0, of="trunk")
    await sees(troubles, AWAY, 8, of="disk")
    assert await sees(troubles, AWAY, 12, of="disk") == []
    assert await sees(troubles, AWAY, 12, of="trunk") == [Told.DEGRADED]
    assert await sees(troubles, Unseen(), 20, of="disk") == []


async def test_the_end_is_not_told_before_the_beginning(troubles: Troubles) -> None:
    await sees(troubles, AWAY, 0, 10)
    await sees(troubles, Well(), 20, 30)
    (first,) = await due(troubles, 40)
    assert first.kind is Told.DEGRADED
    await troubles.put_off(first.id, after(100), "it answers 500", tried=True)
    assert await due(troubles, 50) == []
    (again,) = await due(troubles, 100)
    assert (again.id, again.attempts, again.problem) == (first.id, 2, "it answers 500")
    await troubles.delivered(first.id, after(101))
    (end,) = await due(troubles, 101)
    assert (end.kind, end.incident, end.since) == (Told.RECOVERED, first.incident, after(0))
    assert end.alert != first.alert
    await troubles.delivered(end.id, after(102))
    assert await troubles.next_due() is None


async def test_one_place_does_not_wait_for_another(troubles: Troubles) -> None:
    await sees(troubles, AWAY, 0, 10, places=("slack", "mail"))
    await sees(troubles, Well(), 20, 30, places=("slack", "mail"))
    for alert in await due(troubles, 40):
        if alert.place == "mail":
            await troubles.delivered(alert.id, after(41))
    assert [(alert.place, alert.kind) for alert in await due(troubles, 50)] == [("mail", Told.RECOVERED)]


async def test_what_was_given_up_holds_up_nothing(troubles: Troubles) -> None:
    await sees(troubles, AWAY, 0, 10)
    await sees(troubles, Well(), 20, 30)
    (first,) = await due(troubles, 40)
    await troubles.give_up(first.id, "it answers 404")
    assert [alert.kind for alert in await due(troubles, 50)] == [Told.RECOVERED]


async def test_an_attempt_that_was_not_made_does_not_count(troubles: Troubles) -> None:
    await sees(troubles, AWAY, 0, 10)
    (alert,) = await due(troubles, 10)
    await troubles.put_off(alert.id, after(12), "others are before it", tried=False)
    (alert,) = await due(troubles, 12)
    assert alert.attempts == 1


async def test_an_alert_whose_notifier_was_killed_is_tried_again_when_its_time_is_up(troubles: Troubles) -> None:
    await sees(troubles, AWAY, 0, 10)
    (alert,) = await due(troubles, 10)
    assert await due(troubles, 69) == []
    assert [again.alert for again in await due(troubles, 70)] == [alert.alert]


async def test_old_alerts_are_forgotten_and_those_on_their_way_are_not(troubles: Troubles) -> None:
    await sees(troubles, AWAY, 0, 10, places=("slack", "mail"))
    for alert in await due(troubles, 10):
        if alert.place == "mail":
            await troubles.delivered(alert.id, after(11))
    await troubles.forget(after(10_000), timedelta(seconds=100))
    assert [alert.place for alert in await due(troubles, 10_000)] == ["slack"]
