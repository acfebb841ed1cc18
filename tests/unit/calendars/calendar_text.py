"""Calendars for tests, and what was read from them in words that fit on a line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lcr_asterisk.calendars.reading import ReadCalendar, read_calendar

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = {"Alice Martin": "alice", "alice@example.com": "alice", "Bob Chen": "bob", "bob@example.com": "bob"}


def calendar(*events: str, head: str = "") -> bytes:
    """A whole calendar: each event as its lines, `head` as lines before them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *head.split("\n")]
    for number, event in enumerate(events):
        own = [f"UID:{number}"] if "UID:" not in event else []
        lines += ["BEGIN:VEVENT", *own, *(line.strip() for line in event.strip().split("\n")), "END:VEVENT"]
    return "\r\n".join([*filter(None, lines), "END:VCALENDAR", ""]).encode()


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(
    text: bytes,
    start: str = "2026-10-01",
    end: str = "2027-01-01",
    zone: ZoneInfo = BERLIN,
    people: Mapping[str, str] = PEOPLE,
) -> ReadCalendar:
    return read_calendar(text, zone, people, day(start), day(end))


def told(read: ReadCalendar) -> list[str]:
    """Each shift as `alice 2026-11-02 08:00 - 2026-11-09 08:00`, in UTC."""
    return [f"{span.person} {span.start:%Y-%m-%d %H:%M} - {span.end:%Y-%m-%d %H:%M}" for span in read.calendar.spans]
