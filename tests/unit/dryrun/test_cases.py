"""A file of cases is checked as strictly as the configuration, and each case says how it went."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.dryrun.cases import Checked, check_cases, read_cases
from lcr_asterisk.errors import ConfigError
from tests.unit.dryrun.conftest import TUESDAY

TO = 'to: "+14155551000"'


def check(book: PlanBook, directory: Path, text: str, environ: dict[str, str] | None = None) -> tuple[Checked, ...]:
    file = directory / "cases.yaml"
    file.write_text(text)
    cases = read_cases(file, environ or {}, book.settings)
    return check_cases(book, cases, TUESDAY, lambda _: None)


def problems(book: PlanBook, directory: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        check(book, directory, text)
    return [problem.replace(str(directory / "cases.yaml"), "cases.yaml") for problem in refused.value.problems]


def test_a_number_that_no_route_has_is_a_mistake_and_not_a_case_that_nobody_rings(
    book: PlanBook, tmp_path: Path
) -> None:
    assert problems(book, tmp_path, '- {name: a slip, to: "+14155559999", expect: none}') == [
        "cases.yaml:1:22: [0].to: no route has the number +14155559999; "
        "correct it, or write outcome: refused if that is meant"
    ]


@pytest.mark.parametrize(
    "case",
    [
        f"{TO}, press: 1, expect: [bob, carol]",
        f"{TO}, press: 1, expect: [[bob], [carol]]",
        f'{TO}, press: 1, expect: "bob / carol"',
        f"{TO}, press: 2, expect: none, outcome: hang_up",
        f'{TO}, press: "2,1", expect: [[carol], [bob]]',
        f"{TO}, press: 1, expect: [[alice], [carol]], at: 2026-11-17T12:00",
        f"{TO}, press: 1, expect: [carol], at: 2026-12-25",
        f"{TO}, press: 1, expect: [carol], at: 2026-12-24T14:00Z",
        f"{TO}, press: 1, expect: [bob, carol], at: 2026-12-24T13:59Z",
        f"{TO}, press: 1, answer: bob, outcome: connected, expect: [bob]",
        f"{TO}, press: 1, longest_wait: 70s",
        f"{TO}, press: 1, reject: [bob], longest_wait: 40s, expect: [bob, carol]",
        'to: "+14155551007", pin: "1809", expect: [carol, bob]',
        'to: "+14155551007", pin: "${PIN}", outcome: voicemail',
        'to: "+14155551007", from: "+14155550177", expect: [carol, bob]',
        'to: "+14155551007", outcome: refused, expect: []',
        'to: "+14155551008", from: hidden, outcome: refused',
        'to: "+14155559999", outcome: refused',
        'to: "+14155551006", outcome: inactive, expect: none',
        f'{TO}, press: 2, expect: "None"',
        'to: "+14155551011", at: 2026-11-10T16:59, expect: [alice]',
        'to: "+14155551011", at: 2026-11-10T17:00, expect: none, outcome: voicemail',
    ],
)
def test_what_is_as_expected_is_ok(book: PlanBook, tmp_path: Path, case: str) -> None:
    (checked,) = check(book, tmp_path, f"- {{name: a case, {case}}}", {"PIN": "471100"})
    assert checked.differences == ()


@pytest.mark.parametrize(
    ("case", "difference"),
    [
        (f"{TO}, press: 1, expect: [alice, carol]", "expected alice, carol, found bob / carol"),
        (f"{TO}, press: 1, expect: [[bob, carol]]", "expected bob, carol, found bob / carol"),
        ('to: "+14155551006", outcome: refused', "expected that it ends with refused, found inactive: line not active"),
        (f"{TO}, press: 1, outcome: hang_up", "expected that it ends with hang_up, found voicemail: nobody answered"),
        (f"{TO}, press: 1, longest_wait: 1m", "expected to wait 1m at most, found 1m10s"),
    ],
)
def test_what_is_not_is_told_with_its_difference(book: PlanBook, tmp_path: Path, case: str, difference: str) -> None:
    (checked,) = check(book, tmp_path, f"- {{name: a case, {case}}}")
    assert any(difference in line for line in checked.differences)


def test_a_case_says_where_it_is_written(book: PlanBook, tmp_path: Path) -> None:
    checked = check(
        book, tmp_path, f"# two cases\n- {{name: a, {TO}, expect: none}}\n\n- name: b\n  {TO}\n  expect: none\n"
    )
    assert [one.at.rpartition("/")[2] for one in checked] == ["cases.yaml:2", "cases.yaml:4"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"- {{{TO}, expect: none}}", "1:3: [0].name: is missing; write for example name: at night it is Alice"),
        (f"- {{name: a, {TO}}}", "1:3: [0]: expects nothing; write expect:, outcome: or longest_wait:"),
        (f"- {{name: a, {TO}, expct: none}}", '1:33: [0].expct: unknown key; did you mean "expect"?'),
        (f"- {{name: a, {TO}, expect: alcie}}", '1:41: [0].expect: there is no person "alcie"; did you mean "alice"?'),
        (
            f"- {{name: a, {TO}, expect: [bob, alcie]}}",
            '1:47: [0].expect[1]: there is no person "alcie"; did you mean "alice"?',
        ),
        (
            f"- {{name: a, {TO}, expect: [[bob], [bob, carlo]]}}",
            '1:55: [0].expect[1][1]: there is no person "carlo"; did you mean "carol"?',
        ),
        (
            f"- {{name: a, {TO}, expect: none, at: yesterday}}",
            '1:51: [0].at: "yesterday" is not a time; write it like 2026-11-21T03:00, or 2026-11-21T03:00+01:00',
        ),
        (
            f"- {{name: a, {TO}, expect: none, press: x}}",
            '1:54: [0].press: "x" is not something to press; write keys like 2, or 2,1 for two menus',
        ),
        (f"- {{name: a, {TO}, outcome: voice}}", '1:42: [0].outcome: "voice" is not a choice here; did you mean'),
        (f"- {{name: a, {TO}, longest_wait: 50}}", "1:47: [0].longest_wait: 50 has no unit; write 50s"),
        ("- {name: a, to: 555, expect: none}", "1:17: [0].to: a phone number without quotes"),
        (f"- {{name: a, {TO}, pin: 12, expect: none}}", "1:38: [0].pin: a PIN has 4 to 12 digits"),
        (f"- {{name: a, {TO}, answer: bib, expect: none}}", '1:41: [0].answer: there is no person "bib"'),
        (f"- {{name: a, {TO}, expect: {{a: b}}}}", "1:41: [0].expect: needs persons such as [alice, bob], or none"),
        (
            f"- {{name: a, {TO}, expect: [bob, none]}}",
            "1:47: [0].expect[1]: none stands alone, as expect: none; it means that nobody rings",
        ),
        (
            f'- {{name: a, {TO}, expect: "none / bob"}}',
            "1:41: [0].expect: none stands alone, as expect: none; it means that nobody rings",
        ),
        (
            f"- {{name: a, {TO}, expect: none, answer: bob, reject: [bob]}}",
            "1:3: [0]: bob can either answer or reject; keep one of them",
        ),
        ("- 3", "1:3: [0]: needs a block with keys of name:, to:,"),
        ("name: a", "1:1: needs a list of cases; write for example - {name: at night it is Alice"),
        ("# nothing yet\n", "1:1: there are no cases in this file; write for example - {name:"),
        ("[]", "1:1: needs a list of cases; write for example - {name:"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_would_be_right(
    book: PlanBook, tmp_path: Path, text: str, problem: str
) -> None:
    (told,) = problems(book, tmp_path, text)
    assert told.startswith(f"cases.yaml:{problem}")


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(book: PlanBook, tmp_path: Path) -> None:
    cases = ["expect: [x]", "expect: none", "at: x, press: y, expect: none"]
    text = "\n".join(f"- {{name: a, {TO}, {case}}}" for case in cases)
    told = problems(book, tmp_path, text)
    assert [problem.split(":")[1] for problem in told] == ["1", "3", "3"]


def test_a_pin_is_not_quoted_in_a_message(book: PlanBook, tmp_path: Path) -> None:
    (told,) = problems(book, tmp_path, f'- {{name: a, {TO}, pin: "81x5", expect: none}}')
    assert "81x5" not in told


def test_a_file_that_is_not_there_is_said(book: PlanBook, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        read_cases(tmp_path / "none.yaml", {}, book.settings)


def test_a_case_without_a_time_is_now_and_others_have_their_own(book: PlanBook, tmp_path: Path) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text(f"- {{name: a, {TO}, expect: none}}\n- {{name: b, {TO}, expect: none, at: 2027-01-01T09:00}}\n")
    asked: list[datetime] = []
    check_cases(book, read_cases(file, {}, book.settings), TUESDAY, asked.append)
    assert asked == [TUESDAY, datetime(2027, 1, 1, 14, tzinfo=UTC)]
