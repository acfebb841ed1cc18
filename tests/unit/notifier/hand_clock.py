"""Time that passes only when a test says so."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count


class HandClock:
    """A clock in seconds, and those who wait for it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = count()

    def time(self) -> float:
        return self.now

    async def wait(self, seconds: float) -> None:
        waited = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.now + seconds, next(self._number), waited))
        await waited

    @property
    def waits(self) -> list[float]:
        """The seconds that are still waited for."""
        return sorted(until - self.now for until, _, _ in self._waiting)

    def passes(self, seconds: float) -> None:
        """All whose time has come go on."""
        self.now += seconds
        while self._waiting and self._waiting[0][0] <= self.now:
            heapq.heappop(self._waiting)[2].set_result(None)

    async def until_waited_by(self, waiting: int) -> None:
        async with asyncio.timeout(60):
            while len(self._waiting) < waiting:  # noqa: ASYNC110
                await asyncio.sleep(0)
