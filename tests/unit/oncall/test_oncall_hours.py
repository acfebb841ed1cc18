"""The hours of a layer: half-open, overnight ones belong to the day they start on."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcr_asterisk.oncall.hours import window_at
from lcr_asterisk.oncall.model import Hours
from lcr_asterisk.oncall.walltime import ALWAYS, NEVER
from tests.unit.oncall.oncall_words import hours, wall

# 2026-11-02 is a Monday.


WINDOWS = {  # parts, at, inside, since, until
    "start": (["mon-fri 08:00-18:00"], "2026-11-02 08:00", True, "2026-11-02 08:00", "2026-11-02 18:00"),
    "1 µs before the end": (
        ["mon-fri 08:00-18:00"],
        "2026-11-02 17:59:59.999999",
        True,
        "2026-11-02 08:00",
        "2026-11-02 18:00",
    ),
    "end": (["mon-fri 08:00-18:00"], "2026-11-02 18:00", False, "2026-11-02 18:00", "2026-11-03 08:00"),
    "weekend": (["mon-fri 08:00-18:00"], "2026-11-07 12:00", False, "2026-11-06 18:00", "2026-11-09 08:00"),
    "monday": (["mon-fri 08:00-18:00"], "2026-11-02 07:00", False, "2026-10-30 18:00", "2026-11-02 08:00"),
    "overnight": (["fri 18:00-08:00"], "2026-11-07 07:59", True, "2026-11-06 18:00", "2026-11-07 08:00"),
    "other night": (["fri 18:00-08:00"], "2026-11-06 07:59", False, "2026-10-31 08:00", "2026-11-06 18:00"),
    "sunday night": (["sun 18:00-08:00"], "2026-11-02 00:00", True, "2026-11-01 18:00", "2026-11-02 08:00"),
    "into monday": (["sun 18:00-08:00"], "2026-11-08 23:59", True, "2026-11-08 18:00", "2026-11-09 08:00"),
    "to midnight": (["sun 22:00-24:00"], "2026-11-02 00:00", False, "2026-11-02 00:00", "2026-11-08 22:00"),
    "two days": (["sat-sun 00:00-24:00"], "2026-11-08 03:00", True, "2026-11-07 00:00", "2026-11-09 00:00"),
    "24 hours": (["wed 09:00-09:00"], "2026-11-05 08:00", True, "2026-11-04 09:00", "2026-11-05 09:00"),
    "two blocks that meet are one": (
        ["mon-fri 00:00-08:00", "mon-fri 18:00-24:00"],
        "2026-11-03 20:00",
        True,
        "2026-11-03 18:00",
        "2026-11-04 08:00",
    ),
    "two blocks that overlap are one": (
        ["mon 08:00-12:00", "mon 10:00-14:00"],
        "2026-11-02 11:00",
        True,
        "2026-11-02 08:00",
        "2026-11-02 14:00",
    ),
}


@pytest.mark.parametrize(("parts", "at", "inside", "since", "until"), WINDOWS.values(), ids=WINDOWS)
def test_whether_a_time_is_inside(parts: list[str], at: str, inside: bool, since: str, until: str) -> None:
    window = window_at(tuple(map(hours, parts)), wall(at))
    assert (window.inside, window.start, window.end) == (inside, wall(since), wall(until))


@pytest.mark.parametrize("parts", [[], ["mon-sun 00:00-24:00"], ["mon-sun 08:00-20:00", "mon-sun 20:00-08:00"]])
def test_no_restriction_and_one_that_leaves_nothing_out_are_the_same(parts: list[str]) -> None:
    window = window_at(tuple(map(hours, parts)), wall("2026-11-02 09:00"))
    assert (window.inside, window.start, window.end) == (True, ALWAYS, NEVER)


def test_hours_on_no_day_are_never() -> None:
    window = window_at((Hours(frozenset(), 0, 1440),), wall("2026-11-02 09:00"))
    assert (window.inside, window.start, window.end) == (False, ALWAYS, NEVER)


@pytest.mark.parametrize("at", [ALWAYS, NEVER])
def test_the_first_and_the_last_week_of_all_calendars_have_hours_too(at: datetime) -> None:
    window = window_at((hours("wed 09:00-17:00"),), at)
    assert not window.inside
    assert window.start <= at <= window.end


PARTS = st.builds(Hours, st.frozensets(st.integers(0, 6)), st.integers(0, 1439), st.integers(0, 1440))
MINUTES = st.integers(0, 14 * 1440 - 1)


@settings(deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=4).map(tuple), MINUTES)
def test_a_minute_is_inside_when_a_part_that_began_on_one_of_its_days_is_not_over(
    parts: tuple[Hours, ...], minute: int
) -> None:
    at = wall("2026-11-02") + timedelta(minutes=minute)
    began_and_lasts = any(
        day + timedelta(minutes=part.start) <= at < day + timedelta(days=part.end <= part.start, minutes=part.end)
        for part in parts
        for day in (wall("2026-10-31") + timedelta(days=number) for number in range(20))
        if day.weekday() in part.days
    )
    window = window_at(parts, at)
    assert window.inside is began_and_lasts
    assert window.start <= at < window.end


@settings(deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=4).map(tuple), MINUTES)
def test_windows_follow_each_other_and_take_turns(parts: tuple[Hours, ...], minute: int) -> None:
    window = window_at(parts, wall("2026-11-02") + timedelta(minutes=minute))
    if window.end != NEVER:
        following = window_at(parts, window.end)
        assert (following.inside, following.start) == (not window.inside, window.end)
