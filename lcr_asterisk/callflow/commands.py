"""What shall be done in a call, in the imperative. Counterpart: `events.py`, what has happened.

Commands are carried out in order by `calls/execute.py`. Each may be repeated without harm: the ids of legs, playbacks,
bridges and recordings derive from the call's id.
"""

from __future__ import annotations

from dataclasses import dataclass

from lcr_asterisk.callflow.events import Phone
from lcr_asterisk.callflow.outcome import Outcome
from lcr_asterisk.callflow.plan import Prompt, VoicemailLimits


@dataclass(frozen=True, slots=True)
class AnswerCaller:
    pass


@dataclass(frozen=True, slots=True)
class RejectCaller:
    """Turn the caller away without answering."""


@dataclass(frozen=True, slots=True)
class PlayToCaller:
    playback: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class PlayToLeg:
    leg: str
    playback: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class PlayToBoth:
    """Play into the talk bridge: caller and responder hear it."""

    playback: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class PlayAside:
    """Play to one responder over what they hear of the talk, which goes on; nobody else hears it."""

    leg: str
    playback: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class EndAside:
    """This playback over a talk has ended: so has what it was played on."""

    playback: str


@dataclass(frozen=True, slots=True)
class StopPrompt:
    playback: str


@dataclass(frozen=True, slots=True)
class StartHold:
    """The caller hears hold music until StopHold; it goes on when the engine dies."""

    music: str


@dataclass(frozen=True, slots=True)
class StopHold:
    pass


@dataclass(frozen=True, slots=True)
class FindResponders:
    """Ask who is on call at this level of the team at this moment; answered by RespondersFound."""

    team: str
    level: int


@dataclass(frozen=True, slots=True)
class RingLeg:
    """Call a responder's phone. `seconds` is a backstop for Asterisk, a little longer than the level rings."""

    leg: str
    phone: Phone
    seconds: float


@dataclass(frozen=True, slots=True)
class DialCaller:
    """Call the caller of an earlier call back, as the hotline; answered by CallerAnswered or CallerNotReached.

    `leg` is the responder for whom it is done. `seconds` is a backstop for Asterisk.
    """

    phone: Phone
    leg: str
    seconds: float


@dataclass(frozen=True, slots=True)
class HoldLeg:
    """A responder hears hold music until ReleaseLeg; it goes on when the engine dies."""

    leg: str
    music: str


@dataclass(frozen=True, slots=True)
class ReleaseLeg:
    leg: str


@dataclass(frozen=True, slots=True)
class DropLeg:
    """Stop ringing or hang up; answered by LegEnded."""

    leg: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Put the caller and this leg into one bridge; answered by Connected or ConnectFailed."""

    leg: str


@dataclass(frozen=True, slots=True)
class Join:
    """Put this leg into the bridge in which others talk; answered by Connected or ConnectFailed."""

    leg: str


@dataclass(frozen=True, slots=True)
class Separate:
    """Take the caller and these legs out of their bridge, so that each can hear something else. It stays, empty."""

    legs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassOn:
    """Let the caller's phone hear these keys, which a responder has pressed."""

    digits: str


@dataclass(frozen=True, slots=True)
class RecordTalk:
    """Record both sides of the conversation, until it ends. Kept as one file by the recording keeper."""


@dataclass(frozen=True, slots=True)
class CheckRoom:
    """Look whether a message would have room on the disk; answered, at once, by NoRoom where it would not."""


@dataclass(frozen=True, slots=True)
class RecordMessage:
    """Record the caller; ended by `#`, hangup or the limits; answered by MessageRecorded.

    Each `take` of a caller who records again, counted from 1, is a recording of its own.
    """

    limits: VoicemailLimits
    take: int = 1


@dataclass(frozen=True, slots=True)
class KeepMessage:
    """Put this take of the message on disk and into the database; answered by MessageKept or MessageLost."""

    seconds: float
    take: int = 1


@dataclass(frozen=True, slots=True)
class DiscardMessage:
    """This take is too short to be a message, or another one is in its place: nothing of it stays behind."""

    take: int = 1


@dataclass(frozen=True, slots=True)
class HangUpCaller:
    pass


@dataclass(frozen=True, slots=True)
class EndCall:
    """The call is over: release its bridge, write its row, forget it."""

    outcome: Outcome


Command = (
    AnswerCaller
    | RejectCaller
    | PlayToCaller
    | PlayToLeg
    | PlayToBoth
    | PlayAside
    | EndAside
    | StopPrompt
    | StartHold
    | StopHold
    | FindResponders
    | RingLeg
    | DialCaller
    | HoldLeg
    | ReleaseLeg
    | DropLeg
    | Connect
    | Join
    | Separate
    | PassOn
    | RecordTalk
    | CheckRoom
    | RecordMessage
    | KeepMessage
    | DiscardMessage
    | HangUpCaller
    | EndCall
)
