"""`lcr route test` on the command line. Exit codes: 0 as expected, 1 not as expected, 2 called wrongly."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from lcr_asterisk.cli import main

HOTLINE = Path(__file__).parents[2] / "data" / "config" / "good" / "ten-minutes.yaml"
TO, AT = ("--to", "+14155551000"), ("--at", "2026-11-10T12:00")


class Said(NamedTuple):
    """What a command left behind: its exit code, standard output and standard error."""

    code: int | str | None
    out: str
    err: str


Lcr = Callable[..., Said]


@pytest.fixture
def lcr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lcr:
    """`lcr("route", "test", …)` beside the hotline of the guide, with a data directory that does not exist yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LCR_DATA", str(tmp_path / "var"))
    monkeypatch.delenv("LCR_CONFIG", raising=False)
    (tmp_path / "lcr.yaml").write_bytes(HOTLINE.read_bytes())

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["lcr", *arguments])
        code: int | str | None = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        return Said(code, *capsys.readouterr())

    return run


def test_a_call_is_drawn_as_a_tree(lcr: Lcr) -> None:
    said = lcr("route", "test", *TO, *AT, "--press", "1")
    assert said.code == 0
    assert "├─ level 1 rings for 30s" in said.out
    assert "Bob Chen (+14155550102)" in said.out
    assert said.err == ""


def test_json_has_the_keys_that_scripts_rely_on(lcr: Lcr) -> None:
    shown = json.loads(lcr("route", "test", *TO, *AT, "--press", "1", "--json").out)
    assert {"route", "team", "steps", "longest_wait", "outcome"} <= shown.keys()
    assert all({"kind", "people", "phones", "seconds", "why", "at"} <= step.keys() for step in shown["steps"])
    assert (shown["route"], shown["team"], shown["longest_wait"]) == ("production", "platform", 70)


def test_a_time_without_an_offset_is_one_of_the_schedules_zone(lcr: Lcr) -> None:
    """Bob takes over from Alice on Monday at 09:00 in New York."""
    for at, who in (("2026-11-09T08:59", "alice"), ("2026-11-09T09:00", "bob"), ("2026-11-09T13:59Z", "alice")):
        shown = json.loads(lcr("route", "test", *TO, "--at", at, "--press", "1", "--json").out)
        assert shown["steps"][2]["people"] == [who]


@pytest.mark.parametrize(("expected", "code"), [("bob,carol", 0), ("bob / carol", 0), ("alice,carol", 1), ("none", 1)])
def test_the_exit_code_says_whether_the_right_people_ring(lcr: Lcr, expected: str, code: int) -> None:
    said = lcr("route", "test", *TO, *AT, "--press", "1", "--expect", expected)
    assert said.code == code
    assert ("As expected." in said.out) is (code == 0)
    if code:
        assert f"expected {expected.replace(',', ', ')}, found bob / carol" in said.out


def test_who_answers_takes_the_call(lcr: Lcr) -> None:
    assert "connected: bob answers" in lcr("route", "test", *TO, *AT, "--press", "1", "--answer", "bob").out


def test_a_number_that_no_route_has_is_answered_with_those_there_are(lcr: Lcr) -> None:
    said = lcr("route", "test", "--to", "+14155559999")
    assert said.code == 1
    assert "+14155551000 (Production Incidents)" in said.err


def test_keys_that_nothing_asks_for_are_said(lcr: Lcr) -> None:
    assert "Nothing asked for 3" in lcr("route", "test", *TO, *AT, "--press", "1,3").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--to NUMBER, or --cases FILE"),
        ((*TO, "--at", "soon"), '--at "soon" is not a time'),
        ((*TO, "--press", "x"), "--press x"),
        ((*TO, "--expect", "carlo"), 'did you mean "carol"?'),
        ((*TO, "--answer", "carlo"), 'did you mean "carol"?'),
        ((*TO, "--cases", "cases.yaml"), "--cases stands alone"),
        (("--cases", "none.yaml"), "there is no such file"),
    ],
)
def test_a_wrong_call_of_it_says_what_would_be_right(lcr: Lcr, arguments: tuple[str, ...], message: str) -> None:
    said = lcr("route", "test", *arguments)
    assert said.code == 2
    assert message in said.err


def test_cases_are_ok_or_failed_one_by_one(lcr: Lcr, tmp_path: Path) -> None:
    at = 'to: "+14155551000", press: 1, at: 2026-11-10T12:00'
    (tmp_path / "cases.yaml").write_text(f"- {{name: right, {at}, expect: [bob, carol]}}\n")
    said = lcr("route", "test", "--cases", "cases.yaml")
    assert (said.code, said.out) == (0, "ok      right (cases.yaml:1)\n1 case: 1 ok, 0 failed\n")
    with (tmp_path / "cases.yaml").open("a") as file:
        file.write(f"- {{name: wrong, {at}, expect: [alice, carol]}}\n")
    said = lcr("route", "test", "--cases", "cases.yaml")
    assert said.code == 1
    assert said.out.splitlines()[1:3] == [
        "failed  wrong (cases.yaml:2)",
        "        expected alice, carol, found bob / carol",
    ]
    assert said.out.endswith("2 cases: 1 ok, 1 failed\n")
    shown = json.loads(lcr("route", "test", "--cases", "cases.yaml", "--json").out)
    assert [(one["name"], one["ok"]) for one in shown] == [("right", True), ("wrong", False)]


def test_a_mistake_in_the_cases_is_named_with_its_line(lcr: Lcr, tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text('- {name: a, to: "+14155551000", expct: none}\n')
    said = lcr("route", "test", "--cases", "cases.yaml")
    assert said.code == 2
    assert 'cases.yaml:1:33: [0].expct: unknown key; did you mean "expect"?' in said.err


def test_nothing_is_written_by_a_rehearsal(lcr: Lcr, tmp_path: Path) -> None:
    lcr("route", "test", *TO, *AT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lcr.yaml"]
