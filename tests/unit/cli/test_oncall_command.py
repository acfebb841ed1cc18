"""`lcr oncall` on the command line: now, next, a week; JSON and calendars for programs; test modes; calendars away."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import icalendar
import pytest

from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.testmodes import TestModes
from tests.unit.cli.test_route_command import Lcr, lcr

__all__ = ["lcr"]

AT = ("--at", "2026-12-23T12:00")


def test_teams_and_schedules_are_shown_with_names(lcr: Lcr) -> None:
    said = lcr("oncall", *AT)
    assert said.code == 0
    assert said.out.startswith("On call at Wed 23 Dec 2026 12:00 EST\n")
    assert "Team platform (Platform)" in said.out
    assert "now   Bob Chen, since Mon 21 Dec 09:00, until Thu 24 Dec 09:00  [layer 1, lcr.yaml:14]" in said.out
    assert said.err == ""


def test_one_schedule_as_json(lcr: Lcr) -> None:
    shown = json.loads(lcr("oncall", *AT, "--schedule", "platform", "--json").out)
    assert {"schedule", "at", "on_call", "since", "until", "next"} <= shown.keys()
    assert (shown["at"], shown["on_call"]) == ("2026-12-23T12:00:00-05:00", ["bob"])


def test_one_team_as_json(lcr: Lcr) -> None:
    shown = json.loads(lcr("oncall", *AT, "--team", "platform", "--json").out)
    assert (shown["team"], shown["at"]) == ("platform", "2026-12-23T12:00:00-05:00")
    assert [(level["people"], level["seconds"]) for level in shown["levels"]] == [(["bob"], 30), (["carol"], 40)]


def test_everything_as_json(lcr: Lcr) -> None:
    shown = json.loads(lcr("oncall", *AT, "--json").out)
    assert shown["at"] == "2026-12-23T12:00:00-05:00"
    assert [one["schedule"] for one in shown["schedules"]] == ["platform"]
    assert [one["team"] for one in shown["teams"]] == ["platform", "payments"]
    assert shown["test_modes"] == []


def test_a_team_is_shown_with_the_schedules_it_rings(lcr: Lcr) -> None:
    out = lcr("oncall", *AT, "--team", "platform").out
    assert "Team platform" in out
    assert "Schedule platform" in out
    assert "payments" not in out


def test_a_calendar_can_be_read_by_others(lcr: Lcr) -> None:
    said = lcr("oncall", *AT, "--schedule", "platform", "--ical", "--days", "14")
    events = icalendar.Calendar.from_ical(said.out).walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == [
        "Bob Chen",
        "Carol Diaz",
        "Bob Chen",
        "Alice Martin",
        "Bob Chen",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--team", "platfrom"), 'There is no team "platfrom"; did you mean "platform"?'),
        (("--schedule", "platfrom"), 'There is no schedule "platfrom"; did you mean "platform"?'),
        (("--team", "platform", "--schedule", "platform"), "not both"),
        (("--ical",), "give --schedule"),
        (("--at", "noon"), '--at "noon" is not a time'),
    ],
)
def test_a_wrong_call_of_it_says_what_would_be_right(lcr: Lcr, arguments: tuple[str, ...], message: str) -> None:
    said = lcr("oncall", *arguments)
    assert said.code == 2
    assert message in said.err


def test_a_route_in_test_mode_is_said_first(lcr: Lcr, tmp_path: Path) -> None:
    async def turn_on() -> None:
        (tmp_path / "var").mkdir()
        async with open_store(f"sqlite+aiosqlite:///{tmp_path}/var/lcr.db") as store:
            now = Clock().wall()
            await TestModes(store).turn_on("production", "bob", now + timedelta(minutes=5), now)

    asyncio.run(turn_on())
    assert lcr("oncall").out.startswith("TEST MODE: all calls to Production Incidents go to Bob Chen until ")
    (mode,) = json.loads(lcr("oncall", "--json").out)["test_modes"]
    assert (mode["route"], mode["person"]) == ("production", "bob")


def test_looking_makes_no_database(lcr: Lcr, tmp_path: Path) -> None:
    lcr("oncall")
    assert not (tmp_path / "var").exists()


def test_a_calendar_is_asked_about_long_ago_as_well(lcr: Lcr, tmp_path: Path) -> None:
    shift = "BEGIN:VEVENT\nUID:1\nDTSTART:20250110T000000Z\nDTEND:20250112T000000Z\nSUMMARY:Bob Chen\nEND:VEVENT"
    (tmp_path / "oncall.ics").write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//X//EN\n{shift}\nEND:VCALENDAR\n")
    _instead_of_layers(tmp_path / "lcr.yaml", "ical_file: oncall.ics")
    shown = json.loads(lcr("oncall", "--at", "2025-01-11T12:00Z", "--schedule", "platform", "--json").out)
    assert shown["on_call"] == ["bob"]
    case = '- {name: a, to: "+14155551000", press: 1, at: "2025-01-11T12:00Z", expect: [bob, carol]}'
    (tmp_path / "cases.yaml").write_text(case)
    assert lcr("route", "test", "--cases", "cases.yaml").code == 0


def test_a_calendar_that_is_away_is_said_and_everything_else_answered(lcr: Lcr, tmp_path: Path) -> None:
    _instead_of_layers(tmp_path / "lcr.yaml", "ical: http://127.0.0.1:9/secret")
    said = lcr("oncall", "--at", "2026-12-25T12:00", "--schedule", "platform", "--json")
    assert said.code == 0
    assert json.loads(said.out)["on_call"] == ["carol"]
    assert said.err.startswith("lcr: the calendar of schedule platform cannot be brought up to date: ")
    assert "secret" not in said.err
    assert json.loads(said.out)["calendar"]["problem"]
    called = lcr("route", "test", "--to", "+14155551000", "--press", "1", "--at", "2026-12-22", "--expect", "carol")
    assert called.code == 0


def _instead_of_layers(file: Path, calendar: str) -> None:
    layers = 'layers:\n      - {people: [alice, bob], start: "2026-11-02T09:00", every: 1w}'
    text = file.read_text()
    assert layers in text
    file.write_text(text.replace(layers, calendar))
