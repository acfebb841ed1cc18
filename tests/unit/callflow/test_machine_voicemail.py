"""A message is on disk before the caller hears so, and no message is lost because somebody hung up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lcr_asterisk.callflow.commands import PlayToCaller, RecordMessage, StartHold
from lcr_asterisk.callflow.events import LegEnd
from tests.unit.callflow.journeys import beeping, finding, greeting, keeping, recording, ringing
from tests.unit.callflow.plans import direct, hotline, voicemail_line
from tests.unit.callflow.transcript import Playbook


def after_no_answer() -> Playbook:
    """Nobody answered; the caller hears the voicemail prompt."""
    return (
        ringing(direct(levels=(25,)))
        .ends("alice", LegEnd.BUSY)
        .does_nothing()
        .ends("bob", LegEnd.BUSY)
        .does("stop hold", "play no_answer")
        .hears_out("no_answer")
        .does("check room", "play voicemail")
    )


def recording_after_no_answer() -> Playbook:
    return after_no_answer().hears_out("voicemail").does("play beep").hears_out("beep").does("record a message")


def test_prompt_beep_record_keep_thanks_goodbye() -> None:
    (
        greeting()
        .after(2)
        .hears_out("voicemail")
        .does("play beep")
        .after(0.5)
        .hears_out("beep")
        .does("record a message")
        .after(20)
        .speaks(20)
        .does("keep the message of 20 s")
        .after(0.2)
        .is_kept()
        .does("play message_kept")
        .after(2)
        .hears_out("message_kept")
        .does("hang up")
        .hangs_up()
        .does("end: voicemail, voicemail_route")
    )


def test_the_kept_message_is_known_by_its_id() -> None:
    assert keeping().is_kept().does("play message_kept").call.message == "recording-1"


def test_without_room_on_the_disk_the_caller_is_told_and_not_asked_for_a_message() -> None:
    (
        greeting()
        .finds_no_room()
        .does("stop voicemail", "play no_room")
        .after(2)
        .hears_out("no_room")
        .does("hang up")
        .hangs_up()
        .does("end: failed, no_room")
    )


def test_without_room_there_is_no_beep_for_who_skips_the_prompt_either() -> None:
    beeping().finds_no_room().does("stop beep", "play no_room")


def test_a_call_that_began_before_there_was_that_message_hears_that_it_would_be_lost() -> None:
    plan = voicemail_line()
    older = replace(plan, messages=replace(plan.messages, no_room=None))
    playbook = Playbook(older).arrives().does("answer").due_after(0.5).does("check room", "play voicemail")
    playbook.finds_no_room().does("stop voicemail", "play message_lost")


def test_a_digit_skips_the_voicemail_prompt() -> None:
    greeting().after(0.5).presses("#").does("stop voicemail", "play beep")


def test_a_digit_during_the_beep_or_the_message_means_nothing_here() -> None:
    beeping().presses("1").does_nothing().hears_out("beep").does("record a message").presses("#").does_nothing()


def test_a_message_after_no_answer_says_why_it_was_left() -> None:
    (
        recording_after_no_answer()
        .speaks(7)
        .does("keep the message of 7 s")
        .hangs_up()
        .does_nothing()
        .is_kept()
        .does("end: voicemail, no_answer")
    )


def test_a_message_of_just_the_shortest_length_counts() -> None:
    recording().speaks(2.0).does("keep the message of 2 s")


def test_a_message_too_short_to_be_one_is_not_kept() -> None:
    (
        recording()
        .speaks(1.9)
        .does("discard the message", "play goodbye")
        .hears_out("goodbye")
        .does("hang up")
        .hangs_up()
        .does("end: abandoned, no_message")
    )


def test_who_leaves_no_message_after_no_answer_was_not_answered() -> None:
    (
        recording_after_no_answer()
        .speaks(0)
        .does("discard the message", "play goodbye")
        .hears_out("goodbye")
        .does("hang up")
        .hangs_up()
        .does("end: unanswered, no_answer")
    )


def test_a_caller_who_hangs_up_in_the_middle_of_the_message_has_left_it() -> None:
    (
        recording()
        .after(7)
        .hangs_up()
        .does_nothing()
        .speaks(7)
        .does("keep the message of 7 s")
        .is_kept()
        .does("end: voicemail, voicemail_route")
    )


def test_a_caller_who_hangs_up_at_once_has_left_no_message() -> None:
    recording().hangs_up().does_nothing().speaks(0.4).does("discard the message", "end: abandoned, no_message")


def test_a_message_whose_end_is_never_reported_is_kept_all_the_same() -> None:
    recording().due_after(120 + 30).does("keep the message of 0 s")


def test_after_the_hangup_the_message_is_kept_even_when_its_end_is_never_reported() -> None:
    recording().after(7).hangs_up().does_nothing().due_after(10).does("keep the message of 0 s")


def test_a_message_that_cannot_be_stored_is_admitted() -> None:
    (
        keeping()
        .is_lost()
        .does("play message_lost")
        .hears_out("message_lost")
        .does("hang up")
        .hangs_up()
        .does("end: failed, message_lost")
    )


def test_a_disk_that_never_answers_is_a_message_lost() -> None:
    keeping().due_after(2).does("start hold").due_after(30).does("stop hold", "play message_lost")


def test_a_caller_whose_message_takes_long_to_store_hears_hold_music_until_it_is_kept() -> None:
    keeping().due_after(2).does("start hold").after(5).is_kept().does("stop hold", "play message_kept")


def test_after_a_gap_a_message_that_takes_long_is_stored_again() -> None:
    keeping().due_after(2).does("start hold").resumes().does("stop hold", "keep the message of 7 s")


def test_a_message_kept_after_all_is_a_message_although_the_caller_was_told_otherwise() -> None:
    (
        keeping()
        .due_after(2)
        .does("start hold")
        .due_after(30)
        .does("stop hold", "play message_lost")
        .is_kept()
        .does_nothing()
        .hangs_up()
        .does("end: voicemail, voicemail_route")
    )


def test_a_message_reported_lost_after_it_was_kept_stays_kept() -> None:
    keeping().is_kept().does("play message_kept").is_lost().does_nothing().hangs_up().does(
        "end: voicemail, voicemail_route"
    )


def test_a_message_lost_after_the_caller_hung_up_ends_the_call() -> None:
    keeping().hangs_up().does_nothing().is_lost().does("end: failed, message_lost")


def test_when_recording_cannot_begin_the_caller_is_told() -> None:
    recording().fails(RecordMessage).does("play message_lost")


@pytest.mark.parametrize("command", [PlayToCaller, StartHold])
def test_another_failed_command_does_not_end_a_recording(command: type[PlayToCaller]) -> None:
    recording().fails(command).does_nothing()


def test_who_hangs_up_during_the_voicemail_prompt_of_a_voicemail_line_left_no_message() -> None:
    greeting().hangs_up().does("end: abandoned, no_message")


def test_who_hangs_up_during_the_beep_left_no_message() -> None:
    beeping().hangs_up().does("end: abandoned, no_message")


def test_who_hangs_up_at_the_voicemail_prompt_after_no_answer_was_not_answered() -> None:
    after_no_answer().hangs_up().does("end: unanswered, no_answer")


def test_who_chose_voicemail_and_hangs_up_left_no_message() -> None:
    (finding().presses("*").does("check room", "play voicemail").hangs_up().does("end: abandoned, no_message"))


def test_a_message_after_a_star_says_that_the_caller_chose_it() -> None:
    (
        finding()
        .presses("*")
        .does("check room", "play voicemail")
        .presses("#")
        .does("stop voicemail", "play beep")
        .hears_out("beep")
        .does("record a message")
        .speaks(3)
        .does("keep the message of 3 s")
        .is_kept()
        .does("play message_kept")
        .hangs_up()
        .does("end: voicemail, caller_chose_voicemail")
    )


def test_a_message_after_the_menus_fallback_says_that_nothing_was_chosen() -> None:
    (
        Playbook(hotline(tries=1))
        .arrives()
        .does("answer")
        .due_after(0.5)
        .does("play welcome")
        .presses("7")
        .does("stop welcome", "check room", "play voicemail")
        .hears_out("voicemail")
        .does("play beep")
        .hears_out("beep")
        .does("record a message")
        .speaks(3)
        .does("keep the message of 3 s")
        .is_kept()
        .does("play message_kept")
        .hangs_up()
        .does("end: voicemail, no_choice")
    )


def test_a_prompt_of_the_voicemail_that_is_never_reported_over_does_not_hold_the_caller() -> None:
    greeting().due_after(2 + 5).does("stop voicemail", "play beep").due_after(0.5 + 5).does(
        "stop beep", "record a message"
    )
