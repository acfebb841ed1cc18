"""What an admin is told would happen to a call, by the rules of a real one: who rings when, how long, and the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lcr_asterisk.callflow.outcome import Reason
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.dryrun.rehearsal import End, explore, without_effect
from lcr_asterisk.dryrun.simulation import ANYBODY, Rehearsal
from lcr_asterisk.dryrun.steps import Kind
from tests.unit.dryrun.conftest import TUESDAY, Rehearse

ALICE, BOB, CAROL = "+14155550101", "+14155550102", "+14155550103"


def test_every_level_is_named_with_its_phones_and_seconds_in_order(rehearsed: Rehearse) -> None:
    result = rehearsed("1000", "1")
    assert (result.route, result.team) == ("production", "platform")
    assert result.rings == ((BOB,), (CAROL,))
    assert [(step.level, step.people, step.seconds) for step in result.levels] == [
        (1, ("bob",), 30),
        (2, ("carol",), 40),
    ]


def test_all_phones_of_a_person_ring(rehearsed: Rehearse) -> None:
    assert rehearsed("1001", at=TUESDAY + timedelta(days=7)).rings[0] == (ALICE, "sip:alice")


def test_the_steps_are_those_that_a_caller_meets(rehearsed: Rehearse) -> None:
    kinds = [step.kind for step in rehearsed("1000", "1").steps]
    assert kinds == [Kind.PROMPT, Kind.MENU, Kind.RING, Kind.RING, Kind.PROMPT, Kind.VOICEMAIL]


def test_the_longest_wait_is_that_of_a_caller_whom_nobody_answers(rehearsed: Rehearse) -> None:
    result = rehearsed("1000", "1")
    assert result.longest_wait == 70
    assert result.told == "voicemail: nobody answered"


def test_responders_who_answer_in_the_last_moment_and_do_not_confirm_make_it_longer(rehearsed: Rehearse) -> None:
    assert rehearsed("1000", "1").longest_wait_confirming == 30 + 15 + 40 + 15


def test_no_wait_is_longer_than_max_wait_and_levels_beyond_it_do_not_ring(rehearsed: Rehearse) -> None:
    result = rehearsed("1004")
    assert result.longest_wait == 300
    assert result.longest_wait_confirming == 300
    assert result.people == (("alice",), ("bob",))
    assert result.levels[-1].seconds == 60
    assert "max_wait of 5m" in result.levels[-1].why
    assert result.outcome.reason is Reason.MAX_WAIT


def test_who_is_on_call_is_asked_when_a_level_begins_so_a_handoff_in_mid_call_counts(rehearsed: Rehearse) -> None:
    handoff = datetime(2026, 11, 9, 14, 0, tzinfo=UTC)  # Monday 09:00 in New York, from Alice to Bob
    assert rehearsed("1001", at=handoff - timedelta(microseconds=1)).people[0] == ("alice",)
    assert rehearsed("1001", at=handoff).people[0] == ("bob",)
    # The welcome and the menu take some seconds.
    assert rehearsed("1000", "1", at=handoff - timedelta(seconds=2)).people[0] == ("bob",)


@pytest.mark.parametrize("local", [False, True], ids=["utc", "local"])
def test_a_call_in_the_hour_that_clocks_repeat_is_not_an_hour_long(
    rehearsed: Rehearse, book: PlanBook, local: bool
) -> None:
    """Ten seconds before New York's clocks go back from 02:00 to 01:00. The handoff at 02:00 is an hour away."""
    at = datetime(2026, 11, 1, 5, 59, 50, tzinfo=UTC)
    zone = book.settings.schedules["changing"].timezone
    assert rehearsed("1010", at=at.astimezone(zone) if local else at).people == (("alice",),)


def test_who_was_rung_already_is_not_rung_again_and_that_is_said(rehearsed: Rehearse) -> None:
    christmas = datetime(2026, 12, 25, 12, tzinfo=UTC)
    result = rehearsed("1001", at=christmas)
    assert result.people == (("carol",),)
    (skipped,) = [step for step in result.steps if step.kind is Kind.SKIP]
    assert skipped.why == "level 2 of platform: nora has no phone; carol was rung already"


def test_a_policy_that_is_repeated_is_walked_again(rehearsed: Rehearse) -> None:
    result = rehearsed("1003")
    assert result.people == (("bob",), ("bob",))
    assert result.levels[1].why.startswith("level 1 of twice, again")
    assert result.longest_wait == 10 + 1 + 10


def test_nobody_on_call_is_said_and_the_call_ends_as_the_route_has_it(rehearsed: Rehearse) -> None:
    result = rehearsed("1002", at=TUESDAY + timedelta(hours=6))
    assert result.people == ()
    assert result.longest_wait == 0
    assert [step.kind for step in result.steps] == [Kind.PROMPT, Kind.SKIP, Kind.PROMPT, Kind.HANG_UP]
    assert result.steps[1].why == "level 1 of night: nobody is on call in schedule night"
    assert result.told == "hang_up: nobody on call"


def test_a_responder_who_answers_is_connected_and_later_levels_stay_quiet(rehearsed: Rehearse) -> None:
    result = rehearsed("1001", answers=frozenset({"bob"}))
    assert result.people == (("bob",),)
    assert result.end is End.CONNECTED
    assert result.told == "connected: bob takes the call"
    assert result.longest_wait == 70, "nobody promises that they answer"


def test_a_level_that_everybody_declines_is_over_at_once(rehearsed: Rehearse) -> None:
    result = rehearsed("1001", rejects=frozenset({"bob"}))
    assert result.people == (("bob",), ("carol",))
    assert result.longest_wait == 40


@pytest.mark.parametrize(
    ("to", "end", "reason"),
    [
        ("1005", End.VOICEMAIL, Reason.VOICEMAIL_ROUTE),
        ("1006", End.INACTIVE, Reason.INACTIVE),
        ("9999", End.REFUSED, Reason.UNKNOWN_NUMBER),
        ("1009", End.REFUSED, Reason.NOT_ALLOWED),
        ("1007", End.REFUSED, Reason.WRONG_PIN),
    ],
    ids=["voicemail-route", "inactive", "unknown-number", "not-allowed", "no-pin"],
)
def test_where_nobody_is_rung_the_end_says_why(rehearsed: Rehearse, to: str, end: End, reason: Reason) -> None:
    result = rehearsed(to)
    assert result.rings == ()
    assert (result.end, result.outcome.reason) == (end, reason)


@pytest.mark.parametrize("caller", ["+19005550100", "", "anonymous"])
def test_a_blocked_caller_is_refused_before_answer_and_the_pattern_is_named(rehearsed: Rehearse, caller: str) -> None:
    result = rehearsed("1008", caller=caller)
    (refused,) = result.steps
    assert refused.kind is Kind.REFUSE
    assert ("+1900*" if caller.startswith("+") else "hidden") in refused.why


def test_a_caller_on_the_allow_list_needs_no_pin(rehearsed: Rehearse) -> None:
    assert rehearsed("1007", caller="+14155550177").people == (("carol",), ("bob",))


@pytest.mark.parametrize("pin", ["471100", "1809"])
def test_who_keys_a_pin_comes_through(rehearsed: Rehearse, pin: str) -> None:
    result = rehearsed("1007", pin=pin)
    assert result.people == (("carol",), ("bob",))
    assert pin not in str(result.steps)


def test_who_keys_a_wrong_pin_does_not(rehearsed: Rehearse) -> None:
    assert rehearsed("1007", pin="0000").outcome.reason is Reason.WRONG_PIN


def test_a_menu_in_a_menu_is_walked_key_by_key(rehearsed: Rehearse) -> None:
    result = rehearsed("1000", "21")
    assert result.people == (("carol",), ("bob",))
    assert [step.why for step in result.steps if step.kind is Kind.MENU] == ["2 → another menu", "1 → payments"]


def test_who_presses_nothing_goes_to_the_fallback(rehearsed: Rehearse) -> None:
    result = rehearsed("1000")
    (menu,) = [step for step in result.steps if step.kind is Kind.MENU]
    assert menu.why == "nothing pressed in 2 tries → voicemail"
    assert (result.end, result.team) == (End.VOICEMAIL, "platform")


def test_a_wrong_key_is_a_try(rehearsed: Rehearse) -> None:
    result = rehearsed("1000", "71")
    assert result.team == "platform"
    assert result.unused == ""


def test_star_while_phones_ring_goes_to_voicemail(rehearsed: Rehearse) -> None:
    result = rehearsed("1000", "1*")
    assert result.people == (("bob",),)
    assert result.outcome.reason is Reason.CALLER_CHOSE_VOICEMAIL


def test_keys_that_nothing_asks_for_are_left_over(rehearsed: Rehearse) -> None:
    assert rehearsed("1001", "2").unused == "2"


@pytest.mark.parametrize(
    ("to", "call", "told"),
    [
        ("1001", {"pressed": "2"}, ["Nothing asked for 2: there was no (further) menu."]),
        ("1001", {"pin": "1809"}, ["Nothing asked for a PIN: this caller needs none."]),
        ("1001", {"answers": frozenset({"alice"})}, ["alice is not rung, and so takes no call."]),
        ("1001", {"rejects": frozenset({"alice", "bob"})}, ["alice is not rung, and so declines nothing."]),
        ("1007", {"pin": "1809", "answers": frozenset({"carol", "bob"})}, ["bob is not rung, and so takes no call."]),
        ("1007", {"pin": "1809", "rejects": frozenset({"carol", "bob"})}, []),
        ("1000", {"answers": frozenset({"carol"})}, []),
        ("1000", {"rejects": frozenset({"alice"})}, ["alice is not rung, and so declines nothing."]),
    ],
    ids=["keys", "pin", "answer", "reject", "answered before", "all of it counts", "in a branch", "in no branch"],
)
def test_what_makes_no_difference_is_told(book: PlanBook, to: str, call: dict[str, Any], told: list[str]) -> None:
    rehearsal = replace(Rehearsal(f"+1415555{to}", ANYBODY, "", TUESDAY), **call)
    assert list(without_effect(explore(book, rehearsal))) == told


def test_in_test_mode_all_levels_are_one_person(rehearsed: Rehearse) -> None:
    result = rehearsed("1000", "1", test_person="alice")
    assert result.people == (("alice",),)
    assert "in test mode" in result.levels[0].why


def test_every_choice_that_is_left_open_is_explored(book: PlanBook) -> None:
    tree = explore(book, Rehearsal("+14155551000", "", "", TUESDAY))
    assert list(tree.options) == ["1", "2"]
    assert tree.options["1"].result.team == "platform"
    inner = tree.options["2"]
    assert inner.result.end is End.HANG_UP
    assert {digit: one.result.team for digit, one in inner.options.items()} == {"1": "payments", "2": "night"}


def test_a_key_that_is_given_leaves_nothing_open(book: PlanBook) -> None:
    assert not explore(book, Rehearsal("+14155551000", "", "1", TUESDAY)).options


def test_what_happens_with_a_pin_is_explored_where_none_is_given(book: PlanBook) -> None:
    tree = explore(book, Rehearsal("+14155551007", "", "", TUESDAY))
    assert tree.result.end is End.REFUSED
    assert tree.with_pin is not None
    assert tree.with_pin.result.people == (("carol",), ("bob",))
