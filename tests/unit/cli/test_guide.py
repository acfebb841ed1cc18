"""docs/configure.md shows what the commands really print: whoever follows it sees the same on their own screen."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lcr_asterisk.cli import main
from lcr_asterisk.config import check, load
from lcr_asterisk.config.difference import difference
from lcr_asterisk.dryrun.cases import Case
from lcr_asterisk.dryrun.rehearsal import End

TOP = Path(__file__).parents[3]
GUIDE = TOP / "docs" / "configure.md"
FIXTURES = TOP / "tests" / "data" / "config"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  # when the guide is read

BLOCK = re.compile(r"^```console\n\$ lcr ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = [(match[1], match[2]) for match in BLOCK.finditer(GUIDE.read_text("utf-8"))]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory in which the reader works, with the files that the guide speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LCR_DATA", str(tmp_path / "var"))
    monkeypatch.delenv("LCR_CONFIG", raising=False)
    text = (FIXTURES / "good" / "ten-minutes.yaml").read_text("utf-8")
    rotation = '{people: [alice, bob], start: "2026-11-02T09:00", every: 1w}'
    restricted = rotation.replace("every: 1w", "every: 1w, hours: {days: mon-fri}")
    Path("lcr.yaml").write_text(text, "utf-8")
    Path("misspelt.yaml").write_text(text.replace("[alice, bob]", "[alcie, bob]"), "utf-8")
    no_phone = text.replace('{name: Bob Chen, phones: ["+14155550102"]}', "{name: Bob Chen}")
    Path("doubtful.yaml").write_text(no_phone.replace(rotation, restricted), "utf-8")
    shutil.copy(FIXTURES / "cases" / "ten-minutes.yaml", "cases.yaml")
    return tmp_path


def printed(command: str, desk: Path) -> str:
    """What the command prints; a check, whose warnings look ahead, as on the day the guide is read."""
    arguments = shlex.split(command)
    if arguments[:2] == ["config", "check"]:
        found = check(Path(*arguments[2:] or ["lcr.yaml"]), {}, desk / "var", NOW)
        return "".join(f"{line}\n" for line in found.lines)
    screen = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(screen), redirect_stderr(screen):
        patch.setattr(sys, "argv", ["lcr", *arguments])
        with suppress(SystemExit):
            main()
    return screen.getvalue()


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_guide_shows_what_the_command_prints(command: str, output: str, desk: Path) -> None:
    assert printed(command, desk) == output


def test_the_guide_shows_each_of_the_commands_it_teaches() -> None:
    taught = {" ".join(command.split()[:2]) for command, _ in SHOWN}
    assert {"config check", "oncall --at", "route test"} <= taught


def test_the_guide_describes_each_key_of_a_case() -> None:
    guide = GUIDE.read_text("utf-8")
    table = guide[guide.index("A case says which call it is") : guide.index("Cases are about what the file says")]
    keys = [field.alias or name for name, field in Case.model_fields.items()]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == keys
    (outcomes,) = (line for line in table.splitlines() if line.startswith("| `outcome` |"))
    assert all(f"`{end}`" in outcomes for end in End)


def test_the_guide_shows_what_a_reload_says(desk: Path) -> None:
    before = load(Path("lcr.yaml"), {}, desk)
    text = Path("lcr.yaml").read_text("utf-8")
    edited = text.replace("{ring: [carol], for: 40s}", "{ring: [bob], for: 40s}").replace("every: 1w", "every: 2w")
    Path("lcr.yaml").write_text(edited, "utf-8")
    said = "".join(f"configuration reloaded: {line}\n" for line in difference(before, load(Path("lcr.yaml"), {}, desk)))
    assert f"```\n{said}```" in GUIDE.read_text("utf-8")
