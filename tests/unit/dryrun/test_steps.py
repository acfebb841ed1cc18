"""Each step names the rule behind it, in words and with the line an admin has to edit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lcr_asterisk.dryrun.steps import Kind, Step
from tests.unit.dryrun.conftest import TUESDAY, Rehearse, line_of

CHRISTMAS = datetime(2026, 12, 25, 12, tzinfo=UTC)


def line(step: Step) -> int:
    return int(step.at.rpartition(":")[2])


def test_a_rotation_is_named_with_its_layer_its_line_and_until_when(rehearsed: Rehearse) -> None:
    level = rehearsed("1001").levels[0]
    assert level.why == "level 1 of platform: bob by layer 1 of schedule platform, until Mon 16 Nov 09:00 EST"
    assert line(level) == line_of("ring: [schedule:platform]")
    (rule,) = level.rules
    assert (rule.person, rule.schedule, rule.rule) == ("bob", "platform", "layer 1")
    assert rule.at.endswith(f"lcr.yaml:{line_of('people: [alice, bob], start')}")


def test_an_override_is_named_with_its_own_line(rehearsed: Rehearse) -> None:
    (rule,) = rehearsed("1001", at=CHRISTMAS).levels[0].rules
    assert rule.rule == "override 1"
    assert rule.at.endswith(f":{line_of('person: carol')}")


def test_whom_the_level_names_itself_needs_no_further_rule(rehearsed: Rehearse) -> None:
    level = rehearsed("1001").levels[1]
    assert level.why == "level 2 of platform: carol; nora has no phone"
    assert level.rules == ()


@pytest.mark.parametrize(
    ("to", "pressed", "kind", "written"),
    [
        ("1000", "1", Kind.PROMPT, "messages: {welcome"),
        ("1000", "1", Kind.MENU, "1: platform"),
        ("1000", "", Kind.MENU, "fallback: voicemail"),
        ("1000", "21", Kind.MENU, "1: platform"),
        ("1005", "", Kind.VOICEMAIL, "type: voicemail"),
        ("1006", "", Kind.HANG_UP, "active: false"),
        ("1007", "", Kind.PIN, "pin: {"),
        ("1009", "", Kind.REFUSE, "  friends:"),
        ("1002", "", Kind.RING, "ring: [schedule:night]"),
    ],
    ids=["welcome", "choice", "no-choice", "inner-menu", "voicemail-route", "inactive", "pin", "not-allowed", "level"],
)
def test_a_step_points_to_the_line_behind_it(
    rehearsed: Rehearse, to: str, pressed: str, kind: Kind, written: str
) -> None:
    found = [step for step in rehearsed(to, pressed).steps if step.kind is kind][0 if pressed != "21" else 1]
    expected = line_of("options: {1: payments") if pressed == "21" else line_of(written)
    assert line(found) == expected


def test_what_is_not_written_points_to_the_nearest_thing_that_is(rehearsed: Rehearse) -> None:
    voicemail = rehearsed("1001").steps[-1]
    assert voicemail.why == "no_answer: voicemail"
    assert line(voicemail) == line_of("  direct:")


def test_a_prompt_says_what_is_heard_and_whether_it_is_a_default(rehearsed: Rehearse) -> None:
    welcome, *_, apology, _ = rehearsed("1000", "1").steps
    assert (welcome.hears, welcome.why) == ("Welcome.", "messages.welcome")
    assert apology.why == "the default message no_answer"


def test_the_rest_between_two_walks_is_a_step(rehearsed: Rehearse) -> None:
    first, rest, second, *_ = rehearsed("1003").steps
    assert (first.kind, rest.kind, second.kind) == (Kind.RING, Kind.REST, Kind.RING)
    assert (rest.seconds, rest.why) == (1, "repeat: all levels again")
    assert line(rest) == line_of("repeat: 1")


def test_who_declines_is_told_at_the_level_which_is_then_over(rehearsed: Rehearse) -> None:
    first, second = rehearsed("1012", rejects=frozenset({"alice", "bob"})).levels
    assert (first.people, first.declined, first.seconds) == (("alice", "bob"), ("alice", "bob"), 0)
    assert (second.declined, second.seconds) == ((), 25)
    (pair, _) = rehearsed("1012", rejects=frozenset({"bob"})).levels
    assert (pair.declined, pair.seconds) == (("bob",), 25), "Alice's phone goes on ringing"


def test_a_year_is_told_where_it_is_another_one(rehearsed: Rehearse) -> None:
    """Alice's week at the end of the year ends in the next."""
    at = datetime(2026, 12, 29, 12, tzinfo=UTC)
    assert "until Mon 4 Jan 2027 09:00 EST" in rehearsed("1001", at=at).levels[0].why


def test_the_seconds_of_a_menu_are_those_that_pass_in_it(rehearsed: Rehearse) -> None:
    """Two tries of 6 s, and the prompt before each."""
    (menu,) = [step for step in rehearsed("1000", at=TUESDAY + timedelta(days=1)).steps if step.kind is Kind.MENU]
    assert 12 < menu.seconds < 30
