"""A configuration with its prompts as tones, a call log in a file, and an Asterisk that only takes note."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.ari.messages import Channel, ChannelState
from lcr_asterisk.ari.requests import Request
from lcr_asterisk.audio.room import Room
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.execute import Executor
from lcr_asterisk.calls.keeper import RecordingKeeper
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.calls.registry import CallRegistry
from lcr_asterisk.calls.switchboard import Switchboard
from lcr_asterisk.calls.transcripts import Transcripts
from lcr_asterisk.config.load import load
from lcr_asterisk.config.system import TranscriptsSettings
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.journal import JournalEntry, JournalWriter
from tests.prompts import make_ahead

YAML = f"""\
version: 1
defaults: {{region: US}}
speech:
  engine: command
  command: ["{sys.executable}", "-m", "lcr_asterisk.simulator.tone_tts", "--output", "{{output}}"]
trunk: {{caller_id: caller}}
people:
  alice: {{name: Alice Martin, phones: ["+14155550101", "sip:alice"]}}
  bob: {{name: Bob Chen, phones: ["+14155550102"], language: de}}
  nora: {{name: Nora Nophone}}
  olga: {{name: Olga Ordered, phones: ["+14155550107", "+14155550108"], ring_phones: in_order}}
schedules:
  rota:
    timezone: Europe/Berlin
    layers: [{{people: [alice, bob], start: "2026-11-16T09:00", every: 1w}}]
  later:
    timezone: Europe/Berlin
    layers: [{{people: [bob], start: "2030-01-01T09:00", every: 1w}}]
teams:
  platform: {{name: Platform, escalation: [{{ring: [alice, bob, nora]}}]}}
  ordered: {{name: Ordered, escalation: [{{ring: [olga], for: 20s}}]}}
  rota: {{name: Rota, escalation: [{{ring: [schedule:later, schedule:rota, alice]}}, {{ring: [schedule:later]}}]}}
routes:
  direct: {{name: Direct, numbers: ["+14155551001"], team: platform, messages: {{welcome: none}}}}
  guarded:
    name: Guarded
    numbers: ["+14155551002"]
    team: rota
    callers:
      block: ["+1555*", "+14155559*", hidden]
      allow: ["+14155550188"]
      pin: {{"4711": 'Acme "Corp"', "081500": Globex}}
    messages: {{welcome: none}}
  menus:
    name: Menus
    numbers: ["+14155551003"]
    menu:
      options: {{1: platform, 2: {{options: {{1: rota}}}}, 3: {{options: {{1: rota}}, fallback: hang_up}}}}
      fallback: rota
  ordered: {{name: Ordered, numbers: ["+14155551004"], team: ordered, messages: {{welcome: none}}}}
  stereo:
    name: Stereo
    numbers: ["+14155551009"]
    team: platform
    messages: {{welcome: none}}
    recording: {{enabled: true, stereo: true}}
  keys:
    name: Keys
    numbers: ["+14155551010"]
    team: platform
    messages: {{welcome: none}}
    recording: {{enabled: true, stereo: true}}
    in_call: {{bring_in: true, hand_over: {{2: ordered}}, end: true}}
  german: {{name: German, numbers: ["+14155551005"], team: platform, language: de, callers: {{pin: {{"4711": Acme}}}}}}
  unlisted: {{name: Unlisted, team: rota}}
"""
ARRIVED = datetime(2026, 11, 21, 9, 0, 12, tzinfo=UTC)


@pytest.fixture
async def book(tmp_path: Path) -> PlanBook:
    """The configuration above, in force."""
    file = tmp_path / "lcr.yaml"
    file.write_text(YAML)
    settings = load(file, {}, tmp_path)
    schedules = {id_: schedule.to_schedule() for id_, schedule in settings.schedules.items()}
    return await make_ahead(settings, tmp_path, schedules)


def channel(name: str, *, number: str = "+14155550199", state: ChannelState = ChannelState.UP) -> Channel:
    """A channel with this id, as Asterisk lists it."""
    return Channel(name, f"PJSIP/{name}", state, "", number, "", "", "lcr-engine", "s", "Stasis", ARRIVED)


class Asterisk(AriClient):
    """Takes note of what it is asked; the test answers by `replies`."""

    def __init__(self) -> None:
        def nothing(*_: object) -> None:
            pass

        super().__init__("", "", "", "lcr", on_event=nothing, on_connected=nothing, on_disconnected=nothing)
        self.asked: list[tuple[str, asyncio.Future[Any]]] = []
        self.sent: list[Request] = []

    def send(self, request: Request, timeout: float = 5.0) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.asked.append((str(request), future))
        self.sent.append(request)
        return future

    def requests(self, beginning: str) -> list[str]:
        """What was asked so far and begins like this."""
        return [request for request, _ in self.asked if request.startswith(beginning)]

    async def refuses(self, request: str, error: Exception) -> None:
        """Every request like this that has no reply yet fails so."""
        for asked, future in list(self.asked):
            if asked == request and not future.done():
                future.set_exception(error)
        await asyncio.sleep(0)


@dataclass
class Memory:
    """A journal in memory."""

    entries: list[JournalEntry] = field(default_factory=list)

    def append(self, entry: JournalEntry, call: Call) -> None:
        self.entries.append(entry)

    async def flush(self) -> None:
        pass


class Desk:
    """Switchboard, calls and interpreter between a real configuration and a noting Asterisk."""

    def __init__(self, book: PlanBook, keeper: RecordingKeeper) -> None:
        self.book = book
        self.asterisk = Asterisk()
        self.journal = Memory()
        self.test_modes: dict[str, str] = {}
        self.beside: list[asyncio.Task[None]] = []  # what the switchboard began beside the calls
        self.registry = CallRegistry()
        clock = Clock()
        self.executor = Executor(self.asterisk, self.registry, keeper, _spawn_nothing)

        def new_driver(call_id: str, book: PlanBook) -> CallDriver:
            return CallDriver(call_id, book, clock, self.executor, self.journal, lambda *_: None)

        self.switchboard = Switchboard(
            self.registry,
            clock,
            lambda: self.book,
            new_driver,
            lambda _: None,
            lambda _: None,
            self.executor.rescue,
            self.test_modes.get,
            self.executor.hear,
            self.executor.speak,
            self.executor.pass_on,
            self._spawn,
        )

    @property
    def driver(self) -> CallDriver:
        (driver,) = self.registry
        return driver

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.beside.append(asyncio.create_task(work, name=name))


def _spawn_nothing(work: Coroutine[Any, Any, None], name: str) -> None:
    work.close()


@dataclass
class Kept:
    """A keeper between a spool and a call log."""

    keeper: RecordingKeeper
    spool: Path
    log: CallLog
    journal: JournalWriter
    begun: list[str]  # what the keeper began to do beside the calls, by name
    floor: int = 0  # bytes that have to be free on the disk


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    spool = tmp_path / "spool"
    (spool / "recording").mkdir(parents=True)
    (spool / "away").mkdir()
    async with open_store(f"sqlite+aiosqlite:///{tmp_path}/lcr.db") as store:
        journal, log = JournalWriter(store), CallLog(store)
        begun: list[str] = []

        def take_note(work: Coroutine[Any, Any, None], name: str) -> None:
            begun.append(name)
            work.close()

        directory, room = tmp_path / "recordings", Room([tmp_path], lambda: between.floor)
        transcripts = Transcripts(log, TranscriptsSettings, lambda _: "en")
        keeper = RecordingKeeper(spool, directory, "key", journal, log, Clock(), take_note, room, transcripts)
        between = Kept(keeper, spool, log, journal, begun)
        await room.look()
        yield between


@pytest.fixture
async def desk(book: PlanBook, kept: Kept) -> AsyncIterator[Desk]:
    desk = Desk(book, kept.keeper)
    yield desk
    for driver in desk.registry:
        driver.pause()  # no timer outlives its test
