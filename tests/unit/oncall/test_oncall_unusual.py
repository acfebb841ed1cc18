"""An admin is warned of shifts that a change of the clocks skips or repeats, once each, and of nothing else."""

from __future__ import annotations

import pytest

from lcr_asterisk.oncall.model import Rule, Schedule
from lcr_asterisk.oncall.schedule import Unusual, unusual_shifts
from tests.unit.oncall.oncall_words import (
    BERLIN,
    KATHMANDU,
    LORD_HOWE,
    SANTIAGO,
    calendar,
    instant,
    layer,
    of_layer,
    of_override,
    override,
    schedule,
    wall,
)

SKIPPED, TWICE = True, False
EVERY_DAY = ("mon-sun 00:00-24:00",)

YEARS = {  # schedule, what is unusual in 2026: rule, from, to, skipped or twice
    "a weekly handoff at 02:30 on Sundays": (
        schedule(BERLIN, layer("a b", "2026-01-04 02:30", "1w")),
        [
            (of_layer(0), "2026-03-29 02:30", "2026-04-05 02:30", SKIPPED),
            (of_layer(0), "2026-10-25 02:30", "2026-11-01 02:30", TWICE),
        ],
    ),
    "hourly": (
        schedule(BERLIN, layer("a b", "2026-01-01", "1h")),
        [
            (of_layer(0), "2026-03-29 02:00", "2026-03-29 03:00", SKIPPED),
            (of_layer(0), "2026-10-25 02:00", "2026-10-25 03:00", TWICE),
        ],
    ),
    "hourly where the clocks move by half an hour": (
        schedule(LORD_HOWE, layer("a b", "2026-01-01 00:30", "1h")),
        [(of_layer(0), "2026-04-05 01:30", "2026-04-05 02:30", TWICE)],
    ),
    "at a midnight that does not exist": (
        schedule(SANTIAGO, layer("a b", "2026-01-01", "1d")),
        [(of_layer(0), "2026-09-06 00:00", "2026-09-07 00:00", SKIPPED)],
    ),
    "hours that begin in the gap": (
        schedule(BERLIN, layer("a", "2026-01-01", "1d", "sun 02:00-08:00")),
        [
            (of_layer(0), "2026-03-29 02:00", "2026-03-29 08:00", SKIPPED),
            (of_layer(0), "2026-10-25 02:00", "2026-10-25 08:00", TWICE),
        ],
    ),
    "overnight hours that end in it": (
        schedule(BERLIN, layer("a", "2026-01-01", "1d", "sat 22:00-02:30")),
        [
            (of_layer(0), "2026-03-28 22:00", "2026-03-29 02:30", SKIPPED),
            (of_layer(0), "2026-10-24 22:00", "2026-10-25 02:30", TWICE),
        ],
    ),
    "hours that lie in it": (
        schedule(BERLIN, layer("a", "2026-01-01", "1d", "sun 02:10-02:50")),
        [
            (of_layer(0), "2026-03-29 02:10", "2026-03-29 02:50", SKIPPED),
            (of_layer(0), "2026-10-25 02:10", "2026-10-25 02:50", TWICE),
        ],
    ),
    "hours that begin where a turn begins are said once": (
        schedule(BERLIN, layer("a b", "2026-01-04 02:30", "1w", "sun 02:30-08:00")),
        [
            (of_layer(0), "2026-03-29 02:30", "2026-03-29 08:00", SKIPPED),
            (of_layer(0), "2026-10-25 02:30", "2026-10-25 08:00", TWICE),
        ],
    ),
    "a handoff within the hours": (
        schedule(BERLIN, layer("a b", "2026-01-04 02:30", "1w", "sat 22:00-08:00")),
        [
            (of_layer(0), "2026-03-29 02:30", "2026-04-05 02:30", SKIPPED),
            (of_layer(0), "2026-10-25 02:30", "2026-11-01 02:30", TWICE),
        ],
    ),
    "a layer that starts in it, with one person": (
        schedule(BERLIN, layer("a", "2026-03-29 02:30", "1w")),
        [(of_layer(0), "2026-03-29 02:30", "2026-04-05 02:30", SKIPPED)],
    ),
    "a layer that starts in it, within its hours": (
        schedule(BERLIN, layer("a b", "2026-03-29 02:40", "3w", "sun 02:20-05:00")),
        [
            (of_layer(0), "2026-03-29 02:40", "2026-04-19 02:40", SKIPPED),
            (of_layer(0), "2026-10-25 02:20", "2026-10-25 05:00", TWICE),
            (of_layer(0), "2026-10-25 02:40", "2026-11-15 02:40", TWICE),
        ],
    ),
    "overrides": (
        schedule(
            BERLIN,
            overrides=[
                override("a", "2026-03-28 22:00", "2026-03-29 02:30"),
                override("b", "2026-03-29 04:00", "2026-03-29 08:00"),
                override("c", "2026-10-25 02:00", "2026-10-25 08:00"),
            ],
        ),
        [
            (of_override(0), "2026-03-28 22:00", "2026-03-29 02:30", SKIPPED),
            (of_override(2), "2026-10-25 02:00", "2026-10-25 08:00", TWICE),
        ],
    ),
    "at 03:00, which is there once": (schedule(BERLIN, layer("a b", "2026-01-04 03:00", "1w", "sun 03:00-08:00")), []),
    "a night shift over it": (schedule(BERLIN, layer("a b", "2026-01-04 09:00", "1w", "mon-sun 22:00-06:00")), []),
    "a handoff from a person to themselves": (schedule(BERLIN, layer("a a", "2026-01-04 02:30", "1w")), []),
    "a handoff outside of the hours": (
        schedule(BERLIN, layer("a b", "2026-01-04 02:30", "1w", "mon-fri 08:00-18:00")),
        [],
    ),
    "at 03:00, by an override": (
        schedule(BERLIN, overrides=[override("a", "2026-03-29 03:00", "2026-03-29 08:00")]),
        [],
    ),
    "hours that end when the layer starts": (
        schedule(BERLIN, layer("a b", "2026-03-29 02:30", "1w", "sat 22:00-02:30")),
        [(of_layer(0), "2026-10-24 22:00", "2026-10-25 02:30", TWICE)],
    ),
    "hours that end before the layer starts": (
        schedule(BERLIN, layer("a b", "2026-03-29 08:00", "1w", "sat 22:00-02:30", "sun 12:00-13:00")),
        [(of_layer(0), "2026-10-24 22:00", "2026-10-25 02:30", TWICE)],
    ),
    "a layer that starts later": (schedule(BERLIN, layer("a b", "2026-12-01 02:30", "1h")), []),
    "no restriction at all": (schedule(BERLIN, layer("a", "2026-01-01", "1d", *EVERY_DAY)), []),
    "a zone that leaves its clocks alone": (schedule(KATHMANDU, layer("a b", "2026-01-01 00:30", "1h")), []),
    "a calendar, whose times are instants": (
        schedule(BERLIN, calendar=calendar("a 2026-03-29 01:00 > 2026-03-29 02:00")),
        [],
    ),
}


@pytest.mark.parametrize(("plan", "expected"), YEARS.values(), ids=YEARS)
def test_what_is_unusual_in_a_year(plan: Schedule, expected: list[tuple[Rule, str, str, bool]]) -> None:
    found = unusual_shifts(plan, instant("2026-01-01"), instant("2027-01-01"))
    assert found == tuple(Unusual(rule, wall(start), wall(end), skipped) for rule, start, end, skipped in expected)


def test_only_changes_of_the_clocks_within_the_time_asked_about_matter() -> None:
    hourly = schedule(BERLIN, layer("a b", "2026-01-01", "1h"))
    assert unusual_shifts(hourly, instant("2026-03-29 01:00"), instant("2026-10-25 01:00")) == (
        Unusual(of_layer(0), wall("2026-03-29 02:00"), wall("2026-03-29 03:00"), SKIPPED),
    )


def test_an_override_that_begins_and_ends_at_times_that_do_not_exist_is_said_once() -> None:
    plan = schedule(BERLIN, overrides=[override("a", "2026-03-29 02:30", "2027-03-28 02:30")])
    assert unusual_shifts(plan, instant("2026-01-01"), instant("2028-01-01")) == (
        Unusual(of_override(0), wall("2026-03-29 02:30"), wall("2027-03-28 02:30"), SKIPPED),
    )
