"""Whatever happens, in whatever order: the promises that hold for every call.

The world below obeys the machine's commands and reports truthfully, but its reports are lost, doubled, delayed and
reordered; the engine goes away and comes back at any moment, even to a picture of the call that is wrong.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.outcome import Result
from lcr_asterisk.callflow.plan import Prompt, Refusal, RoutePlan, Then
from lcr_asterisk.callflow.states import Call, LegStage
from lcr_asterisk.errors import IllegalEvent
from tests.unit.callflow.plans import (
    direct,
    recorded,
    refused,
    voicemail_line,
    welcoming,
    with_menu,
)
from tests.unit.callflow.transcript import CALL, NINE
from tests.unit.callflow.world import World

STAGES_OF_THE_WAIT = (st.Arriving, st.Welcoming, st.Choosing, st.Finding, st.Ringing, st.Connecting)
FATES = some.sampled_from(["told", "told", "told", "lost", "late", "twice"])
LONGEST_STAGE = 40.0  # seconds, of those stages that a gap begins anew


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
    kind = draw(some.sampled_from(["hotline", "hotline", "hotline", "voicemail", "refused"]))
    if kind == "voicemail":
        plan = replace(voicemail_line(), max_wait=plan.max_wait)
    elif kind == "refused":
        plan = refused(draw(some.sampled_from(Refusal)))
    if draw(some.booleans()):
        plan = welcoming(plan)
    if draw(some.booleans()):
        fallback = draw(some.sampled_from(["voicemail", "hang_up", "payments"]))
        plan = with_menu(plan, fallback=fallback, tries=draw(some.integers(1, 3)))
    if draw(some.booleans()):
        plan = recorded(plan, notice=draw(some.booleans()))
    return plan


def longest_call(plan: RoutePlan) -> timedelta:
    """From arrival to the outcome, where nobody talks: the wait, then every stage after it at its longest."""
    after_the_wait: list[Prompt] = [plan.messages.no_answer, plan.messages.voicemail, plan.messages.beep]
    grace = 5.0
    bridging = 5.0
    prompts = sum(prompt.seconds + grace for prompt in [*after_the_wait, plan.messages.message_kept])
    message = plan.voicemail.longest + 30.0 + 30.0  # recording, then storing, each with its backstop
    closing = 10.0
    return timedelta(seconds=plan.max_wait + bridging + prompts + message + closing)


class AnyCall(RuleBasedStateMachine):
    """One call in a world that may do anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.call: Call | None = None
        self.now = NINE
        self.journal: list[tuple[datetime, ev.Event]] = []
        self.delayed: list[ev.Event] = []
        self.gaps = 0
        self.weather = "calm"
        self.patience = 0

    # -- what happens ----------------------------------------------------------------------------------------------

    @initialize(
        plan=plans(),
        weather=some.sampled_from(["calm", "calm", "losses", "gaps", "chaos"]),
        patience=some.integers(0, 40),
    )
    def arrives(self, plan: RoutePlan, weather: str, patience: int) -> None:
        self.weather = weather
        self.patience = patience
        self.take(ev.CallArrived(CALL, "caller-channel", ev.Caller("+15551234567", ""), plan.number, plan))

    @rule(choice=some.integers(0, 1000), fate=FATES)
    def asterisk_reports(self, choice: int, fate: str) -> None:
        self.one_of(list(self.world.reports()), choice, fate)

    @precondition(lambda self: self.world.phones)
    @rule(choice=some.integers(0, 1000), fate=FATES)
    def a_responder_acts(self, choice: int, fate: str) -> None:
        self.one_of(list(self.world.responders_act()), choice, fate)

    @precondition(lambda self: self.world.questions)
    @rule(choice=some.integers(0, 1000), fate=FATES)
    def it_is_known_who_is_on_call(self, choice: int, fate: str) -> None:
        self.one_of(list(self.world.answers()), choice, fate)

    @precondition(lambda self: self.world.caller)
    @rule(digit=some.sampled_from("1127*"))
    def the_caller_presses(self, digit: str) -> None:
        self.take(ev.CallerPressed(digit))

    @precondition(lambda self: self.world.caller and len(self.journal) > self.patience)
    @rule(fate=FATES)
    def the_caller_hangs_up(self, fate: str) -> None:
        self.one_of([ev.CallerHungUp()], 0, fate)

    @rule(seconds=some.sampled_from([0.1, 1.0, 6.0]))
    def time_goes_by(self, seconds: float) -> None:
        due = self.so_far.deadline()
        later = self.now + timedelta(seconds=seconds)
        self.now = later if due is None or self.weather == "chaos" else max(self.now, min(later, due))

    @rule()
    def the_next_deadline_comes(self) -> None:
        self.deadline_comes()

    @precondition(lambda self: self.delayed)
    @rule(choice=some.integers(0, 100))
    def a_late_report_comes(self, choice: int) -> None:
        self.take(self.delayed.pop(choice % len(self.delayed)))

    @precondition(lambda self: self.weather in ("losses", "chaos"))
    @rule(choice=some.integers(0, 1000))
    def an_old_report_comes_again(self, choice: int) -> None:
        event = self.journal[choice % len(self.journal)][1]
        if isinstance(event, ev.CallArrived):
            self.refused(event)
        elif not isinstance(event, ev.TimePassed | ev.Resumed | ev.CommandFailed):
            self.take(event)

    @precondition(lambda self: self.weather == "chaos")
    @rule(seconds=some.sampled_from([0.0, 3.0, 500.0]))
    def the_timer_is_late(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.take(ev.TimePassed())

    @precondition(lambda self: self.weather in ("gaps", "chaos"))
    @rule()
    def the_engine_comes_back(self) -> None:
        self.gaps += 1
        self.delayed.clear()
        known = {leg.id for leg in self.so_far.legs}
        truth = self.world.resumed()
        self.take(replace(truth, legs=tuple((leg, up) for leg, up in truth.legs if leg in known)))

    @precondition(lambda self: self.weather == "chaos")
    @rule(caller=some.booleans(), mask=some.integers(0, 2**12 - 1), bridged=some.integers(0, 2**6 - 1))
    def the_engine_comes_back_to_a_wrong_picture(self, caller: bool, mask: int, bridged: int) -> None:
        self.gaps += 1
        ids = [leg.id for leg in self.so_far.legs][-6:]
        legs = tuple((leg, bool(mask >> (2 * n + 1) & 1)) for n, leg in enumerate(ids) if mask >> (2 * n) & 1)
        self.take(ev.Resumed(caller, legs, tuple(leg for n, leg in enumerate(ids) if bridged >> n & 1)))

    @precondition(lambda self: self.weather in ("losses", "chaos"))
    @rule(command=some.sampled_from(["FindResponders", "RecordMessage", "PlayToCaller", "StopHold"]))
    def a_command_fails(self, command: str) -> None:
        if command == "RecordMessage":
            self.world.recording = False
        self.take(ev.CommandFailed(command, "500 Internal Server Error"))

    @precondition(lambda self: not self.so_far.over)
    @rule(number=some.integers(50, 60))
    def a_leg_of_another_call_reports(self, number: int) -> None:
        self.refused(ev.LegAnswered(f"{CALL}-leg-{number}"))

    def one_of(self, possible: list[ev.Event], choice: int, fate: str) -> None:
        """One of these happens; whether the call hears of it is a matter of fate, and of the weather."""
        if not possible:
            return
        event = possible[choice % len(possible)]
        self.world.note(event)
        if self.weather == "calm":
            fate = "told"
        if fate == "late":
            self.delayed.append(event)
        elif fate != "lost":
            self.take(event)
        if fate == "twice":
            self.take(event)

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
        for command in commands:
            self.check(command, after)
            self.world.obey(command)
        if isinstance(event, ev.PromptEnded):
            self.world.note(event)
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
            case do.RingLeg() | do.FindResponders():
                assert after.caller_present, "nobody is rung for a caller who has left"
            case do.PlayToCaller(prompt=prompt):
                assert not self.world.holding, f"{prompt.name} does not compete with hold music"
                assert not self.world.heard, f"{prompt.name} does not wait for another prompt"
                assert prompt.name != "message_kept" or after.message, "kept is said when it is kept"
            case do.StartHold():
                assert not self.world.heard, "hold music does not compete with a prompt"
            case do.RecordMessage():
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
            assert kept != (too_short or never_began), "what was recorded is kept"
        if before.outcome is not None and before.outcome.answered_by is not None:
            assert after.outcome == before.outcome, "who took the call has taken it"
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

    @invariant()
    def at_most_one_has_won(self) -> None:
        chosen = [leg.id for leg in self.so_far.legs if leg.stage is LegStage.CHOSEN]
        stage = self.so_far.stage
        taking = [stage.leg] if isinstance(stage, st.Connecting | st.Talking) else []
        assert chosen == taking

    @invariant()
    def phones_ring_only_while_a_level_does(self) -> None:
        if not isinstance(self.so_far.stage, st.Ringing):
            assert not any(leg.pending for leg in self.so_far.legs)
        else:
            assert any(leg.pending for leg in self.so_far.legs), "a level without a phone is over"

    @invariant()
    def only_a_conversation_has_no_end_in_time(self) -> None:
        call = self.so_far
        if call.over or isinstance(call.stage, st.Talking):
            return
        assert call.deadline() is not None

    @invariant()
    def the_wait_is_bounded_until_it_is_over(self) -> None:
        assert (self.so_far.wait_until is not None) == isinstance(self.so_far.stage, STAGES_OF_THE_WAIT)

    @invariant()
    def whoever_waits_hears_something(self) -> None:
        call = self.so_far
        waits = isinstance(call.stage, st.Ringing) or (isinstance(call.stage, st.Finding) and call.legs)
        if waits and call.caller_present:
            lost = isinstance(call.stage, st.Ringing) and call.stage.notice is not None
            assert self.world.holding or self.world.heard or lost

    # -- the end -------------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """From here on nothing is reported any more; in a conversation, somebody hangs up."""
        if self.call is None:
            return
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
        if call.connected_at is None and not talked:
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
        assert call.ended_at - call.arrived_at <= longest_call(call.plan) + slack

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


TestAnyCall = AnyCall.TestCase
TestAnyCall.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
