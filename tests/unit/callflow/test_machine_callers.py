"""Who is let through: a blocked caller is not even answered, and who needs a PIN gets no further without one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lcr_asterisk.callflow.commands import PlayToCaller, PlayToLeg
from lcr_asterisk.callflow.events import CallerPressed, LegAnswered, PinAccepted, PinKeyed, PinWrong
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.plan import Refusal
from lcr_asterisk.callflow.states import AskingPin, Welcoming
from tests.unit.callflow.journeys import arriving, asking_pin, closing, ringing, talking
from tests.unit.callflow.plans import ALICE, direct, hotline, refused, voicemail_line, with_menu, with_pin
from tests.unit.callflow.transcript import CALL, Playbook

# -- refused before answer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("why", "reason"), [(Refusal.BLOCKED, "blocked_caller"), (Refusal.NOT_ALLOWED, "not_allowed")])
def test_who_is_not_let_through_is_turned_away_without_an_answer(why: Refusal, reason: str) -> None:
    Playbook(refused(why)).arrives().does("reject").hangs_up().does(f"end: refused, {reason}")


def test_a_blocked_caller_whose_channel_stays_is_hung_up() -> None:
    Playbook(refused(Refusal.BLOCKED)).arrives().does("reject").due_after(10).does(
        "hang up", "end: refused, blocked_caller"
    )


def test_a_blocked_caller_who_is_still_there_after_a_gap_is_hung_up() -> None:
    Playbook(refused(Refusal.BLOCKED)).arrives().does("reject").resumes().does("hang up").hangs_up().does(
        "end: refused, blocked_caller"
    )


# -- the PIN -----------------------------------------------------------------------------------------------------------


def test_the_pin_is_asked_for_before_anything_else() -> None:
    asking_pin().after(1).keys_a_digit().does("stop pin").keys_a_digit().does_nothing().proves_to_be("Acme").does(
        "play welcome"
    )


def test_it_is_asked_for_where_phones_would_ring_at_once() -> None:
    asking_pin(direct()).after(1).proves_to_be("Acme").does("stop pin", "find platform level 1")


def test_a_message_can_be_left_with_a_pin_only() -> None:
    asking_pin(voicemail_line()).proves_to_be("Acme").does("stop pin", "check room", "play voicemail")


def test_who_knows_what_will_be_asked_need_not_wait_for_the_question() -> None:
    arriving(with_pin(hotline())).after(0.2).keys_a_digit().does_nothing().after(1).proves_to_be("Acme").does(
        "play welcome"
    )


def test_each_digit_gives_six_seconds_for_the_next() -> None:
    playbook = asking_pin().after(2).hears_out("pin").does_nothing().after(5.9).keys_a_digit().does_nothing()
    playbook.after(5.9).keys_a_digit().does_nothing().due_after(6).does("play pin")


def test_a_whole_pin_needs_no_hash_key_but_a_pause() -> None:
    playbook = asking_pin().after(2).hears_out("pin").does_nothing().happens(PinKeyed("Acme")).does_nothing()
    playbook.due_after(2).does("play welcome")
    assert playbook.call.label == "Acme"


def test_a_digit_behind_a_whole_pin_makes_it_another() -> None:
    playbook = asking_pin().after(2).hears_out("pin").does_nothing().happens(PinKeyed("Acme")).does_nothing()
    playbook.after(1).keys_a_digit().does_nothing().due_after(6).does("play pin")
    assert playbook.call.label is None


def test_a_stray_key_before_the_question_costs_no_try() -> None:
    playbook = arriving(with_pin(hotline())).after(0.2).keys_a_digit().does_nothing().due_after(2).does("play pin")
    assert isinstance(playbook.call.stage, AskingPin)
    assert playbook.call.stage.tries_left == 3


def test_a_wrong_pin_is_told_and_asked_for_again() -> None:
    playbook = asking_pin().after(1)
    _, commands = step(playbook.call, PinWrong(), playbook.now)
    (again,) = [command.prompt for command in commands if isinstance(command, PlayToCaller)]
    assert again.media == ("sound:/sounds/wrong_choice", "sound:/sounds/pin")


def test_after_three_wrong_pins_the_caller_is_sent_away() -> None:
    (
        asking_pin()
        .keys_a_wrong_pin()
        .does("stop pin", "play pin")
        .keys_a_wrong_pin()
        .does("stop pin", "play pin")
        .keys_a_wrong_pin()
        .does("stop pin", "play wrong_pin")
        .after(2)
        .hears_out("wrong_pin")
        .does("hang up")
        .hangs_up()
        .does("end: refused, wrong_pin")
    )


def test_keying_nothing_uses_up_the_tries_as_well() -> None:
    (
        asking_pin()
        .after(2)
        .hears_out("pin")
        .does_nothing()
        .due_after(6)
        .does("play pin")
        .after(4)
        .hears_out("pin")
        .does_nothing()
        .due_after(6)
        .does("play pin")
        .due_after(4 + 5 + 6)
        .does("stop pin", "play wrong_pin")
    )


def test_the_right_pin_at_the_third_try_is_in_time() -> None:
    (
        asking_pin()
        .keys_a_wrong_pin()
        .does("stop pin", "play pin")
        .keys_a_wrong_pin()
        .does("stop pin", "play pin")
        .proves_to_be("Acme")
        .does("stop pin", "play welcome")
    )


def test_max_wait_ends_the_asking_and_no_message_is_taken() -> None:
    asking_pin(replace(hotline(), max_wait=7.0)).due_after(6.5).does("stop pin", "play wrong_pin")


def test_who_hangs_up_when_asked_for_the_pin_has_abandoned_the_call_there() -> None:
    asking_pin().after(1).hangs_up().does("end: abandoned, during_pin")


def test_a_question_that_cannot_be_played_still_takes_the_pin() -> None:
    asking_pin().hears_out("pin", failed=True).does_nothing().after(5).proves_to_be("Acme").does("play welcome")


def test_after_a_gap_the_pin_is_asked_for_again_with_the_tries_that_are_left() -> None:
    playbook = (
        asking_pin().keys_a_wrong_pin().does("stop pin", "play pin").after(1).resumes().does("stop pin", "play pin")
    )
    assert isinstance(playbook.call.stage, AskingPin)
    assert playbook.call.stage.tries_left == 2


def test_after_a_gap_in_the_welcome_no_pin_is_asked_for_again() -> None:
    playbook = asking_pin().proves_to_be("Acme").does("stop pin", "play welcome")
    playbook.resumes().does("stop welcome", "play welcome")
    assert isinstance(playbook.call.stage, Welcoming)


def test_a_digit_that_came_as_itself_does_not_get_anybody_past_the_pin() -> None:
    """The switchboard does not send any; it would be written down."""
    asking_pin().presses("1").does_nothing()
    arriving(with_pin(with_menu(direct()))).presses("1").does_nothing().due_after(0.5).does("play pin")


@pytest.mark.parametrize("late", [PinKeyed(), PinWrong(), PinAccepted("Acme")], ids=lambda event: type(event).__name__)
def test_what_is_keyed_too_late_changes_nothing(late: PinKeyed | PinWrong | PinAccepted) -> None:
    for playbook in (ringing(), talking(), closing()):
        before = playbook.call
        playbook.happens(late).does_nothing()
        assert playbook.call == before


# -- whose PIN it was --------------------------------------------------------------------------------------------------


def test_a_responder_hears_first_who_is_calling() -> None:
    playbook = (
        asking_pin(direct())
        .proves_to_be("Globex")
        .does("stop pin", "find platform level 1")
        .finds(ALICE)
        .does("ring alice", "start hold")
    )
    assert playbook.call.label == "Globex"
    _, commands = step(playbook.call, LegAnswered(f"{CALL}-leg-1"), playbook.now)
    (whisper,) = [command.prompt for command in commands if isinstance(command, PlayToLeg)]
    assert whisper.media == ("sound:/sounds/globex", "sound:/sounds/whisper")
    assert whisper.name == "whisper"


def test_a_label_that_the_plan_does_not_have_is_not_said() -> None:
    """The configuration in force after a restart may have others than the one the call began with."""
    playbook = asking_pin(direct()).proves_to_be("Initech").does("stop pin", "find platform level 1")
    playbook.finds(ALICE).does("ring alice", "start hold")
    _, commands = step(playbook.call, LegAnswered(f"{CALL}-leg-1"), playbook.now)
    (whisper,) = [command.prompt for command in commands if isinstance(command, PlayToLeg)]
    assert whisper.media == ("sound:/sounds/whisper",)


def test_digits_count_as_choices_once_the_pin_is_right() -> None:
    playbook = asking_pin().proves_to_be("Acme").does("stop pin", "play welcome")
    playbook.happens(CallerPressed("2")).does("stop welcome", "find payments level 1")
