"""A softphone of another make: baresip, registered at the system and used by its remote control.

    async with Baresip(directory, Login("barry", password), system, voice=wav) as barry:
        await barry.is_registered()
        await barry.rings()
        await barry.answers()
        await barry.presses("1")

What it says is a WAV file; what it hears is one too (`heard`), when the call is over.
"""

from __future__ import annotations

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from lcr_asterisk.pbx.spec import Address, Login
from lcr_asterisk.simulator.addresses import free_address

HOST = "127.0.0.3"  # its own loopback address, so that Asterisk takes it neither for the carrier nor for itself
_MODULES = "/usr/lib/baresip/modules"
_POLL_SECONDS = 0.05
_WITHIN = 10.0

Found = TypeVar("Found")

_CONFIG = """\
sip_listen {sip}
audio_source aufile,{voice}
audio_player aufile,{directory}/unused.wav
audio_srate 8000
audio_channels 1
rtp_ports {rtp}
ctrl_tcp_listen {control}
snd_path {directory}
module_path {modules}
module g711.so
module aufile.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
"""


class Baresip:
    """A softphone that registers as `login` at `system` and says what is in `voice` (WAV, 8 kHz mono 16-bit)."""

    def __init__(self, directory: Path, login: Login, system: Address, voice: Path) -> None:
        self._directory = directory
        self._login = login
        self._system = system
        self._voice = voice
        self._events: list[dict[str, Any]] = []
        self._told = 0
        self._changed = asyncio.Event()
        self._output: list[str] = []
        self._stack = AsyncExitStack()
        self._process: Process | None = None
        self._writer: StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self._directory.mkdir(parents=True)
        control = free_address(HOST, "tcp")
        config = _CONFIG.format(
            sip=free_address(HOST, "udp"),
            voice=self._voice,
            directory=self._directory,
            rtp="30000-31000",
            control=control,
            modules=_MODULES,
        )
        (self._directory / "config").write_text(config)
        name, password = self._login.name, self._login.password
        account = f"<sip:{name}@{self._system}>;auth_pass={password};answermode=manual;regint=60;audio_codecs=PCMU\n"
        (self._directory / "accounts").write_text(account)
        try:
            self._process = await asyncio.create_subprocess_exec(
                "baresip", "-f", str(self._directory), cwd=self._directory, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
            )
            self._stack.push_async_callback(self._end, self._process)
            tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
            assert self._process.stdout is not None
            self._stack.callback(tasks.create_task(self._read(self._process.stdout), name="baresip-output").cancel)
            reader, self._writer = await self._connect(control)
            self._stack.callback(self._writer.close)
            self._stack.callback(tasks.create_task(self._listen(reader), name="baresip-control").cancel)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def is_registered(self) -> None:
        """The system took its registration, which may have been before the remote control was connected."""
        await self._until(
            lambda: any("200 OK" in line and "binding" in line for line in self._output) or None, "binding"
        )

    async def rings(self) -> dict[str, Any]:
        """Says what the phone shows: `peeruri` and `peerdisplayname`."""
        return await self._happens("CALL_INCOMING")

    async def answers(self) -> None:
        await self._command("accept")
        await self._happens("CALL_ESTABLISHED")

    async def presses(self, key: str) -> None:
        """Press a key, sent as RTP events."""
        await self._command("sndcode", key)

    async def hangs_up(self) -> None:
        await self._command("hangup")
        await self._happens("CALL_CLOSED")

    async def is_hung_up(self) -> None:
        await self._happens("CALL_CLOSED")

    def heard(self) -> Path:
        """What arrived at this phone in its last call, as WAV."""
        (path,) = self._directory.glob("dump-*-dec.wav")
        return path

    async def _command(self, command: str, params: str = "") -> None:
        assert self._writer is not None, "baresip does not run: use `async with`"
        text = json.dumps({"command": command, "params": params}).encode()
        self._writer.write(b"%d:%b," % (len(text), text))  # a netstring
        await self._writer.drain()

    async def _happens(self, kind: str) -> dict[str, Any]:
        """The next event of this kind."""

        def look() -> dict[str, Any] | None:
            for place, event in enumerate(self._events[self._told :], self._told + 1):
                if event.get("type") == kind:
                    self._told = place
                    return event
            return None

        return await self._until(look, kind)

    async def _until(self, look: Callable[[], Found | None], kind: str) -> Found:
        try:
            async with asyncio.timeout(_WITHIN):
                while (found := look()) is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            story = "\n".join([*map(str, self._events), *self._output[-30:]])
            raise AssertionError(f"baresip: no {kind} within {_WITHIN:g} s.\n{story}") from None
        return found

    async def _connect(self, control: Address) -> tuple[StreamReader, StreamWriter]:
        async with asyncio.timeout(_WITHIN):
            while True:
                try:
                    return await asyncio.open_connection(control.host, control.port)
                except ConnectionRefusedError:
                    await asyncio.sleep(_POLL_SECONDS)

    async def _listen(self, reader: StreamReader) -> None:
        while True:
            try:
                length = await reader.readuntil(b":")
                text = await reader.readexactly(int(length[:-1]) + 1)
            except asyncio.IncompleteReadError:
                return
            message = json.loads(text[:-1])
            if message.get("event"):
                self._events.append(message)
                self._changed.set()

    async def _read(self, output: StreamReader) -> None:
        async for line in output:
            self._output.append(line.decode(errors="replace").rstrip())
            self._changed.set()

    async def _end(self, process: Process) -> None:
        if process.returncode is None:
            process.terminate()
            await process.wait()
