"""Operators hear of a trouble once, when it has lasted, and once when it is over; a flicker wakes nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lcr_asterisk.paging.trouble import (
    FIRST_WAIT,
    GIVE_UP,
    LONGEST_WAIT,
    SOON,
    Ill,
    Kind,
    Limits,
    Seen,
    Told,
    Trouble,
    Unseen,
    Well,
    limits_of,
    next_attempt,
    step,
)
from tests.unit.paging.transcript import NINE

ILL, WELL, UNSEEN = Ill("the carrier is away", "call it"), Well(), Unseen()
LIMITS = Limits(patience=60, calm=30, long_calm=300)
SIGNS: dict[str, Seen] = {"x": ILL, ".": WELL, "?": UNSEEN}


def told(looks: str, *, every: float = 10, limits: Limits = LIMITS) -> list[tuple[int, Told]]:
    """What is told at which look, from 0; the looks are `x` for ill, `.` for well, `?` for unseen, 10 s apart."""
    trouble, heard = Trouble(), []
    for number, look in enumerate(looks):
        trouble, tell = step(trouble, SIGNS[look], NINE + timedelta(seconds=number * every), limits)
        if tell is not None:
            heard.append((number, tell))
    return heard


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param("...........", [], id="nothing is wrong"),
        pytest.param("xxxxxx....", [], id="a moment less than the patience"),
        pytest.param("xxxxxxx", [(6, Told.DEGRADED)], id="exactly the patience"),
        pytest.param("x" * 50, [(6, Told.DEGRADED)], id="once, not again and again"),
        pytest.param("xxxxx.xxxxx.xxxxx.", [], id="patience begins anew after each good moment"),
        pytest.param("xxxxx?xxxxx?xxxxx?", [], id="and after each moment in which nobody can tell"),
        pytest.param("xxxxxxx...", [(6, Told.DEGRADED)], id="not over before it was calm for a while"),
        pytest.param("xxxxxxx....", [(6, Told.DEGRADED), (10, Told.RECOVERED)], id="over, exactly then"),
        pytest.param("xxxxxxx....." + "." * 50, [(6, Told.DEGRADED), (10, Told.RECOVERED)], id="over once"),
        pytest.param("xxxxxxx...x...x...x", [(6, Told.DEGRADED)], id="a calm that is broken does not count"),
        pytest.param("xxxxxxx...?...?...?", [(6, Told.DEGRADED)], id="nor one that nobody could see all the time"),
        pytest.param("xxxxxxx" + "?" * 50 + "xxx", [(6, Told.DEGRADED)], id="what was told stays so unseen"),
        pytest.param("x" * 7 + "." * 4 + "x" * 7, [(6, Told.DEGRADED), (10, Told.RECOVERED), (17, Told.DEGRADED)]),
        pytest.param(
            "x" * 7 + "." * 4 + "x" * 7 + "." * 30,
            [(6, Told.DEGRADED), (10, Told.RECOVERED), (17, Told.DEGRADED)],
            id="what comes and goes has to be calm for longer",
        ),
        pytest.param(
            "x" * 7 + "." * 4 + "x" * 7 + "." * 31,
            [(6, Told.DEGRADED), (10, Told.RECOVERED), (17, Told.DEGRADED), (48, Told.RECOVERED)],
            id="exactly so long",
        ),
        pytest.param(
            "x" * 7 + "." * 4 + "." * 360 + "x" * 7 + "." * 4,
            [(6, Told.DEGRADED), (10, Told.RECOVERED), (377, Told.DEGRADED), (381, Told.RECOVERED)],
            id="what comes back after an hour does not",
        ),
    ],
)
def test_what_operators_hear(looks: str, expected: list[tuple[int, Told]]) -> None:
    assert told(looks) == expected


def test_it_is_known_since_when_it_holds() -> None:
    trouble = Trouble()
    for seconds in (0, 10, 60, 70):
        trouble, _ = step(trouble, ILL, NINE + timedelta(seconds=seconds), LIMITS)
    assert (trouble.since, trouble.told) == (NINE, NINE + timedelta(seconds=60))


def after(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def test_of_several_notifiers_none_tells_too_early_by_more_than_their_clocks_are_apart() -> None:
    """They look at one database, each by its own clock."""
    trouble, _ = step(Trouble(), ILL, NINE, LIMITS)
    for seconds in (-5, 49, -3, 54):
        trouble, tell = step(trouble, ILL, after(seconds), LIMITS)
        assert tell is None
    assert trouble.since == after(-5)
    assert step(trouble, ILL, after(55), LIMITS)[1] is Told.DEGRADED


def test_a_clock_that_was_set_back_mutes_no_alert() -> None:
    """Whoever looks first after the restart finds a beginning that is still to come."""
    trouble, _ = step(Trouble(), ILL, after(3600), LIMITS)
    trouble, tell = step(trouble, ILL, NINE, LIMITS)
    assert (trouble.since, tell) == (NINE, None)
    assert step(trouble, ILL, after(60), LIMITS) == (Trouble(since=NINE, told=after(60)), Told.DEGRADED)


def test_nor_the_news_that_it_is_over() -> None:
    told, well = after(3000), after(3600)
    trouble, tell = step(Trouble(since=told, told=told, well_since=well), WELL, NINE, LIMITS)
    assert (trouble.since, trouble.well_since, tell) == (NINE, NINE, None)
    assert trouble.told == told, "alerts name the incident by it"
    assert step(trouble, WELL, after(30), LIMITS)[1] is Told.RECOVERED


@pytest.mark.parametrize("again", [None, after(3600)])
def test_nor_that_it_grows(again: datetime | None) -> None:
    trouble, tell = step(Trouble(since=NINE, told=after(3000), again=again), ILL, NINE, LIMITS)
    more = Ill("the carrier is away", "call it", 1)
    for seconds in range(1, 300, 50):
        trouble, tell = step(trouble, more, after(seconds), LIMITS)
        assert tell is None
    assert step(trouble, more, after(300), LIMITS)[1] is Told.DEGRADED


@settings(deadline=None)
@given(
    some.lists(some.tuples(some.sampled_from([ILL, WELL, UNSEEN]), some.floats(0, 200)), max_size=120),
    some.builds(Limits, some.floats(1, 120), some.floats(1, 120), some.floats(120, 1000)),
)
def test_whatever_is_seen(history: list[tuple[Seen, float]], limits: Limits) -> None:
    trouble, now = Trouble(), NINE
    last: Told | None = None
    ill_since: datetime | None = None
    well_since: datetime | None = None
    for seen, seconds in history:
        now += timedelta(seconds=seconds)
        ill_since = (ill_since or now) if seen == ILL else None
        well_since = (well_since or now) if seen == WELL else None
        before = trouble
        trouble, tell = step(before, seen, now, limits)
        assert step(before, seen, now, limits) == (trouble, tell), "the same question had another answer"
        assert (trouble.told is not None) == (Told.DEGRADED in (last, tell) and tell is not Told.RECOVERED)
        if tell is Told.DEGRADED:
            assert last is not Told.DEGRADED, "told again without having been over"
            assert ill_since is not None and (now - ill_since).total_seconds() >= limits.patience
            assert trouble.since == ill_since
        if tell is Told.RECOVERED:
            assert last is Told.DEGRADED, "nothing was wrong that could be over"
            assert well_since is not None and (now - well_since).total_seconds() >= limits.calm
            assert trouble == Trouble(over=now)
        last = tell or last


@settings(deadline=None)  # hours of looks
@given(some.lists(some.tuples(some.sampled_from([ILL, WELL]), some.integers(1, 100)), min_size=20, max_size=60))
def test_a_line_that_comes_and_goes_is_told_of_a_few_times_an_hour(history: list[tuple[Seen, int]]) -> None:
    trouble, now, times = Trouble(), NINE, list[datetime]()
    for seen, looks in history:
        for _ in range(looks):
            now += timedelta(seconds=5)
            trouble, tell = step(trouble, seen, now, limits_of(Kind.TRUNK))
            times += [now] if tell is not None else []
    assert all(later - earlier > SOON for earlier, later in zip(times, times[12:], strict=False))


def test_every_kind_has_its_patience() -> None:
    assert {limits_of(kind).patience for kind in Kind} <= {10.0, 60.0, 90.0, 120.0}


@pytest.mark.parametrize(
    ("attempts", "asked", "seconds"),
    [(0, 0, FIRST_WAIT), (1, 0, FIRST_WAIT), (2, 0, 10), (3, 0, 20), (3, 45, 45), (99, 0, LONGEST_WAIT)],
)
def test_an_alert_that_fails_is_tried_later_and_later(attempts: int, asked: float, seconds: float) -> None:
    assert next_attempt(attempts, asked, NINE, NINE) == NINE + timedelta(seconds=seconds)


def test_and_for_a_day() -> None:
    assert next_attempt(200, 0, NINE, NINE + GIVE_UP - timedelta(seconds=1)) is not None
    assert next_attempt(200, 0, NINE, NINE + GIVE_UP) is None


def test_what_grows_is_told_again_but_not_each_time() -> None:
    trouble, heard = Trouble(), []
    extents = [1] * 8 + [2] * 60 + [2, 2, 3]
    for number, extent in enumerate(extents):
        now = NINE + timedelta(seconds=10 * number)
        trouble, tell = step(trouble, Ill("events", "look", extent), now, LIMITS)
        if tell is not None:
            heard.append((number, tell, trouble.extent))
    assert heard == [(6, Told.DEGRADED, 1), (36, Told.DEGRADED, 2), (70, Told.DEGRADED, 3)]
    assert trouble.told == NINE + timedelta(seconds=60), "it is one trouble all the time"
    for number in range(4):
        at = NINE + timedelta(seconds=700 + 10 * number)
        trouble, tell = step(trouble, WELL, at, LIMITS)
    assert (tell, trouble) == (Told.RECOVERED, Trouble(over=at))
