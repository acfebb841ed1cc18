"""docs/alerts.md: what it tells an admin to write is valid, and what it shows is what is sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import apprise
import pytest
import yaml
from pydantic import SecretStr

from lcr_asterisk.config import Settings, load
from lcr_asterisk.notifier.targets import by_apprise, of_alert, of_way, webhook
from lcr_asterisk.notifier.targets.by_apprise import Apprise
from tests.unit.notifier.alerts import PAGE

GUIDE = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text("utf-8")
BASE = """\
version: 1
people: {alice: {name: Alice Martin, phones: ["+14155550101"]}}
teams: {platform: {name: Platform, escalation: [{ring: [alice]}]}}
routes: {production: {name: Production, numbers: ["+14155551000"], team: platform}}
"""
ENVIRON = {
    "SLACK_URL": "https://hooks.slack.com/services/T0/B0/token",
    "SLACK_BOT": "xoxb-1-2-token",
    "TEAMS_URL": "https://example.logic.azure.com/workflows/1",
    "SMTP_PASSWORD": "a-password",
    "PAGERDUTY": "pagerduty://INTEGRATION_KEY@API_KEY?region=eu",
    "ALICE_PUSHOVER": "pover://user@token",
    "HOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def merged(base: Any, more: Any) -> Any:
    if isinstance(base, dict) and isinstance(more, dict):
        return {**base, **{key: merged(base.get(key), value) for key, value in more.items()}}
    return more


def settings_with(block: str, directory: Path) -> Settings:
    content = merged(yaml.load(BASE, yaml.BaseLoader), yaml.load(block, yaml.BaseLoader))
    file = directory / "lcr.yaml"
    file.write_text(yaml.safe_dump(content, default_style='"'))
    return load(file, ENVIRON, directory)


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: " ".join(block.split())[:60])
def test_each_yaml_is_valid_and_leads_to_its_targets(block: str, tmp_path: Path) -> None:
    settings = settings_with(block, tmp_path)
    for alert in (*settings.operators, *settings.teams["platform"].alerts):
        of_alert(alert)
    for way in settings.people["alice"].ways:
        of_way(way.to, "alice")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what plugins that nobody asked for import
@pytest.mark.parametrize("url", re.findall(r"\b(?:pagerduty|ntfys)://[^\s\"`\]]+", GUIDE))
def test_each_apprise_url_is_one_that_apprise_understands(url: str) -> None:
    asked = by_apprise.render(Apprise(SecretStr(url)), PAGE)
    assert apprise.Apprise.instantiate(asked.url) is not None


def test_the_json_it_shows_is_what_is_sent() -> None:
    (shown,) = map(json.loads, blocks("json"))
    assert shown == webhook.render(PAGE)
