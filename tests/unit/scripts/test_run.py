"""`scripts/run`: a crash of the engine or of the notifier is no reason to end the calls, which are in Asterisk."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "run"

# Stands in for `lcr`: all parts note that they began, as whom, and then live until they are told to end, which they may
# be as soon as that is noted.
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
# A clock on which each look is a minute after the last: what ends has always lived for a while.
DATE = """\
#!/bin/sh
now=$(($(cat clock 2>/dev/null || echo 0) + 60))
echo "$now" >clock
echo "$now"
"""
# One that the test sets, which notes each look at it.
CLOCK = """\
#!/bin/sh
cat clock
cat clock >>looks
"""


def set_clock(directory: Path, seconds: int) -> None:
    (directory / "new").write_text(f"{seconds}\n")
    (directory / "new").rename(directory / "clock")  # whoever reads it meanwhile finds the one or the other


@asynccontextmanager
async def running(directory: Path, date: str = DATE) -> AsyncIterator[Process]:
    for name, text in ((".venv/bin/lcr", LCR), ("bin/date", date)):
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


async def looks(directory: Path, seconds: int, times: int) -> None:
    """Until the script has looked so often at its clock, and found this."""
    async with asyncio.timeout(60):
        while _lines(directory / "looks").count(str(seconds)) < times:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.05)


async def says(process: Process) -> str:
    assert process.stderr is not None
    return (await asyncio.wait_for(process.stderr.readline(), 60)).decode().rstrip()


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


async def test_a_killed_engine_is_started_again_and_asterisk_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path):
        (engine,) = await began(tmp_path, "run", 1)
        _kill(engine)
        assert len(await began(tmp_path, "run", 2)) == 2
        (asterisk,) = await began(tmp_path, "asterisk run", 1)
        _kill(asterisk, 0)  # it is still there


async def test_a_killed_notifier_is_started_again_and_calls_go_on(tmp_path: Path) -> None:
    async with running(tmp_path) as process:
        (notifier,) = await began(tmp_path, "notifier", 1)
        (engine,) = await began(tmp_path, "run", 1)
        _kill(notifier)
        _, again = await began(tmp_path, "notifier", 2)
        _kill(engine, 0)  # it is still there
    assert process.returncode == 143
    with pytest.raises(ProcessLookupError):
        _kill(again, 0)


async def test_a_notifier_that_cannot_begin_yet_is_tried_again_and_again_but_not_at_once(tmp_path: Path) -> None:
    """What it needs, such as its database, may come up after it."""
    set_clock(tmp_path, 1000)
    async with running(tmp_path, CLOCK) as process:
        for began_at in (1000, 1010, 1020):
            *_, notifier = await began(tmp_path, "notifier", (began_at - 990) // 10)
            _kill(notifier)
            assert await says(process) == "run: the notifier ended with code 137; it is started again"
            set_clock(tmp_path, began_at + 9)
            await looks(tmp_path, began_at + 9, 2)
            assert (await began(tmp_path, "notifier", 1))[-1] == notifier
            set_clock(tmp_path, began_at + 10)
        await began(tmp_path, "notifier", 4)
        (engine,) = await began(tmp_path, "run", 1)
        _kill(engine, 0)  # it is still there


async def test_a_clock_that_is_set_back_does_not_keep_it_away(tmp_path: Path) -> None:
    set_clock(tmp_path, 4600)
    async with running(tmp_path, CLOCK) as process:
        (notifier,) = await began(tmp_path, "notifier", 1)
        set_clock(tmp_path, 1000)
        _kill(notifier)
        assert await says(process) == "run: the notifier ended with code 137; it is started again"
        await began(tmp_path, "notifier", 2)


async def test_a_notifier_that_is_told_to_stop_stays_stopped_and_calls_go_on(tmp_path: Path) -> None:
    async with running(tmp_path) as process:
        (notifier,) = await began(tmp_path, "notifier", 1)
        _kill(notifier, signal.SIGTERM)
        assert (await says(process)).startswith("run: the notifier was told to stop and stays away: calls go on")
        (engine,) = await began(tmp_path, "run", 1)
        _kill(engine)
        assert await says(process) == "run: the engine ended with code 137; it is started again"
        await began(tmp_path, "run", 2)
        assert await began(tmp_path, "notifier", 1) == [notifier]


async def test_an_engine_that_cannot_begin_ends_everything(tmp_path: Path) -> None:
    """Whoever starts it for the first time sees why."""
    set_clock(tmp_path, 1000)
    async with running(tmp_path, CLOCK) as process:
        (engine,) = await began(tmp_path, "run", 1)
        _kill(engine)
        assert await asyncio.wait_for(process.wait(), 60) == 137


async def test_an_engine_that_has_served_is_started_again_also_where_it_cannot_begin_for_a_while(
    tmp_path: Path,
) -> None:
    """People talk through Asterisk, which would end with it."""
    set_clock(tmp_path, 1000)
    async with running(tmp_path, CLOCK) as process:
        (engine,) = await began(tmp_path, "run", 1)
        set_clock(tmp_path, 1010)
        _kill(engine)
        assert await says(process) == "run: the engine ended with code 137; it is started again"
        _, engine = await began(tmp_path, "run", 2)
        _kill(engine)
        assert await says(process) == "run: the engine ended with code 137; it is started again"
        set_clock(tmp_path, 1019)
        await looks(tmp_path, 1019, 2)
        assert len(await began(tmp_path, "run", 2)) == 2
        set_clock(tmp_path, 1020)
        await began(tmp_path, "run", 3)


async def test_an_engine_that_is_told_to_stop_stays_stopped_and_asterisk_stops_too(tmp_path: Path) -> None:
    async with running(tmp_path) as process:
        (engine,) = await began(tmp_path, "run", 1)
        _kill(engine, signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0
        assert len(await began(tmp_path, "run", 1)) == 1


def _kill(process: int, how: int = signal.SIGKILL) -> None:
    os.kill(process, how)
