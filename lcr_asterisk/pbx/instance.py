"""One running Asterisk: started, awaited, asked, stopped.

The process is in a session of its own: a Ctrl-C in the terminal reaches only us, and we stop it in order.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from lcr_asterisk.errors import PbxError
from lcr_asterisk.pbx.ports import check_free
from lcr_asterisk.pbx.render import control_socket, write_config
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import InstanceSpec

_START_SECONDS = 60.0  # a start takes below 2 s; a disk that is just waking up takes longer
_STOP_SECONDS = 20.0  # Asterisk itself waits 15 s for its channels to end
_CLI_SECONDS = 20.0
_POLL_SECONDS = 0.02


class Instance:
    """An Asterisk made from a specification. `async with Instance(spec, binary) as pbx:` starts and stops it."""

    def __init__(self, spec: InstanceSpec, binary: AsteriskBinary) -> None:
        self.spec = spec
        self.binary = binary
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """The process id. PbxError if it is not running."""
        if self._process is None or self._process.returncode is not None:
            raise PbxError(f"The Asterisk in {self.spec.directory} is not running.")
        return self._process.pid

    async def start(self) -> None:
        """Write the configuration, start Asterisk and return once it takes calls and ARI requests (about 1 s).

        PortTaken: another program has one of its ports. PbxError: it ended at once or never became ready; the message
        has the last lines of its log.
        """
        check_free(self.spec.http, "tcp", "Asterisk's HTTP server")
        check_free(self.spec.sip, "udp", "Asterisk's SIP")
        conf = write_config(self.spec, self.binary)
        control = control_socket(self.spec)
        if _answers(control):
            raise PbxError(f"An Asterisk already runs in {self.spec.directory}.", remedy="Stop it first.")
        control.unlink(missing_ok=True)  # of a killed predecessor: its presence must mean that this one listens
        output = self.spec.log.with_name("console.log")
        # -f: in the foreground. -n: no colours in the log.
        with output.open("wb") as file:
            self._process = await asyncio.create_subprocess_exec(
                *self.binary.command(conf),
                "-f",
                "-n",
                stdin=DEVNULL,
                stdout=file,
                stderr=STDOUT,
                start_new_session=True,
                umask=0o077,  # recordings are for this user only
            )
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not control.exists():
                    self._raise_if_ended()
                    await asyncio.sleep(_POLL_SECONDS)
                # Answers only when every module is loaded.
                while "fully booted" not in await self._ask("core waitfullybooted"):
                    self._raise_if_ended()
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            await self.stop()
            raise PbxError(f"Asterisk was not ready after {_START_SECONDS:.0f} s.{self.last_words()}") from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it: its channels are hung up properly first. Does nothing if it is not running."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._process = None

    async def wait(self) -> int:
        """Wait until it ends by itself; returns its exit status."""
        if self._process is None:
            raise PbxError(f"The Asterisk in {self.spec.directory} is not running.")
        return await self._process.wait()

    async def cli(self, command: str) -> str:
        """What Asterisk's command line prints for `command`. PbxError if Asterisk does not answer."""
        answer = await self._ask(command)
        if answer.startswith("Unable to connect to remote asterisk"):
            raise PbxError(f"The Asterisk in {self.spec.directory} does not answer on its control socket.")
        return answer

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _ask(self, command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *self.binary.command(self.spec.asterisk_conf),
            "-rx",
            command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), _CLI_SECONDS)
        except TimeoutError as error:
            raise PbxError(f"Asterisk did not answer {command!r} within {_CLI_SECONDS:.0f} s.") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return output.decode(errors="replace").lstrip("\n")

    def _raise_if_ended(self) -> None:
        if self._process is not None and self._process.returncode is not None:
            raise PbxError(
                f"Asterisk ended while it started (exit status {self._process.returncode}).{self.last_words()}"
            )

    def last_words(self) -> str:
        """The last warnings and errors of this run, as lines to put behind an error message."""
        console = self.spec.log.with_name("console.log")
        lines = console.read_text(encoding="utf-8", errors="replace").splitlines()[-8:] if console.exists() else []
        return "\n  " + "\n  ".join(lines) if lines else f" It left nothing in {console}."


def _answers(control: Path) -> bool:
    """Whether somebody listens on that Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(control))
        except OSError:
            return False
        return True


async def run_forever(instance: Instance, say: Callable[[str], None]) -> None:
    """Start it and stay until it ends or SIGTERM, SIGINT or SIGHUP comes, then stop it.

    PbxError: it could not be started, or ended by itself.
    """
    spec = instance.spec
    loop = asyncio.get_running_loop()
    asked_to_stop = asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, asked_to_stop.set)
    try:
        say(f"Starting {instance.binary} in {spec.directory}.")
        await instance.start()
        try:
            say(f"Asterisk runs (pid {instance.pid}): SIP on udp {spec.sip}, ARI on http {spec.http}, log {spec.log}.")
            await _first_of(instance, asked_to_stop)
        finally:
            await instance.stop()
        say("Asterisk has stopped.")
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def _first_of(instance: Instance, asked_to_stop: asyncio.Event) -> None:
    """Return when asked to stop; PbxError if Asterisk ends first."""
    async with asyncio.TaskGroup() as tasks:
        ended = tasks.create_task(instance.wait(), name="asterisk ended")
        asked = tasks.create_task(asked_to_stop.wait(), name="asked to stop")
        await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        asked.cancel()
    if not asked_to_stop.is_set():
        status = ended.result()
        raise PbxError(f"Asterisk ended by itself (exit status {status}).{instance.last_words()}")
