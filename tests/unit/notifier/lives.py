"""The life of a page, seen from outside: where alerts go, and notifiers that go on where the one before was killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Self

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer, get_unused_port_socket
from aiosmtpd.smtp import SMTP, Envelope, Session

from lcr_asterisk.notifier import signature
from lcr_asterisk.paging.events import Unheeded
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import PageRow
from tests.unit.programs import Program, Programs

WITHIN = 60.0  # seconds that anything may take before the test gives up
PAGE = "20261121-090012-k7m3q"  # by the id of the call that opens it
MAIN = "tests.unit.notifier.notifier_program:main"

Told = dict[str, list[str]]
"""What arrived where, in order, each idempotency key once."""


class Outside:
    """The team's place, the engine that calls people, and a mail server; all of them listen at `host`.

    The engine's phones ring until they are stopped, or where `rings_out` says so until nobody has answered.
    """

    def __init__(self, host: str, pages: Pages, tasks: asyncio.TaskGroup) -> None:
        self.got: list[tuple[str, str, str]] = []  # where, idempotency key, what
        self.links: list[str] = []
        self.rings_out = False
        self._news = asyncio.Condition()
        self._host = host
        self._pages = pages
        self._tasks = tasks
        self._called: dict[str, str] = {}  # persons by deliveries
        app = web.Application()
        app.router.add_post("/team", self._team)
        app.router.add_post("/api/v1/pages/{page}/calls", self._call)
        app.router.add_delete("/api/v1/pages/{page}/calls/{delivery}", self._stop)
        app.router.add_get("/readyz", self._readyz)
        self._server = TestServer(app, host=host)

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        loop = asyncio.get_running_loop()
        self._mail = await loop.create_server(lambda: SMTP(self, hostname="localhost"), self._host, 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._mail.close()
        await self._server.close()

    @property
    def port(self) -> int:
        assert self._server.port is not None
        return self._server.port

    @property
    def mail_port(self) -> int:
        port: int = self._mail.sockets[0].getsockname()[1]
        return port

    def told(self) -> Told:
        told: Told = defaultdict(list)
        for where, _, what in dict.fromkeys(self.got):
            told[where].append(what)
        return told

    @property
    def repeats(self) -> int:
        """How many alerts came once more. That a call is to be stopped is said until there is none."""
        alerts = [one for one in self.got if one[0] != "stopped"]
        return len(alerts) - len(set(alerts))

    async def until_told(self, where: str, what: str) -> None:
        async with asyncio.timeout(WITHIN), self._news:
            await self._news.wait_for(lambda: what in self.told()[where])

    async def _arrived(self, where: str, key: str, what: str) -> None:
        async with self._news:
            self.got.append((where, key, what))
            self._news.notify_all()

    async def _team(self, request: web.Request) -> web.Response:
        said = await request.json()
        if link := said["data"]["acknowledge_url"]:
            self.links.append(link)
        await self._arrived("team", request.headers["webhook-id"], said["type"])
        return web.Response()

    async def _call(self, request: web.Request) -> web.Response:
        said = await request.json()
        delivery = said["delivery"]
        self._called[delivery] = said["person"]
        await self._arrived("calls", delivery, said["person"])
        if self.rings_out:
            self._is_over(request, delivery, "did not answer")
        return web.json_response({"id": f"call-{delivery}"}, status=202)

    async def _stop(self, request: web.Request) -> web.Response:
        delivery = request.match_info["delivery"]
        await self._arrived("stopped", delivery, self._called[delivery])
        self._is_over(request, delivery, "stopped")
        return web.Response(status=204)

    def _is_over(self, request: web.Request, delivery: str, how: str) -> None:
        """The engine writes that down itself, whenever it gets to it."""
        page = request.match_info["page"]
        self._tasks.create_task(self._pages.take(page, Unheeded(delivery, how), datetime.now(UTC)))

    async def _readyz(self, _: web.Request) -> web.Response:
        checks = {"database": True, "asterisk": True}
        return web.json_response({"checks": checks, "details": {"trunk": "online"}})

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content)
        await self._arrived("mails", mail["Message-ID"], envelope.rcpt_tos[0])
        return "250 OK"


class Life:
    """A page, its notifiers, and what is done to it from outside. The first notifier dies at the moment `die_at`."""

    def __init__(
        self, directory: Path, programs: Programs, outside: Outside, pages: Pages, address: str, die_at: int
    ) -> None:
        self.address = address
        self.outside = outside
        self.pages = pages
        self.killed = False
        self._programs = programs
        self._data = directory
        self._environ = {**os.environ, "LCR_DATA": str(directory), "LCR_CONFIG": str(directory / "lcr.yaml")}
        self._die_at = die_at
        self._up = False
        self._over = False
        self._news = asyncio.Condition()
        self._notifier: Program | None = None

    # -- the notifiers -------------------------------------------------------------------------------------------------

    async def keep_running(self) -> None:
        """One after another, until one ends that was asked to."""
        while (code := await self._run_one(0 if self.killed else self._die_at)) == -signal.SIGKILL:
            assert self._die_at and not self.killed, "killed by somebody else"
            self.killed = True
        assert (code, self._over) == (0, True), f"the notifier ended by itself: {code}"

    async def _run_one(self, die_at: int) -> int | None:
        notifier = await self._programs.start(str(die_at), env=self._environ, main=MAIN)
        self._notifier = notifier
        while line := await notifier.stdout.readline():
            if line.startswith(b"ready"):
                await self._is_up(True)
                self._end_in_order()
        await notifier.communicate()
        await self._is_up(False)
        return notifier.returncode

    async def _is_up(self, up: bool) -> None:
        async with self._news:
            self._up = up
            self._news.notify_all()

    def is_over(self) -> None:
        """No notifier is needed any more: the one that runs is asked to end, also one that is only about to run."""
        self._over = True
        self._end_in_order()

    def _end_in_order(self) -> None:
        if self._over and self._up:
            self.signal(signal.SIGTERM)

    def signal(self, number: signal.Signals) -> None:
        if self._notifier is not None:
            with suppress(ProcessLookupError):
                self._notifier.send_signal(number)

    # -- what is done --------------------------------------------------------------------------------------------------

    async def reports(self, route: str, kind: str = "voicemail.received", call: str = PAGE) -> None:
        """The engine does, until a notifier has taken it."""
        row = {"id": call, "route": route, "route_name": "Production", "team": route}
        row |= {"caller": "+15551234567", "caller_name": "ACME"}
        event = {"type": kind, "timestamp": datetime.now(UTC).isoformat(), "data": {"call": row}}
        body = json.dumps(event).encode()
        key = secret(self._data, "notifier")
        headers = signature.headers(key, f"{call}.{kind}", datetime.now(UTC), body)
        await self._posts(f"{self.address}/v1/events", body, headers)

    async def follows_the_link(self) -> None:
        """Somebody presses its button, again where nothing answers."""
        await self._posts(self.outside.links[0], b"", {})

    async def _posts(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        async with asyncio.timeout(WITHIN), aiohttp.ClientSession() as http:
            while True:
                async with self._news:
                    await self._news.wait_for(lambda: self._up)
                with suppress(aiohttp.ClientError):  # it was killed meanwhile, or (503) the database was busy
                    async with http.post(url, data=body, headers=headers) as answer:
                        assert answer.status in (200, 503), await answer.text()
                        if answer.status == 200:
                            return

    async def lcr(self, *arguments: str) -> None:
        code, _, errors = await self._programs.run(*arguments, env=self._environ)
        assert code == 0, errors

    async def is_settled(self, right: Callable[[PageRow], bool]) -> None:
        """The page has come so far, and nothing is left that it would do by itself."""
        row: PageRow | None = None
        try:
            async with asyncio.timeout(WITHIN):
                while (row := await self.pages.page(PAGE)).due is not None or not right(row):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)  # a database tells nobody
        except TimeoutError:
            raise AssertionError(f"the page is not settled: {row}, {self.outside.got}") from None
        assert await self.pages.unsettled() == []


@asynccontextmanager
async def living(directory: Path, programs: Programs, yaml: str, host: str, die_at: int) -> AsyncIterator[Life]:
    """All of it, at a loopback address of its own: nobody takes the notifier's port while there is none."""
    async with (
        open_store(f"sqlite+aiosqlite:///{directory / 'lcr.db'}") as store,
        asyncio.TaskGroup() as tasks,
        Outside(host, Pages(store), tasks) as outside,
    ):
        with get_unused_port_socket(host) as free:
            address = f"{host}:{free.getsockname()[1]}"
        config = yaml.format(host=host, port=outside.port, mail=outside.mail_port, own=address)
        (directory / "lcr.yaml").write_text(config)
        life = Life(directory, programs, outside, Pages(store), f"http://{address}", die_at)
        keeper = tasks.create_task(life.keep_running())
        try:
            yield life
            life.is_over()
            await keeper
        finally:
            life.signal(signal.SIGKILL)
