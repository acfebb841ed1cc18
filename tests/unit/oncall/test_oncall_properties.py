"""Any schedule at any instant: one answer, however it is asked for, and the one that each rule by itself would give."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lcr_asterisk.oncall.model import Calendar, Hours, Layer, Override, Period, Schedule, Shift, Span, Unit
from lcr_asterisk.oncall.rotation import handoff
from lcr_asterisk.oncall.schedule import gaps, next_shifts, on_call, shift_at, timeline, who
from lcr_asterisk.oncall.walltime import MOMENT, to_instant
from tests.unit.oncall.oncall_words import (
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

# The instants at which the clocks of these zones change in 2026.
CLOCKS = {
    UTC_ZONE: [],
    KATHMANDU: [],
    BERLIN: ["2026-03-29 01:00", "2026-10-25 01:00"],
    NEW_YORK: ["2026-03-08 07:00", "2026-11-01 06:00"],
    LORD_HOWE: ["2026-04-04 15:00", "2026-10-03 15:30"],
    AUCKLAND: ["2026-04-04 14:00", "2026-09-26 14:00"],
    SANTIAGO: ["2026-04-05 03:00", "2026-09-06 04:00"],
}
PEOPLE = st.sampled_from(["alice", "bob", "carol", "dave"])
QUARTERS = st.integers(0, 24 * 4).map(lambda quarter: quarter * 15)


@st.composite
def instants(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    """Most of them near a change of the clocks, and many on a quarter of an hour, where things begin and end."""
    around = draw(st.sampled_from(CLOCKS[zone] or ["2026-11-02 09:00"]))
    near = draw(st.integers(-40, 40)) * timedelta(minutes=15)
    far = draw(st.sampled_from([0, 0, 1, -1, 7, -40, 300])) * timedelta(days=1)
    return instant(around) + near + far + draw(st.sampled_from([0, 0, 1, -1])) * MOMENT


@st.composite
def wall_times(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    local = draw(instants(zone)).astimezone(zone).replace(tzinfo=None, fold=0)
    return local + draw(st.integers(-8, 8)) * timedelta(minutes=15)


HOURS = st.builds(
    Hours, st.frozensets(st.integers(0, 6), min_size=1), QUARTERS.filter(lambda start: start < 24 * 60), QUARTERS
)
PERIODS = st.builds(Period, st.integers(1, 13), st.sampled_from([Unit.HOUR, Unit.HOUR, *Unit]))


@st.composite
def layers(draw: st.DrawFn, zone: ZoneInfo) -> Layer:
    start = draw(st.just(wall("2026-01-31 02:30")) | wall_times(zone))
    people = draw(st.lists(PEOPLE, min_size=1, max_size=4))
    return Layer(tuple(people), start, draw(PERIODS), tuple(draw(st.lists(HOURS, max_size=2))))


@st.composite
def overrides(draw: st.DrawFn, zone: ZoneInfo) -> tuple[Override, ...]:
    """Some that do not overlap, in any order."""
    ends = sorted(set(draw(st.lists(wall_times(zone), max_size=6))))
    made = [Override(draw(PEOPLE), start, end) for start, end in zip(ends[::2], ends[1::2], strict=False)]
    return tuple(draw(st.permutations(made)))


@st.composite
def calendars(draw: st.DrawFn, zone: ZoneInfo) -> Calendar:
    spans = [
        Span(draw(PEOPLE), start, start + draw(st.integers(0, 60)) * timedelta(minutes=30))
        for start in draw(st.lists(instants(zone), max_size=5))
    ]
    return Calendar(tuple(spans), instant("2026-01-01"), instant("2027-12-31"))


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    zone = draw(st.sampled_from(list(CLOCKS)))
    return Schedule(
        "any",
        zone,
        tuple(draw(st.lists(layers(zone), max_size=3))),
        draw(overrides(zone)),
        draw(st.none() | calendars(zone)),
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    schedule = draw(schedules())
    return schedule, draw(instants(schedule.zone))


@st.composite
def stretches(draw: st.DrawFn) -> tuple[Schedule, datetime, datetime]:
    schedule, start = draw(questions())
    return schedule, start, start + timedelta(minutes=draw(st.integers(1, 5 * 24 * 60)))


def by_each_rule_alone(schedule: Schedule, at: datetime) -> tuple[str, ...]:
    """The definition, word for word, on instants: no stepping, no arithmetic on the wall."""
    zone = schedule.zone
    for override in schedule.overrides:
        if to_instant(override.start, zone) <= at < to_instant(override.end, zone):
            return (override.person,)
    for layer in reversed(schedule.layers):
        begun = [index for index, begins in enumerate(_handoffs(layer, at, zone)) if begins <= at]
        if begun and (not layer.hours or any(_within(part, at, zone) for part in layer.hours)):
            return (layer.people[begun[-1] % len(layer.people)],)
    spans = schedule.calendar.spans if schedule.calendar else ()
    covering = sorted((span.start, span.person) for span in spans if span.start <= at < span.end)
    return tuple(dict.fromkeys(person for _, person in covering))


def _handoffs(layer: Layer, at: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    index = 0
    while (begins := to_instant(handoff(layer, index), zone)) <= at:
        yield begins
        index += 1


def _within(part: Hours, at: datetime, zone: ZoneInfo) -> bool:
    midnight = at.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0, fold=0)
    for day in (midnight - timedelta(days=1), midnight):
        start = day + timedelta(minutes=part.start)
        end = day + timedelta(days=part.end <= part.start, minutes=part.end)
        if day.weekday() in part.days and to_instant(start, zone) <= at < to_instant(end, zone):
            return True
    return False


@settings(deadline=None, max_examples=100)
@given(questions())
def test_an_answer_is_the_one_that_each_rule_by_itself_would_give(question: tuple[Schedule, datetime]) -> None:
    schedule, at = question
    assert who(schedule, at) == by_each_rule_alone(schedule, at)


@settings(deadline=None, max_examples=100)
@given(questions())
def test_an_answer_holds_from_its_start_until_its_end(question: tuple[Schedule, datetime]) -> None:
    schedule, at = question
    shift = shift_at(schedule, at)
    assert shift.start <= at < shift.end
    assert shift.start.tzinfo is shift.end.tzinfo is UTC
    assert who(schedule, max(shift.start, instant("1900-01-01"))) == shift.people
    assert who(schedule, shift.end - MOMENT) == shift.people


@settings(deadline=None, max_examples=100)
@given(stretches(), st.floats(0, 1))
def test_at_any_instant_the_answer_is_that_of_the_timeline(
    stretch: tuple[Schedule, datetime, datetime], part: float
) -> None:
    schedule, start, end = stretch
    at = min(start + (end - start) * part, end - MOMENT)
    (shift,) = (shift for shift in timeline(schedule, start, end) if shift.start <= at < shift.end)
    assert shift.people == who(schedule, at) == by_each_rule_alone(schedule, at)


@settings(deadline=None, max_examples=100)
@given(stretches())
def test_a_timeline_has_no_overlap_and_no_hole_and_its_neighbours_differ(
    stretch: tuple[Schedule, datetime, datetime],
) -> None:
    schedule, start, end = stretch
    shifts = timeline(schedule, start, end)
    assert (shifts[0].start, shifts[-1].end) == (start, end)
    assert all(shift.start < shift.end for shift in shifts)
    for one, following in pairwise(shifts):
        assert one.end == following.start
        assert one.people != following.people
    assert gaps(schedule, start, end) == tuple(shift for shift in shifts if not shift.people)


@settings(deadline=None, max_examples=100)
@given(stretches(), st.floats(0, 1))
def test_a_part_of_a_timeline_is_the_timeline_of_that_part(
    stretch: tuple[Schedule, datetime, datetime], part: float
) -> None:
    schedule, start, end = stretch
    middle = start + (end - start) * part
    assume(start < middle < end)
    first, second = timeline(schedule, start, middle), timeline(schedule, middle, end)
    assert _spans((*first, *second)) == _spans(timeline(schedule, start, end))


def _spans(shifts: tuple[Shift, ...]) -> list[tuple[datetime, tuple[str, ...]]]:
    """Where people change, and to whom."""
    people: tuple[str, ...] | None = None
    changes = []
    for shift in shifts:
        if shift.people != people:
            changes.append((shift.start, shift.people))
            people = shift.people
    return changes


@settings(deadline=None, max_examples=100)
@given(questions(), st.integers(1, 4))
def test_now_and_next_are_pieces_of_the_timeline(question: tuple[Schedule, datetime], count: int) -> None:
    schedule, at = question
    horizon = timedelta(days=10)
    shifts = timeline(schedule, at - horizon, at + horizon)
    (index,) = (index for index, shift in enumerate(shifts) if shift.start <= at < shift.end)
    now = on_call(schedule, at, horizon)
    assert now.people == shifts[index].people
    assert now.since == (shifts[index].start if index else None)
    assert now.until == (shifts[index].end if shifts[index].end < at + horizon else None)
    assert next_shifts(schedule, at, count, horizon) == shifts[index + 1 : index + 1 + count]
