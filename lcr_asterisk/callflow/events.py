"""What has happened in a call, in the past tense. Counterpart: `commands.py`, what shall be done about it.

Events come from Asterisk, from the clock and from the results of commands. They are written to the journal in this
form, so a call's state can always be computed again from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lcr_asterisk.callflow.plan import Prompt, RoutePlan


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, as the trunk says: `number` may be empty (hidden); `name` is hostile text."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone of a responder: `dial` is an Asterisk dial string made from validated parts, `shown` is for people."""

    dial: str
    shown: str


@dataclass(frozen=True, slots=True)
class Responder:
    """A person to be rung: id, display name, and the phones to ring, all at once or one after the other (`in_order`).

    `via` is the id of the schedule in which they are on call; None where the level names them itself. `language` is
    theirs, where it is not the route's.
    """

    person: str
    name: str
    phones: tuple[Phone, ...]
    via: str | None = None
    in_order: bool = False
    language: str | None = None


class SkipReason(StrEnum):
    NO_PHONE = "no_phone"
    BUSY = "on_another_call"
    UNKNOWN = "unknown"  # no longer in the configuration


@dataclass(frozen=True, slots=True)
class Skipped:
    """A person of the level who is not rung, and why."""

    person: str
    name: str
    reason: SkipReason


class LegEnd(StrEnum):
    """Why a leg ended. What Asterisk's cause codes mean here: `ari/causes.py`."""

    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    DEAD_NUMBER = "dead_number"  # the number does not exist or is out of service
    TRUNK_REFUSED = "trunk_refused"  # our own trunk failed to authenticate: not the responder's doing
    UNREACHABLE = "unreachable"  # network or phone not there
    HUNG_UP = "hung_up"
    NOT_CONFIRMED = "not_confirmed"  # answered, never pressed 1: a voicemail box, most likely
    PASSED = "passed"  # pressed 2
    TAKEN = "taken_by_other"
    CANCELLED = "cancelled"  # the caller left or stopped waiting
    HANDED_OVER = "handed_over"  # gave the caller to another team
    LOST = "lost"  # gone while the engine was away


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A caller's channel entered the application; always a call's first event."""

    call: str
    channel: str
    caller: Caller
    dialled: str
    plan: RoutePlan


@dataclass(frozen=True, slots=True)
class Callback:
    """What a call back is about: `of` is the id of the call that it answers, `phone` is that caller's.

    The responder's phones ring for so many seconds (`ring`); who answers hears `ask`, and `failed` where the caller
    cannot be reached.
    """

    of: str
    phone: Phone
    ring: float
    ask: Prompt
    failed: Prompt


@dataclass(frozen=True, slots=True)
class CallbackAsked:
    """The caller of a logged call shall be called back by this responder; always a call back's first event.

    `dialled` is the hotline's number as which both are called; `plan` is that of its route. The caller's channel gets
    its id here, and does not exist before `DialCaller`.
    """

    call: str
    channel: str
    caller: Caller
    dialled: str
    plan: RoutePlan
    responder: Responder
    callback: Callback


@dataclass(frozen=True, slots=True)
class PageCall:
    """What a page call is about: this `delivery` of that page; `of` is the call for which somebody is wanted.

    The responder's phones ring for so many seconds (`ring`). Who answers hears the parts of `tell`, the last of them
    over and over, for `listens` seconds at the most. `thanks` is for who acknowledges, `passed` for who passes it on;
    `settled` says that it is taken care of already, `not_noted` that an acknowledgement is not written down yet.
    `callback` is how the caller of that call is called back; None where they cannot be.
    """

    page: str
    delivery: str
    of: str
    ring: float
    listens: float
    tell: tuple[Prompt, ...]
    thanks: Prompt
    passed: Prompt
    settled: Prompt
    not_noted: Prompt
    callback: Callback | None


@dataclass(frozen=True, slots=True)
class PageCallAsked:
    """This responder shall be called about a page; always a page call's first event. The rest is as in CallbackAsked.

    `caller` is whose call the page is about.
    """

    call: str
    channel: str
    caller: Caller
    dialled: str
    plan: RoutePlan
    responder: Responder
    page: PageCall


@dataclass(frozen=True, slots=True)
class PageNoted:
    """That the responder takes care of the page is written down; not `ours` where somebody else was quicker."""

    ours: bool


@dataclass(frozen=True, slots=True)
class PageSettled:
    """Nobody needs to be told of the page any more: it was acknowledged elsewhere, or closed."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The moment that `Call.deadline()` named has come."""


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """A playback is over: played to its end, stopped, or failed."""

    playback: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class CallerPressed:
    digit: str


@dataclass(frozen=True, slots=True)
class PinKeyed:
    """The caller has keyed a digit of a PIN; which one is nobody's business, and never written down.

    `label` says whose PIN it is so far, if it is one: `#` or a pause makes it so.
    """

    label: str | None = None


@dataclass(frozen=True, slots=True)
class PinAccepted:
    """The caller has keyed a PIN that is known; `label` says whose it is."""

    label: str


@dataclass(frozen=True, slots=True)
class PinWrong:
    pass


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    pass


@dataclass(frozen=True, slots=True)
class CallerAnswered:
    """The caller who is called back has answered, and can hear us."""


@dataclass(frozen=True, slots=True)
class CallerNotReached:
    """The caller who is called back has not answered. `detail` is what Asterisk said, for the log."""

    end: LegEnd
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RespondersFound:
    """The answer to FindResponders: who is to be rung at this level right now, and who of the level is not.

    `empty` are the ids of schedules of the level in which nobody is on call now. `known` is False where the team has no
    such level any more: the configuration was edited while the engine was away.
    """

    level: int
    responders: tuple[Responder, ...]
    skipped: tuple[Skipped, ...] = ()
    empty: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class ResponderFreed:
    """A person who was on another call, and so was not rung, no longer is."""

    person: str


@dataclass(frozen=True, slots=True)
class LegRang:
    """The responder's phone says that it rings."""

    leg: str


@dataclass(frozen=True, slots=True)
class LegAnswered:
    leg: str


@dataclass(frozen=True, slots=True)
class LegPressed:
    leg: str
    digit: str


@dataclass(frozen=True, slots=True)
class CodeAbandoned:
    """What this responder began to key while they talk is no code: something else followed.

    What followed is meant for the caller, and never written down.
    """

    leg: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    """A leg's channel is gone, or could not be made. `detail` is what Asterisk said, for the log."""

    leg: str
    end: LegEnd
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Connected:
    """Caller and responder are in one bridge and hear each other, and whoever else talks there."""

    leg: str


@dataclass(frozen=True, slots=True)
class ConnectFailed:
    """The bridge could not be made; the caller is still there and waiting."""

    leg: str
    detail: str


@dataclass(frozen=True, slots=True)
class NoRoom:
    """The answer to CheckRoom where the disk has no room for a message. Where it has, no event says so."""


@dataclass(frozen=True, slots=True)
class MessageRecorded:
    """The caller's message has ended. `seconds` is measured on the file, without the silence that ended it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class MessageKept:
    """The message is on disk and in the database under this opaque id."""

    recording: str


@dataclass(frozen=True, slots=True)
class MessageLost:
    """The message could not be stored; whatever was recorded stays in Asterisk's spool."""

    detail: str


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """Something was asked of Asterisk in vain, and no other event says so. `command` is its class name."""

    command: str
    detail: str


@dataclass(frozen=True, slots=True)
class HandedToDialplan:
    """A defect in this program: the caller went to the dialplan's safe way, which takes a message without it."""

    detail: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The engine is back after a gap in which events were lost; this is what Asterisk still has of the call.

    `legs` pairs each leg that still has a channel with whether it is answered and can hear us; `bridged` are the legs
    that are in the talk bridge together with the caller. A caller who is called back may be `caller_present` and not
    have answered yet.
    """

    caller_present: bool
    legs: tuple[tuple[str, bool], ...]
    bridged: tuple[str, ...]
    caller_answered: bool = True


Event = (
    CallArrived
    | CallbackAsked
    | PageCallAsked
    | PageNoted
    | PageSettled
    | TimePassed
    | PromptEnded
    | CallerPressed
    | PinKeyed
    | PinAccepted
    | PinWrong
    | CallerHungUp
    | CallerAnswered
    | CallerNotReached
    | RespondersFound
    | ResponderFreed
    | LegRang
    | LegAnswered
    | LegPressed
    | CodeAbandoned
    | LegEnded
    | Connected
    | ConnectFailed
    | NoRoom
    | MessageRecorded
    | MessageKept
    | MessageLost
    | CommandFailed
    | HandedToDialplan
    | Resumed
)
