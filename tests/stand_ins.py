"""Servers that stand in for those that alerts go to: they keep what they got, and answer as they are told."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Receiver:
    """An HTTP server on loopback. Answers each request with the next of `answers`, at last always with the last.

    With a certificate and its key it speaks TLS.
    """

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        self._tls = tls
        self.answers = [Answer()]
        self.got: list[Request] = []
        self.hangs = False
        self.breaks_off = False
        self._arrived = asyncio.Condition()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._server = TestServer(app, host="127.0.0.1")

    async def __aenter__(self) -> Receiver:
        context = None
        if self._tls is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*self._tls)
        await self._server.start_server(ssl=context)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    @property
    def port(self) -> int:
        assert self._server.port is not None
        return self._server.port

    def url(self, path: str = "secret-path", host: str = "127.0.0.1") -> str:
        return f"http{'s' if self._tls else ''}://{host}:{self.port}/{path}"

    async def got_times(self, times: int) -> None:
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.got) >= times)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        async with self._arrived:
            self.got.append(Request(request.method, request.path, request.headers, body))
            self._arrived.notify_all()
        if self.hangs:
            await asyncio.Event().wait()
        if self.breaks_off:
            assert request.transport is not None
            request.transport.abort()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=answer.status, text=answer.body, headers=answer.headers)


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server in a process of its own (`smtp_program.py`); `mails` are the files of what it accepted."""

    port: int
    directory: Path

    @property
    def mails(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.directory.glob("*.eml"))]


@asynccontextmanager
async def mail_server(directory: Path, **options: str) -> AsyncIterator[MailServer]:
    arguments = [f"--{name}={value}" for name, value in options.items()]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.smtp_program", f"--directory={directory}", *arguments),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        yield MailServer(port, directory)
    finally:
        process.kill()
        await process.wait()


def certificate(directory: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    cert, key = directory / "cert.pem", directory / "key.pem"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key
