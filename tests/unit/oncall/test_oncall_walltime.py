"""A time on the wall is one instant: in a gap the first moment after it, in a repeated hour the first of the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcr_asterisk.oncall.walltime import (
    ALWAYS,
    EARLIEST,
    LATEST,
    MOMENT,
    NEVER,
    OddTimes,
    odd_times,
    to_instant,
    wall_reached,
)
from tests.unit.oncall.oncall_words import (
    APIA,
    AUCKLAND,
    BERLIN,
    KATHMANDU,
    LORD_HOWE,
    NEW_YORK,
    SANTIAGO,
    UTC_ZONE,
    instant,
    wall,
)

ZONES = (UTC_ZONE, BERLIN, NEW_YORK, LORD_HOWE, AUCKLAND, SANTIAGO, KATHMANDU, APIA, ZoneInfo("Africa/Casablanca"))


INSTANTS_OF_WALL_TIMES = {  # zone, on_the_wall, utc
    "winter": (BERLIN, "2026-01-15 09:00", "2026-01-15 08:00"),
    "summer": (BERLIN, "2026-07-15 09:00", "2026-07-15 07:00"),
    "just before a gap": (BERLIN, "2026-03-29 01:59:59.999999", "2026-03-29 00:59:59.999999"),
    "first moment of a gap": (BERLIN, "2026-03-29 02:00", "2026-03-29 01:00"),
    "within a gap": (BERLIN, "2026-03-29 02:30", "2026-03-29 01:00"),
    "last moment of a gap": (BERLIN, "2026-03-29 02:59:59.999999", "2026-03-29 01:00"),
    "first moment after a gap": (BERLIN, "2026-03-29 03:00", "2026-03-29 01:00"),
    "after a gap": (BERLIN, "2026-03-29 03:30", "2026-03-29 01:30"),
    "before a repeated hour": (BERLIN, "2026-10-25 01:59", "2026-10-24 23:59"),
    "first moment of a repeated hour": (BERLIN, "2026-10-25 02:00", "2026-10-25 00:00"),
    "within a repeated hour": (BERLIN, "2026-10-25 02:30", "2026-10-25 00:30"),
    "after a repeated hour": (BERLIN, "2026-10-25 03:00", "2026-10-25 02:00"),
    "gap west of Greenwich": (NEW_YORK, "2026-03-08 02:15", "2026-03-08 07:00"),
    "repeated hour west of Greenwich": (NEW_YORK, "2026-11-01 01:15", "2026-11-01 05:15"),
    "gap of half an hour": (LORD_HOWE, "2026-10-04 02:10", "2026-10-03 15:30"),
    "after a gap of half an hour": (LORD_HOWE, "2026-10-04 02:30", "2026-10-03 15:30"),
    "repeated half hour": (LORD_HOWE, "2026-04-05 01:45", "2026-04-04 14:45"),
    "after a repeated half hour": (LORD_HOWE, "2026-04-05 02:00", "2026-04-04 15:30"),
    "gap in southern spring": (AUCKLAND, "2026-09-27 02:30", "2026-09-26 14:00"),
    "a midnight that does not exist": (SANTIAGO, "2026-09-06 00:00", "2026-09-06 04:00"),
    "last hour of a day comes twice": (SANTIAGO, "2026-04-04 23:30", "2026-04-05 02:30"),
    "three quarters of an hour": (KATHMANDU, "2026-11-02 09:00", "2026-11-02 03:15"),
    "a day that did not exist": (APIA, "2011-12-30 12:00", "2011-12-30 10:00"),
}


@pytest.mark.parametrize(("zone", "on_the_wall", "utc"), INSTANTS_OF_WALL_TIMES.values(), ids=INSTANTS_OF_WALL_TIMES)
def test_a_wall_time_is_one_instant(zone: ZoneInfo, on_the_wall: str, utc: str) -> None:
    assert to_instant(wall(on_the_wall), zone) == instant(utc)


WALL_TIMES_REACHED = {  # zone, utc, on_the_wall
    "as the clock shows it": (BERLIN, "2026-07-15 07:00", "2026-07-15 09:00"),
    "after a gap": (BERLIN, "2026-03-29 01:00", "2026-03-29 03:00"),
    "first time within a repeated hour": (BERLIN, "2026-10-25 00:30", "2026-10-25 02:30"),
    "as the hour begins again": (BERLIN, "2026-10-25 01:00", "2026-10-25 02:59:59.999999"),
    "in the hour once more": (BERLIN, "2026-10-25 01:30", "2026-10-25 02:59:59.999999"),
    "after a repeated hour": (BERLIN, "2026-10-25 02:00", "2026-10-25 03:00"),
    "half an hour once more": (LORD_HOWE, "2026-04-04 15:10", "2026-04-05 01:59:59.999999"),
}


@pytest.mark.parametrize(("zone", "utc", "on_the_wall"), WALL_TIMES_REACHED.values(), ids=WALL_TIMES_REACHED)
def test_the_wall_time_reached_never_goes_back(zone: ZoneInfo, utc: str, on_the_wall: str) -> None:
    assert wall_reached(instant(utc), zone) == wall(on_the_wall)


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_what_always_was_and_what_never_comes_have_instants_that_any_zone_can_show(zone: ZoneInfo) -> None:
    assert to_instant(ALWAYS, zone) == EARLIEST
    assert to_instant(NEVER, zone) == LATEST
    assert EARLIEST.astimezone(zone) < LATEST.astimezone(zone)


def test_the_changes_of_the_clocks_say_what_they_skip_and_repeat() -> None:
    year = instant("2026-01-01"), instant("2027-01-01")
    assert list(odd_times(BERLIN, *year)) == [
        OddTimes(wall("2026-03-29 02:00"), wall("2026-03-29 03:00"), skipped=True),
        OddTimes(wall("2026-10-25 02:00"), wall("2026-10-25 03:00"), skipped=False),
    ]
    assert list(odd_times(LORD_HOWE, *year)) == [
        OddTimes(wall("2026-04-05 01:30"), wall("2026-04-05 02:00"), skipped=False),
        OddTimes(wall("2026-10-04 02:00"), wall("2026-10-04 02:30"), skipped=True),
    ]
    assert list(odd_times(KATHMANDU, *year)) == []


def test_a_change_of_the_clocks_belongs_to_the_span_that_begins_with_it() -> None:
    change = instant("2026-03-29 01:00")
    assert list(odd_times(BERLIN, change - timedelta(days=3), change)) == []
    assert len(list(odd_times(BERLIN, change, change + MOMENT))) == 1


INSTANTS = st.datetimes(wall("1975-01-01"), wall("2100-01-01"), timezones=st.just(UTC))
NEAR_A_CHANGE = st.builds(
    lambda change, seconds: instant(change) + timedelta(seconds=seconds),
    st.sampled_from(
        ["2026-03-29 01:00", "2026-10-25 01:00", "2026-04-04 15:00", "2026-10-03 15:30", "2011-12-30 10:00"]
    ),
    st.integers(-5400, 5400),
)


@settings(deadline=None)
@given(st.sampled_from(ZONES), INSTANTS | NEAR_A_CHANGE, INSTANTS | NEAR_A_CHANGE)
def test_an_instant_has_reached_a_wall_time_exactly_when_it_is_not_before_it(
    zone: ZoneInfo, at: datetime, other: datetime
) -> None:
    for on_the_wall in (other.astimezone(zone).replace(tzinfo=None), other.replace(tzinfo=None)):
        assert (wall_reached(at, zone) >= on_the_wall) is (at >= to_instant(on_the_wall, zone))


@settings(deadline=None)
@given(st.sampled_from(ZONES), INSTANTS | NEAR_A_CHANGE)
def test_what_a_clock_shows_for_the_first_time_is_that_instant(zone: ZoneInfo, at: datetime) -> None:
    local = at.astimezone(zone)
    if not local.fold:
        assert to_instant(local.replace(tzinfo=None), zone) == at
