"""`lcr config check` names every mistake, warns of what is surely not meant, or says that all is well."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lcr_asterisk.config import check

TOP = Path(__file__).parents[3]
BAD = TOP / "tests" / "data" / "config" / "bad"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
UNREACHED = """\
version: 1
people: {alice: {name: Alice Martin, phones: ["+14155550101"]}}
teams: {platform: {name: Platform, escalation: [{ring: [alice]}]}}
routes:
  production: {name: Production, team: platform}
"""


def test_the_problems_of_a_bad_file_are_reported_and_counted() -> None:
    path = BAD / "several-mistakes-at-once.yaml"
    found = check(path, {}, Path("data"), NOW)
    assert len(found.problems) == 7
    assert found.warnings == ()
    assert found.summary == f"7 problems in {path}"


def test_what_is_valid_but_not_meant_is_a_warning_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "lcr.yaml"
    file.write_text(UNREACHED)
    found = check(file, {}, tmp_path, NOW)
    assert found.problems == ()
    (warning,) = found.warnings
    assert warning.startswith(f"{file}:5:15: routes.production: warning: no number reaches this route")
    assert found.summary == "1 route, 1 team, 1 person: 1 warning"


def test_a_file_without_mistakes_is_summed_up() -> None:
    found = check(TOP / "lcr.example.yaml", {}, Path("data"), NOW)
    assert (found.problems, found.warnings) == ((), ())
    assert found.summary.endswith(": ok")
