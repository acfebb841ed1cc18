"""Schedules, wall times and instants as short text, so that a table of a test reads like what an admin writes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lcr_asterisk.oncall.model import Calendar, Hours, Kind, Layer, Override, Period, Rule, Schedule, Shift, Span, Unit

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")  # forward 2026-03-29 02:00 → 03:00, back 2026-10-25 03:00 → 02:00
NEW_YORK = ZoneInfo("America/New_York")  # forward 2026-03-08 02:00 → 03:00, back 2026-11-01 02:00 → 01:00
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # back 2026-04-05 02:00 → 01:30, forward 2026-10-04 02:00 → 02:30
AUCKLAND = ZoneInfo("Pacific/Auckland")  # back 2026-04-05 03:00 → 02:00, forward 2026-09-27 02:00 → 03:00
SANTIAGO = ZoneInfo("America/Santiago")  # back 2026-04-04 24:00 → 23:00, forward 2026-09-06 00:00 → 01:00
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # always 5:45 ahead
APIA = ZoneInfo("Pacific/Apia")  # there was no 2011-12-30

NOBODY = Rule(Kind.NOBODY)
CALENDAR = Rule(Kind.CALENDAR)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def wall(text: str) -> datetime:
    """`2026-11-02 09:00`, on the clock on the wall."""
    return datetime.fromisoformat(text)


def instant(text: str, zone: ZoneInfo = UTC_ZONE) -> datetime:
    """`2026-11-02 09:00` on a clock in `zone`; the second of two such times with `again` after it."""
    local = datetime.fromisoformat(text.removesuffix(" again")).replace(tzinfo=zone)
    return local.replace(fold=int(text.endswith(" again"))).astimezone(UTC)


def period(text: str) -> Period:
    match = re.fullmatch(r"(\d+)(\w+)", text)
    assert match is not None
    return Period(int(match[1]), Unit(match[2]))


def hours(text: str) -> Hours:
    """`mon-fri 18:00-08:00`."""
    days, times = text.split()
    first, last = (_DAYS.index(day) for day in (days.split("-") * 2)[:2])
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in times.split("-"))
    return Hours(frozenset(range(first, last + 1)), start, end)


def layer(people: str, start: str, every: str, *parts: str) -> Layer:
    return Layer(tuple(people.split()), wall(start), period(every), tuple(map(hours, parts)))


def override(person: str, start: str, end: str) -> Override:
    return Override(person, wall(start), wall(end))


def calendar(*spans: str) -> Calendar:
    """Each `alice 2026-11-02 09:00 > 2026-11-03 09:00`, in UTC."""
    made = []
    for text in spans:
        person, times = text.split(" ", 1)
        start, end = times.split(" > ")
        made.append(Span(person, instant(start), instant(end)))
    return Calendar(tuple(made), instant("2026-01-01"), instant("2028-01-01"))


def schedule(
    zone: ZoneInfo, *layers: Layer, overrides: Iterable[Override] = (), calendar: Calendar | None = None
) -> Schedule:
    return Schedule("platform", zone, layers, tuple(overrides), calendar)


def of_layer(index: int) -> Rule:
    return Rule(Kind.LAYER, index)


def of_override(index: int) -> Rule:
    return Rule(Kind.OVERRIDE, index)


def shown(shifts: Iterable[Shift], zone: ZoneInfo) -> list[str]:
    """`alice 2026-11-02 09:00`: who takes over when, on a clock in `zone`; the shift lasts until the next line."""
    return [f"{' '.join(s.people) or 'nobody'} {_clock(s.start, zone)}" for s in shifts]


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}{' again' if local.fold else ''}"
