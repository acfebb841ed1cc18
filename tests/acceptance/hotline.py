"""The whole system under test: its own Asterisk, the engine as a real process, and the world of phones around them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from lcr_asterisk.calendars.feeds import Feeds
from lcr_asterisk.calendars.sources import feeds_of, live_schedules
from lcr_asterisk.callflow.events import CallArrived
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config.load import load
from lcr_asterisk.dryrun.books import estimated_book
from lcr_asterisk.own_pbx import own_spec
from lcr_asterisk.pbx.instance import Instance
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.simulator.addresses import free_address, some_rtp_ports
from lcr_asterisk.simulator.phone import Caller, ResponderPhone
from lcr_asterisk.simulator.world import HOST, World
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.journal import JournalEntry
from lcr_asterisk.store.rows import CallRow, LegRow, RecordingRow
from tests.acceptance import own_sounds
from tests.acceptance.rehearsed import read, rings_as_rehearsed
from tests.prompts import make_ahead

CONFIG = Path(__file__).with_name("hotline.yaml")
STARTS_WITHIN = 30.0
ENDS_WITHIN = 20.0
LOOK_EVERY, REST = 0.05, 1.0


class Hotline:
    """`async with Hotline(directory, binary) as hotline:` has everything running; `world` are the phones.

    `lines` is how many phones can be heard without delay; `dialplan` is added to that of the system's Asterisk;
    `environment` to the one that the configuration is read in; `not_of_the_world` are softphones of another make.
    """

    def __init__(
        self,
        directory: Path,
        binary: AsteriskBinary,
        config: Path = CONFIG,
        *,
        lines: int = 6,
        dialplan: str = "",
        environment: Mapping[str, str] | None = None,
        not_of_the_world: Collection[str] = (),
    ) -> None:
        self.data = directory / "var"
        self.config = directory / "lcr.yaml"
        self.web = free_address("127.0.0.1", "tcp")
        self.notifier = free_address("127.0.0.1", "tcp")
        self._binary = binary
        self._lines = lines
        self._dialplan = dialplan
        self._not_of_the_world = not_of_the_world
        self._directory = directory
        self._original = config
        self._http = free_address("127.0.0.1", "tcp")
        self.sip = free_address("127.0.0.1", "udp")
        self._carrier = free_address(HOST, "udp")
        first, last = some_rtp_ports()
        self.environment = {
            **os.environ,
            "LCR_DATA": str(self.data),
            "LCR_CONFIG": str(self.config),
            "PYTHON": sys.executable,
            "WORLD_SIP_PORT": str(self._carrier.port),
            "HTTP_PORT": str(self._http.port),
            "SIP_PORT": str(self.sip.port),
            "RTP_PORTS": f"{first}-{last}",
            "WEB_PORT": str(self.web.port),
            "OWN_SOUNDS": str(own_sounds.DIRECTORY),
            "NOTIFIER_PORT": str(self.notifier.port),
            **(environment or {}),
        }
        self.output: list[str] = []
        self.engine_away: list[tuple[float, float]] = []  # since when, until when: the event loop's time
        self._engine: Process | None = None
        self._compared: set[str] = set()
        self._rehearsal: tuple[bytes, PlanBook] | None = None
        self._numbers = itertools.count(2000)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.config.write_bytes(self._original.read_bytes())  # a copy: some tests edit it
        own_sounds.write_own_sounds()
        settings = load(self.config, self.environment, self.data)
        self.settings = settings
        await make_ahead(settings, self.data, {})
        spec = await own_spec(settings, self.data, lambda _: None)
        self.softphones = {login.name: login for login in spec.softphones}
        if self._dialplan:
            spec = replace(spec, extra={"extensions.conf": self._dialplan})
        try:
            self.asterisk = await self._stack.enter_async_context(Instance(spec, self._binary))
            world = World(
                self._directory / "world",
                self._binary,
                system=self.sip,
                sip=self._carrier,
                softphones=tuple(
                    login for name, login in self.softphones.items() if name not in self._not_of_the_world
                ),
                lines=self._lines,
            )
            self.world = await self._stack.enter_async_context(world)
            self._stack.push_async_callback(self.stop_engine)
            await self.start_engine()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    # -- the engine, a process that can be killed ------------------------------------------------------------------

    async def start_engine(self) -> None:
        """Start `lcr run` and return when it says that it is ready."""
        self._engine = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lcr_asterisk", "run", env=self.environment, stdout=PIPE, stderr=STDOUT
        )
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                await self._read_until_ready(self._engine)
        except TimeoutError:
            raise AssertionError("The engine was not ready:\n" + "\n".join(self.output[-40:])) from None
        self._reader = asyncio.ensure_future(self._read(self._engine))
        if self.engine_away:
            self.engine_away[-1] = (self.engine_away[-1][0], asyncio.get_running_loop().time())

    async def edit(self, old: str, new: str) -> None:
        """Write the configuration anew with this text replaced, as an admin's editor does."""
        text = self.config.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
        self.config.write_text(text.replace(old, new), "utf-8")

    async def says(self, words: str) -> str:
        """The line that the engine prints with these words in it, as soon as it does."""
        found: list[str] = []

        async def said() -> bool:
            found[:] = [line for line in self.output if words in line]
            return bool(found)

        await until(said, lambda: f"the engine did not say {words!r}:\n" + "\n".join(self.output[-40:]))
        return found[-1]

    def hang_up_terminal(self) -> None:
        """SIGHUP to the engine, which runs without a terminal."""
        assert self._engine is not None, "the engine does not run"
        self._engine.send_signal(signal.SIGHUP)

    async def readiness(self) -> dict[str, Any]:
        """What the engine's /readyz says."""
        async with aiohttp.ClientSession() as http, http.get(f"http://{self.web}/readyz") as reply:
            found: dict[str, Any] = await reply.json()
            return found

    async def kill_engine(self) -> None:
        """SIGKILL: no time to say or write anything."""
        await self._end_engine(signal.SIGKILL)

    @property
    def engine_pid(self) -> int:
        assert self._engine is not None, "the engine does not run"
        return self._engine.pid

    async def health(self) -> dict[str, Any]:
        """What the engine's /healthz says."""
        async with aiohttp.ClientSession() as http, http.get(f"http://{self.web}/healthz") as reply:
            found: dict[str, Any] = await reply.json()
            return found

    async def at_rest(self) -> dict[str, Any]:
        """The same once the engine has nothing left to begin or to end: it has said so for a second."""
        seen = [await self.health()]

        async def settled() -> bool:
            found = await self.health()
            seen[:] = [*seen, found] if found == seen[-1] else [found]
            return len(seen) > REST / LOOK_EVERY

        await until(settled, lambda: f"the engine does not come to rest: {seen[-1]}")
        return seen[-1]

    async def stop_engine(self) -> None:
        await self._end_engine(signal.SIGTERM)

    async def _end_engine(self, how: signal.Signals) -> None:
        if self._engine is not None and self._engine.returncode is None:
            self.engine_away.append((asyncio.get_running_loop().time(), math.inf))
            self._engine.send_signal(how)
            await self._engine.wait()
            await self._reader
        self._engine = None

    async def _read_until_ready(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.output.append(line.decode().rstrip())
            if self.output[-1].startswith("ready:"):
                return
        raise AssertionError("It ended while it started:\n" + "\n".join(self.output[-40:]))

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.output.append(line.decode().rstrip())

    # -- phones ----------------------------------------------------------------------------------------------------

    def caller(self, *, name: str = "", listen: bool = True) -> Caller:
        """Somebody whose number nobody else has in this run, so that their call can be found in the log."""
        return self.world.caller(f"+1415556{next(self._numbers)}", name=name, listen=listen)

    def phone(self, person: str, which: int = 0) -> ResponderPhone:
        """The phone of this person of the configuration, as new: it rings and waits. `which`: of several, from 0."""
        phone = self.world.phone(str(self.settings.people[person].phones[which]))
        phone.is_available()
        return phone

    # -- what is left of it ----------------------------------------------------------------------------------------

    async def logged(self, caller: Caller) -> CallRow:
        """The call log's row of this caller's call, once the call is over."""
        return await self._eventually(lambda row: row.ended is not None, caller)

    async def live(self, caller: Caller) -> CallRow:
        """The call log's row of this caller's call as it is now."""
        return await self._eventually(lambda _: True, caller)

    async def answered(self, caller: Caller) -> CallRow:
        """The call log's row of this caller's call, once somebody has taken it."""
        return await self._eventually(lambda row: row.answered_by is not None, caller)

    async def ended(self, call_id: str) -> CallRow:
        """The call log's row of this call, once it is over."""
        row: CallRow | None = None

        async def over() -> bool:
            nonlocal row
            async with self._log() as log:
                row = await log.find(call_id)
            return row is not None and row.ended is not None

        await until(over, lambda: f"call {call_id} did not end: {row}")
        assert row is not None
        return row

    async def _eventually(self, wanted: Callable[[CallRow], bool], caller: Caller) -> CallRow:
        row: CallRow | None = None

        async def reached() -> bool:
            nonlocal row
            async with self._log() as log:
                found = [logged.call for logged in await log.calls(100)]
            # Calls back to them, and calls about a page of theirs, have their number as well.
            own = (call for call in found if call.caller == caller.number and call.callback_of is None)
            row = next(own, None)
            return row is not None and wanted(row)

        await until(reached, lambda: f"the call of {caller.number} did not come so far: {row}")
        assert row is not None
        return row

    async def journals(self, caller: Caller) -> list[list[JournalEntry]]:
        """The journal of each call that this caller has made."""
        async with self._log() as log:
            found = [logged.call for logged in await log.calls(100)]
            return [await log.entries(call.id) for call in found if call.caller == caller.number]

    async def legs(self, call: CallRow) -> list[LegRow]:
        async with self._log() as log:
            return await log.legs(call.id)

    async def recordings(self, call: CallRow) -> list[RecordingRow]:
        async with self._log() as log:
            return await log.recordings(call.id)

    async def kept(self, call: CallRow) -> RecordingRow:
        """The one recording of this call, once it is kept both as WAV and as MP3."""
        recordings: list[RecordingRow] = []

        async def complete() -> bool:
            nonlocal recordings
            recordings = await self.recordings(call)
            return bool(recordings) and recordings[0].mp3 is not None

        await until(complete, lambda: f"no recording of {call.id} was kept: {recordings}")
        (recording,) = recordings
        return recording

    async def lcr(self, *arguments: str, fails: int = 0) -> str:
        """What the command `lcr ...` prints, beside the running system; it ends with this exit code."""
        command = (sys.executable, "-m", "lcr_asterisk", *arguments)
        process = await asyncio.create_subprocess_exec(*command, env=self.environment, stdout=PIPE, stderr=STDOUT)
        output, _ = await process.communicate()
        ended = f"lcr {' '.join(arguments)} ended with {process.returncode}:\n{output.decode()}"
        assert process.returncode == fails, ended
        return output.decode()

    def _log(self) -> _OpenLog:
        return _OpenLog(self.settings.database.get_secret_value())

    def forget_every_call(self) -> None:
        """The database is lost. The engine must not be running."""
        assert self._engine is None
        for path in self.data.glob("lcr.db*"):
            path.unlink()

    def away_files(self) -> list[Path]:
        """What the dialplan took while the engine was away and nobody has taken up."""
        return sorted((self.data / "asterisk/spool/away").iterdir())

    async def has_taken_up_all(self) -> None:
        """Nothing of what the dialplan took is left."""

        async def nothing() -> bool:
            return not self.away_files()

        await until(nothing, lambda: f"still there: {self.away_files()}")

    async def journal_has(self, caller: Caller, kind: str, times: int = 1) -> None:
        """So many events of this kind are on disk in the journal of this caller's call."""

        async def found() -> bool:
            async with self._log() as log:
                live = await log.live_calls()
            return any(
                entries[0].event.caller.number == caller.number
                and sum(type(entry.event).__name__ == kind for entry in entries) >= times
                for _, entries in live
                if entries and isinstance(entries[0].event, CallArrived)
            )

        await until(found, f"not {times} {kind} in the journal of {caller.number}")

    async def call_has(self, call: str, kind: str) -> None:
        """An event of this kind is on disk in the journal of this call."""

        async def found() -> bool:
            async with self._log() as log:
                return any(type(entry.event).__name__ == kind for entry in await log.entries(call))

        await until(found, f"no {kind} in the journal of {call}")

    async def records(self, kind: str, call: str = "*") -> None:
        """Asterisk has begun to record: what is said from now on is in the recording (of this kind, of this call)."""

        async def begun() -> bool:
            return bool(self._recorded(kind, call))  # Asterisk opens the file when it begins

        await until(begun, f"no recording of a {kind} began, call {call}")

    async def recording_grows(self, kind: str, seconds: float, call: str = "*") -> None:
        """Asterisk is recording a "message", "talk" or "away" message, and has written so much of it."""

        async def grown() -> bool:
            return max(self._recorded(kind, call), default=0.0) >= seconds

        await until(grown, f"a {kind} did not grow to {seconds} s, call {call}")

    def recorded_seconds(self, kind: str) -> float:
        """How much of it Asterisk has written until now."""
        return max(self._recorded(kind, "*"), default=0.0)

    def _recorded(self, kind: str, call: str) -> list[float]:
        """Seconds of each. Asterisk writes sound in pieces of 32 kB; nothing tells of them but the size of the file."""
        spool = self.data / "asterisk/spool"
        found = spool.glob("away/*.wav" if kind == "away" else f"recording/{call}-{kind}.wav")
        sizes = []
        for path in found:
            with contextlib.suppress(FileNotFoundError):  # kept meanwhile
                sizes.append(path.stat().st_size / 16000)
        return sizes

    async def rang_as_rehearsed(self) -> None:
        """Each call since the last time this was asked rang the phones that a rehearsal of it names, in order."""
        book = await self.rehearsal_book()
        async with self._log() as log:
            for logged in await log.calls(100):
                if logged.call.id not in self._compared:
                    self._compared.add(logged.call.id)
                    entries = await log.entries(logged.call.id)
                    # None where the dialplan took the call, for the engine was away; and no caller decides a call back.
                    if entries and isinstance(entries[0].event, CallArrived):
                        rings_as_rehearsed(book, read(entries))

    async def rehearsal_book(self) -> PlanBook:
        """Of the configuration as it is now; the calendars are those that the engine keeps."""
        text = self.config.read_bytes()
        if self._rehearsal is None or self._rehearsal[0] != text:
            settings = load(self.config, self.environment, self.data)
            feeds = Feeds(self.data / "calendars", Clock().wall)
            feeds.use(feeds_of(settings))
            book = await estimated_book(settings, self.data, live_schedules(settings, feeds))
            self._rehearsal = (text, book)
        return self._rehearsal[1]

    async def nothing_is_left(self) -> None:
        """No channel and no bridge in Asterisk, and no file in its spool. Asked of Asterisk itself."""
        left = ""

        async def nothing() -> bool:
            nonlocal left
            left = await self._leftovers()
            return not left

        await until(nothing, lambda: f"something is left in Asterisk:\n{left}")

    async def _leftovers(self) -> str:
        channels = await self.asterisk.cli("core show channels concise")
        bridges = (await self.asterisk.cli("bridge show all")).splitlines()[1:]
        spool = [path.name for path in (self.data / "asterisk/spool/recording").iterdir()]
        return "\n".join([*channels.splitlines(), *(line for line in bridges if line.strip()), *spool])


def follows_at_once(first: LegRow, second: LegRow) -> None:
    """The next phone was rung in the instant in which the one before was over, as the engine noted both.

    Nothing lies between but the engine itself, so how long a network or a machine takes for a ring does not count.
    """
    assert first.ended_at is not None, f"it has not ended: {first}"
    assert (second.rang_at - first.ended_at).total_seconds() < 1, f"{first}\n{second}"


async def until(
    reached: Callable[[], Awaitable[bool]], failure: str | Callable[[], str], within: float = ENDS_WITHIN
) -> None:
    """Wait for something that only another process knows of, and that sends no event: so it is asked again and again.

    AssertionError with `failure` if it does not come within so many seconds.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + within
    while not await reached():
        assert loop.time() < give_up_at, failure if isinstance(failure, str) else failure()
        await asyncio.sleep(LOOK_EVERY)


class _OpenLog:
    """The call log for a short look; a context manager."""

    def __init__(self, url: str) -> None:
        self._store = open_store(url, create=False)

    async def __aenter__(self) -> CallLog:
        return CallLog(await self._store.__aenter__())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._store.__aexit__(kind, error, trace)
