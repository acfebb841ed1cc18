"""One WebSocket to Asterisk that carries requests, replies and events.

The client never waits for anything but the socket: `send` only queues, events go to a plain function that must only
take note, and every outcome of a request is the result of its future. Asterisk closes the socket of a client that
reads slowly (`websocket_write_timeout`), so nothing is awaited between two reads.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from lcr_asterisk.ari import requests
from lcr_asterisk.ari.messages import ApplicationReplaced, Event, Response, decode
from lcr_asterisk.ari.requests import Request
from lcr_asterisk.errors import (
    AriDisconnected,
    AriError,
    AriMalformed,
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

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 5.0
HEARTBEAT = 4.0  # Asterisk sends no pings, and a stopped one keeps its socket open: noticed after 1.5 heartbeats
FIRST_RETRY = 0.1
LONGEST_RETRY = 3.0

_jitter = secrets.SystemRandom()


@dataclass(slots=True)
class _Pending:
    request: Request
    future: asyncio.Future[Any]
    expiry: asyncio.TimerHandle


class AriClient:
    """ARI of one Asterisk for one application.

    `url` is where its HTTP server is ("http://127.0.0.1:8088"). `on_event` gets every event in order; `on_connected`
    is called before the first event of a connection, `on_disconnected` after its last. All three are called from the
    reader and must not block; what they raise is logged.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        app: str,
        *,
        on_event: Callable[[Event], None],
        on_connected: Callable[[], None],
        on_disconnected: Callable[[], None],
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._url = url.rstrip("/")
        self._app = app
        self._on_event = on_event
        self._on_connected = on_connected
        self._on_disconnected = on_disconnected
        self._heartbeat = heartbeat
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}
        self._ids = itertools.count(1)
        self._pending: dict[str, _Pending] = {}
        self._outbox: asyncio.Queue[str] | None = None

    @property
    def connected(self) -> bool:
        return self._outbox is not None

    def send(self, request: Request, timeout: float = 5.0) -> asyncio.Future[Any]:
        """Queue a request and return the future of its reply, decoded JSON or None.

        Requests go out in the order of the calls, and Asterisk handles them in that order, so several may be sent
        without waiting. The future may be ignored. It fails with AriDisconnected, AriTimeout (`timeout` in seconds),
        or the AriRefused that fits the status, unless the request counts that status as done.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        future.add_done_callback(_note_failure)
        if self._outbox is None:
            future.set_exception(AriDisconnected(f"{request}: not connected to Asterisk at {self._url}"))
            return future
        request_id = str(next(self._ids))
        self._outbox.put_nowait(_encode(request, request_id))
        expiry = loop.call_later(timeout, self._expire, request_id, timeout)
        self._pending[request_id] = _Pending(request, future, expiry)
        return future

    async def call(self, request: Request) -> Any:
        """Send a request and wait for its reply; returns and raises what the future of `send` does."""
        return await self.send(request)

    async def check(self) -> None:
        """Ask once over HTTP whether Asterisk is there and takes this user. Raises AriUnreachable, AriUnauthorized."""
        timeout = aiohttp.ClientTimeout(total=CONNECT_TIMEOUT)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.get(f"{self._url}/ari/{requests.ping().uri}", headers=self._headers) as reply,
            ):
                if reply.status != 200:
                    raise self._explain(reply.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    async def run(self) -> None:
        """Connect, serve, and connect again whenever the socket drops, until cancelled.

        An Asterisk that is not there (yet, or any more) is tried again, at growing intervals up to 3 s. Raises
        AriUnauthorized and AriReplaced, which no retry would cure.
        """
        retry = FIRST_RETRY
        async with aiohttp.ClientSession() as http:
            while True:
                try:
                    socket = await self._connect(http)
                except AriUnreachable as error:
                    log.warning("%s", error)
                else:
                    retry = FIRST_RETRY
                    await self._serve(socket)
                # Half of the wait is random, so that programs that lost the same Asterisk do not return in step.
                await asyncio.sleep(_jitter.uniform(retry / 2, retry))
                retry = min(retry * 2, LONGEST_RETRY)

    async def _connect(self, http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                return await http.ws_connect(
                    f"{self._url}/ari/events",
                    params={"app": self._app, "subscribeAll": "false"},
                    headers=self._headers,
                    heartbeat=self._heartbeat,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
        except aiohttp.WSServerHandshakeError as error:
            raise self._explain(error.status) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Live with one connection until it ends; AriReplaced when another client took the application over."""
        self._outbox = outbox = asyncio.Queue[str]()
        replaced = False
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(_write(socket, outbox), name="ari-writer")
                log.info("connected to Asterisk at %s as %s", self._url, self._app)
                _guarded(self._on_connected)
                replaced = await self._read(socket)
                writer.cancel()
        finally:
            self._outbox = None
            self._abandon(AriDisconnected(f"the socket to Asterisk at {self._url} closed before the reply"))
            _guarded(self._on_disconnected)
            await socket.close()
        if replaced:
            raise AriReplaced(
                f"another program connected to Asterisk at {self._url} under the name {self._app!r}.",
                remedy="Stop one of the two.",
            )
        log.warning("lost the socket to Asterisk at %s (close code %s)", self._url, socket.close_code)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Hand on what comes until the socket ends; true when it ends because the application was taken over."""
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            try:
                message = decode(frame.data)
            except AriMalformed as error:
                log.error("%s", error)
                continue
            match message:
                case Response():
                    self._settle(message)
                case ApplicationReplaced():
                    return True
                case _:
                    _guarded(self._on_event, message)
        return False

    def _settle(self, response: Response) -> None:
        pending = self._pending.pop(response.request_id, None)
        if pending is None:
            log.debug("late reply: %s", response)
            return
        pending.expiry.cancel()
        if pending.future.done():
            return
        if 200 <= response.status < 300:
            pending.future.set_result(response.body)
        elif response.status in pending.request.done_when:
            pending.future.set_result(None)
        else:
            pending.future.set_exception(_refusal(response, pending.request))

    def _expire(self, request_id: str, timeout: float) -> None:
        pending = self._pending.pop(request_id)
        if not pending.future.done():
            pending.future.set_exception(AriTimeout(f"{pending.request}: no reply from Asterisk in {timeout:g} s"))

    def _abandon(self, error: AriDisconnected) -> None:
        for pending in self._pending.values():
            pending.expiry.cancel()
            if not pending.future.done():
                pending.future.set_exception(AriDisconnected(f"{pending.request}: {error.message}"))
        self._pending.clear()

    def _explain(self, status: int) -> AriError:
        """Why Asterisk's HTTP server did not let this client in."""
        if status in (401, 403):
            return AriUnauthorized(
                f"Asterisk at {self._url} refused the ARI user or password.",
                remedy="Both are in its ari.conf.",
            )
        return AriUnreachable(
            f"the HTTP server at {self._url} answered {status}: no ARI is ready there.",
            remedy="Is this Asterisk, and is ari.conf enabled?",
        )

    def _unreachable(self, error: Exception) -> AriUnreachable:
        return AriUnreachable(
            f"no Asterisk answers at {self._url} ({error or type(error).__name__}).",
            remedy="Is it running, with http.conf enabled on this address?",
        )


async def _write(socket: aiohttp.ClientWebSocketResponse, outbox: asyncio.Queue[str]) -> None:
    while True:
        text = await outbox.get()
        try:
            await socket.send_str(text)
        except ConnectionError:
            # The reader sees the same end of the socket and tells everybody.
            return


def _encode(request: Request, request_id: str) -> str:
    message: dict[str, Any] = {
        "type": "RESTRequest",
        "request_id": request_id,
        "transaction_id": request_id,
        "method": request.method,
        "uri": request.uri,
    }
    if request.query:
        message["query_strings"] = [{"name": name, "value": value} for name, value in request.query]
    if request.body is not None:
        message["content_type"] = "application/json"
        message["message_body"] = json.dumps(request.body)
    return json.dumps(message)


def _refusal(response: Response, request: Request) -> AriRefused:
    said = response.body.get("message") if isinstance(response.body, dict) else None
    reason = said if isinstance(said, str) else response.reason
    kinds: dict[int, type[AriRefused]] = {404: NotFound, 409: Conflict, 422: Unprocessable}
    kind = ServerError if response.status >= 500 else kinds.get(response.status, AriRefused)
    return kind(response.status, reason, str(request))


def _note_failure(future: asyncio.Future[Any]) -> None:
    """Mark a failure as seen, so that a future nobody waits for ends without a warning from asyncio."""
    if not future.cancelled() and future.exception() is not None:
        log.debug("%s", future.exception())


def _guarded(function: Callable[..., None], *args: object) -> None:
    try:
        function(*args)
    except Exception:
        log.exception("a handler of ARI events failed")
