"""Whoever edits the configuration of a running hotline is told what it changes, and no change goes untold."""

from __future__ import annotations

import contextlib
import copy
import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lcr_asterisk.config import Settings, load
from lcr_asterisk.config.difference import difference, restart_needed
from lcr_asterisk.errors import ConfigError

# Every key there is, as far as they go together; what it holds is not what anybody would want.
BIG = """\
version: 1
defaults: {region: US, language: en, ring: 25s, confirm: 15s, max_wait: 5m}
trunk:
  endpoint: trunk
  caller_id: hotline
  host: sip.example.com
  port: 5060
  user: carrier-user
  password: "${TRUNK_PASSWORD}"
  register: true
  match: ["192.0.2.0/24"]
people:
  alice: {name: Alice Martin, phones: ["+14155550101", "sip:alice"], notify: [voice, "${ALICE_NOTIFY}"]}
  bob: {name: Bob Chen, phones: ["+14155550102"]}
  carol: {name: Carol Diaz, phones: ["+14155550103"]}
schedules:
  platform:
    timezone: Europe/Berlin
    layers:
      - {people: [alice, bob], start: "2026-11-02T09:00", every: 1w}
      - people: [carol]
        start: "2026-11-07"
        every: 1mo
        hours: {days: sat-sun, from: "08:00", to: "20:00"}
    overrides:
      - {person: bob, from: "2026-12-24T00:00", to: "2026-12-27T00:00"}
  calendar:
    ical: "${CALENDAR}"
    refresh: 10m
    timezone: Europe/Paris
    people: {"bob@example.com": bob}
teams:
  platform:
    name: Platform
    escalation:
      - {ring: [schedule:platform], for: 26s}
      - {ring: [carol, schedule:calendar], for: 40s}
    repeat: 1
    alerts:
      - {slack: "${SLACK_URL}"}
      - {webhook: "https://alerts.example.com/secret-path", secret: "${HOOK_SECRET}"}
  payments: {name: Payments, escalation: [{ring: [bob], for: 27s}]}
routes:
  production:
    name: Production Incidents
    numbers: ["+14155551000", "+14155551009"]
    region: US
    active: true
    type: direct
    team: platform
    messages:
      welcome: {say: "Welcome."}
      no_answer: {say: "Nobody is here."}
      hold: {say: "Please hold."}
    no_answer: voicemail
    no_one_on_call: voicemail
    recording: {enabled: true, notice: {say: "This is recorded."}}
    voicemail: {max: 2m, silence: 5s, min: 2s}
    in_call: {bring_in: true, hand_over: {1: platform}, end: true}
    callers:
      block: ["+1900*"]
      allow: ["+12125550*"]
      pin: {"471100": Acme}
  support:
    name: Support
    numbers: ["+14155551001"]
    menu:
      prompt: {say: "Platform 1, money 2."}
      options:
        1: platform
        2:
          prompt: {say: "Payments 1."}
          options: {1: payments}
          tries: 2
          timeout: 7s
          fallback: payments
      tries: 4
      timeout: 8s
      fallback: hang_up
asterisk:
  url: http://127.0.0.1:8088
  user: lcr
  password_file: a-file
  spool: /var/spool/asterisk
  sip: 127.0.0.1:5060
  rtp: 10000-10999
speech: {engine: command, command: [piper, "{output}"]}
web: {listen: "127.0.0.1:8080", public_url: "https://hotline.example.com"}
operators: [{slack: "${SLACK_BOT}", channel: C0123456789}]
smtp:
  host: smtp.example.com
  port: 465
  security: tls
  user: mail-user
  password: "${SMTP_PASSWORD}"
  from: hotline@example.com
notifier: {listen: "127.0.0.1:8081", allow_private: [10.0.0.0/8], slack_api: "https://slack-gov.com/api"}
database: "sqlite+aiosqlite:////tmp/a-database"
"""

SECRETS = {
    "TRUNK_PASSWORD": "trunk-secret",
    "ALICE_NOTIFY": "slack://alice-secret",
    "CALENDAR": "https://calendar.example.com/calendar-secret",
    "SLACK_URL": "https://slack.example.com/slack-secret",
    "HOOK_SECRET": "hook-secret",
    "SLACK_BOT": "xoxb-1-2-bot-secret",
    "SMTP_PASSWORD": "smtp-secret",
}

Load = Callable[..., Settings]
Read = Callable[..., Settings]
Tell = Callable[..., tuple[str, ...]]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the file lies that is edited."""
    directory = tmp_path_factory.mktemp("edited")
    for name in ("a-file", "another-file"):
        (directory / name).write_text("a-password")
    return directory


@pytest.fixture(scope="module")
def load_text(directory: Path) -> Load:
    @functools.cache
    def settings(text: str, secret: str | None = None) -> Settings:
        """`secret` is the one that has another value now."""
        file = directory / "lcr.yaml"
        file.write_text(text)
        return load(file, {name: value + "2" * (name == secret) for name, value in SECRETS.items()}, directory)

    return settings


@pytest.fixture(scope="module")
def read(load_text: Load) -> Read:
    """The settings of the big file after these replacements."""

    def settings(*edits: tuple[str, str]) -> Settings:
        text = BIG
        for before, after in edits:
            assert text.count(before) == 1, f"{before!r} stands once in the file"
            text = text.replace(before, after)
        return load_text(text)

    return settings


@pytest.fixture(scope="module")
def tell(read: Read) -> Tell:
    """What it says when the big file is edited so."""
    return lambda *edits: difference(read(), read(*edits))


def test_a_file_saved_without_a_change_says_nothing(tell: Tell) -> None:
    assert tell() == ()


def test_a_comment_is_no_change(tell: Tell) -> None:
    assert tell(("version: 1", "# edited\nversion: 1")) == ()


OPTION_1 = "        1: platform\n"
PAYMENTS = "options: {1: payments}"

SAYS = [
    # routes
    ("name: Production Incidents", "name: Incidents", 'route production: is now called "Incidents"'),
    (', "+14155551009"]', "]", "route production: numbers are now +14155551000"),
    ("active: true", "active: false", "route production: is no longer active"),
    ("type: direct", "type: voicemail", "route production: type is now voicemail (was direct)"),
    ("    team: platform\n", "    team: payments\n", "route production: the team is now payments"),
    ('"Welcome."', '"Hello."', "route production: the welcome is new"),
    ('{say: "Welcome."}', "none", "route production: the welcome is left out now"),
    ('      welcome: {say: "Welcome."}\n', "", "route production: the welcome is the default again"),
    ('{say: "Please hold."}', "ringing", "route production: the hold music is the tone of phones that ring now"),
    ('"Nobody is here."', '"Sorry."', "route production: the no_answer message is new"),
    ("no_answer: voicemail", "no_answer: hang_up", "route production: no_answer is now hang_up (was voicemail)"),
    ("enabled: true", "enabled: false", "route production: conversations are no longer recorded"),
    ('"This is recorded."', '"Recorded."', "route production: the notice of recording is new"),
    ("max: 2m", "max: 3m30s", "route production: voicemail.max is now 3m30s (was 2m)"),
    # callers
    ('"+1900*"', '"+1900*", hidden', "route production: blocked caller hidden is new"),
    ('allow: ["+12125550*"]', "allow: []", "route production: allowed caller +12125550* is gone"),
    ("471100", "471101", "route production: PINs changed; there are 1 now"),
    ("Acme", "Globex", "route production: PINs changed; there are 1 now"),
    ('{"471100": Acme}', "{}", "route production: PINs are gone"),
    # menus
    (
        OPTION_1,
        "        1: payments\n",
        "route support: option 1 now leads to team payments (was team platform)",
    ),
    (
        OPTION_1,
        OPTION_1 + OPTION_1.replace("1", "3"),
        "route support: option 3 is new: team platform",
    ),
    (OPTION_1, "", "route support: option 1 is gone"),
    (
        "options: {1: payments}",
        "options: {1: payments, 4: platform}",
        "route support: option 2, 4 is new: team platform",
    ),
    (
        "options: {1: payments}",
        "options: {1: platform}",
        "route support: option 2, 1 now leads to team platform (was team payments)",
    ),
    ("timeout: 8s", "timeout: 9s", "route support: the menu: timeout is now 9s (was 8s)"),
    ("timeout: 7s", "timeout: 9s", "route support: the menu behind 2: timeout is now 9s (was 7s)"),
    ("fallback: hang_up", "fallback: platform", 'route support: the menu: fallback is now "platform" (was "hang_up")'),
    ('"Platform 1, money 2."', '"One or two."', "route support: the prompt of the menu is new"),
    ('"Payments 1."', '"One."', "route support: the prompt of the menu behind 2 is new"),
    ("bring_in: true", "bring_in: false", "route production: *1 no longer brings in the next level"),
    ("end: true", "end: false", "route production: *9 no longer ends a call"),
    ("{1: platform}", "{1: payments}", "route production: *21 now hands over to team payments"),
    ("hand_over: {1: platform}, ", "", "route production: *21 no longer hands over"),
    # teams
    ("[carol, schedule:calendar]", "[carol]", "routes production and support: level 2 now rings carol (team platform)"),
    ("for: 26s", "for: 30s", "routes production and support: level 1 now rings for 30s (team platform)"),
    ("for: 27s", "for: 30s", "route support: level 1 now rings for 30s (team payments)"),
    ("repeat: 1", "repeat: 2", "routes production and support: levels are now walked 3 times (team platform)"),
    (
        "    repeat: 1\n",
        "      - {ring: [alice]}\n    repeat: 1\n",
        "routes production and support: level 3 is new: rings alice for 25s (team platform)",
    ),
    (
        "      - {ring: [schedule:platform], for: 26s}\n      - {ring: [carol, schedule:calendar], for: 40s}\n",
        "      - {ring: [schedule:platform], for: 26s}\n",
        "routes production and support: level 2 is gone (team platform)",
    ),
    # schedules
    ("every: 1w", "every: 2w", "schedule platform: layer 1 now hands over every 2w"),
    ("[alice, bob]", "[bob, alice]", "schedule platform: layer 1 now has bob, alice in turn"),
    ("2026-11-02T09:00", "2026-11-02T10:00", "schedule platform: layer 1 now begins at 2026-11-02 10:00"),
    ('to: "20:00"}', 'to: "22:00"}', "schedule platform: layer 2 is now on call sat,sun 08:00 to 22:00"),
    ("Europe/Berlin", "Europe/Rome", "schedule platform: times are now those of Europe/Rome"),
    ("refresh: 10m", "refresh: 20m", "schedule calendar: refresh is now 20m (was 10m)"),
    ("refresh: 10m", "refresh: 10m\n    gaps: intended", "schedule calendar: its gaps are intended now"),
    ("bob@example.com", "rob@example.com", "schedule calendar: people are found in its calendar in another way"),
    # people
    ('"sip:alice"]', '"sip:al"]', "person alice: phones now +14155550101, sip:al"),
    ("Carol Diaz", "Carol Day", 'person carol: is now called "Carol Day"'),
    ('"sip:alice"]', '"sip:alice"], ring_phones: in_order', "person alice: phones now ring in order"),
    ("[voice, ", "[", "person alice: notify changed"),
    # the rest
    ("max_wait: 5m", "max_wait: 4m", "defaults.max_wait is now 4m (was 5m)"),
    ("caller_id: hotline", "caller_id: caller", "trunk.caller_id is now caller (was hotline)"),
    ("127.0.0.1:8080", "[::1]:8080", "web.listen is now [::1]:8080 (was 127.0.0.1:8080)"),
    (
        "https://hotline",
        "https://calls",
        'web.public_url is now "https://calls.example.com" (was "https://hotline.example.com")',
    ),
    ("C0123456789", "C0123456788", "alert to operators 1 changed (slack)"),
    ("port: 465", "port: 466", "smtp.port is now 466 (was 465)"),
    ('"127.0.0.1:8081"', '"127.0.0.1:8082"', "notifier.listen is now 127.0.0.1:8082 (was 127.0.0.1:8081)"),
    ("10.0.0.0/8", "10.0.0.0/16", "notifier.allow_private is now 10.0.0.0/16 (was 10.0.0.0/8)"),
    (
        "slack-gov.com",
        "slack.com",
        'notifier.slack_api is now "https://slack.com/api" (was "https://slack-gov.com/api")',
    ),
    ("a-database", "b-database", "database changed"),
]


@pytest.mark.parametrize(("before", "after", "sentence"), SAYS, ids=[sentence for _, _, sentence in SAYS])
def test_a_change_is_told_in_one_sentence(tell: Tell, before: str, after: str, sentence: str) -> None:
    assert tell((before, after)) == (sentence,)


def test_a_team_of_one_route_without_a_menu_is_told_as_the_routes(read: Read) -> None:
    """The caller's way is what an operator thinks of, and there the route is enough."""
    menu_away = (OPTION_1, "        1: payments\n")
    told = difference(read(menu_away), read(menu_away, ("[carol, schedule:calendar]", "[carol]")))
    assert told == ("route production: level 2 now rings carol",)


def test_an_override_is_new_or_gone_and_their_order_does_not_count(read: Read) -> None:
    one = '      - {person: bob, from: "2026-12-24T00:00", to: "2026-12-27T00:00"}\n'
    two = '      - {person: carol, from: "2026-11-24T00:00", to: "2026-11-27T00:00"}\n'
    alone, both, swapped = read(), read((one, one + two)), read((one, two + one))
    new = "schedule platform: override carol from 2026-11-24 00:00 to 2026-11-27 00:00 is"
    assert difference(alone, both) == (f"{new} new",)
    assert difference(both, alone) == (f"{new} gone",)
    assert difference(both, swapped) == ("schedule platform: overrides stand in another order",)


def test_what_is_new_is_introduced_and_what_is_gone_is_said(read: Read) -> None:
    weekend = '{timezone: UTC, layers: [{people: [dan], start: "2026-11-07", every: 1w}]}'
    team = "{name: Weekend, escalation: [{ring: [schedule:weekend]}, {ring: [dan], for: 1m}]}"
    more = read(
        ("  bob: {name", '  dan: {name: Dan Ott, phones: ["+14155550104"]}\n  bob: {name'),
        ("  calendar:\n", f"  weekend: {weekend}\n  calendar:\n"),
        ("  payments: {name", f"  weekend: {team}\n  payments: {{name"),
        ("  support:\n", '  weekend: {name: Weekend, numbers: ["+14155551005"], team: weekend}\n  support:\n'),
    )
    assert difference(read(), more) == (
        "route weekend is new: +14155551005 → team weekend",
        "team weekend is new: level 1 rings schedule:weekend for 25s, level 2 rings dan for 1m",
        "schedule weekend is new: layer 1 with dan, every 1w from 2026-11-07 00:00 (UTC)",
        "person dan is new: Dan Ott, +14155550104",
    )
    assert difference(more, read()) == (
        "route weekend is gone",
        "team weekend is gone",
        "schedule weekend is gone",
        "person dan is gone",
    )


def test_a_menu_comes_and_goes(read: Read) -> None:
    direct = read(("    menu:\n", "    team: payments\n    menu:\n"))
    text = BIG[BIG.index("    menu:\n") : BIG.index("asterisk:\n")]
    plain = read((text, "    team: payments\n"))
    assert difference(plain, direct) == (
        "route support: has a menu now: 1 → team platform, 2 → a menu (1 → team payments)",
    )
    assert difference(direct, plain) == ("route support: the menu is gone",)


# -- nothing untold, nothing betrayed --------------------------------------------------------------------------------

OTHERWISE = {
    "true": "false",
    "direct": "voicemail",
    "voicemail": "hang_up",
    "hang_up": "platform",
    "hotline": "caller",
    "command": "espeak-ng",
    "a-file": "another-file",
    "en": "de",
    "US": "CA",
    "alice": "carol",
    "bob": "carol",
    "carol": "alice",
    "platform": "payments",
    "payments": "platform",
    "schedule:platform": "alice",
    "schedule:calendar": "alice",
    "voice": "mailto://somebody@example.com",
    "Europe/Berlin": "Europe/Rome",
    "Europe/Paris": "Europe/Rome",
    "sat-sun": "sat",
    "1w": "2w",
    "1mo": "3d",
    "+1900*": "+1901*",
    "+12125550*": "+12125551*",
    "192.0.2.0/24": "192.0.3.0/24",
    "10000-10999": "10000-10998",
    "10.0.0.0/8": "10.0.0.0/9",
    "tls": "starttls",
    "+14155551000": "+14155551005",
    "+14155551009": "+14155551005",
    "{output}": "/tmp/{output}",
}
TOGETHER = {("speech", "engine"), ("version",)}
"""What cannot be changed alone: an engine without its command, a version to one that does not exist."""

Way = tuple[str | int, ...]


def leaves(node: Any, path: Way = ()) -> Iterator[Way]:
    if isinstance(node, str):
        yield path
    else:
        for step, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(inner, (*path, step))


def keys(node: Any, path: Way = ()) -> Iterator[Way]:
    """Every block, list and value: whatever can be taken out of the file."""
    if path:
        yield path
    if not isinstance(node, str):
        for step, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield from keys(inner, (*path, step))


def otherwise(text: str) -> str:
    """Another value of the same kind."""
    if text in OTHERWISE:
        return OTHERWISE[text]
    if re.search(r"T\d\d:\d\d$", text):
        return text[:-2] + "30"
    if match := re.search(r"(\d)(?=\D*$)", text):
        return text[: match.start()] + str((int(match[1]) + 1) % 10) + text[match.end() :]
    return text + "x"


CONTENT = yaml.load(BIG, yaml.BaseLoader)


def written(content: Any) -> str:
    return yaml.safe_dump(content, default_style='"', sort_keys=False)


def inside(content: Any, path: Way) -> Any:
    for step in path:
        content = content[step]
    return content


@pytest.mark.parametrize(
    "path", [path for path in leaves(CONTENT) if path not in TOGETHER], ids=lambda path: ".".join(map(str, path))
)
def test_whatever_value_is_changed_something_is_told(read: Read, load_text: Load, path: Way) -> None:
    content = copy.deepcopy(CONTENT)
    was = inside(content, path)
    if was.startswith("${"):
        edited = load_text(BIG, was[2:-1])
    else:
        inside(content, path[:-1])[path[-1]] = otherwise(was)
        edited = load_text(written(content))
    told = difference(read(), edited)
    assert told
    assert "secret" not in " ".join(told)
    assert "471100" not in " ".join(told)


def test_whatever_is_taken_out_something_is_told_unless_nothing_changes(read: Read, load_text: Load) -> None:
    before, possible = read(), 0
    for path in keys(CONTENT):
        content = copy.deepcopy(CONTENT)
        del inside(content, path[:-1])[path[-1]]
        with contextlib.suppress(ConfigError):  # it is needed where it stands
            after = load_text(written(content))
            possible += 1
            alike = all(getattr(before, section) == getattr(after, section) for section in Settings.model_fields)
            assert bool(difference(before, after)) != alike, path
            assert bool(difference(after, before)) != alike, path
    assert possible > 50, "most of the file can be taken out"


# -- what waits for a restart ----------------------------------------------------------------------------------------

ENGINE = "takes effect when the engine (lcr run) is restarted"
NOTIFIER = "takes effect when the notifier (lcr notifier) is restarted"
ASTERISK = "takes effect when Asterisk is restarted, which ends the calls in progress"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("http://127.0.0.1:8088", "http://127.0.0.1:8089", f"asterisk.url: {ENGINE}"),
        ("password_file: a-file", "password_file: another-file", f"asterisk.password_file: {ENGINE}"),
        ("a-database", "b-database", f"database: {ENGINE}"),
        ('"127.0.0.1:8081"', '"127.0.0.1:8082"', f"notifier.listen: {NOTIFIER}"),
        ("127.0.0.1:5060", "127.0.0.1:5070", f"asterisk.sip: {ASTERISK}"),
        ("10000-10999", "10000-10099", f"asterisk.rtp: {ASTERISK}"),
        ("sip.example.com", "sip.example.org", f"trunk.host: {ASTERISK}"),
        ("register: true", "register: false", f"trunk.register: {ASTERISK}"),
        (', "sip:alice"]', "]", f"softphone alice: {ASTERISK}"),
        ("+14155550102", "sip:bob", f"softphone bob: {ASTERISK}"),
        ('"Please hold."', '"Hold on."', f"hold music of route production: {ASTERISK}"),
        ('{say: "Please hold."}', "ringing", f"hold music of route production: {ASTERISK}"),
        ("language: en", "language: de", f"the apology callers hear while the engine is away: {ASTERISK}"),
    ],
)
def test_what_a_reload_cannot_do_is_told_with_what_has_to_be_restarted(
    read: Read, before: str, after: str, sentence: str
) -> None:
    assert restart_needed(read(), read((before, after))) == (sentence,)


def test_the_address_at_which_the_notifier_asks_the_engine_for_calls_waits_for_both(read: Read) -> None:
    assert restart_needed(read(), read(("127.0.0.1:8080", "127.0.0.1:8081"))) == (
        f"web.listen: {ENGINE}",
        f"web.listen: {NOTIFIER}",
    )


def test_the_tone_of_phones_that_ring_is_that_of_the_region_and_changes_with_it(read: Read) -> None:
    ringing = ('{say: "Please hold."}', "ringing")
    before = read(ringing)
    assert restart_needed(before, read(ringing, ("    region: US\n", "    region: CA\n"))) == (
        f"hold music of route production: {ASTERISK}",
    )
    assert restart_needed(before, read(ringing)) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("for: 26s", "for: 30s"),
        ("caller_id: hotline", "caller_id: caller"),
        ("+14155550102", "+14155550107"),
        ('      hold: {say: "Please hold."}\n', ""),
        ("every: 1w", "every: 2w"),
        ("Welcome.", "Hello."),
        ("smtp.example.com", "smtp.example.org"),
        ("https://hotline", "https://calls"),
    ],
)
def test_everything_else_needs_no_restart(read: Read, before: str, after: str) -> None:
    assert restart_needed(read(), read((before, after))) == ()


def test_a_softphone_given_to_somebody_else_needs_no_restart(read: Read) -> None:
    moved = read((', "sip:alice"]', "]"), ('"+14155550102"]', '"sip:alice"]'))
    assert restart_needed(read(), moved) == ()
