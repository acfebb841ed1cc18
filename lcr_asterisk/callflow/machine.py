"""Every transition of a call, in one file.

`step(call, event, now)` returns the next state and the commands to carry out. It never asks the time, never does I/O,
and gives the same answer to the same question, so a journal of events can be folded back into a state.

The rules:

1.  A caller is answered at once and always hears something. Every stage but a conversation has an end in time
    (`until`); every end leads to another stage and at last to Over. Only a caller who is blocked, or not on the list of
    those allowed, is refused before answer.
2.  arrival -> PIN -> welcome -> menu (-> menu ...) -> level 1 -> level 2 ... -> apology -> voicemail -> goodbye. What a
    route does not have is passed over. The pause before the first prompt is never added to ringing: with nothing to
    play, phones ring at once. Who cannot key a PIN in three tries, or within `max_wait`, comes no further: nobody is
    rung, and no message is taken. Keying nothing is a try too. No digit of a PIN ever gets here.
3.  Who is on call is asked when a level starts. Nobody to ring: the level is skipped in the same instant.
4.  A level rings all its phones at once. It is over when its last leg is over, or, for legs nobody has answered, at
    `ring`; an answered leg keeps its `confirm`. Then the next level starts at once. Nobody is rung twice in one walk
    of the policy.
5.  The first press of 1 wins, exactly one. In that same step all other legs are dropped, or hear that it is taken.
6.  A winner who is gone before the bridge stands has not taken the call: the next level starts.
7.  2, busy, reject, a dead number and silence end that leg only.
8.  `max_wait` and `*` end the wait, not the call: apology or voicemail follow, and no level starts any more. Who
    pressed 1 in time is still connected.
9.  A message is kept before the caller hears so. A caller who hangs up while recording has left a message.
10. When the caller is gone every leg is dropped, or told so if it had answered; nobody is rung afterwards.
11. Over is reached only when the caller and every leg are gone, or a backstop has passed.
12. Late and doubled events are normal and change nothing. An impossible one raises IllegalEvent and changes nothing.
13. Resumed (events were lost) re-enters the stage: what Asterisk no longer has is over, what it still has goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd, SkipReason
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import Menu, PinCheck, Prompt, Refusal, RouteType, Then, combine
from lcr_asterisk.callflow.states import Call, Leg, LegStage
from lcr_asterisk.callflow.turn import Turn
from lcr_asterisk.errors import IllegalEvent

EAR_PAUSE = timedelta(milliseconds=500)  # between answering and the first prompt
ANSWER_GRACE = timedelta(seconds=5)  # for FindResponders and Connect
QUIET_KEEPING = timedelta(seconds=2)  # a disk takes less; then the caller hears that the line is alive
KEEP_GRACE = timedelta(seconds=30)  # for the disk and the database
REST = timedelta(seconds=1)  # between two walks of the policy: a phone just dropped has to be free again
CLOSING_GRACE = timedelta(seconds=10)  # for the last hangups to be confirmed
PIN_TRIES = 3
PIN_TIMEOUT = timedelta(seconds=6)  # for the next digit
PIN_PAUSE = timedelta(seconds=2)  # after a whole PIN without #, or digits keyed ahead of the question
RING_BACKSTOP = 5.0  # Asterisk's own ring timeout, in seconds beyond the level's

TOOK_IT = "1"
PASSED_ON = "2"
TO_VOICEMAIL = "*"

MESSAGE_LOST = Outcome(Result.FAILED, Reason.MESSAGE_LOST)
REFUSED = {
    Refusal.INACTIVE: Outcome(Result.REFUSED, Reason.INACTIVE),
    Refusal.UNKNOWN_NUMBER: Outcome(Result.REFUSED, Reason.UNKNOWN_NUMBER),
    Refusal.BLOCKED: Outcome(Result.REFUSED, Reason.BLOCKED_CALLER),
    Refusal.NOT_ALLOWED: Outcome(Result.REFUSED, Reason.NOT_ALLOWED),
}
LOOKING_FOR_SOMEONE = (st.Finding, st.Ringing, st.Connecting)


def step(call: Call | None, event: ev.Event, now: datetime) -> tuple[Call, tuple[do.Command, ...]]:
    """The next state of a call and what to do about it. `call` is None for the first event, which is CallArrived.

    `now` is an aware UTC time, never earlier than the one before. Raises IllegalEvent for what cannot happen.
    """
    if call is not None:
        turn = _Rules(call, now)
        turn.take(event)
    elif isinstance(event, ev.CallArrived):
        turn = _Rules(_new_call(event, now), now)
        turn.arrive()
    else:
        raise IllegalEvent(f"{type(event).__name__} for a call that has not arrived")
    turn.settle()
    return turn.call, tuple(turn.commands)


def _new_call(event: ev.CallArrived, now: datetime) -> Call:
    return Call(
        id=event.call,
        channel=event.channel,
        caller=event.caller,
        dialled=event.dialled,
        plan=event.plan,
        arrived_at=now,
        stage=st.Arriving(now + EAR_PAUSE),
        wait_until=now + timedelta(seconds=event.plan.max_wait),
    )


class _Rules(Turn):
    """The rules, by stage of the call: each leaves `call` and `commands` as they are after what has happened."""

    # -- events ----------------------------------------------------------------------------------------------------

    def take(self, event: ev.Event) -> None:
        match event:
            case ev.CallArrived():
                raise IllegalEvent(f"{self.call.id}: arrived twice")
            case _ if self.call.over:
                pass  # late
            case ev.TimePassed():
                self.time_passed()
            case ev.PromptEnded(playback=playback, failed=failed):
                self.prompt_ended(playback, failed)
            case ev.CallerPressed(digit=digit):
                self.caller_pressed(digit)
            case ev.PinKeyed(label=label):
                self.pin_keyed(label)
            case ev.PinAccepted(label=label):
                self.pin_accepted(label)
            case ev.PinWrong():
                self.pin_wrong()
            case ev.CallerHungUp():
                self.caller_left()
            case ev.RespondersFound():
                self.responders_found(event)
            case ev.LegRang(leg=leg_id):
                self.known_leg(leg_id)
            case ev.LegAnswered(leg=leg_id):
                self.leg_answered(self.known_leg(leg_id))
            case ev.LegPressed(leg=leg_id, digit=digit):
                self.leg_pressed(self.known_leg(leg_id), digit)
            case ev.LegEnded(leg=leg_id, end=end, detail=detail):
                self.leg_ended(self.known_leg(leg_id), end, detail)
            case ev.Connected(leg=leg_id):
                self.connected(self.known_leg(leg_id))
            case ev.ConnectFailed(leg=leg_id):
                self.connect_failed(self.known_leg(leg_id))
            case ev.MessageRecorded(seconds=seconds):
                self.message_recorded(seconds)
            case ev.MessageKept(recording=recording):
                self.message_kept(recording)
            case ev.MessageLost():
                self.message_lost()
            case ev.CommandFailed(command=command):
                self.command_failed(command)
            case ev.HandedToDialplan():
                self.handed_over()
            case ev.Resumed():
                self.resumed(event)
            case _:
                assert_never(event)

    @property
    def waited_enough(self) -> bool:
        """Whether `max_wait` has passed."""
        return self.call.wait_until is not None and self.now >= self.call.wait_until

    def time_passed(self) -> None:
        if self.waited_enough and not isinstance(self.call.stage, st.Connecting):
            self.give_up(Reason.MAX_WAIT)
        for leg in self.call.legs:
            if leg.until is not None and self.now >= leg.until:
                self.leg_timed_out(leg)
        until = getattr(self.call.stage, "until", None)
        if until is None or self.now < until:
            return
        match self.call.stage:
            case st.Arriving():
                self.first_prompt()
            case st.AskingPin() as stage:
                self.pin_paused(stage)
            case st.Choosing(menu=menu, tries_left=tries_left):
                self.quieten()
                self.no_valid_choice(menu, tries_left)
            case st.Finding(level=level):
                self.next_level(level)
            case st.Resting():
                self.start_level(0)
            case st.Ringing() as stage:
                self.ring_time_over(stage)
            case st.Connecting(leg=leg_id):
                self.connect_failed(self.known_leg(leg_id))
            case st.Recording():
                # The end of the recording was not reported; whatever is on disk is kept.
                self.keep_message(0.0)
            case st.Keeping() as stage:
                self.still_keeping(stage)
            case st.Closing():
                self.drop_all()
                if self.call.caller_present:
                    self.do(do.HangUpCaller())
                self.change(stage=st.Over(), caller_present=False)
            case st.Talking() as stage:
                self.consent_given(stage)
            case _:
                self.quieten()
                self.prompt_over()

    def prompt_ended(self, playback: str, failed: bool) -> None:
        for leg in self.call.legs:
            if leg.playback == playback:
                self.leg_prompt_ended(leg, failed)
                return
        match self.call.stage:
            case st.AskingPin(playback=current) as stage if current == playback:
                self.change(stage=replace(stage, playback=None, until=self.now + PIN_TIMEOUT))
            case st.Choosing(playback=current) as stage if current == playback:
                self.change(stage=replace(stage, playback=None, until=self.after(stage.menu.timeout)))
            case st.Ringing(notice=current) as stage if current == playback:
                self.change(stage=replace(stage, notice=None))
                self.do(do.StartHold(self.call.plan.hold))
            case st.Talking(notice=current) as stage if current == playback:
                self.consent_given(stage)
            case _ if getattr(self.call.stage, "playback", None) == playback:
                self.prompt_over()
            case _:
                pass  # late: that prompt was stopped, or its stage is over

    def prompt_over(self) -> None:
        """The stage's prompt is over, or its backstop has passed."""
        match self.call.stage:
            case st.Welcoming():
                self.after_welcome()
            case st.Apologising(to_voicemail=True):
                self.greet_voicemail()
            case st.VoicemailGreeting():
                self.beep()
            case st.Beeping():
                limits = self.call.plan.voicemail
                self.do(do.RecordMessage(limits))
                self.change(stage=st.Recording(self.after(limits.longest) + KEEP_GRACE))
            case _:  # the last words, or an apology that nothing follows
                self.hang_up()

    def caller_pressed(self, digit: str) -> None:
        match self.call.stage:
            case _ if self.call.unproven:
                pass  # what is keyed before a PIN is accepted comes without its digit
            case st.Arriving() | st.Welcoming() if self.call.plan.refusal is None:
                self.quieten()
                menu = self.call.plan.menu
                if menu is not None:
                    # Someone who knows the menu dials ahead: the digit counts as the choice.
                    self.choose(menu, menu.tries, digit)
                else:
                    self.after_welcome()
            case st.Choosing(menu=menu, tries_left=tries_left):
                self.quieten()
                self.choose(menu, tries_left, digit)
            case st.Finding() | st.Ringing() | st.Resting() if digit == TO_VOICEMAIL:
                self.quieten()
                self.release_legs(self.call.plan.responder_messages.caller_to_voicemail, LegEnd.CANCELLED)
                self.change(reason=Reason.CALLER_CHOSE_VOICEMAIL, wait_until=None)
                self.greet_voicemail()
            case st.VoicemailGreeting():
                self.quieten()
                self.beep()
            case _:
                pass

    # -- arrival, PIN, welcome, menu -------------------------------------------------------------------------------

    def arrive(self) -> None:
        refusal = self.call.plan.refusal
        if refusal is not None and refusal.before_answer:
            self.do(do.RejectCaller())
            self.change(outcome=REFUSED[refusal])
            self.close()
            return
        self.do(do.AnswerCaller())
        if self.call.plan.rings_at_once:
            self.after_welcome()

    def first_prompt(self) -> None:
        plan = self.call.plan
        if plan.refusal is not None:
            inactive = plan.refusal is Refusal.INACTIVE
            words = plan.messages.inactive if inactive else plan.messages.unknown_number
            self.part(words, REFUSED[plan.refusal])
        elif plan.pin is not None and self.call.unproven:
            self.ask_pin(plan.pin.ask, PIN_TRIES)
        else:
            self.welcome()

    def ask_pin(self, prompt: Prompt, tries_left: int) -> None:
        playback, until = self.play(prompt)
        self.change(stage=st.AskingPin(tries_left, playback, until + PIN_TIMEOUT))

    def pin_keyed(self, label: str | None) -> None:
        match self.call.stage:
            case st.Arriving() if self.call.unproven:  # someone who knows what will be asked, or a stray key
                self.change(stage=st.AskingPin(PIN_TRIES, None, self.now + PIN_PAUSE, label, asked=False))
            case st.AskingPin() as stage:
                self.quieten()
                until = self.now + (PIN_TIMEOUT if label is None and stage.asked else PIN_PAUSE)
                self.change(stage=replace(stage, playback=None, until=until, label=label))
            case _:
                pass  # late: the last try is over

    def pin_paused(self, stage: st.AskingPin) -> None:
        """Nothing more was keyed: so that was the PIN, or it was none."""
        if stage.label is not None:
            self.pin_accepted(stage.label)
        elif not stage.asked and self.call.plan.pin is not None:
            self.ask_pin(self.call.plan.pin.ask, stage.tries_left)
        else:
            self.pin_wrong()

    def pin_accepted(self, label: str) -> None:
        if isinstance(self.call.stage, st.AskingPin):
            self.quieten()
            self.change(label=label)
            self.welcome()

    def pin_wrong(self) -> None:
        """A wrong PIN or none: asked again with a word before it, until the tries are used up."""
        pin = self.call.plan.pin
        if not isinstance(self.call.stage, st.AskingPin) or pin is None:
            return
        tries_left = self.call.stage.tries_left - 1
        if tries_left:
            self.quieten()
            self.ask_pin(combine(pin.ask.name, (self.call.plan.messages.wrong_choice, pin.ask)), tries_left)
        else:
            self.turn_away(pin)

    def turn_away(self, pin: PinCheck) -> None:
        """Without a PIN a caller leaves no message either."""
        self.quieten()
        self.part(pin.wrong, Outcome(Result.REFUSED, Reason.WRONG_PIN))

    def welcome(self) -> None:
        plan = self.call.plan
        if plan.messages.welcome is not None:
            self.change(stage=st.Welcoming(*self.play(plan.messages.welcome)))
        else:
            self.after_welcome()

    def after_welcome(self) -> None:
        plan = self.call.plan
        if plan.menu is not None:
            self.play_menu(plan.menu, plan.menu.tries, plan.menu.prompt)
        else:
            self.serve_team(plan.team)

    def serve_team(self, team: str | None) -> None:
        self.change(team=team)
        if self.call.plan.type is RouteType.VOICEMAIL:
            self.change(reason=Reason.VOICEMAIL_ROUTE, wait_until=None)
            self.greet_voicemail()
        else:
            self.start_level(0)

    def play_menu(self, menu: Menu, tries_left: int, prompt: Prompt) -> None:
        playback, until = self.play(prompt)
        self.change(stage=st.Choosing(menu, tries_left, playback, until + timedelta(seconds=menu.timeout)))

    def choose(self, menu: Menu, tries_left: int, digit: str) -> None:
        option = dict(menu.options).get(digit)
        if option is None:
            self.no_valid_choice(menu, tries_left)
        elif isinstance(option, Menu):
            self.play_menu(option, option.tries, option.prompt)
        else:
            self.serve_team(option)

    def no_valid_choice(self, menu: Menu, tries_left: int) -> None:
        """A wrong digit or none: the menu again with a word before it, or the fallback after the last try."""
        if tries_left > 1:
            again = combine(menu.prompt.name, (self.call.plan.messages.wrong_choice, menu.prompt))
            self.play_menu(menu, tries_left - 1, again)
            return
        self.change(reason=Reason.NO_CHOICE)
        if menu.fallback == Then.VOICEMAIL:
            self.change(team=self.call.plan.team, wait_until=None)
            self.greet_voicemail()
        elif menu.fallback == Then.HANG_UP:
            self.part(self.call.plan.messages.goodbye, Outcome(Result.UNANSWERED, Reason.NO_CHOICE))
        else:
            self.serve_team(menu.fallback)

    # -- levels ----------------------------------------------------------------------------------------------------

    def start_level(self, level: int) -> None:
        """Ask who is on call there. A caller who has begun to wait hears hold music meanwhile."""
        self.hold_on()
        self.do(do.FindResponders(self.team.id, level))
        self.change(stage=st.Finding(level, self.now + ANSWER_GRACE, holding=bool(self.call.legs)))

    def hold_on(self) -> None:
        """The phones of a level are out of the game: until the next ones ring, the caller hears hold music."""
        match self.call.stage:
            case st.Ringing(notice=str(playback)):
                self.do(do.StopPrompt(playback), do.StartHold(self.call.plan.hold))
            case st.Connecting():
                self.do(do.StartHold(self.call.plan.hold))
            case _:
                pass

    def responders_found(self, found: ev.RespondersFound) -> None:
        stage = self.call.stage
        if not isinstance(stage, st.Finding) or stage.level != found.level:
            return  # late: the caller chose voicemail, or the level was given up
        self.change(skipped=tuple(dict.fromkeys(self.call.skipped + found.skipped)))
        fresh = {who.person: who for who in found.responders if who.phones and who.person not in self.call.rung}
        if not fresh:
            self.next_level(found.level)
            return
        first = not self.call.legs
        self.ring(found.level, tuple(fresh.values()))
        notice = None
        if first:
            self.do(do.StartHold(self.call.plan.hold))
        else:
            self.quieten()
            notice, _ = self.play(self.call.plan.messages.level)
        ring_until = self.after(self.team.levels[found.level].ring)
        self.change(stage=st.Ringing(found.level, ring_until, notice))

    def ring(self, level: int, responders: Sequence[ev.Responder]) -> None:
        """Every phone of every responder, in one step."""
        legs: list[Leg] = []
        for responder in responders:
            for phone in responder.phones:
                leg_id = f"{self.call.id}-leg-{len(self.call.legs) + len(legs) + 1}"
                legs.append(Leg(leg_id, responder.person, responder.name, phone, level, self.now))
                self.do(do.RingLeg(leg_id, phone, self.team.levels[level].ring + RING_BACKSTOP))
        persons = frozenset(responder.person for responder in responders)
        self.change(legs=self.call.legs + tuple(legs), rung=self.call.rung | persons)

    def ring_time_over(self, stage: st.Ringing) -> None:
        for leg in self.call.legs:
            if leg.stage is LegStage.DIALLING:
                self.drop(leg, LegEnd.NO_ANSWER)
        confirming = [leg.until for leg in self.call.legs if leg.pending and leg.until is not None]
        if confirming:
            self.change(stage=replace(stage, until=max(confirming)))
        else:
            self.next_level(stage.level)

    def next_level_if_over(self) -> None:
        if isinstance(self.call.stage, st.Ringing) and not any(leg.pending for leg in self.call.legs):
            self.next_level(self.call.stage.level)

    def next_level(self, level: int) -> None:
        if self.waited_enough:
            self.give_up(Reason.MAX_WAIT)
        elif level + 1 < len(self.team.levels):
            self.start_level(level + 1)
        elif self.call.cycle < self.team.repeat and self.call.rung:
            self.hold_on()
            self.change(cycle=self.call.cycle + 1, rung=frozenset(), stage=st.Resting(self.now + REST))
        else:
            somebody = self.call.legs or any(skip.reason is SkipReason.BUSY for skip in self.call.skipped)
            self.give_up(Reason.NO_ANSWER if somebody else Reason.NO_ONE_ON_CALL)

    def give_up(self, reason: Reason) -> None:
        """Nobody takes the call: say so, then voicemail or goodbye as the route has it."""
        plan = self.call.plan
        if plan.pin is not None and self.call.unproven:
            self.turn_away(plan.pin)
            return
        self.quieten()
        self.change(reason=reason, wait_until=None, team=self.call.team or plan.team)
        nobody = reason is Reason.NO_ONE_ON_CALL
        then = plan.no_one_on_call if nobody else plan.no_answer
        to_voicemail = then is Then.VOICEMAIL
        parting = plan.responder_messages.caller_to_voicemail if to_voicemail else plan.responder_messages.caller_gone
        self.release_legs(parting, LegEnd.CANCELLED)
        prompt = plan.messages.no_one_on_call if nobody else plan.messages.no_answer
        if not to_voicemail:
            prompt = combine(prompt.name, (prompt, plan.messages.goodbye))
            self.change(outcome=Outcome(Result.UNANSWERED, reason))
        self.change(stage=st.Apologising(*self.play(prompt), prompt, to_voicemail))

    # -- legs ------------------------------------------------------------------------------------------------------

    def leg_answered(self, leg: Leg) -> None:
        if leg.stage is LegStage.DROPPED:
            self.do(do.DropLeg(leg.id))  # answered in the instant it was dropped
        elif leg.stage is LegStage.DIALLING:
            self.screen(leg)

    def screen(self, leg: Leg) -> None:
        self.hush(leg)
        answered = leg.answered_at or self.now
        leg = self.change_leg(
            leg, stage=LegStage.SCREENING, until=self.after(self.call.plan.confirm), answered_at=answered
        )
        self.whisper(leg)

    def hush(self, leg: Leg) -> None:
        if leg.playback is not None:
            self.do(do.StopPrompt(leg.playback))

    def whisper(self, leg: Leg) -> None:
        playback = self.next_playback()
        self.change_leg(leg, playback=playback)
        who = dict(self.call.plan.labels).get(self.call.label or "")
        words = self.team.whisper if who is None else combine(self.team.whisper.name, (who, self.team.whisper))
        self.do(do.PlayToLeg(leg.id, playback, words))

    def leg_prompt_ended(self, leg: Leg, failed: bool) -> None:
        if leg.stage is LegStage.SCREENING and not failed:
            self.whisper(leg)
        elif leg.stage is LegStage.PARTING:
            self.drop(leg)

    def leg_timed_out(self, leg: Leg) -> None:
        if leg.stage is LegStage.SCREENING:
            self.drop(leg, LegEnd.NOT_CONFIRMED)
            self.next_level_if_over()
        else:
            self.drop(leg)  # the end of its parting words was lost

    def leg_pressed(self, leg: Leg, digit: str) -> None:
        if leg.stage is not LegStage.SCREENING:
            return  # too late, or already talking
        if digit == TOOK_IT:
            self.win(self.change_leg(leg, pressed=digit))
        elif digit == PASSED_ON:
            self.drop(self.change_leg(leg, pressed=digit), LegEnd.PASSED)
            self.next_level_if_over()

    def win(self, leg: Leg) -> None:
        self.quieten()
        self.hush(leg)
        self.change_leg(leg, stage=LegStage.CHOSEN, until=None, playback=None)
        self.do(do.Connect(leg.id))
        self.release_legs(self.call.plan.responder_messages.taken, LegEnd.TAKEN)
        self.change(stage=st.Connecting(leg.id, leg.level, self.now + ANSWER_GRACE))

    def release_legs(self, words: Prompt, end: LegEnd) -> None:
        """End every leg that has not won: unanswered ones at once, answered ones after a word of explanation."""
        for leg in self.call.legs:
            if leg.stage is LegStage.DIALLING:
                self.drop(leg, end)
            elif leg.stage is LegStage.SCREENING:
                self.explain(leg, words, end)

    def explain(self, leg: Leg, words: Prompt, end: LegEnd) -> None:
        """Tell a responder who has answered why there is no call to take, then hang up."""
        self.hush(leg)
        playback = self.next_playback()
        self.change_leg(leg, stage=LegStage.PARTING, playback=playback, until=self.until_played(words), end=end)
        self.do(do.PlayToLeg(leg.id, playback, words))

    def drop(self, leg: Leg, end: LegEnd | None = None) -> None:
        self.do(do.DropLeg(leg.id))
        self.change_leg(leg, stage=LegStage.DROPPED, until=None, playback=None, end=leg.end or end)

    def drop_all(self) -> None:
        """Nobody watches over these legs any more: none may stay behind."""
        for leg in self.call.legs:
            if leg.live:
                self.drop(leg, LegEnd.CANCELLED)

    def leg_ended(self, leg: Leg, end: LegEnd, detail: str) -> None:
        if not leg.live:
            return
        self.change_leg(
            leg,
            stage=LegStage.ENDED,
            until=None,
            playback=None,
            ended_at=self.now,
            end=leg.end or end,  # why we dropped it says more than how the channel closed
            detail=detail,
        )
        match self.call.stage:
            case st.Ringing():
                self.next_level_if_over()
            case st.Connecting(leg=chosen, level=level) if chosen == leg.id:
                self.next_level(level)
            case st.Talking(leg=partner) if partner == leg.id:
                self.hang_up()
            case _:
                pass

    # -- connected -------------------------------------------------------------------------------------------------

    def connected(self, leg: Leg) -> None:
        if not isinstance(self.call.stage, st.Connecting) or self.call.stage.leg != leg.id:
            return  # the leg or the caller went in the same instant
        plan = self.call.plan
        self.change(
            wait_until=None,
            connected_at=self.now,
            reason=Reason.TAKEN,
            outcome=Outcome(Result.CONNECTED, Reason.TAKEN, answered_by=leg.person),
        )
        notice = plan.messages.notice if plan.record else None
        if notice is None:
            self.change(stage=st.Talking(leg.id, self.now, None, None))
            if plan.record:
                self.do(do.RecordTalk())
            return
        playback = self.next_playback()
        self.do(do.PlayToBoth(playback, notice))
        self.change(stage=st.Talking(leg.id, self.now, playback, self.until_played(notice)))

    def consent_given(self, stage: st.Talking) -> None:
        """Both have heard that the call is recorded, so it is from here on."""
        self.change(stage=replace(stage, notice=None, until=None))
        self.do(do.RecordTalk())

    def connect_failed(self, leg: Leg) -> None:
        match self.call.stage:
            case st.Connecting(leg=chosen, level=level) if chosen == leg.id:
                self.drop(leg, LegEnd.UNREACHABLE)
                self.next_level(level)
            case st.Talking(leg=partner) if partner == leg.id:
                # Their bridge was lost in a gap and cannot be made again: neither is left in silence.
                self.drop(leg, LegEnd.LOST)
                self.hang_up()
            case _:
                pass  # the leg or the caller went in the same instant

    # -- voicemail -------------------------------------------------------------------------------------------------

    def greet_voicemail(self) -> None:
        self.change(stage=st.VoicemailGreeting(*self.play(self.call.plan.messages.voicemail)))

    def beep(self) -> None:
        self.change(stage=st.Beeping(*self.play(self.call.plan.messages.beep)))

    def message_recorded(self, seconds: float) -> None:
        if not isinstance(self.call.stage, st.Recording):
            return
        if seconds >= self.call.plan.voicemail.shortest:
            self.keep_message(seconds)
        else:
            self.do(do.DiscardMessage())
            self.part(self.call.plan.messages.goodbye, self.outcome_without_message())

    def keep_message(self, seconds: float) -> None:
        self.do(do.KeepMessage(seconds))
        self.change(stage=st.Keeping(seconds, self.now + QUIET_KEEPING, holding=False))

    def still_keeping(self, stage: st.Keeping) -> None:
        if stage.holding:
            self.message_lost()
            return
        if self.call.caller_present:
            self.do(do.StartHold(self.call.plan.hold))
        self.change(stage=replace(stage, until=self.now + KEEP_GRACE, holding=True))

    def message_kept(self, recording: str) -> None:
        kept = Outcome(Result.VOICEMAIL, self.call.reason or Reason.VOICEMAIL_ROUTE)
        if isinstance(self.call.stage, st.Keeping):
            self.quieten()
            self.change(message=recording)
            self.part(self.call.plan.messages.message_kept, kept)
        elif self.call.outcome == MESSAGE_LOST:
            self.change(message=recording, outcome=kept)  # after we had stopped waiting for it

    def message_lost(self) -> None:
        if isinstance(self.call.stage, st.Keeping):
            self.quieten()
            self.part(self.call.plan.messages.message_lost, MESSAGE_LOST)

    def outcome_without_message(self) -> Outcome:
        reason = self.call.reason
        if reason in (Reason.NO_ANSWER, Reason.NO_ONE_ON_CALL, Reason.MAX_WAIT):
            return Outcome(Result.UNANSWERED, reason)
        return Outcome(Result.ABANDONED, Reason.NO_MESSAGE)

    # -- the end ---------------------------------------------------------------------------------------------------

    def part(self, prompt: Prompt, outcome: Outcome) -> None:
        """Last words, if the caller is still there to hear them; then the line closes."""
        self.change(outcome=outcome, wait_until=None)
        if self.call.caller_present:
            self.change(stage=st.Parting(*self.play(prompt), prompt))
        else:
            self.close()

    def hang_up(self) -> None:
        self.do(do.HangUpCaller())
        self.close()

    def close(self) -> None:
        self.change(stage=st.Closing(self.now + CLOSING_GRACE), wait_until=None)

    def caller_left(self) -> None:
        if not self.call.caller_present:
            return
        outcome = self.outcome_on_leaving()
        self.change(caller_present=False, caller_left_at=self.now, wait_until=None)
        words = self.call.plan.responder_messages.caller_gone
        self.release_legs(words, LegEnd.CANCELLED)
        for leg in self.call.legs:
            if leg.stage is LegStage.CHOSEN and self.call.connected_at:
                self.drop(leg, LegEnd.HUNG_UP)
            elif leg.stage is LegStage.CHOSEN:
                self.explain(leg, words, LegEnd.CANCELLED)
        match self.call.stage:
            case st.Recording():
                self.change(stage=st.Recording(self.now + CLOSING_GRACE))
            case st.Keeping():
                pass
            case _:
                self.change(outcome=self.call.outcome or outcome)
                self.close()

    def outcome_on_leaving(self) -> Outcome:
        match self.call.stage:
            case st.Arriving() | st.Welcoming():
                return Outcome(Result.ABANDONED, Reason.DURING_WELCOME)
            case st.AskingPin():
                return Outcome(Result.ABANDONED, Reason.DURING_PIN)
            case st.Choosing():
                return Outcome(Result.ABANDONED, Reason.DURING_MENU)
            case st.Finding() | st.Ringing() | st.Resting() | st.Connecting():
                confirming = any(leg.stage in (LegStage.SCREENING, LegStage.CHOSEN) for leg in self.call.legs)
                return Outcome(Result.ABANDONED, Reason.DURING_CONFIRMATION if confirming else Reason.WHILE_RINGING)
            case _:
                return self.outcome_without_message()

    def settle(self) -> None:
        """Note when the wait for somebody ended, and that the call is over once nobody is left."""
        if self.call.wait_until is None and self.call.waited_until is None:
            self.change(waited_until=self.now)
        done = isinstance(self.call.stage, st.Closing) and not self.call.caller_present
        if done and not any(leg.live for leg in self.call.legs):
            self.change(stage=st.Over())
        if self.call.over and self.call.ended_at is None:
            outcome = self.call.outcome or Outcome(Result.FAILED, Reason.INTERNAL_ERROR)
            self.change(ended_at=self.now, outcome=outcome)
            self.do(do.EndCall(outcome))

    # -- what went wrong -------------------------------------------------------------------------------------------

    def command_failed(self, command: str) -> None:
        match self.call.stage:
            case st.Finding(level=level) if command == do.FindResponders.__name__:
                self.next_level(level)
            case st.Recording() if command == do.RecordMessage.__name__:
                self.part(self.call.plan.messages.message_lost, MESSAGE_LOST)
            case _:
                pass  # logged with the journal; the stage's own deadline carries the call on

    def handed_over(self) -> None:
        self.drop_all()
        outcome = self.call.outcome or Outcome(Result.FAILED, Reason.INTERNAL_ERROR)
        self.change(stage=st.Over(), caller_present=False, caller_left_at=self.now, wait_until=None, outcome=outcome)

    def resumed(self, found: ev.Resumed) -> None:
        present = dict(found.legs)
        for leg in self.call.legs:
            if leg.live and leg.id not in present:
                self.change_leg(
                    leg, stage=LegStage.ENDED, until=None, playback=None, ended_at=self.now, end=leg.end or LegEnd.LOST
                )
            elif leg.stage in (LegStage.PARTING, LegStage.DROPPED):
                self.drop(leg)
        if not found.caller_present:
            self.caller_left()
            self.keep_again()
            return
        joined = next((leg for leg in self.call.legs if leg.wanted and leg.id in found.bridged), None)
        if joined is not None and isinstance(self.call.stage, LOOKING_FOR_SOMEONE):
            # Bridged by a step whose journal entry was lost with the process: they talk, so they are connected.
            self.quieten()
            self.hush(joined)
            self.change_leg(joined, stage=LegStage.CHOSEN, until=None, playback=None)
            self.release_legs(self.call.plan.responder_messages.taken, LegEnd.TAKEN)
            self.change(stage=st.Connecting(joined.id, joined.level, self.now + ANSWER_GRACE))
            self.connected(joined)
            return
        self.re_enter(present, talking=joined is not None)

    def re_enter(self, present: dict[str, bool], *, talking: bool) -> None:
        """Go on in the same stage although its prompt, question or answer may be lost."""
        restart: dict[type[object], Callable[[], None]] = {
            st.Arriving: self.first_prompt,
            st.Welcoming: self.first_prompt,
            st.VoicemailGreeting: self.greet_voicemail,
            st.Beeping: self.beep,
        }
        match self.call.stage:
            case st.AskingPin(tries_left=tries_left):
                assert self.call.plan.pin is not None
                self.quieten()
                self.ask_pin(self.call.plan.pin.ask, tries_left)
            case st.Choosing(menu=menu, tries_left=tries_left):
                self.quieten()
                self.play_menu(menu, tries_left, menu.prompt)
            case st.Finding(level=level):
                self.start_level(level)
            case st.Ringing() as stage:
                self.quieten()
                # Someone may have answered meanwhile and be on the way here: their phone is not dropped as unanswered.
                self.change(stage=replace(stage, notice=None, until=max(stage.until, self.now + ANSWER_GRACE)))
                self.do(do.StartHold(self.call.plan.hold))
                for leg in self.call.legs:
                    if leg.pending and present[leg.id]:
                        self.screen(leg)
                self.next_level_if_over()
            case st.Connecting(leg=leg_id):
                self.connect_again(self.known_leg(leg_id))
            case st.Talking() as stage:
                self.talk_on(stage, together=talking)
            case st.Apologising(prompt=prompt) | st.Parting(prompt=prompt) as stage:
                self.quieten()
                playback, until = self.play(prompt)
                self.change(stage=replace(stage, playback=playback, until=until))
            case st.Closing():
                self.hang_up()
            case st.Keeping():
                self.keep_again()
            case stage if type(stage) in restart:
                self.quieten()
                restart[type(stage)]()
            case _:
                pass

    def connect_again(self, leg: Leg) -> None:
        if leg.live:
            self.do(do.Connect(leg.id))
        else:
            self.next_level(leg.level)

    def talk_on(self, stage: st.Talking, *, together: bool) -> None:
        if not self.known_leg(stage.leg).live:
            self.hang_up()
            return
        if not together:
            self.do(do.Connect(stage.leg))
        if self.call.plan.record and stage.notice is None:
            self.do(do.RecordTalk())

    def keep_again(self) -> None:
        """Whether the message was stored is not known; storing it twice is harmless, and losing it is not."""
        if isinstance(self.call.stage, st.Keeping):
            self.quieten()
            self.keep_message(self.call.stage.seconds)
