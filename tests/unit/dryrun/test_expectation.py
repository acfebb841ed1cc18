"""`--expect` and `expect:` are right or name the difference: what was expected, what was found, at which level, why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lcr_asterisk.dryrun.expectation import Expected, differences, read_expected
from lcr_asterisk.dryrun.rehearsal import End
from tests.unit.dryrun.conftest import TUESDAY, Rehearse, line_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alice", Expected((("alice",),), exact=False)),
        ("alice,bob", Expected((("alice", "bob"),), exact=False)),
        ("alice / bob, carol", Expected((("alice",), ("bob", "carol")), exact=True)),
        ("none", Expected((), exact=True)),
    ],
)
def test_expectations_are_read_as_people_write_them(text: str, expected: Expected) -> None:
    assert read_expected(text) == expected


@pytest.mark.parametrize(
    ("to", "expected", "right"),
    [
        ("1001", "bob,carol", True),
        ("1001", "bob / carol", True),
        ("1001", "carol,bob", False),
        ("1001", "bob", False),
        ("1001", "bob / carol / alice", False),
        ("1001", "bob / carol,alice", False),
        ("1001", "none", False),
        ("1005", "none", True),
        ("1005", "bob", False),
        ("1003", "bob,bob", True),
        ("1003", "bob / bob", True),
    ],
)
def test_levels_have_an_order(rehearsed: Rehearse, to: str, expected: str, right: bool) -> None:
    assert (not differences(rehearsed(to), read_expected(expected))) is right


@pytest.mark.parametrize("expected", ["alice,bob,carol", "bob,alice,carol", "bob,alice / carol"])
def test_inside_a_level_there_is_no_order(rehearsed: Rehearse, expected: str) -> None:
    assert not differences(rehearsed("1012"), read_expected(expected))


def test_a_difference_names_the_level_who_rings_and_why(rehearsed: Rehearse) -> None:
    told = differences(rehearsed("1001"), read_expected("alice / carol"))
    assert told[0] == "expected alice / carol, found bob / carol"
    assert told[1].startswith(
        "level 1 of platform rings bob and does not ring alice: bob by layer 1 of schedule platform, until Mon 16 Nov"
    )
    assert told[1].endswith(f"lcr.yaml:{line_of('ring: [schedule:platform]')})")
    assert len(told) == 2


def test_a_level_too_few_is_said(rehearsed: Rehearse) -> None:
    assert "no further level rings alice" in differences(rehearsed("1001"), read_expected("bob / carol / alice"))


def test_who_is_skipped_is_explained(rehearsed: Rehearse) -> None:
    noon = TUESDAY + timedelta(hours=6)
    told = differences(rehearsed("1002", at=noon), read_expected("bob"))
    assert told[:2] == ("expected bob, found none", "no level rings bob")
    assert told[2].startswith("level 1 of night: nobody is on call in schedule night")


def test_a_call_that_rings_nobody_at_all_says_why(rehearsed: Rehearse) -> None:
    assert any("active: false" in line for line in differences(rehearsed("1006"), read_expected("bob")))


def test_the_end_and_the_wait_may_be_expected_too(rehearsed: Rehearse) -> None:
    result = rehearsed("1001")
    assert not differences(result, None, End.VOICEMAIL, 70)
    assert not differences(result, None, None, 71)
    told = differences(result, None, End.HANG_UP, 60)
    assert told[0].startswith("expected that it ends with hang_up, found voicemail: nobody answered")
    assert told[1] == "expected to wait 1m at most, found 1m10s"
