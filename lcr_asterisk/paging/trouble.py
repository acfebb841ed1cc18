"""When operators are told that the hotline itself is in trouble, and when that it is over.

`step(trouble, seen, now, limits)` returns the next state of one trouble and what to tell, if anything. It never asks
the time and never looks at anything; whoever looks keeps the state in the database, so that a restart changes nothing.

The rules:

1.  What is wrong is told once, when it was seen at every look for as long as the patience of its kind.
2.  It is over when it was seen well at every look for a while (`calm`), which is told once.
3.  What comes back soon after it was over has to be well for longer (`long_calm`): a line that comes and goes is
    told of a few times an hour, not each time.
4.  What is told is told again when there is more of it, but not more often than every few minutes.
5.  What cannot be seen is neither: patience and calm begin anew when it can, and what was told stays so.
6.  What is known of a time that has not come yet, by a clock that was set back or by one of several notifiers', is of
    now: nobody is left without an alert until that time, or told too early by more than the clocks are apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

AGAIN = timedelta(minutes=5)
"""Between alerts about what grows."""
SOON = timedelta(hours=1)
"""What comes back within this time comes and goes."""

FIRST_WAIT, LONGEST_WAIT = 5.0, 600.0  # seconds between attempts to deliver an alert
GIVE_UP = timedelta(days=1)


class Kind(StrEnum):
    """What can be wrong."""

    ENGINE = "engine"  # it does not answer
    ASTERISK = "asterisk"  # the engine is not connected to it
    TRUNK = "trunk"  # the carrier does not answer
    DISK = "disk"  # nearly full
    ON_CALL = "on_call"  # of a team: nobody answers within the next hour
    OUTBOX = "outbox"  # events for the notifier have been waiting for long
    HELD_UP = "held_up"  # an event that the notifier does not take, though it takes others, or answers
    REFUSED = "refused"  # events that the notifier refused for good
    DATABASE = "database"  # the engine cannot write to it
    CONFIGURATION = "configuration"  # of a program: an edited one is refused


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds; see the rules."""

    patience: float
    calm: float = 60.0
    long_calm: float = 900.0


_PATIENCE = {
    Kind.ENGINE: 60.0,  # a restart takes seconds
    Kind.ASTERISK: 60.0,  # so does one of Asterisk
    Kind.TRUNK: 90.0,  # three questions that the carrier has not answered
    Kind.DISK: 60.0,
    Kind.ON_CALL: 120.0,  # a schedule is being edited, a calendar is fetched for the first time
    Kind.OUTBOX: 60.0,  # events are old when a notifier that was away begins, and known half a minute later
    Kind.HELD_UP: 120.0,  # what could not be told for a while is tried again every half a minute
    Kind.REFUSED: 10.0,
    Kind.DATABASE: 60.0,
    Kind.CONFIGURATION: 120.0,  # it is being edited
}


def limits_of(kind: Kind) -> Limits:
    return Limits(_PATIENCE[kind])


@dataclass(frozen=True, slots=True)
class Well:
    """All is well."""


@dataclass(frozen=True, slots=True)
class Ill:
    """`what` is wrong, as a sentence without a full stop; `advice` says what to do about it.

    `extent` is how much of it there is, where it can be counted.
    """

    what: str
    advice: str
    extent: int = 0


@dataclass(frozen=True, slots=True)
class Unseen:
    """Nobody can tell just now."""


Seen = Well | Ill | Unseen


class Told(StrEnum):
    DEGRADED = "degraded"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Trouble:
    """The state of one trouble. All times are aware; None where it is not so.

    `since`: when it was first seen, of the present time in which it holds. `told`: when operators were told.
    `well_since`: since when it is seen well again, while it is told. `over`: when it was over the last time. `extent`:
    how much of it was told; `again`: when they were told that it is more.
    """

    since: datetime | None = None
    told: datetime | None = None
    well_since: datetime | None = None
    over: datetime | None = None
    extent: int = 0
    again: datetime | None = None


def step(trouble: Trouble, seen: Seen, now: datetime, limits: Limits) -> tuple[Trouble, Told | None]:
    """The next state, and what operators have to be told."""
    trouble = _not_ahead(trouble, now)
    match seen:
        case Unseen():
            return _unseen(trouble), None
        case Ill():
            return _ill(trouble, seen, now, limits)
        case Well():
            return _well(trouble, now, limits)
        case _:
            assert_never(seen)


def _not_ahead(trouble: Trouble, now: datetime) -> Trouble:
    """`told` itself stays: alerts name the incident by it."""

    def not_ahead(at: datetime | None) -> datetime | None:
        return at if at is None else min(at, now)

    last = trouble.again or trouble.told
    return replace(
        trouble,
        since=not_ahead(trouble.since),
        well_since=not_ahead(trouble.well_since),
        again=now if last is not None and last > now else trouble.again,
    )


def _unseen(trouble: Trouble) -> Trouble:
    return replace(trouble, since=None) if trouble.told is None else replace(trouble, well_since=None)


def _ill(trouble: Trouble, seen: Ill, now: datetime, limits: Limits) -> tuple[Trouble, Told | None]:
    if trouble.told is not None:
        if seen.extent > trouble.extent and now - (trouble.again or trouble.told) >= AGAIN:
            return replace(trouble, well_since=None, again=now, extent=seen.extent), Told.DEGRADED
        return replace(trouble, well_since=None), None
    since = trouble.since or now
    if (now - since).total_seconds() < limits.patience:
        return replace(trouble, since=since), None
    return replace(trouble, since=since, told=now, extent=seen.extent), Told.DEGRADED


def _well(trouble: Trouble, now: datetime, limits: Limits) -> tuple[Trouble, Told | None]:
    if trouble.told is None:
        return replace(trouble, since=None), None
    well_since = trouble.well_since or now
    comes_and_goes = trouble.over is not None and trouble.told - trouble.over < SOON
    if (now - well_since).total_seconds() < (limits.long_calm if comes_and_goes else limits.calm):
        return replace(trouble, well_since=well_since), None
    return Trouble(over=now), Told.RECOVERED


def next_attempt(attempts: int, asked: float, since: datetime, now: datetime) -> datetime | None:
    """When an alert that could not be delivered is tried again; None when it has been tried for long enough.

    `attempts` were made, the target asks to be left alone for `asked` seconds, and it was first due at `since`.
    """
    if now - since >= GIVE_UP:
        return None
    wait = min(FIRST_WAIT * 2.0 ** min(max(attempts - 1, 0), 30), LONGEST_WAIT)
    return now + timedelta(seconds=max(asked, wait))
