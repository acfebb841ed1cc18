"""`lcr calls callback`: whom it asks for what, and what it says when that is refused or nobody is there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.errors import CallbackRefused, LcrError, NoSuchCall
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.rows import CallRow
from lcr_asterisk.store.tables import calls
from lcr_asterisk.web.api import add_api
from tests.unit.cli.test_route_command import Lcr, lcr

__all__ = ["lcr"]

CALL = "20261121-090012-k7m3q"
NINE = datetime(2026, 11, 21, 9, 0, 12, tzinfo=UTC)


@dataclass
class Engine:
    """What listens where the engine should: a real server in a thread of its own. `token` is the one it wants."""

    data: Path
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses: LcrError | None = None
    token: str = ""
    port: int = 0

    async def call_back(self, of: str, person: str) -> str:
        self.asked.append((of, person))
        if self.refuses is not None:
            raise self.refuses
        return "20261121-100000-abcde"

    def serve(self, started: threading.Event, loop: asyncio.AbstractEventLoop) -> None:
        async def begin() -> None:
            app = web.Application()
            add_api(app, self.token or secret(self.data, "api"), self.call_back)
            self.runner = web.AppRunner(app)
            await self.runner.setup()
            await web.TCPSite(self.runner, "127.0.0.1", 0).start()
            self.port = self.runner.addresses[0][1]

        loop.run_until_complete(begin())
        started.set()
        loop.run_forever()
        loop.run_until_complete(self.runner.cleanup())
        loop.close()


@pytest.fixture
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = Engine(tmp_path / "var", token=getattr(request, "param", ""))
    started, loop = threading.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=engine.serve, args=(started, loop))
    thread.start()
    assert started.wait(60)
    yield engine
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def logged(tmp_path: Path, *, answered_by: str | None = "bob", port: int = 0) -> None:
    """A call in the log, and the engine's address in the configuration."""
    config = tmp_path / "lcr.yaml"
    config.write_text(config.read_text("utf-8") + f'\nweb: {{listen: "127.0.0.1:{port or 1}"}}\n', "utf-8")
    row = CallRow(
        id=CALL,
        channel="1.0",
        route="production",
        route_name="Production Incidents",
        team="platform",
        caller="+14155550177",
        caller_name="",
        dialled="+14155551000",
        started=NINE,
        ended=NINE + timedelta(seconds=60),
        stage="over",
        result=Result.CONNECTED if answered_by else Result.UNANSWERED,
        reason=Reason.TAKEN if answered_by else Reason.NO_ANSWER,
        answered_by=answered_by,
        answered_by_name=answered_by,
        wait_seconds=1.0,
        talk_seconds=1.0,
    )

    async def write() -> None:
        async with open_store(f"sqlite+aiosqlite:///{tmp_path}/var/lcr.db") as store, store.writing() as connection:
            values = {column.name: getattr(row, column.name) for column in calls.columns}
            await connection.execute(calls.insert(), [values])

    asyncio.run(write())


def test_who_took_the_call_calls_back_and_the_command_says_what_happens(
    lcr: Lcr, engine: Engine, tmp_path: Path
) -> None:
    logged(tmp_path, port=engine.port)
    said = lcr("calls", "callback", "k7m3q")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "Bob Chen's phone rings; who answers and presses 1 is connected to +14155550177.\n"
        "`lcr calls show 20261121-100000-abcde` tells how it went.\n"
    )
    assert engine.asked == [(CALL, "bob")]


def test_somebody_else_may_call_back(lcr: Lcr, engine: Engine, tmp_path: Path) -> None:
    logged(tmp_path, port=engine.port)
    assert lcr("calls", "callback", CALL, "--person", "carol").code == 0
    assert engine.asked == [(CALL, "carol")]


@pytest.mark.parametrize("answered_by", [None, "gone"])
def test_where_nobody_took_the_call_one_has_to_say_who(
    lcr: Lcr, engine: Engine, tmp_path: Path, answered_by: str | None
) -> None:
    logged(tmp_path, answered_by=answered_by, port=engine.port)
    said = lcr("calls", "callback", CALL)
    assert said.code == 2
    assert "say by --person who shall call back; known: alice, bob, carol" in said.err
    assert engine.asked == []


def test_a_person_who_is_not_there_is_an_error_with_what_was_meant(lcr: Lcr, engine: Engine, tmp_path: Path) -> None:
    logged(tmp_path, port=engine.port)
    said = lcr("calls", "callback", CALL, "--person", "karol")
    assert (said.code, said.err) == (2, 'lcr: karol is not in the configuration; did you mean "carol"?\n')


def test_a_call_that_is_not_in_the_log_is_an_error(lcr: Lcr, engine: Engine, tmp_path: Path) -> None:
    logged(tmp_path, port=engine.port)
    said = lcr("calls", "callback", "zzzzz")
    assert (said.code, said.err) == (1, "lcr: There is no call 'zzzzz' in the log. `lcr calls` lists them.\n")


@pytest.mark.parametrize("refusal", [CallbackRefused("They hid their number."), NoSuchCall("There is none.")])
def test_what_the_engine_refuses_is_said_in_its_words(
    lcr: Lcr, engine: Engine, tmp_path: Path, refusal: LcrError
) -> None:
    logged(tmp_path, port=engine.port)
    engine.refuses = refusal
    assert lcr("calls", "callback", CALL)[::2] == (1, f"lcr: {refusal}\n")


@pytest.mark.parametrize("engine", ["another-token"], indirect=True)
def test_an_engine_with_other_data_is_named(lcr: Lcr, engine: Engine, tmp_path: Path) -> None:
    logged(tmp_path, port=engine.port)
    said = lcr("calls", "callback", CALL)
    assert said.code == 1
    assert f"The engine at 127.0.0.1:{engine.port} does not know our token." in said.err
    assert "with the same LCR_DATA" in said.err


def test_without_an_engine_it_says_what_to_do(lcr: Lcr, tmp_path: Path) -> None:
    logged(tmp_path)
    said = lcr("calls", "callback", CALL)
    assert said.code == 1
    assert said.err.startswith("lcr: The engine does not answer at 127.0.0.1:1 (")
    assert said.err.endswith("Is `lcr run` running, with this configuration?\n")
