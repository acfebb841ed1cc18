"""What has happened to a page, in the past tense. Counterpart: `commands.py`, what shall be done about it.

They are kept in this form, so a page's state can always be computed again from them. Whoever tells of one has nothing
else to do: only TimePassed leads to commands.
"""

from __future__ import annotations

from dataclasses import dataclass

from lcr_asterisk.paging.policy import Cause, Place, Policy, Recipient


@dataclass(frozen=True, slots=True)
class PageOpened:
    """Always a page's first event."""

    page: str
    cause: Cause
    policy: Policy


@dataclass(frozen=True, slots=True)
class CallJoined:
    """Another call about the same, as `page.joins` says."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The moment that `Page.deadline()` named has come."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A notifier has begun: attempts of which nothing has been heard may have ended with the one before it."""


@dataclass(frozen=True, slots=True)
class PeopleFound:
    """The answer to FindPeople: who is to be told at this level right now. Each of them has a way."""

    level: int
    people: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """It was taken at the other end; a call is placed. `reference` finds it there again, where it can be changed."""

    delivery: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now, at the earliest after so many `seconds`. `tried` is False where the target was not even asked.

    `why` is empty where nothing went wrong: the alert waits for something that belongs to it.
    """

    delivery: str
    seconds: float
    why: str
    tried: bool = True


@dataclass(frozen=True, slots=True)
class GaveUp:
    """It will never be taken."""

    delivery: str
    why: str


@dataclass(frozen=True, slots=True)
class Redirected:
    """What a place was to be told is told to these: it is in the configuration no longer, or stands for others."""

    delivery: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Listened:
    """The person called has answered, and hears what the page is about."""

    delivery: str


@dataclass(frozen=True, slots=True)
class Unheeded:
    """A call is over and nobody acknowledged in it: busy, not answered. `passed`: they leave the page to others."""

    delivery: str
    how: str
    passed: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody takes care of it. `by` is a person's id, None where nobody can tell; `through` says how they did it."""

    by: str | None
    name: str
    through: str


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing is left to do about it."""

    by: str | None
    name: str
    through: str


Event = (
    PageOpened
    | CallJoined
    | TimePassed
    | Resumed
    | PeopleFound
    | Delivered
    | Deferred
    | GaveUp
    | Redirected
    | Listened
    | Unheeded
    | Acknowledged
    | Closed
)
