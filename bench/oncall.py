"""How long does it take to say who is on call?

`python -m bench.oncall` asks 20 schedules of all kinds at random instants, and for the shift of an hourly rotation that
never changes hands, and prints the figures. Exit code 1 when one is above its bound.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lcr_asterisk.oncall.model import Calendar, Hours, Layer, Override, Period, Schedule, Span, Unit
from lcr_asterisk.oncall.schedule import on_call, timeline, who

LOOK_UPS = 10_000
LOOK_UPS_BOUND = 1.0
ON_CALL_BOUND = 0.050
TIMELINE_BOUND = 1.0

START = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - the clock on the wall
FROM, DAYS = datetime(2026, 11, 1, tzinfo=UTC), 400
PEOPLE = ("alice", "bob", "carol", "dave", "erin")
EVERY_DAY, WEEKDAYS, WEEKEND = frozenset(range(7)), frozenset(range(5)), frozenset({5, 6})
NIGHTS, DAYTIME = Hours(EVERY_DAY, 18 * 60, 8 * 60), Hours(WEEKDAYS, 8 * 60, 18 * 60)


def schedules() -> tuple[Schedule, ...]:
    """Five kinds in four zones."""
    zones = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")]
    return tuple(
        schedule
        for zone in zones
        for schedule in (
            Schedule("hourly", zone, (rotation(1, Unit.HOUR),)),
            Schedule("weekly", zone, (rotation(1, Unit.WEEK), rotation(2, Unit.WEEK, DAYTIME)), overrides()),
            Schedule("monthly", zone, (rotation(1, Unit.MONTH), rotation(1, Unit.DAY, Hours(WEEKEND, 0, 1440)))),
            Schedule("nights", zone, (rotation(12, Unit.HOUR, NIGHTS), rotation(1, Unit.DAY, DAYTIME)), overrides()),
            Schedule("feed", zone, (rotation(1, Unit.WEEK, NIGHTS),), calendar=calendar()),
        )
    )


def rotation(count: int, unit: Unit, *hours: Hours) -> Layer:
    return Layer(PEOPLE, START, Period(count, unit), hours)


def overrides() -> tuple[Override, ...]:
    """A day in each month."""
    days = (START + timedelta(days=30 * month) for month in range(24))
    return tuple(Override("erin", day, day + timedelta(days=1)) for day in days)


def calendar() -> Calendar:
    """500 spans of 20 hours, one after the other, with four hours between them."""
    starts = [FROM + timedelta(days=day) for day in range(500)]
    spans = (Span(PEOPLE[day % 5], start, start + timedelta(hours=20)) for day, start in enumerate(starts))
    return Calendar(tuple(spans), FROM, FROM + timedelta(days=500))


def seconds(work: Callable[[], Iterable[object]]) -> float:
    started = time.perf_counter()
    for _ in work():
        pass
    return time.perf_counter() - started


def report(what: str, taken: float, bound: float) -> bool:
    good = taken <= bound
    print(f"{what:<58} {taken * 1000:7.1f} ms (bound {bound * 1000:.0f} ms: {'met' if good else 'NOT MET'})")
    return good


def main() -> int:
    chance = random.Random(0)
    asked = schedules()
    questions = [
        (chance.choice(asked), FROM + timedelta(seconds=chance.uniform(0, DAYS * 86_400))) for _ in range(LOOK_UPS)
    ]
    alone = Schedule("alone", asked[0].zone, (Layer(("alice",), START, Period(1, Unit.HOUR)),))
    pair = Schedule("pair", asked[0].zone, (Layer(("alice", "bob"), START, Period(1, Unit.HOUR)),))
    good = [
        report(
            f"{LOOK_UPS} look-ups in {len(asked)} schedules",
            seconds(lambda: (who(schedule, at) for schedule, at in questions)),
            LOOK_UPS_BOUND,
        ),
        report("since when and until when, one person hourly", seconds(lambda: [on_call(alone, FROM)]), ON_CALL_BOUND),
        report(
            "a year of hourly shifts, one by one",
            seconds(lambda: timeline(pair, FROM, FROM + timedelta(days=366))),
            TIMELINE_BOUND,
        ),
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
