"""The caller hangs up: who hears of it, what was said is kept, and what the call has come to."""

from __future__ import annotations

from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.stages import ending, legs, voicemail
from lcr_asterisk.callflow.states import LegStage
from lcr_asterisk.callflow.turn import Turn


def caller_left(turn: Turn) -> None:
    if not turn.call.caller_present:
        return
    outcome = outcome_on_leaving(turn)
    turn.change(caller_present=False, caller_left_at=turn.now, wait_until=None)
    words = turn.call.plan.responder_messages.caller_gone
    legs.release(turn, words, LegEnd.CANCELLED)
    for leg in turn.call.legs:
        if leg.stage is LegStage.CHOSEN and turn.call.connected_at:
            legs.drop(turn, leg, LegEnd.HUNG_UP)
        elif leg.stage is LegStage.CHOSEN:
            legs.explain(turn, leg, words, LegEnd.CANCELLED)
    match turn.call.stage:
        case st.Recording():
            turn.change(stage=st.Recording(turn.now + ending.CLOSING_GRACE))
        case st.Keeping():
            pass
        case st.Reviewing() | st.Beeping() if voicemail.keep_what_there_is(turn):
            pass
        case _:
            turn.change(outcome=turn.call.outcome or outcome)
            ending.close(turn)


def outcome_on_leaving(turn: Turn) -> Outcome:
    match turn.call.stage:
        case st.Arriving() | st.Welcoming():
            return Outcome(Result.ABANDONED, Reason.DURING_WELCOME)
        case st.AskingPin():
            return Outcome(Result.ABANDONED, Reason.DURING_PIN)
        case st.Choosing():
            return Outcome(Result.ABANDONED, Reason.DURING_MENU)
        case st.HandingOver() | st.Finding() | st.Ringing() | st.Resting() | st.Connecting():
            confirming = any(leg.stage in (LegStage.SCREENING, LegStage.CHOSEN) for leg in turn.call.legs)
            return Outcome(Result.ABANDONED, Reason.DURING_CONFIRMATION if confirming else Reason.WHILE_RINGING)
        case _:
            return ending.outcome_without_message(turn)
