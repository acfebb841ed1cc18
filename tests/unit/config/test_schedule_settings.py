"""A schedule in the YAML is computed with as it was written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lcr_asterisk.config import Settings, load
from lcr_asterisk.errors import ConfigError
from lcr_asterisk.oncall.model import Hours, Layer, OnSchedule, Override, Period, Person, Unit

YAML = """\
version: 1
defaults: {region: US}
people:
  alice: {name: Alice Martin, phones: ["+14155550101"]}
  bob: {name: Bob Chen, phones: ["sip:bob"]}
schedules:
  platform:
    timezone: Europe/Berlin
    layers:
      - {people: [alice, bob, alice], start: "2026-11-02T09:00", every: 1w}
      - people: [bob]
        start: 2026-11-07
        every: 12h
        hours: {days: sat-sun, from: "18:00", to: "08:00"}
    overrides:
      - {person: bob, from: "2026-12-24T00:00", to: "2026-12-27T00:00:30"}
      - {person: alice, from: "2026-12-27T00:00:30", to: "2026-12-28"}
  payments: {ical: "${CALENDAR}"}
teams:
  platform: {name: Platform, escalation: [{ring: [alice]}, {ring: [schedule:platform, bob]}]}
  payments: {name: Payments, escalation: [{ring: [schedule:payments]}]}
  office: {name: Office, escalation: [{ring: [bob]}]}
routes:
  production: {name: Production, numbers: ["+14155551000"], team: platform}
"""

Read = Callable[[str], Settings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_load(text: str) -> Settings:
        file = tmp_path / "lcr.yaml"
        file.write_text(text)
        return load(file, {"CALENDAR": "https://calendar.example.com/hunter2.ics"}, tmp_path / "data")

    return write_and_load


def test_layers_and_overrides_arrive_in_the_arithmetic(read: Read) -> None:
    schedule = read(YAML).schedules["platform"].to_schedule()
    at = datetime.fromisoformat
    assert (schedule.id, schedule.zone, schedule.calendar) == ("platform", ZoneInfo("Europe/Berlin"), None)
    assert schedule.layers == (
        Layer(("alice", "bob", "alice"), at("2026-11-02T09:00"), Period(1, Unit.WEEK)),
        Layer(("bob",), at("2026-11-07T00:00"), Period(12, Unit.HOUR), (Hours(frozenset({5, 6}), 1080, 480),)),
    )
    assert schedule.overrides == (
        Override("bob", at("2026-12-24T00:00"), at("2026-12-27T00:00:30")),
        Override("alice", at("2026-12-27T00:00:30"), at("2026-12-28T00:00")),
    )


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ('"mon,wed,sat"', {0, 2, 5}),
        ("[mon, wed-thu]", {0, 2, 3}),
        ("fri-mon", {4, 5, 6, 0}),
        ("sun", {6}),
        ('"mon-tue, sun"', {0, 1, 6}),
    ],
)
def test_days_are_written_as_ranges_or_one_by_one(read: Read, written: str, days: set[int]) -> None:
    schedule = read(YAML.replace("days: sat-sun", f"days: {written}")).schedules["platform"]
    assert schedule.layers[1].hours[0].days == days


def test_a_layer_may_have_several_parts_of_the_day_each_with_its_defaults(read: Read) -> None:
    several = '[{days: sat-sun}, {from: "18:00"}, {to: "08:00"}]'
    hours = (
        read(YAML.replace('{days: sat-sun, from: "18:00", to: "08:00"}', several)).schedules["platform"].layers[1].hours
    )
    assert [(len(part.days), part.start, part.end) for part in hours] == [(2, 0, 1440), (7, 1080, 1440), (7, 0, 480)]


def test_an_override_may_begin_when_another_ends(read: Read) -> None:
    assert len(read(YAML).schedules["platform"].overrides) == 2
    with pytest.raises(ConfigError, match="overlaps"):
        read(YAML.replace('from: "2026-12-27T00:00:30"', 'from: "2026-12-27T00:00:29"'))


def test_overrides_that_overlap_are_each_told_once_with_one_of_the_others(read: Read) -> None:
    """Of 1500 that all overlap there are a million pairs."""
    block = "    overrides:\n" + '      - {person: bob, from: "2026-12-01", to: "2026-12-31"}\n' * 50
    with pytest.raises(ConfigError) as raised:
        read(YAML[: YAML.index("    overrides:")] + block + YAML[YAML.index("  payments: {ical") :])
    assert len(raised.value.problems) == 49
    assert all("overlaps with bob from 2026-12-01T00:00" in problem for problem in raised.value.problems)


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        (["01:10", "03:05"], [1]),
        (["01:10", "03:05", "12:14"], [1]),
        (["01:20", "03:05", "07:09", "19:25"], [1, 2, 3]),
        (["03:05", "01:10"], [1]),
        (["07:09", "03:05", "01:20"], [2]),
    ],
    ids=["inside", "only one", "inside and at the end", "around", "around both"],
)
def test_an_overlap_is_found_wherever_it_stands(read: Read, spans: list[str], told: list[int]) -> None:
    lines = [
        f'      - {{person: bob, from: "2026-12-{first}", to: "2026-12-{last}"}}\n'
        for first, _, last in (span.partition(":") for span in spans)
    ]
    with pytest.raises(ConfigError, match="overlaps") as raised:
        read(YAML[: YAML.index("      - {person: bob")] + "".join(lines) + YAML[YAML.index("  payments: {ical") :])
    problems = raised.value.problems
    assert [index for index in range(len(spans)) if any(f"overrides[{index}]" in one for one in problems)] == told


def test_a_level_rings_people_and_schedules(read: Read) -> None:
    level = read(YAML).teams["platform"].escalation[1]
    assert level.ring == (OnSchedule("platform"), Person("bob"))
    assert [str(target) for target in level.ring] == ["schedule:platform", "bob"]


def test_the_address_of_a_calendar_is_never_printed(read: Read) -> None:
    settings = read(YAML)
    assert settings.schedules["payments"].ical is not None
    assert "hunter2" in settings.schedules["payments"].ical.get_secret_value()
    assert "hunter2" not in f"{settings!r} {settings.schedules['payments']}"


def test_the_people_of_a_calendar_are_known_by_their_names_unless_it_says_otherwise(read: Read) -> None:
    assert read(YAML).schedules["payments"].people == {"Alice Martin": "alice", "Bob Chen": "bob"}
    mapped = read(YAML.replace('"${CALENDAR}"', '"${CALENDAR}", people: {"a@example.com": alice}'))
    assert mapped.schedules["payments"].people == {"a@example.com": "alice"}
    assert mapped.schedules["platform"].people == {}


def test_a_calendar_without_a_zone_is_in_utc_and_fetched_every_five_minutes(read: Read) -> None:
    calendar = read(YAML).schedules["payments"]
    assert (calendar.timezone, calendar.refresh) == (ZoneInfo("UTC"), timedelta(minutes=5).total_seconds())


def test_a_calendar_may_be_a_file_beside_the_yaml(read: Read, tmp_path: Path) -> None:
    (tmp_path / "on-call.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    schedule = read(YAML.replace('ical: "${CALENDAR}"', "ical_file: on-call.ics")).schedules["payments"]
    assert (schedule.ical, schedule.ical_file) == (None, tmp_path / "on-call.ics")


def test_a_time_without_offset_is_meant_in_the_zone_of_what_is_asked_about(read: Read) -> None:
    settings = read(YAML)
    berlin = ZoneInfo("Europe/Berlin")
    assert settings.zone_for(schedule="platform") == berlin
    assert settings.zone_for(team="platform") == berlin
    assert settings.zone_for(team="payments") == ZoneInfo("UTC")
    assert settings.zone_for() == berlin, "the only one that is written"
    assert settings.zone_for(team="office") == berlin
    two = read(YAML.replace('payments: {ical: "${CALENDAR}"}', 'payments: {ical: "${CALENDAR}", timezone: Asia/Tokyo}'))
    assert two.zone_for() is None
    assert two.zone_for(team="office") is None
