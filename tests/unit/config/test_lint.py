"""What is valid but surely not meant is told as a warning, with its place and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lcr_asterisk.config import load
from lcr_asterisk.config.lint import lint

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

# Nothing to warn of; each test replaces one line or adds some.
CLEAN = """\
version: 1
defaults: {region: US, ring: 25s, max_wait: 5m}
people:
  alice: {name: Alice Martin, phones: ["+14155550101"]}
  bob: {name: Bob Chen, phones: ["+14155550102"]}
  carol: {name: Carol Diaz, phones: ["+14155550103"]}
schedules:
  platform:
    timezone: Europe/Berlin
    layers:
      - {people: [alice, bob], start: "2026-11-02T09:00", every: 1w}
teams:
  platform:
    name: Platform
    escalation:
      - {ring: [schedule:platform]}
      - {ring: [carol]}
  payments:
    name: Payments
    escalation:
      - {ring: [carol]}
      - {ring: [alice]}
routes:
  production:
    name: Production
    numbers: ["+14155551000"]
    menu:
      options:
        1: platform
        2: payments
    team: platform
  support: {name: Support, numbers: ["+14155551001"], team: payments}
"""

Warn = Callable[..., list[str]]


@pytest.fixture
def warn(tmp_path: Path) -> Warn:
    """The warnings about the clean file after these replacements, as `line: path: text`."""

    def warnings(*edits: tuple[str, str], now: datetime = NOW, environ: dict[str, str] | None = None) -> list[str]:
        text = CLEAN
        for before, after in edits:
            assert text.count(before) == 1, f"{before!r} stands once in the file"
            text = text.replace(before, after)
        file = tmp_path / "lcr.yaml"
        file.write_text(text)
        found = lint(load(file, environ or {}, tmp_path), now)
        return [f"{problem.place.line}: {problem.path}: {problem.text}" for problem in found]

    return warnings


def without_phone(person: str) -> tuple[str, str]:
    name, number = {"alice": ("Alice Martin", 1), "bob": ("Bob Chen", 2), "carol": ("Carol Diaz", 3)}[person]
    return f'{{name: {name}, phones: ["+1415555010{number}"]}}', f"{{name: {name}}}"


LAYER = '- {people: [alice, bob], start: "2026-11-02T09:00", every: 1w}'
PLATFORM_LEVEL_1 = "- {ring: [schedule:platform]}"


def hours(written: str) -> tuple[str, str]:
    return LAYER, f'- {{people: [alice, bob], start: "2026-11-02T09:00", every: 1w, hours: {written}}}'


def test_a_file_that_means_what_it_says_has_no_warnings(warn: Warn) -> None:
    assert warn() == []


# -- who can be reached ----------------------------------------------------------------------------------------------


def test_a_level_at_which_nobody_has_a_phone_is_told(warn: Warn) -> None:
    assert warn(without_phone("bob"), ("      - {ring: [alice]}", "      - {ring: [bob]}")) == [
        "22: teams.payments.escalation[1]: nobody can answer at level 2: bob has no phone, so it is skipped; "
        "write phones: for somebody, or ring somebody else"
    ]


def test_a_level_whose_schedule_can_never_name_anybody_with_a_phone_is_told(warn: Warn) -> None:
    told = warn(without_phone("alice"), without_phone("bob"), ("      - {ring: [alice]}\n", ""))
    assert told == [
        "16: teams.platform.escalation[0]: nobody can answer at level 1: alice and bob have no phone, "
        "so it is skipped; write phones: for somebody, or ring somebody else"
    ]


def test_a_level_is_fine_as_long_as_one_of_the_rotation_has_a_phone(warn: Warn) -> None:
    assert warn(without_phone("bob")) == []


def test_whoever_stands_in_an_override_can_answer_for_a_schedule(warn: Warn) -> None:
    override = '\n    overrides: [{person: carol, from: "2026-12-24T09:00", to: "2026-12-27T09:00"}]'
    edits = without_phone("alice"), without_phone("bob"), ("      - {ring: [alice]}\n", "")
    assert warn(*edits, (LAYER, LAYER + override)) == []


def test_everybody_whom_a_calendar_can_mean_counts_as_one_who_may_answer(warn: Warn) -> None:
    calendar = f'{LAYER}\n  feed: {{ical: "https://example.com/x.ics", people: {{Bob: bob}}}}'
    ring = (PLATFORM_LEVEL_1, "- {ring: [schedule:platform]}\n      - {ring: [schedule:feed]}")
    assert warn((LAYER, calendar), ring) == []
    (told,) = warn((LAYER, calendar), ring, without_phone("bob"))
    assert told.startswith("18: teams.platform.escalation[1]: nobody can answer at level 2: bob has no phone")


def test_every_way_to_a_team_without_a_phone_is_told_where_it_begins(warn: Warn) -> None:
    told = warn(without_phone("carol"), ("      - {ring: [alice]}\n", ""), ("  bob:", "  dan: {name: Dan}\n  bob:"))
    assert [line for line in told if "leads to" in line] == [
        f"{line}: {path}: leads to team payments, in which nobody has a phone, so nobody is rung; "
        "write phones: for one of its people, or lead it to another team"
        for line, path in ((30, "routes.production.menu.options.2"), (32, "routes.support.team"))
    ]
    assert not [line for line in told if "teams.payments.escalation" in line], "the levels are not told besides"


@pytest.mark.parametrize(
    ("menu", "path"),
    [
        ("        2: platform\n      fallback: payments", "routes.production.menu.fallback"),
        ("        2: {options: {5: payments}}", "routes.production.menu.options.2.options.5"),
        ("        2: {options: {5: platform}, fallback: payments}", "routes.production.menu.options.2.fallback"),
    ],
    ids=["fallback", "submenu", "fallback of a submenu"],
)
def test_fallbacks_and_submenus_are_ways_too(warn: Warn, menu: str, path: str) -> None:
    told = warn(without_phone("carol"), ("      - {ring: [alice]}\n", ""), ("        2: payments", menu))
    assert any(f": {path}: leads to team payments" in line for line in told)


def test_who_only_gets_messages_needs_no_phone(warn: Warn) -> None:
    notified = ("{name: Carol Diaz}", '{name: Carol Diaz, notify: ["json://notify.example.com"]}')
    edits = without_phone("carol"), notified, ("      - {ring: [alice]}\n", "")
    voicemail = ('numbers: ["+14155551001"], team', 'numbers: ["+14155551001"], type: voicemail, team')
    told = warn(*edits, voicemail, ("        2: payments", "        2: platform"))
    assert not [line for line in told if "payments" in line or "support" in line]


def test_a_route_that_is_not_active_rings_nobody_and_needs_no_phone(warn: Warn) -> None:
    edits = without_phone("carol"), ("      - {ring: [alice]}\n", ""), ("        2: payments", "        2: platform")
    assert any("routes.support.team: leads to" in line for line in warn(*edits))
    inactive = ('numbers: ["+14155551001"], team', 'numbers: ["+14155551001"], active: false, team')
    assert not any("leads to" in line for line in warn(*edits, inactive))


def test_a_route_that_no_number_reaches_is_told(warn: Warn) -> None:
    assert warn(('numbers: ["+14155551001"], ', "")) == [
        '32: routes.support: no number reaches this route; write for example numbers: ["+14155551000"], or remove it'
    ]


def test_people_schedules_and_teams_that_nobody_uses_are_told(warn: Warn) -> None:
    told = warn(
        ("schedules:", '  dan: {name: Dan Ott, phones: ["+14155550104"]}\nschedules:'),
        (PLATFORM_LEVEL_1, "- {ring: [bob]}"),
        ("team: payments}", "team: platform}"),
        ("        2: payments\n", ""),
    )
    assert told == [
        "7: people.dan: nobody uses this person; name them in a level or a schedule, or remove them",
        "9: schedules.platform: no team uses this schedule; write schedule:platform in a level, or remove it",
        "19: teams.payments: no route leads to this team; name it in a route or a menu, or remove it",
    ]


def test_a_person_whom_only_an_override_names_is_used(warn: Warn) -> None:
    dan = ("schedules:", '  dan: {name: Dan Ott, phones: ["+14155550104"]}\nschedules:')
    override = '\n    overrides: [{person: dan, from: "2026-12-24T09:00", to: "2026-12-27T09:00"}]'
    assert warn(dan, (LAYER, LAYER + override)) == []


# -- how long and how often ------------------------------------------------------------------------------------------


def test_levels_that_no_caller_waits_for_are_named(warn: Warn) -> None:
    ring = (
        "      - {ring: [carol]}\n  payments",
        "      - {ring: [carol], for: 280s}\n      - {ring: [bob]}\n  payments",
    )
    assert warn(ring) == [
        "15: teams.platform.escalation: its levels together ring for 5m30s, longer than max_wait (5m): "
        "level 3 is never reached; shorten for:, or raise max_wait in defaults"
    ]


def test_a_last_level_that_is_cut_short_is_told(warn: Warn) -> None:
    (told,) = warn(("      - {ring: [carol]}\n  payments", "      - {ring: [carol], for: 285s}\n  payments"))
    assert "longer than max_wait (5m): level 2 ends 10s too early" in told


def test_levels_that_together_are_as_long_as_max_wait_are_fine(warn: Warn) -> None:
    assert warn(("      - {ring: [carol]}\n  payments", "      - {ring: [carol], for: 275s}\n  payments")) == []


def test_walks_that_no_caller_waits_for_are_told(warn: Warn) -> None:
    (told,) = warn(("    name: Platform\n", "    name: Platform\n    repeat: 6\n"))
    assert "ring for 5m50s, longer than max_wait (5m): of 7 walks through them, number 7 does not come" in told


def test_who_stands_at_two_levels_but_is_rung_once_is_told_with_both(warn: Warn) -> None:
    assert warn(("      - {ring: [alice]}", "      - {ring: [alice, carol]}")) == [
        "22: teams.payments.escalation[1].ring[1]: carol is at level 1 already, so is not rung again at level 2; "
        "remove it here or there, or write repeat: 1 to walk all levels again"
    ]


def test_a_schedule_at_two_levels_is_told_as_well(warn: Warn) -> None:
    (told,) = warn(("      - {ring: [carol]}\n  payments", "      - {ring: [schedule:platform]}\n  payments"))
    assert "escalation[1].ring[0]: schedule:platform is at level 1 already" in told


def test_where_repeat_rings_them_again_two_levels_are_meant(warn: Warn) -> None:
    again = ("    name: Payments\n", "    name: Payments\n    repeat: 1\n")
    assert warn(again, ("      - {ring: [alice]}", "      - {ring: [alice, carol]}")) == []


# -- times -----------------------------------------------------------------------------------------------------------


def test_times_in_which_nobody_is_on_call_are_told_on_the_clock_of_the_schedule(warn: Warn) -> None:
    (told,) = warn(hours("{days: mon-fri, from: '00:00', to: '24:00'}"))
    assert told == (
        "8: schedules.platform: nobody is on call for 25 days 14 h of the next 90 days: "
        "Sat 2026-11-21 10:00 to Mon 2026-11-23 00:00, Sat 2026-11-28 00:00 to Mon 2026-11-30 00:00 and 11 more; "
        "add a layer for these times, or ring somebody else at the same level"
    )


def test_a_gap_within_one_day_shows_the_day_once(warn: Warn) -> None:
    start = (LAYER, '- {people: [alice, bob], start: "2026-11-21T12:30", every: 1w}')
    (told,) = warn(start)
    assert "for 2 h 30 min of the next 90 days: Sat 2026-11-21 10:00 to 12:30;" in told


def test_a_gap_beyond_ninety_days_is_not_told(warn: Warn) -> None:
    layer, weekdays = hours("{days: mon-fri}")
    overrides = '\n    overrides: [{person: bob, from: "2026-11-21", to: "%s"}]'
    assert warn((layer, weekdays + overrides % "2027-02-22")) == []
    assert len(warn((layer, weekdays + overrides % "2027-02-13"))) == 1


def test_a_gap_in_which_somebody_else_at_the_level_is_rung_is_meant(warn: Warn) -> None:
    weekdays = hours("{days: mon-fri}")
    assert warn(weekdays, (PLATFORM_LEVEL_1, "- {ring: [schedule:platform, bob]}")) == []


def test_schedules_that_fill_each_others_gaps_at_a_level_have_none(warn: Warn) -> None:
    weekend = '{people: [bob], start: "2026-11-02", every: 1w, hours: {days: %s}}'
    other = f"\n  weekend: {{timezone: Europe/Berlin, layers: [{weekend}]}}"
    both = (PLATFORM_LEVEL_1, "- {ring: [schedule:platform, schedule:weekend]}")
    layer, weekdays = hours("{days: mon-fri}")
    assert warn((layer, weekdays + other % "sat-sun"), both) == []
    (told,) = warn((layer, weekdays + other % "sat"), both)
    assert told.startswith(
        "17: teams.platform.escalation[0]: nobody is on call for 13 days of the next 90 days: "
        "Sun 2026-11-22 00:00 to Mon 2026-11-23 00:00,"
    )


def test_a_person_beside_schedules_is_always_there(warn: Warn) -> None:
    layer, weekdays = hours("{days: mon-fri}")
    other = "\n  other: {timezone: UTC, layers: [{people: [bob], start: 2026-11-02, every: 1w, hours: {days: mon}}]}"
    ring = (PLATFORM_LEVEL_1, "- {ring: [schedule:platform, schedule:other, bob]}")
    assert warn((layer, weekdays + other), ring) == []


def test_a_schedule_is_looked_at_before_any_team_rings_it(warn: Warn) -> None:
    told = warn(hours("{days: mon-fri}"), (PLATFORM_LEVEL_1, "- {ring: [bob]}"))
    assert len(told) == 2
    assert "schedules.platform: no team uses this schedule" in told[0]
    assert "schedules.platform: nobody is on call for" in told[1]


def test_nothing_is_claimed_about_the_gaps_of_a_calendar(warn: Warn) -> None:
    layer, weekdays = hours("{days: mon-fri}")
    assert warn((layer, weekdays + '\n    ical: "https://example.com/oncall.ics"')) == []


def test_a_handoff_in_the_hour_that_the_clocks_skip_or_repeat_is_told(warn: Warn) -> None:
    told = warn((LAYER, '- {people: [alice, bob], start: "2026-11-01T02:30", every: 1w}'))
    assert len(told) == 2
    assert all(line.startswith("11: schedules.platform.layers[0]: ") for line in told)
    assert any("2027-03-28 02:30" in line and "the clocks skips" in line for line in told)
    assert any("2027-10-31 02:30" in line and "the clocks repeats" in line for line in told)


def test_the_same_handoff_is_fine_where_the_clocks_never_change(warn: Warn) -> None:
    layer = (LAYER, '- {people: [alice, bob], start: "2026-11-01T02:30", every: 1w}')
    assert warn(layer, ("Europe/Berlin", "Asia/Kathmandu")) == []


def test_gaps_that_are_intended_are_not_told_but_those_of_others_are(warn: Warn) -> None:
    layer, weekdays = hours("{days: mon-fri}")
    other = f"\n  other: {{timezone: Europe/Berlin, layers: [{layer[2:].replace('1w', '1w, hours: {days: mon}')}]}}"
    edits = (layer, weekdays + other), (PLATFORM_LEVEL_1, PLATFORM_LEVEL_1 + "\n      - {ring: [schedule:other]}")
    assert len(warn(*edits)) == 2
    (told,) = warn(*edits, ("  platform:\n    timezone", "  platform:\n    gaps: intended\n    timezone"))
    assert told.startswith("13: schedules.other: nobody is on call")


def test_a_gap_at_a_level_of_several_schedules_is_told_also_where_that_of_one_is_intended(warn: Warn) -> None:
    layer, weekdays = hours("{days: mon-fri}")
    other = f"\n  other: {{timezone: Europe/Berlin, layers: [{layer[2:].replace('1w', '1w, hours: {days: mon}')}]}}"
    both = (PLATFORM_LEVEL_1, "- {ring: [schedule:platform, schedule:other]}")
    (told,) = warn((layer, weekdays + other), both, ("Europe/Berlin\n", "Europe/Berlin\n    gaps: intended\n"))
    assert told.startswith("18: teams.platform.escalation[0]: nobody is on call")


NIGHT_TOLD = (
    "11: schedules.platform.layers[0]: hands over from alice to bob at Mon 2026-11-23 00:00, in the middle of the "
    "hours from 20:00 to 08:00; let the first turn start at 20:00, so that one person has the whole night"
)


@pytest.mark.parametrize(
    ("start", "every", "told"),
    [
        ("2026-11-02T00:00", "1w", [NIGHT_TOLD]),
        ("2026-11-09T00:00", "1w", [NIGHT_TOLD.replace("alice to bob", "bob to alice")]),
        ("2026-11-02T20:00", "1w", []),
        ("2026-11-02T08:00", "1w", []),
        ("2026-11-02T12:00", "1d", []),
        ("2026-11-02T00:00", "6h", []),
        ("2027-06-07T00:00", "1w", []),
    ],
    ids=["midnight", "midnight, the other", "begin", "end", "by day", "by the hour", "not within three months"],
)
def test_a_handoff_in_the_middle_of_a_night_is_told(warn: Warn, start: str, every: str, told: list[str]) -> None:
    layer = f'- {{people: [alice, bob], start: "{start}", every: {every}, hours: {{from: "20:00", to: "08:00"}}}}'
    assert [line for line in warn((LAYER, layer)) if "hands over" in line] == told


def test_a_night_that_the_same_person_goes_on_with_is_not_split(warn: Warn) -> None:
    layer = '- {people: [alice, alice], start: "2026-11-02", every: 1w, hours: {from: "20:00", to: "08:00"}}'
    assert not [line for line in warn((LAYER, layer)) if "hands over" in line]


def test_a_handoff_at_night_between_hours_of_the_day_splits_nothing(warn: Warn) -> None:
    layer = LAYER.replace("T09:00", "").replace("1w", "1w, hours: {from: '08:00', to: '20:00'}")
    assert not [line for line in warn((LAYER, layer)) if "hands over" in line]


def test_a_handoff_within_hours_of_the_day_is_meant(warn: Warn) -> None:
    layer = LAYER.replace("09:00", "12:00").replace("1w", "1w, hours: {from: '09:00', to: '17:00'}")
    assert not [line for line in warn((LAYER, layer)) if "hands over" in line]


def test_an_override_in_the_hour_that_the_clocks_skip_is_told_to_never_apply(warn: Warn) -> None:
    override = '\n    overrides: [{person: carol, from: "%s", to: "%s"}]'
    assert warn((LAYER, LAYER + override % ("2027-03-28T02:00", "2027-03-28T03:00"))) == [
        "12: schedules.platform.overrides[0]: never applies: on that day a change of the clocks skips all of this "
        "time; write another, or remove it"
    ]
    later = warn((LAYER, LAYER + override % ("2027-03-28T02:00", "2027-03-28T03:01")))
    assert not [line for line in later if "never applies" in line]


def test_a_calendar_file_that_is_none_is_told(warn: Warn, tmp_path: Path) -> None:
    calendar = (LAYER, LAYER + "\n    ical_file: on-call.ics")
    (tmp_path / "on-call.ics").write_text("<html>Please log in</html>")
    assert warn(calendar) == [
        "12: schedules.platform.ical_file: is not a calendar: it does not begin with BEGIN:VCALENDAR; "
        "export it again as iCalendar (.ics)"
    ]
    (tmp_path / "on-call.ics").write_bytes(b"\xef\xbb\xbfBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert warn(calendar) == []


OVERRIDES = """
    overrides:
      - {person: carol, from: "2026-10-01", to: "2026-10-02"}
      - {person: bob, from: "2026-10-05", to: "%s"}"""


def test_overrides_that_are_all_over_are_told_from_the_minute_the_last_one_ends(warn: Warn) -> None:
    edit = (LAYER, LAYER + OVERRIDES % "2026-11-21T10:00")  # 09:00 UTC, in Berlin
    assert warn(edit) == [
        "12: schedules.platform.overrides: all of them are over, the last since 2026-11-21 10:00; "
        "remove them, or add those to come"
    ]
    assert warn(edit, now=datetime(2026, 11, 21, 8, 59, tzinfo=UTC)) == []


def test_warnings_come_in_the_order_of_the_file(warn: Warn) -> None:
    told = warn(
        ('numbers: ["+14155551001"], ', ""),
        hours("{days: mon-fri}"),
        ("      - {ring: [alice]}", "      - {ring: [carol]}"),
    )
    assert [int(line.split(":")[0]) for line in told] == [8, 22, 32]


def test_who_is_allowed_inside_of_a_broader_block_is_told_to_be_refused(warn: Warn) -> None:
    line = '  support: {name: Support, numbers: ["+14155551001"], team: payments}'
    callers = ', callers: {block: ["+1212*"], allow: ["+12125550177", "+1212555*", "+13105550100", hidden]}}'
    told = "is refused all the same, for block has +1212*; make that one narrower, or remove it here"
    assert warn((line, line[:-1] + callers)) == [
        f"32: routes.support.callers.allow[0]: +12125550177 {told}",
        f"32: routes.support.callers.allow[1]: +1212555* {told}",
    ]


def test_a_phone_of_two_people_is_told_at_the_second(warn: Warn) -> None:
    assert warn(('["+14155550103"]', '["sip:carol", "+14155550101"]')) == [
        "6: people.carol.phones[1]: +14155550101 is a phone of alice too, so where both are rung it is busy for one of "
        "them; write it for one of the two"
    ]


def test_an_allow_list_with_nobody_on_it_lets_everybody_in_and_is_told(warn: Warn) -> None:
    line = '  support: {name: Support, numbers: ["+14155551001"], team: payments}'
    told = warn((line, line[:-1] + ", callers: {allow: []}}"))
    assert [warning for warning in told if "everybody gets through" in warning]
    assert warn((line, line[:-1] + ', callers: {allow: [], pin: {"4711": Acme}}}')) == []


def test_keys_that_nobody_can_press_are_told(warn: Warn) -> None:
    route = ("team: payments}", "team: payments, type: voicemail, in_call: {end: true}}")
    assert warn(route) == ["32: routes.support.in_call: nobody talks on a route of type voicemail; remove it here"]


def test_two_sides_for_more_than_two_people_are_told(warn: Warn) -> None:
    recorded = "team: payments, recording: {enabled: true, stereo: true}"
    assert warn(("team: payments}", f"{recorded}, in_call: {{end: true}}}}")) == []
    (told,) = warn(("team: payments}", f"{recorded}, in_call: {{bring_in: true}}}}"))
    assert told.startswith("32: routes.support.recording.stereo: has no effect")


def test_a_team_to_which_callers_are_handed_over_is_used_and_has_to_be_reached(warn: Warn) -> None:
    team = ("routes:\n", "  nobody: {name: Nobody, escalation: [{ring: [nora]}]}\nroutes:\n")
    people = ("  carol:", "  nora: {name: Nora}\n  carol:")
    alerts = ("{name: Nobody, ", '{name: Nobody, alerts: [{webhook: "https://example.com"}], ')
    (told,) = warn(people, team, alerts, ("team: payments}", "team: payments, in_call: {hand_over: {1: nobody}}}"))
    assert "routes.support.in_call.hand_over.1: leads to team nobody, in which nobody has a phone" in told


def test_a_call_about_a_page_needs_a_phone(warn: Warn) -> None:
    people = ("  carol:", '  nora: {name: Nora, notify: ["ntfys://ntfy.sh/nora", voice]}\n  carol:')
    rung = ("ring: [alice]", "ring: [alice, nora]")
    (told,) = warn(people, rung)
    assert told.endswith("people.nora.notify[1]: is a call, and there is no phone to call; write phones:")


NO_MAIL_SERVER = "is an e-mail, and there is no mail server to send it; write smtp:"
ALICE = 'phones: ["+14155550101"]'
SUPPORT = '  support: {name: Support, numbers: ["+14155551001"], team: payments}\n'


def test_an_e_mail_that_nothing_can_send_is_told_wherever_it_is_written(warn: Warn) -> None:
    way = (ALICE, ALICE + ', notify: [voice, "mailto://alice@example.com"]')
    alert = ("    name: Payments\n", "    name: Payments\n    alerts: [{email: payments@example.com}]\n")
    operators = (SUPPORT, SUPPORT + "operators: [{email: operators@example.com}]\n")
    assert [told.partition(": ")[2] for told in warn(way, alert, operators)] == [
        f"people.alice.notify[1]: {NO_MAIL_SERVER}",
        f"teams.payments.alerts[0].email: {NO_MAIL_SERVER}",
        f"operators[0].email: {NO_MAIL_SERVER}",
    ]
    smtp = (operators[0], operators[1] + "smtp: {host: smtp.example.com, from: hotline@example.com}\n")
    assert warn(way, alert, smtp) == []


def test_an_e_mail_url_that_brings_its_own_server_needs_none_of_ours(warn: Warn) -> None:
    assert warn((ALICE, ALICE + ', notify: ["mailtos://user:pass@example.com"]')) == []


# -- pages of which nobody would hear --------------------------------------------------------------------------------

UNHEARD = "none of this team can be told then, it has no alerts, and there are no operators; write alerts: for it, or "
MESSAGES_ONLY = (
    ("{ring: [carol]}\n      - {ring: [alice]}", "{ring: [nora]}"),
    ('"], team: pay', '"], type: voicemail, team: pay'),
)
NOT_BY_MENU = ("        2: payments", "        2: platform")


@pytest.mark.parametrize("nora", ["{name: Nora}", "{name: Nora, notify: [voice]}"])
def test_a_team_of_which_nobody_can_ever_be_told_of_a_message_is_told(warn: Warn, nora: str) -> None:
    people = ("  carol:", f"  nora: {nora}\n  carol:")
    told = warn(people, *MESSAGES_ONLY, NOT_BY_MENU)
    assert f"19: teams.payments: nobody hears of a page that comes at any time: {UNHEARD}operators:" in told


def test_nights_without_anybody_are_meant_but_a_message_in_the_night_is_heard_by_somebody(warn: Warn) -> None:
    office = hours('{days: mon-fri, from: "09:00", to: "17:00"}')
    meant = ("timezone: Europe/Berlin", "timezone: Europe/Berlin\n    gaps: intended")
    alone = ("      - {ring: [schedule:platform]}\n      - {ring: [carol]}\n", "      - {ring: [schedule:platform]}\n")
    assert warn(office, meant, alone) == [
        "14: teams.platform: nobody hears of a page that comes from Sat 2026-11-21 10:00 to Mon 2026-11-23 09:00: "
        f"{UNHEARD}operators:"
    ]
    alerts = ("name: Platform\n", 'name: Platform\n    alerts: [{webhook: "https://example.com"}]\n')
    operators = (SUPPORT, SUPPORT + 'operators: [{webhook: "https://example.com"}]\n')
    assert warn(office, meant, alone, alerts) == warn(office, meant, alone, operators) == []
    assert warn(office, meant) == [], "level 2 is there at any time"


def test_whom_a_calendar_names_is_not_known_so_nothing_is_claimed(warn: Warn) -> None:
    feed = (LAYER, f'{LAYER}\n    ical: "https://example.com/x.ics"')
    alone = ("      - {ring: [schedule:platform]}\n      - {ring: [carol]}\n", "      - {ring: [schedule:platform]}\n")
    assert not [line for line in warn(feed, alone) if "hears" in line]


def test_what_no_call_leads_to_has_no_pages(warn: Warn) -> None:
    people = ("  carol:", "  nora: {name: Nora}\n  carol:")
    inactive = ('"], team: pay', '"], active: false, team: pay')
    assert not [line for line in warn(people, MESSAGES_ONLY[0], inactive, NOT_BY_MENU) if "hears" in line]
