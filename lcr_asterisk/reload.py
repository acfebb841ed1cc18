"""The configuration in force, and how an edited one takes its place while calls go on.

A file that is valid is in force for the next call; calls in progress keep the plan book they began with. One that is
not changes nothing: the running configuration stays, and everybody who asks is told what is wrong with the new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lcr_asterisk.calendars.feeds import Feeds
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config.difference import difference, restart_needed
from lcr_asterisk.config.lint import lint
from lcr_asterisk.config.load import load
from lcr_asterisk.config.problems import MOST_TOLD
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import ConfigError, LcrError

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds; asking for a file's times costs nothing, and works on every file system

Signature = tuple[int, int, int] | None


class ConfigFile:
    """A YAML file with what is needed to read it: the environment for `${NAME}`, and the data directory.

    `loaded` is the signature it had when it was read last: an edit during a reading is seen as one after it.
    """

    def __init__(self, path: Path, environ: Mapping[str, str], data: Path) -> None:
        self.path = path
        self.data = data
        self.loaded: Signature = None
        self._environ = environ

    def load(self) -> Settings:
        """The settings in it now. Raises ConfigError."""
        self.loaded = self.signature()
        return load(self.path, self._environ, self.data)

    def signature(self) -> Signature:
        """What changes when the file is written or replaced; None while there is none.

        Blocking: call it in a thread.
        """
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


@dataclass(frozen=True, slots=True)
class InForce:
    """One configuration ready for calls: its settings, what it can play, and the calendars it goes by."""

    settings: Settings
    book: PlanBook
    feeds: Feeds


class LiveConfig:
    """The configuration in force. `watch` must be running for an edited file to be noticed.

    `prepare` makes new settings ready for calls; `asked` is set by whoever wants the file to be read again, changed or
    not, for what it refers to may have changed; `now` is the wall clock, `say` prints for the operator, `look_every` is
    in seconds.
    """

    def __init__(
        self,
        file: ConfigFile,
        in_force: InForce,
        prepare: Callable[[Settings], Awaitable[InForce]],
        asked: asyncio.Event,
        now: Callable[[], datetime],
        say: Callable[[str], None],
        look_every: float = LOOK_EVERY,
    ) -> None:
        self.in_force = in_force
        self.problem: str | None = None
        self._file = file
        self._prepare = prepare
        self._asked = asked
        self._now = now
        self._say = say
        self._look_every = look_every
        self._warned: set[tuple[str, str]] = set()  # said once, not after each edit of something else

    async def watch(self, taken: Callable[[InForce], None]) -> None:
        """Reload whenever the file has changed or somebody asks, until cancelled; `taken` is told of each that is."""
        await self._warn(self.in_force.settings)
        before = self._file.loaded
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self._look_every)
            now = await asyncio.to_thread(self._file.signature)  # a disk that hangs must not hold up the calls
            # Seen twice alike: an editor that is still writing gets the time to finish.
            if self._asked.is_set() or (now != self._file.loaded and now == before):
                self._asked.clear()
                if await self.reload():
                    taken(self.in_force)
            before = now

    async def reload(self) -> bool:
        """Put what the file says now into force (True), or say why not (False). Never raises."""
        try:
            prepared = await self._prepare(await asyncio.to_thread(self._file.load))
        except LcrError as error:
            self._refuse(error)
            return False
        except Exception as defect:  # a defect in reading a file must not end the calls in progress
            log.exception("The configuration could not be read")
            self._refuse(LcrError(f"{self._file.path}: {defect!r}"))
            return False
        before, self.in_force, self.problem = self.in_force.settings, prepared, None
        await self._tell(before, prepared.settings)
        return True

    async def _tell(self, before: Settings, now: Settings) -> None:
        """What has changed. It is in force already, whether or not there is anybody left to read it."""
        try:
            for line in difference(before, now) or ("nothing has changed",):
                self._say(f"configuration reloaded: {line}")
            for line in restart_needed(before, now):
                log.warning("%s", line)
        except Exception:  # a terminal that is gone, or cannot print a name; or a defect in finding words
            log.exception("The configuration is reloaded, but what has changed could not be told")
        await self._warn(now)

    def _refuse(self, error: LcrError) -> None:
        problems = error.problems if isinstance(error, ConfigError) else (str(error),)
        more = error.more if isinstance(error, ConfigError) else 0
        many = f"{len(problems) + more} problems" if len(problems) > 1 else "1 problem"
        self.problem = f"the edited file is refused and the one before it in force ({many}): {problems[0]}"
        log.error("The edited configuration is REFUSED; the one before it stays in force. It has %s:", many)
        for line in str(error).split("\n"):
            log.error("%s", line)

    async def _warn(self, settings: Settings) -> None:
        try:
            # In a thread: it walks through a year of every schedule, and a press of 1 does not wait for that.
            warnings = await asyncio.to_thread(lint, settings, self._now())
        except Exception:  # a hint that cannot be given is no reason not to serve calls
            log.exception("The configuration could not be looked through for what may not be meant")
            return
        new = [warning for warning in warnings if (warning.path, warning.text) not in self._warned]
        for warning in new[:MOST_TOLD]:
            log.warning("%s", warning.told(settings.file))
        if len(new) > MOST_TOLD:
            log.warning("and %d more; `lcr config check` counts them", len(new) - MOST_TOLD)
        self._warned = {(warning.path, warning.text) for warning in warnings}
