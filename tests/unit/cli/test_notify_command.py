"""`lcr notify test`: an admin sees, before anybody is paged, which way works and what is wrong with the others."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.alert_rules import check_slack
from tests.stand_ins import Answer, Receiver
from tests.unit import loopback
from tests.unit.programs import Programs

YAML = """\
version: 1
people:
  alice: {{name: Alice Martin, phones: ["+14155550101"], notify: [voice, "json://127.0.0.1:{port}/secret-alice"]}}
  bob: {{name: Bob Chen, phones: ["+14155550102"]}}
  carol: {{name: Carol Diaz, notify: [voice]}}
  nora: {{name: Nora Nophone}}
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
    programs: Programs,
    directory: Path,
    receiver: Receiver,
    *arguments: str,
    allowed: Sequence[str] = ("127.0.0.1",),
    engine: int | None = None,
) -> tuple[int | None, str, str]:
    config = str(directory / "lcr.yaml")
    env = {**os.environ, "LCR_DATA": str(directory / "data")}
    with loopback.refusing() as nobody:
        more = f"notifier: {{allow_private: [{', '.join(allowed)}]}}\nweb: {{listen: '127.0.0.1:{engine or nobody}'}}"
        (directory / "lcr.yaml").write_text(YAML.format(port=receiver.port, more=more))
        return await programs.run("notify", "test", *arguments, "--config", config, env=env)


@pytest.fixture(name="directory")
def _directory(tmp_path: Path) -> Path:
    return tmp_path


async def test_each_place_of_a_team_gets_a_message_and_its_answer_is_printed(
    directory: Path, programs: Programs
) -> None:
    async with Receiver() as receiver:
        receiver.answers = [Answer(), Answer()]
        code, out, err = await lcr(programs, directory, receiver, "platform")
        assert (code, err) == (1, "")
        assert out.splitlines() == [
            "Slack: delivered",
            "Microsoft Teams: delivered",
            "e-mail platform@example.com: NOT delivered: the configuration names no mail server; write smtp:",
        ]
        slack = json.loads(next(request.body for request in receiver.got if request.path == "/secret-slack"))
        check_slack(slack)
        assert slack["text"] == "Test of the hotline's alerts: pages of Platform would be told here"


async def test_a_person_gets_one_on_each_way_and_no_call_but_word_of_whom_it_would_ring(
    directory: Path, programs: Programs
) -> None:
    async with Receiver() as receiver, Receiver() as engine:
        engine.answers = [Answer(404, json.dumps({"error": "There is no such call."}))]
        code, out, _ = await lcr(programs, directory, receiver, "alice", "--json", engine=engine.port)
        assert code == 0
        assert json.loads(out) == [
            {"target": "voice", "delivered": False, "why": "a test calls nobody; a page would ring +14155550101"},
            {"target": "Apprise (json)", "delivered": True, "why": None},
        ]
        assert "a page would reach Alice Martin here" in receiver.got[0].body.decode()
        assert [(request.method, request.path) for request in engine.got] == [
            ("DELETE", "/api/v1/pages/test/calls/test")
        ]


async def test_what_is_wrong_is_said_without_the_secret(directory: Path, programs: Programs) -> None:
    async with Receiver() as receiver:
        code, out, err = await lcr(programs, directory, receiver, "platform", allowed=())
        assert code == 1
        assert "Slack: NOT delivered: its address 127.0.0.1 is not a public one" in out
        assert "secret" not in out + err
        assert receiver.got == []


async def test_without_an_engine_nobody_could_be_called(directory: Path, programs: Programs) -> None:
    async with Receiver() as receiver:
        code, out, _ = await lcr(programs, directory, receiver, "bob")
        assert code == 1
        assert out == "voice: NOT delivered: the engine: it cannot be reached: Connection refused\n"


async def test_who_has_no_phone_cannot_be_called(directory: Path, programs: Programs) -> None:
    async with Receiver() as receiver:
        code, out, _ = await lcr(programs, directory, receiver, "carol")
        assert code == 1
        assert out == "voice: NOT delivered: there is no phone to call; write phones:\n"


async def test_who_is_told_in_no_way_is_said(directory: Path, programs: Programs) -> None:
    async with Receiver() as receiver:
        code, out, _ = await lcr(programs, directory, receiver, "nora")
        assert code == 1
        assert out == "nora is told in no way; write phones: or notify: for a person, alerts: for a team.\n"


async def test_a_name_that_is_nobodys_is_a_wrong_call(directory: Path, programs: Programs) -> None:
    async with Receiver() as receiver:
        code, _, err = await lcr(programs, directory, receiver, "alcie")
        assert code == 2
        assert 'There is no person or team alcie; did you mean "alice"?' in err
