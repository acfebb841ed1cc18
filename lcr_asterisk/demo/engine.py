"""The engine of the demo: `lcr run` as a process of its own, just as it runs in earnest."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from lcr_asterisk.errors import DemoFailed

_STARTS_WITHIN = 60.0
_STOPS_WITHIN = 15.0
_POLL_SECONDS = 0.05


@asynccontextmanager
async def running_engine(environment: Mapping[str, str], log: Path, lock: int) -> AsyncIterator[None]:
    """`lcr run` with this environment, ready for calls; its output goes to `log`. `lock` is inherited.

    Raises DemoFailed with the engine's last words when it does not become ready.
    """
    with log.open("wb") as output:
        # In a session of its own: Ctrl-C reaches only us, and we stop it in order.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lcr_asterisk", "run"),
            env=environment,
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,
            pass_fds=(lock,),
        )
    try:
        await _until_ready(process, log)
        yield
    finally:
        await _stop(process)


async def _until_ready(process: Process, log: Path) -> None:
    try:
        async with asyncio.timeout(_STARTS_WITHIN):
            while not any(line.startswith("ready:") for line in _lines(log)):
                if process.returncode is not None:
                    raise DemoFailed(f"The engine ended while it started.{_last_words(log)}")
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise DemoFailed(f"The engine was not ready after {_STARTS_WITHIN:.0f} s.{_last_words(log)}") from None


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOPS_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_words(log: Path) -> str:
    return "".join(f"\n  {line}" for line in _lines(log)[-8:])


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()
