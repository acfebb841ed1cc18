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


def test_no_person_is_called_none_and_it_stands_alone(lcr: Lcr) -> None:
    said = lcr("route", "test", *TO, *AT, "--expect", "bob, none")
    assert (said.code, said.err) == (2, "lcr: --expect none stands alone: it means that nobody rings.\n")


def test_nobody_can_both_take_and_decline_a_call(lcr: Lcr) -> None:
    said = lcr("route", "test", *TO, *AT, "--answer", "bob", "--reject", "bob")
    assert (said.code, said.err) == (2, "lcr: bob can either --answer or --reject; give one of them.\n")


def test_what_was_given_without_effect_is_said(lcr: Lcr) -> None:
    given = ("--press", "1,3", "--pin", "4711", "--answer", "alice", "--reject", "alice")
    out = lcr("route", "test", *TO, *AT, *given[:-2]).out
    assert out.endswith(
        "\n\nNothing asked for 3: there was no (further) menu.\n"
        "Nothing asked for a PIN: this caller needs none.\n"
        "alice is not rung, and so takes no call.\n"
    )
    shown = json.loads(lcr("route", "test", *TO, *AT, "--press", "1", *given[-2:], "--json").out)
    assert shown["without_effect"] == ["alice is not rung, and so declines nothing."]


def test_who_declines_is_shown(lcr: Lcr) -> None:
    said = lcr("route", "test", *TO, *AT, "--press", "1", "--reject", "bob")
    assert "Bob Chen (+14155550102), who declines" in said.out
    assert "longest wait 40s, or 55s*" in said.out


# -- test mode -------------------------------------------------------------------------------------------------------


@pytest.fixture
def in_test_mode(lcr: Lcr, tmp_path: Path) -> Lcr:
    """The hotline with its route in test mode for Bob, who would not be rung now but for that."""
    (tmp_path / "var").mkdir()
    assert lcr("test-mode", "on", "production", "--to", "bob", "--minutes", "5").code == 0
    return lcr


def test_a_test_mode_in_force_is_said_and_counts(in_test_mode: Lcr) -> None:
    out = in_test_mode("route", "test", *TO, "--press", "2").out
    first, _, *lines = out.splitlines()
    assert first.startswith("TEST MODE: all calls to Production Incidents go to Bob Chen until ")
    assert [line.strip("│ ") for line in lines if "+1415555010" in line] == ["Bob Chen (+14155550102)"]
    shown = json.loads(in_test_mode("route", "test", *TO, "--press", "2", "--json").out)
    assert (shown["test_mode"]["person"], shown["steps"][2]["people"]) == ("bob", ["bob"])


def test_a_call_after_its_end_before_it_began_or_as_if_it_were_not_on_rings_as_always(in_test_mode: Lcr) -> None:
    for options in (("--at", "2199-01-01T12:00"), AT, ("--no-test-mode",)):
        said = in_test_mode("route", "test", *TO, "--press", "2", *options, "--expect", "carol / bob")
        assert said.code == 0, said.out
        assert "TEST MODE" not in said.out


def test_a_test_mode_for_somebody_who_has_no_phone_any_more_is_said_to_change_nothing(
    in_test_mode: Lcr, tmp_path: Path
) -> None:
    file = tmp_path / "lcr.yaml"
    file.write_text(file.read_text().replace('Bob Chen, phones: ["+14155550102"]}', "Bob Chen}"))
    said = in_test_mode("route", "test", *TO, "--press", "2", "--expect", "carol")
    assert said.code == 0
    assert said.out.splitlines()[0].endswith("; that person has no phone here, so calls go as always")


def test_cases_are_about_the_configuration_and_no_test_mode_counts_there(in_test_mode: Lcr, tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text('- {name: a, to: "+14155551000", press: 2, expect: [carol, bob]}\n')
    assert in_test_mode("route", "test", "--cases", "cases.yaml").code == 0


# -- the zone of a time ----------------------------------------------------------------------------------------------


def with_another_zone(file: Path) -> None:
    other = "  berlin: {timezone: Europe/Berlin, layers: [{people: [bob], start: 2026-11-02, every: 1w}]}\nteams:"
    file.write_text(file.read_text().replace("teams:", other).replace("- {ring: [bob]}", "- {ring: [schedule:berlin]}"))


def test_where_schedules_have_several_zones_the_one_that_was_taken_is_said(lcr: Lcr, tmp_path: Path) -> None:
    call = ("route", "test", *TO, *AT, "--press", "1")
    assert "is taken as" not in lcr(*call).out
    with_another_zone(tmp_path / "lcr.yaml")
    taken = (
        "--at 2026-11-10T12:00 is taken as a time of America/New_York; "
        "to mean another zone write its offset, such as 2026-11-10T12:00-05:00.\n"
    )
    assert lcr(*call).out.endswith(f"\n\n{taken}")
    assert lcr("oncall", *AT, "--team", "platform").out.endswith(f"\n\n{taken}")
    assert "a time of Europe/Berlin" in lcr("oncall", *AT, "--schedule", "berlin").out
    assert "is taken as a time of this machine; " in lcr("oncall", *AT).out
    assert "is taken as" not in lcr("oncall", "--at", "2026-11-10T12:00-05:00").out


def test_nothing_is_written_by_a_rehearsal(lcr: Lcr, tmp_path: Path) -> None:
    lcr("route", "test", *TO, *AT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lcr.yaml"]


def test_a_slip_in_the_callers_number_is_not_a_hidden_caller(lcr: Lcr) -> None:
    said = lcr("route", "test", *TO, *AT, "--from", "+1212555O123")
    assert said.code == 2
    assert 'lcr: --from "+1212555O123" is not a phone number; write it like +14155550177, or hidden.' in said.err
