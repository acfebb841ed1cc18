"""What an admin gets wrong is told in one clear sentence: no traceback, exit code 1 or 2."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.acceptance.hotline import Hotline

YAML = """\
version: 1
defaults: {{region: US}}
asterisk: {{url: "http://{ari}"}}
web: {{listen: "{web}"}}
people:
  alice: {{name: Alice, phones: ["+14155550101"]}}
teams:
  team: {{name: Team, escalation: [{{ring: [alice]}}]}}
routes:
  hotline: {{name: Hotline, numbers: ["+14155551000"], team: team{more}}}
"""
NOBODY = "127.0.0.1:9"  # the discard port: nothing listens there


async def lcr(directory: Path, *arguments: str, path: str | None = None) -> tuple[int, str]:
    """Run the command; its exit code and everything it printed."""
    environment = {**os.environ, "LCR_DATA": str(directory / "var"), "LCR_CONFIG": str(directory / "lcr.yaml")}
    if path is not None:
        environment["PATH"] = path
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lcr_asterisk", *arguments, env=environment, cwd=directory, stdout=PIPE, stderr=PIPE
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, (output + errors).decode()


def write(directory: Path, *, ari: str = NOBODY, web: str = "127.0.0.1:18099", more: str = "") -> None:
    (directory / "lcr.yaml").write_text(YAML.format(ari=ari, web=web, more=more))


@pytest.fixture
def sounds_made(tmp_path: Path) -> Path:
    """A directory whose prompts need not be made again by each test."""
    shared = Path(__file__).parents[2] / "var" / "test-sounds"
    shared.mkdir(parents=True, exist_ok=True)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "sounds").symlink_to(shared)
    return tmp_path


async def test_an_unreachable_asterisk(sounds_made: Path) -> None:
    write(sounds_made)
    code, said = await lcr(sounds_made, "run")
    assert code == 1
    assert "lcr: no Asterisk answers at http://127.0.0.1:9" in said
    assert "Traceback" not in said


async def test_a_wrong_ari_password(sounds_made: Path, hotline: Hotline) -> None:
    write(sounds_made, ari=hotline.settings.asterisk.url.removeprefix("http://"))
    code, said = await lcr(sounds_made, "run")
    assert code == 1
    assert "refused the ARI user or password" in said
    assert "Traceback" not in said


async def test_a_taken_web_port(sounds_made: Path, hotline: Hotline) -> None:
    secrets = sounds_made / "var" / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "ari").write_text((hotline.data / "secrets" / "ari").read_text())
    (secrets / "ari").chmod(0o600)
    write(sounds_made, ari=hotline.settings.asterisk.url.removeprefix("http://"), web=str(hotline.web))
    code, said = await lcr(sounds_made, "run")
    assert code == 1
    assert f"lcr: Cannot listen on {hotline.web}" in said
    assert "set web.listen to another port" in said
    assert "Traceback" not in said


async def test_a_taken_sip_port(sounds_made: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        write(sounds_made)
        text = (sounds_made / "lcr.yaml").read_text()
        sip = f'{{url: "http://127.0.0.1:18098", sip: "127.0.0.1:{port}"}}'
        (sounds_made / "lcr.yaml").write_text(text.replace(f'{{url: "http://{NOBODY}"}}', sip))
        (sounds_made / "var" / "asterisk-root").symlink_to(Path(__file__).parents[2] / "var" / "asterisk-root")
        code, said = await lcr(sounds_made, "asterisk", "run")
    assert code == 1
    assert str(port) in said and "SIP" in said
    assert "Traceback" not in said


async def test_a_bad_yaml(tmp_path: Path) -> None:
    write(tmp_path, more=", taem: team")
    code, said = await lcr(tmp_path, "run")
    assert code == 2
    assert 'lcr.yaml:10:67: routes.hotline.taem: unknown key; did you mean "team"?' in said
    assert "Traceback" not in said
    code, said = await lcr(tmp_path, "config", "check")
    assert code == 1
    assert "1 problem in" in said


async def test_no_yaml_at_all(tmp_path: Path) -> None:
    code, said = await lcr(tmp_path, "run")
    assert code == 2
    assert "lcr.yaml: there is no such file" in said
    assert "Traceback" not in said


async def test_a_missing_sound(tmp_path: Path) -> None:
    write(tmp_path, more=", messages: {welcome: {file: welcome.wav}}")
    code, said = await lcr(tmp_path, "run")
    assert code == 2
    assert '"welcome.wav" does not exist' in said
    assert "Traceback" not in said


async def test_a_sound_that_is_none(sounds_made: Path) -> None:
    (sounds_made / "welcome.wav").write_text("this is no sound")
    write(sounds_made, more=", messages: {welcome: {file: welcome.wav}}")
    code, said = await lcr(sounds_made, "run")
    assert code == 1
    assert "Prompt welcome" in said and "welcome.wav" in said
    assert "Traceback" not in said


async def test_no_speech_engine(tmp_path: Path) -> None:
    write(tmp_path)
    code, said = await lcr(tmp_path, "run", path="/nonexistent")
    assert code == 1
    assert "apt-get install espeak-ng" in said
    assert "Traceback" not in said


async def test_an_unknown_command(tmp_path: Path) -> None:
    code, said = await lcr(tmp_path, "rum")
    assert code == 2
    assert "No such command 'rum'" in said


async def test_a_call_that_is_not_in_the_log(hotline: Hotline, tmp_path: Path) -> None:
    (tmp_path / "var").symlink_to(hotline.data)
    write(tmp_path)
    code, said = await lcr(tmp_path, "calls", "show", "nothing-like-it")
    assert code == 1
    assert "There is no call 'nothing-like-it' in the log." in said
