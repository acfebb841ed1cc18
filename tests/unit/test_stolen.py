"""What a test says while its machine is taken away counts for nothing; what it says otherwise counts at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stolen import worst_part

REPOSITORY = Path(__file__).parents[2]
CONFTEST = """
import tests.stolen as stolen
from tests.stolen import pytest_runtest_protocol, pytest_terminal_summary

class AsIsSaid(stolen.Steal):
    def worst(self, since): return {taken}
    def calm(self): return True

stolen._steal = AsIsSaid()
"""
TESTS = """
from pathlib import Path

def test_it():
    runs = Path(__file__).with_name("runs")
    runs.write_text((runs.read_text() if runs.exists() else "") + "x")
    assert len(runs.read_text()) > {fails}, "nothing was heard"
"""


def outcome(directory: Path, *, taken: float, fails: int) -> tuple[int, str]:
    """How often a test was run that fails so often before it passes, and what pytest printed."""
    (directory / "conftest.py").write_text(CONFTEST.format(taken=taken))
    (directory / "test_it.py").write_text(TESTS.format(fails=fails))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "test_it.py"]
    done = subprocess.run(
        command, cwd=directory, env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, timeout=120
    )
    return len((directory / "runs").read_text()), done.stdout


def test_who_failed_while_the_machine_was_away_is_run_again_and_that_is_said(tmp_path: Path) -> None:
    runs, said = outcome(tmp_path, taken=0.5, fails=1)
    assert runs == 2
    assert "1 passed" in said
    assert "test_it.py::test_it: 50% of this machine was taken away; test_it.py:7: AssertionError" in said


def test_who_fails_on_a_machine_that_is_there_has_failed(tmp_path: Path) -> None:
    runs, said = outcome(tmp_path, taken=0.01, fails=1)
    assert runs == 1
    assert "1 failed" in said
    assert "nothing was heard" in said


def test_who_fails_again_and_again_has_failed_too(tmp_path: Path) -> None:
    runs, said = outcome(tmp_path, taken=0.5, fails=99)
    assert runs == 3
    assert "1 failed" in said


@pytest.mark.parametrize(
    ("stolen", "worst"),
    [
        ([0.0] * 8, 0.0),
        ([0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 1.0], 1.0),
        ([0.0, 0.0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2], 0.2),
        ([3.0, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7], 0.2),
    ],
    ids=["never", "all of it, for half a second", "a moment", "always a little"],
)
def test_the_worst_half_second_counts(stolen: list[float], worst: float) -> None:
    """Two processors, looked at every quarter of a second."""
    looks = [(at / 4, seconds) for at, seconds in enumerate(stolen)]
    assert worst_part(looks, processors=2) == pytest.approx(worst)
