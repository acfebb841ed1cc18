"""Apprise from outside: one program for many notifications, and a new one after any that did not come to an end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from lcr_asterisk.notifier.addresses import Network
from lcr_asterisk.notifier.decisions import NO_LONGER_WANTED, SOON, Decision, RetryAfter
from lcr_asterisk.notifier.messages import IsWanted, always
from lcr_asterisk.notifier.targets import by_apprise
from lcr_asterisk.notifier.targets.by_apprise import Notification

SECONDS = 30.0


class AppriseRunner:
    """Starts the program when it is first needed. Open it with `async with`.

    `limit` makes the time limit of an attempt from its `seconds`.
    """

    def __init__(
        self,
        allowed: Sequence[Network],
        seconds: float = SECONDS,
        limit: Callable[[float], asyncio.Timeout] = asyncio.timeout,
    ) -> None:
        self._networks = tuple(map(str, allowed))
        self._seconds = seconds
        self._limit = limit
        self._program: _Program | None = None
        self._starting = asyncio.Lock()
        self._old: set[_Program] = set()

    async def __aenter__(self) -> Self:
        self._tasks = await asyncio.TaskGroup().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in (*self._old, *([self._program] if self._program else [])):
            await program.end()
        await self._tasks.__aexit__(kind, error, trace)

    async def notify(self, notification: Notification, is_wanted: IsWanted = always) -> Decision:
        """Takes no longer than the time limit. Raises nothing but what `is_wanted` does, which is asked at last."""
        program: _Program | None = None
        try:
            async with self._limit(self._seconds):
                program = await self._running()
                await program.begun()
                if not await is_wanted():
                    return NO_LONGER_WANTED
                return by_apprise.decide(await program.ask(notification))
        except TimeoutError:
            # One that only takes long to start is left to it.
            if program is not None and program.ready:
                self._retire(program)
            return RetryAfter(SOON, f"the service does not answer within {self._seconds:g} s")
        except OSError:
            return RetryAfter(SOON, "Apprise broke off")

    @property
    def process(self) -> asyncio.subprocess.Process | None:
        """The program that new notifications go to."""
        return self._program.process if self._program else None

    async def _running(self) -> _Program:
        async with self._starting:
            for old in [old for old in self._old if not old.busy]:
                self._old.discard(old)
                await old.end()
            if self._program is None or not self._program.alive:
                self._program = await _Program.start(self._networks, self._tasks)
            return self._program

    def _retire(self, program: _Program) -> None:
        """One of its threads hangs for ever: others may end what they do in it, new ones get a program without that."""
        if program is self._program:
            self._program = None
        self._old.add(program)


class _Program:
    def __init__(self, process: asyncio.subprocess.Process, tasks: asyncio.TaskGroup) -> None:
        self.process = process
        self._asked: dict[int, asyncio.Future[str]] = {}
        self._last = 0
        self._started = asyncio.Event()
        self._ended = False
        self._reading = tasks.create_task(self._read(), name="apprise")

    @classmethod
    async def start(cls, networks: Sequence[str], tasks: asyncio.TaskGroup) -> Self:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lcr_asterisk.notifier.apprise_program"),
            *networks,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # plugins log URLs
        )
        return cls(process, tasks)

    @property
    def alive(self) -> bool:
        return self.process.returncode is None and not self._ended

    @property
    def ready(self) -> bool:
        return self._started.is_set()

    @property
    def busy(self) -> bool:
        return self.alive and bool(self._asked)

    async def begun(self) -> None:
        """It has read all it needs: a job that is written earlier could be done when it has been given up here."""
        await self._started.wait()

    async def ask(self, notification: Notification) -> str:
        """Its answer. Raises OSError: it has ended meanwhile."""
        assert self.process.stdin is not None
        if not self.alive:
            raise BrokenPipeError
        self._last = job = self._last + 1
        self._asked[job] = asyncio.get_running_loop().create_future()
        try:
            request = {
                "job": job,
                "url": notification.url,
                "title": notification.title,
                "body": notification.body,
                "type": notification.type,
            }
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            return await self._asked[job]
        finally:
            del self._asked[job]

    async def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            answer = json.loads(line)
            if "ready" in answer:
                self._started.set()
            elif (asked := self._asked.get(answer["job"])) is not None and not asked.done():
                asked.set_result(answer["answer"])
        self._ended = True
        self._started.set()  # whoever waits for it shall see that it has ended
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(BrokenPipeError())
