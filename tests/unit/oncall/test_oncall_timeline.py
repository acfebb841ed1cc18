"""Who takes over when, as the clock on the wall of the schedule shows it, in the nights that matter too."""

from __future__ import annotations

import pytest

from lcr_asterisk.oncall.model import Schedule
from lcr_asterisk.oncall.schedule import timeline, who
from lcr_asterisk.oncall.walltime import MOMENT
from tests.unit.oncall.oncall_words import (
    APIA,
    AUCKLAND,
    BERLIN,
    KATHMANDU,
    LORD_HOWE,
    NEW_YORK,
    SANTIAGO,
    calendar,
    instant,
    layer,
    override,
    schedule,
    shown,
)

WEEKLY = layer("a b", "2026-11-02 09:00", "1w")  # a Monday; b takes over on the 9th
HOURLY_IN_SPRING = layer("a b c", "2026-03-29 00:00", "1h")
HOURLY_IN_AUTUMN = layer("a b c", "2026-10-25 00:00", "1h")

TIMELINES = {  # schedule, from, to, who takes over when
    "nobody before the start": (
        schedule(BERLIN, WEEKLY),
        "2026-11-01 09:00",
        "2026-11-03 09:00",
        ["nobody 2026-11-01 09:00", "a 2026-11-02 09:00"],
    ),
    "no rules at all": (schedule(BERLIN), "2026-11-01", "2026-11-03", ["nobody 2026-11-01 00:00"]),
    "weekly": (
        schedule(BERLIN, WEEKLY),
        "2026-11-03",
        "2026-11-17",
        ["a 2026-11-03 00:00", "b 2026-11-09 09:00", "a 2026-11-16 09:00"],
    ),
    "every two weeks keeps its hour when the clocks change": (
        schedule(BERLIN, layer("a b", "2026-03-16 09:00", "2w")),
        "2026-03-16 09:00",
        "2026-04-14",
        ["a 2026-03-16 09:00", "b 2026-03-30 09:00", "a 2026-04-13 09:00"],
    ),
    "every two weeks keeps its hour in southern autumn": (
        schedule(AUCKLAND, layer("a b", "2026-03-30 09:00", "1w")),
        "2026-03-30 09:00",
        "2026-04-14",
        ["a 2026-03-30 09:00", "b 2026-04-06 09:00", "a 2026-04-13 09:00"],
    ),
    "leap day": (
        schedule(BERLIN, layer("a b c", "2024-02-27 09:00", "1d")),
        "2024-02-28 09:00",
        "2024-03-02",
        ["b 2024-02-28 09:00", "c 2024-02-29 09:00", "a 2024-03-01 09:00"],
    ),
    "monthly on the 31st": (
        schedule(BERLIN, layer("a b", "2026-01-31 09:00", "1mo")),
        "2026-01-31 09:00",
        "2026-05-01",
        ["a 2026-01-31 09:00", "b 2026-02-28 09:00", "a 2026-03-31 09:00", "b 2026-04-30 09:00"],
    ),
    "every 12 hours, a handoff in the hour that does not exist": (
        schedule(BERLIN, layer("a b", "2026-03-28 02:30", "12h")),
        "2026-03-28 02:30",
        "2026-03-30",
        ["a 2026-03-28 02:30", "b 2026-03-28 14:30", "a 2026-03-29 03:00", "b 2026-03-29 14:30"],
    ),
    "every 12 hours, a handoff in the hour that comes twice": (
        schedule(BERLIN, layer("a b", "2026-10-24 02:30", "12h")),
        "2026-10-24 02:30",
        "2026-10-26",
        ["a 2026-10-24 02:30", "b 2026-10-24 14:30", "a 2026-10-25 02:30", "b 2026-10-25 14:30"],
    ),
    "hourly, c's hour does not exist": (
        schedule(BERLIN, HOURLY_IN_SPRING),
        "2026-03-29 00:00",
        "2026-03-29 05:00",
        ["a 2026-03-29 00:00", "b 2026-03-29 01:00", "a 2026-03-29 03:00", "b 2026-03-29 04:00"],
    ),
    "hourly, c's hour comes twice": (
        schedule(BERLIN, HOURLY_IN_AUTUMN),
        "2026-10-25 00:00",
        "2026-10-25 05:00",
        [
            "a 2026-10-25 00:00",
            "b 2026-10-25 01:00",
            "c 2026-10-25 02:00",
            "a 2026-10-25 03:00",
            "b 2026-10-25 04:00",
        ],
    ),
    "hourly at half past, in the night with a gap": (
        schedule(BERLIN, layer("a b c", "2026-03-29 00:30", "1h")),
        "2026-03-29 00:30",
        "2026-03-29 04:00",
        ["a 2026-03-29 00:30", "b 2026-03-29 01:30", "c 2026-03-29 03:00", "a 2026-03-29 03:30"],
    ),
    "hourly at half past, in the night with an hour that comes twice": (
        schedule(BERLIN, layer("a b c", "2026-10-25 00:30", "1h")),
        "2026-10-25 00:30",
        "2026-10-25 04:00",
        ["a 2026-10-25 00:30", "b 2026-10-25 01:30", "c 2026-10-25 02:30", "a 2026-10-25 03:30"],
    ),
    "asked for from within an hour that comes twice": (
        schedule(BERLIN, HOURLY_IN_AUTUMN),
        "2026-10-25 02:30 again",
        "2026-10-25 04:00",
        ["c 2026-10-25 02:30 again", "a 2026-10-25 03:00"],
    ),
    "hourly west of Greenwich, b's hour comes twice": (
        schedule(NEW_YORK, layer("a b c", "2026-11-01 00:00", "1h")),
        "2026-11-01 00:00",
        "2026-11-01 03:00",
        ["a 2026-11-01 00:00", "b 2026-11-01 01:00", "c 2026-11-01 02:00"],
    ),
    "hourly where the clocks go forward by half an hour": (
        schedule(LORD_HOWE, layer("a b c", "2026-10-04 00:00", "1h")),
        "2026-10-04 00:00",
        "2026-10-04 04:00",
        ["a 2026-10-04 00:00", "b 2026-10-04 01:00", "c 2026-10-04 02:30", "a 2026-10-04 03:00"],
    ),
    "hourly where the clocks go back by half an hour": (
        schedule(LORD_HOWE, layer("a b c", "2026-04-05 00:00", "1h")),
        "2026-04-05 00:00",
        "2026-04-05 04:00",
        ["a 2026-04-05 00:00", "b 2026-04-05 01:00", "c 2026-04-05 02:00", "a 2026-04-05 03:00"],
    ),
    "daily at a midnight that does not exist": (
        schedule(SANTIAGO, layer("a b", "2026-09-05 00:00", "1d")),
        "2026-09-05 00:00",
        "2026-09-08",
        ["a 2026-09-05 00:00", "b 2026-09-06 01:00", "a 2026-09-07 00:00"],
    ),
    "daily over a day that did not exist": (
        schedule(APIA, layer("a b c", "2011-12-29 09:00", "1d")),
        "2011-12-29 09:00",
        "2012-01-01",
        ["a 2011-12-29 09:00", "b 2011-12-31 00:00", "c 2011-12-31 09:00"],
    ),
    "a zone three quarters of an hour beside the others": (
        schedule(KATHMANDU, layer("a b", "2026-11-02 09:00", "1d")),
        "2026-11-02 09:00",
        "2026-11-03 10:00",
        ["a 2026-11-02 09:00", "b 2026-11-03 09:00"],
    ),
    "hours": (
        schedule(BERLIN, layer("a", "2026-11-01", "1w", "mon-fri 08:00-18:00")),
        "2026-11-06 17:00",
        "2026-11-09 09:00",
        ["a 2026-11-06 17:00", "nobody 2026-11-06 18:00", "a 2026-11-09 08:00"],
    ),
    "overnight hours belong to the day they start on": (
        schedule(BERLIN, layer("a", "2026-11-01", "1w", "fri 18:00-08:00")),
        "2026-11-06 00:00",
        "2026-11-08 00:00",
        ["nobody 2026-11-06 00:00", "a 2026-11-06 18:00", "nobody 2026-11-07 08:00"],
    ),
    "a handoff inside of overnight hours changes the person": (
        schedule(BERLIN, layer("a b", "2026-11-02", "1d", "mon-sun 22:00-06:00")),
        "2026-11-02 22:00",
        "2026-11-03 22:00",
        ["a 2026-11-02 22:00", "b 2026-11-03 00:00", "nobody 2026-11-03 06:00"],
    ),
    "a layer that starts inside of its hours": (
        schedule(BERLIN, layer("a", "2026-11-02 23:00", "1d", "mon-sun 22:00-06:00")),
        "2026-11-02 22:00",
        "2026-11-03 12:00",
        ["nobody 2026-11-02 22:00", "a 2026-11-02 23:00", "nobody 2026-11-03 06:00"],
    ),
    "hours that end in a gap last until after it": (
        schedule(BERLIN, layer("a", "2026-03-01", "1w", "sat 22:00-02:30")),
        "2026-03-28 20:00",
        "2026-03-29 06:00",
        ["nobody 2026-03-28 20:00", "a 2026-03-28 22:00", "nobody 2026-03-29 03:00"],
    ),
    "hours within a gap do not take place": (
        schedule(BERLIN, layer("a", "2026-03-01", "1w", "sun 02:00-03:00")),
        "2026-03-28 20:00",
        "2026-03-29 06:00",
        ["nobody 2026-03-28 20:00"],
    ),
    "hours that end in an hour that comes twice end the first time": (
        schedule(BERLIN, layer("a", "2026-10-01", "1w", "sat 22:00-02:30")),
        "2026-10-24 22:00",
        "2026-10-25 06:00",
        ["a 2026-10-24 22:00", "nobody 2026-10-25 02:30"],
    ),
    "hours that begin in an hour that comes twice begin the first time": (
        schedule(BERLIN, layer("a", "2026-10-01", "1w", "sun 02:30-05:00")),
        "2026-10-25 01:00",
        "2026-10-25 06:00",
        ["nobody 2026-10-25 01:00", "a 2026-10-25 02:30", "nobody 2026-10-25 05:00"],
    ),
    "a later layer wins where it has somebody": (
        schedule(BERLIN, WEEKLY, layer("c", "2026-11-02", "1w", "sat-sun 00:00-24:00")),
        "2026-11-06",
        "2026-11-10",
        ["a 2026-11-06 00:00", "c 2026-11-07 00:00", "a 2026-11-09 00:00", "b 2026-11-09 09:00"],
    ),
    "a later layer that has not started leaves it to the first": (
        schedule(BERLIN, WEEKLY, layer("c", "2026-11-05 12:00", "1w")),
        "2026-11-04",
        "2026-11-10",
        ["a 2026-11-04 00:00", "c 2026-11-05 12:00"],
    ),
    "an override across a handoff": (
        schedule(BERLIN, WEEKLY, overrides=[override("c", "2026-11-09 06:00", "2026-11-09 12:00")]),
        "2026-11-08",
        "2026-11-10",
        ["a 2026-11-08 00:00", "c 2026-11-09 06:00", "b 2026-11-09 12:00"],
    ),
    "overrides one after the other, in any order": (
        schedule(
            BERLIN,
            WEEKLY,
            overrides=[
                override("d", "2026-11-04 12:00", "2026-11-04 18:00"),
                override("c", "2026-11-04 06:00", "2026-11-04 12:00"),
            ],
        ),
        "2026-11-04",
        "2026-11-05",
        ["a 2026-11-04 00:00", "c 2026-11-04 06:00", "d 2026-11-04 12:00", "a 2026-11-04 18:00"],
    ),
    "an override from a gap on": (
        schedule(BERLIN, overrides=[override("c", "2026-03-29 02:15", "2026-03-29 04:00")]),
        "2026-03-29 00:00",
        "2026-03-29 05:00",
        ["nobody 2026-03-29 00:00", "c 2026-03-29 03:00", "nobody 2026-03-29 04:00"],
    ),
    "an override within a gap does not take place": (
        schedule(BERLIN, overrides=[override("c", "2026-03-29 02:15", "2026-03-29 02:45")]),
        "2026-03-29 00:00",
        "2026-03-29 05:00",
        ["nobody 2026-03-29 00:00"],
    ),
    "an override within an hour that comes twice takes place once": (
        schedule(BERLIN, overrides=[override("c", "2026-10-25 02:15", "2026-10-25 02:45")]),
        "2026-10-25 00:00",
        "2026-10-25 05:00",
        ["nobody 2026-10-25 00:00", "c 2026-10-25 02:15", "nobody 2026-10-25 02:45"],
    ),
    "a calendar is asked last": (
        schedule(
            BERLIN,
            layer("a", "2026-11-01", "1w", "mon-sun 08:00-18:00"),
            overrides=[override("c", "2026-11-03 20:00", "2026-11-03 22:00")],
            calendar=calendar("d 2026-11-02 23:00 > 2026-11-03 20:00"),
        ),
        "2026-11-03 00:00",
        "2026-11-04 00:00",
        [
            "d 2026-11-03 00:00",
            "a 2026-11-03 08:00",
            "d 2026-11-03 18:00",
            "c 2026-11-03 20:00",
            "nobody 2026-11-03 22:00",
        ],
    ),
    "several in a calendar at once": (
        schedule(
            BERLIN,
            calendar=calendar(
                "b 2026-11-03 06:00 > 2026-11-03 12:00",
                "a 2026-11-03 06:00 > 2026-11-03 10:00",
                "a 2026-11-03 09:00 > 2026-11-03 11:00",
            ),
        ),
        "2026-11-03 06:00",
        "2026-11-03 14:00",
        [
            "nobody 2026-11-03 06:00",
            "a b 2026-11-03 07:00",
            "b 2026-11-03 12:00",
            "nobody 2026-11-03 13:00",
        ],
    ),
    "one rule after the other and the same person": (
        schedule(BERLIN, layer("a b", "2026-11-02", "1d"), layer("a", "2026-11-01", "1w", "tue 00:00-12:00")),
        "2026-11-02",
        "2026-11-05",
        ["a 2026-11-02 00:00", "b 2026-11-03 12:00", "a 2026-11-04 00:00"],
    ),
    "of no length": (schedule(BERLIN, WEEKLY), "2026-11-03", "2026-11-03", []),
    "from later to earlier": (schedule(BERLIN, WEEKLY), "2026-11-04", "2026-11-03", []),
}


@pytest.mark.parametrize(("plan", "start", "end", "expected"), TIMELINES.values(), ids=TIMELINES)
def test_who_takes_over_when(plan: Schedule, start: str, end: str, expected: list[str]) -> None:
    shifts = timeline(plan, instant(start, plan.zone), instant(end, plan.zone))
    assert shown(shifts, plan.zone) == expected
    for shift in shifts:
        assert who(plan, shift.start) == who(plan, shift.end - MOMENT) == shift.people
