"""Whose turn it is at a target that takes only so many alerts in a while: each has a time of its own.

Who would wait for long is told when to come back, and finds that time kept, so that nobody comes in vain however many
wait. All times are seconds of one clock that is never set.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

PATIENCE = 5.0
"""Seconds that an alert waits here for its turn; for longer, it is put off."""
EARLY = PATIENCE / 2
"""Seconds before its turn at which it comes back: whoever brings it may be late, and does not hold up the others."""
LATE = PATIENCE
"""Seconds for which a time is kept after it has come."""


@dataclass(slots=True)
class _Kept:
    """The time of one alert; `here`: it waits for it, and was not put off. `wanted`: as far as is known here."""

    at: float
    page: str | None
    here: bool = True
    wanted: bool = True


class Turns:
    """At all targets. `time` tells the time, `wait` lets so many seconds of it pass."""

    def __init__(self, time: Callable[[], float], wait: Callable[[float], Awaitable[object]]) -> None:
        self._time = time
        self._wait = wait
        self._lines: dict[str, _Line] = {}

    async def take(self, target: str, between: float, alert: str, page: str | None) -> float | None:
        """Wait for the turn of this alert about `page` at a target that takes one in `between` seconds.

        None when it has come; where that would take long, the seconds after which to ask again instead.
        """
        line = self._lines.setdefault(target, _Line(between))
        kept = line.come(alert, page, self._time())
        try:
            while (ahead := line.ahead(kept, now := self._time())) > 0:
                if ahead > PATIENCE:
                    kept.at = now + ahead
                    return ahead - EARLY
                await self._wait(ahead)
                if not kept.wanted:
                    return None  # nothing will be sent, which takes no turn
            line.begin(alert, kept, self._time())
            return None
        finally:
            kept.here = False

    def leave_alone(self, target: str, seconds: float) -> None:
        """Nothing begins at this target for so long."""
        self._lines[target].leave_alone(self._time() + seconds)

    def forget(self, page: str, but: str) -> None:
        """No alert about this page will come back, but this one."""
        for line in self._lines.values():
            line.forget(page, but)


class _Line:
    """Those who wait for their turn at one target, by their ids."""

    def __init__(self, between: float) -> None:
        self._between = between
        self._free = 0.0  # nobody begins before
        self._kept: dict[str, _Kept] = {}

    def come(self, alert: str, page: str | None, now: float) -> _Kept:
        """It has a time from now on, that which was kept for it unless it missed that."""
        kept = self._kept.get(alert)
        if kept is None or kept.at < now - LATE:
            self._kept = {id_: one for id_, one in self._kept.items() if one.here or one.at >= now - LATE}
            kept = self._kept[alert] = _Kept(self._first_gap(now), page)
        kept.here = True
        return kept

    def ahead(self, kept: _Kept, now: float) -> float:
        """The seconds until its turn: at its time, and after those who are here and had theirs before."""
        before = sum(one.here and one.at < kept.at for one in self._kept.values())
        return max(kept.at, self._free + before * self._between) - now

    def begin(self, alert: str, kept: _Kept, now: float) -> None:
        # By the times that were kept, so that what each is late does not add up; but after a delay not all at once.
        self._free = max(kept.at, self._free, now - self._between / 2) + self._between
        self._kept.pop(alert, None)

    def leave_alone(self, until: float) -> None:
        """All move on together, and stay in order."""
        first = min((one.at for one in self._kept.values()), default=until)
        for one in self._kept.values():
            one.at += max(until - first, 0.0)
        self._free = max(self._free, until)

    def forget(self, page: str, but: str) -> None:
        for id_, one in list(self._kept.items()):
            if one.page == page and id_ != but:
                one.wanted = False
                del self._kept[id_]

    def _first_gap(self, now: float) -> float:
        """Somebody who is ahead may have been acknowledged meanwhile, or have missed their time."""
        free = max(self._free, now)
        for at in sorted(one.at for one in self._kept.values()):
            if at - free >= self._between:
                break
            free = max(free, at + self._between)
        return free
