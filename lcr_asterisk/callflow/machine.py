"""Every transition of a call: its rules, and the way from an event to the room in `stages/` that has the rule for it.

`step(call, event, now)` returns the next state and the commands to carry out. It never asks the time, never does I/O,
and gives the same answer to the same question, so a journal of events can be folded back into a state. The table of
all that can follow is docs/call-states.md.

The rules:

1.  A caller is answered at once and always hears something, while a key is awaited at least a tick. Every stage but a
    conversation has an end in time (`until`); every end leads to another stage and at last to Over. Only a caller who
    is blocked, or not on the list of those allowed, is refused before answer.
2.  arrival -> PIN -> welcome -> menu (-> menu ...) -> level 1 -> level 2 ... -> apology -> voicemail -> goodbye. What a
    route does not have is passed over. The pause before the first prompt is never added to ringing: with nothing to
    play, phones ring at once. Who cannot key a PIN in three tries, or within `max_wait`, comes no further: nobody is
    rung, and no message is taken. Keying nothing is a try too. No digit of a PIN ever gets here.
3.  Who is on call is asked when a level starts. Nobody to ring: the level is skipped in the same instant.
4.  A level rings all its phones at once; of a person who wants them in order, one after the other, each for its share
    of what is left of the level's time. It is over when its last leg is over, or, for legs nobody has answered, at
    `ring`; an answered leg keeps its `confirm`. Then the next level starts at once. Nobody is rung twice in one walk
    of the policy, nor while on another call; who gets free while their level rings is rung for what is left of it.
5.  The first press of 1 wins, exactly one. In that same step all other legs are dropped, or hear that it is taken.
6.  A winner who is gone before the bridge stands has not taken the call: the next level starts.
7.  2, busy, reject, a dead number and silence end that leg only.
8.  `max_wait` and `*` end the wait, not the call: apology or voicemail follow, and no level starts any more. Who
    pressed 1 in time is still connected.
9.  A message is kept before the caller hears so. A caller who hangs up while recording has left a message. Where the
    disk has no room for one, the caller is told instead of asked for it. Who ends it by `#` may record it again, three
    times in all; the one before stays on disk until there is another in its place.
10. When the caller is gone every leg is dropped, or told so if it had answered; nobody is rung afterwards.
11. Over is reached only when the caller and every leg are gone, or a backstop has passed.
12. Late and doubled events are normal and change nothing. An impossible one raises IllegalEvent and changes nothing.
13. Resumed (events were lost) re-enters the stage: what Asterisk no longer has is over, what it still has goes on.
14. A call back begins with the responder: who answers and presses 1 hears hold music while the caller's phone rings, as
    the hotline, and both talk once it is answered. It rings for nobody: who hangs up, stops it. Who cannot reach the
    caller hears so.
15. Where the route has keys for it, a responder who talks brings in the next level (the first of them who presses 1
    joins; nobody is rung for this who was rung before), hands the caller over to another team (which is walked like the
    first, within a fresh `max_wait`, without those who talked), or ends the call. Who keys something else keys it to
    the caller. A talk goes on as long as the caller and one responder are there; when the last responder leaves while
    phones ring for one to join, the caller waits for those.
16. A page call begins like a call back: who answers hears what the page is about, and presses 1 to take care of it, 2
    to pass it on, 3 to take care of it and call the caller back, 5 to hear it again. They hear that it is theirs when
    that is written down. Nobody listens for longer than the page waits for it; it ends at once where somebody else
    takes care of the page.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.keys import MESSAGE_OVER, TO_VOICEMAIL
from lcr_asterisk.callflow.outcome import Reason
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
    resume,
    talk,
    voicemail,
)
from lcr_asterisk.callflow.states import Call, Leg, LegStage
from lcr_asterisk.callflow.turn import Turn
from lcr_asterisk.errors import IllegalEvent


def step(call: Call | None, event: ev.Event, now: datetime) -> tuple[Call, tuple[do.Command, ...]]:
    """The next state of a call and what to do about it.

    `call` is None for the first event: CallArrived, or where it is we who call, CallbackAsked or PageCallAsked.

    `now` is an aware UTC time, never earlier than the one before. Raises IllegalEvent for what cannot happen.
    """
    if call is not None:
        turn = Turn(call, now)
        _take(turn, event)
    elif isinstance(event, ev.CallArrived):
        turn = Turn(_new_call(event, now), now)
        arrival.arrive(turn)
    elif isinstance(event, ev.CallbackAsked):
        turn = Turn(_new_callback(event, now), now)
        callback.summon(turn, event.responder)
    elif isinstance(event, ev.PageCallAsked):
        turn = Turn(_new_page_call(event, now), now)
        paged.call(turn, event.responder)
    else:
        raise IllegalEvent(f"{type(event).__name__} for a call that has not arrived")
    ending.settle(turn)
    return turn.call, tuple(turn.commands)


def _new_call(event: ev.CallArrived, now: datetime) -> Call:
    return Call(
        id=event.call,
        channel=event.channel,
        caller=event.caller,
        dialled=event.dialled,
        plan=event.plan,
        arrived_at=now,
        stage=st.Arriving(now + arrival.EAR_PAUSE),
        wait_until=now + timedelta(seconds=event.plan.max_wait),
    )


def _new_callback(event: ev.CallbackAsked, now: datetime) -> Call:
    return Call(
        id=event.call,
        channel=event.channel,
        caller=event.caller,
        dialled=event.dialled,
        plan=event.plan,
        arrived_at=now,
        stage=st.Summoning(now),
        wait_until=None,
        caller_present=False,
        team=event.plan.team,
        callback=event.callback,
    )


def _new_page_call(event: ev.PageCallAsked, now: datetime) -> Call:
    return Call(
        id=event.call,
        channel=event.channel,
        caller=event.caller,
        dialled=event.dialled,
        plan=event.plan,
        arrived_at=now,
        stage=st.BeingTold(now),
        wait_until=None,
        caller_present=False,
        team=event.plan.team,
        page=event.page,
    )


def _take(turn: Turn, event: ev.Event) -> None:
    match event:
        case ev.CallArrived() | ev.CallbackAsked() | ev.PageCallAsked():
            raise IllegalEvent(f"{turn.call.id}: arrived twice")
        case _ if turn.call.over:
            pass  # late
        case ev.TimePassed():
            _time_passed(turn)
        case ev.PromptEnded(playback=playback, failed=failed):
            _prompt_ended(turn, playback, failed)
        case ev.CallerPressed(digit=digit):
            _caller_pressed(turn, digit)
        case ev.PinKeyed(label=label):
            arrival.pin_keyed(turn, label)
        case ev.PinAccepted(label=label):
            arrival.pin_accepted(turn, label)
        case ev.PinWrong():
            arrival.pin_wrong(turn)
        case ev.CallerHungUp() if turn.call.outgoing:
            callback.caller_left(turn)
        case ev.CallerHungUp():
            leaving.caller_left(turn)
        case ev.CallerAnswered():
            callback.caller_answered(turn)
        case ev.CallerNotReached(end=end, detail=detail):
            callback.caller_left(turn, end, detail)
        case ev.RespondersFound() if isinstance(turn.call.stage, st.Talking):
            in_call.responders_found(turn, turn.call.stage, event)
        case ev.RespondersFound():
            levels.responders_found(turn, event)
        case ev.ResponderFreed(person=person):
            levels.freed(turn, person)
        case ev.LegRang(leg=leg_id):
            turn.known_leg(leg_id)
        case ev.PageNoted(ours=ours):
            paged.noted(turn, ours)
        case ev.PageSettled():
            paged.settled(turn)
        case ev.LegAnswered(leg=leg_id) if isinstance(turn.call.stage, st.BeingTold):
            paged.answered(turn, turn.known_leg(leg_id))
        case ev.LegAnswered(leg=leg_id):
            legs.answered(turn, turn.known_leg(leg_id))
        case ev.LegPressed(leg=leg_id, digit=digit) if isinstance(turn.call.stage, st.Summoning):
            callback.pressed(turn, turn.known_leg(leg_id), digit)
        case ev.LegPressed(leg=leg_id, digit=digit) if isinstance(turn.call.stage, st.BeingTold):
            paged.pressed(turn, turn.known_leg(leg_id), digit)
        case ev.LegPressed(leg=leg_id, digit=digit) if isinstance(turn.call.stage, st.Talking):
            in_call.pressed(turn, turn.call.stage, turn.known_leg(leg_id), digit)
        case ev.CodeAbandoned(leg=leg_id):
            in_call.abandon_code(turn, turn.known_leg(leg_id))
        case ev.LegPressed(leg=leg_id, digit=digit):
            talk.pressed(turn, turn.known_leg(leg_id), digit)
        case ev.LegEnded(leg=leg_id, end=end, detail=detail):
            _leg_ended(turn, turn.known_leg(leg_id), end, detail)
        case ev.Connected(leg=leg_id) if isinstance(turn.call.stage, st.CallingBack):
            callback.connected(turn, turn.known_leg(leg_id))
        case ev.Connected(leg=leg_id) if isinstance(turn.call.stage, st.Talking):
            in_call.joined(turn, turn.call.stage, turn.known_leg(leg_id))
        case ev.Connected(leg=leg_id):
            talk.connected(turn, turn.known_leg(leg_id))
        case ev.ConnectFailed(leg=leg_id) if isinstance(turn.call.stage, st.CallingBack):
            callback.connect_failed(turn, turn.known_leg(leg_id))
        case ev.ConnectFailed(leg=leg_id) if isinstance(turn.call.stage, st.Talking):
            in_call.connect_failed(turn, turn.call.stage, turn.known_leg(leg_id))
        case ev.ConnectFailed(leg=leg_id):
            talk.connect_failed(turn, turn.known_leg(leg_id))
        case ev.NoRoom():
            voicemail.no_room(turn)
        case ev.MessageRecorded(seconds=seconds):
            voicemail.recorded(turn, seconds)
        case ev.MessageKept(recording=recording):
            voicemail.kept(turn, recording)
        case ev.MessageLost():
            voicemail.lost(turn)
        case ev.CommandFailed(command=command):
            _command_failed(turn, command)
        case ev.HandedToDialplan():
            ending.handed_over(turn)
        case ev.Resumed():
            resume.resumed(turn, event)
        case _:
            assert_never(event)


def _time_passed(turn: Turn) -> None:
    if turn.waited_enough and not isinstance(turn.call.stage, st.Connecting):
        levels.give_up(turn, Reason.MAX_WAIT)
    for leg in turn.call.legs:
        if leg.until is not None and turn.now >= leg.until:
            if leg.stage is LegStage.CHOSEN:
                in_call.abandon_code(turn, leg)
            else:
                levels.leg_timed_out(turn, leg)
    if isinstance(turn.call.stage, st.Ringing):
        levels.ask_for_the_freed(turn, turn.call.stage)
    callback.end_if_nobody(turn)
    paged.end_if_nobody(turn)
    in_call.end_if_nobody(turn)
    if isinstance(turn.call.stage, st.Talking):
        in_call.time_passed(turn, turn.call.stage)
    until = getattr(turn.call.stage, "until", None)
    if until is None or turn.now < until:
        return
    match turn.call.stage:
        case st.Arriving():
            arrival.first_prompt(turn)
        case st.AskingPin() as stage:
            arrival.pin_paused(turn, stage)
        case st.Choosing(menu=menu, tries_left=tries_left):
            turn.quieten()
            menus.no_valid_choice(turn, menu, tries_left)
        case st.Finding(level=level):
            levels.next_level(turn, level)
        case st.Resting():
            levels.start(turn, 0)
        case st.Ringing() as stage:
            levels.ring_time_over(turn, stage)
        case st.Connecting(leg=leg_id):
            talk.connect_failed(turn, turn.known_leg(leg_id))
        case st.Summoning():
            callback.ring_time_over(turn)
        case st.BeingTold():
            paged.ring_time_over(turn)
        case st.Acknowledging() as stage:
            paged.not_noted(turn, stage)
        case st.CallingBack() as stage:
            callback.out_of_time(turn, stage)
        case st.Recording():
            # The end of the recording was not reported; whatever is on disk is kept.
            voicemail.keep(turn, turn.call.take, 0.0)
        case st.Reviewing():
            voicemail.nothing_keyed(turn)
        case st.Keeping() as stage:
            voicemail.still_keeping(turn, stage)
        case st.Closing():
            ending.stop_waiting_for_the_last(turn)
        case st.Talking() as stage:
            talk.consent_given(turn, stage)
        case _:
            turn.quieten()
            _prompt_over(turn)


def _prompt_ended(turn: Turn, playback: str, failed: bool) -> None:
    for leg in turn.call.legs:
        if leg.playback == playback and isinstance(turn.call.stage, st.BeingTold):
            paged.part_ended(turn, leg, failed)
            return
        if leg.playback == playback:
            legs.prompt_ended(turn, leg, failed)
            return
    match turn.call.stage:
        case st.AskingPin(playback=current) as stage if current == playback:
            arrival.pin_asked(turn, stage)
        case st.Choosing(playback=current) as stage if current == playback:
            menus.read_out(turn, stage)
        case st.Reviewing(playback=current) as stage if current == playback:
            voicemail.asked(turn, stage)
        case st.Ringing(notice=current) as stage if current == playback:
            levels.announced(turn, stage)
        case st.Talking(notice=current) as stage if current == playback and failed:
            talk.not_told(turn, stage)
        case st.Talking(notice=current) as stage if current == playback:
            talk.consent_given(turn, stage)
        case _ if getattr(turn.call.stage, "playback", None) == playback:
            _prompt_over(turn)
        case _:
            pass  # late: that prompt was stopped, or its stage is over


def _prompt_over(turn: Turn) -> None:
    """The stage's prompt is over, or its backstop has passed."""
    match turn.call.stage:
        case st.Welcoming():
            arrival.after_welcome(turn)
        case st.HandingOver():
            levels.start(turn, 0)
        case st.Apologising(to_voicemail=True):
            voicemail.greet(turn)
        case st.VoicemailGreeting():
            voicemail.beep(turn)
        case st.Beeping():
            voicemail.record(turn)
        case _:  # the last words, or an apology that nothing follows
            ending.hang_up(turn)


def _caller_pressed(turn: Turn, digit: str) -> None:
    match turn.call.stage:
        case _ if turn.call.unproven:
            pass  # what is keyed before a PIN is accepted comes without its digit
        case st.Arriving() | st.Welcoming() if turn.call.plan.refusal is None:
            arrival.interrupted(turn, digit)
        case st.Choosing(menu=menu, tries_left=tries_left):
            turn.quieten()
            menus.choose(turn, menu, tries_left, digit)
        case st.HandingOver() | st.Finding() | st.Ringing() | st.Resting() if digit == TO_VOICEMAIL:
            levels.left_for_voicemail(turn)
        case st.VoicemailGreeting():
            turn.quieten()
            voicemail.beep(turn)
        case st.Recording() as stage if digit == MESSAGE_OVER:
            voicemail.finished(turn, stage)
        case st.Reviewing():
            voicemail.reviewed(turn, digit)
        case _:
            pass


def _leg_ended(turn: Turn, leg: Leg, end: LegEnd, detail: str) -> None:
    if not leg.live:
        return
    legs.gone(turn, leg, end, detail)
    match turn.call.stage:
        case st.Ringing():
            levels.leg_over(turn, leg)
        case st.Summoning():
            callback.leg_over(turn, leg)
        case st.BeingTold():
            paged.leg_over(turn, leg)
        case st.CallingBack(leg=chosen) if chosen == leg.id:
            callback.responder_left(turn)
        case st.Connecting(leg=chosen, level=level) if chosen == leg.id:
            talk.look_further(turn, level)
        case st.Talking() as stage:
            in_call.leg_over(turn, stage, leg)
        case _:
            pass


def _command_failed(turn: Turn, command: str) -> None:
    match turn.call.stage:
        case st.Finding(level=level) if command == do.FindResponders.__name__:
            levels.next_level(turn, level)
        case st.Talking() as stage if command == do.FindResponders.__name__:
            in_call.not_found(turn, stage)
        case st.Recording() if command == do.RecordMessage.__name__:
            voicemail.never_began(turn)
        case _:
            pass  # logged with the journal; the stage's own deadline carries the call on
