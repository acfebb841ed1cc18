"""`lcr` as processes that begin at once: one program imports everything, and forks whenever one is asked for.

What is started so is a process of its own, with its own environment and output, and is killed like any other. Only the
seconds of importing are saved, of which tests that kill a program at each of its steps would need minutes.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
_LONGEST = 65536  # bytes of what is asked for


class Program:
    """One that runs. Its output is read from `stdout`."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader, said: asyncio.StreamReader) -> None:
        self.stdout = stdout
        self._pid = pid
        self._ended = asyncio.ensure_future(said.readline())

    @property
    def returncode(self) -> int | None:
        """As that of a process of asyncio: negative where a signal ended it."""
        return int(self._ended.result()) if self._ended.done() else None

    def send_signal(self, number: signal.Signals) -> None:
        if not self._ended.done():
            os.kill(self._pid, number)

    async def communicate(self) -> bytes:
        """The rest of its output, when it has ended."""
        rest = await self.stdout.read()
        await self._ended
        return rest


class Programs:
    """Where to ask for them: the path of the socket of `serve`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def run(self, *arguments: str, env: Mapping[str, str]) -> tuple[int | None, str, str]:
        """How `lcr` with these arguments ended, what it printed, and what it printed as errors."""
        with tempfile.TemporaryFile() as errors:
            program = await self.start(*arguments, env=env, errors=errors.fileno())
            out = await program.communicate()
            errors.seek(0)
            return program.returncode, out.decode(), errors.read().decode()

    async def start(
        self, *arguments: str, env: Mapping[str, str], main: str = "lcr_asterisk.cli:main", errors: int = 2
    ) -> Program:
        """`lcr` with these arguments, or another `main`; `errors` is the file to which it prints errors."""
        reading, writing = os.pipe()
        asked = json.dumps({"main": main, "arguments": arguments, "env": dict(env)}).encode()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(self._path))
        socket.send_fds(connection, [asked], [writing, errors])
        os.close(writing)
        stdout = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stdout), os.fdopen(reading, "rb")
        )
        said, writer = await asyncio.open_connection(sock=connection)
        program = Program(int(await said.readline()), stdout, said)
        program._ended.add_done_callback(lambda _: writer.close())
        return program


@asynccontextmanager
async def programs() -> AsyncIterator[Programs]:
    """The program that forks, until the block ends."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "programs"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.unit.programs", str(path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=REPOSITORY,
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        try:
            yield Programs(path)
        finally:
            assert process.stdin is not None
            process.stdin.close()  # which ends it
            await process.wait()


def serve(path: str) -> None:
    import lcr_asterisk.cli  # noqa: F401 - all that takes time is done before anybody asks

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _start(connection)
        connection.close()


def _start(connection: socket.socket) -> None:
    """Fork once more, so that there is one that waits for the program and says how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked, fds, _, _ = socket.recv_fds(connection, _LONGEST, 2)
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(json.loads(asked), fds)
    for fd in fds:
        os.close(fd)
    connection.sendall(b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(asked: dict[str, Any], fds: list[int]) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, fd in enumerate(fds, 1):
        os.dup2(fd, number)
        os.close(fd)
    os.environ.clear()
    os.environ.update(asked["env"])
    random.seed()  # not the same for all that are forked
    module, _, main = asked["main"].partition(":")
    sys.argv = [module, *asked["arguments"]]
    code: object = 1
    try:
        getattr(importlib.import_module(module), main)()
        code = 0
    except Exception:
        traceback.print_exc()
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    serve(sys.argv[1])
