"""Going on after a gap in which events were lost: what Asterisk still has is compared with the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.stages import (
    arrival,
    callback,
    ending,
    in_call,
    leaving,
    legs,
    levels,
    menus,
    paged,
    talk,
    voicemail,
)
from lcr_asterisk.callflow.states import Leg, LegStage
from lcr_asterisk.callflow.turn import ANSWER_GRACE, Turn

LOOKING_FOR_SOMEONE = (st.Finding, st.Ringing, st.Connecting)


def resumed(turn: Turn, found: ev.Resumed) -> None:
    present = dict(found.legs)
    lost = [leg for leg in turn.call.legs if leg.live and leg.id not in present]
    for leg in turn.call.legs:
        if leg in lost:
            legs.gone(turn, leg, LegEnd.LOST)
        elif leg.stage in (LegStage.PARTING, LegStage.DROPPED):
            legs.drop(turn, leg)
    if isinstance(turn.call.stage, st.Summoning):
        summon_on(turn, turn.call.stage, found, lost)
        return
    if isinstance(turn.call.stage, st.BeingTold | st.Acknowledging):
        page_on(turn, turn.call.stage, found, lost)
        return
    if not found.caller_present:
        stage = turn.call.stage
        if turn.call.outgoing:
            callback.caller_left(turn, LegEnd.LOST)
        else:
            leaving.caller_left(turn)
        if isinstance(stage, st.Keeping):
            voicemail.keep_again(turn, stage)
        return
    joined = next((leg for leg in turn.call.legs if leg.wanted and leg.id in found.bridged), None)
    if joined is not None and isinstance(turn.call.stage, LOOKING_FOR_SOMEONE):
        # Bridged by a step whose journal entry was lost with the process: they talk, so they are connected.
        turn.quieten()
        legs.choose(turn, joined)
        legs.release(turn, turn.call.plan.responder_messages.taken, LegEnd.TAKEN)
        turn.change(stage=st.Connecting(joined.id, joined.level, turn.now + ANSWER_GRACE))
        talk.connected(turn, joined)
        return
    if isinstance(turn.call.stage, st.CallingBack):
        call_on(turn, turn.call.stage, answered=found.caller_answered, together=joined is not None)
        return
    if isinstance(turn.call.stage, st.Talking):
        talk_on(turn, turn.call.stage, found, lost)
        return
    if turn.call.awaits_another_talk or isinstance(turn.call.stage, LOOKING_FOR_SOMEONE):
        # It may not have been carried out, or who had taken the call is gone: in a bridge nothing else is heard.
        turn.do(do.Separate(()))
    re_enter(turn, present, lost)


def re_enter(turn: Turn, present: Mapping[str, bool], lost: Sequence[Leg]) -> None:
    """Go on in the same stage although its prompt, question or answer may be lost."""
    match turn.call.stage:
        case st.AskingPin(tries_left=tries_left):
            assert turn.call.plan.pin is not None
            turn.quieten()
            arrival.ask_pin(turn, turn.call.plan.pin.ask, tries_left)
        case st.Choosing(menu=menu, tries_left=tries_left):
            turn.quieten()
            menus.play(turn, menu, tries_left, menu.prompt)
        case st.Finding(level=level):
            levels.start(turn, level)
        case st.Ringing() as stage:
            ring_on(turn, stage, present, lost)
        case st.Connecting(leg=leg_id) as stage:
            talk.connect_again(turn, stage, turn.known_leg(leg_id))
        case st.HandingOver(prompt=prompt):
            turn.quieten()
            turn.change(stage=st.HandingOver(*turn.play(prompt), prompt))
        case st.Reviewing(prompt=prompt):
            turn.quieten()
            voicemail.ask(turn, prompt)
        case st.Apologising(prompt=prompt) | st.Parting(prompt=prompt) as stage:
            turn.quieten()
            playback, until = turn.play(prompt)
            turn.change(stage=replace(stage, playback=playback, until=until))
        case st.Closing():
            ending.hang_up(turn)
        case st.Keeping() as stage:
            voicemail.keep_again(turn, stage)
        case st.Arriving() | st.Welcoming():
            turn.quieten()
            arrival.first_prompt(turn)
        case st.VoicemailGreeting():
            turn.quieten()
            voicemail.greet(turn)
        case st.Beeping():
            turn.quieten()
            voicemail.beep(turn)
        case _:
            pass


def ring_on(turn: Turn, stage: st.Ringing, present: Mapping[str, bool], lost: Sequence[Leg]) -> None:
    """Someone may have answered meanwhile and be on the way here: their phone is not dropped as unanswered."""
    turn.quieten()
    soon = turn.now + ANSWER_GRACE
    turn.change(stage=replace(stage, notice=None, until=max(stage.until, soon)))
    turn.do(do.StartHold(turn.call.plan.hold))
    look_at_phones(turn, present, lost)
    levels.next_if_over(turn)
    if isinstance(turn.call.stage, st.Ringing) and stage.busy:
        turn.do(do.FindResponders(turn.team.id, stage.level))  # whoever got free did so unseen


def look_at_phones(
    turn: Turn, present: Mapping[str, bool], lost: Sequence[Leg], ask: Callable[[Turn, Leg], None] = legs.screen
) -> None:
    """Who has answered is asked, who is about to gets the time to come here, and after a lost phone rings the next."""
    for leg in turn.call.legs:
        if leg.pending and present[leg.id]:
            ask(turn, leg)
        elif leg.stage is LegStage.DIALLING and leg.until is not None:
            turn.change_leg(leg, until=max(leg.until, turn.now + ANSWER_GRACE))
    for leg in lost:
        levels.ring_next_phone(turn, leg)


def talk_on(turn: Turn, stage: st.Talking, found: ev.Resumed, lost: Sequence[Leg]) -> None:
    """Whoever talked and is still there goes on; so does whoever was asked to join, or was about to."""
    for leg in turn.call.legs:
        if leg.pending and leg.id in found.bridged and stage.bringing is not None:
            # Bridged by a step whose journal entry was lost with the process.
            legs.choose(turn, leg)
            stage = replace(stage, bringing=replace(stage.bringing, ringing=False, leg=leg.id))
    talkers = [leg.id for leg in in_call.talkers(turn)]
    apart = [leg for leg in talkers if leg not in found.bridged]
    if not talkers:
        in_call.close(turn)
        return
    stage = replace(stage, leg=stage.leg if stage.leg in talkers else talkers[0])
    turn.change(stage=stage)
    if apart == talkers:
        turn.do(do.Connect(stage.leg))
        apart.remove(stage.leg)
    turn.do(*(do.Join(leg) for leg in apart))
    if turn.call.plan.record and stage.notice is None and not stage.untold:
        turn.do(do.RecordTalk())
    if stage.bringing is not None:
        bring_in_on(turn, stage, stage.bringing, found, lost)


def bring_in_on(turn: Turn, stage: st.Talking, bringing: st.BringingIn, found: ev.Resumed, lost: Sequence[Leg]) -> None:
    """Somebody was asked for, was rung, or was about to be bridged."""
    if bringing.leg is not None and bringing.leg in found.bridged:
        legs.release(turn, turn.call.plan.responder_messages.taken, LegEnd.TAKEN)
        in_call.joined(turn, stage, turn.known_leg(bringing.leg))
    elif bringing.leg is not None and not turn.known_leg(bringing.leg).live:
        in_call.nobody_joins(turn, stage, bringing.by)
    elif bringing.leg is None and not bringing.ringing:
        in_call.look_for(turn, stage, bringing.by, bringing.level)
    else:
        soon = turn.now + ANSWER_GRACE
        turn.change(stage=replace(stage, bringing=replace(bringing, until=max(bringing.until, soon))))
        look_at_phones(turn, dict(found.legs), lost)
        in_call.end_if_nobody(turn)


def summon_on(turn: Turn, stage: st.Summoning, found: ev.Resumed, lost: Sequence[Leg]) -> None:
    """The caller has a line already where a press of 1 was lost with the process: whoever pressed it is still there."""
    turn.change(stage=st.Summoning(max(stage.until, turn.now + ANSWER_GRACE)))
    if found.caller_present:
        caller_is_called(turn, found)
    else:
        look_at_phones(turn, dict(found.legs), lost)
        callback.end_if_nobody(turn)


def caller_is_called(turn: Turn, found: ev.Resumed) -> None:
    """For whom is told by who is there, and in the bridge perhaps."""
    present = dict(found.legs)
    there = [leg for leg in turn.call.legs if leg.wanted and present[leg.id]]
    together = next((leg for leg in there if leg.id in found.bridged), None)
    if there:
        calling = callback.choose(turn, together or there[0])
        if turn.call.page is not None:
            turn.change(acknowledged=calling.leg)
        call_on(turn, calling, answered=found.caller_answered, together=together is not None)
    else:
        legs.drop_all(turn)
        callback.caller_has_a_line(turn)
        callback.responder_left(turn)


def page_on(turn: Turn, stage: st.BeingTold | st.Acknowledging, found: ev.Resumed, lost: Sequence[Leg]) -> None:
    """The caller has a line already where it was lost with the process that the page is acknowledged."""
    page = turn.call.page
    assert page is not None, "only a page call is in one of these stages"
    if found.caller_present and page.callback is not None:
        turn.change(callback=page.callback)
        caller_is_called(turn, found)
    elif isinstance(stage, st.Acknowledging):
        paged.wait(turn, stage)
    else:
        turn.change(stage=st.BeingTold(max(stage.until, turn.now + ANSWER_GRACE)))
        look_at_phones(turn, dict(found.legs), lost, paged.begin)
        paged.end_if_nobody(turn)


def call_on(turn: Turn, stage: st.CallingBack, *, answered: bool, together: bool) -> None:
    """The caller's phone still rings, or they have answered: then the bridge may stand already."""
    leg = turn.known_leg(stage.leg)
    if not leg.live:
        callback.responder_left(turn)
    elif together:
        callback.connected(turn, leg)
    elif answered or not turn.call.caller_rings:
        callback.note_answer(turn)
        callback.connect(turn, stage)
    else:
        turn.do(do.HoldLeg(leg.id, turn.call.plan.hold))
        turn.change(stage=replace(stage, until=max(stage.until, turn.now + ANSWER_GRACE)))
