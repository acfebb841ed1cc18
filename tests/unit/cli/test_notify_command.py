"""`lcr notify test`: an admin sees, before anybody is paged, which way works and what is wrong with the others."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.notifier.rules import check_slack
from tests.unit.notifier.stand_ins import Answer, Receiver

REPOSITORY = Path(__file__).parents[3]
YAML = """\
version: 1
people:
  alice: {{name: Alice Martin, phones: ["+14155550101"], notify: [voice, "json://127.0.0.1:{port}/secret-alice"]}}
  bob: {{name: Bob Chen, phones: ["+14155550102"], notify: [voice]}}
teams:
  platform:
    name: Platform
    escalation: [{{ring: [alice, bob]}}]
    alerts:
      - {{slack: "http://127.0.0.1:{port}/secret-slack"}}
      - {{teams: "http://127.0.0.1:{port}/secret-teams"}}
      - {{email: platform@example.com}}
routes:
  production: {{name: Production, numbers: ["+14155551000"], team: platform}}
{more}
"""


async def lcr(
    directory: Path, receiver: Receiver, *arguments: str, allowed: Sequence[str] = ("127.0.0.1",)
) -> tuple[int, str, str]:
    more = f"notifier: {{allow_private: [{', '.join(allowed)}]}}"
    (directory / "lcr.yaml").write_text(YAML.format(port=receiver.port, more=more))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lcr_asterisk", "notify", "test", *arguments, "--config", str(directory / "lcr.yaml")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.fixture(name="directory")
def _directory(tmp_path: Path) -> Path:
    return tmp_path


async def test_each_place_of_a_team_gets_a_message_and_its_answer_is_printed(directory: Path) -> None:
    async with Receiver() as receiver:
        receiver.answers = [Answer(), Answer()]
        code, out, err = await lcr(directory, receiver, "platform")
        assert (code, err) == (1, "")
        assert out.splitlines() == [
            "Slack: delivered",
            "Microsoft Teams: delivered",
            "e-mail platform@example.com: NOT delivered: the configuration names no mail server; write smtp:",
        ]
        slack = json.loads(next(request.body for request in receiver.got if request.path == "/secret-slack"))
        check_slack(slack)
        assert slack["text"] == "Test of the hotline's alerts: pages of Platform would be told here"


async def test_a_person_gets_one_on_each_way_and_no_call(directory: Path) -> None:
    async with Receiver() as receiver:
        code, out, _ = await lcr(directory, receiver, "alice", "--json")
        assert code == 0
        assert json.loads(out) == [{"target": "Apprise (json)", "delivered": True, "why": None}]
        assert "a page would reach Alice Martin here" in receiver.got[0].body.decode()


async def test_what_is_wrong_is_said_without_the_secret(directory: Path) -> None:
    async with Receiver() as receiver:
        code, out, err = await lcr(directory, receiver, "platform", allowed=())
        assert code == 1
        assert "Slack: NOT delivered: its address 127.0.0.1 is not a public one" in out
        assert "secret" not in out + err
        assert receiver.got == []


async def test_whoever_is_told_by_calls_only_is_said(directory: Path) -> None:
    async with Receiver() as receiver:
        code, out, _ = await lcr(directory, receiver, "bob")
        assert code == 1
        assert out == "bob is told in no way but calls; write notify: for a person, alerts: for a team.\n"


async def test_a_name_that_is_nobodys_is_a_wrong_call(directory: Path) -> None:
    async with Receiver() as receiver:
        code, _, err = await lcr(directory, receiver, "alcie")
        assert code == 2
        assert 'There is no person or team alcie; did you mean "alice"?' in err
