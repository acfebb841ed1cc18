"""How a call ends: the last words, the hangup, and the outcome of it all."""

from __future__ import annotations

from datetime import timedelta

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import PinCheck, Prompt
from lcr_asterisk.callflow.stages import legs
from lcr_asterisk.callflow.turn import Turn

CLOSING_GRACE = timedelta(seconds=10)  # for the last hangups to be confirmed


def part(turn: Turn, prompt: Prompt, outcome: Outcome) -> None:
    """Last words, if the caller is still there to hear them; then the line closes."""
    turn.change(outcome=outcome, wait_until=None)
    if turn.call.caller_present:
        turn.change(stage=st.Parting(*turn.play(prompt), prompt))
    else:
        close(turn)


def turn_away(turn: Turn, pin: PinCheck) -> None:
    """Without a PIN a caller leaves no message either."""
    turn.quieten()
    part(turn, pin.wrong, Outcome(Result.REFUSED, Reason.WRONG_PIN))


def hang_up(turn: Turn) -> None:
    turn.do(do.HangUpCaller())
    close(turn)


def close(turn: Turn) -> None:
    turn.change(stage=st.Closing(turn.now + CLOSING_GRACE), wait_until=None)


def outcome_without_message(turn: Turn) -> Outcome:
    reason = turn.call.reason
    if reason in (Reason.NO_ANSWER, Reason.NO_ONE_ON_CALL, Reason.MAX_WAIT):
        return Outcome(Result.UNANSWERED, reason)
    return Outcome(Result.ABANDONED, Reason.NO_MESSAGE)


def settle(turn: Turn) -> None:
    """Note when the wait for somebody ended, and that the call is over once nobody is left."""
    if turn.call.wait_until is None and turn.call.waited_until is None:
        turn.change(waited_until=turn.now)
    done = isinstance(turn.call.stage, st.Closing) and not turn.call.caller_present
    if done and not any(leg.live for leg in turn.call.legs):
        turn.change(stage=st.Over())
    if turn.call.over and turn.call.ended_at is None:
        outcome = turn.call.outcome or Outcome(Result.FAILED, Reason.INTERNAL_ERROR)
        turn.change(ended_at=turn.now, outcome=outcome)
        turn.do(do.EndCall(outcome))


def stop_waiting_for_the_last(turn: Turn) -> None:
    """Some channel's end was never reported."""
    legs.drop_all(turn)
    if turn.call.caller_present:
        turn.do(do.HangUpCaller())
    turn.change(stage=st.Over(), caller_present=False)


def handed_over(turn: Turn) -> None:
    legs.drop_all(turn)
    outcome = turn.call.outcome or Outcome(Result.FAILED, Reason.INTERNAL_ERROR)
    turn.change(stage=st.Over(), caller_present=False, caller_left_at=turn.now, wait_until=None, outcome=outcome)
