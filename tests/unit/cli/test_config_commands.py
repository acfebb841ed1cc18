"""`lcr config`: what it prints, and its exit codes, on which an admin's own checks rely."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lcr_asterisk.cli import lcr, main
from lcr_asterisk.config import reference, schema

GOOD = """\
version: 1
people: {alice: {name: Alice Martin, phones: ["+14155550101"]}}
teams: {platform: {name: Platform, escalation: [{ring: [alice]}]}}
routes:
  production: {name: Production, numbers: ["+14155551000"], team: platform}
"""
UNREACHED = GOOD.replace('numbers: ["+14155551000"], ', "")
WRONG = GOOD.replace("team: platform}", "team: platfrom}")


@pytest.mark.parametrize(
    ("text", "options", "code", "summary"),
    [
        (GOOD, [], 0, "1 route, 1 team, 1 person: ok"),
        (GOOD, ["--strict"], 0, "1 route, 1 team, 1 person: ok"),
        (UNREACHED, [], 0, "1 route, 1 team, 1 person: 1 warning"),
        (UNREACHED, ["--strict"], 1, "1 route, 1 team, 1 person: 1 warning"),
        (WRONG, [], 1, "1 problem in "),
    ],
    ids=["good", "good-strict", "warned", "warned-strict", "wrong"],
)
def test_check_says_how_it_went_by_its_exit_code(
    tmp_path: Path, text: str, options: list[str], code: int, summary: str
) -> None:
    file = tmp_path / "lcr.yaml"
    file.write_text(text)
    result = CliRunner().invoke(lcr, ["config", "check", str(file), *options])
    assert result.exit_code == code
    assert result.output.splitlines()[-1].startswith(summary)


def test_check_prints_json_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "lcr.yaml"
    file.write_text(WRONG)
    result = CliRunner().invoke(lcr, ["config", "check", "--config", str(file), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.output) == {
        "problems": [
            f'{file}:5:67: routes.production.team: there is no team "platfrom"; did you mean "platform"?',
        ],
        "warnings": [],
        "more": 0,
        "summary": f"1 problem in {file}",
    }


@pytest.mark.parametrize(
    "command",
    [["oncall"], ["route", "test", "--to", "+14155551000"], ["test-mode", "off", "production"], ["calls"], ["run"]],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("text", [WRONG.replace("alice]", "alcie]"), None], ids=["wrong", "missing"])
def test_every_command_tells_problems_as_check_does(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    text: str | None,
) -> None:
    """Each in a line of its own that begins with its place, for editors and terminals jump to that."""
    file = tmp_path / "lcr.yaml"
    if text is not None:
        file.write_text(text)
    *problems, _ = CliRunner().invoke(lcr, ["config", "check", str(file)]).output.splitlines()
    assert len(problems) == 2
    monkeypatch.setattr("sys.argv", ["lcr", *command, "--config", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines() == problems


def test_schema_and_reference_are_printed() -> None:
    assert json.loads(CliRunner().invoke(lcr, ["config", "schema"]).output) == schema()
    assert CliRunner().invoke(lcr, ["config", "reference"]).output == reference()
