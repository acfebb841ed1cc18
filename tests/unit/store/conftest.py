"""A real SQLite file per test, and calls that went through the real machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lcr_asterisk.callflow.events import CallArrived, Caller, Event
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.plan import (
    CallerMessages,
    Level,
    Prompt,
    ResponderMessages,
    RoutePlan,
    RouteType,
    Team,
    Then,
    VoicemailLimits,
)
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.store import journal as journal_module
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.journal import JournalEntry, JournalWriter
from tests.unit.store import postgres as postgresql
from tests.unit.store.postgres import Postgres

NINE = datetime(2026, 11, 21, 9, 0, 12, 345678, tzinfo=UTC)

Step = tuple[JournalEntry, Call]
Play = Callable[..., list[Step]]


def _plan() -> RoutePlan:
    def prompt(name: str) -> Prompt:
        return Prompt(name, (f"sound:/sounds/{name}",), 2.5)

    words = (
        "wrong_choice level no_answer no_one_on_call inactive unknown_number voicemail beep message_kept message_lost "
        "goodbye"
    )
    return RoutePlan(
        id="production",
        name="Production Incidents",
        number="+14155551000",
        type=RouteType.DIRECT,
        refusal=None,
        menu=None,
        team="platform",
        teams=(Team("platform", "Platform", (Level(25.0),), 0, prompt("whisper")),),
        messages=CallerMessages(welcome=None, notice=None, **{word: prompt(word) for word in words.split()}),
        responder_messages=ResponderMessages(prompt("taken"), prompt("caller_gone"), prompt("caller_to_voicemail")),
        no_answer=Then.VOICEMAIL,
        no_one_on_call=Then.VOICEMAIL,
        hold="hold",
        confirm=15.0,
        max_wait=300.0,
        voicemail=VoicemailLimits(120.0, 5.0, 2.0),
        record=True,
        shown_caller_id=("Hotline", "+14155551000"),
    )


@pytest.fixture
def plan() -> RoutePlan:
    return _plan()


@pytest.fixture
def play(plan: RoutePlan) -> Play:
    """`play("id", (3.0, event), …)`: a call that arrives at 9:00:12 and takes these events, each after so long."""

    usual = plan

    def play(
        call_id: str, *events: tuple[float, Event], caller: Caller | None = None, plan: RoutePlan | None = None
    ) -> list[Step]:
        who = caller or Caller("+15551234567", "ACME")
        journal = [(0.0, CallArrived(call_id, f"channel-{call_id}", who, "+14155551000", plan or usual)), *events]
        steps: list[Step] = []
        call: Call | None = None
        for seq, (after, event) in enumerate(journal):
            at = NINE + timedelta(seconds=after)
            call, _ = step(call, event, at)
            steps.append((JournalEntry(call_id, seq, at, event), call))
        return steps

    return play


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "lcr.db"


@pytest.fixture
def sqlite(path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[Postgres]:
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL; `scripts/setup tests` installs it")
    async with postgresql.running(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> Postgres | None:
    """None for SQLite. What asks for it, or for a store, is tested with both."""
    return request.getfixturevalue("postgres") if request.param == "postgresql" else None


only_sqlite = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
"""Marks tests of what only a file can do."""
only_postgresql = pytest.mark.parametrize("server", ["postgresql"], indirect=True)
"""Marks tests of what only a server can do."""


@pytest.fixture
async def blank_url(server: Postgres | None, sqlite: str) -> str:
    """The URL of a database in which nothing is yet."""
    return await server.new_database() if server else sqlite


@pytest.fixture
async def url(server: Postgres | None, sqlite: str) -> str:
    """The URL of a database without calls; the tables may be made when it is opened."""
    return await server.emptied_database() if server else sqlite


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with open_store(url) as store:
        yield store


@pytest.fixture
def call_log(store: Store) -> CallLog:
    return CallLog(store)


@dataclass
class Running:
    """A journal writer at work; `stop` ends it as a shutdown does."""

    writer: JournalWriter
    task: asyncio.Task[None]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


@pytest.fixture
async def running(store: Store) -> AsyncIterator[Running]:
    writer = JournalWriter(store, retry_first=0.01, retry_longest=0.05)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(writer.run(), name="journal")
        yield Running(writer, task)
        task.cancel()


@pytest.fixture
def writer(running: Running) -> JournalWriter:
    return running.writer


class Alarm(logging.Handler):
    """Rings when the writer says loudly that it cannot write."""

    def __init__(self) -> None:
        super().__init__(logging.CRITICAL)
        self.rang = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.rang.set()


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    alarm = Alarm()
    journal_module.log.addHandler(alarm)
    yield alarm
    journal_module.log.removeHandler(alarm)
