"""Test mode is known within a moment, and ends by itself even where the database cannot be asked any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lcr_asterisk.calls.testmode import TestModeWatch
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.testmodes import TestModes

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)


class WallClock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path}/lcr.db") as store:
        yield store


async def test_a_route_in_test_mode_sends_its_calls_to_that_person_until_the_time_is_over(store: Store) -> None:
    now = WallClock()
    watch = TestModeWatch(TestModes(store), now)
    await watch.look()
    assert watch.person_for("production") is None
    await TestModes(store).turn_on("production", "alice", NOON + FIVE, NOON)
    await watch.look()
    assert watch.person_for("production") == "alice"
    assert watch.person_for("payments") is None
    now.time = NOON + FIVE - timedelta(microseconds=1)
    assert watch.person_for("production") == "alice"
    now.time = NOON + FIVE
    assert watch.person_for("production") is None, "it ended, and nobody had to look"
    assert watch.active == []


async def test_it_can_be_switched_to_somebody_else_and_off(store: Store) -> None:
    watch = TestModeWatch(TestModes(store), WallClock())
    await TestModes(store).turn_on("production", "alice", NOON + FIVE, NOON)
    await TestModes(store).turn_on("production", "bob", NOON + FIVE, NOON)
    await watch.look()
    assert watch.person_for("production") == "bob"
    assert await TestModes(store).turn_off("production")
    await watch.look()
    assert watch.person_for("production") is None
    assert not await TestModes(store).turn_off("production")
