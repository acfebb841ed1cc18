"""The state of a call: who is present, which legs there are, which stage it is in, and when something is due.

All of it is immutable. `machine.step` is the only place that makes a new one. A stage's `until` is the moment at which
TimePassed is due for it; where a stage waits for Asterisk (the end of a prompt, say), `until` is a backstop for the
case that the answer never comes, so that no stage can last for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lcr_asterisk.callflow.events import Callback, Caller, LegEnd, PageCall, Phone, Skipped
from lcr_asterisk.callflow.outcome import Outcome, Reason
from lcr_asterisk.callflow.plan import Menu, Prompt, RoutePlan


class LegStage(StrEnum):
    DIALLING = "dialling"  # originated; nobody has answered
    SCREENING = "screening"  # answered; hears the whisper, may press 1
    CHOSEN = "chosen"  # pressed 1 first; being bridged, or talking
    PARTING = "parting"  # hears that the call is taken or the caller gone
    DROPPED = "dropped"  # told to stop; its channel is not gone yet
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Leg:
    """One outbound call to one phone.

    `until` is when this leg's own stage is over: confirm, a parting message, or its share of the level's time where
    the person's phones ring one after the other; while they talk, the end of a pause in a code that they key
    (`keyed`). `then` are the phones still to be rung after this one. `joined_at` is when the two began to talk. Of
    what is told of a page, `part` plays, counted from 0.
    """

    id: str
    person: str
    name: str
    phone: Phone
    level: int
    rang_at: datetime
    stage: LegStage = LegStage.DIALLING
    until: datetime | None = None
    playback: str | None = None
    answered_at: datetime | None = None
    pressed: str | None = None
    ended_at: datetime | None = None
    end: LegEnd | None = None
    detail: str = ""
    then: tuple[Phone, ...] = ()
    language: str | None = None
    keyed: str = ""
    joined_at: datetime | None = None
    part: int = 0

    @property
    def live(self) -> bool:
        """Whether its channel may still exist."""
        return self.stage is not LegStage.ENDED

    @property
    def pending(self) -> bool:
        """Whether it may still win the call."""
        return self.stage in (LegStage.DIALLING, LegStage.SCREENING)

    @property
    def wanted(self) -> bool:
        """Whether nothing has told it to go."""
        return self.pending or self.stage is LegStage.CHOSEN


@dataclass(frozen=True, slots=True)
class Arriving:
    """Answered; a short pause lets the caller's ear arrive."""

    until: datetime


@dataclass(frozen=True, slots=True)
class AskingPin:
    """The caller has to key a PIN. While `playback` is set the question still plays, or the sign of life (`waiting`).

    `label` says whose PIN has been keyed so far, if it is one; `asked` whether the question was ever heard; `question`
    is another one each time it is put, so that what was keyed before it does not count.
    """

    tries_left: int
    playback: str | None
    until: datetime
    label: str | None = None
    asked: bool = True
    waiting: bool = False
    question: str = ""


@dataclass(frozen=True, slots=True)
class Welcoming:
    playback: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Choosing:
    """In the menu. While `playback` is set the prompt still plays, or the wrong-choice notice before it.

    In `waiting` all is said and a key is due; what plays then is the sign of life.
    """

    menu: Menu
    tries_left: int
    playback: str | None
    until: datetime
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Asked who is on call at `level`; after `until` the level is skipped. `holding`: the caller hears hold music."""

    level: int
    until: datetime
    holding: bool


@dataclass(frozen=True, slots=True)
class Ringing:
    """The level's phones ring until `until`; an answered leg keeps its own deadline. `notice` plays to the caller.

    `busy` are the persons of the level who are on another call: who gets free is rung for what is left of its time,
    from `ask_at` on.
    """

    level: int
    until: datetime
    notice: str | None
    busy: frozenset[str] = frozenset()
    ask_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resting:
    """Nobody took it; the policy is walked again after `until`. The caller hears hold music."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Connecting:
    """`leg` pressed 1 at `level` and is being bridged."""

    leg: str
    level: int
    until: datetime


@dataclass(frozen=True, slots=True)
class BringingIn:
    """The responder on `by` wants somebody of `level` to join.

    Until `until` it is asked who that is; then their phones ring (`ringing`); then `leg`, who pressed 1, is bridged.
    """

    by: str
    level: int
    until: datetime
    ringing: bool = False
    leg: str | None = None


@dataclass(frozen=True, slots=True)
class Talking:
    """Connected. `notice` is the consent notice while it plays; recording starts when it ends.

    `leg` is the responder who took the call, or where they have left, another who had joined. `level` is the last one
    whose people were asked to come. `untold`: the notice could not be played, so this talk is not recorded.
    """

    leg: str
    since: datetime
    notice: str | None
    until: datetime | None
    level: int = 0
    bringing: BringingIn | None = None
    untold: bool = False


@dataclass(frozen=True, slots=True)
class HandingOver:
    """The caller hears which team comes next."""

    playback: str
    until: datetime
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Summoning:
    """A call back: the responder's phones ring until `until`; an answered leg keeps its own deadline."""

    until: datetime


@dataclass(frozen=True, slots=True)
class BeingTold:
    """A page call: the responder's phones ring until `until`; who has answered is told, on that leg's own deadline."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Acknowledging:
    """The responder on `leg` takes care of the page, which is being written down; then, maybe, the caller is called.

    When that takes longer than a moment they hear hold music (`holding`).
    """

    leg: str
    until: datetime
    calls_back: bool
    holding: bool = False


@dataclass(frozen=True, slots=True)
class CallingBack:
    """`leg` wants the caller called back, and hears hold music; the caller's phone rings, or is being bridged."""

    leg: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Apologising:
    """The caller hears why nobody comes; then voicemail or the end, as `to_voicemail` says."""

    playback: str
    until: datetime
    prompt: Prompt
    to_voicemail: bool


@dataclass(frozen=True, slots=True)
class VoicemailGreeting:
    playback: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Beeping:
    playback: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """`finished`: the caller has pressed `#`, and is there to be asked whether the message is as it should be."""

    until: datetime
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The caller may keep the message or record it again; silence keeps it. `prompt` is the question.

    In `waiting` it has been heard out and a key is due; what plays then is the sign of life.
    """

    playback: str | None
    until: datetime
    prompt: Prompt
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Keeping:
    """The message is being stored; the caller, if still there, hears goodbye only afterwards.

    When that takes longer than a moment the caller hears hold music (`holding`).
    """

    seconds: float
    until: datetime
    holding: bool
    take: int = 1


@dataclass(frozen=True, slots=True)
class Parting:
    """The last words to the caller, then the line closes."""

    playback: str
    until: datetime
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Closing:
    """Nothing more to decide: the caller is gone or told to go, and the last channels are ending."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Over:
    pass


Stage = (
    Arriving
    | AskingPin
    | Welcoming
    | Choosing
    | Finding
    | Ringing
    | Resting
    | Connecting
    | Talking
    | HandingOver
    | Summoning
    | BeingTold
    | Acknowledging
    | CallingBack
    | Apologising
    | VoicemailGreeting
    | Beeping
    | Recording
    | Reviewing
    | Keeping
    | Parting
    | Closing
    | Over
)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Who gave the caller to the team of now; `persons` are all who talked, `legs` is how many there had been."""

    by: str
    persons: frozenset[str]
    legs: int


@dataclass(frozen=True, slots=True)
class Call:
    """Everything known about one call; computed from its journal and from nothing else.

    `label` is what the caller is known as, by the PIN they keyed; `team` is the chosen team; `cycle` counts walks
    through its policy from 0; `rung` are the persons rung in this cycle; `wait_until` bounds the wait (`max_wait`) for
    somebody to take the call, `waited_until` is when it ended; `serial` numbers playbacks; `take` counts how often the
    caller has begun to record, `best` is the last take that is a message, as (take, seconds); `message` is the kept
    message's id; `reason` is the last turning point, from which the outcome is made. A call back has a `callback`, and
    a `caller_leg` from when the caller is called: their `channel` does not exist before. Who is connected may hand the
    caller over: `handed_over` tells of the last time, and `connected_at` is then None until somebody has them again.
    A page call has a `page`, `acknowledged` is the leg whose person takes care of it, and it has a `callback` once they
    want to call back.
    """

    id: str
    channel: str
    caller: Caller
    dialled: str
    plan: RoutePlan
    arrived_at: datetime
    stage: Stage
    wait_until: datetime | None
    waited_until: datetime | None = None
    caller_present: bool = True
    label: str | None = None
    team: str | None = None
    cycle: int = 0
    rung: frozenset[str] = frozenset()
    skipped: tuple[Skipped, ...] = ()
    legs: tuple[Leg, ...] = ()
    serial: int = 0
    connected_at: datetime | None = None
    caller_left_at: datetime | None = None
    take: int = 0
    best: tuple[int, float] | None = None
    message: str | None = None
    reason: Reason | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    callback: Callback | None = None
    caller_leg: Leg | None = None
    handed_over: HandedOver | None = None
    page: PageCall | None = None
    acknowledged: str | None = None

    @property
    def over(self) -> bool:
        return isinstance(self.stage, Over)

    @property
    def unproven(self) -> bool:
        """Whether the caller still has to key a PIN, so that nothing they key may be written down."""
        return self.plan.pin is not None and self.label is None

    @property
    def pin_question(self) -> str:
        """Which question for a PIN a digit answers that is keyed now."""
        return self.stage.question if isinstance(self.stage, AskingPin) else ""

    @property
    def summons(self) -> Callback | None:
        """What responders are rung for now, where it is to call back, and not for a caller who waits."""
        return self.callback if isinstance(self.stage, Summoning) else None

    @property
    def outgoing(self) -> bool:
        """Whether it is we who called: nobody called us and waits."""
        return self.callback is not None or self.page is not None

    @property
    def about(self) -> str | None:
        """The earlier call that it is about, where it is we who called."""
        return self.page.of if self.page is not None else self.callback.of if self.callback is not None else None

    @property
    def caller_rings(self) -> bool:
        """Whether the caller is being called back and has not answered."""
        return self.caller_leg is not None and self.caller_leg.stage is LegStage.DIALLING

    def waits_for(self, person: str) -> bool:
        """Whether this person would be rung as soon as they are no longer on another call."""
        return isinstance(self.stage, Ringing) and person in self.stage.busy

    def on_the_line(self) -> frozenset[str]:
        """The persons who have answered and whose phone is not free again."""
        if self.over:
            return frozenset()
        return frozenset(leg.person for leg in self.legs if leg.live and leg.answered_at is not None)

    @property
    def walked(self) -> tuple[Leg, ...]:
        """The legs that were rung for the team that the caller has now."""
        return self.legs[self.handed_over.legs :] if self.handed_over is not None else self.legs

    @property
    def awaits_another_talk(self) -> bool:
        """Whether the caller has been handed over and nobody has them yet."""
        return self.handed_over is not None and self.connected_at is None

    @property
    def excused(self) -> frozenset[str]:
        """Who is not rung, for they have just handed the caller over."""
        return self.handed_over.persons if self.handed_over is not None else frozenset()

    def leg(self, leg_id: str) -> Leg | None:
        """The leg with this id, live or ended."""
        return next((leg for leg in self.legs if leg.id == leg_id), None)

    def deadline(self) -> datetime | None:
        """The next moment at which TimePassed is due, or None when only an event can move the call."""
        due = [leg.until for leg in self.legs if leg.live and leg.until is not None]
        of_stage = [getattr(self.stage, "until", None), getattr(self.stage, "ask_at", None)]
        if isinstance(self.stage, Talking) and self.stage.bringing is not None:
            of_stage.append(self.stage.bringing.until)
        due += [moment for moment in of_stage if moment is not None]
        if self.wait_until is not None and not isinstance(self.stage, Connecting):
            # Someone has just taken the call: the wait is over unless the bridge fails.
            due.append(self.wait_until)
        return min(due, default=None)
