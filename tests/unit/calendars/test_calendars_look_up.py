"""While names cannot be looked up, calendars wait for that, and nobody else does."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import pytest

from lcr_asterisk.calendars.fetching import fetch_url
from lcr_asterisk.errors import CalendarError


@pytest.mark.asyncio(loop_scope="function")  # a loop of its own, with one thread for what others have to do
async def test_a_name_server_that_is_away_takes_no_thread_from_callers_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, asked, answers = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    loop.set_default_executor(ThreadPoolExecutor(1))

    def away(*_: object, **__: object) -> NoReturn:
        loop.call_soon_threadsafe(asked.set)
        answers.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", away)
    fetching = asyncio.create_task(fetch_url("http://calendar.example/"))
    try:
        async with asyncio.timeout(30):
            await asked.wait()
            await asyncio.to_thread(int)
        assert not fetching.done()
    finally:
        answers.set()
    with pytest.raises(CalendarError, match="its server's name cannot be looked up"):
        await fetching
