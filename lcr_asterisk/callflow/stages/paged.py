"""Telling a responder of a page: who answers hears what it is about and decides by a key. The page hears of it too.

What the page is told (it is listened to, acknowledged, or was not heeded) is derived from the call's state by whoever
writes it down; `PageNoted` answers an acknowledgement.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd, PageCall, Responder
from lcr_asterisk.callflow.keys import AGAIN, CALL_BACK, PASSED_ON, TOOK_IT
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import Prompt
from lcr_asterisk.callflow.stages import callback, legs, levels
from lcr_asterisk.callflow.states import Leg, LegStage
from lcr_asterisk.callflow.turn import Turn

NOTED_SOON = timedelta(seconds=1)
NOTED_AT_ALL = timedelta(seconds=30)


def call(turn: Turn, responder: Responder) -> None:
    """All phones of the responder, or one after the other, as they want them."""
    until = turn.after(_page(turn).ring)
    levels.ring(turn, 0, [responder], until)
    turn.change(stage=st.BeingTold(until))


def answered(turn: Turn, leg: Leg) -> None:
    if leg.stage is LegStage.DIALLING:
        begin(turn, leg)
    else:
        legs.answered(turn, leg)


def begin(turn: Turn, leg: Leg) -> None:
    """From the first word on. A page waits for those who listen, but not for ever."""
    legs.hush(turn, leg)
    page = _page(turn)
    leg = turn.change_leg(leg, stage=LegStage.SCREENING, answered_at=leg.answered_at or turn.now)
    first = min(other.answered_at for other in turn.call.legs if other.answered_at is not None)
    wanted = turn.after(sum(part.seconds for part in page.tell) + turn.call.plan.confirm)
    leg = turn.change_leg(leg, until=min(wanted, first + timedelta(seconds=page.listens)))
    _tell(turn, leg, 0)


def _tell(turn: Turn, leg: Leg, part: int) -> None:
    playback = turn.next_playback()
    turn.change_leg(leg, playback=playback, part=part)
    turn.do(do.PlayToLeg(leg.id, playback, _page(turn).tell[part]))


def part_ended(turn: Turn, leg: Leg, failed: bool) -> None:
    """The next part follows also where this one, the caller's message perhaps, could not be played."""
    last = len(_page(turn).tell) - 1
    if leg.part < last or not failed:
        _tell(turn, leg, min(leg.part + 1, last))


def pressed(turn: Turn, leg: Leg, digit: str) -> None:
    if leg.stage is not LegStage.SCREENING:
        return  # another phone of theirs was quicker
    if digit == TOOK_IT or (digit == CALL_BACK and _page(turn).callback is not None):
        acknowledge(turn, turn.change_leg(leg, pressed=digit))
    elif digit == PASSED_ON:
        legs.explain(turn, turn.change_leg(leg, pressed=digit), _page(turn).passed, LegEnd.PASSED)
        callback.drop_phones(turn, LegEnd.PASSED)
        callback.end(turn, Outcome(Result.UNANSWERED, Reason.RESPONDER_PASSED))
    elif digit == AGAIN:
        begin(turn, leg)


def acknowledge(turn: Turn, leg: Leg) -> None:
    """They hear that it is theirs only when that is written down: until then somebody else may be called."""
    legs.choose(turn, leg)
    callback.drop_phones(turn, LegEnd.TAKEN)
    stage = st.Acknowledging(leg.id, turn.now + NOTED_SOON, calls_back=leg.pressed == CALL_BACK)
    turn.change(acknowledged=leg.id, stage=stage)


def noted(turn: Turn, ours: bool) -> None:
    stage = turn.call.stage
    if not isinstance(stage, st.Acknowledging):
        return  # late: they were told that it is not written down yet
    page, leg = _page(turn), turn.known_leg(stage.leg)
    if stage.holding and leg.live:
        turn.do(do.ReleaseLeg(leg.id))
    if not ours:
        turn.change(acknowledged=None)
        _part(turn, leg, page.settled, LegEnd.TAKEN)
        callback.end(turn, Outcome(Result.UNANSWERED, Reason.SETTLED))
    elif stage.calls_back and leg.live:
        turn.change(callback=page.callback)
        callback.call_back(turn, leg)
    else:
        _part(turn, leg, page.thanks, LegEnd.HUNG_UP)
        callback.end(turn, Outcome(Result.ACKNOWLEDGED, Reason.TAKEN))


def not_noted(turn: Turn, stage: st.Acknowledging) -> None:
    """It takes too long: the responder hears music, and at last that others may still be called."""
    if not stage.holding:
        wait(turn, stage)
        return
    leg = turn.known_leg(stage.leg)
    if leg.live:
        turn.do(do.ReleaseLeg(leg.id))
    _part(turn, leg, _page(turn).not_noted, LegEnd.HUNG_UP)
    callback.end(turn, Outcome(Result.ACKNOWLEDGED, Reason.NOT_NOTED))


def wait(turn: Turn, stage: st.Acknowledging) -> None:
    if turn.known_leg(stage.leg).live:
        turn.do(do.HoldLeg(stage.leg, turn.call.plan.hold))
    turn.change(stage=replace(stage, holding=True, until=turn.now + NOTED_AT_ALL))


def settled(turn: Turn) -> None:
    """Phones stop ringing, and who listens hears why they need not."""
    if not isinstance(turn.call.stage, st.BeingTold):
        return  # it was this very call in which the page was acknowledged, or nobody listens any more
    legs.release(turn, _page(turn).settled, LegEnd.TAKEN)
    callback.end(turn, Outcome(Result.UNANSWERED, Reason.SETTLED))


def leg_over(turn: Turn, leg: Leg) -> None:
    """This leg, as it was before, is out of the game: the person's next phone rings, or there is none left."""
    levels.ring_next_phone(turn, leg)
    end_if_nobody(turn)


def end_if_nobody(turn: Turn) -> None:
    if isinstance(turn.call.stage, st.BeingTold) and not any(leg.pending for leg in turn.call.legs):
        listened = any(leg.answered_at is not None for leg in turn.call.legs)
        reason = Reason.NOT_ACKNOWLEDGED if listened else Reason.RESPONDER_NOT_REACHED
        callback.end(turn, Outcome(Result.UNANSWERED, reason))


def ring_time_over(turn: Turn) -> None:
    telling = levels.stop_ringing(turn)
    if telling is not None:
        turn.change(stage=st.BeingTold(telling))
    else:
        end_if_nobody(turn)


def _part(turn: Turn, leg: Leg, words: Prompt, end: LegEnd) -> None:
    """Last words, if they are still there to hear them."""
    if leg.live:
        legs.explain(turn, leg, words, end)


def _page(turn: Turn) -> PageCall:
    page = turn.call.page
    assert page is not None, "only a page call is in one of these stages"
    return page
