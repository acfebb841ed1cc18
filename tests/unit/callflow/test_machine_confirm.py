"""A responder who answers takes the call by pressing 1; exactly one does, and no voicemail box ever does."""

from __future__ import annotations

import pytest

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.plan import RoutePlan, Then
from tests.unit.callflow.journeys import confirming, connecting, finding, ringing, second_level
from tests.unit.callflow.plans import ALICE, BOB, CAROL, DAVE, direct
from tests.unit.callflow.transcript import Playbook


def both_confirm(plan: RoutePlan | None = None) -> Playbook:
    """Alice answered after 5 s, Bob after 6 s; both hear who is calling."""
    return confirming(plan).after(1).answers("bob").does("play whisper to bob")


def test_who_answers_hears_what_it_is_about_until_they_decide() -> None:
    (
        confirming()
        .after(5)
        .hears_out("whisper to alice")
        .does("play whisper to alice")
        .after(5)
        .hears_out("whisper to alice")
        .does("play whisper to alice")
    )


def test_a_whisper_that_cannot_be_played_is_not_tried_for_ever() -> None:
    confirming().hears_out("whisper to alice", failed=True).does_nothing().due_after(15).does("drop alice")


def test_a_1_connects_and_every_other_phone_stops_in_the_same_instant() -> None:
    confirming().after(3).keys("alice", "1").does(
        "stop hold", "stop whisper to alice", "connect alice", "drop bob"
    ).bridged("alice").does_nothing()


def test_another_who_had_answered_hears_that_the_call_is_taken() -> None:
    playbook = (
        both_confirm()
        .keys("alice", "1")
        .does("stop hold", "stop whisper to alice", "connect alice", "stop whisper to bob", "play taken to bob")
        .after(2)
        .hears_out("taken to bob")
        .does("drop bob")
        .ends("bob")
        .does_nothing()
    )
    bob = playbook.call.leg(playbook.call.legs[1].id)
    assert bob is not None
    assert bob.end is LegEnd.TAKEN


def test_who_hears_that_it_is_taken_is_let_go_even_when_the_end_of_those_words_is_lost() -> None:
    (
        both_confirm()
        .keys("alice", "1")
        .does("stop hold", "stop whisper to alice", "connect alice", "stop whisper to bob", "play taken to bob")
        .bridged("alice")
        .does_nothing()
        .due_after(2 + 5)
        .does("drop bob")
    )


def test_of_two_presses_of_1_in_the_same_instant_exactly_one_wins() -> None:
    (
        both_confirm()
        .keys("bob", "1")
        .does("stop hold", "stop whisper to bob", "connect bob", "stop whisper to alice", "play taken to alice")
        .keys("alice", "1")
        .does_nothing()
        .bridged("bob")
        .does_nothing()
    )


def test_the_other_phone_of_the_winner_stops_too() -> None:
    (
        finding()
        .finds(CAROL)
        .does("ring carol", "ring carol's phone 2", "start hold")
        .answers("carol's phone 2")
        .does("play whisper to carol's phone 2")
        .keys("carol's phone 2", "1")
        .does("stop hold", "stop whisper to carol's phone 2", "connect carol's phone 2", "drop carol")
    )


def test_a_1_during_the_announcement_of_a_level_stops_it() -> None:
    (
        second_level()
        .finds(DAVE, level=2)
        .does("ring dave", "stop hold", "play level")
        .answers("dave")
        .does("play whisper to dave")
        .keys("dave", "1")
        .does("stop level", "stop whisper to dave", "connect dave")
    )


def test_a_2_passes_and_ends_that_leg_only() -> None:
    playbook = confirming().keys("alice", "2").does("drop alice")
    assert playbook.ends("alice").does_nothing().call.legs[0].end is LegEnd.PASSED


def test_when_everybody_passes_the_next_level_starts_at_once() -> None:
    both_confirm().keys("alice", "2").does("drop alice").keys("bob", "2").does("drop bob", "find platform level 2")


@pytest.mark.parametrize("digit", ["3", "*", "#"])
def test_other_digits_neither_take_nor_pass(digit: str) -> None:
    confirming().keys("alice", digit).does_nothing().keys("alice", "1").does(
        "stop hold", "stop whisper to alice", "connect alice", "drop bob"
    )


def test_a_responders_voicemail_box_never_takes_the_call_and_the_next_level_starts() -> None:
    (
        finding()
        .finds(ALICE)
        .does("ring alice", "start hold")
        .after(20)
        .answers("alice")
        .does("play whisper to alice")
        .due_after(5)
        .does_nothing()  # ring time is over, but whoever has answered keeps their time to confirm
        .due_after(10)
        .does("drop alice", "find platform level 2")
    )


def test_a_voicemail_box_does_not_stop_the_other_phones() -> None:
    playbook = confirming().due_after(15).does("drop alice").after(1).answers("bob").does("play whisper to bob")
    assert playbook.call.legs[0].end is LegEnd.NOT_CONFIRMED


def test_who_has_answered_keeps_the_time_to_confirm_after_the_ringing_is_over() -> None:
    (
        ringing()
        .after(24)
        .answers("alice")
        .does("play whisper to alice")
        .due_after(1)
        .does("drop bob")
        .after(13)
        .keys("alice", "1")
        .does("stop hold", "stop whisper to alice", "connect alice")
    )


def test_the_level_ends_when_the_last_to_answer_has_not_confirmed() -> None:
    (
        ringing()
        .after(20)
        .answers("alice")
        .does("play whisper to alice")
        .after(4)
        .answers("bob")
        .does("play whisper to bob")
        .due_after(1)
        .does_nothing()
        .due_after(10)
        .does("drop alice")
        .due_after(4)
        .does("drop bob", "find platform level 2")
    )


def test_who_answers_and_hangs_up_is_over_and_the_next_level_starts() -> None:
    (
        finding()
        .finds(ALICE)
        .does("ring alice", "start hold")
        .answers("alice")
        .does("play whisper to alice")
        .ends("alice", LegEnd.HUNG_UP)
        .does("find platform level 2")
    )


def test_who_answers_in_the_instant_their_phone_is_stopped_is_hung_up() -> None:
    second_level().answers("alice").does("drop alice")


def test_a_1_from_a_phone_that_was_stopped_takes_nothing() -> None:
    second_level().answers("alice").does("drop alice").keys("alice", "1").does_nothing()


def test_max_wait_tells_who_had_answered_that_the_caller_goes_to_voicemail() -> None:
    confirming(direct(max_wait=10)).due_after(5).does(
        "stop hold", "stop whisper to alice", "play caller_to_voicemail to alice", "drop bob", "play no_answer"
    )


def test_max_wait_tells_who_had_answered_that_the_caller_goes_where_the_route_hangs_up() -> None:
    confirming(direct(max_wait=10, no_answer=Then.HANG_UP)).due_after(5).does(
        "stop hold", "stop whisper to alice", "play caller_gone to alice", "drop bob", "play no_answer"
    )


def test_a_star_tells_who_had_answered_that_the_caller_goes_to_voicemail() -> None:
    confirming().presses("*").does(
        "stop hold",
        "stop whisper to alice",
        "play caller_to_voicemail to alice",
        "drop bob",
        "check room",
        "play voicemail",
    )


def test_a_winner_who_is_gone_before_the_bridge_stands_has_not_taken_the_call() -> None:
    connecting().ends("alice").does("separate", "start hold", "find platform level 2").finds(DAVE, level=2).does(
        "ring dave", "stop hold", "play level"
    )


def test_a_bridge_that_stands_after_its_winner_is_gone_holds_nobody() -> None:
    """In a bridge the caller would hear no hold music."""
    playbook = connecting().ends("alice").does("separate", "start hold", "find platform level 2")
    playbook.bridged("alice").does_nothing()


def test_a_winner_gone_at_the_last_level_leads_to_the_apology() -> None:
    connecting(direct(levels=(25,))).ends("alice").does("separate", "play no_answer")


def test_when_the_bridge_fails_the_next_level_starts() -> None:
    connecting().not_bridged("alice").does("drop alice", "separate", "start hold", "find platform level 2")


def test_when_nothing_is_heard_of_the_bridge_the_next_level_starts() -> None:
    connecting().due_after(5).does("drop alice", "separate", "start hold", "find platform level 2")


def test_who_answers_in_time_is_not_cut_off_by_max_wait() -> None:
    connecting(direct(max_wait=10)).after(4).bridged("alice").does_nothing()


@pytest.mark.parametrize("seconds", [2.0, 4.0])
def test_nobody_is_rung_after_max_wait_when_the_bridge_fails(seconds: float) -> None:
    connecting(direct(max_wait=10)).after(seconds).not_bridged("alice").does("drop alice", "separate", "play no_answer")


def test_a_winner_gone_after_max_wait_leads_to_the_apology() -> None:
    connecting(direct(max_wait=10)).after(3).ends("alice").does("separate", "play no_answer")


def test_the_caller_who_hangs_up_while_somebody_confirms_is_gone_for_them_and_they_hear_so() -> None:
    (
        confirming()
        .hangs_up()
        .does("stop whisper to alice", "play caller_gone to alice", "drop bob")
        .ends("bob")
        .does_nothing()
        .hears_out("caller_gone to alice")
        .does("drop alice")
        .ends("alice")
        .does("end: abandoned, during_confirmation")
    )


def test_who_pressed_1_for_a_caller_who_hung_up_hears_so() -> None:
    (
        connecting()
        .ends("bob")
        .does_nothing()
        .hangs_up()
        .does("play caller_gone to alice")
        .bridged("alice")
        .does_nothing()
        .hears_out("caller_gone to alice")
        .does("drop alice")
        .ends("alice")
        .does("end: abandoned, during_confirmation")
    )


def test_a_1_after_the_caller_hung_up_takes_nothing() -> None:
    confirming().hangs_up().does("stop whisper to alice", "play caller_gone to alice", "drop bob").keys(
        "alice", "1"
    ).does_nothing()


def test_a_press_that_overlaps_the_answer_of_another_stops_both_that_lost() -> None:
    (
        finding()
        .finds(ALICE, BOB, DAVE)
        .does("ring alice", "ring bob", "ring dave", "start hold")
        .answers("bob")
        .does("play whisper to bob")
        .answers("alice")
        .does("play whisper to alice")
        .keys("alice", "1")
        .does(
            "stop hold",
            "stop whisper to alice",
            "connect alice",
            "stop whisper to bob",
            "play taken to bob",
            "drop dave",
        )
    )
