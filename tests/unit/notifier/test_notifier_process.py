"""`lcr notifier` as a process: a page is worked until somebody acknowledges. Whatever ends: test_notifier_killed.py."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lcr_asterisk.notifier import signature
from lcr_asterisk.paging.events import Delivered
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import PageRow
from tests.unit.loopback import own_address
from tests.unit.programs import Program, Programs

CALL = "20261121-090012-k7m3q"
YAML = """\
version: 1
people:
  alice: {{name: Alice Martin, notify: ["json://127.0.0.1:{port}/alice"]}}
  bob: {{name: Bob Chen, notify: ["json://127.0.0.1:{port}/bob"]}}
teams:
  platform:
    name: Platform
    escalation: [{{ring: [alice], for: {seconds}s}}, {{ring: [bob], for: {seconds}s}}]
    alerts: [{{webhook: "http://127.0.0.1:{port}/team"}}]
routes:
  production: {{name: Production, numbers: ["+14155551000"], team: platform}}
notifier: {{listen: "{own}", allow_private: [127.0.0.1]}}
web: {{public_url: "http://{own}", listen: "127.0.0.1:{port}"}}
"""


class Outside:
    """Where alerts go. With `deaf`, the first attempt of each gets no answer, and `on_first` is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, str]] = []  # path, idempotency key, kind
        self.arrived = asyncio.Condition()
        self.links: list[str] = []
        self.unanswered: set[str] = set()
        self.deaf = False
        self.on_first: Callable[[], None] = lambda: None
        self._seen: set[str] = set()
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self.server = TestServer(app, host="127.0.0.1")

    async def _take(self, request: web.Request) -> web.Response:
        said = await request.json()
        key = request.headers.get("webhook-id", request.path)
        first = key not in self._seen
        self._seen.add(key)
        if self.deaf and first:
            self.unanswered.add(key)
            self.on_first()
            await asyncio.Event().wait()
        async with self.arrived:
            self.got.append((request.path, key, said["type"] if request.path == "/team" else "told"))
            self.arrived.notify_all()
        if link := said.get("data", {}).get("acknowledge_url"):
            self.links.append(link)
        return web.Response()

    def told(self, path: str) -> list[str]:
        """The kinds of what arrived there, in order, repetitions left out."""
        return [kind for _, kind in dict.fromkeys((key, kind) for at, key, kind in self.got if at == path)]


class System:
    """A data directory, a notifier that comes and goes, and what is outside."""

    def __init__(self, directory: Path, outside: Outside, programs: Programs, seconds: float) -> None:
        self.outside = outside
        self._programs = programs
        self.data = directory / "data"
        self.config = directory / "lcr.yaml"
        self.at = own_address("tcp")
        self.config.write_text(YAML.format(port=outside.server.port, own=self.at, seconds=seconds))
        self._environ = {**os.environ, "LCR_DATA": str(self.data), "LCR_CONFIG": str(self.config)}
        self._process: Program | None = None
        self._ready = False

    async def start(self) -> None:
        self._ready = False
        self._process = await self._programs.start("notifier", env=self._environ)
        assert "ready" in await self.says()
        self._ready = True

    async def says(self) -> str:
        """The next line that it prints."""
        assert self._process is not None
        async with asyncio.timeout(60):
            return (await self._process.stdout.readline()).decode().rstrip("\n")

    def kill(self) -> None:
        """Unless it only begins: what Apprise's process of the one before still sends must not end this one."""
        if self._ready:
            self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    @property
    def dead(self) -> bool:
        assert self._process is not None
        return self._process.returncode is not None

    async def gone(self) -> int | None:
        assert self._process is not None
        await self._process.communicate()
        return self._process.returncode

    async def lcr(self, *arguments: str) -> str:
        process = await self._programs.start(*arguments, env=self._environ)
        out = await process.communicate()
        assert process.returncode == 0
        return out.decode()

    async def reports(self, kind: str = "voicemail.received", call: str = CALL, **known: str | None) -> None:
        """The engine does, until the notifier has taken it."""
        row: dict[str, str | None] = {"id": call, "route": "production", "route_name": "Production"}
        row |= {"team": "platform", "caller": "+15551234567", "caller_name": "ACME"} | known
        event = {"type": kind, "timestamp": datetime.now(UTC).isoformat(), "data": {"call": row}}
        body = json.dumps(event).encode()
        async with aiohttp.ClientSession() as session:
            headers = signature.headers(secret(self.data, "notifier"), f"{call}.{kind}", datetime.now(UTC), body)
            async with session.post(f"http://{self.at}/v1/events", data=body, headers=headers) as answer:
                assert answer.status == 200, f"{answer.status}: {await answer.text()}"

    @asynccontextmanager
    async def pages(self) -> AsyncIterator[Pages]:
        async with open_store(f"sqlite+aiosqlite:///{self.data / 'lcr.db'}") as store:
            yield Pages(store)

    async def until(self, right: Callable[[PageRow], bool]) -> PageRow:
        async with self.pages() as pages, asyncio.timeout(60):
            while not right(row := await pages.page(CALL)):  # noqa: ASYNC110 - a database tells nobody
                await asyncio.sleep(0.01)
            return row

    async def until_delivered(self, alerts: int) -> None:
        """So many are noted as delivered, which is a moment after they have arrived."""
        async with self.pages() as pages, asyncio.timeout(60):
            while sum(isinstance(event, Delivered) for _, event in await pages.entries(CALL)) < alerts:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def until_told(self, path: str, kind: str) -> None:
        async with asyncio.timeout(60), self.outside.arrived:
            await self.outside.arrived.wait_for(lambda: kind in self.outside.told(path))


@asynccontextmanager
async def running(directory: Path, programs: Programs, seconds: float = 600) -> AsyncIterator[System]:
    outside = Outside()
    async with outside.server:
        system = System(directory, outside, programs, seconds)
        try:
            await system.start()
            yield system
        finally:
            system.signal(signal.SIGKILL)
            await system.gone()


async def test_a_message_is_told_until_somebody_acknowledges_and_then_to_nobody_else(
    tmp_path: Path, programs: Programs
) -> None:
    async with running(tmp_path, programs) as system:
        await system.reports()
        await system.until_told("/alice", "told")
        await system.until_told("/team", "page.opened")
        await system.until_delivered(2)
        assert system.outside.told("/team") == ["page.opened"]
        assert "open, level 1" in await system.lcr("pages")
        said = await system.lcr("pages", "ack", CALL[-5:], "--by", "alice")
        assert said == f"Page {CALL} is acknowledged by Alice Martin; nobody else is told of it.\n"
        await system.until_told("/team", "page.acknowledged")
        story = await system.lcr("pages", "show", CALL)
        assert "opened: a message from ACME (+15551234567) for Production" in story
        assert "Alice Martin by Apprise (json): delivered" in story
        assert "acknowledged by Alice Martin (command line)" in story
        assert await system.lcr("pages", "close", CALL) == f"Page {CALL} is closed.\n"
        await system.until_told("/team", "page.closed")
        assert system.outside.told("/bob") == []


async def test_without_an_acknowledgement_the_next_level_is_told_and_at_last_the_team_loudly(
    tmp_path: Path, programs: Programs
) -> None:
    async with running(tmp_path, programs, seconds=1) as system:
        await system.reports("call.missed")
        await system.until_told("/team", "page.exhausted")
        for path in ("/alice", "/bob"):  # each in their own time: Apprise may begin more slowly than the levels pass
            await system.until_told(path, "told")
        assert system.outside.told("/team") == ["page.opened", "page.escalated", "page.exhausted"]
        assert len(system.outside.told("/alice")) == len(system.outside.told("/bob")) == 1
        assert "NOBODY ACKNOWLEDGED" in await system.lcr("pages", "--open")


async def test_calls_about_the_same_join_one_page(tmp_path: Path, programs: Programs) -> None:
    async with running(tmp_path, programs) as system:
        await system.reports()
        await system.reports()
        await system.reports("call.missed", "20261121-090042-abcde")
        await system.until_told("/team", "call.missed")
        (page,) = json.loads(await system.lcr("pages", "--json"))
        assert page["calls"] == 2


async def test_a_link_acknowledges_once_and_only_by_its_button(tmp_path: Path, programs: Programs) -> None:
    async with running(tmp_path, programs) as system:
        await system.reports()
        await system.until_told("/team", "page.opened")
        (link,) = system.outside.links
        async with aiohttp.ClientSession() as session:
            async with session.get(link) as answer:
                assert answer.status == 200
                assert "Acknowledge this page?" in await answer.text()
            assert (await system.until(lambda row: True)).acknowledged is None
            async with session.post(link) as answer:
                assert (answer.status, "Thank you" in await answer.text()) == (200, True)
            assert (await system.until(lambda row: row.acknowledged is not None)).by == "somebody of the team"
            async with session.post(link) as answer:
                assert "was here before you" in await answer.text()
            async with session.get(link) as answer:
                assert "was here before you" in await answer.text()
            async with session.post(link[:-3]) as answer:
                assert answer.status == 403
        await system.until_told("/team", "page.acknowledged")


async def test_an_edited_configuration_is_in_force_for_the_next_page(tmp_path: Path, programs: Programs) -> None:
    async with running(tmp_path, programs) as system:
        await system.reports()
        system.config.write_text(system.config.read_text().replace("ring: [alice]", "ring: [bob]"))
        assert await system.says() == "configuration reloaded: route production: level 1 now rings bob"
        await system.lcr("pages", "close", CALL)
        await system.reports("call.missed", "20261121-102030-abcde")
        await system.until_told("/bob", "told")


async def test_the_engine_is_asked_for_calls_where_it_is_until_both_are_restarted(
    tmp_path: Path, programs: Programs
) -> None:
    async with running(tmp_path, programs) as system:
        port = system.outside.server.port
        edited = system.config.read_text().replace(f'listen: "127.0.0.1:{port}"', f'listen: "{own_address("tcp")}"')
        edited = edited.replace("allow_private: [127.0.0.1]", "allow_private: [127.0.0.0/8]")
        way = f'notify: ["json://127.0.0.1:{port}/alice"]'
        system.config.write_text(edited.replace(way, 'phones: ["+14155550101"]'))
        while "web.listen" not in await system.says():
            pass
        await system.reports()
        await system.until_told(f"/api/v1/pages/{CALL}/calls", "told")


async def test_a_call_for_a_team_that_was_renamed_is_told_to_the_one_that_its_route_leads_to(
    tmp_path: Path, programs: Programs
) -> None:
    async with running(tmp_path, programs) as system:
        edited = system.config.read_text().replace("  platform:\n", "  ops:\n").replace("team: platform", "team: ops")
        system.config.write_text(edited)
        assert "configuration reloaded" in await system.says()
        await system.reports()
        await system.until_told("/alice", "told")
        await system.until_told("/team", "page.opened")


async def test_where_the_route_is_gone_too_it_is_told_to_operators_or_refused_with_what_to_do(
    tmp_path: Path, programs: Programs
) -> None:
    async with running(tmp_path, programs) as system:
        text = system.config.read_text().replace("  platform:\n", "  ops:\n").replace("team: platform", "team: ops")
        edited = text.replace("  production:", "  incidents:")
        system.config.write_text(edited)
        assert "configuration reloaded" in await system.says()
        with pytest.raises(AssertionError, match=r"Write the team platform again, .* or operators"):
            await system.reports()
        operators = f'operators: [{{webhook: "http://127.0.0.1:{system.outside.server.port}/operators"}}]\n'
        system.config.write_text(edited + operators)
        while "operators" not in await system.says():
            pass
        await system.reports()
        await system.until_told("/operators", "told")
        assert system.outside.told("/alice") == system.outside.told("/team") == []


async def test_a_message_of_which_only_the_recording_was_left_is_told_to_operators_or_waits_for_them(
    tmp_path: Path, programs: Programs
) -> None:
    """Engine and database were away: nobody knows any more which route it was for, but a caller did speak."""
    unknown = dict.fromkeys(("route", "route_name", "caller", "caller_name"), "")
    async with running(tmp_path, programs) as system:
        with pytest.raises(
            AssertionError, match=f"409.*call {CALL}, for which no team is responsible.*Write operators"
        ):
            await system.reports(team=None, **unknown)
        await system.reports("call.missed", "20261121-090042-abcde", team=None)
        assert await system.lcr("pages", "--json") == "[]\n", "nobody is responsible for a call that left nothing"
        operators = f'operators: [{{webhook: "http://127.0.0.1:{system.outside.server.port}/operators"}}]\n'
        system.config.write_text(system.config.read_text() + operators)
        while "operators" not in await system.says():
            pass
        await system.reports(team=None, **unknown)
        await system.until_told("/operators", "told")
        assert system.outside.told("/alice") == system.outside.told("/team") == []
        story = await system.lcr("pages", "show", CALL)
        assert "opened: a message from a hidden number for an unknown route" in story
        assert "(operators)" in await system.lcr("pages")


async def test_a_message_without_a_team_is_worked_by_the_one_that_its_route_has_now(
    tmp_path: Path, programs: Programs
) -> None:
    async with running(tmp_path, programs) as system:
        await system.reports(team=None)
        await system.until_told("/alice", "told")
        await system.until_told("/team", "page.opened")


async def test_it_ends_in_order_when_asked_to(tmp_path: Path, programs: Programs) -> None:
    async with running(tmp_path, programs) as system:
        await system.reports()
        system.signal(signal.SIGTERM)
        assert await system.gone() == 0


def only_repeated_with_the_same_key(outside: Outside) -> None:
    keys: dict[str, set[str]] = {}
    for path, key, kind in outside.got:
        if path == "/team":
            keys.setdefault(kind, set()).add(key)
    assert all(len(of_kind) == 1 for of_kind in keys.values()), keys


@pytest.mark.timeout(300)
async def test_killed_during_each_delivery_it_delivers_again_with_the_same_key(
    tmp_path: Path, programs: Programs
) -> None:
    async with running(tmp_path, programs, seconds=1) as system:
        outside = system.outside
        outside.deaf, outside.on_first = True, system.kill
        await system.reports()
        kills = 0
        while (await system.until(lambda row: row.due is None or system.dead)).due is not None:
            await system.gone()
            kills += 1
            await system.start()
        assert kills >= 3
        assert outside.unanswered == {key for _, key, _ in outside.got}
        assert outside.told("/team") == ["page.opened", "page.escalated", "page.exhausted"]
        assert outside.told("/alice") == outside.told("/bob") == ["told"]
        only_repeated_with_the_same_key(outside)
