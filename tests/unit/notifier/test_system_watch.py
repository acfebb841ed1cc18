"""Operators hear of a trouble and of its end, each once, whatever is killed or away; with a real engine's HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from lcr_asterisk.config import Settings, load
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.system import judging
from lcr_asterisk.notifier.system.looking import Looker
from lcr_asterisk.notifier.system.watch import LEASE, LOOK_EVERY, SystemWatch
from lcr_asterisk.notifier.targets import Target, identity, of_alert
from lcr_asterisk.paging.trouble import Ill, Limits, Well
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.tables import trouble_alerts, troubles
from lcr_asterisk.store.troubles import Troubles
from tests.stand_ins import Answer, Receiver

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "alert.schema.json").read_text())
NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
YAML = """\
version: 1
people: {{alice: {{name: Alice Martin, phones: ["+14155550101"]}}}}
teams: {{platform: {{name: Platform, escalation: [{{ring: [alice]}}]}}}}
routes: {{production: {{name: Production, numbers: ["+14155551000"], team: platform}}}}
web: {{listen: "127.0.0.1:{port}"}}
recordings: {{min_free: 1MB}}
operators: {operators}
"""


class Engine:
    """What answers at the engine's address."""

    def __init__(self) -> None:
        self.answers = True
        self.asterisk = True
        self.details: dict[str, object] = {"trunk": "online"}
        app = web.Application()
        app.router.add_get("/readyz", self._readyz)
        self.server = TestServer(app, host="127.0.0.1")

    async def _readyz(self, _: web.Request) -> web.Response:
        if not self.answers:
            return web.Response(status=502, text="<html>Bad gateway</html>")
        body = {"ready": self.asterisk, "checks": {"asterisk": self.asterisk}, "details": self.details}
        return web.json_response(body, status=200 if self.asterisk else 503)


class Watched:
    """A notifier's watch over one hotline, and the time by which it goes."""

    def __init__(self, directory: Path, store: Store, engine: Engine, deliverer: Deliverer) -> None:
        self.now = NINE
        self.engine = engine
        self._directory = directory
        self._store = store
        self._deliverer = deliverer
        self.begin()

    def begin(self, look_every: float = LOOK_EVERY) -> None:
        """A new notifier, of which nothing is known but what is in the database."""
        looker = Looker(Outbox(self._store), self._directory, self._settings, dict, lambda: self.now, lambda: self.now)
        self.watch = SystemWatch(
            Troubles(self._store),
            looker.look,
            self._places,
            self._deliverer,
            lambda: self.now,
            lambda: UTC,
            lambda _: Limits(patience=60, calm=60),
            look_every,
        )

    def _settings(self) -> Settings:
        return load(self._directory / "lcr.yaml", {}, self._directory)

    def _places(self) -> dict[str, Target]:
        return {identity(target): target for target in map(of_alert, self._settings().operators)}

    def operators(self, *urls: str) -> None:
        places = json.dumps([{"webhook": url} for url in urls])
        (self._directory / "lcr.yaml").write_text(YAML.format(port=self.engine.server.port, operators=places))

    async def after(self, *seconds: float) -> None:
        """Let so much time pass, look, and deliver what is due; each after the one before it."""
        async with aiohttp.ClientSession() as http:
            for wait in seconds:
                self.now += timedelta(seconds=wait)
                await self.watch.look(http)
                while await self.watch.deliver():
                    pass


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine()
    async with engine.server:
        yield engine


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'lcr.db'}") as store:
        yield store


@pytest.fixture
def watched(tmp_path: Path, store: Store, engine: Engine, deliverer: Deliverer, receiver: Receiver) -> Watched:
    (tmp_path / "lcr.yaml").touch()
    watched = Watched(tmp_path, store, engine, deliverer)
    watched.operators(receiver.url())
    return watched


def got(receiver: Receiver) -> list[dict[str, Any]]:
    alerts = [json.loads(request.body) for request in receiver.got]
    for alert in alerts:
        jsonschema.validate(alert, SCHEMA)
    return alerts


def kinds(receiver: Receiver) -> list[str]:
    return [alert["type"] for alert in got(receiver)]


async def test_asterisk_away_and_back_is_told_with_what_where_since_when_and_what_to_do(
    watched: Watched, engine: Engine, receiver: Receiver
) -> None:
    await watched.after(0, 5)
    engine.asterisk = False
    await watched.after(5, 55)
    assert got(receiver) == []
    await watched.after(5, 5, 5, 600)
    (alert,) = got(receiver)
    assert alert["type"] == "system.degraded"
    assert alert["timestamp"] == "2026-11-21T09:01:10.000Z"
    assert alert["data"]["since"] == "2026-11-21T09:00:10.000Z"
    what = "the call engine is not connected to Asterisk at http://127.0.0.1:8088: no call can be served"
    assert (alert["data"]["summary"], alert["data"]["title"]) == (what, f"Hotline degraded: {what}")
    assert alert["data"]["advice"].startswith("see that Asterisk runs")

    engine.asterisk = True
    await watched.after(5, 55)
    assert len(receiver.got) == 1
    await watched.after(5, 5, 600)
    _, over = got(receiver)
    assert over["type"] == "system.recovered"
    assert over["data"]["summary"] == f"over after 11 min 15 s: {what}"
    assert over["data"]["advice"] is None
    assert over["data"]["dedupe_key"] == alert["data"]["dedupe_key"]
    assert over["data"]["id"] != alert["data"]["id"]


async def test_what_answers_in_the_engines_place_is_not_the_engine(
    watched: Watched, engine: Engine, receiver: Receiver
) -> None:
    engine.answers = False
    await watched.after(0, 60)
    (alert,) = got(receiver)
    assert alert["data"]["summary"].startswith("the call engine does not answer at 127.0.0.1:")


async def test_an_engine_that_is_gone_is_one_trouble_and_not_three(
    watched: Watched, engine: Engine, receiver: Receiver
) -> None:
    engine.details = {"trunk": "offline"}
    await watched.after(0, 55)
    await engine.server.close()
    await watched.after(5, 60, 600)
    assert len(got(receiver)) == 1
    assert "does not answer" in got(receiver)[0]["data"]["summary"]


async def test_a_trunk_that_is_down_and_a_disk_that_is_full_are_told_apart(
    watched: Watched, engine: Engine, receiver: Receiver
) -> None:
    engine.details = {"trunk": "offline", "disk": {"free_bytes": 1_500_000}}
    await watched.after(0, 60, 5)
    said = sorted(alert["data"]["summary"] for alert in got(receiver))
    assert said == [
        "the carrier does not answer (trunk trunk): no calls come in or go out",
        "the disk is nearly full: 2 MB are free, below 1 MB no message can be taken",
    ]
    assert len({alert["data"]["dedupe_key"] for alert in got(receiver)}) == 2


async def test_a_disk_that_cannot_even_be_looked_at_hides_no_other_trouble(
    watched: Watched, engine: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path) -> bool:
        raise OSError(116, "Stale file handle")

    engine.asterisk = False
    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", fails)
        await watched.after(0, 60)
    (alert,) = got(receiver)
    assert alert["data"]["summary"].startswith("the call engine is not connected to Asterisk")


async def test_a_restart_of_the_notifier_tells_nothing_again(
    watched: Watched, engine: Engine, receiver: Receiver
) -> None:
    engine.asterisk = False
    await watched.after(0, 60)
    watched.begin()
    await watched.after(5, 60, 600)
    engine.asterisk = True
    await watched.after(5, 5)
    watched.begin()
    await watched.after(60, 60)
    watched.begin()
    await watched.after(60, 60)
    assert kinds(receiver) == ["system.degraded", "system.recovered"]


async def test_an_alert_that_is_not_taken_is_tried_again_with_the_same_key(
    watched: Watched, engine: Engine, receiver: Receiver
) -> None:
    engine.asterisk = False
    receiver.answers = [Answer(500), Answer(500), Answer(200)]
    await watched.after(0, 60)
    assert len(receiver.got) == 1
    await watched.after(4)
    assert len(receiver.got) == 1
    await watched.after(1, 9)
    assert len(receiver.got) == 2
    await watched.after(1, 600)
    assert len(receiver.got) == 3
    assert len({request.headers["webhook-id"] for request in receiver.got}) == 1


async def test_the_end_waits_until_the_beginning_was_taken(
    watched: Watched, engine: Engine, receiver: Receiver
) -> None:
    engine.asterisk = False
    receiver.answers = [Answer(503)] * 7 + [Answer(200)]
    await watched.after(0, 60)
    engine.asterisk = True
    await watched.after(5, 5, 10, 20, 40)
    assert kinds(receiver) == ["system.degraded"] * 5
    await watched.after(80, 160, 320)
    assert kinds(receiver)[5:] == ["system.degraded"] * 3 + ["system.recovered"]


async def test_killed_while_it_delivers_it_delivers_again(
    watched: Watched, engine: Engine, receiver: Receiver, store: Store
) -> None:
    engine.asterisk = False
    await watched.after(0)
    watched.now += timedelta(seconds=60)
    async with aiohttp.ClientSession() as http:
        await watched.watch.look(http)
    assert len(await Troubles(store).claim(watched.now, watched.now + LEASE, 50)) == 1  # and then it was killed
    watched.begin()
    await watched.after(59)
    assert receiver.got == []
    await watched.after(1)
    assert kinds(receiver) == ["system.degraded"]


async def test_a_place_that_hangs_keeps_nobody_else_from_hearing(
    watched: Watched, engine: Engine, receiver: Receiver
) -> None:
    engine.asterisk = False
    async with Receiver() as other:
        watched.operators(receiver.url(), other.url())
        receiver.answers = [Answer(500)]
        await watched.after(0, 60)
        engine.asterisk = True
        await watched.after(5, 60)
        assert kinds(other) == ["system.degraded", "system.recovered"]
        assert set(kinds(receiver)) == {"system.degraded"}


async def until_noted(store: Store, what: sa.Select[int], times: int) -> None:
    async with asyncio.timeout(60):
        while True:
            async with store.reading() as connection:
                if await connection.scalar(what) == times:
                    return
            await asyncio.sleep(0.01)  # a database tells nobody


async def test_an_attempt_that_gets_no_answer_delays_no_other(
    watched: Watched, engine: Engine, receiver: Receiver, store: Store
) -> None:
    receiver.hangs = True
    watched.begin(look_every=600)  # by itself only once: of two looks at the same time, the older may be noted last
    ill = sa.select(sa.func.count()).select_from(troubles)
    taken = sa.select(sa.func.count()).where(trouble_alerts.c.delivered.is_not(None))
    async with Receiver() as other, aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
        watched.operators(receiver.url(), other.url())
        engine.asterisk = False
        running = tasks.create_task(watched.watch.run())
        await until_noted(store, ill, 1)
        for seconds, asterisk, told in ((60, False, 1), (5, True, 1), (60, True, 2)):
            engine.asterisk = asterisk
            watched.now += timedelta(seconds=seconds)
            await watched.watch.look(http)
            await until_noted(store, taken, told)
        await receiver.got_times(1)
        assert kinds(other) == ["system.degraded", "system.recovered"]
        assert set(kinds(receiver)) == {"system.degraded"}, "which still has no answer"
        running.cancel()


async def test_without_operators_the_log_says_it(
    watched: Watched, engine: Engine, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    watched.operators()
    engine.asterisk = False
    await watched.after(0, 60, 60)
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert told[0].startswith("THE HOTLINE IS DEGRADED: the call engine is not connected to Asterisk")
    assert told[1:] == ["Nobody is told of it: no `operators` are configured"]


async def test_a_place_that_was_removed_is_not_told(watched: Watched, engine: Engine, receiver: Receiver) -> None:
    engine.asterisk = False
    receiver.answers = [Answer(500)]
    await watched.after(0, 60)
    watched.operators()
    await watched.after(60, 600)
    watched.operators(receiver.url())
    await watched.after(600)
    assert len(receiver.got) == 1


async def test_what_nothing_uses_any_more_is_over(watched: Watched, store: Store, receiver: Receiver) -> None:
    """A team that nobody was on call for was removed."""
    gone = {"on_call:gone": Ill("nobody is on call at level 1 of Gone", "write an override")}
    await Troubles(store).note(gone, NINE, lambda _: Limits(patience=0), [])
    await watched.after(5, 60, 600)
    (over,) = got(receiver)
    assert (over["type"], over["data"]["summary"]) == (
        "system.recovered",
        "over after 5 s: nobody is on call at level 1 of Gone",
    )


async def test_the_notifier_tells_of_its_own_configuration(tmp_path: Path) -> None:
    (tmp_path / "lcr.yaml").write_text(YAML.format(port=1, operators="[]"))
    settings = load(tmp_path / "lcr.yaml", {}, tmp_path)
    problem: str | None = None
    looker = Looker(None, tmp_path, lambda: settings, dict, lambda: NINE, lambda: NINE, lambda: problem)
    async with aiohttp.ClientSession() as http:
        assert (await looker.look(http))[judging.OF_NOTIFIER] == Well()
        problem = "the edited file is refused"
        ill = (await looker.look(http))[judging.OF_NOTIFIER]
    assert isinstance(ill, Ill) and ill.what.endswith("goes on by an old configuration: the edited file is refused")
