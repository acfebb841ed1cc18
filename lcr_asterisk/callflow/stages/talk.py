"""Taking the call: the first press of 1, the bridge, and the conversation."""

from __future__ import annotations

from dataclasses import replace

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.keys import PASSED_ON, TOOK_IT
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.stages import legs, levels
from lcr_asterisk.callflow.states import Leg, LegStage
from lcr_asterisk.callflow.turn import ANSWER_GRACE, Turn


def pressed(turn: Turn, leg: Leg, digit: str) -> None:
    if leg.stage is not LegStage.SCREENING:
        return  # too late, or already talking
    if digit == TOOK_IT:
        win(turn, turn.change_leg(leg, pressed=digit))
    elif digit == PASSED_ON:
        legs.drop(turn, turn.change_leg(leg, pressed=digit), LegEnd.PASSED)
        levels.next_if_over(turn)


def win(turn: Turn, leg: Leg) -> None:
    turn.quieten()
    legs.choose(turn, leg)
    turn.do(do.Connect(leg.id))
    legs.release(turn, turn.call.plan.responder_messages.taken, LegEnd.TAKEN)
    turn.change(stage=st.Connecting(leg.id, leg.level, turn.now + ANSWER_GRACE))


def connected(turn: Turn, leg: Leg) -> None:
    if not isinstance(turn.call.stage, st.Connecting | st.CallingBack) or turn.call.stage.leg != leg.id:
        return  # the leg or the caller went in the same instant
    plan = turn.call.plan
    turn.change_leg(turn.known_leg(leg.id), joined_at=turn.now)
    turn.change(
        wait_until=None,
        connected_at=turn.now,
        reason=Reason.TAKEN,
        outcome=Outcome(Result.CONNECTED, Reason.TAKEN, answered_by=leg.person),
    )
    notice = plan.messages.notice if plan.record else None
    if notice is None:
        turn.change(stage=st.Talking(leg.id, turn.now, None, None, leg.level))
        if plan.record:
            turn.do(do.RecordTalk())
        return
    playback = turn.next_playback()
    turn.do(do.PlayToBoth(playback, notice))
    turn.change(stage=st.Talking(leg.id, turn.now, playback, turn.until_played(notice), leg.level))


def consent_given(turn: Turn, stage: st.Talking) -> None:
    """Both have heard that the call is recorded, so it is from here on."""
    turn.change(stage=replace(stage, notice=None, until=None))
    turn.do(do.RecordTalk())


def not_told(turn: Turn, stage: st.Talking) -> None:
    """The notice could not be played: nobody is recorded who was not told."""
    turn.change(stage=replace(stage, notice=None, until=None, untold=True))


def connect_failed(turn: Turn, leg: Leg) -> None:
    match turn.call.stage:
        case st.Connecting(leg=chosen, level=level) if chosen == leg.id:
            legs.drop(turn, leg, LegEnd.UNREACHABLE)
            look_further(turn, level)
        case _:
            pass  # the leg or the caller went in the same instant


def connect_again(turn: Turn, stage: st.Connecting, leg: Leg) -> None:
    if leg.live:
        turn.change(stage=replace(stage, until=turn.now + ANSWER_GRACE))
        turn.do(do.Connect(leg.id))
    else:
        levels.next_level(turn, leg.level)


def look_further(turn: Turn, level: int) -> None:
    """Who pressed 1 is gone. The caller may be in the bridge already, in which no hold music could be heard."""
    turn.do(do.Separate(()))
    levels.next_level(turn, level)
