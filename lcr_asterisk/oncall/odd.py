"""Shifts that begin or end at a wall time which a change of the clocks skips or repeats, for warnings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from lcr_asterisk.oncall.hours import window_at
from lcr_asterisk.oncall.model import Kind, Layer, Rule, Schedule
from lcr_asterisk.oncall.rotation import turn, turns_since_start
from lcr_asterisk.oncall.walltime import MOMENT, OddTimes, odd_times


@dataclass(frozen=True, slots=True)
class Unusual:
    """A turn, a window of hours or an override, as its naive wall times say, of which one is `skipped` or repeated."""

    rule: Rule
    start_wall: datetime
    end_wall: datetime
    skipped: bool


def unusual_shifts(schedule: Schedule, start: datetime, end: datetime) -> tuple[Unusual, ...]:
    """Those that the changes of the clocks from `start` to `end`, both aware, touch; each once, in order.

    Handing over from a person to the same person is nothing unusual, nor is a handoff outside of the layer's hours.
    """
    found = (
        Unusual(rule, begins, ends, odd.skipped)
        for odd in odd_times(schedule.zone, start, end)
        for rule, begins, ends in _touched(schedule, odd)
    )
    return tuple(sorted(dict.fromkeys(found), key=lambda unusual: unusual.start_wall))


def _touched(schedule: Schedule, odd: OddTimes) -> Iterator[tuple[Rule, datetime, datetime]]:
    for index, override in enumerate(schedule.overrides):
        if _is_odd(override.start, odd) or _is_odd(override.end, odd):
            yield Rule(Kind.OVERRIDE, index), override.start, override.end
    for index, layer in enumerate(schedule.layers):
        for begins, ends in (*_windows(layer, odd), *_handoffs(layer, odd)):
            yield Rule(Kind.LAYER, index), begins, ends


def _windows(layer: Layer, odd: OddTimes) -> Iterator[tuple[datetime, datetime]]:
    """The windows of hours that begin or end at an odd time."""
    wall = max(odd.start, layer.start) - MOMENT
    while wall < odd.end:
        window = window_at(layer.hours, wall)
        begins = layer.start <= window.start and _is_odd(window.start, odd)
        ends = layer.start < window.end and _is_odd(window.end, odd)
        if window.inside and (begins or ends):
            yield window.start, window.end
        wall = window.end


def _handoffs(layer: Layer, odd: OddTimes) -> Iterator[tuple[datetime, datetime]]:
    """The turns that begin at an odd time inside of the layer's hours, with somebody else than before."""
    first = turns_since_start(layer, max(odd.start, layer.start))
    for index in count(first):
        this = turn(layer, index)
        if this.start >= odd.end:
            return
        changes = index == 0 or layer.people[(index - 1) % len(layer.people)] != this.person
        window = window_at(layer.hours, this.start)
        if _is_odd(this.start, odd) and changes and window.inside and window.start < this.start:
            yield this.start, this.end


def _is_odd(wall: datetime, odd: OddTimes) -> bool:
    return odd.start <= wall < odd.end
