"""Transcripts: tests of the call flow that read as "this happens, so that is done".

    (
        Playbook(direct())
        .arrives().does("answer", "find platform level 1")
        .finds(ALICE, BOB).does("ring alice", "ring bob", "start hold")
        .after(8).answers("alice").does("play whisper to alice")
    )

Every event has to be followed by `does` with exactly the commands it leads to, in order, or by `does_nothing`. People
and prompts stand for the legs and playbacks they have at the time, so no id is ever written out. Time moves by
`after`, during which nothing may be due, or by `due_after`, when something has to be due at exactly that moment. A
failure shows the call up to there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import assert_never

import pytest

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.plan import RoutePlan
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.errors import IllegalEvent
from tests.unit.callflow.plans import ALICE, EARLIER, page_call, prompt

NINE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CALL = "20261121-090000-k7m3q"


@dataclass
class Names:
    """What legs and playbacks are called in a transcript."""

    legs: dict[str, str] = field(default_factory=dict)  # leg id -> "alice", or "carol's phone 2"
    playbacks: dict[str, str] = field(default_factory=dict)  # playback id -> "welcome" or "whisper to alice"

    def learn(self, call: Call) -> None:
        """New legs get their person's name, further phones of that person in the same walk of the policy a number."""
        for leg in call.legs:
            if leg.id not in self.legs:
                phones = list(dict.fromkeys(other.phone for other in call.legs if other.person == leg.person))
                number = phones.index(leg.phone) + 1
                self.legs[leg.id] = leg.person if number == 1 else f"{leg.person}'s phone {number}"

    def leg(self, who: str) -> str:
        """The id of this person's newest leg, or of the leg with this number in the call ("#1")."""
        if who.startswith("#"):
            return f"{CALL}-leg-{who[1:]}"
        return _newest(self.legs, who)

    def playback(self, name: str) -> str:
        """The id of the newest playback of this prompt, over or not."""
        return _newest(self.playbacks, name)

    def tell(self, command: do.Command) -> str:
        """A command in the words of a transcript."""
        match command:
            case do.AnswerCaller():
                return "answer"
            case do.RejectCaller():
                return "reject"
            case do.PlayToCaller(playback=playback, prompt=prompt):
                return f"play {self._note(playback, prompt.name)}"
            case do.PlayToLeg(leg=leg, playback=playback, prompt=prompt):
                return f"play {self._note(playback, f'{prompt.name} to {self.legs[leg]}')}"
            case do.PlayToBoth(playback=playback, prompt=prompt):
                return f"play {self._note(playback, f'{prompt.name} to both')}"
            case do.PlayAside(leg=leg, playback=playback, prompt=prompt):
                return f"play {self._note(playback, f'{prompt.name} aside to {self.legs[leg]}')}"
            case do.EndAside(playback=playback):
                return f"end {self.playbacks[playback]}"
            case do.StopPrompt(playback=playback):
                return f"stop {self.playbacks[playback]}"
            case do.StartHold():
                return "start hold"
            case do.StopHold():
                return "stop hold"
            case do.FindResponders(team=team, level=level):
                return f"find {team} level {level + 1}"
            case do.RingLeg(leg=leg):
                return f"ring {self.legs[leg]}"
            case do.DialCaller(leg=leg):
                return f"call the caller for {self.legs[leg]}"
            case do.HoldLeg(leg=leg):
                return f"hold {self.legs[leg]}"
            case do.ReleaseLeg(leg=leg):
                return f"release {self.legs[leg]}"
            case do.DropLeg(leg=leg):
                return f"drop {self.legs[leg]}"
            case do.Connect(leg=leg):
                return f"connect {self.legs[leg]}"
            case do.Join(leg=leg):
                return f"join {self.legs[leg]}"
            case do.Separate(legs=legs):
                return f"separate {', '.join(self.legs[leg] for leg in legs)}".strip()
            case do.PassOn(digits=digits):
                return f"pass on {digits}"
            case do.RecordTalk():
                return "record the talk"
            case do.CheckRoom():
                return "check room"
            case do.RecordMessage(take=take):
                return "record a message" if take == 1 else f"record take {take}"
            case do.KeepMessage(seconds=seconds, take=take):
                return f"keep {_take(take)} of {seconds:g} s"
            case do.DiscardMessage(take=take):
                return f"discard {_take(take)}"
            case do.HangUpCaller():
                return "hang up"
            case do.EndCall(outcome=outcome):
                by = f", by {outcome.answered_by}" if outcome.answered_by else ""
                return f"end: {outcome.result}, {outcome.reason}{by}"
            case _:
                assert_never(command)

    def _note(self, playback: str, name: str) -> str:
        self.playbacks[playback] = name
        return name


def _take(take: int) -> str:
    return "the message" if take == 1 else f"take {take}"


def _newest(names: Mapping[str, str], wanted: str) -> str:
    ids = [known for known, name in names.items() if name == wanted]
    assert ids, f"the transcript has no {wanted!r} so far, only {sorted(set(names.values()))}"
    return ids[-1]


def _shortly(event: ev.Event) -> str:
    match event:
        case ev.CallArrived(plan=plan):
            return f"CallArrived for {plan.id}"
        case ev.CallbackAsked(plan=plan):
            return f"CallbackAsked for {plan.id}"
        case ev.PageCallAsked(plan=plan):
            return f"PageCallAsked for {plan.id}"
        case ev.RespondersFound(level=level, responders=responders):
            return f"RespondersFound at level {level + 1}: {', '.join(who.person for who in responders) or 'nobody'}"
        case _:
            return str(event).replace(f"{CALL}-", "")


@dataclass
class Happened:
    """An event that has been taken; what it led to is still to be said."""

    playbook: Playbook
    told: list[str]

    def does(self, *expected: str) -> Playbook:
        """These commands follow, in this order, and no others."""
        if self.told != list(expected):
            wanted = "\n".join(f"           expected: {line}" for line in expected) or "           expected: nothing"
            pytest.fail(f"{self.playbook.transcript()}\n{wanted}", pytrace=False)
        return self.playbook

    def does_nothing(self) -> Playbook:
        return self.does()


class Playbook:
    """One call, played event by event. `call` is its present state."""

    def __init__(self, plan: RoutePlan) -> None:
        self.plan = plan
        self.now = NINE
        self.journal: list[tuple[datetime, ev.Event]] = []
        self._call: Call | None = None
        self._names = Names()
        self._lines: list[str] = []

    @property
    def call(self) -> Call:
        assert self._call is not None, "nobody has called yet"
        return self._call

    def transcript(self) -> str:
        """The call so far: each event with its time since arrival, below it what was done."""
        return "\n".join(["", *self._lines])

    def happens(self, event: ev.Event) -> Happened:
        """Any event, as it is."""
        after, commands = step(self._call, event, self.now)
        self._call = after
        self.journal.append((self.now, event))
        self._names.learn(after)
        told = [self._names.tell(command) for command in commands]
        self._lines.append(f"{(self.now - NINE).total_seconds():7.2f}  {_shortly(event)}")
        self._lines.extend(f"           {line}" for line in told)
        return Happened(self, told)

    def cannot(self, event: ev.Event, because: str) -> Playbook:
        """The event is impossible here: it is refused by name, and nothing has changed."""
        before = self._call
        with pytest.raises(IllegalEvent, match=because):
            step(self._call, event, self.now)
        assert self._call is before
        return self

    # -- time ------------------------------------------------------------------------------------------------------

    def after(self, seconds: float) -> Playbook:
        """So much later; nothing is due until then."""
        self.now += timedelta(seconds=seconds)
        due = self.call.deadline()
        if due is not None and due <= self.now:
            early = (self.now - due).total_seconds()
            pytest.fail(f"{self.transcript()}\n           due already {early:g} s before", pytrace=False)
        return self

    def due_after(self, seconds: float) -> Happened:
        """So much later, and exactly then, something is due."""
        self.now += timedelta(seconds=seconds)
        due = self.call.deadline()
        if due != self.now:
            wrong = "nothing is due" if due is None else f"due {(due - self.now).total_seconds():+g} s from there"
            pytest.fail(f"{self.transcript()}\n           in {seconds:g} s: {wrong}", pytrace=False)
        return self.happens(ev.TimePassed())

    def unnoticed(self, seconds: float) -> Playbook:
        """So much later, of which nobody took note: no engine ran."""
        self.now += timedelta(seconds=seconds)
        return self

    def late(self, seconds: float) -> Happened:
        """So much later time is looked at again, though something was due before."""
        self.now += timedelta(seconds=seconds)
        return self.happens(ev.TimePassed())

    # -- the caller ------------------------------------------------------------------------------------------------

    def arrives(self) -> Happened:
        caller = ev.Caller("+15551234567", "A. Caller")
        return self.happens(ev.CallArrived(CALL, "caller-channel", caller, self.plan.number, self.plan))

    def is_asked(self, responder: ev.Responder = ALICE) -> Happened:
        """The caller of an earlier call shall be called back by this responder, whose phones ring for 25 s."""
        caller = ev.Caller("+15551234567", "A. Caller")
        number = ev.Phone("PJSIP/+15551234567@trunk", caller.number)
        asked = ev.Callback(EARLIER, number, 25.0, prompt("callback"), prompt("callback_failed"))
        channel = f"{CALL}-caller"
        return self.happens(ev.CallbackAsked(CALL, channel, caller, self.plan.number, self.plan, responder, asked))

    def is_paged(self, responder: ev.Responder = ALICE, page: ev.PageCall | None = None) -> Happened:
        """This responder shall be called about a page on which a message was left; their phones ring for 25 s."""
        caller = ev.Caller("+15551234567", "A. Caller")
        channel = f"{CALL}-caller"
        page = page or page_call()
        return self.happens(ev.PageCallAsked(CALL, channel, caller, self.plan.number, self.plan, responder, page))

    def is_noted(self, *, ours: bool = True) -> Happened:
        """That the responder acknowledged is written down; unless it is ours, somebody else was quicker."""
        return self.happens(ev.PageNoted(ours))

    def is_settled(self) -> Happened:
        """The page is acknowledged elsewhere."""
        return self.happens(ev.PageSettled())

    def picks_up(self) -> Happened:
        """The caller who is called back answers."""
        return self.happens(ev.CallerAnswered())

    def is_not_reached(self, end: ev.LegEnd, detail: str = "") -> Happened:
        """The caller who is called back does not answer."""
        return self.happens(ev.CallerNotReached(end, detail))

    def presses(self, digit: str) -> Happened:
        return self.happens(ev.CallerPressed(digit))

    def keys_a_digit(self) -> Happened:
        """One of a PIN that is not complete."""
        return self.happens(ev.PinKeyed())

    def proves_to_be(self, label: str) -> Happened:
        """The caller has keyed the PIN of this label."""
        return self.happens(ev.PinAccepted(label))

    def keys_a_wrong_pin(self) -> Happened:
        return self.happens(ev.PinWrong())

    def hangs_up(self) -> Happened:
        return self.happens(ev.CallerHungUp())

    def hears_out(self, name: str, *, failed: bool = False) -> Happened:
        """The newest playback of this prompt ends ("welcome", "whisper to alice", "notice to both"), or fails."""
        return self.happens(ev.PromptEnded(self._names.playback(name), failed))

    # -- responders ------------------------------------------------------------------------------------------------

    def finds(self, *responders: ev.Responder, level: int = 1, skipped: Sequence[ev.Skipped] = ()) -> Happened:
        """These people are on call at this level (from 1), and those are skipped."""
        return self.happens(ev.RespondersFound(level - 1, responders, tuple(skipped)))

    def is_free_again(self, person: str) -> Happened:
        """This person's call on another hotline, or with another caller, is over."""
        return self.happens(ev.ResponderFreed(person))

    def rings(self, who: str) -> Happened:
        return self.happens(ev.LegRang(self._names.leg(who)))

    def answers(self, who: str) -> Happened:
        return self.happens(ev.LegAnswered(self._names.leg(who)))

    def keys(self, who: str, digit: str) -> Happened:
        """The responder presses a digit."""
        return self.happens(ev.LegPressed(self._names.leg(who), digit))

    def abandons_the_code(self, who: str) -> Happened:
        """The responder keys something that makes what they keyed before none."""
        return self.happens(ev.CodeAbandoned(self._names.leg(who)))

    def ends(self, who: str, end: ev.LegEnd = ev.LegEnd.HUNG_UP) -> Happened:
        """The responder's channel is gone."""
        return self.happens(ev.LegEnded(self._names.leg(who), end))

    def bridged(self, who: str) -> Happened:
        return self.happens(ev.Connected(self._names.leg(who)))

    def not_bridged(self, who: str) -> Happened:
        return self.happens(ev.ConnectFailed(self._names.leg(who), "422 Unprocessable"))

    # -- the message -----------------------------------------------------------------------------------------------

    def finds_no_room(self) -> Happened:
        """The disk is full."""
        return self.happens(ev.NoRoom())

    def speaks(self, seconds: float) -> Happened:
        """The recording of the caller's message ends, so long."""
        return self.happens(ev.MessageRecorded(seconds))

    def is_kept(self) -> Happened:
        return self.happens(ev.MessageKept("recording-1"))

    def is_lost(self) -> Happened:
        return self.happens(ev.MessageLost("disk full"))

    # -- the engine ------------------------------------------------------------------------------------------------

    def fails(self, command: type[do.Command]) -> Happened:
        return self.happens(ev.CommandFailed(command.__name__, "500 Internal Server Error"))

    def resumes(
        self, *, caller: bool = True, picked_up: bool = True, bridged: Sequence[str] = (), **legs: bool
    ) -> Happened:
        """The engine is back. Asterisk still has these legs (answered or not), and of them `bridged` talk."""
        return self.happens(
            ev.Resumed(
                caller,
                tuple((self._names.leg(who), answered) for who, answered in legs.items()),
                tuple(self._names.leg(who) for who in bridged),
                picked_up,
            )
        )
