"""The part of the week to which a layer is restricted, by the clock on the wall."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache

from lcr_asterisk.oncall.model import Hours
from lcr_asterisk.oncall.walltime import ALWAYS, NEVER

_MINUTES_OF_A_DAY = 24 * 60
_MINUTES_OF_A_WEEK = 7 * _MINUTES_OF_A_DAY
_MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, naive wall times, is `inside` the hours or outside, for as long as that lasts."""

    inside: bool
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class _Week:
    """When inside and outside change, counted from midnight on Monday; with the change before the week and after it.

    `inside` is what holds before the first change of the week, and always where there are none.
    """

    changes: tuple[timedelta, ...]
    inside: bool


def window_at(hours: tuple[Hours, ...], wall: datetime) -> Window:
    """What holds when the clock on the wall shows `wall`. No hours at all are no restriction."""
    if not hours:
        return Window(True, ALWAYS, NEVER)
    week = _week(hours)
    if not week.changes:
        return Window(week.inside, ALWAYS, NEVER)
    monday = datetime.combine(wall, _MIDNIGHT) - timedelta(wall.weekday())
    index = bisect_right(week.changes, wall - monday)
    inside = week.inside is (index % 2 == 1)
    return Window(inside, _after(monday, week.changes[index - 1]), _after(monday, week.changes[index]))


@lru_cache(maxsize=1024)
def _week(hours: tuple[Hours, ...]) -> _Week:
    inside = bytearray(_MINUTES_OF_A_WEEK)
    for part in hours:
        length = part.end - part.start + (0 if part.start < part.end else _MINUTES_OF_A_DAY)
        for day in part.days:
            start = day * _MINUTES_OF_A_DAY + part.start
            for minute in range(start, start + length):
                inside[minute % _MINUTES_OF_A_WEEK] = True
    minutes = [minute for minute in range(_MINUTES_OF_A_WEEK) if inside[minute] != inside[minute - 1]]
    if minutes:
        minutes = [minutes[-1] - _MINUTES_OF_A_WEEK, *minutes, minutes[0] + _MINUTES_OF_A_WEEK]
    return _Week(tuple(timedelta(minutes=minute) for minute in minutes), bool(inside[-1]))


def _after(monday: datetime, change: timedelta) -> datetime:
    try:
        return monday + change
    except OverflowError:
        return ALWAYS if change < timedelta(0) else NEVER
