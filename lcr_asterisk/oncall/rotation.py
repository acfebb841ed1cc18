"""Whose turn it is in a layer, by the clock on the wall. Each handoff is counted from the layer's start."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

from lcr_asterisk.oncall.model import Layer, Unit
from lcr_asterisk.oncall.walltime import NEVER

_LENGTHS = {Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1), Unit.WEEK: timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Turn:
    """`person` from `start` to `end`, naive wall times."""

    person: str
    start: datetime
    end: datetime


def turn_at(layer: Layer, wall: datetime) -> Turn | None:
    """Whose turn it is when the clock on the wall shows `wall`; None before the layer starts."""
    if wall < layer.start:
        return None
    if layer.people.count(layer.people[0]) == len(layer.people):
        return Turn(layer.people[0], layer.start, NEVER)
    return turn(layer, turns_since_start(layer, wall))


def turn(layer: Layer, index: int) -> Turn:
    return Turn(layer.people[index % len(layer.people)], handoff(layer, index), handoff(layer, index + 1))


def turns_since_start(layer: Layer, wall: datetime) -> int:
    """The index of the turn at `wall`, which is not before the start."""
    every = layer.every
    if every.unit is not Unit.MONTH:
        return (wall - layer.start) // (_LENGTHS[every.unit] * every.count)
    months = (wall.year - layer.start.year) * 12 + wall.month - layer.start.month
    index = months // every.count
    return index if handoff(layer, index) <= wall else index - 1


def handoff(layer: Layer, index: int) -> datetime:
    """The wall time at which the turn with this index begins; the first one, at the start, has index 0."""
    every = layer.every
    try:
        if every.unit is Unit.MONTH:
            return _months_after(layer.start, index * every.count)
        return layer.start + _LENGTHS[every.unit] * (every.count * index)
    except OverflowError:
        return NEVER


def _months_after(start: datetime, months: int) -> datetime:
    """The same day of a later month, or the last day of that month where it is shorter."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    if year > NEVER.year:
        return NEVER
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
