"""The API: what may be asked of the running engine by whoever has its token. Errors are JSON: {"error": "..."}."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from lcr_asterisk.errors import CallbackRefused, LcrError, NoSuchCall, UsageError

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
LONGEST_BODY = 4096  # bytes

CallBack = Callable[[str, str], Awaitable[str]]


def add_api(app: web.Application, token: str, call_back: CallBack) -> None:
    """Serve the API under /api/v1 of this application.

    `call_back` takes the id of a logged call and of a person, and answers with the id of the new call; what it raises
    of ours is told: NoSuchCall as 404, UsageError as 400, CallbackRefused as 409, any other LcrError as 503.
    """

    async def callback(request: web.Request) -> web.Response:
        person = await _text(request, "person")
        call_id = await call_back(request.match_info["id"], person)
        return web.json_response({"id": call_id}, status=202)

    api = web.Application(middlewares=[_errors_as_json, _with_token(token)])
    api.router.add_post("/calls/{id}/callback", callback)
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
        return web.json_response({"error": str(error)}, status=_status(error))
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return web.json_response({"error": "A defect in this program; its log says more."}, status=500)


def _status(error: LcrError) -> int:
    match error:
        case NoSuchCall():
            return 404
        case CallbackRefused():
            return 409
        case UsageError():
            return 400
        case _:
            return 503


async def _text(request: web.Request, name: str) -> str:
    """This field of the body, which is a JSON object. Raises HTTPException."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LONGEST_BODY, len(body), reason="The body is too large.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(reason="The body is not JSON.") from None
    value = found.get(name) if isinstance(found, dict) else None
    if not isinstance(value, str) or not value:
        raise web.HTTPBadRequest(reason=f'The body lacks "{name}", a text.')
    return value
