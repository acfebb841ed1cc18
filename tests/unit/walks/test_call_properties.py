"""Whatever happens, in whatever order: the promises that hold for every call.

The world below obeys the machine's commands and reports truthfully, but its reports are lost, doubled, delayed and
reordered; the engine goes away and comes back at any moment, even to a picture of the call that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as some

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.outcome import Result
from lcr_asterisk.callflow.plan import Prompt, Refusal, RoutePlan, Then
from lcr_asterisk.callflow.states import Call, LegStage
from lcr_asterisk.errors import IllegalEvent
from tests.unit.callflow.plans import (
    ALICE,
    CAROL,
    CAROL_IN_ORDER,
    EARLIER,
    direct,
    page_call,
    prompt,
    recorded,
    refused,
    voicemail_line,
    welcoming,
    with_choice,
    with_keys,
    with_menu,
    with_pin,
    with_signs_of_life,
    with_submenu,
)
from tests.unit.callflow.transcript import CALL, NINE
from tests.unit.walks.world import World

STAGES_OF_THE_WAIT = (
    st.Arriving,
    st.AskingPin,
    st.Welcoming,
    st.Choosing,
    st.Finding,
    st.Ringing,
    st.Resting,
    st.Connecting,
    st.HandingOver,
)
WEATHERS = ["calm", "losses", "gaps", "chaos"]
FATES = ["told", "told", "told", "lost", "late", "twice"]
LONGEST_STAGE = 40.0  # seconds, of those stages that a gap begins anew
STEPS = 60
AFTER_THE_END = 5  # steps
LISTENS = 60.0  # seconds, who is told of a page
HOW_LONG = some.one_of(some.integers(0, STEPS), some.just(STEPS), some.just(STEPS), some.just(STEPS))

Move = Callable[[], object]


@some.composite
def plans(draw: some.DrawFn) -> RoutePlan:
    """Routes of every kind, most of them hotlines."""
    plan = direct(
        draw(some.lists(some.sampled_from([1.0, 10.0, 25.0]), min_size=1, max_size=3)),
        draw(some.integers(0, 2)),
        no_answer=draw(some.sampled_from(Then)),
        no_one_on_call=draw(some.sampled_from(Then)),
        max_wait=draw(some.sampled_from([300.0, 300.0, 60.0, 12.0, 1.0])),
        confirm=draw(some.sampled_from([1.0, 15.0])),
    )
    kind = draw(some.sampled_from(["hotline"] * 6 + ["voicemail", "refused"]))
    if kind == "voicemail":
        plan = replace(voicemail_line(), max_wait=plan.max_wait)
    elif kind == "refused":
        plan = refused(draw(some.sampled_from(Refusal)))
    if draw(some.integers(0, 2)) == 0:
        plan = welcoming(plan)
    if draw(some.integers(0, 2)) == 0:
        fallback = draw(some.sampled_from(["voicemail", "hang_up", "payments"]))
        plan = with_menu(plan, fallback=fallback, tries=draw(some.integers(1, 3)))
        if draw(some.booleans()):
            plan = with_submenu(
                plan, fallback=fallback, inner_fallback=draw(some.sampled_from(["hang_up", "payments"]))
            )
    if draw(some.integers(0, 3)) == 0 and plan.refusal is None:
        plan = with_pin(plan)
    if draw(some.booleans()):
        plan = with_choice(plan)
    if draw(some.booleans()):
        plan = with_signs_of_life(plan)
    if draw(some.booleans()):
        plan = recorded(plan, notice=draw(some.booleans()))
    if draw(some.integers(0, 2)):
        plan = with_keys(plan)
    return plan


def longest_call(plan: RoutePlan) -> timedelta:
    """From arrival to the outcome, where nobody talks: the wait, then every stage after it at its longest."""
    after_the_wait: list[Prompt] = [plan.messages.no_answer, plan.messages.voicemail, plan.messages.beep]
    grace = 5.0
    bridging = 5.0
    prompts = sum(prompt.seconds + grace for prompt in [*after_the_wait, plan.messages.message_kept])
    message = plan.voicemail.longest + 30.0 + 2.0 + 30.0  # recording, then storing, each with its backstop
    closing = 10.0
    return timedelta(seconds=plan.max_wait + bridging + prompts + message + closing)


def longest_callback(plan: RoutePlan) -> timedelta:
    """From the command to the outcome, where nobody talks: two phones in turn, the caller's, and the last words."""
    return timedelta(seconds=25.0 + plan.confirm + 45.0 + 5.0 + 7.0 + 10.0)


def longest_page_call(plan: RoutePlan) -> timedelta:
    """From the command to the outcome, where nobody talks: ringing, listening, writing it down, and a call back."""
    return timedelta(seconds=25.0 + LISTENS + 31.0) + longest_callback(plan)


class AnyCall:
    """One call in a world where much may happen at any time; `weather` says how reliably the call hears of it.

    `begins` is its first event.
    """

    def __init__(self, plan: RoutePlan, weather: str, luck: Random, begins: type[ev.Event] = ev.CallArrived) -> None:
        self.begins = begins
        self.weather = weather
        self.luck = luck
        self.patience = luck.randrange(STEPS)
        self.world = World()
        self.call: Call | None = None
        self.now = NINE
        self.journal: list[tuple[datetime, ev.Event]] = []
        self.delayed: list[ev.Event] = []
        self.gaps = 0
        self.take(self.beginning(plan))

    def beginning(self, plan: RoutePlan) -> ev.Event:
        """Somebody calls; or their call of before is answered, by somebody with one phone or several."""
        caller = ev.Caller("+15551234567", "")
        if self.begins is ev.CallArrived:
            return ev.CallArrived(CALL, "caller-channel", caller, plan.number, plan)
        self.world.caller = False
        number = ev.Phone("PJSIP/+15551234567@trunk", caller.number)
        asked = ev.Callback(EARLIER, number, 25.0, prompt("callback"), prompt("callback_failed"))
        responder = self.luck.choice([ALICE, CAROL, CAROL_IN_ORDER])
        without_keys = replace(plan, in_call=None)
        if self.begins is ev.PageCallAsked:
            page = page_call(listens=LISTENS, hidden=self.luck.random() < 0.2)
            return ev.PageCallAsked(CALL, f"{CALL}-caller", caller, plan.number, without_keys, responder, page)
        return ev.CallbackAsked(CALL, f"{CALL}-caller", caller, plan.number, without_keys, responder, asked)

    # -- what happens ----------------------------------------------------------------------------------------------

    def moves(self, fate: str) -> list[Move]:
        """All that may happen next, the likelier things more often."""
        menu = isinstance(self.so_far.stage, st.Welcoming | st.Choosing)
        events = [*self.world.reports()] * 2 + [*self.world.answers()] + [*self.world.responders_act()]
        events += [ev.ResponderFreed(person) for person in ("alice", "bob")]
        if isinstance(self.so_far.stage, st.Acknowledging):
            events += [ev.PageNoted(ours=True)] * 6 + [ev.PageNoted(ours=False)]
        events += [ev.PageSettled()] if len(self.journal) > self.patience else []
        if self.world.caller and not self.world.caller_rings:
            if self.so_far.unproven:
                events += [ev.PinKeyed(), ev.PinKeyed(), ev.PinAccepted("Acme"), ev.PinAccepted("Acme"), ev.PinWrong()]
            else:
                events += [ev.CallerPressed(digit) for digit in ("111227*" if menu else "127*#")]
            events += [ev.CallerHungUp()] if len(self.journal) > self.patience else []
        moves: list[Move] = [self.deadline_comes, self.time_goes_by]
        moves += [partial(self.tell, event, fate) for event in events]
        moves += [partial(self.take_late, event) for event in self.delayed]
        if self.weather in ("losses", "chaos"):
            moves += [self.something_fails, self.an_old_report_comes_again]
        if self.weather in ("gaps", "chaos"):
            moves += [self.the_engine_comes_back]
        if self.weather == "chaos":
            moves += [self.the_timer_is_late, self.the_engine_comes_back_to_a_wrong_picture]
        return moves

    def move(self) -> None:
        self.luck.choice(self.moves(self.luck.choice(FATES)))()

    def tell(self, event: ev.Event, fate: str) -> None:
        """This truly happens; whether the call hears of it is a matter of fate, and of the weather."""
        self.world.note(event)
        if self.weather in ("calm", "gaps"):
            fate = "told"
        if fate == "late":
            self.delayed.append(event)
        elif fate != "lost":
            self.take(event)
        if fate == "twice":
            self.take(event)

    def take_late(self, event: ev.Event) -> None:
        self.delayed.remove(event)
        self.take(event)

    def time_goes_by(self) -> None:
        due = self.so_far.deadline()
        later = self.now + timedelta(seconds=self.luck.choice([0.1, 1.0, 6.0]))
        self.now = later if due is None or self.weather == "chaos" else max(self.now, min(later, due))

    def the_timer_is_late(self) -> None:
        self.now += timedelta(seconds=self.luck.choice([0.0, 3.0, 500.0]))
        self.take(ev.TimePassed())

    def an_old_report_comes_again(self) -> None:
        event = self.luck.choice([event for _, event in self.journal])
        if isinstance(event, ev.CallArrived | ev.CallbackAsked | ev.PageCallAsked):
            self.refused(event)
        elif not isinstance(event, ev.TimePassed | ev.Resumed | ev.CommandFailed):
            self.take(event)

    def something_fails(self) -> None:
        command = self.luck.choice(["FindResponders", "PlayToCaller", "StopHold", "RecordMessage"])
        if command == "RecordMessage":
            self.world.recording = False
        self.take(ev.CommandFailed(command, "500 Internal Server Error"))
        if not self.so_far.over:
            self.refused(ev.LegAnswered(f"{CALL}-leg-99"))

    def the_engine_comes_back(self) -> None:
        self.gaps += 1
        self.delayed.clear()
        self.take(self.world.resumed())

    def the_engine_comes_back_to_a_wrong_picture(self) -> None:
        self.gaps += 1
        chance = self.luck.random
        ids = [leg.id for leg in self.so_far.legs]
        legs = tuple((leg, chance() < 0.5) for leg in ids if chance() < 0.5)
        bridged = tuple(leg for leg in ids if chance() < 0.3)
        self.take(ev.Resumed(chance() < 0.8, legs, bridged, chance() < 0.8))

    # -- taking an event, and what has to hold of every single step --------------------------------------------------

    @property
    def so_far(self) -> Call:
        assert self.call is not None
        return self.call

    def refused(self, event: ev.Event) -> None:
        try:
            step(self.call, event, self.now)
        except IllegalEvent:
            return
        raise AssertionError(f"{event} was taken")

    def take(self, event: ev.Event) -> None:
        before = self.call
        after, commands = step(before, event, self.now)
        assert step(before, event, self.now) == (after, commands), "the same question had another answer"
        self.journal.append((self.now, event))
        self.call = after
        note(f"{(self.now - NINE).total_seconds():8.2f}  {event if self.journal[1:] else 'CallArrived'}")
        for command in commands:
            note(f"            {command}")
            self.check(command, after)
            self.world.obey(command)
        if isinstance(event, ev.PromptEnded):
            self.world.note(event)
        self.look()
        if before is not None:
            self.compare(before, event, after, commands)

    def check(self, command: do.Command, after: Call) -> None:
        """What must be true in the moment a command is given."""
        match command:
            case do.Connect(leg=leg_id):
                leg = after.leg(leg_id)
                assert leg is not None
                assert leg.stage is LegStage.CHOSEN, "a leg that is not there is never bridged"
                assert not self.world.holding, "hold music does not follow the caller into the conversation"
                assert leg_id not in self.world.held, "nor the responder"
            case do.AnswerCaller():
                assert after.plan.refusal is None or not after.plan.refusal.before_answer, "not even answered"
            case do.DialCaller(leg=leg_id):
                assert after.callback is not None, "only who is called back is called"
                assert [leg.id for leg in after.legs if leg.stage is LegStage.CHOSEN] == [leg_id], "and for somebody"
                assert after.page is None or after.acknowledged == leg_id, "who takes care of the page"
            case do.PlayToLeg(prompt=prompt) if prompt.name == "thanks":
                _, written = self.journal[-1]
                assert written == ev.PageNoted(ours=True), "thanked is who acknowledged, when that is written down"
            case do.RingLeg() if after.outgoing:
                assert not after.caller_present, "no responder is rung any more when the caller is"
            case do.RingLeg() | do.FindResponders():
                assert not after.unproven, "nobody is rung for a caller without a PIN"
                assert after.caller_present, "nobody is rung for a caller who has left"
                if self.weather == "calm":  # elsewhere the timer that says so may be late
                    until = after.wait_until
                    assert until is None or self.now <= until, "nobody is rung when the wait is over"
            case do.Join(leg=leg_id):
                leg = after.leg(leg_id)
                assert leg is not None
                assert leg.stage is LegStage.CHOSEN, "a leg that is not there never joins"
            case do.PlayToCaller(prompt=prompt):
                assert self.weather != "calm" or not self.world.bridged, f"{prompt.name} is not for all who talk"
                assert not self.world.holding, f"{prompt.name} does not compete with hold music"
                assert not self.world.heard, f"{prompt.name} does not wait for another prompt"
                assert prompt.name != "message_kept" or after.message, "kept is said when it is kept"
            case do.StartHold():
                assert not self.world.heard, "hold music does not compete with a prompt"
            case do.RecordMessage():
                assert not after.unproven, "no message is taken from a caller without a PIN"
                assert not self.world.holding, "hold music is not recorded"
                assert not self.world.heard, "no prompt is recorded"
            case _:
                pass

    def compare(self, before: Call, event: ev.Event, after: Call, commands: tuple[do.Command, ...]) -> None:
        """What one step may do."""
        if isinstance(before.stage, st.Recording) and not isinstance(after.stage, st.Recording):
            too_short = isinstance(event, ev.MessageRecorded) and event.seconds < after.plan.voicemail.shortest
            never_began = isinstance(event, ev.CommandFailed)
            kept = any(isinstance(command, do.KeepMessage) for command in commands)
            discarded = {command.take for command in commands if isinstance(command, do.DiscardMessage)}
            nothing = (too_short or never_began) and before.best is None
            asked = isinstance(after.stage, st.Reviewing)
            assert kept + asked + nothing == 1, "what was recorded is kept, at once or when the caller has been asked"
            assert (before.take in discarded) == too_short, "and what is no message does not stay behind"
            replaced = after.best != before.best and before.best is not None
            assert (before.best is not None and before.best[0] in discarded) == replaced, "nor what was replaced"
        if isinstance(before.stage, st.Reviewing) and isinstance(after.stage, st.Closing | st.Over | st.Parting):
            raise AssertionError("a message that there is was not kept")
        if before.outcome is not None and before.outcome.answered_by is not None:
            by_a_key = isinstance(event, ev.LegPressed) and isinstance(after.stage, st.HandingOver | st.Parting)
            joining = isinstance(before.stage, st.Talking) and before.stage.bringing is not None
            waits = joining and isinstance(after.stage, st.Ringing | st.Connecting)  # the last who talked has left
            assert by_a_key or waits or after.outcome == before.outcome, "who took the call has taken it"
        if before.over:
            assert (after, commands) == (before, ()), "nothing happens after the end"
        started = [command for command in commands if isinstance(command, do.EndCall)]
        assert bool(started) == (after.over and not before.over), "a call ends once"

    def deadline_comes(self) -> bool:
        """Time goes on to the next deadline; whether there was one."""
        before = self.so_far
        deadline = before.deadline()
        if deadline is None:
            return False
        self.now = max(self.now, deadline)
        self.take(ev.TimePassed())
        assert self.so_far != before, "a deadline that changes nothing would come again at once, for ever"
        return True

    # -- what holds at every moment ------------------------------------------------------------------------------------

    def look(self) -> None:
        self.only_those_who_talk_have_won()
        self.phones_ring_only_while_a_level_does()
        self.only_a_conversation_has_no_end_in_time()
        self.the_wait_is_bounded_until_it_is_over()
        self.whoever_waits_hears_something()

    def only_those_who_talk_have_won(self) -> None:
        chosen = [leg.id for leg in self.so_far.legs if leg.stage is LegStage.CHOSEN]
        stage = self.so_far.stage
        if isinstance(stage, st.Talking) and self.so_far.plan.in_call is not None:
            assert stage.leg in chosen
        elif isinstance(stage, st.Acknowledging):
            leg = self.so_far.leg(stage.leg)
            assert leg is not None
            assert chosen == ([leg.id] if leg.live else []), "who hangs up then has acknowledged all the same"
        else:
            taking = [stage.leg] if isinstance(stage, st.Connecting | st.Talking | st.CallingBack) else []
            assert chosen == taking

    def phones_ring_only_while_a_level_does(self) -> None:
        stage = self.so_far.stage
        to_join = isinstance(stage, st.Talking) and stage.bringing is not None and stage.bringing.ringing
        if not isinstance(stage, st.Ringing | st.Summoning | st.BeingTold) and not to_join:
            assert not any(leg.pending for leg in self.so_far.legs)
        else:
            assert any(leg.pending for leg in self.so_far.legs), "a level without a phone is over"

    def only_a_conversation_has_no_end_in_time(self) -> None:
        call = self.so_far
        if call.over or isinstance(call.stage, st.Talking):
            return
        assert call.deadline() is not None

    def the_wait_is_bounded_until_it_is_over(self) -> None:
        assert (self.so_far.wait_until is not None) == isinstance(self.so_far.stage, STAGES_OF_THE_WAIT)

    def whoever_waits_hears_something(self) -> None:
        call = self.so_far
        waits = isinstance(call.stage, st.Ringing | st.Resting) or (isinstance(call.stage, st.Finding) and call.legs)
        if waits and call.caller_present:
            lost = isinstance(call.stage, st.Ringing) and call.stage.notice is not None
            assert self.world.holding or self.world.heard or lost
        if isinstance(call.stage, st.CallingBack) and call.caller_rings:
            assert call.stage.leg in self.world.held, "who calls back hears something too"
        if isinstance(call.stage, st.Acknowledging) and call.stage.holding:
            leg = call.leg(call.stage.leg)
            assert leg is not None
            assert not leg.live or leg.id in self.world.held, "so does who waits for an acknowledgement to be noted"
        if isinstance(call.stage, st.BeingTold):
            told = {leg.playback for leg in call.legs if leg.stage is LegStage.SCREENING}
            assert None not in told, "and who is told of a page"

    # -- the end -------------------------------------------------------------------------------------------------------

    def ends(self) -> None:
        """From here on nothing is reported any more; in a conversation, somebody hangs up."""
        talked = False
        for _ in range(200):
            if isinstance(self.so_far.stage, st.Talking) and self.so_far.deadline() is None:
                talked = True
                self.take(ev.CallerHungUp())
            elif not self.deadline_comes():
                break
        call = self.so_far
        assert call.over, "every call has an end"
        assert call.outcome is not None
        assert call.ended_at is not None
        self.check_legs(call)
        if call.outgoing:
            gone = call.caller_leg is None or not call.caller_leg.live
            assert gone or self.world.caller_told_to_go, "the caller's phone does not ring on when the call is over"
        if call.connected_at is None and call.handed_over is None and not talked:
            self.check_duration(call)
        if call.outcome.result is Result.VOICEMAIL:
            assert call.message is not None
        self.check_fold(call)

    def check_legs(self, call: Call) -> None:
        rung = {leg.id for leg in call.legs}
        ended = {event.leg for _, event in self.journal if isinstance(event, ev.LegEnded)}
        lost = {leg.id for leg in call.legs if leg.stage is LegStage.ENDED}
        assert rung <= ended | lost | self.world.dropped, "no phone rings on when the call is over"
        assert not any(leg.wanted for leg in call.legs)

    def check_duration(self, call: Call) -> None:
        """Gaps begin a stage anew, and a timer that comes late is not the machine's doing."""
        assert call.ended_at is not None
        slack = timedelta(seconds=LONGEST_STAGE * self.gaps) + self.idle()
        longest = LONGEST[self.begins](call.plan)
        assert call.ended_at - call.arrived_at <= longest + slack

    def idle(self) -> timedelta:
        """How much later than its deadline events were delivered, summed over the call."""
        state: Call | None = None
        idle = timedelta()
        for at, event in self.journal:
            due = state.deadline() if state is not None else None
            if due is not None and at > due:
                idle += at - due
            state, _ = step(state, event, at)
        return idle

    def check_fold(self, call: Call) -> None:
        state: Call | None = None
        for at, event in self.journal:
            state, _ = step(state, event, at)
        assert state == call, "the journal folds back into the same call"


LONGEST: dict[type[ev.Event], Callable[[RoutePlan], timedelta]] = {
    ev.CallArrived: longest_call,
    ev.CallbackAsked: longest_callback,
    ev.PageCallAsked: longest_page_call,
}


@pytest.mark.parametrize("weather", WEATHERS)
def test_every_call_keeps_its_promises(weather: str) -> None:
    """In calm weather, when reports are lost, doubled or late, when the engine is away, and in all of it at once.

    What happens is chosen evenly, by `luck`: hypothesis by itself prefers what is simple, and rarely gets to a bridge.
    It chooses the route and how long things happen, so that a failing call is shown with few steps.
    """

    @settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
    @given(plan=plans(), steps=HOW_LONG, luck=some.integers(0, 2**32))
    def play(plan: RoutePlan, steps: int, luck: int) -> None:
        call = AnyCall(plan, weather, Random(luck))
        over = 0
        for _ in range(steps):
            call.move()
            over += call.so_far.over
            if over > AFTER_THE_END:
                break
        call.ends()

    play()


@pytest.mark.parametrize("begins", [ev.CallbackAsked, ev.PageCallAsked])
@pytest.mark.parametrize("weather", WEATHERS)
def test_every_call_that_begins_with_us_keeps_its_promises(weather: str, begins: type[ev.Event]) -> None:
    """The same for call backs, and calls about pages."""

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(confirm=some.sampled_from([1.0, 15.0]), record=some.booleans(), luck=some.integers(0, 2**32))
    def play(confirm: float, record: bool, luck: int) -> None:
        plan = direct(confirm=confirm)
        call = AnyCall(recorded(plan) if record else plan, weather, Random(luck), begins)
        over = 0
        for _ in range(STEPS):
            call.move()
            over += call.so_far.over
            if over > AFTER_THE_END:
                break
        call.ends()

    play()
