"""What stands in the YAML leads where an admin expects it to."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from lcr_asterisk.config import Settings, load
from lcr_asterisk.notifier.targets import Target, identity, of_address, of_alert, of_way
from lcr_asterisk.notifier.targets.by_apprise import Apprise
from lcr_asterisk.notifier.targets.email import Email
from lcr_asterisk.notifier.targets.slack import SlackChannel, SlackWebhook
from lcr_asterisk.notifier.targets.teams import TeamsWebhook
from lcr_asterisk.notifier.targets.voice import Voice
from lcr_asterisk.notifier.targets.webhook import Webhook

GOOD = Path(__file__).parents[2] / "data" / "config" / "good" / "alerts-to-everybody.yaml"
ENVIRON = {
    "SLACK_BOT": "xoxb-1-2-token",
    "SLACK_URL": "https://hooks.example.com/a-hook",
    "TEAMS_URL": "https://teams.example.com/a-workflow",
    "HOOK_SECRET": "a-signature",
    "PAGERDUTY": "pagerduty://a-key@a-token",
    "SMTP_PASSWORD": "a-password",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(GOOD, ENVIRON, tmp_path)


def test_each_alert_of_a_team_has_its_target(settings: Settings) -> None:
    assert [of_alert(alert) for alert in settings.teams["platform"].alerts] == [
        SlackChannel(SecretStr("xoxb-1-2-token"), "C0123456789"),
        SlackWebhook(SecretStr("https://hooks.example.com/a-hook")),
        TeamsWebhook(SecretStr("https://teams.example.com/a-workflow")),
        Webhook(SecretStr("https://alerts.example.com/hotline"), SecretStr("a-signature")),
        Email("platform@example.com"),
        Apprise(SecretStr("pagerduty://a-key@a-token")),
    ]


def test_each_way_of_a_person_has_its_target(settings: Settings) -> None:
    assert [of_way(way.to, "alice") for way in settings.people["alice"].ways] == [
        Voice("alice"),
        Email("alice@example.com"),
        Apprise(SecretStr("ntfys://ntfy.sh/alice-on-call")),
    ]


@pytest.mark.parametrize(
    "address",
    ["mailto://user:pass@example.com", "mailtos://user@example.com", "mailto://a@example.com?to=b@example.com"],
)
def test_an_e_mail_address_that_says_more_is_apprises(address: str) -> None:
    assert of_address(SecretStr(address)) == Apprise(SecretStr(address))


def test_a_target_has_an_identity_that_tells_nothing_about_it() -> None:
    url = SecretStr("https://hooks.example.com/a-secret")
    targets: list[Target] = [
        SlackWebhook(url),
        TeamsWebhook(url),
        Webhook(url),
        Apprise(url),
        SlackChannel(url, "C1"),
        SlackChannel(url, "C2"),
        Email("alice@example.com"),
    ]
    identities = [identity(target) for target in targets]
    assert len(set(identities)) == len(targets)
    assert identities == [identity(target) for target in targets]
    assert not any("secret" in name or "alice" in name for name in identities)
