"""A schedule exported as .ics says in every calendar program what it says here."""

from __future__ import annotations

import icalendar

from lcr_asterisk.calendars.export import to_ics
from lcr_asterisk.oncall.model import Kind, Rule, Shift
from tests.unit.calendars.calendar_text import day, read, told

RULE = Rule(Kind.LAYER)
SHIFTS = (
    Shift(day("2026-10-19T07:00"), day("2026-10-26T08:00"), ("alice",), RULE),
    Shift(day("2026-10-26T08:00"), day("2026-10-27T08:00"), (), Rule(Kind.NOBODY)),
    Shift(day("2026-10-27T08:00"), day("2026-11-02T08:00"), ("alice", "bob"), RULE),
)
NAMES = {
    "alice": "Alice Martin, Müller & “Söhne”; a name long enough to be folded twice at seventy-five",
    "bob": "Bob Chen",
}


def test_what_is_exported_reads_back_as_the_same_shifts() -> None:
    found = read(to_ics("platform", "Platform", SHIFTS, NAMES), people={name: id_ for id_, name in NAMES.items()})
    assert told(found) == [
        "alice 2026-10-19 07:00 - 2026-10-26 08:00",
        "alice 2026-10-27 08:00 - 2026-11-02 08:00",
        "bob 2026-10-27 08:00 - 2026-11-02 08:00",
    ]
    assert found.unmatched == ()


def test_a_shift_that_goes_on_beyond_the_calendar_says_so() -> None:
    def described(*, goes_on: bool) -> list[str]:
        ics = to_ics("platform", "Platform", SHIFTS, NAMES, goes_on=goes_on)
        return [str(event.get("DESCRIPTION", "")) for event in icalendar.Calendar.from_ical(ics).walk("VEVENT")]

    told = "Goes on with no end in sight; this calendar was made up to here."
    assert described(goes_on=True) == ["", told, told], "two people share the last shift"
    assert described(goes_on=False) == ["", "", ""]


def test_the_same_shifts_give_the_same_text() -> None:
    assert to_ics("platform", "Platform", SHIFTS, NAMES) == to_ics("platform", "Platform", SHIFTS, NAMES)


def test_a_shift_that_ends_later_replaces_the_one_imported_before() -> None:
    longer = (Shift(SHIFTS[0].start, day("2026-10-30"), ("alice",), RULE),)

    def uids(ics: bytes) -> list[str]:
        return [str(event["UID"]) for event in icalendar.Calendar.from_ical(ics).walk("VEVENT")]

    assert (
        uids(to_ics("platform", "Platform", longer, NAMES)) == uids(to_ics("platform", "Platform", SHIFTS, NAMES))[:1]
    )
    everything = uids(to_ics("platform", "Platform", SHIFTS, NAMES)) + uids(to_ics("other", "Other", SHIFTS, NAMES))
    assert len(set(everything)) == 6


def test_the_text_is_what_calendar_programs_expect() -> None:
    ics = to_ics("platform", "Platform", SHIFTS[:1], {})
    lines = ics.decode().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert {"VERSION:2.0", "X-WR-CALNAME:Platform", "DTSTART:20261019T070000Z", "DTEND:20261026T080000Z"} <= set(lines)
    assert "SUMMARY:alice" in lines
    assert max(len(line.encode()) for line in lines) <= 75
