"""The notifier over HTTP: it takes events at `/v1/events`, and says how it is at `/healthz` and `/readyz`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from aiohttp import web

from lcr_asterisk.errors import PageError, StoreError
from lcr_asterisk.notifier import inbox, signature
from lcr_asterisk.notifier.inbox import Malformed, Wanted
from lcr_asterisk.notifier.signature import BadSignature

log = logging.getLogger(__name__)

EVENTS = "/v1/events"
LARGEST = 1024 * 1024  # bytes


def make_app(
    open_page: Callable[[Wanted], Awaitable[str | None]],
    secret: str,
    now: Callable[[], datetime],
    checks: Mapping[str, Callable[[], bool]],
    details: Mapping[str, Callable[[], object]],
) -> web.Application:
    """`open_page` commits the page and returns its id, or None where there is to be none; it may raise PageError.

    `secret` is the engine's too; `now` is asked for aware times. `checks` decide about `/readyz`, `details` are told.
    """
    app = web.Application(client_max_size=LARGEST)

    async def events(request: web.Request) -> web.Response:
        body = await request.read()
        try:
            id_ = signature.verify(secret, request.headers, body, now())
        except BadSignature as error:
            log.warning("an event is refused: %s", error)
            return _problem(401, str(error))
        try:
            wanted = inbox.read(body)
        except Malformed as error:
            log.error("event %s is refused: %s", id_, error)
            return _problem(400, str(error))
        if wanted is None:
            return web.json_response({"page": None})
        try:
            return web.json_response({"page": await open_page(wanted)})
        except PageError as error:
            log.error("event %s waits: %s", id_, error)
            return _problem(409, str(error))
        except StoreError as error:
            log.error("event %s waits: %s", id_, error)
            return _problem(503, "the database cannot be used")

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        found = {name: check() for name, check in checks.items()}
        told = {name: said for name, detail in details.items() if (said := detail()) is not None}
        body = {"ready": all(found.values()), "checks": found, "details": told}
        return web.json_response(body, status=200 if body["ready"] else 503)

    app.router.add_post(EVENTS, events)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app


def _problem(status: int, why: str) -> web.Response:
    return web.json_response({"problem": why}, status=status)
