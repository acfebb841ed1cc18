"""Who is on call in a schedule: `shift_at` answers, everything else steps from one of its answers to the next.

Asked in this order: overrides; layers from the last to the first; the calendar. The first that has somebody decides.
All functions take aware instants and give aware UTC ones; before EARLIEST and from LATEST on they answer as at these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from lcr_asterisk.oncall.hours import window_at
from lcr_asterisk.oncall.model import Kind, OnCall, Rule, Schedule, Shift
from lcr_asterisk.oncall.odd import Unusual, unusual_shifts
from lcr_asterisk.oncall.rotation import turn_at
from lcr_asterisk.oncall.walltime import ALWAYS, EARLIEST, LATEST, MOMENT, NEVER, to_instant, wall_reached

__all__ = [
    "EARLIEST",
    "LATEST",
    "Unusual",
    "gaps",
    "next_shifts",
    "on_call",
    "shift_at",
    "timeline",
    "unusual_shifts",
    "who",
]

YEAR = timedelta(days=366)
_NOBODY = Rule(Kind.NOBODY)


def shift_at(schedule: Schedule, at: datetime) -> Shift:
    """Who is on call at `at`, why, and a span around it in which certainly nothing changes, perhaps not all of it."""
    at = _within(at)
    wall = wall_reached(at, schedule.zone)
    people, rule, start, end = _by_the_wall(schedule, wall)
    since, until = to_instant(start, schedule.zone), to_instant(end, schedule.zone)
    if not people and schedule.calendar is not None:
        table = schedule.calendar.table
        people = table.people_at(at)
        rule = Rule(Kind.CALENDAR) if people else rule
        change, next_change = table.unchanged_around(at)
        since, until = max(since, change), min(until, next_change)
    return Shift(since, until, people, rule)


def who(schedule: Schedule, at: datetime) -> tuple[str, ...]:
    """The ids of those on call at `at`; empty where nobody is."""
    return shift_at(schedule, at).people


def timeline(schedule: Schedule, start: datetime, end: datetime) -> tuple[Shift, ...]:
    """Who is on call from `start` to `end`: without hole or overlap, neighbours differ, gaps are shifts of nobody.

    Where one rule follows another and the people stay, it is one shift, with the rule of its first part.
    """
    return tuple(_merged(_steps(schedule, start, end)))


def on_call(schedule: Schedule, at: datetime, horizon: timedelta = YEAR) -> OnCall:
    """Who is on call at `at`, and since when and until when it is the same people."""
    at = _within(at)
    earliest, latest = _before(at, horizon), _after(at, horizon)
    shift = shift_at(schedule, at)
    since, until = shift.start, shift.end
    while earliest < since and (earlier := shift_at(schedule, since - MOMENT)).people == shift.people:
        since = earlier.start
    while until < latest and (later := shift_at(schedule, until)).people == shift.people:
        until = later.end
    return OnCall(shift.people, since if earliest < since else None, until if until < latest else None, shift.rule)


def next_shifts(schedule: Schedule, at: datetime, count: int, horizon: timedelta = YEAR) -> tuple[Shift, ...]:
    """The next `count` shifts that begin after `at`, gaps among them; fewer where the horizon ends them.

    The first begins where `on_call(at)` ends; the last one's end may be the horizon.
    """
    at = _within(at)
    return tuple(islice(_merged(_steps(schedule, at, _after(at, horizon))), 1, count + 1))


def gaps(schedule: Schedule, start: datetime, end: datetime) -> tuple[Shift, ...]:
    """When nobody is on call."""
    return tuple(shift for shift in timeline(schedule, start, end) if not shift.people)


def _by_the_wall(schedule: Schedule, wall: datetime) -> tuple[tuple[str, ...], Rule, datetime, datetime]:
    """The people whom overrides and layers name, the rule, and from and to which wall time that holds."""
    start, end = ALWAYS, NEVER
    for index, override in enumerate(schedule.overrides):
        if wall < override.start:
            end = min(end, override.start)
        elif override.end <= wall:
            start = max(start, override.end)
        else:
            return (override.person,), Rule(Kind.OVERRIDE, index), max(start, override.start), min(end, override.end)
    for index in reversed(range(len(schedule.layers))):
        layer = schedule.layers[index]
        window = window_at(layer.hours, wall)
        start, end = max(start, window.start), min(end, window.end)
        if window.inside:
            turn = turn_at(layer, wall)
            if turn is not None:
                return (turn.person,), Rule(Kind.LAYER, index), max(start, turn.start), min(end, turn.end)
            end = min(end, layer.start)
    return (), _NOBODY, start, end


def _steps(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Shift]:
    """The answers one after the other, together exactly from `start` to `end`."""
    at, end = _within(start), min(max(end.astimezone(UTC), EARLIEST), LATEST)
    while at < end:
        shift = shift_at(schedule, at)
        yield replace(shift, start=at, end=min(shift.end, end))
        at = shift.end


def _merged(shifts: Iterable[Shift]) -> Iterator[Shift]:
    last: Shift | None = None
    for shift in shifts:
        if last is not None and last.people == shift.people:
            last = replace(last, end=shift.end)
        else:
            if last is not None:
                yield last
            last = shift
    if last is not None:
        yield last


def _within(at: datetime) -> datetime:
    return min(max(at.astimezone(UTC), EARLIEST), LATEST - MOMENT)


def _before(at: datetime, horizon: timedelta) -> datetime:
    return at - min(horizon, at - EARLIEST)


def _after(at: datetime, horizon: timedelta) -> datetime:
    return at + min(horizon, LATEST - at)
