"""Whether the disks have room for another recording: looked at ahead, so that no call waits for a disk to say so."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from lcr_asterisk.audio.files import naming
from lcr_asterisk.errors import AudioError

LOOK_EVERY = 5.0  # seconds; a hundred recordings at once need 16 MB in that time

log = logging.getLogger(__name__)


def free_space(directory: Path) -> int:
    """The bytes free on the disk of `directory`, which need not have been made yet. Raises AudioError."""
    with naming(directory, "measured"):
        existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
        return shutil.disk_usage(existing).free


class Room:
    """The room on the disks of `directories`, against the least that must stay free, in bytes, which `floor` tells.

    `look` must have run once before anything is asked; `watch` keeps what it saw up to date.
    """

    def __init__(self, directories: Iterable[Path], floor: Callable[[], int]) -> None:
        self._directories = tuple(directories)
        self._floor = floor
        self._free = 0

    @property
    def free(self) -> int:
        """The bytes that were free when it was last measured, on the fuller of the disks."""
        return self._free

    @property
    def enough(self) -> bool:
        """Whether a recording may begin."""
        return self._free >= self._floor()

    @property
    def problem(self) -> str | None:
        """What is wrong, in words for an operator; None when there is room."""
        if self.enough:
            return None
        free, floor = (f"{size / 1e6:.0f} MB" for size in (self._free, self._floor()))
        return f"{free} are free for recordings, and {floor} have to be: nothing is recorded until there is more"

    async def look(self) -> None:
        """Measure the disks. One that cannot be measured is taken for full: nothing is promised on it."""
        before = self.problem
        try:
            self._free = min(await asyncio.to_thread(lambda: [free_space(one) for one in self._directories]))
        except AudioError as error:
            log.error("%s", error)
            self._free = 0
        if self.problem is not None and before is None:
            log.error("%s", self.problem)
        elif self.problem is None and before is not None:
            log.info("there is room for recordings")

    async def watch(self) -> None:
        """Look now and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except Exception:  # without further looks, what was free once would be believed for ever
                log.exception("the room for recordings could not be measured")
