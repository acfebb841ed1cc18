"""`lcr demo` shows a newcomer two calls that really happen, and never claims a sound that was not heard."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import wave
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path

import pytest

from lcr_asterisk.books import make_book
from lcr_asterisk.config.load import load
from lcr_asterisk.demo.place import demo_place
from lcr_asterisk.pbx.root import AsteriskBinary

pytestmark = pytest.mark.alone  # it listens to whole sentences


@pytest.fixture
def data(tmp_path: Path, asterisk_binary: AsteriskBinary) -> Path:
    """A data directory with the Asterisk under test in it, so that the demo need not get one."""
    root = Path(asterisk_binary.launcher[-1]).parents[2]
    if root != Path("/"):
        (tmp_path / "asterisk-root").symlink_to(root)
    return tmp_path


async def test_two_calls_are_placed_told_and_heard(data: Path) -> None:
    demo = await _start(data)
    output = await _output(demo)

    assert demo.returncode == 0, output
    for line in (
        "Sam hears “Welcome to the production hotline.”",
        "Bob's softphone stops ringing; Sam and Alice are connected",
        "Alice hears Sam",
        "Sam hears Alice",
        "Alice rejects the call",
        "Sam presses # to end the message",
        "connected to Alice Martin",  # from here on as the system's own log tells it
        "message kept",
        "Every sound arrived",
    ):
        assert line in output


async def test_a_hotline_that_plays_silence_fails_the_demo(data: Path) -> None:
    """Each prompt of the system is on disk, and as long as it should be, but nothing can be heard in it."""
    with demo_place(data) as place:
        await make_book(load(place.config, {}, place.data), place.data, {}, lambda _: None)
        for prompt in (place.data / "sounds").rglob("*.wav"):
            _silence(prompt)

    demo = await _start(data)
    output = await _output(demo)

    assert demo.returncode == 1, output
    assert "lcr: Sam did not hear “Welcome to the production hotline.”" in output
    assert "Traceback" not in output
    assert _processes_of(data) == []


async def test_ctrl_c_in_the_middle_of_a_call_leaves_nothing_running(data: Path) -> None:
    demo = await _start(data)
    assert demo.stdout is not None
    async for line in demo.stdout:
        if b"Sam hears" in line:
            break
    demo.send_signal(signal.SIGINT)
    output = await _output(demo)

    assert demo.returncode == 130, output
    assert "The demo was interrupted" in output
    assert "Traceback" not in output
    assert _processes_of(data) == []


async def _start(data: Path) -> Process:
    environment = {**os.environ, "LCR_DATA": str(data)}
    command = (sys.executable, "-m", "lcr_asterisk", "demo")
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=STDOUT)


async def _output(demo: Process) -> str:
    output, _ = await demo.communicate()
    return output.decode()


def _silence(path: Path) -> None:
    with wave.open(str(path), "rb") as file:
        form, frames = file.getparams(), file.getnframes()
    with wave.open(str(path), "wb") as file:
        file.setparams(form)
        file.writeframes(bytes(2 * frames))


def _processes_of(data: Path) -> list[str]:
    """The command lines of all processes that have to do with this directory, by argument or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            about = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if os.fsencode(data) in about:
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # gone meanwhile, or another user's
    return found
