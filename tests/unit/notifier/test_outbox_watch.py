"""The engine says loudly that the notifier is not told of anything: a notifier that is away cannot."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from lcr_asterisk.notifier.outbox_watch import OutboxWatch, silent, stuck
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.outbox import Outbox, put_off
from lcr_asterisk.store.rows import Standing, Waiting
from lcr_asterisk.store.tables import outbox

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'lcr.db'}") as store:
        yield store


async def happened(store: Store, id_: str, minutes_ago: float, **settled: datetime) -> None:
    at = NINE - timedelta(minutes=minutes_ago)
    row = dict(id=id_, call_id=id_, seq=0, type="call.missed", at=at, payload={}, next_at=at, attempts=0)
    if settled:
        row |= {"next_at": None, **settled}
    async with store.writing() as connection:
        await connection.execute(sa.insert(outbox).values(row))


def waits(minutes: float, problem: str | None = None) -> Waiting:
    return Waiting("one.call.missed", NINE - timedelta(minutes=minutes), problem)


LATELY, LONG_AGO = NINE - timedelta(minutes=4), NINE - timedelta(minutes=5)
NO_ONE = "the notifier has not been told of 7 events, the oldest 180 min old"
HELD_UP = "the event one.call.missed has been waiting for 180 min: the notifier answers 409"


@pytest.mark.parametrize(
    ("last", "unheard", "held_up", "nobody", "one"),
    [
        pytest.param(None, None, None, None, None, id="nothing waits"),
        pytest.param(None, waits(4.9), None, None, None, id="not for long"),
        pytest.param(None, waits(5), None, NO_ONE, None, id="nothing was ever delivered"),
        pytest.param(LONG_AGO, waits(5), None, NO_ONE, None, id="nor of late"),
        pytest.param(LATELY, waits(5, "it hung"), None, None, "for 5 min: it hung", id="others get through"),
        pytest.param(LATELY, waits(1), waits(180, "the notifier answers 409"), None, HELD_UP, id="others do"),
        pytest.param(None, None, waits(180, "the notifier answers 409"), None, HELD_UP, id="a quiet night"),
        pytest.param(LONG_AGO, waits(9), waits(180, "the notifier answers 409"), NO_ONE, HELD_UP, id="both"),
    ],
)
def test_an_event_that_is_held_up_is_not_a_notifier_that_is_away(
    last: datetime | None, unheard: Waiting | None, held_up: Waiting | None, nobody: str | None, one: str | None
) -> None:
    standing = Standing(7, NINE - timedelta(hours=3), 0, last, unheard, held_up)
    assert silent(standing, NINE) == nobody
    said = stuck(standing, NINE)
    assert said == one or (said is not None and one is not None and said.endswith(one))


async def test_the_oldest_of_each_is_found_and_what_waits_behind_it_is_not(store: Store) -> None:
    await happened(store, "known", 2, delivered=NINE - timedelta(minutes=1))
    await happened(store, "away", 7)
    await happened(store, "later", 6)
    await happened(store, "refused", 90)
    (row,) = [row for row in await Outbox(store).waiting(9) if row.id == "refused"]
    await Outbox(store).settle([put_off(row, NINE, "the notifier answers 409")])
    behind = dict(id="behind", call_id="refused", seq=1, type="call.ended", payload={}, next_at=NINE, attempts=0)
    async with store.writing() as connection:
        await connection.execute(sa.insert(outbox).values(at=NINE - timedelta(minutes=80), **behind))
    standing = await Outbox(store).standing()
    assert standing.last == NINE - timedelta(minutes=1)
    assert standing.unheard == Waiting("away", NINE - timedelta(minutes=7), None)
    assert standing.held_up == Waiting("refused", NINE - timedelta(minutes=90), "the notifier answers 409")


async def test_one_event_that_is_held_up_is_said_as_that(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    await happened(store, "one", 9)
    (row,) = await Outbox(store).waiting(9)
    await Outbox(store).settle([put_off(row, NINE, "the notifier answers 409")])
    watch = OutboxWatch(Outbox(store), lambda: NINE)
    await watch.look()
    await watch.look()
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("A PAGE IS NOT WORKED: the event one has been waiting for 9 min: the notifier answers 409.")
    assert "running" not in said


async def test_only_what_is_neither_delivered_nor_dead_waits(store: Store) -> None:
    box = Outbox(store)
    assert await box.standing() == Standing(0, None, 0)
    await happened(store, "old-and-known", 90, delivered=NINE)
    await happened(store, "old-and-refused", 80, dead=NINE)
    await happened(store, "waits", 3)
    await happened(store, "waits-longer", 6)
    standing = await box.standing()
    assert (standing.waiting, standing.oldest, standing.refused) == (2, NINE - timedelta(minutes=6), 1)


async def test_it_is_said_aloud_once_and_again_after_a_while(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    now = NINE
    watch = OutboxWatch(Outbox(store), lambda: now)
    await watch.look()
    assert (watch.detail(), watch.problem) == (None, None)
    await happened(store, "one", 1)
    await watch.look()
    assert watch.detail() == {"waiting": 1, "oldest_seconds": 60.0, "refused": 0}
    assert not caplog.records
    for minutes in (4, 6, 8, 13.9, 14):
        now = NINE + timedelta(minutes=minutes)
        await watch.look()
    told = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert [record.getMessage().partition(". ")[0] for record in told] == [
        "PAGES ARE NOT WORKED: the notifier has not been told of one event, the oldest 5 min old",
        "PAGES ARE NOT WORKED: the notifier has not been told of one event, the oldest 15 min old",
    ]
    assert watch.detail() == {
        "waiting": 1,
        "oldest_seconds": 900.0,
        "refused": 0,
        "problem": "the notifier has not been told of one event, the oldest 15 min old",
    }
