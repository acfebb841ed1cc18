"""`lcr config check` names every mistake, warns of what is surely not meant, or says that all is well."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lcr_asterisk.config import check, load
from lcr_asterisk.errors import ConfigError

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


def many_mistakes(people: int, file: Path) -> None:
    """A file with so many people, and as many teams that ring somebody who is not among them."""
    ids = [f"person-{number}" for number in range(people)]
    file.write_text(
        "version: 1\npeople:\n"
        + "".join(f"  {id_}: {{name: {id_}}}\n" for id_ in ids)
        + "teams:\n"
        + "".join(f"  of-{id_}: {{name: {id_}, escalation: [{{ring: [{id_}x]}}]}}\n" for id_ in ids)
        + 'routes: {a: {name: A, numbers: ["+14155551000"], team: of-person-0}}\n'
    )


def test_of_very_many_problems_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    many_mistakes(120, tmp_path / "lcr.yaml")
    found = check(tmp_path / "lcr.yaml", {}, tmp_path, NOW)
    assert len(found.problems) == 100
    assert found.problems[0].endswith('there is no person "person-0x"; did you mean "person-0"?')
    assert found.lines[-2:] == ("and 20 more", f"120 problems in {tmp_path}/lcr.yaml")
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "lcr.yaml", {}, tmp_path)
    assert str(refused.value).splitlines() == [*found.problems, "and 20 more"]


def test_of_very_many_warnings_too(tmp_path: Path) -> None:
    people = "".join(f"  person-{number}: {{name: Person {number}}}\n" for number in range(150))
    text = UNREACHED.replace("people: {", f"people:\n{people}  ").replace("}}\nteams", "}\nteams")
    (tmp_path / "lcr.yaml").write_text(text)
    found = check(tmp_path / "lcr.yaml", {}, tmp_path, NOW)
    assert len(found.warnings) == 100
    assert found.lines[-2:] == ("and 51 more", "1 route, 1 team, 151 people: 151 warnings")


@pytest.mark.timeout(60)
def test_thousands_of_names_that_are_nobodys_are_told_while_one_waits(tmp_path: Path) -> None:
    """To look for the nearest of 1500 names for each of 1500 took a quarter of an hour on a busy machine."""
    many_mistakes(1500, tmp_path / "lcr.yaml")
    assert check(tmp_path / "lcr.yaml", {}, tmp_path, NOW).more == 1400


def test_the_remedy_for_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert check(tmp_path / "lcr.yaml", {}, tmp_path, NOW).lines == (
        f"{tmp_path}/lcr.yaml: there is no such file",
        "Copy lcr.example.yaml to begin with, or name a file with --config.",
        f"1 problem in {tmp_path}/lcr.yaml",
    )


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
