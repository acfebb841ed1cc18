"""Who may call a route: patterns mean the callers that an admin means, and PINs stay secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.config import CallerPattern, CallersSettings, Settings, load
from lcr_asterisk.errors import ConfigError

Read = Callable[[str], CallersSettings]


def write(directory: Path, callers: str) -> Path:
    file = directory / "lcr.yaml"
    file.write_text(
        "version: 1\ndefaults: {region: US}\npeople: {alice: {name: Alice}}\n"
        "teams: {platform: {name: Platform, escalation: [{ring: [alice]}]}}\n"
        "routes:\n  berlin:\n    name: Berlin\n    region: DE\n    team: platform\n"
        f"    callers: {callers}\n"
        '  production: {name: Production, team: platform, callers: {allow: ["(415) 555-0177"]}}\n'
    )
    return file


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Settings]:
    return lambda callers: load(write(tmp_path, callers), {}, tmp_path)


@pytest.mark.parametrize(
    ("pattern", "caller", "meant"),
    [
        ("+1555*", "+15551234567", True),
        ("+1555*", "+15541234567", False),
        ("+1555*", None, False),
        ("+14155550177", "+14155550177", True),
        ("+14155550177", "+141555501770", False),
        ("+14155550177", None, False),
        ("hidden", None, True),
        ("hidden", "+14155550177", False),
    ],
)
def test_a_pattern_means_these_callers(pattern: str, caller: str | None, meant: bool) -> None:
    assert CallerPattern(pattern).matches(caller) is meant


def test_a_national_number_is_of_the_routes_own_country(read: Callable[[str], Settings]) -> None:
    routes = read('{block: ["030 23125001", hidden, "+1900*"]}').routes
    assert [str(pattern) for pattern in routes["berlin"].callers.block] == ["+493023125001", "hidden", "+1900*"]
    assert [str(pattern) for pattern in routes["production"].callers.allow] == ["+14155550177"]


def test_a_wrong_country_of_one_route_does_not_make_its_numbers_another_ones(tmp_path: Path) -> None:
    file = write(tmp_path, '{block: ["(415) 555-0177"]}')
    file.write_text(file.read_text().replace("region: DE", "region: XX"))
    with pytest.raises(ConfigError) as raised:
        load(file, {}, tmp_path)
    assert [problem.split(": ")[1] for problem in raised.value.problems] == ["routes.berlin.region"]


def test_everybody_may_call_where_nothing_is_said(read: Callable[[str], Settings]) -> None:
    assert read("{}").routes["berlin"].callers == CallersSettings()


def test_pins_have_labels_and_are_never_printed(read: Callable[[str], Settings]) -> None:
    settings = read('{pin: {"4711": Acme, "0815": "Globex Inc."}}')
    assert dict(settings.routes["berlin"].callers.pin) == {"4711": "Acme", "0815": "Globex Inc."}
    assert "4711" not in f"{settings!r} {settings} {settings.routes['berlin'].callers!r}"


@pytest.mark.parametrize(
    "callers",
    [
        "{pin: {471100: Acme}}",
        "{pin: 471100}",
        "{pin: [471100]}",
        '{pin: {"471100": Acme, "471100": Globex}}',
        '{pin: {"471100": ""}}',
        '{pin: {"471100": [Acme]}}',
        '{pin: {"471100": "${NO_SUCH_LABEL}"}}',
        '{pin: {"471100": &label Acme}}',
        '{pin: {&pin "471100": Acme}}',
        '{pin: {"471100x": Acme}}',
        '{"471100": Acme}',
        '"471100"',
    ],
)
def test_a_pin_that_turns_out_wrong_is_not_repeated_in_the_message(tmp_path: Path, callers: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(write(tmp_path, callers), {}, tmp_path)
    assert raised.value.problems
    assert "471100" not in str(raised.value)
