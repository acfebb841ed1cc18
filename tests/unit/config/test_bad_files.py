"""Every mistake an admin makes is named with its place, what is wrong and what would be right.

Each file in `bad/` is named for its mistake and begins with the messages it must give, `# expect: line:column: …`,
all of them and in this order.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lcr_asterisk.config import load
from lcr_asterisk.errors import ConfigError

BAD = Path(__file__).parents[2] / "data" / "config" / "bad"
ENVIRON = {"HOME_NUMBER": "a-secret"}
EXPECT = "# expect: "


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_mistake_is_named(path: Path) -> None:
    lines = path.read_text("utf-8", errors="replace").splitlines()
    expected = [f"{path}:{line.removeprefix(EXPECT)}" for line in lines if line.startswith(EXPECT)]
    assert expected, "the fixture says what it expects"
    with pytest.raises(ConfigError) as raised:
        load(path, ENVIRON, Path("data"))
    assert list(raised.value.problems) == expected
    assert raised.value.exit_code == 2


def test_a_missing_file_is_said_in_one_sentence_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "lcr.yaml", {}, tmp_path)
    assert raised.value.problems == (f"{tmp_path}/lcr.yaml: there is no such file",)
    assert "lcr.example.yaml" in str(raised.value)


def test_a_directory_is_not_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, {}, tmp_path)
    assert raised.value.problems == (f"{tmp_path}: this is a directory; name the YAML file in it",)
