"""Realistic files are read as an admin means them. They are the documentation's examples too (docs/configure.md)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lcr_asterisk.callflow.plan import RouteType, Then
from lcr_asterisk.config import MenuSettings, Number, Settings, ShownNumber, Softphone, load
from lcr_asterisk.config.lint import lint
from lcr_asterisk.config.settings import RINGING
from lcr_asterisk.oncall.escalation import pick
from lcr_asterisk.oncall.schedule import who

TOP = Path(__file__).parents[3]
GOOD = TOP / "tests" / "data" / "config" / "good"
CASES = GOOD.parent / "cases"
EXAMPLE = TOP / "lcr.example.yaml"
GUIDE = TOP / "docs" / "configure.md"
ENVIRON = {
    "PRIYA_NOTIFY": "slack://a-token",
    "DATABASE_PASSWORD": "a-password",
    "PLATFORM_CALENDAR": "https://calendar.example.com/a-calendar",
    "BACKUP_CALENDAR": "https://calendar.example.com/b-calendar",
    "SLACK_URL": "https://hooks.example.com/a-hook",
    "HOOK_SECRET": "a-signature",
    "SLACK_BOT": "xoxb-1-2-a-token",
    "TEAMS_URL": "https://teams.example.com/a-workflow",
    "PAGERDUTY": "pagerduty://a-key@a-token",
    "SMTP_PASSWORD": "a-password",
}
DATA = Path("/var/lib/lcr")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

Read = Callable[[str], Settings]


@pytest.fixture
def read() -> Read:
    return lambda name: load(GOOD / f"{name}.yaml", ENVIRON, DATA)


@pytest.mark.parametrize("path", sorted(GOOD.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_good_file_has_no_problems_and_no_warnings(path: Path) -> None:
    settings = load(path, ENVIRON, DATA)
    assert [warning.told(path.name) for warning in lint(settings, NOW)] == []


@pytest.mark.parametrize("path", sorted(GOOD.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_good_file_begins_by_saying_what_it_shows(path: Path) -> None:
    assert path.read_text("utf-8").startswith("# ")


def test_the_example_that_newcomers_copy_has_no_problems_no_warnings_and_needs_no_environment() -> None:
    settings = load(EXAMPLE, {}, DATA)
    assert [warning.told("lcr.example.yaml") for warning in lint(settings, NOW)] == []
    assert (len(settings.routes), len(settings.teams), len(settings.people)) == (2, 2, 3)


def test_the_example_shows_the_defaults_that_are_in_force_without_it(read: Read) -> None:
    """A key deleted from the example changes nothing: what it shows as a default is the default."""
    example = load(TOP / "lcr.example.yaml", {}, DATA)
    bare = read("one-person-one-phone")
    shown, plain = example.routes["production"], bare.routes["support"]
    assert example.defaults.model_copy(update={"region": None}) == bare.defaults
    assert example.trunk == bare.trunk
    assert (shown.active, shown.type, shown.no_answer, shown.no_one_on_call, shown.recording, shown.voicemail) == (
        (plain.active, plain.type, plain.no_answer, plain.no_one_on_call, plain.recording, plain.voicemail)
    )


def levels(settings: Settings, team: str) -> list[tuple[list[str], float]]:
    """Who is rung at each level, as it is written, and for how long."""
    return [([str(target) for target in level.ring], level.seconds) for level in settings.teams[team].escalation]


def test_one_person_with_one_phone_is_enough(read: Read) -> None:
    settings = read("one-person-one-phone")
    assert settings.people["dana"].phones == (Number("+4915112345678"),)
    assert settings.people["dana"].id == "dana"
    route = settings.routes["support"]
    assert (route.id, route.name, route.team, route.type) == ("support", "Support Line", "support", RouteType.DIRECT)
    assert (route.no_answer, route.no_one_on_call) == (Then.VOICEMAIL, Then.VOICEMAIL)
    assert settings.teams["support"].escalation[0].seconds == 25.0
    assert settings.asterisk.password_file == DATA / "secrets" / "ari"
    assert settings.asterisk.spool == DATA / "asterisk" / "spool"
    assert settings.database.get_secret_value() == f"sqlite+aiosqlite:///{DATA}/lcr.db"
    assert str(settings.web.listen) == "127.0.0.1:8080"


def test_menu_teams_and_levels(read: Read) -> None:
    settings = read("menu-two-teams-two-levels")
    assert settings.trunk.caller_id is ShownNumber.CALLER
    platform, payments = settings.teams["platform"], settings.teams["payments"]
    assert levels(settings, "platform") == [(["alice", "bob"], 25.0), (["carol"], 20.0)]
    assert levels(settings, "payments") == [(["carol"], 60.0), (["alice"], 20.0)]
    assert (platform.repeat, payments.repeat) == (1, 0)
    assert settings.people["bob"].phones == (Number("+14155550102"), Softphone("bob"))
    route = settings.routes["production"]
    assert route.numbers == ("+14155551000", "+14155551001")
    assert route.menu is not None
    assert dict(route.menu.options) == {"1": "platform", "2": "payments"}
    assert (route.menu.tries, route.menu.timeout, route.menu.fallback) == (2, 5.0, "platform")
    assert route.messages.hold is not None
    assert route.messages.hold.file == GOOD / "sounds" / "hold.wav"
    assert route.recording.enabled
    assert (route.voicemail.max, route.voicemail.silence, route.voicemail.min) == (180.0, 4.0, 1.5)


def test_callers_may_hear_phones_ring_in_place_of_music(read: Read) -> None:
    assert read("monthly-rotation").routes["emergency"].messages.hold is RINGING


def test_responders_have_keys_while_they_talk(read: Read) -> None:
    keys = read("keys-while-talking").routes["incidents"].in_call
    assert (keys.bring_in, dict(keys.hand_over), keys.end) == (True, {"1": "servers", "2": "network"}, True)
    assert not read("one-person-one-phone").routes["support"].in_call.any, "off unless configured"


def test_a_voicemail_hotline_and_an_inactive_one(read: Read) -> None:
    settings = read("voicemail-only")
    after_hours, old = settings.routes["after-hours"], settings.routes["old-number"]
    assert after_hours.type is RouteType.VOICEMAIL
    assert after_hours.numbers == ("+442079460958",)
    assert not old.active
    assert after_hours.messages.welcome is not None
    assert after_hours.messages.welcome.say is not None
    assert after_hours.messages.welcome.say.endswith("and we will call you back in the morning.")


def test_softphones_need_no_number(read: Read) -> None:
    settings = read("softphones")
    assert [str(phone) for phone in settings.people["bob"].phones] == ["sip:bob", "sip:bob-mobile"]
    assert settings.speech.command == ("/opt/speech/say", "--language", "{language}", "{output}")


def test_each_route_reads_national_numbers_by_its_own_region(read: Read) -> None:
    settings = read("existing-asterisk")
    assert settings.routes["berlin"].numbers == ("+493023125000",)
    assert settings.routes["paris"].numbers == ("+33123456000",)
    assert settings.people["juergen"].phones == (Number("+493023125001"), Number("+4915112345678"))
    assert (settings.web.listen.host, settings.web.listen.port) == ("::1", 8090)


def test_menus_lead_into_menus_and_a_fallback_is_inherited(read: Read) -> None:
    menu = read("nine-options-nested-menus").routes["incidents"].menu
    assert menu is not None
    assert list(menu.options) == list("123456789")
    money, products = menu.options["5"], menu.options["6"]
    assert isinstance(money, MenuSettings)
    assert isinstance(products, MenuSettings)
    assert (dict(money.options), money.tries, money.fallback) == ({"1": "payments", "2": "invoices"}, 2, "payments")
    assert (dict(products.options), products.tries, products.fallback) == ({"1": "website", "2": "mobile"}, 3, None)
    assert menu.fallback == "duty"


def test_customers_get_through_by_number_or_by_pin_and_some_callers_not_at_all(read: Read) -> None:
    settings = read("customers-with-pins")
    customers, staff = settings.routes["customers"].callers, settings.routes["staff"].callers
    assert [str(pattern) for pattern in customers.allow] == ["+12125550*", "+14155550177"]
    assert sorted(customers.pin.values()) == ["Acme", "Globex"]
    assert [pattern.matches(None) for pattern in staff.block] == [False, True]
    assert staff.block[0].matches("+19005550100")


def on_call(settings: Settings, schedule: str, at: str) -> tuple[str, ...]:
    """Who is on call at this time on the clock of the schedule."""
    written = settings.schedules[schedule]
    wall = datetime.fromisoformat(at).replace(tzinfo=written.timezone)
    return who(written.to_schedule(), wall.astimezone(UTC))


@pytest.mark.parametrize(
    ("name", "schedule", "at", "person"),
    [
        ("weekdays-nights-weekends", "support", "2026-11-23T08:59", "emma"),  # Monday, until 09:00 the weekend's
        ("weekdays-nights-weekends", "support", "2026-11-23T09:00", "ben"),
        ("weekdays-nights-weekends", "support", "2026-11-24T09:00", "anna"),
        ("weekdays-nights-weekends", "support", "2026-11-23T17:00", "david"),
        ("weekdays-nights-weekends", "support", "2026-11-28T08:59", "david"),  # Friday's night
        ("weekdays-nights-weekends", "support", "2026-11-28T09:00", "finn"),
        ("twelve-hour-shifts", "control-room", "2026-11-23T07:00", "alice"),
        ("twelve-hour-shifts", "control-room", "2026-11-23T19:00", "bob"),
        ("twelve-hour-shifts", "control-room", "2027-07-05T07:00", "alice"),  # in summer too
        ("twelve-hour-shifts", "control-room", "2026-11-28T07:00", "carol"),
        ("twelve-hour-shifts", "control-room", "2026-11-30T06:59", "dave"),
        ("holidays-by-overrides", "facilities", "2026-12-24T11:59", "tom"),
        ("holidays-by-overrides", "facilities", "2026-12-24T12:00", "zoe"),
        ("holidays-by-overrides", "facilities", "2026-12-26T08:00", "tom"),
        ("monthly-rotation", "directors", "2026-12-01T11:59", "mia"),
        ("monthly-rotation", "directors", "2026-12-01T12:00", "noah"),
        ("monthly-rotation", "directors", "2027-08-15T12:00", "ruby"),
        ("secondary-on-call", "primary", "2026-11-03T12:00", "bob"),
        ("secondary-on-call", "secondary", "2026-11-03T12:00", "alice"),
    ],
)
def test_the_schedules_of_the_examples_name_whom_their_comments_promise(
    read: Read, name: str, schedule: str, at: str, person: str
) -> None:
    assert on_call(read(name), schedule, at) == (person,)


def test_the_sun_never_sets_for_a_whole_year(read: Read) -> None:
    """Whichever of the three zones has summer time."""
    settings = read("follow-the-sun")
    schedules = {key: written.to_schedule() for key, written in settings.schedules.items()}
    ring = settings.teams["operations"].escalation[0].ring
    for hour in range(366 * 24):
        at = NOW + timedelta(hours=hour)
        assert 1 <= len(pick(ring, schedules, at).people) <= 2, at


def test_each_calendar_says_whom_its_events_mean(read: Read) -> None:
    schedules = read("ical-only").schedules
    assert dict(schedules["platform"].people)["alice@example.com"] == "alice"
    assert dict(schedules["backup"].people) == {"Alice Martin": "alice", "Bob Chen": "bob", "Carol Diaz": "carol"}


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("voicemail-only", "a-token"),
        ("existing-asterisk", "a-password"),
        ("ical-only", "a-calendar"),
        ("nine-options-nested-menus", "a-hook"),
        ("nine-options-nested-menus", "a-signature"),
        ("customers-with-pins", "471100"),
    ],
)
def test_secrets_arrive_and_are_never_printed(read: Read, name: str, secret: str) -> None:
    settings = read(name)
    held = [
        settings.database,
        *(way.to for person in settings.people.values() for way in person.ways),
        *(schedule.ical for schedule in settings.schedules.values()),
        *(value for team in settings.teams.values() for alert in team.alerts for value in (alert.slack, alert.secret)),
    ]
    pins = [pin for route in settings.routes.values() for pin in route.callers.pin]
    assert any(secret in text for text in [*(value.get_secret_value() for value in held if value), *pins])
    assert secret not in f"{settings!r} {settings}"


# -- the guide -------------------------------------------------------------------------------------------------------


def blocks(language: str) -> list[str]:
    """What the guide quotes in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: block.splitlines()[0].strip()[:30])
def test_what_the_guide_quotes_stands_in_a_file_that_is_tested(block: str) -> None:
    tested = [path.read_text("utf-8") for path in [*GOOD.glob("*.yaml"), *CASES.glob("*.yaml")]]
    assert any(block in text for text in tested), "word for word"


def test_every_good_file_is_a_recipe_of_the_guide() -> None:
    text = GUIDE.read_text("utf-8")
    for path in GOOD.glob("*.yaml"):
        assert f"({'../' + str(path.relative_to(TOP))})" in text
