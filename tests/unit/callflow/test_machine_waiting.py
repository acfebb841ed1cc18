"""While a key is awaited the caller hears, now and then, that the line is alive."""

from __future__ import annotations

from lcr_asterisk.callflow.commands import PlayToCaller
from lcr_asterisk.callflow.events import PinKeyed, PromptEnded
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.plan import RoutePlan
from lcr_asterisk.callflow.states import Choosing
from tests.unit.callflow.journeys import arriving, asking_pin, choosing, reviewing
from tests.unit.callflow.plans import hotline, voicemail_line, with_pin, with_signs_of_life
from tests.unit.callflow.transcript import Playbook

HOTLINE = with_signs_of_life(hotline())


def read_out(plan: RoutePlan = HOTLINE) -> Playbook:
    """The menu has been heard out."""
    return choosing(plan).after(6).hears_out("menu").does("play waiting")


def asked() -> Playbook:
    """The question for the PIN has been heard out."""
    return asking_pin(HOTLINE).after(2).hears_out("pin").does("play waiting")


def test_the_signs_last_until_the_time_for_a_choice_is_over() -> None:
    playbook = choosing(HOTLINE).after(6)
    assert isinstance(playbook.call.stage, Choosing)
    _, commands = step(playbook.call, PromptEnded(playbook.call.stage.playback or ""), playbook.now)
    (sign,) = [command.prompt for command in commands if isinstance(command, PlayToCaller)]
    assert sign.media == ("sound:/sounds/waiting",) * 3
    read_out().due_after(6).does("stop waiting", "play menu")


def test_a_choice_silences_them() -> None:
    read_out().after(3).presses("1").does("stop waiting", "find platform level 1")


def test_signs_that_are_over_make_the_time_no_longer() -> None:
    read_out().after(5.9).hears_out("waiting").does_nothing().due_after(0.1).does("play menu")


def test_signs_that_cannot_be_played_are_not_tried_for_ever() -> None:
    read_out().hears_out("waiting", failed=True).does_nothing().due_after(6).does("play menu")


def test_each_digit_of_a_pin_begins_the_time_anew() -> None:
    asked().after(5).keys_a_digit().does_nothing().due_after(6).does("stop waiting", "play pin")


def test_signs_go_on_while_somebody_keys_a_pin() -> None:
    """Begun anew with each digit, none would come as long as digits do."""
    playbook = asked()
    for _ in range(10):
        playbook = playbook.after(1.5).keys_a_digit().does_nothing()
    playbook.after(5).hears_out("waiting").does_nothing().keys_a_digit().does("play waiting")


def test_signs_between_digits_are_no_new_question() -> None:
    """Else the digits before them would not count."""
    playbook = asked()
    question = playbook.call.pin_question
    assert question
    playbook = playbook.keys_a_digit().does_nothing()
    assert playbook.call.pin_question == question
    assert playbook.due_after(6).does("stop waiting", "play pin").call.pin_question != question


def test_signs_for_a_pin_make_the_time_no_longer() -> None:
    asked().after(5.9).hears_out("waiting").does_nothing().due_after(0.1).does("play pin")


def test_a_whole_pin_is_followed_by_a_short_wait_only() -> None:
    playbook = asked().happens(PinKeyed("Acme")).does_nothing()
    playbook.due_after(2).does("stop waiting", "play welcome")


def test_digits_keyed_ahead_of_the_question_are_followed_by_it() -> None:
    playbook = arriving(with_pin(HOTLINE)).after(0.2).keys_a_digit().does_nothing()
    playbook.after(0.2).keys_a_digit().does("play waiting").due_after(2).does("stop waiting", "play pin")


def test_after_a_gap_the_menu_is_read_out_anew() -> None:
    read_out().resumes().does("stop waiting", "play menu")


def test_who_is_asked_whether_to_keep_their_message_hears_one_as_well() -> None:
    playbook = (
        reviewing(with_signs_of_life(voicemail_line())).after(2).hears_out("voicemail_choice").does("play waiting")
    )
    playbook.due_after(2).does("stop waiting", "keep the message of 7 s")
    playbook = (
        reviewing(with_signs_of_life(voicemail_line())).after(2).hears_out("voicemail_choice").does("play waiting")
    )
    playbook.after(1.9).hears_out("waiting").does_nothing().due_after(0.1).does("keep the message of 7 s")


def test_a_key_about_the_message_silences_it() -> None:
    playbook = (
        reviewing(with_signs_of_life(voicemail_line())).after(2).hears_out("voicemail_choice").does("play waiting")
    )
    playbook.after(1).presses("2").does("stop waiting", "play beep")
