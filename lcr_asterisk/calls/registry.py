"""The calls at work, and which of them something belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from lcr_asterisk.calls import ids
from lcr_asterisk.calls.driver import CallDriver


class CallRegistry:
    def __init__(self) -> None:
        self._drivers: dict[str, CallDriver] = {}
        self._callers: dict[str, str] = {}

    def __iter__(self) -> Iterator[CallDriver]:
        return iter(tuple(self._drivers.values()))

    def __len__(self) -> int:
        return len(self._drivers)

    def add(self, driver: CallDriver, channel: str) -> None:
        """`channel` is the caller's."""
        self._drivers[driver.call_id] = driver
        self._callers[channel] = driver.call_id

    def forget(self, call_id: str) -> None:
        if self._drivers.pop(call_id, None) is not None:
            self._callers = {channel: call for channel, call in self._callers.items() if call != call_id}

    def of_caller(self, channel: str) -> CallDriver | None:
        """The call whose caller is on this channel."""
        call_id = self._callers.get(channel)
        return self._drivers.get(call_id) if call_id else None

    def of_part(self, part: str) -> CallDriver | None:
        """The call that this leg, playback, bridge or recording belongs to."""
        call_id = ids.call_of(part)
        return self._drivers.get(call_id) if call_id else None

    def persons_on_a_call(self, *, but: str) -> frozenset[str]:
        """Who has answered, or is talking, in any call other than this one: they are not rung meanwhile."""
        others = (driver.call.on_the_line() for driver in self._drivers.values() if driver.call_id != but)
        return frozenset[str]().union(*others)
