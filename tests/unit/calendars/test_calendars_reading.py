"""What an admin may rely on when a calendar says who is on call."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from lcr_asterisk.calendars.reading import MAX_SHIFTS, read_calendar
from lcr_asterisk.errors import CalendarError
from tests.unit.calendars.calendar_text import BERLIN, PEOPLE, calendar, day, read, told

NEW_YORK_BY_THE_CALENDAR = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE"""

TIMES = {
    "in UTC": ("DTSTART:20261102T090000Z\nDTEND:20261102T170000Z", ["09:00", "17:00"]),
    "in a zone": (
        "DTSTART;TZID=America/New_York:20261102T090000\nDTEND;TZID=America/New_York:20261102T100000",
        ["14:00", "15:00"],
    ),
    "without a zone, so in the schedule's": ("DTSTART:20261102T090000\nDTEND:20261102T170000", ["08:00", "16:00"]),
    "a length instead of an end": ("DTSTART:20261102T090000Z\nDURATION:PT90M", ["09:00", "10:30"]),
    "by a Windows name": (
        "DTSTART;TZID=Pacific Standard Time:20261102T010000\nDTEND;TZID=Pacific Standard Time:20261102T020000",
        ["09:00", "10:00"],
    ),
    "by a quoted Windows name": (
        'DTSTART;TZID="W. Europe Standard Time":20261102T090000\nDURATION:PT1H',
        ["08:00", "09:00"],
    ),
    "by a vendor's long name": (
        "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261102T090000\nDURATION:PT1H",
        ["08:00", "09:00"],
    ),
    "begin and end in different zones": (
        "DTSTART;TZID=Europe/Berlin:20261102T090000\nDTEND:20261102T170000Z",
        ["08:00", "17:00"],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), TIMES.values(), ids=TIMES)
def test_times_are_read(lines: str, expected: list[str]) -> None:
    begins, ends = expected
    found = read(calendar(f"SUMMARY:Alice Martin\n{lines}"))
    assert told(found) == [f"alice 2026-11-02 {begins} - 2026-11-02 {ends}"]


DAYS = {
    "a day": ("DTSTART;VALUE=DATE:20261102", "2026-11-01 23:00 - 2026-11-02 23:00"),
    "two days": ("DTSTART;VALUE=DATE:20261102\nDTEND;VALUE=DATE:20261104", "2026-11-01 23:00 - 2026-11-03 23:00"),
    "days by their number": ("DTSTART;VALUE=DATE:20261102\nDURATION:P2D", "2026-11-01 23:00 - 2026-11-03 23:00"),
    "the 25 hours of the day on which winter time begins": (
        "DTSTART;VALUE=DATE:20261025",
        "2026-10-24 22:00 - 2026-10-25 23:00",
    ),
}


@pytest.mark.parametrize(("lines", "expected"), DAYS.values(), ids=DAYS)
def test_whole_days_are_days_of_the_schedules_zone(lines: str, expected: str) -> None:
    assert told(read(calendar(f"SUMMARY:Alice Martin\n{lines}"))) == [f"alice {expected}"]


def test_a_day_whose_midnight_is_skipped_begins_at_the_first_moment_after_it() -> None:
    found = read(
        calendar("SUMMARY:Alice Martin\nDTSTART;VALUE=DATE:20260906"),
        start="2026-09-01",
        zone=ZoneInfo("America/Santiago"),
    )
    assert told(found) == ["alice 2026-09-06 04:00 - 2026-09-07 03:00"]


@pytest.mark.parametrize(
    ("date", "zone", "expected"),
    [
        ("20260930", "America/New_York", "2026-09-30 04:00 - 2026-10-01 04:00"),
        ("20270101", "Pacific/Kiritimati", "2026-12-31 10:00 - 2027-01-01 10:00"),
    ],
)
def test_a_day_that_reaches_into_the_time_asked_about_is_found(date: str, zone: str, expected: str) -> None:
    found = read(calendar(f"SUMMARY:Alice Martin\nDTSTART;VALUE=DATE:{date}"), zone=ZoneInfo(zone))
    assert told(found) == [f"alice {expected}"]


RULES = {
    "a daily shift keeps its hour when winter time begins": (
        "DTSTART;TZID=Europe/Berlin:20261024T090000\nDURATION:PT8H\nRRULE:FREQ=DAILY;COUNT=2",
        ["2026-10-24 07:00 - 2026-10-24 15:00", "2026-10-25 08:00 - 2026-10-25 16:00"],
    ),
    "a night shift ends at its hour in the night of the change": (
        "DTSTART;TZID=Europe/Berlin:20261024T200000\nDTEND;TZID=Europe/Berlin:20261025T080000",
        ["2026-10-24 18:00 - 2026-10-25 07:00"],
    ),
    "also where its end is told in another zone": (
        "DTSTART;TZID=Europe/Berlin:20261024T200000\nDTEND:20261025T070000Z",
        ["2026-10-24 18:00 - 2026-10-25 07:00"],
    ),
    "a repeating day": (
        "DTSTART;VALUE=DATE:20261102\nRRULE:FREQ=MONTHLY;COUNT=2",
        ["2026-11-01 23:00 - 2026-11-02 23:00", "2026-12-01 23:00 - 2026-12-02 23:00"],
    ),
    "until a day includes that day": (
        "DTSTART;TZID=Europe/Berlin:20261102T230000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261103",
        ["2026-11-02 22:00 - 2026-11-02 23:00", "2026-11-03 22:00 - 2026-11-03 23:00"],
    ),
    "until a time without a zone is in the shift's": (
        "DTSTART;TZID=Europe/Berlin:20261102T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261104T083000",
        ["2026-11-02 08:00 - 2026-11-02 09:00", "2026-11-03 08:00 - 2026-11-03 09:00"],
    ),
    "days until a time": (
        "DTSTART;VALUE=DATE:20261102\nRRULE:FREQ=DAILY;UNTIL=20261103T090000Z",
        ["2026-11-01 23:00 - 2026-11-02 23:00", "2026-11-02 23:00 - 2026-11-03 23:00"],
    ),
    "without some": (
        "DTSTART:20261102T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20261103T090000\n"
        "EXDATE;TZID=Europe/Berlin:20261104T090000",
        ["2026-11-02 08:00 - 2026-11-02 09:00", "2026-11-05 08:00 - 2026-11-05 09:00"],
    ),
    "with more": (
        "DTSTART:20261102T090000\nDURATION:PT1H\nRDATE:20261104T090000\n"
        "RDATE;VALUE=PERIOD:20261106T090000Z/20261106T120000Z",
        [
            "2026-11-02 08:00 - 2026-11-02 09:00",
            "2026-11-04 08:00 - 2026-11-04 09:00",
            "2026-11-06 09:00 - 2026-11-06 12:00",
        ],
    ),
    "twelve hours on, twelve hours off": (
        "DTSTART:20261231T000000Z\nDURATION:PT6H\nRRULE:FREQ=HOURLY;INTERVAL=12",
        ["2026-12-31 00:00 - 2026-12-31 06:00", "2026-12-31 12:00 - 2026-12-31 18:00"],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), RULES.values(), ids=RULES)
def test_repeating_events_are_expanded(lines: str, expected: list[str]) -> None:
    assert told(read(calendar(f"SUMMARY:Alice Martin\n{lines}"))) == [f"alice {each}" for each in expected]


def test_rules_that_ended_long_ago_are_no_burden() -> None:
    old = "SUMMARY:Alice Martin\nDTSTART:09990101T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY;UNTIL=10000101"
    assert told(read(calendar(*[old] * 5))) == []


def test_a_change_for_this_and_all_that_follow() -> None:
    found = read(
        calendar(
            "UID:1\nSUMMARY:Alice Martin\nDTSTART:20261102T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3",
            "UID:1\nSUMMARY:Bob Chen\nDTSTART:20261103T100000Z\nDURATION:PT1H\n"
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20261103T090000Z",
        )
    )
    assert told(found) == [
        "alice 2026-11-02 09:00 - 2026-11-02 10:00",
        "bob 2026-11-03 10:00 - 2026-11-03 11:00",
        "bob 2026-11-04 10:00 - 2026-11-04 11:00",
    ]


def test_utc_times_repeat_by_the_clock_of_the_zone_that_the_calendar_is_in() -> None:
    event = "SUMMARY:Alice Martin\nDTSTART:20261024T070000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2"
    for zone in ("Europe/Berlin", "W. Europe Standard Time"):
        assert (
            told(read(calendar(event, head=f"X-WR-TIMEZONE:{zone}")))[1] == "alice 2026-10-25 08:00 - 2026-10-25 09:00"
        )
    for head in ("", "X-WR-TIMEZONE:Nowhere/At All"):
        assert told(read(calendar(event, head=head)))[1] == "alice 2026-10-25 07:00 - 2026-10-25 08:00"


def test_two_calendars_may_mean_different_zones_by_the_same_name() -> None:
    """Exchange calls every zone that somebody made up “Customized Time Zone”."""
    event = "SUMMARY:Alice Martin\nDTSTART;TZID=Customized Time Zone:20261102T090000\nDURATION:PT1H"
    for offset, hour in (("-0500", "14:00"), ("+0300", "06:00")):
        zone = NEW_YORK_BY_THE_CALENDAR.format(name="Customized Time Zone", offset=offset)
        assert told(read(calendar(event, head=zone)))[0].startswith(f"alice 2026-11-02 {hour}")


PERSONS = {
    "attendee": ("ATTENDEE;CN=x:mailto:alice@example.com\nSUMMARY:On call", "alice"),
    "attendee in capitals": ("ATTENDEE:MAILTO:Alice@Example.COM\nSUMMARY:On call", "alice"),
    "attendee without mailto": ("ATTENDEE:alice@example.com\nSUMMARY:On call", "alice"),
    "attendee by name": ("ATTENDEE;CN=Alice Martin:mailto:am@other.example\nSUMMARY:On call", "alice"),
    "two attendees": ("ATTENDEE:mailto:bob@example.com\nATTENDEE:mailto:alice@example.com", "alice bob"),
    "attendees come before the summary": ("ATTENDEE:mailto:bob@example.com\nSUMMARY:Alice Martin", "bob"),
    "the summary where no attendee is known": ("ATTENDEE:mailto:room@example.com\nSUMMARY:Alice Martin", "alice"),
    "name in the summary": ("SUMMARY:Primary: Alice Martin (week 45)", "alice"),
    "in any case and spacing": ("SUMMARY:ALICE  martin", "alice"),
    "address in the summary": ("SUMMARY:on call <alice@example.com>", "alice"),
    "two in the summary": ("SUMMARY:Bob Chen/Alice Martin", "alice bob"),
    "possessive": ("SUMMARY:Bob Chen's week", "bob"),
    "part of a longer name": ("SUMMARY:Alice Martin-Smith", ""),
    "part of a word": ("SUMMARY:Bob Cheng", ""),
    "part of another address": ("SUMMARY:malice@example.com, x.alice@example.com, alice@example.com.au", ""),
    "nobody": ("SUMMARY:Office party", ""),
}


@pytest.mark.parametrize(("lines", "expected"), PERSONS.values(), ids=PERSONS)
def test_whom_an_event_means(lines: str, expected: str) -> None:
    found = read(calendar(f"{lines}\nDTSTART:20261102T090000Z\nDURATION:PT1H"))
    assert [span.person for span in found.calendar.spans] == expected.split()


def test_the_longer_of_two_names_is_meant() -> None:
    people = {"Alex": "alex", "Alex Kim": "kim", "Jürgen": "juergen"}
    for summary, expected in (("Alex Kim", ["kim"]), ("Alex", ["alex"]), ("Ju\u0308rgen", ["juergen"])):
        found = read(calendar(f"SUMMARY:{summary}\nDTSTART:20261102T090000Z\nDURATION:PT1H"), people=people)
        assert [span.person for span in found.calendar.spans] == expected


def test_events_that_name_nobody_known_are_listed_once_each_in_order() -> None:
    found = read(
        calendar(
            "SUMMARY:Zoe\nDTSTART:20261102T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3",
            "SUMMARY:Yan\nDTSTART:20261103T090000Z\nDURATION:PT1H",
            "DTSTART:20261101T090000Z\nDURATION:PT1H",
            "SUMMARY:Not in the time asked about\nDTSTART:20200102T090000Z\nDURATION:PT1H",
        )
    )
    assert found.unmatched == ("(without a title)", "Zoe", "Yan")


def test_what_is_no_shift() -> None:
    """Cancelled, without a length, or not in the time asked about, which is half-open."""
    found = read(
        calendar(
            "SUMMARY:Alice Martin\nDTSTART:20261102T090000Z\nDURATION:PT1H\nSTATUS:cancelled",
            "SUMMARY:Alice Martin\nDTSTART:20261102T090000Z",
            "SUMMARY:Alice Martin\nDTSTART:20260930T230000Z\nDTEND:20261001T000000Z",
            "SUMMARY:Alice Martin\nDTSTART:20270101T000000Z\nDURATION:PT1H",
        )
    )
    assert told(found) == []
    assert found.unmatched == ()


def test_free_time_is_a_shift_all_the_same() -> None:
    """Calendars for on-call weeks are often marked as free, so that meetings can be planned."""
    found = read(calendar("SUMMARY:Alice Martin\nDTSTART:20261102T090000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT"))
    assert told(found) == ["alice 2026-11-02 09:00 - 2026-11-02 10:00"]


def test_shifts_of_a_person_that_overlap_are_one_and_those_that_touch_are_two() -> None:
    found = read(
        calendar(
            "SUMMARY:Alice Martin\nDTSTART:20261102T090000Z\nDURATION:PT2H",
            "SUMMARY:Alice Martin\nDTSTART:20261102T093000Z\nDURATION:PT5M",
            "SUMMARY:Alice Martin\nDTSTART:20261102T100000Z\nDURATION:PT2H",
            "SUMMARY:Bob Chen\nDTSTART:20261102T100000Z\nDURATION:PT2H",
            "SUMMARY:Alice Martin\nDTSTART:20261102T120000Z\nDURATION:PT2H",
        )
    )
    assert told(found) == [
        "alice 2026-11-02 09:00 - 2026-11-02 12:00",
        "bob 2026-11-02 10:00 - 2026-11-02 12:00",
        "alice 2026-11-02 12:00 - 2026-11-02 14:00",
    ]


def test_a_calendar_without_events_says_that_nobody_is_on_call() -> None:
    found = read(calendar())
    assert (told(found), found.calendar.start, found.calendar.end) == ([], day("2026-10-01"), day("2027-01-01"))


def test_nobody_known_at_all_matches_nothing() -> None:
    text = calendar("SUMMARY:Alice Martin\nDTSTART:20261102T090000Z\nDURATION:PT1H")
    assert read(text, people={}).unmatched == ("Alice Martin",)


def test_several_calendars_in_one_file_with_a_byte_order_mark() -> None:
    first = calendar("SUMMARY:Alice Martin\nDTSTART:20261102T090000Z\nDURATION:PT1H")
    second = calendar("SUMMARY:Bob Chen\nDTSTART:20261102T100000Z\nDURATION:PT1H")
    assert len(told(read(b"\xef\xbb\xbf" + first + second))) == 2


EVENT = "SUMMARY:Alice Martin\nDTSTART:20261102T090000Z\nDURATION:PT1H"
WRONG = {
    "nothing": (b" \r\n", "it is empty"),
    "web page": (b"<!DOCTYPE html><html>", "it is a web page, not a calendar (perhaps one to sign in at)"),
    "something else": (b"{}", "it is not a calendar: it does not begin with BEGIN:VCALENDAR"),
    "half of it": (calendar(EVENT)[:80], "it is only a part of a calendar: it does not end with END:VCALENDAR"),
    "every second": (
        calendar(f"{EVENT}\nRRULE:FREQ=SECONDLY"),
        "an event recurs by FREQ=SECONDLY, which is not for shifts",
    ),
    "every minute": (
        calendar(f"{EVENT}\nRRULE;X-A=b:INTERVAL=1;FREQ=MINUTELY").replace(b"MINU", b"MI\r\n NU"),
        "an event recurs by FREQ=MINUTELY, which is not for shifts",
    ),
    "every minute by another way": (
        calendar(f"{EVENT}\nRRULE:FREQ=DAILY;BYHOUR=1,2;BYMINUTE={','.join(map(str, range(60)))}"),
        "an event recurs more than 48 times a day",
    ),
    "every twenty minutes": (
        calendar(f"{EVENT}\nRRULE:FREQ=HOURLY;BYMINUTE=0,20,40"),
        "an event recurs more than 48 times a day",
    ),
    "a step of nothing": (
        calendar(f"{EVENT}\nRRULE:FREQ=DAILY;INTERVAL=0"),
        "an event recurs by INTERVAL=0, which is not a number from 1 to 99999",
    ),
    "a zone that changes each hour": (
        calendar(
            head="BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0000\n"
            "TZOFFSETTO:+0000\nRRULE:FREQ=HOURLY\nEND:STANDARD\nEND:VTIMEZONE"
        ),
        "a time zone of it recurs by FREQ=HOURLY, which is not for shifts",
    ),
    "more shifts than anybody has": (
        calendar(
            *(
                f"SUMMARY:Alice Martin\nDTSTART:20261001T00{minute:02}00Z\nDURATION:PT1M\nRRULE:FREQ=HOURLY"
                for minute in range(10)
            )
        ),
        f"it has more than {MAX_SHIFTS} shifts from 2026-10-01 to 2027-01-01",
    ),
    "occurrences since the middle ages": (
        calendar(*["SUMMARY:Alice Martin\nDTSTART:09990101T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY"] * 3),
        "its recurring events have more than 1000000 occurrences until 2027-01-01",
    ),
    "no start": (calendar("SUMMARY:Alice Martin"), "the event “Alice Martin” has no DTSTART that can be read"),
    "a start that is none": (
        calendar("SUMMARY:Alice Martin\nDTSTART:tomorrow"),
        "the event “Alice Martin” has no DTSTART that can be read",
    ),
    "an end that is none": (
        calendar(f"{EVENT}\nDTEND:20261399"),
        "the event “Alice Martin” has no DTEND that can be read",
    ),
    "an end before the start": (
        calendar("SUMMARY:Alice Martin\nDTSTART:20261102T090000Z\nDTEND:20261102T080000Z"),
        "the event “Alice Martin” ends before it begins",
    ),
    "a day with a time": (
        calendar("SUMMARY:Alice Martin\nDTSTART;VALUE=DATE:20261102\nDTEND:20261102T080000Z"),
        "the event “Alice Martin” begins or ends at a time, but not both",
    ),
    "a zone nobody knows": (
        calendar("SUMMARY:Alice Martin\nDTSTART;TZID=Mars/Olympus:20261102T090000\nDURATION:PT1H"),
        "the event “Alice Martin” is in an unknown time zone, “Mars/Olympus”",
    ),
    "an unknown zone for an exception": (
        calendar(f"{EVENT}\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE;TZID=Mars/Olympus:20261103T090000"),
        "the event “Alice Martin” is in an unknown time zone, “Mars/Olympus”",
    ),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_trusted_is_refused_with_a_sentence(text: bytes, expected: str) -> None:
    with pytest.raises(CalendarError) as refused:
        read(text)
    assert refused.value.message == expected


@pytest.mark.parametrize(
    "text",
    [
        b"BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR",
        b"BEGIN:VCALENDAR\nno colon\nEND:VCALENDAR",
        b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 5000 + b"END:VEVENT\n" * 5000 + b"END:VCALENDAR",
        b"BEGIN:VCALENDAR\xff\xfe\x00\nEND:VCALENDAR",
        calendar(f"{EVENT}\nRRULE:FREQ=DAILY;BYDAY=XX"),
        calendar(f"{EVENT}\nRRULE:FREQ=DAILY;COUNT=99999999999999999999"),
        calendar("SUMMARY:Alice Martin\nDTSTART:20261102T090000Z\nDTSTART:20261103T090000Z"),
        calendar("SUMMARY:Alice Martin\nDTSTART:00010101T000000\nDTEND:99991231T235959"),
    ],
)
def test_no_text_can_do_worse_than_be_refused(text: bytes) -> None:
    try:
        read(text)
    except CalendarError as refused:
        assert "\n" not in refused.message
        assert len(refused.message) < 200


def test_a_calendar_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(CalendarError, match="too long"):
        read_calendar(calendar(EVENT), BERLIN, PEOPLE, day("2026-10-01"), day("2027-01-01"), seconds=-1)
