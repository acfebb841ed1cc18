"""What a page goes by: what it is about, the levels it climbs, and the people and places that are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Why(StrEnum):
    MESSAGE = "message"  # a caller left one
    MISSED = "missed"  # nobody took the call


@dataclass(frozen=True, slots=True)
class Cause:
    """The call a page is about. `caller` is empty for a hidden number; both texts of the caller are hostile."""

    call: str
    why: Why
    at: datetime
    route: str
    route_name: str
    caller: str
    caller_name: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """One step of the escalation policy; after so many `seconds` without an acknowledgement the next one follows."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """One of the team's alert targets: an id that tells nothing about it, and what people call it."""

    id: str
    shown: str


OPERATORS = Place("operators", "operators")
"""Stands for those who run the hotline: which places that means, if any, is known when something is to be told."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How the page is worked, as it was when it was opened.

    All `levels` are walked again `repeat` times. Calls to the same route join the page while the one before came at
    most `window` seconds earlier. `alerts` are told of every move; OPERATORS are among them where every level was told
    in vain and they are needed. `test_person` is the only one who is told of a call in test mode.
    """

    team: str
    team_name: str
    levels: tuple[Level, ...]
    repeat: int
    alerts: tuple[Place, ...]
    window: float
    test_person: str | None = None


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` until before `end` (aware) a way is not used, unless it is the last one left."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """One way of telling a person: an id that tells nothing about it, and what people call it.

    `after` is in seconds: from the start of the level, or, where the person's ways go in order, from the moment the
    one before it was used; 0 then means that it waits until that one has led to nothing. `call` is a phone call, which
    can be listened to, and stopped.
    """

    id: str
    shown: str
    after: float = 0.0
    quiet: tuple[Quiet, ...] = ()
    call: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person to be told, by all their ways, or `in_order`: the next where the one before it led to nothing."""

    person: str
    name: str
    ways: tuple[Way, ...]
    in_order: bool = False
