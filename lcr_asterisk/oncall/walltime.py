"""Between the clock on the wall and the instant: the only place that knows about changes of the clocks.

A wall time in a gap is the first moment after it; one in a repeated hour is the first of the two. With that, an instant
has reached a wall time (`wall_reached(at) >= wall`) exactly when it is not before it (`at >= to_instant(wall)`), so all
other arithmetic is done on the wall and never meets a change of the clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
"""The instant of whatever has always been; like LATEST far enough from the end of time to be shown in any zone."""
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""The instant of whatever never comes."""

ALWAYS = datetime.min  # noqa: DTZ901 - a wall time, which has no zone
"""The wall time before all others."""
NEVER = datetime.max  # noqa: DTZ901
"""The wall time after all others."""

MOMENT = timedelta.resolution
"""Half-open spans end this long before their end."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OddTimes:
    """Wall times from `start` to `end` that do not exist (`skipped`) or exist twice."""

    start: datetime
    end: datetime
    skipped: bool


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant, aware UTC, at which clocks in `zone` first show the naive `wall`, or skip it."""
    wall = wall.replace(fold=0) if wall.fold else wall
    try:
        before, after = _offset(wall, zone), _offset(wall.replace(fold=1), zone)
        instant = (wall - before).replace(tzinfo=UTC)
        if before < after:
            instant = _change(zone, instant - (after - before), instant)
    except OverflowError:
        return EARLIEST if wall < NEVER - _DAY else LATEST
    return min(max(instant, EARLIEST), LATEST)


def wall_reached(at: datetime, zone: ZoneInfo) -> datetime:
    """The last naive wall time in `zone` whose instant is not after `at`, aware UTC.

    That is what a clock shows, except when it shows an hour again: then it is the end of that hour.
    """
    local = at.astimezone(zone)
    if not local.fold:
        return local.replace(tzinfo=None)
    before, after = _offset(local.replace(fold=0), zone), _offset(local, zone)
    change = _change(zone, at - (before - after), at)
    return (change + before).replace(tzinfo=None) - MOMENT


def odd_times(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[OddTimes]:
    """What the changes of the clocks from `start` to `end`, both aware, skip or repeat."""
    at, last = start.astimezone(UTC) - MOMENT, end.astimezone(UTC) - MOMENT
    while at < last:
        later = min(at + _DAY, last)
        before, after = _offset_at(at, zone), _offset_at(later, zone)
        if before != after:
            change = _change(zone, at, later).replace(tzinfo=None)
            yield OddTimes(change + min(before, after), change + max(before, after), skipped=before < after)
        at = later


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first instant with the offset of `after`; there is one change between the two."""
    offset = _offset_at(before, zone)
    while after - before > MOMENT:
        middle = before + (after - before) // 2
        if _offset_at(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset_at(at: datetime, zone: ZoneInfo) -> timedelta:
    return _offset(at.astimezone(zone), zone)


def _offset(local: datetime, zone: ZoneInfo) -> timedelta:
    """From UTC to the clock in `zone` that shows `local`; of two such times `fold` says which."""
    offset = zone.utcoffset(local)
    assert offset is not None  # it is for times only that there is none
    return offset
