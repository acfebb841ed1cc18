"""The API answers whoever has its token, in JSON, and nobody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from lcr_asterisk.errors import AriDisconnected, CallbackRefused, NoSuchCall, UsageError
from lcr_asterisk.web.api import LONGEST_BODY, add_api
from lcr_asterisk.web.health import make_app

TOKEN = "0123456789abcdef"
CALL = "20261121-090012-k7m3q"
PATH = f"/api/v1/calls/{CALL}/callback"


@dataclass
class Engine:
    """A real server with what `call_back` was asked, and what it raises."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    fails: Exception | None = None

    async def call_back(self, of: str, person: str) -> str:
        self.asked.append((of, person))
        if self.fails is not None:
            raise self.fails
        return "20261121-100000-abcde"

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
    add_api(app, TOKEN, engine.call_back)
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
