"""While people talk: who leaves, and what responders do by keys, to bring somebody in, hand over, or end the call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.keys import BRING_IN, END_CALL, PASSED_ON, TOOK_IT
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import InCallKeys, Prompt
from lcr_asterisk.callflow.stages import ending, legs, levels
from lcr_asterisk.callflow.states import Leg, LegStage
from lcr_asterisk.callflow.turn import ANSWER_GRACE, Turn

PAUSE = timedelta(seconds=2)  # after a key; then it was none of a code


def talkers(turn: Turn) -> list[Leg]:
    """Those responders with whom the caller talks, or will in an instant."""
    return [leg for leg in turn.call.legs if leg.stage is LegStage.CHOSEN]


# -- keys ------------------------------------------------------------------------------------------------------------


def pressed(turn: Turn, stage: st.Talking, leg: Leg, digit: str) -> None:
    """A key of a code; or, of somebody who is asked to join, the answer."""
    keys = turn.call.plan.in_call
    if leg.stage is LegStage.SCREENING:
        reply(turn, stage, leg, digit)
    elif leg.stage is LegStage.CHOSEN and keys is not None and keys.begins_code(leg.keyed + digit):
        key(turn, stage, leg, leg.keyed + digit, keys)


def key(turn: Turn, stage: st.Talking, leg: Leg, code: str, keys: InCallKeys) -> None:
    if code not in keys.codes:
        turn.change_leg(leg, keyed=code, until=turn.now + PAUSE)
        return
    leg = turn.change_leg(leg, keyed="", until=None)
    if code == BRING_IN:
        bring_in(turn, stage, leg)
    elif code == END_CALL:
        end(turn, stage)
    else:
        hand_over(turn, stage, leg, code, keys)


def abandon_code(turn: Turn, leg: Leg) -> None:
    """What was keyed is meant for the caller."""
    if leg.stage is LegStage.CHOSEN and leg.keyed:
        turn.do(do.PassOn(leg.keyed))
        turn.change_leg(leg, keyed="", until=None)


# -- bringing somebody in --------------------------------------------------------------------------------------------


def bring_in(turn: Turn, stage: st.Talking, leg: Leg) -> None:
    """Somebody of the next level shall join; once at a time."""
    if stage.bringing is None:
        look_for(turn, stage, leg.id, stage.level + 1)


def look_for(turn: Turn, stage: st.Talking, by: str, level: int) -> None:
    if level >= len(turn.team.levels):
        nobody_joins(turn, stage, by)
        return
    turn.do(do.FindResponders(turn.team.id, level))
    turn.change(stage=replace(stage, level=level, bringing=st.BringingIn(by, level, turn.now + ANSWER_GRACE)))


def responders_found(turn: Turn, stage: st.Talking, found: ev.RespondersFound) -> None:
    """Nobody is rung for this who was rung in this call before."""
    bringing = stage.bringing
    if bringing is None or bringing.ringing or bringing.leg is not None or found.level != bringing.level:
        return  # late
    rung = {leg.person for leg in turn.call.legs}
    fresh = {who.person: who for who in found.responders if who.phones and who.person not in rung}
    if not fresh:
        look_for(turn, stage, bringing.by, found.level + 1)
        return
    until = turn.after(turn.team.levels[found.level].ring)
    levels.ring(turn, found.level, fresh.values(), until)
    turn.change(stage=replace(stage, bringing=replace(bringing, until=until, ringing=True)))


def not_found(turn: Turn, stage: st.Talking) -> None:
    """Who is on call at that level cannot be told."""
    bringing = stage.bringing
    if bringing is not None and not bringing.ringing and bringing.leg is None:
        look_for(turn, stage, bringing.by, bringing.level + 1)


def reply(turn: Turn, stage: st.Talking, leg: Leg, digit: str) -> None:
    if digit == TOOK_IT:
        join(turn, stage, turn.change_leg(leg, pressed=digit))
    elif digit == PASSED_ON:
        legs.drop(turn, turn.change_leg(leg, pressed=digit), LegEnd.PASSED)
        end_if_nobody(turn)


def join(turn: Turn, stage: st.Talking, leg: Leg) -> None:
    """The first who presses 1, as for the call itself."""
    bringing = stage.bringing
    assert bringing is not None, "whoever is asked to join, somebody asked for"
    legs.choose(turn, leg)
    turn.do(do.Join(leg.id))
    legs.release(turn, turn.call.plan.responder_messages.taken, LegEnd.TAKEN)
    bridging = replace(bringing, until=turn.now + ANSWER_GRACE, ringing=False, leg=leg.id)
    turn.change(stage=replace(stage, bringing=bridging))


def joined(turn: Turn, stage: st.Talking, leg: Leg) -> None:
    if stage.bringing is not None and stage.bringing.leg == leg.id:
        turn.change_leg(leg, joined_at=turn.now)
        turn.change(stage=replace(stage, bringing=None))


def connect_failed(turn: Turn, stage: st.Talking, leg: Leg) -> None:
    """Somebody could not join. Or a bridge lost in a gap cannot be made again: then nobody is left in silence."""
    if leg.stage is not LegStage.CHOSEN:
        return  # gone in the same instant
    legs.drop(turn, leg, LegEnd.UNREACHABLE if leg.joined_at is None else LegEnd.LOST)
    others = talkers(turn)
    if leg.id == stage.leg and others:
        turn.do(do.Connect(others[0].id))  # with that bridge the caller has lost them all
    leave(turn, stage, leg)


def time_passed(turn: Turn, stage: st.Talking) -> None:
    bringing = stage.bringing
    if bringing is None or turn.now < bringing.until:
        return
    if bringing.leg is not None:
        connect_failed(turn, stage, turn.known_leg(bringing.leg))
    elif not bringing.ringing:
        not_found(turn, stage)
    elif (confirming := levels.stop_ringing(turn)) is not None:
        turn.change(stage=replace(stage, bringing=replace(bringing, until=confirming)))
    else:
        end_if_nobody(turn)


def end_if_nobody(turn: Turn) -> None:
    """Of those who were asked to join, nobody is left who could."""
    stage = turn.call.stage
    if not isinstance(stage, st.Talking) or stage.bringing is None or not stage.bringing.ringing:
        return
    if not any(leg.pending for leg in turn.call.legs):
        nobody_joins(turn, stage, stage.bringing.by)


def nobody_joins(turn: Turn, stage: st.Talking, by: str) -> None:
    """Who asked hears so; the caller does not."""
    turn.change(stage=replace(stage, bringing=None))
    leg, keys = turn.known_leg(by), turn.call.plan.in_call
    if leg.stage is LegStage.CHOSEN and leg.playback is None and keys is not None:
        playback = turn.next_playback()
        turn.change_leg(leg, playback=playback)
        turn.do(do.PlayAside(leg.id, playback, keys.nobody_joins))


# -- leaving ---------------------------------------------------------------------------------------------------------


def leg_over(turn: Turn, stage: st.Talking, leg: Leg) -> None:
    """This leg, as it was before, is gone: of one who talked, or of one who was asked to join."""
    if leg.stage is LegStage.CHOSEN:
        leave(turn, stage, leg)
    elif leg.pending:
        levels.ring_next_phone(turn, leg)
        end_if_nobody(turn)


def leave(turn: Turn, stage: st.Talking, leg: Leg) -> None:
    """The others go on; where nobody is left but the caller, they wait for who was asked to join, or the call ends."""
    others = [other.id for other in talkers(turn)]
    if not others:
        if stage.bringing is not None and any(other.pending for other in turn.call.legs):
            wait_for_them(turn, stage, stage.bringing, leg)
        else:
            close(turn)
        return
    stage = replace(stage, leg=stage.leg if stage.leg in others else others[0])
    turn.change(stage=stage)
    if stage.bringing is not None and stage.bringing.leg == leg.id:
        nobody_joins(turn, stage, stage.bringing.by)


def wait_for_them(turn: Turn, stage: st.Talking, bringing: st.BringingIn, leg: Leg) -> None:
    """Who asked for somebody is gone before they came: that hands the caller over to them."""
    if stage.notice is not None:
        turn.do(do.StopPrompt(stage.notice))
    turn.do(do.Separate(()), do.StartHold(turn.call.plan.hold))
    first = next(index for index, other in enumerate(turn.call.legs) if other.pending)
    begin_another_wait(turn, st.HandedOver(leg.person, frozenset({leg.person}), first))
    turn.change(stage=st.Ringing(bringing.level, bringing.until, None))


def close(turn: Turn) -> None:
    """The line of the caller, with whom nobody talks any more; and of those who would have."""
    legs.release(turn, turn.call.plan.responder_messages.caller_gone, LegEnd.CANCELLED)
    ending.hang_up(turn)


# -- handing over, and ending ----------------------------------------------------------------------------------------


def hand_over(turn: Turn, stage: st.Talking, leg: Leg, code: str, keys: InCallKeys) -> None:
    """The caller goes to another team, which is walked from its first level; all who talked are let go."""
    goal, left = keys.goal(code), talkers(turn)
    part(turn, stage, left, keys.handed_over)
    for other in left:
        legs.explain(turn, other, keys.handed_over, LegEnd.HANDED_OVER)
    persons = frozenset(other.person for other in left)
    turn.change(team=goal.team, rung=persons)
    begin_another_wait(turn, st.HandedOver(leg.person, persons, len(turn.call.legs)))
    turn.change(stage=st.HandingOver(*turn.play(goal.announcement), goal.announcement))


def begin_another_wait(turn: Turn, handed_over: st.HandedOver) -> None:
    """The caller waits as at the beginning, with a `max_wait` of their own."""
    turn.change(
        handed_over=handed_over,
        cycle=0,
        skipped=(),
        wait_until=turn.after(turn.call.plan.max_wait),
        connected_at=None,
        reason=None,
        outcome=None,
    )


def end(turn: Turn, stage: st.Talking) -> None:
    left, taken = talkers(turn), turn.call.outcome
    part(turn, stage, left, turn.call.plan.responder_messages.caller_gone)
    for leg in left:
        legs.hush(turn, leg)
        legs.drop(turn, leg, LegEnd.HUNG_UP)
    turn.change(reason=Reason.RESPONDER_ENDED)
    by = taken.answered_by if taken is not None else None
    ending.part(turn, turn.call.plan.messages.goodbye, Outcome(Result.CONNECTED, Reason.RESPONDER_ENDED, by))


def part(turn: Turn, stage: st.Talking, left: list[Leg], words: Prompt) -> None:
    """Nobody talks any more, and phones that rang for somebody to join stop; who had answered hears `words`."""
    if stage.notice is not None:
        turn.do(do.StopPrompt(stage.notice))
    turn.do(do.Separate(tuple(leg.id for leg in left)))
    legs.release(turn, words, LegEnd.TAKEN)
