"""Whatever stands in the file, an admin reads problems, never a traceback."""

from __future__ import annotations

import contextlib
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lcr_asterisk.config import Settings, check, load
from lcr_asterisk.errors import ConfigError

FIXTURES = Path(__file__).parents[2] / "data" / "config"
TEXTS = sorted(
    path.read_text("utf-8")
    for path in [*FIXTURES.glob("good/*.yaml"), *FIXTURES.glob("bad/*.yaml")]
    if path.stem != "not-utf-8"
)
# What YAML and the settings give a meaning to, so that random texts get past the first character.
MARKS = [*"[]{}:,-?&*!|>'\"%@`#\n\t\\ 019", "\n  ", ": ", "- ", "---\n", "...\n", "${", "${A}", "\\U", "\\x", "<<"]
KEYS = ["people", "teams", "routes", "name", "numbers", "phones", "escalation", "ring", "for", "menu", "options", "say"]
KEYS += ["schedules", "layers", "start", "every", "hours", "days", "overrides", "ical", "timezone", "callers", "pin"]
VALUES = ["1", "25s", "alice", "platform", '"+14155550101"', "sip:bob", "true", '""', "voicemail", "x.wav"]
VALUES += ["schedule:platform", "2026-11-02T09:00", "1w", "Europe/Berlin", "mon-fri", "18:00", '"4711"', "hidden"]
PIECES = st.sampled_from([*MARKS, *KEYS, *VALUES, "version: 1"])
NOW = datetime(2026, 11, 21, tzinfo=UTC)
THOROUGHLY = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lcr.yaml"


def assert_only_problems(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with contextlib.suppress(ConfigError):
        load(file, {"A": "a\0b"}, file.parent)
    for problem in check(file, {}, file.parent, NOW).problems:
        assert problem.startswith(str(file))
        problem.encode()  # fit for a terminal
        assert "\n" not in problem


@THOROUGHLY
@given(content=st.binary())
def test_any_bytes(file: Path, content: bytes) -> None:
    assert_only_problems(file, content)


@THOROUGHLY
@given(text=st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=60).map("".join)))
def test_any_text(file: Path, text: str) -> None:
    assert_only_problems(file, text.encode(errors="surrogatepass"))


@THOROUGHLY
@given(
    text=st.sampled_from(TEXTS), piece=st.one_of(PIECES, st.text(max_size=2)), chance=st.randoms(use_true_random=False)
)
def test_any_slip_of_the_hand_in_a_real_file(file: Path, text: str, piece: str, chance: random.Random) -> None:
    start = chance.randrange(len(text) + 1)
    slipped = text[:start] + piece + text[start + chance.randrange(4) :]
    assert_only_problems(file, slipped.encode(errors="surrogatepass"))


NESTED = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=4).map(
            lambda block: "{" + ", ".join(f"{key}: {value}" for key, value in block.items()) + "}"
        ),
    ),
    max_leaves=25,
)


@THOROUGHLY
@given(sections=st.dictionaries(st.sampled_from(list(Settings.model_fields)), NESTED))
def test_any_value_under_any_key(file: Path, sections: dict[str, str]) -> None:
    assert_only_problems(file, "".join(f"{key}: {value}\n" for key, value in sections.items()).encode())


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "a: *b\n" * 2000,
        "x" * 2_000_000,
        "%YAML 1." + "9" * 5000 + "\n---\n",
    ],
    ids=["brackets", "braces", "dashes", "question-marks", "aliases", "too-long", "version"],
)
@pytest.mark.timeout(20)
def test_a_text_made_to_exhaust_the_reader_is_refused_quickly(file: Path, text: str) -> None:
    assert_only_problems(file, text.encode())
