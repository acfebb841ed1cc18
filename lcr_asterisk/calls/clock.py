"""The only place that asks what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """UTC wall time that never jumps while the process lives: the system clock at the start, plus monotonic time.

    Deadlines of calls are wall times, because they must mean the same after a restart; a clock set back by NTP in the
    meantime must not make a phone ring longer.
    """

    def __init__(self) -> None:
        self._started = datetime.now(UTC)
        self._monotonic = time.monotonic()

    def now(self) -> datetime:
        """Aware, UTC, never earlier than the last answer."""
        return self._started + timedelta(seconds=time.monotonic() - self._monotonic)

    def wall(self) -> datetime:
        """What the system's clock says, aware and UTC: for handoffs, which follow it however it is set."""
        return datetime.now(UTC)
