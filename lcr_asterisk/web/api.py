"""The API: what may be asked of the running engine by whoever has its token. Errors are JSON: {"error": "..."}."""

from __future__ import annotations

import hmac
import json
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from lcr_asterisk.errors import (
    CallbackRefused,
    LcrError,
    NobodyToCall,
    NoSuchCall,
    NoSuchPageCall,
    PageCallRefused,
    StoreError,
    UsageError,
)

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
API_TOKEN = "api"  # noqa: S105 - the name of the secret by which a command, or the notifier, may ask for something
LONGEST_BODY = 4096  # bytes
TRY_AGAIN = 5.0  # seconds, where the database cannot be used

CallBack = Callable[[str, str], Awaitable[str]]


class PageCalls(Protocol):
    """Calls to people about pages."""

    async def begin(self, page: str, delivery: str, person: str) -> str: ...

    async def stop(self, page: str, delivery: str) -> None: ...


def add_api(app: web.Application, token: str, call_back: CallBack, page_calls: PageCalls) -> None:
    """Serve the API under /api/v1 of this application.

    `call_back` takes the id of a logged call and of a person, and answers with the id of the new call, as does
    `page_calls.begin`. What they raise of ours is told: NoSuchCall and NoSuchPageCall as 404, UsageError as 400,
    CallbackRefused and PageCallRefused as 409, any other LcrError as 503. So is NobodyToCall: whoever asks may have
    read an edited configuration before the engine. A PageCallRefused has Retry-After, and so has a StoreError.
    """

    async def callback(request: web.Request) -> web.Response:
        person = _text(await _body(request), "person")
        call_id = await call_back(request.match_info["id"], person)
        return web.json_response({"id": call_id}, status=202)

    async def call_about_page(request: web.Request) -> web.Response:
        body = await _body(request)
        delivery, person = _text(body, "delivery"), _text(body, "person")
        call_id = await page_calls.begin(request.match_info["page"], delivery, person)
        return web.json_response({"id": call_id}, status=202)

    async def stop_page_call(request: web.Request) -> web.Response:
        await page_calls.stop(request.match_info["page"], request.match_info["delivery"])
        return web.Response(status=204)

    api = web.Application(middlewares=[_errors_as_json, _with_token(token)])
    api.router.add_post("/calls/{id}/callback", callback)
    api.router.add_post("/pages/{page}/calls", call_about_page)
    api.router.add_delete("/pages/{page}/calls/{delivery}", stop_page_call)
    app.add_subapp(PREFIX, api)


def _with_token(token: str) -> Middleware:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"}, reason="The token is missing or wrong.")
        return await handler(request)

    return check


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        headers = {name: value for name, value in error.headers.items() if name != "Content-Type"}
        return web.json_response({"error": error.reason}, status=error.status, headers=headers)
    except LcrError as error:
        later = _later(error)
        headers = {"Retry-After": str(math.ceil(later))} if later else {}
        return web.json_response({"error": str(error)}, status=_status(error), headers=headers)
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return web.json_response({"error": "A defect in this program; its log says more."}, status=500)


def _later(error: LcrError) -> float:
    """The seconds after which it may be asked for again; 0 where nobody knows."""
    match error:
        case PageCallRefused(seconds=seconds):
            return seconds
        case StoreError():
            return TRY_AGAIN
        case _:
            return 0.0


def _status(error: LcrError) -> int:
    match error:
        case NoSuchCall() | NoSuchPageCall():
            return 404
        case NobodyToCall():
            return 503
        case CallbackRefused() | PageCallRefused():
            return 409
        case UsageError():
            return 400
        case _:
            return 503


async def _body(request: web.Request) -> dict[str, Any]:
    """The JSON object that is the body; empty where it is another JSON value. Raises HTTPException."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LONGEST_BODY, len(body), reason="The body is too large.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(reason="The body is not JSON.") from None
    return found if isinstance(found, dict) else {}


def _text(body: dict[str, Any], name: str) -> str:
    """This field of the body. Raises HTTPException."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise web.HTTPBadRequest(reason=f'The body lacks "{name}", a text.')
    return value
