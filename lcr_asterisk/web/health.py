"""`/healthz`: the process lives, and how busy it is. `/readyz`: it can serve a caller now, or says what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web

Checks = Mapping[str, Callable[[], bool]]
Details = Mapping[str, Callable[[], object]]


def make_app(checks: Checks, details: Details, calls: Callable[[], int]) -> web.Application:
    """`checks` are asked at every `/readyz`: name to whether it is well. One that is not makes the answer a 503.

    `details` are told beside them and decide nothing: name to something JSON can say, None where there is nothing to
    tell. `calls` is the number of calls in progress.
    """
    app = web.Application()

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive", "calls": calls(), "tasks": len(asyncio.all_tasks())})

    async def readyz(_: web.Request) -> web.Response:
        found = {name: check() for name, check in checks.items()}
        ready = all(found.values())
        told = {name: said for name, detail in details.items() if (said := detail()) is not None}
        body = {"ready": ready, "checks": found, "details": told}
        return web.json_response(body, status=200 if ready else 503)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app
