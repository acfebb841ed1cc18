"""What a caller hears first, and that nobody who may be helped at once has to wait for it."""

from __future__ import annotations

import pytest

from lcr_asterisk.callflow.commands import FindResponders
from lcr_asterisk.callflow.plan import Refusal
from tests.unit.callflow.journeys import arriving, finding, welcome_without_menu, welcomed
from tests.unit.callflow.plans import ALICE, direct, hotline, refused, voicemail_line, welcoming, with_menu
from tests.unit.callflow.transcript import Playbook


def test_a_caller_is_answered_at_once_and_greeted_when_the_ear_has_arrived() -> None:
    Playbook(hotline()).arrives().does("answer").due_after(0.5).does("play welcome")


def test_with_nothing_to_play_phones_ring_without_any_pause() -> None:
    Playbook(direct()).arrives().does("answer", "find platform level 1").finds(ALICE).does("ring alice", "start hold")


def test_an_inactive_route_says_so_and_hangs_up() -> None:
    (
        Playbook(refused(Refusal.INACTIVE))
        .arrives()
        .does("answer")
        .due_after(0.5)
        .does("play inactive")
        .after(2)
        .hears_out("inactive")
        .does("hang up")
        .hangs_up()
        .does("end: refused, inactive")
    )


def test_a_caller_of_an_unknown_number_is_told_and_hung_up() -> None:
    (
        Playbook(refused(Refusal.UNKNOWN_NUMBER))
        .arrives()
        .does("answer")
        .due_after(0.5)
        .does("play unknown_number")
        .after(2)
        .hears_out("unknown_number")
        .does("hang up")
        .hangs_up()
        .does("end: refused, unknown_number")
    )


def test_after_the_welcome_comes_the_menu() -> None:
    welcomed().after(4).hears_out("welcome").does("play menu")


def test_without_a_menu_the_level_follows_the_welcome_at_once() -> None:
    welcome_without_menu().after(4).hears_out("welcome").does("find platform level 1")


def test_without_a_welcome_the_menu_follows_the_pause() -> None:
    Playbook(with_menu(direct())).arrives().does("answer").due_after(0.5).does("play menu")


def test_a_voicemail_line_asks_for_the_message_straight_away() -> None:
    Playbook(voicemail_line()).arrives().does("answer").due_after(0.5).does("check room", "play voicemail")


def test_a_voicemail_line_with_a_welcome_greets_first() -> None:
    welcomed(welcoming(voicemail_line())).after(4).hears_out("welcome").does("check room", "play voicemail")


def test_any_digit_cuts_the_welcome_short() -> None:
    welcome_without_menu().after(1).presses("5").does("stop welcome", "find platform level 1")


def test_a_caller_who_knows_the_menu_dials_ahead_during_the_welcome() -> None:
    welcomed().after(1).presses("2").does("stop welcome", "find payments level 1")


def test_a_wrong_digit_during_the_welcome_leads_into_the_menu() -> None:
    welcomed().after(1).presses("9").does("stop welcome", "play menu")


def test_a_wrong_digit_during_the_welcome_is_one_of_the_tries() -> None:
    welcomed(hotline(tries=1)).after(1).presses("9").does("stop welcome", "check room", "play voicemail")


def test_a_digit_dialled_before_anything_is_played_counts() -> None:
    arriving().after(0.2).presses("1").does("find platform level 1")


def test_a_welcome_whose_end_is_never_reported_does_not_hold_the_caller() -> None:
    welcomed().due_after(4 + 5).does("stop welcome", "play menu")


def test_a_welcome_that_cannot_be_played_does_not_hold_the_caller() -> None:
    welcomed().hears_out("welcome", failed=True).does("play menu")


def test_when_the_question_who_is_on_call_fails_the_next_level_is_asked() -> None:
    (finding().fails(FindResponders).does("find platform level 2").fails(FindResponders).does("play no_one_on_call"))


def test_when_the_question_who_is_on_call_is_never_answered_the_next_level_is_asked() -> None:
    finding().due_after(5).does("find platform level 2").due_after(5).does("play no_one_on_call")


@pytest.mark.parametrize("waited", [0.0, 0.3])
def test_who_hangs_up_before_the_welcome_has_abandoned_the_call(waited: float) -> None:
    arriving().after(waited).hangs_up().does("end: abandoned, during_welcome")


def test_who_hangs_up_during_the_welcome_has_abandoned_the_call() -> None:
    welcomed().after(1).hangs_up().does("end: abandoned, during_welcome")


def test_who_hangs_up_during_the_word_that_the_route_is_inactive_was_refused_all_the_same() -> None:
    (arriving(refused(Refusal.INACTIVE)).due_after(0.5).does("play inactive").hangs_up().does("end: refused, inactive"))
