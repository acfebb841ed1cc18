"""Handoffs in the middle of a night shift, for warnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from lcr_asterisk.oncall.hours import Window, window_at
from lcr_asterisk.oncall.model import Layer, Unit
from lcr_asterisk.oncall.rotation import turn, turns_since_start
from lcr_asterisk.oncall.walltime import MOMENT

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SplitNight:
    """At `at`, a naive wall time inside of this window of hours, `before` hands over to `after` (ids)."""

    window: Window
    at: datetime
    before: str
    after: str


def split_night(layer: Layer, start: datetime, end: datetime) -> SplitNight | None:
    """The first from `start` to `end`, naive wall times; None where every night belongs to one person.

    A night is a window of hours that runs over midnight and is shorter than a day. Who hands over by the hour means to.
    """
    if not layer.hours or layer.every.unit is Unit.HOUR or end <= layer.start:
        return None
    for index in count(turns_since_start(layer, max(start, layer.start))):
        this = turn(layer, index)
        if this.start >= end:
            return None
        before = layer.people[(index - 1) % len(layer.people)]
        window = window_at(layer.hours, this.start)
        if index and before != this.person and this.start >= start and _is_night(window) and window.start < this.start:
            return SplitNight(window, this.start, before, this.person)
    return None


def _is_night(window: Window) -> bool:
    over_midnight = window.start.date() != (window.end - MOMENT).date()
    return window.inside and over_midnight and window.end - window.start < _A_DAY
