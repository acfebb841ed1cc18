"""After a gap the call goes on where it was: what Asterisk no longer has is over, what it still has goes on."""

from __future__ import annotations

import pytest

from lcr_asterisk.callflow.events import LegEnd, Resumed
from tests.unit.callflow.journeys import (
    EVERY_STAGE,
    apologising,
    arriving,
    beeping,
    choosing,
    closing,
    confirming,
    connecting,
    finding,
    greeting,
    keeping,
    over,
    parting,
    recording,
    ringing,
    second_level,
    talking,
    welcomed,
)
from tests.unit.callflow.plans import ALICE, BOB, DAVE, direct, recorded


def test_before_the_first_prompt_it_is_played_at_once() -> None:
    arriving().resumes().does("play welcome")


def test_the_welcome_is_played_again() -> None:
    welcomed().resumes().does("stop welcome", "play welcome")


def test_the_menu_is_played_again_and_no_try_is_lost() -> None:
    playbook = choosing().presses("7").does("stop menu", "play menu").resumes().does("stop menu", "play menu")
    playbook.presses("7").does("stop menu", "play menu").presses("7").does("stop menu", "check room", "play voicemail")


def test_who_is_on_call_is_asked_again() -> None:
    finding().resumes().does("separate", "find platform level 1").finds(ALICE).does("ring alice", "start hold")


def test_who_is_on_call_at_the_second_level_is_asked_again_and_the_music_goes_on() -> None:
    (
        second_level()
        .resumes()
        .does("separate", "find platform level 2")
        .finds(DAVE, level=2)
        .does("ring dave", "stop hold", "play level")
    )


def test_phones_that_still_ring_go_on_ringing() -> None:
    ringing().after(5).resumes(alice=False, bob=False).does("separate", "stop hold", "start hold").due_after(20).does(
        "drop alice", "drop bob", "find platform level 2"
    )


def test_an_answer_on_its_way_when_the_ringing_was_over_in_the_gap_still_counts() -> None:
    (
        ringing()
        .after(24.9)
        .resumes(alice=False, bob=False)
        .does("separate", "stop hold", "start hold")
        .after(4.9)
        .answers("alice")
        .does("play whisper to alice")
        .due_after(0.1)
        .does("drop bob")
    )


def test_a_phone_that_asterisk_no_longer_has_is_over() -> None:
    playbook = ringing().resumes(bob=False).does("separate", "stop hold", "start hold")
    assert playbook.call.legs[0].end is LegEnd.LOST


def test_when_asterisk_has_no_phone_of_the_level_any_more_the_next_level_starts() -> None:
    ringing().resumes().does("separate", "stop hold", "start hold", "find platform level 2")


def test_who_answered_in_the_gap_hears_what_it_is_about() -> None:
    (
        ringing()
        .resumes(alice=True, bob=False)
        .does("separate", "stop hold", "start hold", "play whisper to alice")
        .keys("alice", "1")
        .does("stop hold", "stop whisper to alice", "connect alice", "drop bob")
    )


def test_who_was_listening_hears_it_from_the_beginning_and_has_the_whole_time() -> None:
    playbook = (
        confirming()
        .after(10)
        .resumes(alice=True, bob=False)
        .does("separate", "stop hold", "start hold", "stop whisper to alice", "play whisper to alice")
        .due_after(10)
        .does("drop bob")
        .due_after(5)
        .does("drop alice", "find platform level 2")
    )
    assert playbook.call.legs[0].answered_at != playbook.now


def test_an_announcement_that_played_when_the_gap_began_gives_way_to_the_music() -> None:
    (
        second_level()
        .ends("alice")
        .does_nothing()
        .ends("bob")
        .does_nothing()
        .finds(DAVE, level=2)
        .does("ring dave", "stop hold", "play level")
        .resumes(dave=False)
        .does("separate", "stop level", "start hold")
    )


def test_a_phone_that_was_told_to_stop_is_told_again() -> None:
    second_level().resumes(alice=False).does("drop alice", "separate", "find platform level 2")


def test_who_was_hearing_the_last_words_is_let_go() -> None:
    (
        confirming()
        .presses("*")
        .does(
            "stop hold",
            "stop whisper to alice",
            "play caller_to_voicemail to alice",
            "drop bob",
            "check room",
            "play voicemail",
        )
        .resumes(alice=True)
        .does("drop alice", "stop voicemail", "check room", "play voicemail")
    )


def test_who_pressed_1_is_connected_again() -> None:
    connecting().resumes(alice=True).does("separate", "connect alice").bridged("alice").does_nothing()


def test_and_has_the_whole_time_for_it_however_long_the_gap_was() -> None:
    playbook = connecting().unnoticed(30).resumes(alice=True).does("separate", "connect alice")
    playbook.after(4).bridged("alice").does_nothing()
    assert playbook.call.connected_at is not None


def test_who_pressed_1_and_is_gone_has_not_taken_the_call() -> None:
    connecting().resumes().does("separate", "start hold", "find platform level 2")


def test_who_were_bridged_in_the_gap_are_connected() -> None:
    playbook = connecting().resumes(alice=True, bridged=["alice"]).does_nothing()
    assert playbook.call.outcome is not None
    assert playbook.call.outcome.answered_by == "alice"


def test_a_conversation_whose_beginning_was_not_written_down_is_one_all_the_same() -> None:
    """The journal ends while phones ring, but Asterisk has the caller and Alice in one bridge."""
    playbook = (
        confirming()
        .answers("bob")
        .does("play whisper to bob")
        .resumes(alice=True, bob=True, bridged=["alice"])
        .does("stop hold", "stop whisper to alice", "stop whisper to bob", "play taken to bob")
    )
    assert playbook.call.outcome is not None
    assert playbook.call.outcome.answered_by == "alice"


def test_someone_who_was_told_to_go_is_not_connected_because_a_bridge_still_has_them() -> None:
    playbook = (
        connecting()
        .due_after(5)
        .does("drop alice", "separate", "start hold", "find platform level 2")
        .resumes(alice=True, bridged=["alice"])
        .does("drop alice", "separate", "find platform level 2")
    )
    assert playbook.call.connected_at is None


def test_people_who_talk_go_on_talking() -> None:
    playbook = talking().after(60).resumes(alice=True, bridged=["alice"]).does_nothing()
    assert playbook.call.deadline() is None


def test_a_conversation_goes_on_being_recorded() -> None:
    connecting(recorded(direct(), notice=False)).bridged("alice").does("record the talk").resumes(
        alice=True, bridged=["alice"]
    ).does("record the talk")


def test_a_conversation_is_not_recorded_before_the_notice_is_over() -> None:
    (
        connecting(recorded(direct()))
        .bridged("alice")
        .does("play notice to both")
        .resumes(alice=True, bridged=["alice"])
        .does_nothing()
        .due_after(2 + 5)
        .does("record the talk")
    )


def test_people_who_lost_their_bridge_are_joined_again() -> None:
    talking().resumes(alice=True).does("connect alice").bridged("alice").does_nothing()


def test_people_who_cannot_be_joined_again_are_not_left_in_silence() -> None:
    (
        talking()
        .resumes(alice=True)
        .does("connect alice")
        .not_bridged("alice")
        .does("drop alice", "hang up")
        .ends("alice")
        .does_nothing()
        .hangs_up()
        .does("end: connected, taken, by alice")
    )


def test_when_the_responder_hung_up_in_the_gap_the_caller_is_hung_up() -> None:
    talking().resumes().does("hang up")


def test_when_the_caller_hung_up_in_the_gap_the_responder_is_hung_up() -> None:
    talking().resumes(caller=False, alice=True).does("drop alice").ends("alice").does("end: connected, taken, by alice")


def test_the_apology_is_said_again() -> None:
    apologising().resumes().does("stop no_one_on_call", "play no_one_on_call").hears_out("no_one_on_call").does(
        "check room", "play voicemail"
    )


def test_the_voicemail_prompt_is_played_again() -> None:
    greeting().resumes().does("stop voicemail", "check room", "play voicemail")


def test_the_beep_is_played_again() -> None:
    beeping().resumes().does("stop beep", "play beep").hears_out("beep").does("record a message")


def test_a_recording_goes_on() -> None:
    recording().resumes().does_nothing().speaks(9).does("keep the message of 9 s")


def test_a_message_that_was_being_stored_is_stored_again() -> None:
    keeping().resumes().does("keep the message of 7 s").is_kept().does("play message_kept")


def test_a_message_of_a_caller_who_hung_up_in_the_gap_is_stored_again() -> None:
    keeping().resumes(caller=False).does("keep the message of 7 s").is_kept().does("end: voicemail, voicemail_route")


def test_a_message_of_a_caller_who_had_hung_up_before_the_gap_is_stored_again() -> None:
    keeping().hangs_up().does_nothing().resumes(caller=False).does("keep the message of 7 s").is_kept().does(
        "end: voicemail, voicemail_route"
    )


def test_a_caller_who_hung_up_while_recording_in_the_gap_has_left_a_message() -> None:
    recording().resumes(caller=False).does_nothing().speaks(9).does("keep the message of 9 s")


def test_the_last_words_are_said_again() -> None:
    parting().resumes().does("stop inactive", "play inactive").hears_out("inactive").does("hang up")


def test_a_caller_who_was_being_hung_up_is_hung_up() -> None:
    closing().resumes().does("hang up").hangs_up().does("end: refused, inactive")


def test_a_call_that_is_over_stays_over() -> None:
    over().resumes().does_nothing()


def test_when_the_caller_hung_up_in_the_gap_phones_that_still_ring_are_stopped() -> None:
    (ringing().resumes(caller=False, bob=False).does("drop bob").ends("bob").does("end: abandoned, while_ringing"))


def test_when_nobody_is_left_after_the_gap_the_call_is_over() -> None:
    ringing().resumes(caller=False).does("end: abandoned, while_ringing")


@pytest.mark.parametrize("stage", sorted(EVERY_STAGE.keys() - {"Recording", "Keeping"}))
def test_nobody_is_rung_for_a_caller_who_hung_up_in_the_gap(stage: str) -> None:
    playbook = EVERY_STAGE[stage]()
    happened = playbook.happens(Resumed(False, tuple((leg.id, True) for leg in playbook.call.legs if leg.live), ()))
    assert not any(line.startswith(("ring ", "find ")) for line in happened.told)
    assert not playbook.call.caller_present


def test_max_wait_counts_through_the_gap() -> None:
    ringing(direct(max_wait=20)).after(5).resumes(alice=False, bob=False).does(
        "separate", "stop hold", "start hold"
    ).due_after(15).does("stop hold", "drop alice", "drop bob", "play no_answer")


def test_repeated_commands_have_the_ids_they_had() -> None:
    """The journal is folded again after a crash: the same events lead to the same commands, ids included."""
    first, second = finding().finds(ALICE, BOB), finding().finds(ALICE, BOB)
    assert first.told == second.told
    assert first.playbook.call == second.playbook.call
