"""What a calendar (iCalendar, RFC 5545) says about who is on call: its events, recurring ones expanded, as spans.

Whatever feeds contain comes from other people's programs. So everything is bounded before it is computed, and what
does not make sense is refused with a sentence instead of being guessed at.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]
from icalendar.timezone import tzp

from lcr_asterisk.calendars.naming import Names
from lcr_asterisk.calendars.rules import check_rules, count_steps
from lcr_asterisk.errors import CalendarError
from lcr_asterisk.oncall.model import Calendar, Span

MAX_SHIFTS = 20_000
MAX_STEPS = 1_000_000  # occurrences since the recurring events began, which all have to be gone through

_BEGIN, _END = b"BEGIN:VCALENDAR", b"END:VCALENDAR"
_TIMES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
# Exchange writes this for events made in no particular zone, sometimes without the quotes that its colon needs.
_MICROSOFT_UTC = re.compile(rb'TZID="?tzone://Microsoft/Utc"?', re.IGNORECASE)
# icalendar keeps the zones that a calendar defines for the whole process, by a name that the next calendar may define
# differently. So one calendar is read at a time, each with none kept.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class ReadCalendar:
    """A calendar's shifts, and the summaries of its events that name nobody known, each once."""

    calendar: Calendar
    unmatched: tuple[str, ...]


def read_calendar(
    text: bytes, zone: ZoneInfo, people: Mapping[str, str], start: datetime, end: datetime, seconds: float = 20
) -> ReadCalendar:
    """Who is on call from `start` to `end` (aware UTC), taking at most about `seconds`.

    `people` maps what stands in an event, an attendee's address or a name in the summary, to the person's id. Days and
    times without a zone are meant in `zone`. Spans are kept whole where they reach beyond `start` or `end`. Raises
    CalendarError.
    """
    _check_envelope(text)
    check_rules(text)
    names = Names(people)
    spans: set[Span] = set()
    unmatched: dict[str, datetime] = {}
    try:
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about zones named in unusual ways, which are then found all the same
            tzp.use_default()
            for event in _events(text, zone, start, end, time.monotonic() + seconds):
                begins, ends = _instant(event["DTSTART"].dt, zone), _instant(event["DTEND"].dt, zone)
                if begins >= end or ends <= start or begins >= ends or _value(event, "STATUS").upper() == "CANCELLED":
                    continue
                summary = _summary(event)
                persons = names.of(_attendees(event), summary)
                if not persons and begins < unmatched.get(summary, end):
                    unmatched[summary] = begins
                spans.update(Span(person, begins, ends) for person in persons)
    except CalendarError:
        raise
    except Exception as error:  # what a parser raises over text that is not its format can be anything
        raise CalendarError(f"it cannot be understood ({_shortened(str(error) or type(error).__name__)})") from error
    return ReadCalendar(Calendar(_merged(spans), start, end), tuple(sorted(unmatched, key=unmatched.__getitem__)))


def _check_envelope(text: bytes) -> None:
    """A web page in place of the calendar, or half a calendar, must not count as a calendar without shifts."""
    text = text.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise CalendarError("it is empty")
    if text.startswith(b"<"):
        raise CalendarError("it is a web page, not a calendar (perhaps one to sign in at)")
    if not text.upper().startswith(_BEGIN):
        raise CalendarError("it is not a calendar: it does not begin with BEGIN:VCALENDAR")
    if not text.upper().endswith(_END):
        raise CalendarError("it is only a part of a calendar: it does not end with END:VCALENDAR")


def _events(text: bytes, zone: ZoneInfo, start: datetime, end: datetime, until: float) -> Iterator[Any]:
    """Every occurrence of every event between `start` and `end`, and perhaps some that are up to two days outside."""
    occurrences: list[Any] = []
    steps = 0
    # Days have no zone: between two zones an instant is on days that are up to two apart.
    first, last = start - timedelta(days=2), end + timedelta(days=2)
    for calendar in icalendar.Calendar.from_ical(_MICROSOFT_UTC.sub(b"TZID=UTC", text), multiple=True):
        events: list[Any] = calendar.walk("VEVENT")
        for event in events:
            _normalise(event, zone)
            steps += count_steps(_all(event, "RRULE"), _instant(event["DTSTART"].dt, zone), last)
            if steps > MAX_STEPS:
                raise CalendarError(f"its recurring events have more than {MAX_STEPS} occurrences until {end:%Y-%m-%d}")
        _normalise_zone(calendar)
        for series in recurring_ical_events.of(calendar).series:
            occurrences.extend(itertools.islice(series.between(first, last), MAX_SHIFTS + 1))
            if len(occurrences) > MAX_SHIFTS:
                raise CalendarError(f"it has more than {MAX_SHIFTS} shifts from {start:%Y-%m-%d} to {end:%Y-%m-%d}")
            if time.monotonic() > until:
                raise CalendarError("its recurring events take too long to go through")
    for occurrence in occurrences:
        if time.monotonic() > until:
            raise CalendarError("its events take too long to go through")
        yield occurrence.as_component(keep_recurrence_attributes=False)


# -- making an event's times agree with each other ---------------------------------------------------------------------


def _normalise(event: Any, zone: ZoneInfo) -> None:
    """Give each time a zone, and check what the expansion takes for granted."""
    broken = [name for name, _ in event.errors if name in _TIMES]
    if broken or not isinstance(getattr(event.get("DTSTART"), "dt", None), date):
        raise _unreadable(event, broken[0] if broken else "DTSTART")
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        if name in event:
            event[name] = _localised(event, name, event[name], event[name].params, zone)
    for name in ("RDATE", "EXDATE"):
        for dates in _all(event, name):
            dates.dts = [_localised(event, name, each, dates.params, zone) for each in dates.dts]
    begins = event["DTSTART"].dt
    if "DTEND" in event:
        event["DTEND"].dt = _end_for(event, begins, event["DTEND"].dt)
    for rule in _all(event, "RRULE"):
        if "UNTIL" in rule:
            rule["UNTIL"] = [_until(rule["UNTIL"][0], begins)]


def _localised(event: Any, name: str, value: Any, params: Mapping[str, str], zone: ZoneInfo) -> Any:
    """A property with a date, a time or, for RDATE, a period: its times without a zone are meant in `zone`."""
    named = params.get("TZID")

    def localise(moment: Any) -> Any:
        if not isinstance(moment, datetime) or moment.tzinfo is not None:
            return moment
        if named is not None:
            raise CalendarError(f"the event {_quoted(event)} is in an unknown time zone, “{_shortened(named)}”")
        return moment.replace(tzinfo=zone)

    moment = value.dt
    if isinstance(moment, tuple):
        return icalendar.vDDDTypes(tuple(localise(each) for each in moment))
    if not isinstance(moment, date):
        raise _unreadable(event, name)
    localised = icalendar.vDDDTypes(localise(moment))
    localised.params = value.params  # such as RANGE=THISANDFUTURE
    return localised


def _end_for(event: Any, begins: date, ends: Any) -> date:
    """The end in the zone of the start: an event's length is its length on the clock on the wall, also after DST."""
    if isinstance(begins, datetime) and isinstance(ends, datetime):
        ends = ends.astimezone(begins.tzinfo)
    elif isinstance(begins, datetime) or isinstance(ends, datetime):
        raise CalendarError(f"the event {_quoted(event)} begins or ends at a time, but not both")
    if ends < begins:
        raise CalendarError(f"the event {_quoted(event)} ends before it begins")
    return ends  # type: ignore[no-any-return]


def _until(until: date, begins: date) -> date:
    """The last moment of a rule as RFC 5545 wants it: a day with days, UTC with times, where programs write either."""
    if not isinstance(begins, datetime):
        return until.date() if isinstance(until, datetime) else until
    if not isinstance(until, datetime):
        until = datetime(until.year, until.month, until.day, 23, 59, 59)  # noqa: DTZ001 the zone follows
    return (until if until.tzinfo else until.replace(tzinfo=begins.tzinfo)).astimezone(UTC)


def _normalise_zone(calendar: Any) -> None:
    """The zone by which a calendar's UTC times recur: by a name that the expansion knows, or not at all."""
    named = calendar.pop("X-WR-TIMEZONE", None)
    zone = tzp.timezone(str(named)) if named else None
    if isinstance(zone, ZoneInfo):
        calendar["X-WR-TIMEZONE"] = zone.key


# -- reading an event --------------------------------------------------------------------------------------------------


def _instant(moment: date, zone: ZoneInfo) -> datetime:
    """A day begins at its midnight in `zone`. In a DST gap the clock before it goes on (RFC 5545, 3.3.5)."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=zone)
    return moment.astimezone(UTC)


def _attendees(event: Any) -> Iterator[str]:
    """Address and name of everyone who takes part."""
    for attendee in _all(event, "ATTENDEE"):
        yield re.sub(r"(?i)^mailto:", "", str(attendee)).strip()
        yield str(attendee.params.get("CN", "")).strip()


def _summary(event: Any) -> str:
    return " ".join(_value(event, "SUMMARY").split()) or "(without a title)"


def _value(event: Any, name: str) -> str:
    return next((str(value) for value in _all(event, name)), "").strip()


def _all(event: Any, name: str) -> Sequence[Any]:
    value = event.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _merged(spans: set[Span]) -> tuple[Span, ...]:
    """In order, where several shifts of a person overlap they are one."""
    merged: list[Span] = []
    last: dict[str, int] = {}
    for span in sorted(spans, key=lambda span: (span.start, span.person, span.end)):
        index = last.get(span.person)
        if index is not None and span.start < merged[index].end:
            before = merged[index]
            merged[index] = Span(span.person, before.start, max(before.end, span.end))
        else:
            last[span.person] = len(merged)
            merged.append(span)
    return tuple(merged)


def _unreadable(event: Any, name: str) -> CalendarError:
    return CalendarError(f"the event {_quoted(event)} has no {name} that can be read")


def _quoted(event: Any) -> str:
    return f"“{_shortened(_summary(event))}”"


def _shortened(text: str) -> str:
    text = "".join(each if each.isprintable() else " " for each in text)
    return text if len(text) <= 80 else f"{text[:79]}…"
