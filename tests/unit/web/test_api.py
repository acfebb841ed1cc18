"""The API answers whoever has its token, in JSON, and nobody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from lcr_asterisk.errors import (
    AriDisconnected,
    CallbackRefused,
    NobodyToCall,
    NoSuchCall,
    NoSuchPageCall,
    PageCallRefused,
    StoreError,
    UsageError,
)
from lcr_asterisk.web.api import LONGEST_BODY, add_api
from lcr_asterisk.web.health import make_app

TOKEN = "0123456789abcdef"
CALL = "20261121-090012-k7m3q"
PATH = f"/api/v1/calls/{CALL}/callback"


@dataclass
class Engine:
    """A real server with what `call_back` was asked, and what it raises."""

    url: str = ""
    asked: list[tuple[str, ...]] = field(default_factory=list)
    fails: Exception | None = None

    async def call_back(self, of: str, person: str) -> str:
        self.asked.append((of, person))
        if self.fails is not None:
            raise self.fails
        return "20261121-100000-abcde"

    async def begin(self, page: str, delivery: str, person: str) -> str:
        self.asked.append((page, delivery, person))
        if self.fails is not None:
            raise self.fails
        return "20261121-100000-fghjk"

    async def stop(self, page: str, delivery: str) -> None:
        self.asked.append((page, delivery))
        if self.fails is not None:
            raise self.fails

    async def delete(self, path: str, token: str = TOKEN) -> tuple[int, bytes]:
        """The status of the answer, and what it says."""
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession() as http, http.delete(f"{self.url}{path}", headers=headers) as reply:
            return reply.status, await reply.read()

    async def post(
        self, body: bytes | str | object, path: str = PATH, token: str | None = f"Bearer {TOKEN}"
    ) -> tuple[int, Any]:
        """The status of the answer, and what it says."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": token} if token is not None else {}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}{path}", data=data, headers=headers) as reply,
        ):
            assert reply.content_type == "application/json"
            return reply.status, await reply.json()


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine()
    app = make_app({}, {}, lambda: 0)
    add_api(app, TOKEN, engine.call_back, engine)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    engine.url = f"http://{host}:{port}"
    yield engine
    await runner.cleanup()


async def test_a_call_back_is_begun_and_its_id_told(engine: Engine) -> None:
    assert await engine.post({"person": "alice"}) == (202, {"id": "20261121-100000-abcde"})
    assert engine.asked == [(CALL, "alice")]


@pytest.mark.parametrize(
    "token",
    [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer ü"],
)
async def test_without_the_token_nothing_is_done_nor_told(engine: Engine, token: str | None) -> None:
    refused = (401, {"error": "The token is missing or wrong."})
    assert await engine.post({"person": "alice"}, token=token) == refused
    assert await engine.post({"person": "alice"}, "/api/v1/nothing", token=token) == refused
    assert engine.asked == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoSuchCall("There is none."), 404),
        (CallbackRefused("They hid it."), 409),
        (UsageError("There is no person x."), 400),
        (AriDisconnected("Not connected."), 503),
    ],
)
async def test_a_refusal_says_why(engine: Engine, error: Exception, status: int) -> None:
    engine.fails = error
    assert await engine.post({"person": "alice"}) == (status, {"error": str(error)})


PAGE = "/api/v1/pages/20261121-083000-x2y4z/calls"


async def test_a_person_is_called_about_a_page(engine: Engine) -> None:
    asked = {"delivery": "20261121-083000-x2y4z-3", "person": "alice"}
    assert await engine.post(asked, PAGE) == (202, {"id": "20261121-100000-fghjk"})
    assert engine.asked == [("20261121-083000-x2y4z", "20261121-083000-x2y4z-3", "alice")]
    for field_ in asked:
        status, said = await engine.post({**asked, field_: ""}, PAGE)
        assert (status, said) == (400, {"error": f'The body lacks "{field_}", a text.'})


async def test_a_call_about_a_page_is_ended(engine: Engine) -> None:
    assert await engine.delete(f"{PAGE}/20261121-083000-x2y4z-3") == (204, b"")
    assert engine.asked == [("20261121-083000-x2y4z", "20261121-083000-x2y4z-3")]
    engine.fails = NoSuchPageCall("There is no such call.")
    assert await engine.delete(f"{PAGE}/20261121-083000-x2y4z-3") == (404, b'{"error": "There is no such call."}')
    assert (await engine.delete(f"{PAGE}/20261121-083000-x2y4z-3", token="wrong"))[0] == 401


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PageCallRefused("Alice Martin is on another call.", seconds=14.2), 409),
        (NobodyToCall("There is no person 'alice'.", seconds=14.2), 503),
    ],
)
async def test_who_cannot_be_called_now_may_be_asked_for_later(engine: Engine, error: Exception, status: int) -> None:
    engine.fails = error
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{engine.url}{PAGE}", json={"delivery": "d", "person": "alice"}, headers=headers) as reply,
    ):
        assert (reply.status, reply.headers["Retry-After"]) == (status, "15")
        assert await reply.json() == {"error": str(error)}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoSuchPageCall("There is no page 'x'."), 404),
        (AriDisconnected("The engine is not connected to Asterisk."), 503),
        (StoreError("The database is locked."), 503),
    ],
)
async def test_why_nobody_is_called_about_a_page_is_told(engine: Engine, error: Exception, status: int) -> None:
    engine.fails = error
    assert await engine.post({"delivery": "d", "person": "alice"}, PAGE) == (status, {"error": str(error)})


async def test_without_a_database_it_is_said_when_to_ask_again(engine: Engine) -> None:
    engine.fails = StoreError("The call has begun, but the database cannot be written now.")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{engine.url}{PAGE}", json={"delivery": "d", "person": "alice"}, headers=headers) as reply,
    ):
        assert (reply.status, reply.headers["Retry-After"]) == (503, "5")


async def test_a_defect_is_not_told_in_detail(engine: Engine) -> None:
    engine.fails = RuntimeError("secret detail")
    status, said = await engine.post({"person": "alice"})
    assert status == 500
    assert "secret" not in said["error"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 4000, b'"alice"', b"[]", b"{}", b'{"person": 5}', b'{"person": ""}']
)
async def test_what_is_not_a_request_is_refused_and_nothing_is_done(engine: Engine, body: bytes) -> None:
    status, said = await engine.post(body)
    assert status == 400
    assert said["error"].startswith("The body ")
    assert engine.asked == []


async def test_a_body_that_is_too_large_is_not_read(engine: Engine) -> None:
    assert await engine.post(b" " * (LONGEST_BODY + 1)) == (413, {"error": "The body is too large."})


async def test_other_addresses_and_methods_are_errors_in_json_too(engine: Engine) -> None:
    assert (await engine.post({}, "/api/v1/calls"))[0] == 404
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as http, http.get(f"{engine.url}{PATH}", headers=headers) as reply:
        assert (reply.status, await reply.json()) == (405, {"error": "Method Not Allowed"})
        assert reply.headers["Allow"] == "POST"


async def test_health_needs_no_token(engine: Engine) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{engine.url}/healthz") as reply:
        assert reply.status == 200
