"""The part of the week to which a layer is restricted, by the clock on the wall."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from lcr_asterisk.oncall.model import Hours
from lcr_asterisk.oncall.walltime import ALWAYS, NEVER

_DAY = 24 * 60
_WEEK = 7 * _DAY


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, naive wall times, is inside the hours (`inside`), or outside. As long as that lasts."""

    inside: bool
    start: datetime
    end: datetime


def window_at(hours: tuple[Hours, ...], wall: datetime) -> Window:
    """What holds when the clock on the wall shows `wall`. No hours at all are no restriction."""
    if not hours:
        return Window(True, ALWAYS, NEVER)
    changes, began_inside = _week(hours)
    if not changes:
        return Window(began_inside, ALWAYS, NEVER)
    minute = wall.weekday() * _DAY + wall.hour * 60 + wall.minute
    index = bisect_right(changes, minute)
    start = changes[index - 1] - (_WEEK if index == 0 else 0)
    end = changes[index % len(changes)] + (_WEEK if index == len(changes) else 0)
    inside = began_inside is (index % 2 == 0)
    return Window(inside, _after(wall, start - minute), _after(wall, end - minute))


@lru_cache(maxsize=1024)
def _week(hours: tuple[Hours, ...]) -> tuple[tuple[int, ...], bool]:
    """The minutes of a week, from Monday, at which inside and outside change, and whether the last one is inside."""
    inside = bytearray(_WEEK)
    for part in hours:
        length = part.end - part.start if part.start < part.end else part.end - part.start + _DAY
        for day in part.days:
            for minute in range(day * _DAY + part.start, day * _DAY + part.start + length):
                inside[minute % _WEEK] = True
    return tuple(minute for minute in range(_WEEK) if inside[minute] != inside[minute - 1]), bool(inside[-1])


def _after(wall: datetime, minutes: int) -> datetime:
    """That many whole minutes after the minute of `wall`, which may be negative."""
    try:
        return wall.replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    except OverflowError:
        return ALWAYS if minutes < 0 else NEVER
