"""Calling back: the responder's phones ring first; then, for who presses 1, the caller's, as the hotline."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import Callback, LegEnd, Responder
from lcr_asterisk.callflow.keys import PASSED_ON, TOOK_IT
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.stages import ending, leaving, legs, levels, talk
from lcr_asterisk.callflow.states import Leg, LegStage
from lcr_asterisk.callflow.turn import ANSWER_GRACE, Turn

CALLERS_PHONE_RINGS = timedelta(seconds=45)

NOT_REACHED = {
    LegEnd.BUSY: Reason.CALLER_BUSY,
    LegEnd.REJECTED: Reason.CALLER_REJECTED,
    LegEnd.NO_ANSWER: Reason.CALLER_NO_ANSWER,
    LegEnd.DEAD_NUMBER: Reason.CALLER_DEAD_NUMBER,
}


def summon(turn: Turn, responder: Responder) -> None:
    """All phones of the responder, or one after the other, as they want them."""
    until = turn.after(_callback(turn).ring)
    levels.ring(turn, 0, [responder], until)
    turn.change(stage=st.Summoning(until))


def leg_over(turn: Turn, leg: Leg) -> None:
    """This leg, as it was before, is out of the game: the person's next phone rings, or there is none left."""
    levels.ring_next_phone(turn, leg)
    end_if_nobody(turn)


def end_if_nobody(turn: Turn) -> None:
    if isinstance(turn.call.stage, st.Summoning) and not any(leg.pending for leg in turn.call.legs):
        end(turn, Outcome(Result.UNANSWERED, Reason.RESPONDER_NOT_REACHED))


def ring_time_over(turn: Turn) -> None:
    confirming = levels.stop_ringing(turn)
    if confirming is not None:
        turn.change(stage=st.Summoning(confirming))
    else:
        end_if_nobody(turn)


def pressed(turn: Turn, leg: Leg, digit: str) -> None:
    if leg.stage is not LegStage.SCREENING:
        return  # another phone of theirs was quicker
    if digit == TOOK_IT:
        call_back(turn, turn.change_leg(leg, pressed=digit))
    elif digit == PASSED_ON:
        turn.change_leg(leg, pressed=digit)
        drop_phones(turn, LegEnd.PASSED)
        end(turn, Outcome(Result.UNANSWERED, Reason.RESPONDER_PASSED))


def call_back(turn: Turn, leg: Leg) -> None:
    """The caller's phone rings; the responder on `leg` hears hold music meanwhile."""
    choose(turn, leg)
    seconds = CALLERS_PHONE_RINGS.total_seconds() + levels.RING_BACKSTOP
    turn.do(do.HoldLeg(leg.id, turn.call.plan.hold), do.DialCaller(_callback(turn).phone, leg.id, seconds))


def choose(turn: Turn, leg: Leg) -> st.CallingBack:
    """This leg it is for which the caller has a line from now on."""
    legs.choose(turn, leg)
    drop_phones(turn, LegEnd.TAKEN)
    caller_has_a_line(turn)
    stage = st.CallingBack(leg.id, turn.now + CALLERS_PHONE_RINGS)
    turn.change(stage=stage)
    return stage


def caller_has_a_line(turn: Turn) -> None:
    call = turn.call
    leg = Leg(call.channel, "", call.caller.name, _callback(turn).phone, 0, turn.now)
    turn.change(caller_present=True, caller_leg=leg)


def drop_phones(turn: Turn, end: LegEnd) -> None:
    """Without a word: whose phones they are knows why."""
    for leg in turn.call.legs:
        if leg.pending:
            legs.drop(turn, leg, end)


def caller_answered(turn: Turn) -> None:
    if not turn.call.caller_rings:
        return  # late
    note_answer(turn)
    if isinstance(turn.call.stage, st.CallingBack):
        connect(turn, turn.call.stage)
    else:
        turn.do(do.HangUpCaller())  # answered in the instant it was told to stop


def note_answer(turn: Turn) -> None:
    leg = turn.call.caller_leg
    assert leg is not None, "who is called has a leg"
    turn.change(caller_leg=replace(leg, stage=LegStage.CHOSEN, answered_at=leg.answered_at or turn.now))


def connect(turn: Turn, stage: st.CallingBack) -> None:
    turn.do(do.ReleaseLeg(stage.leg), do.Connect(stage.leg))
    turn.change(stage=replace(stage, until=turn.now + ANSWER_GRACE))


def connected(turn: Turn, leg: Leg) -> None:
    if isinstance(turn.call.stage, st.CallingBack) and turn.call.stage.leg == leg.id:
        note_answer(turn)  # it may not have been reported
        talk.connected(turn, leg)


def connect_failed(turn: Turn, leg: Leg) -> None:
    if isinstance(turn.call.stage, st.CallingBack) and turn.call.stage.leg == leg.id:
        stop_calling(turn, LegEnd.HUNG_UP)
        apologise(turn, turn.call.stage, Reason.CALLER_NOT_REACHED)


def out_of_time(turn: Turn, stage: st.CallingBack) -> None:
    """The caller does not answer, or what became of the bridge was never reported."""
    if turn.call.caller_rings:
        stop_calling(turn, LegEnd.NO_ANSWER)
        apologise(turn, stage, Reason.CALLER_NO_ANSWER)
    else:
        connect_failed(turn, turn.known_leg(stage.leg))


def caller_left(turn: Turn, end: LegEnd = LegEnd.HUNG_UP, detail: str = "") -> None:
    """The caller's line is closed, or was never open; whoever closed it."""
    leg = turn.call.caller_leg
    if leg is None or not leg.live:
        return
    gone = replace(leg, stage=LegStage.ENDED, ended_at=turn.now, end=leg.end or end, detail=detail)
    turn.change(caller_leg=gone)
    if isinstance(turn.call.stage, st.CallingBack):
        turn.change(caller_present=False, caller_left_at=turn.now)
        apologise(turn, turn.call.stage, NOT_REACHED.get(end, Reason.CALLER_NOT_REACHED))
    else:
        leaving.caller_left(turn)


def apologise(turn: Turn, stage: st.CallingBack, reason: Reason) -> None:
    """The responder hears that the caller could not be reached, and the line closes."""
    leg = turn.known_leg(stage.leg)
    if leg.live:
        turn.do(do.ReleaseLeg(leg.id))
        legs.explain(turn, leg, _callback(turn).failed, LegEnd.HUNG_UP)
    end(turn, Outcome(Result.UNANSWERED, reason))


def responder_left(turn: Turn) -> None:
    """Nobody would talk to the caller: their phone stops ringing."""
    stop_calling(turn, LegEnd.CANCELLED)
    end(turn, Outcome(Result.ABANDONED, Reason.RESPONDER_LEFT))


def stop_calling(turn: Turn, end: LegEnd) -> None:
    leg = turn.call.caller_leg
    assert leg is not None, "who is called has a leg"
    turn.do(do.HangUpCaller())
    turn.change(caller_leg=replace(leg, end=end))


def end(turn: Turn, outcome: Outcome) -> None:
    """Who acknowledged a page before has done so, whatever becomes of the call back."""
    if turn.call.acknowledged is not None:
        person = turn.known_leg(turn.call.acknowledged).person
        outcome = Outcome(Result.ACKNOWLEDGED, outcome.reason, answered_by=person)
    turn.change(outcome=outcome, reason=outcome.reason)
    ending.close(turn)


def _callback(turn: Turn) -> Callback:
    callback = turn.call.callback
    assert callback is not None, "only a call back is in one of these stages"
    return callback
