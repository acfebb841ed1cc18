"""Asterisk reports late and twice: that changes nothing. The impossible is refused by name, and changes nothing."""

from __future__ import annotations

import pytest

from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.errors import IllegalEvent
from tests.unit.callflow.journeys import (
    EVERY_STAGE,
    choosing,
    closing,
    confirming,
    connecting,
    over,
    ringing,
    second_level,
    talking,
    welcomed,
)
from tests.unit.callflow.plans import ALICE, DAVE, hotline
from tests.unit.callflow.transcript import CALL, NINE

# The stages in which these are not late, but news.
NEWS: dict[str, set[str]] = {
    "NoRoom": {"VoicemailGreeting", "Beeping"},
    "MessageRecorded": {"Recording"},
    "MessageKept": {"Keeping"},
    "MessageLost": {"Keeping"},
    "RespondersFound": {"Finding"},
    "CommandFailed": {"Finding", "Finding, second level"},
    "PromptEnded": set(),
    "TimePassed": set(),
}
LATE: dict[str, ev.Event] = {
    "NoRoom": ev.NoRoom(),
    "MessageRecorded": ev.MessageRecorded(7.0),
    "MessageKept": ev.MessageKept("recording-0"),
    "MessageLost": ev.MessageLost("disk full"),
    "RespondersFound": ev.RespondersFound(0, (DAVE,)),
    "CommandFailed": ev.CommandFailed("FindResponders", "500"),
    "PromptEnded": ev.PromptEnded(f"{CALL}-play-99"),
    "TimePassed": ev.TimePassed(),
}


@pytest.mark.parametrize(
    ("name", "stage"), [(name, stage) for name in LATE for stage in EVERY_STAGE if stage not in NEWS[name]]
)
def test_what_comes_too_late_or_too_early_changes_nothing(name: str, stage: str) -> None:
    playbook = EVERY_STAGE[stage]()
    before = playbook.call
    assert playbook.happens(LATE[name]).does_nothing().call == before


def reports(number: int) -> list[ev.Event]:
    """All that a leg can report."""
    leg = f"{CALL}-leg-{number}"
    return [
        ev.LegRang(leg),
        ev.LegAnswered(leg),
        ev.LegPressed(leg, "1"),
        ev.LegEnded(leg, ev.LegEnd.BUSY),
        ev.Connected(leg),
        ev.ConnectFailed(leg, "404"),
    ]


def name_of(event: ev.Event) -> str:
    return type(event).__name__


@pytest.mark.parametrize("event", reports(1), ids=name_of)
def test_nothing_that_a_finished_leg_reports_changes_the_level_that_rings_now(event: ev.Event) -> None:
    playbook = (
        second_level().ends("alice").does_nothing().finds(DAVE, level=2).does("ring dave", "stop hold", "play level")
    )
    before = playbook.call
    assert playbook.happens(event).does_nothing().call == before


@pytest.mark.parametrize("event", reports(2), ids=name_of)
def test_nothing_that_a_losing_leg_reports_disturbs_a_conversation(event: ev.Event) -> None:
    playbook = talking()
    before = playbook.call
    assert playbook.happens(event).does_nothing().call == before


@pytest.mark.parametrize("event", [*LATE.values(), *reports(1), ev.CallerHungUp(), ev.CallerPressed("1")])
def test_nothing_happens_after_the_end(event: ev.Event) -> None:
    playbook = over()
    before = playbook.call
    assert playbook.happens(event).does_nothing().call == before


def test_the_end_of_a_prompt_that_was_stopped_is_late() -> None:
    welcomed().presses("2").does("stop welcome", "find payments level 1").hears_out("welcome").does_nothing()


def test_the_end_of_a_menu_prompt_that_was_repeated_does_not_start_the_timeout() -> None:
    playbook = choosing()
    stopped = ev.PromptEnded(f"{CALL}-play-{playbook.call.serial}")
    playbook.presses("7").does("stop menu", "play menu").happens(stopped).does_nothing()


def test_a_whisper_that_was_stopped_is_not_repeated() -> None:
    connecting().hears_out("whisper to alice").does_nothing()


def test_who_is_reported_to_answer_twice_is_greeted_once() -> None:
    confirming().answers("alice").does_nothing()


def test_a_phone_reported_gone_twice_is_gone_once() -> None:
    ringing().ends("alice").does_nothing().ends("alice", ev.LegEnd.BUSY).does_nothing()


def test_a_press_of_1_reported_twice_connects_once() -> None:
    connecting().keys("alice", "1").does_nothing().bridged("alice").does_nothing().bridged("alice").does_nothing()


def test_a_press_before_the_answer_is_reported_is_not_a_choice() -> None:
    ringing().keys("alice", "1").does_nothing()


def test_an_answer_to_who_is_on_call_that_comes_twice_rings_once() -> None:
    ringing().finds(ALICE, DAVE).does_nothing()


def test_a_bridge_that_stands_after_we_gave_it_up_is_not_a_conversation() -> None:
    connecting().due_after(5).does("drop alice", "separate", "start hold", "find platform level 2").bridged(
        "alice"
    ).does_nothing()


def test_a_bridge_that_fails_after_the_caller_hung_up_is_late() -> None:
    connecting().hangs_up().does("play caller_gone to alice").not_bridged("alice").does_nothing()


@pytest.mark.parametrize("stage", EVERY_STAGE)
def test_a_call_cannot_arrive_twice(stage: str) -> None:
    playbook = EVERY_STAGE[stage]()
    again = ev.CallArrived(CALL, "caller-channel", ev.Caller("", ""), "+14155551000", hotline())
    playbook.cannot(again, because="arrived twice")


@pytest.mark.parametrize("event", [*LATE.values(), ev.CallerHungUp()])
def test_nothing_can_happen_to_a_call_that_has_not_arrived(event: ev.Event) -> None:
    with pytest.raises(IllegalEvent, match="has not arrived"):
        step(None, event, NINE)


@pytest.mark.parametrize("stage", sorted(EVERY_STAGE.keys() - {"Over"}))
@pytest.mark.parametrize("event", reports(9), ids=name_of)
def test_a_leg_that_the_call_does_not_have_is_impossible(event: ev.Event, stage: str) -> None:
    EVERY_STAGE[stage]().cannot(event, because=f"there is no leg {CALL}-leg-9")


@pytest.mark.parametrize(
    "command", ["AnswerCaller", "PlayToCaller", "StopPrompt", "StartHold", "RecordTalk", "HangUpCaller"]
)
@pytest.mark.parametrize("stage", EVERY_STAGE)
def test_a_command_that_failed_is_left_to_the_stages_own_end(command: str, stage: str) -> None:
    EVERY_STAGE[stage]().happens(ev.CommandFailed(command, "500")).does_nothing()


def test_a_conversation_is_not_ended_by_a_caller_who_was_reported_gone_before_it_began() -> None:
    """The caller hung up while being connected: nobody talks, whatever Asterisk reports afterwards."""
    playbook = connecting().hangs_up().does("play caller_gone to alice").bridged("alice").does_nothing()
    assert playbook.call.connected_at is None


def test_digits_of_a_caller_who_is_being_hung_up_mean_nothing() -> None:
    closing().presses("1").does_nothing()
    talking().presses("1").does_nothing()
