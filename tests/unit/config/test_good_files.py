"""Realistic files are read as an admin means them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.callflow.plan import RouteType, Then
from lcr_asterisk.config import Number, Settings, ShownNumber, Softphone, check, load

TOP = Path(__file__).parents[3]
GOOD = TOP / "tests" / "data" / "config" / "good"
ENVIRON = {"PRIYA_NOTIFY": "slack://a-token", "DATABASE_PASSWORD": "a-password"}
DATA = Path("/var/lib/lcr")

Read = Callable[[str], Settings]


@pytest.fixture
def read() -> Read:
    return lambda name: load(GOOD / f"{name}.yaml", ENVIRON, DATA)


@pytest.mark.parametrize("path", sorted(GOOD.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_good_file_has_no_problems(path: Path) -> None:
    found = check(path, ENVIRON, DATA)
    assert found.problems == ()
    assert found.summary.endswith(": ok")


def test_the_example_that_newcomers_copy_has_no_problems_and_needs_no_environment() -> None:
    assert check(TOP / "lcr.example.yaml", {}, DATA).summary == "2 routes, 2 teams, 3 people: ok"


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
    assert [(level.ring, level.seconds) for level in platform.escalation] == [
        (("alice", "bob"), 25.0),
        (("carol",), 20.0),
    ]
    assert [(level.ring, level.seconds) for level in payments.escalation] == [(("carol",), 60.0), (("alice",), 20.0)]
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


@pytest.mark.parametrize(
    ("name", "secret"), [("voicemail-only", "a-token"), ("existing-asterisk", "a-password")], ids=["notify", "database"]
)
def test_secrets_arrive_from_the_environment_and_are_never_printed(read: Read, name: str, secret: str) -> None:
    settings = read(name)
    values = [settings.database, *(value for person in settings.people.values() for value in person.notify)]
    assert any(secret in value.get_secret_value() for value in values)
    assert secret not in f"{settings!r} {settings}"
