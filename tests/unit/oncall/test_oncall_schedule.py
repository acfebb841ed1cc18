"""Who is on call now, by which rule, since when, until when, and who is next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lcr_asterisk.oncall.model import OnCall, Rule, Schedule, Shift
from lcr_asterisk.oncall.schedule import EARLIEST, LATEST, gaps, next_shifts, on_call, shift_at, timeline, who
from tests.unit.oncall.oncall_words import (
    BERLIN,
    CALENDAR,
    NEW_YORK,
    NOBODY,
    calendar,
    instant,
    layer,
    of_layer,
    of_override,
    override,
    schedule,
    shown,
)

LADDER = schedule(
    BERLIN,
    layer("a b", "2026-11-02 09:00", "1w", "mon-fri 08:00-18:00"),
    layer("c", "2026-11-02 09:00", "1w", "wed 08:00-12:00"),
    overrides=[override("d", "2026-11-04 10:00", "2026-11-04 11:00")],
    calendar=calendar("e 2026-11-03 17:00 > 2026-11-04 07:30"),
)
RULES = {  # at, who, rule
    "a layer": ("2026-11-03 12:00", "a", of_layer(0)),
    "1 µs before the layer's hours end": ("2026-11-03 17:59:59.999999", "a", of_layer(0)),
    "exactly when they end, the calendar": ("2026-11-03 18:00", "e", CALENDAR),
    "a layer before the calendar": ("2026-11-04 08:00", "c", of_layer(1)),
    "the last layer before the first": ("2026-11-04 09:59:59.999999", "c", of_layer(1)),
    "an override before all": ("2026-11-04 10:00", "d", of_override(0)),
    "exactly when the override ends": ("2026-11-04 11:00", "c", of_layer(1)),
    "nobody": ("2026-11-04 18:00", "", NOBODY),
    "1 µs before a handoff": ("2026-11-09 08:59:59.999999", "a", of_layer(0)),
    "exactly at a handoff": ("2026-11-09 09:00", "b", of_layer(0)),
}


@pytest.mark.parametrize(("at", "people", "rule"), RULES.values(), ids=RULES)
def test_the_first_rule_that_has_somebody_decides(at: str, people: str, rule: Rule) -> None:
    shift = shift_at(LADDER, instant(at, BERLIN))
    assert (shift.people, shift.rule) == (tuple(people.split()), rule)


def test_an_instant_may_be_given_in_any_zone_and_the_answer_is_in_utc() -> None:
    at = instant("2026-11-03 12:00", BERLIN)
    shift = shift_at(LADDER, at.astimezone(NEW_YORK))
    assert shift == shift_at(LADDER, at)
    assert shift.start.tzinfo is shift.end.tzinfo is UTC


PAIR = schedule(
    BERLIN,
    layer("a b", "2026-11-02 09:00", "1w"),
    overrides=[override("a", "2026-11-09 09:00", "2026-11-10 09:00"), override("c", "2026-11-11", "2026-11-12")],
)


def test_since_and_until_go_past_a_change_of_rules_to_the_change_of_people() -> None:
    assert on_call(PAIR, instant("2026-11-09 12:00", BERLIN)) == OnCall(
        ("a",), instant("2026-11-02 09:00", BERLIN), instant("2026-11-10 09:00", BERLIN), of_override(0)
    )


def test_since_and_until_of_nobody_are_the_ends_of_the_gap() -> None:
    assert on_call(LADDER, instant("2026-11-07 12:00", BERLIN)) == OnCall(
        (), instant("2026-11-06 18:00", BERLIN), instant("2026-11-09 08:00", BERLIN), NOBODY
    )


@pytest.mark.parametrize(
    "alone",
    [
        schedule(BERLIN, layer("a", "2020-01-01", "1h")),
        schedule(BERLIN, layer("a a", "2020-01-01", "1d")),
        schedule(BERLIN, layer("a", "2020-01-01", "1d", "mon-sun 08:00-20:00", "mon-sun 20:00-08:00")),
    ],
    ids=["hourly", "daily with oneself", "day and night"],
)
def test_one_who_is_alone_is_on_call_without_end(alone: Schedule) -> None:
    assert on_call(alone, instant("2026-11-02")) == OnCall(("a",), None, None, of_layer(0))
    assert next_shifts(alone, instant("2026-11-02"), 5) == ()


def test_what_lies_beyond_the_horizon_is_not_looked_at() -> None:
    at = instant("2026-11-03 09:00", BERLIN)
    assert on_call(PAIR, at, timedelta(days=2)) == OnCall(
        ("a",), instant("2026-11-02 09:00", BERLIN), None, of_layer(0)
    )
    assert on_call(PAIR, at, timedelta(hours=1)) == OnCall(("a",), None, None, of_layer(0))


def test_the_next_shifts_follow_the_present_one_with_the_gaps_between_them() -> None:
    at = instant("2026-11-05 12:00", BERLIN)
    shifts = next_shifts(LADDER, at, 3)
    assert shifts[0].start == on_call(LADDER, at).until
    assert shown(shifts, BERLIN) == ["nobody 2026-11-05 18:00", "a 2026-11-06 08:00", "nobody 2026-11-06 18:00"]
    assert shifts[2].end == instant("2026-11-09 08:00", BERLIN)


def test_at_a_handoff_the_next_shift_is_the_one_after() -> None:
    shifts = next_shifts(PAIR, instant("2026-11-02 09:00", BERLIN), 1)
    assert shown(shifts, BERLIN) == ["b 2026-11-10 09:00"]


def test_the_last_of_the_next_shifts_ends_at_the_horizon() -> None:
    at = instant("2026-11-12", BERLIN)
    assert next_shifts(PAIR, at, 5, timedelta(days=5)) == (
        Shift(instant("2026-11-16 09:00", BERLIN), at + timedelta(days=5), ("a",), of_layer(0)),
    )


def test_gaps_are_when_nobody_is_on_call() -> None:
    found = gaps(LADDER, instant("2026-11-03", BERLIN), instant("2026-11-06", BERLIN))
    assert [(gap.start, gap.end, gap.rule) for gap in found] == [
        (instant("2026-11-03 00:00", BERLIN), instant("2026-11-03 08:00", BERLIN), NOBODY),
        (instant("2026-11-04 18:00", BERLIN), instant("2026-11-05 08:00", BERLIN), NOBODY),
        (instant("2026-11-05 18:00", BERLIN), instant("2026-11-06 00:00", BERLIN), NOBODY),
    ]


def test_a_schedule_without_gaps_has_none() -> None:
    assert gaps(PAIR, instant("2026-12-01"), instant("2027-12-01")) == ()


def test_asking_about_the_ends_of_time_is_answered() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert who(PAIR, first) == ()
    assert who(PAIR, last) in {("a",), ("b",)}
    assert on_call(schedule(BERLIN), first) == on_call(schedule(BERLIN), last) == OnCall((), None, None, NOBODY)
    assert timeline(schedule(BERLIN), first, last) == (Shift(EARLIEST, LATEST, (), NOBODY),)
    assert next_shifts(PAIR, first, 1, timedelta.max)[0].start == instant("2026-11-02 09:00", BERLIN)
