"""What other tools publish is read as the people who look at it there read it.

The files follow each tool's documented export format; the shifts here were worked out by hand. Berlin leaves summer
time on 25 October 2026, New York on 1 November.
"""

from __future__ import annotations

from pathlib import Path

from tests.unit.calendars.calendar_text import PEOPLE, read, told

DATA = Path(__file__).parents[2] / "data" / "calendars"
TEAM = {**PEOPLE, "Carol Jones": "carol", "carol@example.com": "carol"}


def test_a_pagerduty_schedule_names_who_is_on_call_by_address_and_who_is_unknown() -> None:
    found = read((DATA / "pagerduty.ics").read_bytes(), people=TEAM)

    assert told(found) == [
        "alice 2026-10-19 07:00 - 2026-10-26 08:00",
        "bob 2026-10-26 08:00 - 2026-10-28 17:00",
        "carol 2026-10-28 17:00 - 2026-10-29 08:00",
        "bob 2026-10-29 08:00 - 2026-11-02 08:00",
    ]
    assert found.unmatched == ("On Call - Eve Adams - Payments Primary",)


def test_a_google_calendar_with_weeks_that_repeat_and_exceptions_to_them() -> None:
    found = read((DATA / "google.ics").read_bytes(), people=TEAM)

    assert told(found) == [
        "alice 2026-10-12 07:00 - 2026-10-19 07:00",
        "bob 2026-10-19 07:00 - 2026-10-26 08:00",  # 9:00 on both days, winter time between them
        "alice 2026-10-26 08:00 - 2026-11-02 08:00",
        "carol 2026-11-03 08:00 - 2026-11-09 11:00",  # moved, and taken over from Bob
        # Alice's week from 9 November is taken out
        "bob 2026-11-16 08:00 - 2026-11-23 08:00",
        "alice 2026-11-20 23:00 - 2026-11-22 23:00",  # days are Berlin's days
        "carol 2026-11-20 23:00 - 2026-11-22 23:00",
        "alice 2026-11-23 08:00 - 2026-11-30 08:00",
        # Bob's week from 30 November is cancelled
        "alice 2026-12-07 08:00 - 2026-12-14 08:00",  # her last: the rule ends on 20 December
        "bob 2026-12-14 08:00 - 2026-12-21 08:00",
        "bob 2026-12-28 08:00 - 2027-01-04 08:00",  # whole, although the window ends in it
    ]
    assert found.unmatched == ("Handover meeting",)


def test_an_outlook_calendar_with_windows_zone_names() -> None:
    found = read((DATA / "outlook.ics").read_bytes(), people=TEAM)

    assert told(found) == [
        "alice 2026-10-22 07:00 - 2026-10-22 15:00",
        "alice 2026-10-23 07:00 - 2026-10-23 15:00",
        "alice 2026-10-26 08:00 - 2026-10-26 16:00",
        "alice 2026-10-27 08:00 - 2026-10-27 16:00",
        # 28 October is taken out
        "bob 2026-10-29 11:00 - 2026-10-29 16:00",  # begins later, by somebody else
        "alice 2026-10-30 08:00 - 2026-10-30 16:00",
        "bob 2026-11-01 00:00 - 2026-11-01 13:00",  # 20:00 to 8:00 in New York, in the night of its repeated hour
        "carol 2026-11-06 23:00 - 2026-11-08 23:00",
    ]
    assert found.unmatched == ("Busy",)
