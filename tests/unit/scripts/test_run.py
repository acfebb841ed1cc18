"""`scripts/run`: a crash of the engine is no reason to end the calls, which are in Asterisk."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "scripts" / "run"

# Stands in for `lcr`: both parts note that they began, as whom, and then live until they are told to end, which
# they may be as soon as that is noted.
LCR = """\
#!/bin/sh
case "$*" in
    "config check"*) exit 0 ;;
    "asterisk run") echo "Asterisk runs" ;;
esac
trap 'exit 0' TERM
echo "$$ $*" >>began
while :; do sleep 0.05; done
"""
# A clock on which each look is a minute after the last: an engine that ends has always lived for a while.
DATE = """\
#!/bin/sh
now=$(($(cat clock 2>/dev/null || echo 0) + 60))
echo "$now" >clock
echo "$now"
"""


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Process]:
    for name, text in ((".venv/bin/lcr", LCR), ("bin/date", DATE)):
        program = directory / name
        program.parent.mkdir(parents=True)
        program.write_text(text)
        program.chmod(0o755)
    (directory / "lcr.yaml").touch()
    (directory / "scripts").mkdir()
    script = shutil.copy(SCRIPT, directory / "scripts")
    environment = {"PATH": f"{directory}/bin:/usr/bin:/bin"}
    process = await asyncio.create_subprocess_exec(script, env=environment, cwd=directory, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.communicate()


async def began(directory: Path, what: str, times: int) -> list[int]:
    """The process ids of this part, once it has begun so often."""
    file = directory / "began"
    async with asyncio.timeout(60):
        while True:
            lines = [line.split(" ", 1) for line in _lines(file)]
            found = [int(pid) for pid, part in lines if part == what]
            if len(found) >= times:
                return found
            await asyncio.sleep(0.05)


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


async def test_a_killed_engine_is_started_again_and_asterisk_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path):
        (engine,) = await began(tmp_path, "run", 1)
        _kill(engine)
        assert len(await began(tmp_path, "run", 2)) == 2
        (asterisk,) = await began(tmp_path, "asterisk run", 1)
        _kill(asterisk, 0)  # it is still there


async def test_an_engine_that_is_told_to_stop_stays_stopped_and_asterisk_stops_too(tmp_path: Path) -> None:
    async with running(tmp_path) as process:
        (engine,) = await began(tmp_path, "run", 1)
        _kill(engine, signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0
        assert len(await began(tmp_path, "run", 1)) == 1


def _kill(process: int, how: int = signal.SIGKILL) -> None:
    os.kill(process, how)
