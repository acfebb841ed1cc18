"""`/healthz`: the process lives. `/readyz`: it can serve a caller now, or says what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web

Checks = Mapping[str, Callable[[], bool]]


def make_app(checks: Checks) -> web.Application:
    """`checks` are asked at every `/readyz`: name to whether it is well. One that is not makes the answer a 503."""
    app = web.Application()

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        found = {name: check() for name, check in checks.items()}
        ready = all(found.values())
        return web.json_response({"ready": ready, "checks": found}, status=200 if ready else 503)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app
