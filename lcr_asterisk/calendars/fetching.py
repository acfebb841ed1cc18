"""Getting the text of a calendar, from the web or from a file, within limits.

A feed's URL is a secret: who has it reads the calendar. No message here names it, nor is a cause kept that does.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from http.client import responses
from pathlib import Path

import aiohttp

from lcr_asterisk.errors import CalendarError
from lcr_asterisk.resolver import Resolver

MAX_BYTES = 5 * 1024 * 1024
MAX_REDIRECTS = 3
SECONDS = 20.0

_RESOLVER = Resolver()  # one for all fetches, so that its threads are bounded


async def fetch_url(url: str, seconds: float = SECONDS) -> bytes:
    """What stands at an http or https URL. Raises CalendarError."""
    try:
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=_RESOLVER),
                timeout=aiohttp.ClientTimeout(total=seconds),
                trust_env=True,
            ) as session,
            session.get(url, max_redirects=MAX_REDIRECTS, headers={"Accept": "text/calendar, */*;q=0.1"}) as response,
        ):
            if response.status != 200:
                # Not the reason that the server gives: that may repeat what it was asked for.
                raise CalendarError(
                    f"its server answers {response.status} {responses.get(response.status, '')}".rstrip()
                )
            return await _read(response.content)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise CalendarError(_sentence(error, seconds)) from None


async def fetch_file(path: Path) -> bytes:
    """What stands in a file. Raises CalendarError."""

    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)

    try:
        text = await asyncio.to_thread(read)
    except OSError as error:
        raise CalendarError(f"{path}: {error.strerror}") from error
    return _bounded(text)


async def _read(content: aiohttp.StreamReader) -> bytes:
    text = bytearray()
    async for chunk in content.iter_any():
        text += chunk
        _bounded(text)
    return bytes(text)


def _bounded(text: bytes | bytearray) -> bytes:
    if len(text) > MAX_BYTES:
        raise CalendarError(f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    return bytes(text)


def _sentence(error: Exception, seconds: float) -> str:
    """What went wrong, without the address that the libraries put into their messages."""
    match error:
        case TimeoutError():
            return f"its server does not answer within {seconds:g} s"
        case aiohttp.TooManyRedirects():
            return f"its server redirects more than {MAX_REDIRECTS} times"
        case aiohttp.ClientConnectorDNSError():
            return "its server's name cannot be looked up"
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
            return "its server's certificate is not trusted"
        case aiohttp.ClientSSLError():
            return "its server does not speak TLS as expected"
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return "its address, or one it redirects to, is not an http or https URL"
        case OSError(errno=int() as number):
            return f"its server cannot be reached: {os.strerror(number)}"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            return "its server broke off in the middle of the answer"
        case _:
            return f"its server cannot be asked ({type(error).__name__})"
