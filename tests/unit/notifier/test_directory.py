"""Whom a page reaches, and how: as the settings in force say at that moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from lcr_asterisk.config import load
from lcr_asterisk.notifier.directory import AHEAD, Directory
from lcr_asterisk.notifier.targets.email import Email
from lcr_asterisk.notifier.targets.voice import Voice
from lcr_asterisk.notifier.targets.webhook import Webhook
from lcr_asterisk.paging.policy import Policy, Quiet, Recipient, Way

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


def people(directory: Directory, policy: Policy, level: int, at: datetime = SATURDAY) -> tuple[Recipient, ...]:
    return directory.people(policy, level, at)


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
    assert directory.place("nonsense", policy.alerts[0].id) is None
    assert directory.place("platform", "nonsense") is None
    assert directory.place("platform", policy.alerts[0].id) == Email("team@example.com")
    gone = directory.policy("platform", "somebody")
    assert gone is not None
    assert people(directory, gone, 0) == ()


def without_its_team(directory: Path, more: str = "") -> Directory:
    """What was the team "old" is "platform" now; a call still knows the name it had."""
    (directory / "lcr.yaml").write_text(YAML + more)
    return Directory(load(directory / "lcr.yaml", {}, directory), {})


OPERATORS = 'operators: [{webhook: "https://operators.example.com/"}]\n'


def test_a_page_whose_team_was_renamed_is_worked_by_the_one_its_route_leads_to(tmp_path: Path) -> None:
    directory = without_its_team(tmp_path, OPERATORS)
    assert directory.policy("old") is None
    assert directory.policy_instead("old", "production") == directory.policy("platform")
    assert directory.policy_instead("old", "production", "bob") == directory.policy("platform", "bob")


def test_where_the_route_is_gone_too_operators_are_told(tmp_path: Path) -> None:
    directory = without_its_team(tmp_path, OPERATORS)
    policy = directory.policy_instead("old", "gone")
    assert policy is not None
    (place,) = policy.alerts
    target = directory.place("old", place.id)
    assert isinstance(target, Webhook)
    assert target.url.get_secret_value() == "https://operators.example.com/"
    assert people(directory, policy, 0) == ()
    assert directory.policy_instead("old", "gone", "bob") is None, "a rehearsal is nothing for operators"


def test_without_operators_nobody_can_be_told(tmp_path: Path) -> None:
    assert without_its_team(tmp_path).policy_instead("old", "gone") is None
