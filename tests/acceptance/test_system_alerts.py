"""Operators hear when the hotline itself is in trouble, once, and when that is over, once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.tables import outbox
from tests.acceptance.hasty_notifier import PATIENCE
from tests.acceptance.hotline import Hotline, until
from tests.stand_ins import Receiver

CONFIG = Path(__file__).with_name("system.yaml")


class Watched:
    """A hotline, its notifier, and what its operators get."""

    def __init__(self, hotline: Hotline, operators: Receiver) -> None:
        self.hotline = hotline
        self._operators = operators
        self._notifier: Process | None = None
        self._before = 0

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What operators got in this test."""
        return [json.loads(request.body) for request in self._operators.got[self._before :]]

    def begins(self) -> None:
        self._before = len(self._operators.got)

    async def hears(self, *kinds: str) -> list[dict[str, Any]]:
        """Operators hear exactly this; it is waited for, and for as long as anything more would take to be told."""

        async def told() -> bool:
            return len(self.alerts) >= len(kinds)

        await until(told, lambda: f"operators got {self.alerts}")
        await asyncio.sleep(PATIENCE + 1)  # that nothing comes can only be waited for
        assert [alert["type"] for alert in self.alerts] == list(kinds)
        return self.alerts

    async def start_notifier(self) -> None:
        self._notifier = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.acceptance.hasty_notifier", env=self.hotline.environment, stdout=PIPE
        )
        assert self._notifier.stdout is not None
        assert b"ready" in await self._notifier.stdout.readline()

    async def kill_notifier(self) -> None:
        if self._notifier is not None and self._notifier.returncode is None:
            self._notifier.kill()
            await self._notifier.communicate()


@pytest_asyncio.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_binary: AsteriskBinary) -> AsyncIterator[Watched]:
    async with Receiver() as operators:
        directory = tmp_path_factory.mktemp("system")
        environment = {"OPERATORS_PORT": str(operators.port)}
        async with Hotline(directory, asterisk_binary, CONFIG, lines=1, environment=environment) as hotline:
            watched = Watched(hotline, operators)
            try:
                await watched.start_notifier()
                yield watched
            finally:
                await watched.kill_notifier()


@pytest.fixture
def watched(running: Watched) -> Watched:
    running.begins()
    return running


async def test_asterisk_is_killed_and_started_again_and_a_new_notifier_does_not_tell_it_twice(
    watched: Watched,
) -> None:
    asterisk = watched.hotline.asterisk
    os.kill(asterisk.pid, signal.SIGKILL)
    (alert,) = await watched.hears("system.degraded")
    assert "is not connected to Asterisk at http://127.0.0.1:" in alert["data"]["summary"]
    readiness = await watched.hotline.readiness()
    assert (readiness["ready"], readiness["checks"]["asterisk"]) == (False, False)

    await watched.kill_notifier()
    await watched.start_notifier()
    await watched.hears("system.degraded")
    said = await watched.hotline.lcr("health", fails=1)
    assert "Asterisk  NOT OK since" in said
    assert "operators were told" in said
    assert "trunk     unknown" in said

    await asterisk.stop()
    await asterisk.start()
    await asterisk.cli("pjsip qualify trunk-watch")  # which it does by itself within 20 s
    _, over = await watched.hears("system.degraded", "system.recovered")
    assert over["data"]["summary"].startswith("over after ")
    assert over["data"]["dedupe_key"] == alert["data"]["dedupe_key"]

    async def has_a_trunk() -> bool:
        return bool((await watched.hotline.readiness())["details"].get("trunk") == "online")

    await until(has_a_trunk, "the carrier does not answer")
    assert "NOT OK" not in await watched.hotline.lcr("health")


async def test_the_engine_is_killed_and_comes_back(watched: Watched) -> None:
    await watched.hotline.kill_engine()
    (alert,) = await watched.hears("system.degraded")
    assert "the call engine does not answer" in alert["data"]["summary"]
    await watched.hotline.start_engine()
    await watched.hears("system.degraded", "system.recovered")


async def test_an_event_that_does_not_get_to_the_notifier(watched: Watched) -> None:
    """It happened an hour ago, and is not tried again before tomorrow."""
    now = datetime.now(UTC)
    row = dict(id="one.call.missed", call_id="one", seq=0, type="call.missed", payload={}, attempts=9)
    row |= {"at": now - timedelta(hours=1), "next_at": now + timedelta(days=1), "problem": "the notifier answers 503"}
    async with open_store(watched.hotline.settings.database.get_secret_value()) as store:
        async with store.writing() as connection:
            await connection.execute(sa.insert(outbox).values(row))
        (alert,) = await watched.hears("system.degraded")
        assert "the event one.call.missed has been waiting for 60 min" in alert["data"]["summary"]
        async with store.writing() as connection:
            await connection.execute(sa.update(outbox).values(next_at=None, delivered=now))
    await watched.hears("system.degraded", "system.recovered")
