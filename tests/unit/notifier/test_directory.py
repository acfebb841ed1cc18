"""Whom a page reaches, and how: as the settings in force say at that moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from lcr_asterisk.config import load
from lcr_asterisk.notifier.directory import AHEAD, Directory
from lcr_asterisk.notifier.targets.email import Email
from lcr_asterisk.notifier.targets.voice import Voice
from lcr_asterisk.notifier.targets.webhook import Webhook
from lcr_asterisk.paging.events import PageOpened
from lcr_asterisk.paging.page import step
from lcr_asterisk.paging.policy import OPERATORS, Cause, Place, Policy, Quiet, Recipient, Way, Why
from lcr_asterisk.paging.states import Page

SATURDAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
YAML = """\
version: 1
people:
  alice:
    name: Alice Martin
    phones: ["+14155550101"]
    notify_ways: in_order
    notify: ["mailto://alice@example.com", {to: "json://192.0.2.1/token", after: 5m}, voice]
  bob:
    name: Bob Chen
    timezone: Europe/Berlin
    notify: [{to: "mailto://bob@example.com", quiet: {from: "22:00", to: "07:00"}}]
  carol: {name: Carol Diaz, phones: ["+14155550103"]}
  nora: {name: Nora Nophone}
teams:
  platform:
    name: Platform
    escalation: [{ring: [alice, carol, nora], for: 25s, page_for: 10m}, {ring: [bob], for: 30s}]
    repeat: 2
    alerts: [{email: team@example.com}, {webhook: "https://example.com/a-token"}, {email: team@example.com}]
routes:
  production: {name: Production, numbers: ["+14155551000"], team: platform}
smtp: {host: smtp.example.com, from: hotline@example.com}
"""


@pytest.fixture(name="directory")
def _directory(tmp_path: Path) -> Directory:
    (tmp_path / "lcr.yaml").write_text(YAML)
    return Directory(load(tmp_path / "lcr.yaml", {}, tmp_path), {})


@pytest.fixture(name="policy")
def _policy(directory: Directory) -> Policy:
    policy = directory.policy("platform")
    assert policy is not None
    return policy


def page_by(policy: Policy, route: str = "production") -> Page:
    """A page that was opened with this policy."""
    cause = Cause("call", Why.MESSAGE, SATURDAY, route, "Production", "+15551234567")
    return step(None, PageOpened("call", cause, policy), SATURDAY)[0]


def people(directory: Directory, policy: Policy, level: int, at: datetime = SATURDAY) -> tuple[Recipient, ...]:
    return directory.people(page_by(policy), level, at)


def test_a_level_waits_as_long_as_it_says_for_pages_or_else_as_long_as_it_rings(policy: Policy) -> None:
    assert [level.seconds for level in policy.levels] == [600.0, 30.0]
    assert policy.repeat == 2


def test_a_place_that_is_written_twice_is_told_once_and_named_without_its_secret(policy: Policy) -> None:
    assert len(policy.alerts) == 2
    assert "a-token" not in repr(policy)


def test_who_has_neither_ways_nor_phones_is_not_told(directory: Directory, policy: Policy) -> None:
    assert [one.person for one in people(directory, policy, 0)] == ["alice", "carol"]


def test_who_is_to_be_called_without_a_phone_is_told_in_other_ways(tmp_path: Path) -> None:
    (tmp_path / "lcr.yaml").write_text(YAML.replace('    phones: ["+14155550101"]\n', ""))
    directory = Directory(load(tmp_path / "lcr.yaml", {}, tmp_path), {})
    policy = directory.policy("platform")
    assert policy is not None
    assert [way.call for way in people(directory, policy, 0)[0].ways] == [False, False]
    assert directory.way("alice", "voice:alice") is None


def test_people_are_told_in_their_ways(directory: Directory, policy: Policy) -> None:
    alice, _ = people(directory, policy, 0)
    assert (alice.person, alice.name, alice.in_order) == ("alice", "Alice Martin", True)
    assert [(way.after, way.call) for way in alice.ways] == [(0.0, False), (300.0, False), (0.0, True)]
    assert "token" not in repr(alice)
    assert directory.way("alice", alice.ways[0].id) == Email("alice@example.com")
    assert directory.way("bob", alice.ways[0].id) is None
    assert directory.way("nobody", alice.ways[0].id) is None


def test_who_says_nothing_about_it_and_has_phones_is_called(directory: Directory, policy: Policy) -> None:
    _, carol = people(directory, policy, 0)
    assert carol.ways == (Way("voice:carol", "voice", call=True),)
    assert directory.way("carol", "voice:carol") == Voice("carol")


def test_quiet_hours_are_those_on_the_persons_wall(directory: Directory, policy: Policy) -> None:
    def quiet(at: datetime) -> tuple[Quiet, ...]:
        (bob,) = people(directory, policy, 1, at)
        return bob.ways[0].quiet

    def berlin(day: int, hour: int) -> datetime:
        return datetime(2026, 11, day, hour - 1, tzinfo=UTC)

    assert quiet(SATURDAY)[0] == Quiet(berlin(21, 22), berlin(22, 7))
    spans = quiet(berlin(21, 23))
    assert spans[0].start <= berlin(21, 23) < spans[0].end == berlin(22, 7), "it is quiet just now"
    assert spans[-1].end >= berlin(21, 23) + AHEAD - timedelta(hours=24)
    assert all(before.end < after.start for before, after in pairwise(spans))


def test_quiet_hours_follow_a_change_of_the_clocks(directory: Directory, policy: Policy) -> None:
    """On the 25th of October 2026 clocks in Berlin go back at 03:00: that night is an hour longer."""
    (bob,) = people(directory, policy, 1, datetime(2026, 10, 24, 18, 0, tzinfo=UTC))
    night = bob.ways[0].quiet[0]
    assert night.end - night.start == timedelta(hours=10)


def test_in_test_mode_only_the_test_person_is_told(directory: Directory) -> None:
    policy = directory.policy("platform", "bob")
    assert policy is not None
    assert (len(policy.levels), policy.repeat, policy.alerts) == (1, 0, ())
    assert [one.person for one in people(directory, policy, 0)] == ["bob"]


def test_what_was_edited_away_reaches_nobody(directory: Directory, policy: Policy) -> None:
    assert directory.policy("nonsense") is None
    assert people(directory, policy, 2) == ()
    assert directory.place(page_by(policy), "nonsense") is None
    assert directory.place(page_by(policy), policy.alerts[0].id) == Email("team@example.com")
    assert directory.instead(page_by(policy), "nonsense") == ()
    gone = directory.policy("platform", "somebody")
    assert gone is not None
    assert people(directory, gone, 0) == ()


def without_its_team(directory: Path, more: str = "") -> Directory:
    """What was the team "old" is "platform" now; a call still knows the name it had."""
    (directory / "lcr.yaml").write_text(YAML + more)
    return Directory(load(directory / "lcr.yaml", {}, directory), {})


OPERATORS_YAML = 'operators: [{webhook: "https://operators.example.com/"}]\n'


def test_a_page_whose_team_was_renamed_is_worked_by_the_one_its_route_leads_to(tmp_path: Path) -> None:
    directory = without_its_team(tmp_path, OPERATORS_YAML)
    assert directory.policy("old") is None
    assert directory.policy_instead("old", "production") == directory.policy("platform")
    assert directory.policy_instead("old", "production", "bob") == directory.policy("platform", "bob")


def test_where_the_route_is_gone_too_operators_are_told(tmp_path: Path) -> None:
    directory = without_its_team(tmp_path, OPERATORS_YAML)
    policy = directory.policy_instead("old", "gone")
    assert policy is not None
    (place,) = policy.alerts
    page = page_by(policy, "gone")
    assert address(directory, page, place) == "https://operators.example.com/"
    assert directory.people(page, 0, SATURDAY) == ()
    assert directory.policy_instead("old", "gone", "bob") is None, "a rehearsal is nothing for operators"


def test_without_operators_nobody_can_be_told(tmp_path: Path) -> None:
    assert without_its_team(tmp_path).policy_instead("old", "gone") is None


def test_a_message_for_which_no_team_is_responsible_is_told_to_operators_by_their_name(
    tmp_path: Path,
) -> None:
    directory = without_its_team(tmp_path, OPERATORS_YAML)
    policy = directory.policy_of_nobodys("")
    assert policy is not None
    assert (policy.team, policy.team_name, len(policy.alerts)) == ("(operators)", "operators", 1)
    assert directory.people(page_by(policy, ""), 0, SATURDAY) == ()
    assert directory.policy_of_nobodys("production") == directory.policy("platform"), "its route has a team by now"
    assert without_its_team(tmp_path).policy_of_nobodys("") is None


def test_a_rehearsal_for_which_no_team_is_responsible_is_told_to_the_test_person(tmp_path: Path) -> None:
    directory = without_its_team(tmp_path, OPERATORS_YAML)
    policy = directory.policy_of_nobodys("", "bob")
    assert policy is not None
    assert policy.alerts == ()
    assert [one.person for one in people(directory, policy, 0)] == ["bob"]


# -- what is edited while a page is open -----------------------------------------------------------------------------


def edited(path: Path, *edits: tuple[str, str]) -> Directory:
    text = YAML
    for before, after in edits:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (path / "lcr.yaml").write_text(text)
    return Directory(load(path / "lcr.yaml", {}, path), {})


def address(directory: Directory, page: Page, place: Place) -> str:
    target = directory.place(page, place.id)
    if isinstance(target, Email):
        return target.address
    assert isinstance(target, Webhook)
    return target.url.get_secret_value()


def instead(directory: Directory, page: Page, place: Place) -> list[str]:
    return [address(directory, page, one) for one in directory.instead(page, place.id)]


RENAMED = ("  platform:\n", "  ops:\n"), ("team: platform", "team: ops")
ALERTS = '[{email: team@example.com}, {webhook: "https://example.com/a-token"}, {email: team@example.com}]'
WITH_OPERATORS = ("smtp:", f"{OPERATORS_YAML}smtp:")
AT_OPERATORS = "https://operators.example.com/"


def test_an_open_page_goes_on_with_the_team_that_its_route_leads_to_now(tmp_path: Path, policy: Policy) -> None:
    directory, page = edited(tmp_path, *RENAMED, WITH_OPERATORS), page_by(policy)
    assert [one.person for one in directory.people(page, 1, SATURDAY)] == ["bob"]
    assert [address(directory, page, place) for place in policy.alerts] == [
        "team@example.com",
        "https://example.com/a-token",
    ]
    assert instead(directory, page, OPERATORS) == []


def test_a_place_with_a_new_address_is_told_there(tmp_path: Path, policy: Policy) -> None:
    mail, hook = policy.alerts
    directory, page = edited(tmp_path, ("a-token", "another-token")), page_by(policy)
    assert address(directory, page, mail) == "team@example.com"
    assert directory.place(page, hook.id) is None
    assert instead(directory, page, hook) == ["https://example.com/another-token"]


def test_all_new_places_are_told_once_however_many_there_were(tmp_path: Path, policy: Policy) -> None:
    new = "[{email: new@example.com}, {email: b@example.com}, {email: c@example.com}]"
    directory, page = edited(tmp_path, (ALERTS, new)), page_by(policy)
    first, second = (instead(directory, page, place) for place in policy.alerts)
    assert first == ["new@example.com", "b@example.com", "c@example.com"]
    assert second == instead(directory, page, OPERATORS) == []


def test_a_place_that_was_told_instead_and_is_gone_now_is_told_where_it_is_then(tmp_path: Path, policy: Policy) -> None:
    page = page_by(policy)
    (between,) = edited(tmp_path, (ALERTS, "[{email: new@example.com}]")).instead(page, policy.alerts[0].id)
    directory = edited(tmp_path, (ALERTS, "[{email: newer@example.com}]"))
    assert directory.place(page, between.id) is None
    assert instead(directory, page, between) == ["newer@example.com"]


def test_a_place_that_was_removed_is_told_by_nobody_while_the_team_has_another(tmp_path: Path, policy: Policy) -> None:
    directory, page = edited(tmp_path, (ALERTS, "[{email: team@example.com}]"), WITH_OPERATORS), page_by(policy)
    assert instead(directory, page, policy.alerts[1]) == instead(directory, page, OPERATORS) == []


def test_operators_hear_of_a_page_whose_team_and_route_are_gone(tmp_path: Path, policy: Policy) -> None:
    more = ("  production:", "  incidents:"), WITH_OPERATORS
    directory, page = edited(tmp_path, *RENAMED, *more), page_by(policy)
    assert directory.people(page, 1, SATURDAY) == ()
    first, second = (instead(directory, page, place) for place in policy.alerts)
    assert (first, second, instead(directory, page, OPERATORS)) == ([AT_OPERATORS], [], []), "once"


@pytest.mark.parametrize("before", [YAML, YAML.replace(ALERTS, "[]")], ids=["alerts are gone", "it had none"])
def test_operators_hear_that_all_was_in_vain_where_the_team_has_no_alerts(tmp_path: Path, before: str) -> None:
    (tmp_path / "lcr.yaml").write_text(before)
    policy = Directory(load(tmp_path / "lcr.yaml", {}, tmp_path), {}).policy("platform")
    assert policy is not None
    page = page_by(policy)
    directory = edited(tmp_path, (ALERTS, "[]"), WITH_OPERATORS)
    assert instead(directory, page, OPERATORS) == [AT_OPERATORS]
    assert [instead(directory, page, place) for place in policy.alerts] == [[] for _ in policy.alerts]
    assert instead(edited(tmp_path, (ALERTS, "[]")), page, OPERATORS) == []


def test_what_a_team_without_alerts_has_now_is_told_before_operators_are(tmp_path: Path, policy: Policy) -> None:
    page = page_by(replace(policy, alerts=()))
    directory = edited(tmp_path, (ALERTS, "[{email: new@example.com}]"), WITH_OPERATORS)
    assert instead(directory, page, OPERATORS) == ["new@example.com"]
