"""Posting to web addresses: bounded in time and size, without redirects, and only to addresses that are allowed.

An address is a secret (who has it can post there), so no message here names it, nor is a cause kept that does.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import aiohttp

from lcr_asterisk.notifier import addresses
from lcr_asterisk.notifier.addresses import Network, Refused
from lcr_asterisk.notifier.decisions import SOON, GiveUp, Reply, RetryAfter
from lcr_asterisk.resolver import Resolver

SECONDS = 10.0
LARGEST_REPLY = 64 * 1024


class Poster:
    """One HTTP client for all targets. Open it with `async with`."""

    def __init__(self, now: Callable[[], datetime], allowed: Sequence[Network], seconds: float = SECONDS) -> None:
        self._now = now
        self._allowed = tuple(allowed)
        self._seconds = seconds

    async def __aenter__(self) -> Self:
        self._open = AsyncExitStack()
        connector = aiohttp.TCPConnector(
            limit=0,  # one that hangs takes no place from others; how many there are is bounded by each target's rate
            resolver=Resolver(),
            socket_factory=self._socket,
        )
        self._session = await self._open.enter_async_context(
            aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=self._seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "lcr-asterisk"},
            )
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply | RetryAfter | GiveUp:
        """What the server answers; or what to do where it does not answer at all. Never raises."""
        return await self._ask("POST", url, body, {"Content-Type": "application/json; charset=utf-8", **headers})

    async def delete(self, url: str, headers: dict[str, str]) -> Reply | RetryAfter | GiveUp:
        """The same."""
        return await self._ask("DELETE", url, None, headers)

    async def _ask(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> Reply | RetryAfter | GiveUp:
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                said = await beginning(response.content)
                return Reply(response.status, self._now(), response.headers.get("Retry-After"), said)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return self._failed(error)

    def _socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        addresses.check(address[0], self._allowed)
        return socket.socket(family, kind, protocol)

    def _failed(self, error: Exception) -> RetryAfter | GiveUp:
        refused = _refusal(error)
        if refused is not None:
            return GiveUp(str(refused))
        match error:
            case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
                return GiveUp("its address is not an http or https URL")
            case TimeoutError():
                why = f"it does not answer within {self._seconds:g} s"
            case aiohttp.ClientConnectorDNSError():
                why = "its name cannot be looked up"
            case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
                why = "its certificate is not trusted"
            case aiohttp.ClientSSLError():
                why = "it does not speak TLS as expected"
            case OSError(errno=int() as number):
                why = f"it cannot be reached: {os.strerror(number)}"
            case _:
                why = f"it broke off ({type(error).__name__})"
        return RetryAfter(SOON, why)


def _refusal(error: BaseException | None) -> Refused | None:
    """The refusal that this error came from; several addresses of a name are tried, and their errors are wrapped."""
    while error is not None:
        if isinstance(error, Refused):
            return error
        error = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error.__cause__
    return None


async def beginning(content: aiohttp.StreamReader) -> bytes:
    """Of an answer, however long it is: not more than LARGEST_REPLY."""
    read = bytearray()
    async for chunk in content.iter_any():
        read += chunk
        if len(read) >= LARGEST_REPLY:
            break
    return bytes(read[:LARGEST_REPLY])
