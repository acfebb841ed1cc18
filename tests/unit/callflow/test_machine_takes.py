"""A caller who waits for it may record the message again, and loses nothing by it."""

from __future__ import annotations

import pytest

from lcr_asterisk.callflow.commands import RecordMessage
from lcr_asterisk.callflow.events import NoRoom
from tests.unit.callflow.journeys import recording, recording_again, reviewing
from tests.unit.callflow.plans import voicemail_line, with_choice


def test_1_keeps_the_message() -> None:
    (
        reviewing()
        .presses("1")
        .does("stop voicemail_choice", "keep the message of 7 s")
        .is_kept()
        .does("play message_kept")
        .hears_out("message_kept")
        .does("hang up")
        .hangs_up()
        .does("end: voicemail, voicemail_route")
    )


def test_the_hash_key_keeps_it_too() -> None:
    reviewing().presses("#").does("stop voicemail_choice", "keep the message of 7 s")


def test_saying_nothing_keeps_it() -> None:
    reviewing().after(2).hears_out("voicemail_choice").does_nothing().due_after(2).does("keep the message of 7 s")


def test_who_said_nothing_soon_hears_that_the_line_is_alive() -> None:
    reviewing().hears_out("voicemail_choice").does_nothing().due_after(2).does("keep the message of 7 s").due_after(
        0.5
    ).does("start hold")


def test_a_question_whose_end_is_never_reported_does_not_hold_the_caller() -> None:
    reviewing().due_after(2 + 5 + 2).does("stop voicemail_choice", "keep the message of 7 s")


def test_hanging_up_keeps_it() -> None:
    reviewing().hangs_up().does("keep the message of 7 s").is_kept().does("end: voicemail, voicemail_route")


@pytest.mark.parametrize("digit", ["3", "9", "*"])
def test_other_keys_mean_nothing(digit: str) -> None:
    reviewing().presses(digit).does_nothing()


def test_a_second_take_replaces_the_first() -> None:
    (
        recording_again()
        .after(5)
        .presses("#")
        .does_nothing()
        .speaks(5)
        .does("discard the message", "play voicemail_choice")
        .presses("1")
        .does("stop voicemail_choice", "keep take 2 of 5 s")
        .is_kept()
        .does("play message_kept")
    )


def test_three_takes_are_enough() -> None:
    (
        recording_again()
        .presses("#")
        .does_nothing()
        .speaks(5)
        .does("discard the message", "play voicemail_choice")
        .presses("2")
        .does("stop voicemail_choice", "play beep")
        .hears_out("beep")
        .does("record take 3")
        .presses("#")
        .does_nothing()
        .speaks(4)
        .does("discard take 2", "keep take 3 of 4 s")
    )


def test_a_second_take_that_is_too_short_leaves_the_first() -> None:
    recording_again().presses("#").does_nothing().speaks(0.5).does("discard take 2", "keep the message of 7 s")


def test_who_hangs_up_during_the_beep_before_the_second_take_has_left_the_first() -> None:
    reviewing().presses("2").does("stop voicemail_choice", "play beep").hangs_up().does("keep the message of 7 s")


def test_who_hangs_up_during_the_second_take_has_left_it() -> None:
    recording_again().after(3).hangs_up().does_nothing().speaks(3).does("discard the message", "keep take 2 of 3 s")


def test_who_hangs_up_at_once_in_the_second_take_has_left_the_first() -> None:
    recording_again().hangs_up().does_nothing().speaks(0).does("discard take 2", "keep the message of 7 s")


def test_a_second_take_that_cannot_be_recorded_leaves_the_first() -> None:
    recording_again().fails(RecordMessage).does("keep the message of 7 s")


def test_a_second_take_for_which_there_is_no_room_leaves_the_first() -> None:
    playbook = reviewing().presses("2").does("stop voicemail_choice", "play beep")
    playbook.happens(NoRoom()).does("stop beep", "keep the message of 7 s")


def test_a_second_take_whose_end_is_never_reported_is_kept_and_the_first_only_until_then() -> None:
    recording_again().due_after(150).does("keep take 2 of 0 s").is_kept().does(
        "discard the message", "play message_kept"
    )


def test_a_second_take_that_cannot_be_found_leaves_the_first() -> None:
    recording_again().due_after(150).does("keep take 2 of 0 s").is_lost().does(
        "keep the message of 7 s"
    ).is_lost().does("play message_lost")


def test_who_falls_silent_is_not_asked() -> None:
    recording(with_choice(voicemail_line())).speaks(7).does("keep the message of 7 s")


def test_a_route_of_a_journal_from_before_there_was_a_question_asks_nothing() -> None:
    recording().presses("#").does_nothing().speaks(7).does("keep the message of 7 s")


def test_the_question_is_asked_again_after_a_gap() -> None:
    reviewing().resumes().does("stop voicemail_choice", "play voicemail_choice").presses("1").does(
        "stop voicemail_choice", "keep the message of 7 s"
    )


def test_who_hung_up_in_a_gap_has_left_the_message() -> None:
    reviewing().resumes(caller=False).does("keep the message of 7 s")
