"""A secret may stand in a file of its own, and is not shown wherever it comes from."""

from __future__ import annotations

from pathlib import Path

from lcr_asterisk.config import Settings, load
from lcr_asterisk.config.difference import difference

YAML = """\
version: 1
people:
  alice: {name: Alice Martin, phones: ["+14155550101"]}
teams:
  platform:
    name: Platform
    escalation: [{ring: [alice]}]
    alerts:
      - {slack_file: slack}
      - {webhook: "https://alerts.example.com/", secret_file: signing}
routes:
  production: {name: Production, numbers: ["+14155551000"], team: platform}
operators: [{teams_file: teams}]
smtp: {host: smtp.example.com, from: hotline@example.com, user: lcr, password_file: mail}
database_file: database
"""
SECRETS = {
    "slack": "https://hooks.example.com/T0/B0/first-token\n",
    "signing": "  signing-key\r\n",
    "teams": "https://teams.example.com/workflow-token\n",
    "mail": "mail-password\n",
    "database": "postgresql+asyncpg://lcr:db-password@db.example.com/lcr",
}


def read(directory: Path, **changed: str) -> Settings:
    for name, content in (SECRETS | changed).items():
        (directory / name).write_text(content)
    file = directory / "lcr.yaml"
    file.write_text(YAML)
    return load(file, {}, directory)


def test_what_the_files_say_is_in_force_without_the_white_space_around_it(tmp_path: Path) -> None:
    settings = read(tmp_path)
    slack, webhook = settings.teams["platform"].alerts
    assert slack.slack is not None
    assert slack.slack.get_secret_value() == "https://hooks.example.com/T0/B0/first-token"
    assert webhook.secret is not None
    assert webhook.secret.get_secret_value() == "signing-key"
    assert settings.operators[0].teams is not None
    assert settings.operators[0].teams.get_secret_value() == "https://teams.example.com/workflow-token"
    assert settings.smtp is not None
    assert settings.smtp.password is not None
    assert settings.smtp.password.get_secret_value() == "mail-password"
    assert settings.database.get_secret_value() == SECRETS["database"]
    shown = repr(settings)
    assert not any(
        secret in shown for secret in ("first-token", "signing-key", "workflow-token", "mail-password", "db-password")
    )


def test_a_changed_secret_is_told_and_not_shown(tmp_path: Path) -> None:
    before, after = read(tmp_path), read(tmp_path, signing="another-key")
    told = difference(before, after)
    assert told
    assert "key" not in " ".join(told)
