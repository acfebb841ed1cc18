"""Test mode is kept, one for each route, and what is over is forgotten."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.tables import test_modes
from lcr_asterisk.store.testmodes import TestMode, TestModes
from tests.unit.store.conftest import NINE

FIVE = timedelta(minutes=5)


async def test_it_is_in_force_until_its_time_is_over(store: Store) -> None:
    modes = TestModes(store)
    await modes.turn_on("production", "alice", NINE + FIVE, NINE)
    await modes.turn_on("payments", "bob", NINE + 2 * FIVE, NINE)
    production = TestMode("production", "alice", NINE, NINE + FIVE)
    payments = TestMode("payments", "bob", NINE, NINE + 2 * FIVE)
    assert await modes.active(NINE) == [payments, production]
    assert await modes.active(NINE + FIVE - timedelta(microseconds=1)) == [payments, production]
    assert await modes.active(NINE + FIVE) == [payments]


async def test_it_is_still_there_after_a_restart(url: str) -> None:
    async with open_store(url) as store:
        await TestModes(store).turn_on("production", "alice", NINE + FIVE, NINE)
    async with open_store(url) as store:
        assert [mode.person for mode in await TestModes(store).active(NINE)] == ["alice"]


async def test_switching_it_on_again_is_for_the_new_person_and_time(store: Store) -> None:
    modes = TestModes(store)
    await modes.turn_on("production", "alice", NINE + FIVE, NINE)
    await modes.turn_on("production", "bob", NINE + 2 * FIVE, NINE + FIVE)
    assert await modes.active(NINE + FIVE) == [TestMode("production", "bob", NINE + FIVE, NINE + 2 * FIVE)]


async def test_it_can_be_switched_off_before_its_time(store: Store) -> None:
    modes = TestModes(store)
    await modes.turn_on("production", "alice", NINE + FIVE, NINE)
    assert await modes.turn_off("production")
    assert await modes.active(NINE) == []
    assert not await modes.turn_off("production")


async def test_what_is_over_does_not_stay_in_the_database(store: Store) -> None:
    modes = TestModes(store)
    await modes.turn_on("production", "alice", NINE + FIVE, NINE)
    await modes.turn_on("payments", "bob", NINE + 2 * FIVE, NINE + FIVE)
    async with store.reading() as connection:
        assert (await connection.execute(sa.select(test_modes.c.route))).scalars().all() == ["payments"]
