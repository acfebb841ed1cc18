"""A call under simulated time: the machine of a real call, in a world that does at once what it is told.

Nothing here decides anything. Prompts end when they have been played, phones ring until they are told to stop, the
caller presses the keys of the rehearsal, leaves a message where one can be left, and hangs up last.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import keys, machine
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.calls.pinpad import END, PinPad
from lcr_asterisk.calls.plans import PlanBook

CALL = "rehearsal"
ANYBODY = "+88800000000"  # a caller of no country, and so on no list
MESSAGE_SECONDS = 10.0  # what the caller says to a voicemail, where that is long enough

_SHORTEST_PROMPT = 0.1  # an empty one, played again and again, would stop the clock


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A call to be rehearsed: `caller` calls `to` at `at` (aware).

    `pressed` are the keys in the order they are pressed: each when a menu has been read out, `*` when phones ring.
    `pin` is keyed when one is asked for. `answers` are the persons who take the call as soon as their phone rings,
    `rejects` those who decline it then. `test_person` gets it instead of everybody else, as in test mode.
    """

    to: str
    caller: str
    pressed: str
    at: datetime
    pin: str | None = None
    answers: frozenset[str] = frozenset()
    rejects: frozenset[str] = frozenset()
    test_person: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of the machine: the event at `at`, and the call before (None: it did not exist yet) and after it."""

    at: datetime
    before: Call | None
    event: ev.Event
    after: Call
    commands: Sequence[do.Command]


def simulate(book: PlanBook, rehearsal: Rehearsal, *, hesitant: bool = False) -> tuple[Moment, ...]:
    """Every step of this call, until it is over or somebody has taken it.

    With `hesitant`, every phone that rings is answered in the last moment, and nobody presses 1.
    """
    world = _World(book, rehearsal, hesitant)
    world.run()
    return tuple(world.moments)


class _World:
    def __init__(self, book: PlanBook, rehearsal: Rehearsal, hesitant: bool) -> None:
        self.moments: list[Moment] = []
        self._book = book
        self._rehearsal = rehearsal
        self._hesitant = hesitant
        self._now = rehearsal.at.astimezone(UTC)  # in another zone Python would count by the clock on the wall
        self._numbers = itertools.count()
        self._coming: list[tuple[datetime, int, ev.Event]] = []
        self._keys = list(rehearsal.pressed)
        self._pinpad = PinPad()

    def run(self) -> None:
        rehearsal = self._rehearsal
        caller = ev.Caller(rehearsal.caller, "")
        plan = self._book.plan_for(rehearsal.to, caller, lambda _: rehearsal.test_person)
        call = self._take(None, ev.CallArrived(CALL, CALL, caller, rehearsal.to, plan))
        while not call.over and call.connected_at is None:
            call = self._take(call, self._next_event(call))

    def _next_event(self, call: Call) -> ev.Event:
        deadline = call.deadline()
        if self._coming and (deadline is None or self._coming[0][0] <= deadline):
            self._now, _, event = heapq.heappop(self._coming)
            return event
        assert deadline is not None, "no stage of a call lasts for ever"
        self._now = max(self._now, deadline)
        return ev.TimePassed()

    def _take(self, before: Call | None, event: ev.Event) -> Call:
        after, commands = machine.step(before, event, self._now)
        self.moments.append(Moment(self._now, before, event, after, commands))
        for command in commands:
            self._obey(command, after)
        self._press(event, before, after)
        return after

    def _happens(self, *events: ev.Event, after: float = 0.0) -> None:
        for event in events:
            heapq.heappush(self._coming, (self._now + timedelta(seconds=after), next(self._numbers), event))

    def _obey(self, command: do.Command, call: Call) -> None:
        match command:
            case (
                do.PlayToCaller(playback=playback, prompt=prompt)
                | do.PlayToLeg(playback=playback, prompt=prompt)
                | do.PlayToBoth(playback=playback, prompt=prompt)
            ):
                self._happens(ev.PromptEnded(playback), after=max(prompt.seconds, _SHORTEST_PROMPT))
            case do.FindResponders(team=team, level=level):
                person = call.plan.test_person
                self._happens(self._book.find_responders(team, level, frozenset(), self._now, person))
            case do.RingLeg(leg=leg):
                self._ring(leg, call)
            case do.DropLeg(leg=leg):
                self._happens(ev.LegEnded(leg, ev.LegEnd.NO_ANSWER))
            case do.Connect(leg=leg):
                self._happens(ev.Connected(leg))
            case do.RecordMessage(limits=limits):
                seconds = min(max(MESSAGE_SECONDS, limits.shortest), limits.longest)
                self._happens(ev.MessageRecorded(seconds), after=seconds)
            case do.KeepMessage():
                self._happens(ev.MessageKept(CALL))
            case do.RejectCaller() | do.HangUpCaller():
                self._happens(ev.CallerHungUp())
            case _:
                pass  # nothing comes of the others but what can be heard

    def _ring(self, leg_id: str, call: Call) -> None:
        leg = call.leg(leg_id)
        assert leg is not None
        if leg.person in self._rehearsal.answers:
            self._happens(ev.LegAnswered(leg_id), ev.LegPressed(leg_id, keys.TOOK_IT))
        elif leg.person in self._rehearsal.rejects:
            self._happens(ev.LegEnded(leg_id, ev.LegEnd.REJECTED))
        elif self._hesitant and isinstance(call.stage, st.Ringing):
            last_moment = leg.until or call.stage.until
            self._happens(ev.LegAnswered(leg_id), after=(last_moment - self._now).total_seconds())

    def _press(self, event: ev.Event, before: Call | None, call: Call) -> None:
        """What the caller does when the menu or the question for a PIN has been read out, or phones begin to ring."""
        read_out = isinstance(event, ev.PromptEnded) and before is not None and before.stage is not call.stage
        match call.stage:
            case st.AskingPin(waiting=True) if read_out and self._rehearsal.pin is not None:
                self._key_pin(self._rehearsal.pin, call)
            case st.Choosing(waiting=True) if read_out and self._keys:
                self._happens(ev.CallerPressed(self._keys.pop(0)))
            case st.Ringing() if self._keys[:1] == [keys.TO_VOICEMAIL]:
                self._happens(ev.CallerPressed(self._keys.pop(0)))
            case _:
                pass

    def _key_pin(self, pin: str, call: Call) -> None:
        for key in pin + END:
            keyed = self._pinpad.press(key, call.pin_question, self._book.pins(call.plan.id))
            if keyed is not None:
                self._happens(keyed)
            if isinstance(keyed, ev.PinAccepted | ev.PinWrong):
                return
