"""`lcr health`: what somebody at three in the morning has to know, also when hardly anything runs."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lcr_asterisk.paging.trouble import Ill, Limits
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.troubles import Troubles
from tests.unit.programs import Programs

YAML = """\
version: 1
people: {{alice: {{name: Alice Martin, phones: ["+14155550101"]}}}}
schedules:
  nights:
    timezone: Europe/Berlin
    layers: [{{people: [alice], start: "2026-11-02T00:00", every: 1w}}]
    {overrides}
teams: {{platform: {{name: Platform, escalation: [{{ring: ["schedule:nights"]}}]}}}}
routes: {{production: {{name: Production, numbers: ["+14155551000"], team: platform}}}}
web: {{listen: "127.0.0.1:{engine}"}}
notifier: {{listen: "127.0.0.1:{notifier}"}}
recordings: {{min_free: 1MB}}
"""


class Program:
    """What answers at the address of the engine, or of the notifier."""

    def __init__(self, **checks: bool) -> None:
        self.checks = checks
        self.details: dict[str, object] = {}
        app = web.Application()
        app.router.add_get("/readyz", self._readyz)
        self.server = TestServer(app, host="127.0.0.1")

    async def _readyz(self, _: web.Request) -> web.Response:
        return web.json_response({"ready": True, "checks": self.checks, "details": self.details})


class System:
    def __init__(self, directory: Path, programs: Programs, engine: Program, notifier: Program) -> None:
        self._programs = programs
        self.engine = engine
        self.notifier = notifier
        self.data = directory / "data"
        self.config = directory / "lcr.yaml"
        ports = {"engine": engine.server.port, "notifier": notifier.server.port}
        self.config.write_text(YAML.format(overrides="overrides: []", **ports))

    @property
    def database(self) -> str:
        return f"sqlite+aiosqlite:///{self.data / 'lcr.db'}"

    async def health(self, *arguments: str) -> tuple[int | None, str]:
        env = {**os.environ, "LCR_DATA": str(self.data), "LCR_CONFIG": str(self.config)}
        code, out, _ = await self._programs.run("health", *arguments, env=env)
        return code, out


@pytest.fixture
async def system(tmp_path: Path, programs: Programs) -> AsyncIterator[System]:
    engine, notifier = Program(asterisk=True), Program(database=True)
    engine.details = {"trunk": "online"}
    async with engine.server, notifier.server:
        system = System(tmp_path, programs, engine, notifier)
        async with open_store(system.database):
            yield system


async def test_all_is_well(system: System) -> None:
    names: tuple[str, ...] = ("engine", "Asterisk", "trunk", "notifier", "database", "disk", "outbox")
    names += ("held up", "refused", "on call", "config")
    assert await system.health() == (0, "".join(f"{name:<10}ok\n" for name in names))


async def test_what_is_wrong_is_told_with_what_to_do_and_since_when_operators_know(system: System) -> None:
    system.engine.checks["asterisk"] = False
    at = datetime(2026, 11, 21, 9, tzinfo=UTC)
    async with open_store(system.database) as store:
        await Troubles(store).note({"asterisk": Ill("no", "do")}, at, lambda _: Limits(0), [])
    code, said = await system.health()
    assert code == 1
    lines = said.splitlines()
    assert lines[0] == "engine    ok"
    assert lines[1] == (
        f"Asterisk  NOT OK since {at.astimezone():%Y-%m-%d %H:%M:%S}, operators were told: the call engine is not "
        "connected to Asterisk at http://127.0.0.1:8088: no call can be served"
    )
    assert lines[2].startswith("          see that Asterisk runs")
    assert lines[3] == "trunk     unknown"


async def test_it_says_so_when_nothing_runs(system: System) -> None:
    await system.engine.server.close()
    await system.notifier.server.close()
    (system.data / "lcr.db").unlink()
    code, said = await system.health("--json")
    found: dict[str, dict[str, Any]] = {line["id"]: line for line in json.loads(said)}
    assert code == 1
    assert {id_: line["ok"] for id_, line in found.items()} == {
        "engine": False,
        "asterisk": None,
        "trunk": None,
        "notifier": False,
        "database": False,
        "disk": True,
        "outbox": None,
        "held_up": None,
        "refused": None,
        "on_call": True,
        "configuration": None,
    }
    assert found["notifier"]["what"].endswith("no page is worked and no operator is told")
    assert "There is no call log at" in found["database"]["what"]


async def test_the_engines_database_and_a_refused_configuration_of_either_program_are_judged(system: System) -> None:
    system.engine.checks["database"] = False
    system.engine.details["configuration"] = "the edited file is refused: one"
    system.notifier.details["configuration"] = "the edited file is refused: two"
    code, said = await system.health()
    assert code == 1
    assert "database  NOT OK: the call engine cannot write to its database" in said
    assert "config    NOT OK: the call engine goes on by an old configuration: the edited file is refused: one" in said
    assert "config    NOT OK: the notifier goes on by an old configuration: the edited file is refused: two" in said


async def test_a_team_without_anybody_has_its_own_line(system: System) -> None:
    text = system.config.read_text().replace("schedule:nights", "schedule:empty")
    empty = '  empty: {timezone: UTC, layers: [{people: [alice], start: "2199-01-01T00:00", every: 1w}]}\nteams:'
    system.config.write_text(text.replace("teams:", empty))
    code, said = await system.health()
    assert code == 1
    assert "on call   NOT OK: nobody is on call at level 1 of Platform, now for more than a week" in said
