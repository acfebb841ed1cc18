"""A call is over when nobody is left on any line, or when nothing more can be heard of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.states import LegStage
from tests.unit.callflow.journeys import (
    EVERY_STAGE,
    apologising,
    closing,
    confirming,
    finding,
    keeping,
    over,
    ringing,
    talking,
)
from tests.unit.callflow.plans import direct, prompt
from tests.unit.callflow.transcript import Playbook

UNTOLD = {"Recording", "Reviewing", "Keeping"}  # the message comes first


@pytest.mark.parametrize("stage", sorted(EVERY_STAGE.keys() - UNTOLD - {"Over"}))
def test_a_caller_who_hangs_up_leaves_no_phone_ringing_and_nobody_unaware(stage: str) -> None:
    playbook = EVERY_STAGE[stage]()
    playbook.happens(ev.CallerHungUp())
    assert not playbook.call.caller_present
    assert not any(leg.pending or leg.stage is LegStage.CHOSEN for leg in playbook.call.legs)
    assert playbook.call.outcome is not None


@pytest.mark.parametrize("stage", sorted(EVERY_STAGE.keys() - {"Over"}))
def test_a_call_of_which_nothing_more_is_heard_is_over_in_the_end(stage: str) -> None:
    playbook = EVERY_STAGE[stage]()
    playbook.happens(ev.CallerHungUp())
    for _ in range(10):
        deadline = playbook.call.deadline()
        if deadline is None:
            break
        playbook.now = deadline
        playbook.happens(ev.TimePassed())
    assert playbook.call.over


def test_who_hangs_up_during_the_apology_was_not_answered() -> None:
    apologising().hangs_up().does("end: unanswered, no_one_on_call")


def test_the_call_lasts_until_the_responder_has_heard_the_last_words() -> None:
    (
        confirming()
        .hangs_up()
        .does("stop whisper to alice", "play caller_gone to alice", "drop bob")
        .ends("bob")
        .does_nothing()
        .due_after(2 + 5)
        .does("drop alice")
        .ends("alice")
        .does("end: abandoned, during_confirmation")
    )


def test_no_line_is_left_open_when_nothing_is_heard_of_it() -> None:
    long_words = replace(direct().responder_messages, caller_gone=replace(prompt("caller_gone"), seconds=60.0))
    (
        confirming(replace(direct(), responder_messages=long_words))
        .hangs_up()
        .does("stop whisper to alice", "play caller_gone to alice", "drop bob")
        .due_after(10)
        .does("drop alice", "drop bob", "end: abandoned, during_confirmation")
    )


def test_a_call_whose_hangup_is_never_confirmed_is_over_all_the_same() -> None:
    closing().due_after(10).does("hang up", "end: refused, inactive")


def test_a_message_still_being_stored_keeps_the_call_open() -> None:
    keeping().hangs_up().does_nothing().due_after(2).does_nothing().due_after(30).does("end: failed, message_lost")


def test_hanging_up_twice_is_once() -> None:
    ringing().hangs_up().does("drop alice", "drop bob").hangs_up().does_nothing()


def test_an_ended_call_has_the_moment_and_the_outcome() -> None:
    call = over().call
    assert call.over
    assert call.outcome == Outcome(Result.REFUSED, Reason.INACTIVE)
    assert call.ended_at == over().now
    assert call.deadline() is None


def test_how_each_leg_ended_is_remembered_with_what_asterisk_said() -> None:
    playbook = ringing()
    playbook.happens(ev.LegEnded(playbook.call.legs[0].id, ev.LegEnd.REJECTED, "603 Decline")).does_nothing()
    leg = playbook.call.legs[0]
    assert (leg.stage, leg.end, leg.detail) == (LegStage.ENDED, ev.LegEnd.REJECTED, "603 Decline")
    assert leg.ended_at == playbook.now


def test_why_we_dropped_a_leg_says_more_than_how_its_channel_closed() -> None:
    playbook = ringing().due_after(25).does("drop alice", "drop bob", "find platform level 2")
    assert playbook.ends("alice", ev.LegEnd.HUNG_UP).does_nothing().call.legs[0].end is ev.LegEnd.NO_ANSWER


HANDED_OVER = ev.HandedToDialplan("a defect")


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        (finding, ["end: failed, internal_error"]),
        (ringing, ["drop alice", "drop bob", "end: failed, internal_error"]),
        (confirming, ["drop alice", "drop bob", "end: failed, internal_error"]),
        (talking, ["drop alice", "end: connected, taken, by alice"]),
        (over, []),
    ],
)
def test_a_caller_handed_to_the_dialplan_leaves_no_phone_ringing_here(
    stage: Callable[[], Playbook], told: list[str]
) -> None:
    playbook = stage().happens(HANDED_OVER).does(*told)
    assert playbook.call.over
    assert playbook.call.deadline() is None
