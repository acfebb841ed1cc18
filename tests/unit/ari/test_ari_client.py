"""The engine's line to Asterisk: in order, never stuck, back by itself, and plain about what is wrong.

A real HTTP and WebSocket server stands in for Asterisk, so that it can be slow, silent, rude or gone at will.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from lcr_asterisk.ari import requests
from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.ari.messages import Event, Unknown
from lcr_asterisk.errors import (
    AriDisconnected,
    AriRefused,
    AriReplaced,
    AriTimeout,
    AriUnauthorized,
    AriUnreachable,
    Conflict,
    NotFound,
    ServerError,
    Unprocessable,
)
from lcr_asterisk.pbx.spec import Address
from tests.unit.loopback import own_address

AUTHORIZATION = "Basic " + base64.b64encode(b"lcr:secret").decode()


class Pbx:
    """An HTTP server that speaks Asterisk's side; `answer` decides the reply to each request, None sends none."""

    def __init__(self, at: Address | None = None) -> None:
        self.at = at or own_address("tcp")  # also while it restarts
        self.url = f"http://{self.at}"
        self.answer: Callable[[dict[str, Any]], tuple[int, str] | None] = lambda _: (200, "{}")
        self.asked: list[str] = []
        self.connections = 0
        self.connected = asyncio.Event()
        self.status: int | None = None
        self._sockets: list[web.WebSocketResponse] = []
        self._pongs = True
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/ari/events", self._events)
        app.router.add_get("/ari/asterisk/ping", self._ping)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.at.host, self.at.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self.hang_up_on_everyone()
            await self._runner.cleanup()

    def _refusal(self, http: web.Request) -> int | None:
        return 401 if http.headers.get("Authorization") != AUTHORIZATION else self.status

    async def _ping(self, http: web.Request) -> web.Response:
        return web.json_response({"ping": "pong"}, status=self._refusal(http) or 200)

    async def _events(self, http: web.Request) -> web.StreamResponse:
        refusal = self._refusal(http)
        if refusal is not None:
            return web.Response(status=refusal)
        assert http.query["app"] == "lcr"
        assert http.query["subscribeAll"] == "false"
        socket = web.WebSocketResponse(autoping=self._pongs)
        await socket.prepare(http)
        self._sockets.append(socket)
        self.connections += 1
        self.connected.set()
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                await self._reply(socket, json.loads(frame.data))
        return socket

    async def _reply(self, socket: web.WebSocketResponse, request: dict[str, Any]) -> None:
        self.asked.append(f"{request['method']} {request['uri']}")
        answer = self.answer(request)
        if answer is not None:
            await socket.send_str(response(request["request_id"], *answer))

    def freeze(self) -> None:
        """Behave like a stopped process: the socket stays open, pings stay unanswered."""
        self._pongs = False

    async def say(self, text: str) -> None:
        await self._sockets[-1].send_str(text)

    async def hang_up_on_everyone(self) -> None:
        self.connected.clear()
        for socket in self._sockets:
            await socket.close()
        self._sockets.clear()


def response(request_id: str, status: int, body: str) -> str:
    return json.dumps(
        {
            "type": "RESTResponse",
            "request_id": request_id,
            "transaction_id": request_id,
            "status_code": status,
            "reason_phrase": "as told",
            "message_body": body,
        }
    )


class Ear:
    """The engine's place: notes what the client tells it."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.connected = asyncio.Event()
        self.disconnected = asyncio.Event()
        self.story: list[str] = []

    def on_event(self, event: Event) -> None:
        self.story.append("event")
        self.events.put_nowait(event)

    def on_connected(self) -> None:
        self.story.append("connected")
        self.disconnected.clear()
        self.connected.set()

    def on_disconnected(self) -> None:
        self.story.append("disconnected")
        self.connected.clear()
        self.disconnected.set()


def client_of(pbx: Pbx, ear: Ear, *, password: str = "secret", heartbeat: float = 10.0) -> AriClient:
    return AriClient(
        pbx.url,
        "lcr",
        password,
        "lcr",
        on_event=ear.on_event,
        on_connected=ear.on_connected,
        on_disconnected=ear.on_disconnected,
        heartbeat=heartbeat,
    )


@asynccontextmanager
async def running(client: AriClient, ear: Ear) -> AsyncIterator[AriClient]:
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(client.run())
        async with asyncio.timeout(30):
            await ear.connected.wait()
        try:
            yield client
        finally:
            run.cancel()


@pytest.fixture
async def pbx() -> AsyncIterator[Pbx]:
    server = Pbx()
    await server.start()
    yield server
    await server.stop()


async def test_requests_sent_without_waiting_arrive_in_order_and_each_gets_its_own_reply(pbx: Pbx) -> None:
    pbx.answer = lambda request: (200, json.dumps({"echo": request["uri"]}))
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        futures = [client.send(requests.get_channel(f"leg-{n}")) for n in range(60)]
        replies = await asyncio.gather(*futures)
    assert pbx.asked == [f"GET channels/leg-{n}" for n in range(60)]
    assert [reply["echo"] for reply in replies] == [f"channels/leg-{n}" for n in range(60)]


async def test_ids_media_and_query_reach_asterisk_unharmed(pbx: Pbx) -> None:
    seen: list[dict[str, Any]] = []

    def answer(request: dict[str, Any]) -> tuple[int, str]:
        seen.append(request)
        return 204, ""

    pbx.answer = answer
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        assert await client.call(requests.play("a/b +1", ["sound:/x,y", "tone:ring"], "p 1")) is None
        await client.call(requests.hangup("c", "busy"))
    assert seen[0]["uri"] == "channels/a%2Fb%20%2B1/play/p%201"
    assert json.loads(seen[0]["message_body"]) == {"media": ["sound:/x,y", "tone:ring"]}
    assert seen[1]["query_strings"] == [{"name": "reason", "value": "busy"}]


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, NotFound), (409, Conflict), (422, Unprocessable), (500, ServerError), (400, AriRefused)],
)
async def test_a_refusal_says_what_was_asked_and_why_it_failed(pbx: Pbx, status: int, error: type[AriRefused]) -> None:
    pbx.answer = lambda _: (status, '{"message": "no such channel"}')
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        with pytest.raises(error, match=f"POST channels/c/answer: {status} no such channel") as caught:
            await client.call(requests.answer("c"))
    assert type(caught.value) is error


@pytest.mark.parametrize("status", [404, 409, 422])
@pytest.mark.parametrize(
    "request_",
    [
        requests.hangup("c"),
        requests.stop_playback("p"),
        requests.stop_moh("c"),
        requests.stop_recording("r"),
        requests.destroy_bridge("b"),
    ],
    ids=str,
)
async def test_stopping_what_has_stopped_is_a_success(pbx: Pbx, status: int, request_: requests.Request) -> None:
    pbx.answer = lambda _: (status, "")
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        assert await client.call(request_) is None


async def test_making_the_bridge_again_is_a_success(pbx: Pbx) -> None:
    pbx.answer = lambda _: (409, "")
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        assert await client.call(requests.create_bridge("b")) is None


async def test_a_request_without_a_reply_ends_in_time_and_its_late_reply_harms_nobody(pbx: Pbx) -> None:
    held = asyncio.Queue[str]()

    def answer(request: dict[str, Any]) -> tuple[int, str] | None:
        if request["uri"] != "channels/slow":
            return 200, '{"who": "next"}'
        held.put_nowait(request["request_id"])
        return None

    pbx.answer = answer
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        with pytest.raises(AriTimeout, match=r"GET channels/slow: no reply from Asterisk in 0\.05 s"):
            await client.send(requests.get_channel("slow"), timeout=0.05)
        await pbx.say(response(await held.get(), 200, '{"who": "late"}'))
        assert await client.call(requests.get_channel("next")) == {"who": "next"}


async def test_a_caller_that_stops_waiting_does_not_disturb_the_others(pbx: Pbx) -> None:
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        given_up = client.send(requests.get_channel("a"))
        given_up.cancel()
        assert await client.call(requests.get_channel("b")) == {}


async def test_when_the_socket_drops_open_requests_fail_at_once_and_the_client_comes_back(pbx: Pbx) -> None:
    pbx.answer = lambda _: None
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        open_request = client.send(requests.get_channel("a"))
        await pbx.hang_up_on_everyone()
        with pytest.raises(AriDisconnected):
            await open_request
        await ear.disconnected.wait()
        with pytest.raises(AriDisconnected, match="not connected"):
            await client.send(requests.get_channel("b"))
        async with asyncio.timeout(30):
            await ear.connected.wait()
        pbx.answer = lambda _: (200, "{}")
        assert await client.call(requests.get_channel("c")) == {}
    assert ear.story == ["connected", "disconnected", "connected", "disconnected"]


async def test_the_client_waits_for_an_asterisk_that_restarts(pbx: Pbx) -> None:
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        await pbx.stop()
        await ear.disconnected.wait()
        again = Pbx(pbx.at)
        await again.start()
        try:
            async with asyncio.timeout(30):
                await ear.connected.wait()
            assert await client.call(requests.ping()) == {}
        finally:
            await again.stop()


async def test_a_frozen_asterisk_is_noticed(pbx: Pbx) -> None:
    pbx.freeze()
    async with running(client_of(pbx, ear := Ear(), heartbeat=0.1), ear), asyncio.timeout(30):
        await ear.disconnected.wait()


async def test_a_second_program_under_the_same_name_is_fatal(pbx: Pbx) -> None:
    ear = Ear()
    client = client_of(pbx, ear)
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(_outcome(client.run()))
        await ear.connected.wait()
        await pbx.say(
            '{"type": "ApplicationReplaced", "application": "lcr", "timestamp": "2026-11-21T09:00:00.0+0000"}'
        )
    assert isinstance(run.result(), AriReplaced)
    assert ear.story == ["connected", "disconnected"]
    assert pbx.connections == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_password_is_fatal_and_said_plainly(pbx: Pbx, status: int) -> None:
    pbx.status = status
    client = client_of(pbx, Ear())
    with pytest.raises(AriUnauthorized, match=r"refused the ARI user or password"):
        await client.run()
    with pytest.raises(AriUnauthorized):
        await client.check()


async def test_check_is_silent_when_all_is_well_and_names_the_address_when_nobody_answers(pbx: Pbx) -> None:
    await client_of(pbx, Ear()).check()
    pbx.status = 503
    with pytest.raises(AriUnreachable, match="answered 503"):
        await client_of(pbx, Ear()).check()
    await pbx.stop()
    with pytest.raises(AriUnreachable, match=f"no Asterisk answers at {pbx.url}"):
        await client_of(pbx, Ear()).check()


async def test_a_handler_that_fails_and_messages_that_make_no_sense_do_not_stop_the_reader(pbx: Pbx) -> None:
    ear = Ear()
    client = client_of(pbx, ear)

    def fragile(event: Event) -> None:
        if event == Unknown("Bad"):
            raise RuntimeError("a defect in the engine")
        ear.on_event(event)

    client = AriClient(
        pbx.url,
        "lcr",
        "secret",
        "lcr",
        on_event=fragile,
        on_connected=ear.on_connected,
        on_disconnected=ear.on_disconnected,
    )
    async with running(client, ear), asyncio.timeout(30):
        for text in ['{"type": "Bad"}', "not json", '{"type": "StasisEnd"}', "[]", '{"type": "Good"}']:
            await pbx.say(text)
        assert await ear.events.get() == Unknown("Good")


async def test_events_keep_coming_while_the_engine_is_slow_to_handle_them(pbx: Pbx) -> None:
    """A slow engine must not slow the socket: Asterisk closes a socket that is not read."""
    async with running(client_of(pbx, ear := Ear()), ear) as client:
        for n in range(500):
            await pbx.say(json.dumps({"type": f"Event{n}"}))
        # Nobody has taken an event yet; a request still gets its reply, which comes behind all of them.
        assert await client.call(requests.ping()) == {}
        assert [ear.events.get_nowait() for _ in range(500)] == [Unknown(f"Event{n}") for n in range(500)]


async def test_a_failed_request_that_nobody_looks_at_makes_no_noise(pbx: Pbx) -> None:
    pbx.answer = lambda _: (500, "")
    with complaints() as complained:
        async with running(client_of(pbx, ear := Ear()), ear) as client:
            client.send(requests.answer("c"))
            with pytest.raises(ServerError):
                await client.call(requests.answer("d"))
            pbx.answer = lambda _: None
            client.send(requests.answer("e"))
        client.send(requests.answer("f"))
        await asyncio.sleep(0)
    assert not complained


@contextmanager
def complaints() -> Iterator[list[str]]:
    """What asyncio complains about: exceptions never retrieved, above all."""
    handler = Collector()
    logging.getLogger("asyncio").addHandler(handler)
    try:
        yield handler.collected
    finally:
        logging.getLogger("asyncio").removeHandler(handler)


class Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.collected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.collected.append(record.getMessage())


async def _outcome(run: Any) -> BaseException | None:
    try:
        await run
    except Exception as error:
        return error
    return None
