"""The keypad menu: a choice counts at once, a mistake is forgiven, and nobody stays in it for ever."""

from __future__ import annotations

from dataclasses import replace

from lcr_asterisk.callflow.commands import PlayToCaller
from lcr_asterisk.callflow.events import CallerPressed
from lcr_asterisk.callflow.machine import step
from tests.unit.callflow.journeys import choosing, welcomed
from tests.unit.callflow.plans import direct, hotline, voicemail_line, welcoming, with_menu, with_submenu
from tests.unit.callflow.transcript import Playbook


def test_a_choice_interrupts_the_menu_prompt() -> None:
    choosing().after(1).presses("2").does("stop menu", "find payments level 1")


def test_a_choice_counts_after_the_prompt_too() -> None:
    choosing().after(6).hears_out("menu").does_nothing().after(5).presses("1").does("find platform level 1")


def test_after_the_prompt_the_caller_has_the_whole_timeout() -> None:
    choosing().after(6).hears_out("menu").does_nothing().after(5.99).presses("1").does("find platform level 1")


def test_a_wrong_digit_repeats_the_menu() -> None:
    choosing().after(1).presses("7").does("stop menu", "play menu")


def test_the_repeated_menu_begins_with_a_word_about_the_mistake() -> None:
    playbook = choosing()
    _, commands = step(playbook.call, CallerPressed("7"), playbook.now)
    (repeated,) = [command.prompt for command in commands if isinstance(command, PlayToCaller)]
    assert repeated.media == ("sound:/sounds/wrong_choice", "sound:/sounds/menu")
    assert repeated.seconds == 2.0 + 6.0


def test_no_digit_in_time_repeats_the_menu() -> None:
    choosing().after(6).hears_out("menu").does_nothing().due_after(6).does("play menu")


def test_after_three_tries_the_fallback_is_voicemail() -> None:
    (
        choosing()
        .presses("7")
        .does("stop menu", "play menu")
        .presses("8")
        .does("stop menu", "play menu")
        .presses("9")
        .does("stop menu", "check room", "play voicemail")
    )


def test_silence_uses_up_the_tries_as_well() -> None:
    (
        choosing()
        .after(6)
        .hears_out("menu")
        .does_nothing()
        .due_after(6)
        .does("play menu")
        .after(8)
        .hears_out("menu")
        .does_nothing()
        .due_after(6)
        .does("play menu")
        .after(8)
        .hears_out("menu")
        .does_nothing()
        .due_after(6)
        .does("check room", "play voicemail")
    )


def test_the_right_digit_on_the_last_try_is_in_time() -> None:
    (
        choosing()
        .presses("7")
        .does("stop menu", "play menu")
        .presses("8")
        .does("stop menu", "play menu")
        .presses("1")
        .does("stop menu", "find platform level 1")
    )


def test_the_fallback_can_be_a_team() -> None:
    choosing(hotline(fallback="payments", tries=1)).presses("7").does("stop menu", "find payments level 1")


def test_the_fallback_can_be_goodbye() -> None:
    (
        choosing(hotline(fallback="hang_up", tries=1))
        .presses("7")
        .does("stop menu", "play goodbye")
        .after(2)
        .hears_out("goodbye")
        .does("hang up")
        .hangs_up()
        .does("end: unanswered, no_choice")
    )


def test_a_message_left_without_a_choice_goes_to_the_routes_own_team() -> None:
    playbook = choosing(hotline(tries=1)).presses("7").does("stop menu", "check room", "play voicemail")
    assert playbook.call.team == "platform"


def test_a_choice_on_a_voicemail_line_leads_to_that_teams_voicemail() -> None:
    playbook = (
        Playbook(with_menu(voicemail_line()))
        .arrives()
        .does("answer")
        .due_after(0.5)
        .does("play menu")
        .presses("2")
        .does("stop menu", "check room", "play voicemail")
    )
    assert playbook.call.team == "payments"


def test_a_menu_whose_end_is_never_reported_still_times_out() -> None:
    choosing().due_after(6 + 5 + 6).does("stop menu", "play menu")


def test_a_menu_that_cannot_be_played_still_takes_a_choice() -> None:
    choosing().hears_out("menu", failed=True).does_nothing().presses("1").does("find platform level 1")


def test_max_wait_ends_the_menu_too() -> None:
    impatient = replace(hotline(), max_wait=10.0)
    choosing(impatient).due_after(10 - 4.5).does("stop menu", "play no_answer").after(2).hears_out("no_answer").does(
        "check room", "play voicemail"
    )


def test_max_wait_ends_the_welcome_too() -> None:
    welcomed(replace(hotline(), max_wait=2.0)).due_after(1.5).does("stop welcome", "play no_answer")


def test_who_hangs_up_in_the_menu_has_abandoned_the_call_there() -> None:
    choosing().after(2).hangs_up().does("end: abandoned, during_menu")


def test_a_menu_that_names_a_team_nobody_knows_is_refused_by_name() -> None:
    menu = with_menu(replace(direct(), teams=()))
    Playbook(menu).arrives().does("answer").due_after(0.5).does("play menu").cannot(
        CallerPressed("1"), because="no team 'platform'"
    )


# -- menus inside menus ------------------------------------------------------------------------------------------------


def in_submenu(*, inner_fallback: str = "voicemail") -> Playbook:
    """The caller pressed 2, and the inner menu plays."""
    plan = with_submenu(welcoming(direct()), fallback="hang_up", inner_fallback=inner_fallback)
    return choosing(plan).after(1).presses("2").does("stop menu", "play submenu")


def test_an_option_can_lead_to_another_menu() -> None:
    in_submenu().after(1).presses("1").does("stop submenu", "find payments level 1")


def test_who_knows_both_menus_dials_ahead_through_them() -> None:
    plan = with_submenu(welcoming(direct()))
    welcomed(plan).presses("2").does("stop welcome", "play submenu").presses("1").does(
        "stop submenu", "find payments level 1"
    )


def test_the_inner_menu_has_its_own_tries_timeout_and_fallback() -> None:
    playbook = in_submenu(inner_fallback="payments").after(2).hears_out("submenu").does_nothing()
    playbook.due_after(4).does("play submenu").presses("2").does("stop submenu", "find payments level 1")


def test_a_wrong_digit_in_the_outer_menu_costs_the_inner_one_no_try() -> None:
    plan = with_submenu(welcoming(direct()))
    playbook = choosing(plan).presses("9").does("stop menu", "play menu").presses("2").does("stop menu", "play submenu")
    playbook.presses("9").does("stop submenu", "play submenu").presses("1").does(
        "stop submenu", "find payments level 1"
    )


def test_after_a_gap_the_inner_menu_plays_again() -> None:
    in_submenu().after(1).resumes().does("stop submenu", "play submenu").presses("1").does(
        "stop submenu", "find payments level 1"
    )
