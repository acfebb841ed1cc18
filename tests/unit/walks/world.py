"""A small world around one call: a caller, phones, playbacks, a bridge and a disk, as Asterisk would have them.

It obeys commands and knows which events may truthfully come next. What reaches the call, when, how often and in which
order is for the test to choose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from tests.unit.callflow.plans import ALICE, ALICE_BUSY, ALICE_NO_PHONE, BOB, CAROL, CAROL_IN_ORDER, DAVE

Roster = tuple[tuple[ev.Responder, ...], tuple[ev.Skipped, ...]]
SOMEBODY: list[Roster] = [
    ((ALICE,), ()),
    ((ALICE, BOB), ()),
    ((BOB, CAROL, DAVE), (ALICE_BUSY,)),
    ((ALICE, ALICE), ()),
    ((CAROL_IN_ORDER,), (ALICE_BUSY,)),
]
NOBODY: list[Roster] = [((), ()), ((), (ALICE_NO_PHONE,)), ((), (ALICE_BUSY,))]
REFUSALS = [ev.LegEnd.BUSY, ev.LegEnd.REJECTED, ev.LegEnd.DEAD_NUMBER, ev.LegEnd.UNREACHABLE]


class Line(Enum):
    """A phone, as Asterisk sees it."""

    RINGING = auto()
    UP = auto()


@dataclass
class World:
    """What there is right now. `heard` are the caller's prompts that play, `whispers` each leg's."""

    caller: bool = True
    caller_rings: bool = False  # who is called back: there, and has not answered
    caller_told_to_go: bool = False
    phones: dict[str, Line] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)
    whispers: dict[str, str] = field(default_factory=dict)
    holding: bool = False
    held: set[str] = field(default_factory=set)
    questions: list[int] = field(default_factory=list)
    connecting: list[str] = field(default_factory=list)
    bridged: set[str] = field(default_factory=set)
    recording: bool = False
    room_asked: bool = False
    storing: int = 0

    def obey(self, command: do.Command) -> None:
        """Carry out a command."""
        match command:
            case do.PlayToCaller(playback=playback) | do.PlayToBoth(playback=playback):
                self.heard.append(playback)
            case do.PlayToLeg(leg=leg, playback=playback) | do.PlayAside(leg=leg, playback=playback):
                self.whispers[playback] = leg
            case do.StopPrompt(playback=playback):
                self.heard = [other for other in self.heard if other != playback]
                self.whispers.pop(playback, None)
            case do.StartHold():
                self.holding = True
            case do.StopHold():
                self.holding = False
            case do.FindResponders(level=level):
                self.questions.append(level)
            case do.RingLeg(leg=leg):
                self.phones[leg] = Line.RINGING
            case do.DialCaller():
                if not self.caller:  # otherwise asked before a gap, and already ringing
                    self.caller = self.caller_rings = True
            case do.HoldLeg(leg=leg):
                self.held.add(leg)
            case do.ReleaseLeg(leg=leg):
                self.held.discard(leg)
            case do.DropLeg(leg=leg):
                self.dropped.add(leg)
            case do.Connect(leg=leg) | do.Join(leg=leg):
                self.connecting.append(leg)
            case do.Separate():
                self.bridged.clear()
            case do.CheckRoom():
                self.room_asked = True
            case do.RecordMessage():
                self.recording = True
            case do.KeepMessage():
                self.storing += 1
            case do.HangUpCaller() | do.RejectCaller():
                self.caller_told_to_go = True
            case do.AnswerCaller() | do.RecordTalk() | do.PassOn() | do.EndAside() | do.DiscardMessage() | do.EndCall():
                pass

    def note(self, event: ev.Event) -> None:
        """The event has truly happened, whether or not the call hears of it."""
        match event:
            case ev.CallerHungUp() | ev.CallerNotReached():
                self.caller = self.caller_rings = False
            case ev.CallerAnswered():
                self.caller_rings = False
            case ev.PromptEnded(playback=playback):
                self.heard = [other for other in self.heard if other != playback]
                self.whispers.pop(playback, None)
            case ev.RespondersFound(level=level):
                self.questions.remove(level)
            case ev.LegAnswered(leg=leg):
                self.phones[leg] = Line.UP
            case ev.LegEnded(leg=leg):
                self.phones.pop(leg)
                self.bridged.discard(leg)
            case ev.Connected(leg=leg):
                self.connecting.remove(leg)
                self.bridged.add(leg)
            case ev.ConnectFailed(leg=leg):
                self.connecting.remove(leg)
            case ev.NoRoom():
                self.room_asked = False
            case ev.MessageRecorded():
                self.recording = False
            case ev.MessageKept() | ev.MessageLost():
                self.storing -= 1
            case _:
                pass

    def reports(self) -> Iterator[ev.Event]:
        """What Asterisk and the disk may truthfully report next, answers to questions and phones apart."""
        for playback in [*self.heard, *self.whispers]:
            yield ev.PromptEnded(playback)
            yield ev.PromptEnded(playback, failed=True)
        for leg in self.connecting:
            yield ev.ConnectFailed(leg, "404 Not Found")
            if self.caller and not self.caller_rings and self.phones.get(leg) is Line.UP:
                yield from [ev.Connected(leg)] * 4
        for leg in sorted(self.dropped & self.phones.keys()):
            yield ev.LegEnded(leg, ev.LegEnd.HUNG_UP)
        if self.room_asked:
            yield ev.NoRoom()
        if self.recording:
            yield from (ev.MessageRecorded(seconds) for seconds in (0.0, 7.0))
        if self.storing:
            yield ev.MessageKept("recording-1")
            yield ev.MessageLost("disk full")
        if self.caller_rings:
            yield from [ev.CallerAnswered()] * 3
            yield from (ev.CallerNotReached(end) for end in REFUSALS)
        if self.caller_told_to_go and self.caller:
            yield ev.CallerNotReached(ev.LegEnd.CANCELLED) if self.caller_rings else ev.CallerHungUp()

    def responders_act(self) -> Iterator[ev.Event]:
        """What responders may do next."""
        for leg, line in self.phones.items():
            if line is Line.RINGING:
                yield ev.LegRang(leg)
                yield from [ev.LegAnswered(leg)] * 3
                yield from (ev.LegEnded(leg, end) for end in REFUSALS)
            else:
                yield from (ev.LegPressed(leg, digit) for digit in "11112335")
                yield ev.LegEnded(leg, ev.LegEnd.HUNG_UP)
        for leg in sorted(self.bridged & self.phones.keys()):
            yield from (ev.LegPressed(leg, digit) for digit in "***1129")
            yield ev.CodeAbandoned(leg)

    def answers(self) -> Iterator[ev.Event]:
        """Who may be on call."""
        for level in self.questions:
            yield from (ev.RespondersFound(level, *roster) for roster in SOMEBODY * 3 + NOBODY)

    def resumed(self) -> ev.Resumed:
        """What the engine finds after a gap."""
        legs = tuple((leg, line is Line.UP) for leg, line in self.phones.items())
        return ev.Resumed(
            self.caller, legs, tuple(sorted(self.bridged)) if self.caller else (), self.caller and not self.caller_rings
        )
