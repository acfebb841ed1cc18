"""Whose turn it is: handoffs are counted from the start by the clock on the wall, and agree with dateutil.rrule."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Literal

import pytest
from dateutil.rrule import DAILY, HOURLY, MONTHLY, WEEKLY, rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from lcr_asterisk.oncall.model import Layer, Period, Unit
from lcr_asterisk.oncall.rotation import Turn, handoff, turn_at
from lcr_asterisk.oncall.walltime import MOMENT, NEVER
from tests.unit.oncall.oncall_words import layer, wall

TURNS = {  # every, start, at, person, since, until
    "first": ("1w", "2026-11-02 09:00", "2026-11-02 09:00", "a", "2026-11-02 09:00", "2026-11-09 09:00"),
    "1 µs before a handoff": (
        "1w",
        "2026-11-02 09:00",
        "2026-11-09 08:59:59.999999",
        "a",
        "2026-11-02 09:00",
        "2026-11-09 09:00",
    ),
    "exactly at a handoff": ("1w", "2026-11-02 09:00", "2026-11-09 09:00", "b", "2026-11-09 09:00", "2026-11-16 09:00"),
    "again": ("1w", "2026-11-02 09:00", "2026-11-23 12:00", "a", "2026-11-23 09:00", "2026-11-30 09:00"),
    "3 weeks": ("3w", "2026-11-02 09:00", "2026-12-01 00:00", "b", "2026-11-23 09:00", "2026-12-14 09:00"),
    "12 h": ("12h", "2026-11-02 08:00", "2026-11-03 19:59", "c", "2026-11-03 08:00", "2026-11-03 20:00"),
    "5 h": ("5h", "2026-11-02 08:00", "2026-11-02 23:00", "a", "2026-11-02 23:00", "2026-11-03 04:00"),
    "leap day": ("1d", "2024-02-28 07:30", "2024-02-29 07:30", "b", "2024-02-29 07:30", "2024-03-01 07:30"),
    "31st": ("1mo", "2026-01-31 09:00", "2026-02-28 09:00", "b", "2026-02-28 09:00", "2026-03-31 09:00"),
    "a short month does not move those after it": (
        "1mo",
        "2026-01-31 09:00",
        "2026-03-30 10:00",
        "b",
        "2026-02-28 09:00",
        "2026-03-31 09:00",
    ),
    "leap day as the end of a month": (
        "1mo",
        "2027-12-31 00:00",
        "2028-02-29 00:00",
        "c",
        "2028-02-29 00:00",
        "2028-03-31 00:00",
    ),
    "yearly": ("12mo", "2024-02-29 00:00", "2025-02-28 00:00", "b", "2025-02-28 00:00", "2026-02-28 00:00"),
    "new year": ("2mo", "2026-11-15 09:00", "2027-01-15 08:59", "a", "2026-11-15 09:00", "2027-01-15 09:00"),
}


@pytest.mark.parametrize(("every", "start", "at", "person", "since", "until"), TURNS.values(), ids=TURNS)
def test_whose_turn_it_is(every: str, start: str, at: str, person: str, since: str, until: str) -> None:
    turn = turn_at(layer("a b c", start, every), wall(at))
    assert turn is not None
    assert (turn.person, turn.start, turn.end) == (person, wall(since), wall(until))


@pytest.mark.parametrize("every", ["1h", "1d", "2w", "1mo"])
def test_before_the_start_it_is_nobodys_turn(every: str) -> None:
    rotation = layer("a b", "2026-11-02 09:00", every)
    assert turn_at(rotation, rotation.start - MOMENT) is None
    assert turn_at(rotation, rotation.start) is not None


def test_the_turn_of_one_who_is_alone_does_not_end() -> None:
    turn = turn_at(layer("a a", "2026-11-02 09:00", "1h"), wall("2027-01-01 00:00"))
    assert turn is not None
    assert (turn.start, turn.end) == (wall("2026-11-02 09:00"), NEVER)


@pytest.mark.parametrize("every", ["999h", "999w", "999mo"])
def test_a_handoff_after_the_end_of_all_calendars_never_comes(every: str) -> None:
    rotation = layer("a b", "9998-12-31 09:00", every)
    assert handoff(rotation, 1000) == NEVER
    last = turn_at(rotation, wall("9999-12-31 23:59"))
    assert last is not None
    assert last.end == NEVER


PEOPLE = ("a", "b", "c")
STARTS = st.datetimes(wall("1980-01-01"), wall("2080-01-01")).map(lambda start: start.replace(microsecond=0))
PERIODS = st.builds(Period, st.integers(1, 40), st.sampled_from(Unit))


def by_dateutil(start: datetime, every: Period) -> rrule:
    """The same handoffs as a recurrence; of the days up to the start's, the last that a month has."""
    if every.unit is Unit.MONTH:
        days = range(28, start.day + 1) if start.day > 28 else start.day
        return rrule(MONTHLY, start, every.count, bymonthday=days, bysetpos=-1)
    frequencies: dict[Unit, Literal[2, 3, 4]] = {Unit.HOUR: HOURLY, Unit.DAY: DAILY, Unit.WEEK: WEEKLY}
    return rrule(frequencies[every.unit], start, every.count)


@settings(deadline=None)
@given(STARTS, PERIODS)
def test_handoffs_are_those_of_dateutil(start: datetime, every: Period) -> None:
    rotation = Layer(PEOPLE, start, every)
    assert [handoff(rotation, index) for index in range(30)] == list(islice(by_dateutil(start, every), 30))


@settings(deadline=None)
@given(STARTS, PERIODS, st.integers(0, 29), st.floats(0, 1, exclude_max=True))
def test_at_any_time_between_two_handoffs_of_dateutil_it_is_the_turn_that_began_there(
    start: datetime, every: Period, index: int, part: float
) -> None:
    begins, ends = islice(by_dateutil(start, every), index, index + 2)
    at = min(begins + (ends - begins) * part, ends - MOMENT)
    assert turn_at(Layer(PEOPLE, start, every), at) == Turn(PEOPLE[index % 3], begins, ends)
