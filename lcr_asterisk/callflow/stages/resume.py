"""Going on after a gap in which events were lost: what Asterisk still has is compared with the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.stages import arrival, ending, leaving, legs, levels, menus, talk, voicemail
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
    if not found.caller_present:
        stage = turn.call.stage
        leaving.caller_left(turn)
        if isinstance(stage, st.Keeping):
            voicemail.keep_again(turn, stage)
        return
    joined = next((leg for leg in turn.call.legs if leg.wanted and leg.id in found.bridged), None)
    if joined is not None and isinstance(turn.call.stage, LOOKING_FOR_SOMEONE):
        # Bridged by a step whose journal entry was lost with the process: they talk, so they are connected.
        turn.quieten()
        legs.hush(turn, joined)
        turn.change_leg(joined, stage=LegStage.CHOSEN, until=None, playback=None)
        legs.release(turn, turn.call.plan.responder_messages.taken, LegEnd.TAKEN)
        turn.change(stage=st.Connecting(joined.id, joined.level, turn.now + ANSWER_GRACE))
        talk.connected(turn, joined)
        return
    re_enter(turn, present, lost, talking=joined is not None)


def re_enter(turn: Turn, present: Mapping[str, bool], lost: Sequence[Leg], *, talking: bool) -> None:
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
        case st.Connecting(leg=leg_id):
            talk.connect_again(turn, turn.known_leg(leg_id))
        case st.Talking() as stage:
            talk.talk_on(turn, stage, together=talking)
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
    for leg in turn.call.legs:
        if leg.pending and present[leg.id]:
            legs.screen(turn, leg)
        elif leg.stage is LegStage.DIALLING and leg.until is not None:
            turn.change_leg(leg, until=max(leg.until, soon))
    for leg in lost:
        levels.ring_next_phone(turn, leg)
    levels.next_if_over(turn)
    if isinstance(turn.call.stage, st.Ringing) and stage.busy:
        turn.do(do.FindResponders(turn.team.id, stage.level))  # whoever got free did so unseen
