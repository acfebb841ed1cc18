"""Walking the escalation policy: who is rung, for how long, and what follows when nobody takes the call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd, SkipReason
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import Then, combine
from lcr_asterisk.callflow.stages import ending, legs, voicemail
from lcr_asterisk.callflow.states import Leg, LegStage
from lcr_asterisk.callflow.turn import ANSWER_GRACE, Turn

REST = timedelta(seconds=1)  # a phone just dropped has to be free again before it can ring
PHONES_RING = st.Ringing | st.Summoning | st.BeingTold | st.BringingIn
RING_BACKSTOP = 5.0  # Asterisk's own ring timeout, in seconds beyond the level's


def start(turn: Turn, level: int) -> None:
    """Ask who is on call there. A caller who has begun to wait hears hold music meanwhile."""
    hold_on(turn)
    turn.do(do.FindResponders(turn.team.id, level))
    turn.change(stage=st.Finding(level, turn.now + ANSWER_GRACE, holding=bool(turn.call.legs)))


def hold_on(turn: Turn) -> None:
    """The phones of a level are out of the game: until the next ones ring, the caller hears hold music."""
    match turn.call.stage:
        case st.Ringing(notice=str(playback)):
            turn.do(do.StopPrompt(playback), do.StartHold(turn.call.plan.hold))
        case st.Connecting() | st.HandingOver():
            turn.do(do.StartHold(turn.call.plan.hold))
        case _:
            pass


def responders_found(turn: Turn, found: ev.RespondersFound) -> None:
    match turn.call.stage:
        case st.Finding(level=level) as stage if level == found.level:
            begin(turn, stage, found)
        case st.Ringing(level=level) as stage if level == found.level:
            ring_the_freed(turn, stage, found.responders)
        case _:
            pass  # late: the caller chose voicemail, or the level was given up


def begin(turn: Turn, stage: st.Finding, found: ev.RespondersFound) -> None:
    turn.change(skipped=tuple(dict.fromkeys(turn.call.skipped + found.skipped)))
    fresh = {who.person: who for who in found.responders if who.phones and who.person not in turn.call.rung}
    if not fresh:
        next_level(turn, found.level)
        return
    first = not turn.call.walked
    ring_until = turn.after(turn.team.levels[found.level].ring)
    ring(turn, found.level, fresh.values(), ring_until)
    notice = None
    if not stage.holding:
        turn.do(do.StartHold(turn.call.plan.hold))
    elif not first:
        turn.quieten()
        notice, _ = turn.play(turn.call.plan.messages.level)
    busy = frozenset(skip.person for skip in found.skipped if skip.reason is SkipReason.BUSY) - turn.call.rung
    turn.change(stage=st.Ringing(found.level, ring_until, notice, busy))


def freed(turn: Turn, person: str) -> None:
    """Somebody of this level is no longer on another call, and their phone will be free in a moment."""
    if isinstance(turn.call.stage, st.Ringing) and turn.call.waits_for(person):
        turn.change(stage=replace(turn.call.stage, ask_at=turn.now + REST))


def ask_for_the_freed(turn: Turn, stage: st.Ringing) -> None:
    if stage.ask_at is None or turn.now < stage.ask_at:
        return
    turn.change(stage=replace(stage, ask_at=None))
    if turn.now < stage.until:
        turn.do(do.FindResponders(turn.team.id, stage.level))


def ring_the_freed(turn: Turn, stage: st.Ringing, found: Sequence[ev.Responder]) -> None:
    """Only who was busy when the level started: who is on call was asked then."""
    if turn.now >= stage.until:
        return
    fresh = {who.person: who for who in found if who.phones and who.person in stage.busy}
    ring(turn, stage.level, fresh.values(), stage.until)
    turn.change(stage=replace(stage, busy=stage.busy - fresh.keys()))


def ring(turn: Turn, level: int, responders: Iterable[ev.Responder], until: datetime) -> None:
    """The phones of every responder, in one step."""
    for who in responders:
        turn.change(rung=turn.call.rung | {who.person})
        first, *others = who.phones
        leg = Leg("", who.person, who.name, first, level, turn.now, language=who.language)
        if who.in_order:
            ring_phone(turn, replace(leg, then=tuple(others)), until)
        else:
            for phone in who.phones:
                ring_phone(turn, replace(leg, phone=phone), until)


def ring_phone(turn: Turn, leg: Leg, level_until: datetime) -> None:
    """This leg rings until its level is over, or for its share where other phones of the person come after it."""
    left = level_until - turn.now
    share = left / (1 + len(leg.then))
    leg = replace(leg, id=f"{turn.call.id}-leg-{len(turn.call.legs) + 1}", until=turn.now + share if leg.then else None)
    turn.change(legs=(*turn.call.legs, leg))
    turn.do(do.RingLeg(leg.id, leg.phone, share.total_seconds() + RING_BACKSTOP))


def leg_over(turn: Turn, leg: Leg) -> None:
    """This leg, as it was before, is out of the game: the person's next phone rings, or the level may be over."""
    ring_next_phone(turn, leg)
    next_if_over(turn)


def ring_next_phone(turn: Turn, leg: Leg) -> None:
    stage = turn.call.stage
    rings = stage.bringing if isinstance(stage, st.Talking) else stage
    if isinstance(rings, PHONES_RING) and leg.then and turn.now < rings.until:
        phone, *others = leg.then
        following = Leg("", leg.person, leg.name, phone, leg.level, turn.now, language=leg.language)
        ring_phone(turn, replace(following, then=tuple(others)), rings.until)


def announced(turn: Turn, stage: st.Ringing) -> None:
    """The caller knows that the next level rings, and hears hold music again."""
    turn.change(stage=replace(stage, notice=None))
    turn.do(do.StartHold(turn.call.plan.hold))


def ring_time_over(turn: Turn, stage: st.Ringing) -> None:
    confirming = stop_ringing(turn)
    if confirming is not None:
        turn.change(stage=replace(stage, until=confirming, busy=frozenset(), ask_at=None))
    else:
        next_level(turn, stage.level)


def stop_ringing(turn: Turn) -> datetime | None:
    """Phones that nobody has answered stop. Until when one that was answered keeps its `confirm`, if there is one."""
    for leg in turn.call.legs:
        if leg.stage is LegStage.DIALLING:
            legs.drop(turn, leg, LegEnd.NO_ANSWER)
        elif leg.stage is LegStage.SCREENING:
            turn.change_leg(leg, then=())  # who does not confirm now is not rung on another phone
    return max((leg.until for leg in turn.call.legs if leg.pending and leg.until is not None), default=None)


def leg_timed_out(turn: Turn, leg: Leg) -> None:
    if leg.pending:
        legs.drop(turn, leg, LegEnd.NOT_CONFIRMED if leg.stage is LegStage.SCREENING else LegEnd.NO_ANSWER)
        leg_over(turn, leg)
    else:
        legs.drop(turn, leg)  # the end of its parting words was lost


def next_if_over(turn: Turn) -> None:
    if isinstance(turn.call.stage, st.Ringing) and not any(leg.pending for leg in turn.call.legs):
        next_level(turn, turn.call.stage.level)


def next_level(turn: Turn, level: int) -> None:
    if turn.waited_enough:
        give_up(turn, Reason.MAX_WAIT)
    elif level + 1 < len(turn.team.levels):
        start(turn, level + 1)
    elif turn.call.cycle < turn.team.repeat and turn.call.rung - turn.call.excused:
        hold_on(turn)
        turn.change(cycle=turn.call.cycle + 1, rung=turn.call.excused, stage=st.Resting(turn.now + REST))
    else:
        somebody = turn.call.walked or any(skip.reason is SkipReason.BUSY for skip in turn.call.skipped)
        give_up(turn, Reason.NO_ANSWER if somebody else Reason.NO_ONE_ON_CALL)


def give_up(turn: Turn, reason: Reason) -> None:
    """Nobody takes the call: say so, then voicemail or goodbye as the route has it."""
    plan = turn.call.plan
    if plan.pin is not None and turn.call.unproven:
        ending.turn_away(turn, plan.pin)
        return
    turn.quieten()
    turn.change(reason=reason, wait_until=None, team=turn.call.team or plan.team)
    nobody = reason is Reason.NO_ONE_ON_CALL
    then = plan.no_one_on_call if nobody else plan.no_answer
    to_voicemail = then is Then.VOICEMAIL
    parting = plan.responder_messages.caller_to_voicemail if to_voicemail else plan.responder_messages.caller_gone
    legs.release(turn, parting, LegEnd.CANCELLED)
    prompt = plan.messages.no_one_on_call if nobody else plan.messages.no_answer
    if not to_voicemail:
        prompt = combine(prompt.name, (prompt, plan.messages.goodbye))
        turn.change(outcome=Outcome(Result.UNANSWERED, reason))
    turn.change(stage=st.Apologising(*turn.play(prompt), prompt, to_voicemail))


def left_for_voicemail(turn: Turn) -> None:
    """The caller would rather leave a message than wait."""
    turn.quieten()
    legs.release(turn, turn.call.plan.responder_messages.caller_to_voicemail, LegEnd.CANCELLED)
    turn.change(reason=Reason.CALLER_CHOSE_VOICEMAIL, wait_until=None)
    voicemail.greet(turn)
