"""Times as a schedule's admin writes them: zones, wall-clock times, periods, days of the week, parts of a day."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import PlainValidator

from lcr_asterisk.config import shapes
from lcr_asterisk.config.problems import quote, suggest
from lcr_asterisk.config.values import scalar, wrong
from lcr_asterisk.config.yaml_tree import Text
from lcr_asterisk.oncall.model import Period, Unit

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(len(DAYS)))
MIDNIGHT = 24 * 60
"""Minutes; the end of a day."""

# In the database, but no place: zones that count leap seconds, doubles, and whatever this machine or none has set.
_NO_PLACE = re.compile(r"right/|posix/|(localtime|Factory|posixrules)$")
_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2199
_WALL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?")
_OFFSET = re.compile(r"[0-9-]{10}[T ][0-9:.]+ ?(Z|[+-][0-9:]+)")
_PERIOD = re.compile(r"([0-9]{1,3})(h|d|w|mo)")
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})")
_PERIODS_IN_WORDS = {"hourly": "1h", "daily": "1d", "weekly": "1w", "biweekly": "2w", "monthly": "1mo"}


def zone(value: Any) -> ZoneInfo:
    """A time zone by its name in the IANA database."""
    written = scalar(value, "Europe/Berlin")
    try:
        found = None if _NO_PLACE.match(written) else ZoneInfo(written)
    except (KeyError, ValueError, OSError):
        found = None
    if found is None:
        raise wrong(f"{quote(written.written)} is not a time zone", lambda: _zone_meant(written.written))
    return found


def _zone_meant(word: str) -> str:
    """A city's zone, or one of nearly this name; an abbreviation such as CEST is near only to wrong ones."""
    zones = _zones()
    word = _NO_PLACE.sub("", word)
    if word in zones:
        return f"did you mean {quote(word)}?"
    cities = [name for name in zones if name.lower().endswith("/" + word.lower().replace(" ", "_"))]
    hint = suggest(word, zones) if "/" in word else suggest(cities[0], cities) if cities else ""
    return hint if hint.startswith("did") else "write a place such as Europe/Berlin or America/New_York, or UTC"


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(name for name in available_timezones() if not _NO_PLACE.match(name)))


def wall_time(value: Any) -> datetime:
    """A time on the clock on the wall, naive; a date alone is its midnight."""
    written = scalar(value, "2026-11-02T09:00")
    shown = quote(written.written)
    if _OFFSET.fullmatch(written):
        raise wrong(
            f"{shown} has an offset, but a time here is one of the schedule's zone; write it like 2026-11-02T09:00"
        )
    if _WALL_TIME.fullmatch(written.replace(" ", "T", 1)) and " " in written:
        raise wrong(f"{shown} has a space; write {written.written.replace(' ', 'T')}")
    if not _WALL_TIME.fullmatch(written):
        raise wrong(f"{shown} is not a time; write it like 2026-11-02T09:00, or 2026-11-02 for midnight")
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        raise wrong(f"{shown} is not in the calendar or on the clock; correct the day or the time") from None
    if not _EARLIEST_YEAR <= time.year <= _LATEST_YEAR:
        raise wrong(f"{shown} is too far away; write a year from {_EARLIEST_YEAR} to {_LATEST_YEAR}")
    return time


def period(value: Any) -> Period:
    """How long a turn is."""
    written = scalar(value, "1w")
    shown = written.written
    match = _PERIOD.fullmatch(written)
    if match is not None and int(match[1]):
        return Period(int(match[1]), Unit(match[2]))
    if written in _PERIODS_IN_WORDS:
        raise wrong(f"{quote(shown)} is not a period; did you mean {_PERIODS_IN_WORDS[written]}?")
    if re.fullmatch(r"[0-9]{1,6}", written):
        raise wrong(f"{shown} has no unit; write {shown}h for hours, {shown}d for days, {shown}w or {shown}mo")
    if re.fullmatch(r"[0-9]{1,6}m", written):
        raise wrong(f"{quote(shown)} would be minutes; write {shown}o for months, or hours like 12h")
    raise wrong(f"{quote(shown)} is not a period; write it like 12h, 1d, 2w or 1mo")


def days(value: Any) -> frozenset[int]:
    """Days of the week from 0, Monday: `mon-fri`, `mon,wed,sat`, or a list of such words."""
    if isinstance(value, list):
        parts = [(item, part) for item in value for part in _parts(scalar(item, "mon"))]
    else:
        written = scalar(value, "mon-fri")
        parts = [(written, part) for part in _parts(written)]
    found: list[int] = []
    for written, part in parts:
        first, dash, last = part.partition("-")
        start = _day(first, written)
        end = _day(last, written) if dash else start
        # sat-mon runs over the end of the week.
        for day in range(start, end + 1 if start <= end else end + 1 + len(DAYS)):
            if day % len(DAYS) in found:
                raise wrong(f"names {DAYS[day % len(DAYS)]} twice; keep one")
            found.append(day % len(DAYS))
    if not found:
        raise wrong("is empty; at least one is needed")
    return frozenset(found)


def _parts(written: Text) -> list[str]:
    return [part.strip() for part in written.split(",")]


def _day(name: str, written: Text) -> int:
    if name not in DAYS:
        shown = quote(name if name in written.written else written.written)
        close = name[:3].lower()
        hint = f'did you mean "{close}"?' if close in DAYS else "write it like mon-fri or mon,wed,sat"
        raise wrong(f"{shown} is not a day of the week; {hint}")
    return DAYS.index(name)


def _clock(value: Any, example: str) -> int:
    written = scalar(value, f'"{example}"')
    match = _CLOCK.fullmatch(written)
    minutes = int(match[1]) * 60 + int(match[2]) if match else MIDNIGHT + 1
    if match is None or int(match[2]) > 59 or minutes > MIDNIGHT:
        raise wrong(f'{quote(written.written)} is not a time of day; write it from "00:00" to "24:00"')
    return minutes


def day_start(value: Any) -> int:
    """Minutes after midnight at which a part of the day begins."""
    minutes = _clock(value, "18:00")
    if minutes == MIDNIGHT:
        raise wrong('nothing begins at "24:00"; write "00:00" of the next day')
    return minutes


def day_end(value: Any) -> int:
    """Minutes after midnight at which a part of the day is over."""
    return _clock(value, "08:00")


WallTime = Annotated[datetime, PlainValidator(wall_time), shapes.WALL_TIME]
Turn = Annotated[Period, PlainValidator(period), shapes.PERIOD]
Days = Annotated[frozenset[int], PlainValidator(days), shapes.DAYS]
DayStart = Annotated[int, PlainValidator(day_start), shapes.CLOCK]
DayEnd = Annotated[int, PlainValidator(day_end), shapes.CLOCK]
