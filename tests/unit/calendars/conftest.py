"""A calendar server on loopback that can be away, slow or wrong, and a wall clock that tests set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.unit.calendars.calendar_text import calendar, day
from tests.unit.loopback import own_address

ALICE = calendar("SUMMARY:Alice Martin\nDTSTART:20261102T080000Z\nDTEND:20261109T080000Z")
BOB = calendar("SUMMARY:Bob Chen\nDTSTART:20261102T080000Z\nDTEND:20261109T080000Z")


class CalendarServer:
    """Answers `/secret-token` with `body`. `asked` counts the requests and wakes whoever waits for one."""

    def __init__(self) -> None:
        self.body = ALICE
        self.status = 200
        self.redirects = 0
        self.silent = False
        self.breaks_off = False
        self.asked = 0
        self._asked = asyncio.Condition()
        self.at = own_address("tcp")  # also while it is away
        self._server: TestServer | None = None

    @property
    def url(self) -> str:
        return f"http://{self.at}/secret-token"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/secret-token", self._answer)
        self._server = TestServer(app, host=self.at.host, port=self.at.port)
        await self._server.start_server()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.close()
            self._server = None

    async def asked_times(self, times: int) -> None:
        async with self._asked:
            await self._asked.wait_for(lambda: self.asked >= times)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        async with self._asked:
            self.asked += 1
            self._asked.notify_all()
        if self.silent:
            await asyncio.Event().wait()
        if self.redirects > 0:
            self.redirects -= 1
            raise web.HTTPFound("/secret-token")
        if self.breaks_off:
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(self.body[:10])
            assert request.transport is not None
            request.transport.close()
            return response
        return web.Response(body=self.body, status=self.status)


class WallClock:
    """Says what the test says."""

    def __init__(self, at: str) -> None:
        self.at = day(at)

    def now(self) -> datetime:
        return self.at

    def passes(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[CalendarServer]:
    server = CalendarServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def clock() -> WallClock:
    return WallClock("2026-11-02T09:00")
