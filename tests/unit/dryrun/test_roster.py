"""`lcr oncall`: who is on call, who comes next, a week that can be read, and whom each team would ring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lcr_asterisk.calendars.feeds import Feeds
from lcr_asterisk.calendars.sources import feeds_of, live_schedules
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config.load import load
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.dryrun.roster import (
    Roster,
    ScheduleRoster,
    modes_json,
    schedule_json,
    schedule_roster,
    schedules_of,
    shifts_to_export,
    team_json,
    team_roster,
)
from lcr_asterisk.dryrun.roster_text import WIDTH, roster_text
from lcr_asterisk.store.testmodes import TestMode
from tests.unit.dryrun.conftest import TUESDAY

WEDNESDAY = datetime(2026, 12, 23, 17, tzinfo=UTC)  # 12:00 in New York, the day before an override

HOURLY = """\
version: 1
people:
  alice: {name: Alice Martin, phones: ["+14155550101"]}
  bob: {name: Bob Chen, phones: ["+14155550102"]}
schedules:
  hourly: {timezone: Europe/Berlin, layers: [{people: [alice, bob], start: "2026-11-01", every: 1h}]}
  forever: {timezone: Europe/Berlin, layers: [{people: [bob], start: "2026-11-01", every: 1w}]}
  once:
    timezone: Europe/Berlin
    layers: [{people: [bob], start: "2026-11-01", every: 1w}]
    overrides: [{person: alice, from: "2026-12-24", to: "2026-12-27"}]
teams: {one: {name: One, escalation: [{ring: [schedule:hourly, schedule:forever]}]}}
routes: {one: {name: One, numbers: ["+14155551000"], team: one}}
"""

CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//On call//EN
BEGIN:VEVENT
UID:1@example.com
DTSTAMP:20260101T000000Z
DTSTART:20261110T080000Z
DTEND:20261110T160000Z
SUMMARY:Bob Chen
END:VEVENT
BEGIN:VEVENT
UID:2@example.com
DTSTAMP:20260101T000000Z
DTSTART:20261111T080000Z
DTEND:20261111T160000Z
SUMMARY:Somebody else
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
WITH_CALENDAR = HOURLY.replace(
    '{timezone: Europe/Berlin, layers: [{people: [bob], start: "2026-11-01", every: 1w}]}', "{ical_file: oncall.ics}"
)


def settings_of(text: str, directory: Path) -> Settings:
    file = directory / "lcr.yaml"
    file.write_text(text)
    return load(file, {}, directory)


def of(book: PlanBook, schedule: str, at: datetime, days: int = 7) -> ScheduleRoster:
    return schedule_roster(book.settings, book.schedules[schedule], Feeds(Path(), lambda: at), at, days)


def text_of(roster: ScheduleRoster, settings: Settings, now: datetime = WEDNESDAY) -> list[str]:
    return roster_text(Roster(roster.at, (roster,), (), ()), settings, now).splitlines()


def test_now_and_next_follow_each_other(book: PlanBook) -> None:
    shown = schedule_json(of(book, "platform", WEDNESDAY), book.settings)
    assert (shown["schedule"], shown["at"]) == ("platform", "2026-12-23T12:00:00-05:00")
    assert (shown["on_call"], shown["since"], shown["until"]) == (
        ["bob"],
        "2026-12-21T09:00:00-05:00",
        "2026-12-24T09:00:00-05:00",
    )
    assert shown["next"][:2] == [
        {"from": "2026-12-24T09:00:00-05:00", "to": "2026-12-27T09:00:00-05:00", "people": ["carol"]},
        {"from": "2026-12-27T09:00:00-05:00", "to": "2026-12-28T09:00:00-05:00", "people": ["bob"]},
    ]


def test_gaps_are_among_what_comes_next(book: PlanBook) -> None:
    shown = schedule_json(of(book, "night", TUESDAY), book.settings)
    assert (shown["on_call"], shown["until"]) == (["bob"], "2026-11-10T08:00:00-05:00")
    assert shown["next"][0] == {"from": "2026-11-10T08:00:00-05:00", "to": "2026-11-10T20:00:00-05:00", "people": []}


def test_a_shift_without_end_has_no_end(tmp_path: Path) -> None:
    settings = settings_of(HOURLY, tmp_path)
    schedule = settings.schedules["forever"].to_schedule()
    at = datetime(2026, 11, 10, 12, tzinfo=UTC)
    roster = schedule_roster(settings, schedule, Feeds(tmp_path, lambda: at), at, 7)
    shown = schedule_json(roster, settings)
    assert (shown["on_call"], shown["until"], shown["next"]) == (["bob"], None, [])
    assert "Bob Chen, since Sun 1 Nov 00:00, with no end in sight" in text_of(roster, settings, at)[3]


def test_the_last_shift_that_is_known_has_no_end_either(tmp_path: Path) -> None:
    settings = settings_of(HOURLY, tmp_path)
    at = datetime(2026, 11, 10, 12, tzinfo=UTC)
    roster = schedule_roster(settings, settings.schedules["once"].to_schedule(), Feeds(tmp_path, lambda: at), at, 7)
    assert schedule_json(roster, settings)["next"] == [
        {"from": "2026-12-24T00:00:00+01:00", "to": "2026-12-27T00:00:00+01:00", "people": ["alice"]},
        {"from": "2026-12-27T00:00:00+01:00", "to": None, "people": ["bob"]},
    ]
    assert "Sun 27 Dec 00:00 with no end in sight  Bob Chen" in "\n".join(text_of(roster, settings, at))


def test_the_week_is_a_line_for_each_day_in_the_schedules_own_zone(book: PlanBook) -> None:
    lines = text_of(of(book, "platform", WEDNESDAY), book.settings)
    assert lines[-7:] == [
        "  Wed 23 Dec   00:00 Bob Chen",
        "  Thu 24 Dec   00:00 Bob Chen       09:00 Carol Diaz",
        "  Fri 25 Dec   00:00 Carol Diaz",
        "  Sat 26 Dec   00:00 Carol Diaz",
        "  Sun 27 Dec   00:00 Carol Diaz     09:00 Bob Chen",
        "  Mon 28 Dec   00:00 Bob Chen       09:00 Alice Martin",
        "  Tue 29 Dec   00:00 Alice Martin",
    ]


def test_as_many_days_are_shown_as_were_asked_for(book: PlanBook) -> None:
    assert text_of(of(book, "platform", WEDNESDAY, days=2), book.settings)[-3] == ""


@pytest.mark.parametrize(
    ("at", "hours"),
    [(datetime(2026, 3, 29, 12, tzinfo=UTC), 23), (datetime(2026, 10, 25, 12, tzinfo=UTC), 25)],
    ids=["clocks-go-forward", "clocks-go-back"],
)
def test_a_day_on_which_the_clocks_change_is_one_day(tmp_path: Path, at: datetime, hours: int) -> None:
    settings = settings_of(HOURLY.replace("2026-11-01", "2026-01-01"), tmp_path)
    roster = schedule_roster(settings, settings.schedules["hourly"].to_schedule(), Feeds(tmp_path, lambda: at), at, 1)
    assert roster.days[-1].end - roster.days[0].start == timedelta(hours=hours)


def test_a_day_of_many_shifts_fits_a_terminal(tmp_path: Path) -> None:
    settings = settings_of(HOURLY, tmp_path)
    at = datetime(2026, 11, 10, 12, tzinfo=UTC)
    roster = schedule_roster(settings, settings.schedules["hourly"].to_schedule(), Feeds(tmp_path, lambda: at), at, 7)
    lines = text_of(roster, settings, at)
    assert all(len(line) <= WIDTH for line in lines)
    assert sum(line.count("Alice Martin") for line in lines[-40:]) >= 12


def test_a_team_has_its_levels_with_people_and_seconds(book: PlanBook) -> None:
    shown = team_json(team_roster(book.settings, "platform", book.schedules, TUESDAY))
    assert shown == {
        "team": "platform",
        "at": "2026-11-10T12:00:00+00:00",
        "levels": [
            {"people": ["bob"], "seconds": 30, "empty": []},
            {"people": ["carol", "nora"], "seconds": 40, "empty": []},
        ],
    }
    assert type(shown["levels"][0]["seconds"]) is int


def test_a_schedule_with_nobody_is_named_at_its_level(book: PlanBook) -> None:
    noon = TUESDAY + timedelta(hours=6)
    roster = team_roster(book.settings, "night", book.schedules, noon)
    assert team_json(roster)["levels"] == [{"people": [], "seconds": 25, "empty": ["night"]}]
    text = roster_text(Roster(noon, (), (roster,), ()), book.settings, noon)
    assert "nobody (schedule night)" in text


def test_a_person_without_a_phone_is_marked(book: PlanBook) -> None:
    roster = team_roster(book.settings, "platform", book.schedules, TUESDAY)
    assert "Nora Nophone (has no phone)" in roster_text(Roster(TUESDAY, (), (roster,), ()), book.settings, TUESDAY)


def test_the_schedules_of_a_team_are_those_it_rings(book: PlanBook) -> None:
    assert schedules_of(book.settings, "platform") == ("platform",)
    assert schedules_of(book.settings, "payments") == ()


def test_test_modes_come_first(book: PlanBook) -> None:
    mode = TestMode("production", "bob", TUESDAY, TUESDAY + timedelta(minutes=5))
    text = roster_text(Roster(TUESDAY, (), (), (mode,)), book.settings, TUESDAY)
    assert text.startswith("TEST MODE: all calls to Production Incidents go to Bob Chen until ")
    assert modes_json([mode])[0]["person"] == "bob"


def test_a_test_mode_of_a_route_that_was_edited_away_is_still_said(book: PlanBook) -> None:
    mode = TestMode("old", "gone", TUESDAY, TUESDAY + timedelta(minutes=5))
    assert "all calls to old go to gone" in roster_text(Roster(TUESDAY, (), (), (mode,)), book.settings, TUESDAY)


async def test_a_calendar_is_shown_with_its_age_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    settings = settings_of_calendar(tmp_path)
    feeds = Feeds(tmp_path / "calendars", lambda: TUESDAY)
    feeds.use(feeds_of(settings))
    await feeds.refresh()
    schedule = live_schedules(settings, feeds)["forever"]
    later = TUESDAY + timedelta(hours=3)
    roster = schedule_roster(settings, schedule, feeds, TUESDAY, 7)
    lines = text_of(roster, settings, later)
    assert lines[3] == (
        "  calendar: as of 2026-11-10 12:00 UTC, 3 h 0 min old; events that name nobody known: Somebody else"
    )
    assert "Bob Chen" in lines[4]
    assert lines[4].endswith("[its calendar, lcr.yaml:7]")
    shown = schedule_json(roster, settings)["calendar"]
    assert shown == {"fetched_at": "2026-11-10T12:00:00+00:00", "problem": None, "unmatched": ["Somebody else"]}


def test_a_calendar_that_was_never_read_is_said(tmp_path: Path) -> None:
    settings = settings_of_calendar(tmp_path)
    feeds = Feeds(tmp_path / "calendars", lambda: TUESDAY)
    feeds.use(feeds_of(settings))
    roster = schedule_roster(settings, live_schedules(settings, feeds)["forever"], feeds, TUESDAY, 7)
    assert text_of(roster, settings)[3] == "  calendar: never fetched"


def settings_of_calendar(directory: Path) -> Settings:
    (directory / "oncall.ics").write_text(CALENDAR)
    return settings_of(WITH_CALENDAR, directory)


def test_an_export_begins_with_the_shift_that_is_going_on_so_that_it_stays_one_event(book: PlanBook) -> None:
    schedule = book.schedules["platform"]
    first, again = (shifts_to_export(schedule, TUESDAY + timedelta(days=day), 90)[0][0] for day in (0, 2))
    assert first == again


def test_an_export_ends_with_the_end_of_its_last_shift(book: PlanBook) -> None:
    shifts, goes_on = shifts_to_export(book.schedules["platform"], TUESDAY, 90)
    assert shifts[-1].start < TUESDAY + timedelta(days=90) < shifts[-1].end
    assert shifts[-1].end == datetime(2027, 2, 8, 14, tzinfo=UTC)
    assert not goes_on


def test_a_shift_without_end_is_exported_as_one_that_goes_on(tmp_path: Path) -> None:
    schedule = settings_of(HOURLY, tmp_path).schedules["forever"].to_schedule()
    shifts, goes_on = shifts_to_export(schedule, TUESDAY, 90)
    assert (shifts[-1].end, goes_on) == (TUESDAY + timedelta(days=90), True)


LONG = "Maximiliane-Alexandra von und zu Hohenlohe-Schillingsfürst-Waldenburg " + "Ö" * 120


def test_long_names_are_wrapped_or_shortened_to_fit_a_terminal(tmp_path: Path) -> None:
    settings = settings_of(HOURLY.replace("Alice Martin", LONG).replace("name: One,", f"name: {LONG},"), tmp_path)
    at = datetime(2026, 11, 10, 12, tzinfo=UTC)
    feeds = Feeds(tmp_path, lambda: at)
    schedules = {id_: schedule.to_schedule() for id_, schedule in settings.schedules.items()}
    rosters = tuple(schedule_roster(settings, one, feeds, at, 2) for one in schedules.values())
    mode = TestMode("one", "alice", at, at + timedelta(minutes=5))
    text = roster_text(Roster(at, rosters, (team_roster(settings, "one", schedules, at),), (mode,)), settings, at)
    assert [line for line in text.splitlines() if len(line) > WIDTH] == []
    assert "".join(text.split()).count(LONG.replace(" ", "")) >= 5, "nothing is lost outside of the table"
    assert "Maximiliane-Alexandra von und…" in text
