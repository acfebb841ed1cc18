"""What hangs outside, a disk or somebody's browser, holds up neither the engine nor the notifier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import unused_port

from lcr_asterisk.app import Engine
from lcr_asterisk.calendars.feeds import Feeds
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.notifier.links import Hearing, hearing_link
from lcr_asterisk.notifier_app import run_notifier
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.reload import ConfigFile, InForce, LiveConfig
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.rows import CallRow, RecordingKind, RecordingRow
from lcr_asterisk.store.tables import calls, recordings
from tests.unit.hung_disk import HungDisk

NOW = datetime.now(UTC)
RECORDING = "r4nd0m"
CALL = CallRow(
    id="20261121-080012-k7m3q",
    channel="1.0",
    route="production",
    route_name="Production",
    team="platform",
    caller="",
    caller_name="",
    dialled="+14155551000",
    started=NOW,
    ended=NOW,
    stage="over",
    result=None,
    reason=None,
    answered_by=None,
    answered_by_name=None,
    wait_seconds=None,
    talk_seconds=None,
)
MORE_THAN_IS_BUFFERED = 200_000_000  # bytes, between two programs of one machine
BOUND = 30.0  # seconds; aiohttp would wait for two minutes
YAML = """\
version: 1
people: {{alice: {{name: Alice Martin, phones: ["+14155550101"]}}}}
teams: {{platform: {{name: Platform, escalation: [{{ring: [alice]}}]}}}}
routes: {{production: {{name: Production, numbers: ["+14155551000"], team: platform}}}}
notifier: {{listen: "127.0.0.1:{notifier}"}}
web: {{listen: "127.0.0.1:{engine}"}}
"""


@dataclass
class Place:
    """A configuration, and a recording that is too long to be sent to somebody who does not read."""

    file: ConfigFile
    settings: Settings
    engine: int
    notifier: int

    @asynccontextmanager
    async def somebody_who_stopped_reading(self, port: int) -> AsyncIterator[None]:
        key = secret(self.file.data, "acknowledge").encode()
        path = hearing_link("", Hearing(RECORDING, NOW + timedelta(days=1)), key) + "/message"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        try:
            yield
        finally:
            writer.transport.abort()


@pytest.fixture
async def place(tmp_path: Path) -> Place:
    yaml, wav, engine, notifier = tmp_path / "lcr.yaml", tmp_path / "m.wav", unused_port(), unused_port()
    yaml.write_text(YAML.format(engine=engine, notifier=notifier))
    with wav.open("wb") as sound:
        sound.truncate(MORE_THAN_IS_BUFFERED)
    file = ConfigFile(yaml, {}, tmp_path)
    settings = file.load()
    row = RecordingRow(RECORDING, CALL.id, RecordingKind.MESSAGE, str(wav), None, 12.0, NOW)
    async with open_store(settings.database.get_secret_value()) as store, store.writing() as connection:
        await connection.execute(sa.insert(calls).values(**asdict(CALL)))
        await connection.execute(sa.insert(recordings).values(**asdict(row)))
    return Place(file, settings, engine, notifier)


@dataclass
class Notifier:
    """One that runs, and what it says."""

    running: asyncio.Task[None]
    said: asyncio.Queue[str]


@pytest.fixture
async def notifier(place: Place) -> AsyncIterator[Notifier]:
    said = asyncio.Queue[str]()
    running = asyncio.create_task(run_notifier(place.file, place.settings, said.put_nowait, asyncio.Event()))
    assert (await asyncio.wait_for(said.get(), 30)).startswith("ready")
    yield Notifier(running, said)
    running.cancel()
    await asyncio.wait([running])


async def test_an_engine_ends_though_somebody_stopped_reading(place: Place) -> None:
    """Meanwhile nobody serves callers."""
    in_force = InForce(place.settings, cast(PlanBook, object()), cast(Feeds, object()))

    async def prepare(settings: Settings) -> InForce:
        return in_force

    clock = Clock()
    config = LiveConfig(place.file, in_force, prepare, asyncio.Event(), clock.wall, print)
    async with open_store(place.settings.database.get_secret_value()) as store:
        web = AsyncExitStack()
        await Engine(config, place.file.data, clock, store)._serve_web(web)
        async with place.somebody_who_stopped_reading(place.engine), asyncio.timeout(BOUND):
            await web.aclose()


async def test_a_notifier_ends_though_somebody_stopped_reading(place: Place, notifier: Notifier) -> None:
    """Meanwhile nobody works the pages."""
    async with place.somebody_who_stopped_reading(place.notifier):
        notifier.running.cancel()
        ended, _ = await asyncio.wait([notifier.running], timeout=BOUND)
        assert ended


async def test_a_configuration_on_a_disk_that_hangs_holds_up_no_page(
    place: Place, notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = HungDisk()
    monkeypatch.setattr(ConfigFile, "signature", disk.before(ConfigFile.signature))
    place.file.path.write_text(place.file.path.read_text().replace("Alice Martin", "Alice M. Martin"))
    assert "Alice M. Martin" in await asyncio.wait_for(notifier.said.get(), 30)
    assert disk.held_nothing_up
