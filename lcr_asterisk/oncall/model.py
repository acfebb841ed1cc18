"""A schedule as its admin wrote it, checked but not yet computed.

Wall-clock times are naive datetimes in the schedule's zone; instants are aware UTC datetimes. All spans are half-open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from lcr_asterisk.oncall.spans import SpanTable


class Unit(StrEnum):
    """As written after the count: `12h`, `1d`, `2w`, `1mo`."""

    HOUR = "h"
    DAY = "d"
    WEEK = "w"
    MONTH = "mo"


@dataclass(frozen=True, slots=True)
class Period:
    """How long a turn of a rotation lasts on the clock on the wall."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day on some days of the week, to which a layer is restricted.

    `days` are weekdays from 0, Monday; `start` and `end` are minutes after midnight, 0 to 1440. Where `start` is not
    before `end` the part runs into the next day and belongs to the day it starts on.
    """

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layer:
    """A rotation: from `start` on, each of `people` in turn for one period; within `hours` only, if there are any."""

    people: tuple[str, ...]
    start: datetime
    every: Period
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """`person` instead of whoever it would be, by the clock on the wall."""

    person: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """`person` is on call from `start` to `end`, both aware UTC. Spans may overlap: then several are."""

    person: str
    start: datetime
    end: datetime


@dataclass(frozen=True)  # without slots, so that the table is made once
class Calendar:
    """What a calendar feed says between `start` and `end` (aware UTC); beyond that it was not asked."""

    spans: tuple[Span, ...]
    start: datetime
    end: datetime

    @cached_property
    def table(self) -> SpanTable:
        return SpanTable(self.spans)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who is on call when. Overrides win over everything; later layers win over earlier ones where they have someone.

    `calendar` is what a feed says, asked last; None where the schedule has no feed, or it could not be read yet.
    """

    id: str
    zone: ZoneInfo
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    calendar: Calendar | None = None


class Kind(StrEnum):
    """What decides who is on call."""

    OVERRIDE = "override"
    LAYER = "layer"
    CALENDAR = "calendar"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule behind a shift: the override or layer with this index, counted from 0 as in the YAML."""

    kind: Kind
    index: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    """These people are on call from `start` to `end` (aware UTC), by this rule; nobody where `people` is empty."""

    start: datetime
    end: datetime
    people: tuple[str, ...]
    rule: Rule


@dataclass(frozen=True, slots=True)
class OnCall:
    """The answer at an instant. `since` and `until` bound the time in which the same people are on call.

    They are None where that goes on beyond the horizon that was looked at.
    """

    people: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class Person:
    """A target of an escalation level: this person, always."""

    id: str

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class OnSchedule:
    """A target of an escalation level: whoever is on call in this schedule."""

    id: str

    def __str__(self) -> str:
        return f"schedule:{self.id}"


Target = Person | OnSchedule


@dataclass(frozen=True, slots=True)
class Pick:
    """A person to be rung. `schedule` is the one that names them, with its rule; None where the level does itself."""

    person: str
    schedule: str | None = None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Picks:
    """Who is rung at a level at an instant, each once; `empty` are its schedules that have nobody then."""

    people: tuple[Pick, ...]
    empty: tuple[str, ...]
