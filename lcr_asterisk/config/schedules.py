"""Who is on call when, as the YAML says it: rotations in layers, overrides, and calendars kept elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo, field_validator

from lcr_asterisk.config import shapes
from lcr_asterisk.config.block import Block, Named, Some, Table
from lcr_asterisk.config.times import (
    EVERY_DAY,
    MIDNIGHT,
    DayEnd,
    Days,
    DayStart,
    Turn,
    WallTime,
    zone,
)
from lcr_asterisk.config.values import (
    ExistingFile,
    Line,
    PersonReference,
    WebAddress,
    context_of,
    duration,
    member,
    wrong,
    wrong_block,
    wrong_items,
)
from lcr_asterisk.oncall.model import Hours, Layer, Override, Schedule

_UTC = ZoneInfo("UTC")


class HoursSettings(Block):
    """A part of the day on some days of the week: to which a rotation is restricted, or in which a way is quiet.

    Where `from` is not before `to`, it runs into the next day and belongs to the day it starts on.
    """

    days: Days = Field(
        default=EVERY_DAY,
        description="The days on which it begins: `mon-fri`, `mon,wed,sat`, or a list. Without it, every day.",
        examples=["mon-fri"],
        json_schema_extra={"default": "mon-sun"},
    )
    start: DayStart = Field(
        default=0,
        alias="from",
        description="When it begins, by the clock on the wall.",
        examples=["18:00"],
        json_schema_extra={"default": "00:00"},
    )
    end: DayEnd = Field(
        default=MIDNIGHT,
        alias="to",
        description="When it is over; `24:00` is the end of the day.",
        examples=["08:00"],
        json_schema_extra={"default": "24:00"},
    )

    def to_hours(self) -> Hours:
        return Hours(self.days, self.start, self.end)


def listed(value: Any) -> Any:
    """One block may stand for a list of one."""
    return [value] if isinstance(value, dict) else value


class LayerSettings(Block):
    """A rotation: each of `people` is on call in turn."""

    people: Annotated[tuple[PersonReference, ...], Some] = Field(
        description="People by their ids, in the order of their turns.", examples=[["alice", "bob"]]
    )
    start: WallTime = Field(
        description="When the first turn begins, in the schedule's timezone. All handoffs follow from it; before it "
        "nobody is on call. A date alone is its midnight.",
        examples=["2026-11-02T09:00"],
    )
    every: Turn = Field(
        description="How long a turn lasts, by the clock on the wall: hours as `12h`, days `1d`, weeks `2w` or months "
        "`1mo`.",
        examples=["1w"],
    )
    hours: Annotated[
        tuple[HoursSettings, ...],
        BeforeValidator(listed, json_schema_input_type=HoursSettings | tuple[HoursSettings, ...]),
    ] = Field(
        default=(),
        description="The parts of the day in which this rotation counts: one block, or a list. Without it, always.",
        examples=[[{"days": "mon-fri", "from": "18:00", "to": "08:00"}]],
    )

    def to_layer(self) -> Layer:
        return Layer(self.people, self.start, self.every, tuple(hours.to_hours() for hours in self.hours))


class OverrideSettings(Block):
    """For a while one person is on call, instead of whoever it would be."""

    person: PersonReference = Field(description="Who is on call instead, by id.", examples=["bob"])
    from_: WallTime = Field(
        alias="from", description="When it begins, in the schedule's timezone.", examples=["2026-12-24T00:00"]
    )
    to: WallTime = Field(description="When it is over.", examples=["2026-12-27T00:00"])

    @field_validator("to")
    @classmethod
    def _after_it_began(cls, to: datetime, info: ValidationInfo) -> datetime:
        if "from_" in info.data and to <= info.data["from_"]:
            raise wrong("is not after from; write the time at which it is over")
        return to

    def __str__(self) -> str:
        return f"{self.person} from {self.from_:%Y-%m-%dT%H:%M} to {self.to:%Y-%m-%dT%H:%M}"

    def to_override(self) -> Override:
        return Override(self.person, self.from_, self.to)


def _apart(overrides: tuple[OverrideSettings, ...]) -> tuple[OverrideSettings, ...]:
    """Told once for each of the overrides that begins before one of those before it, by the clock, is over."""
    found: list[tuple[int, str]] = []
    order = sorted(range(len(overrides)), key=lambda index: overrides[index].from_)
    latest = order[0] if order else 0
    for index in order[1:]:
        if overrides[index].from_ < overrides[latest].to:
            first, later = sorted((latest, index))
            told = f"{overrides[later]} overlaps with {overrides[first]}; let one end where the other begins"
            found.append((later, told))
        latest = max(latest, index, key=lambda one: overrides[one].to)
    if found:
        raise wrong_items(found)
    return overrides


def _has_calendar(info: ValidationInfo) -> bool:
    """Whether the schedule has one; what is written wrongly counts."""
    return info.data.get("ical", "") is not None or info.data.get("ical_file", "") is not None


def _has_wall_times(info: ValidationInfo) -> bool:
    return bool(info.data.get("layers", "wrong") or info.data.get("overrides", "wrong"))


def _zone_or_default(value: Any, info: ValidationInfo) -> ZoneInfo:
    if not isinstance(value, ZoneInfo):
        return zone(value)
    if _has_wall_times(info):
        raise wrong("is missing; write for example timezone: Europe/Berlin")
    return value


class Gaps(StrEnum):
    """Whether times in which nobody is on call are meant."""

    WARN = "warn"
    INTENDED = "intended"


class ScheduleSettings(Named):
    """Who is on call when: rotations in layers, overrides, a calendar kept elsewhere.

    Overrides win over everything. Later layers win over earlier ones where they have somebody. A calendar is asked
    last.
    """

    layers: tuple[LayerSettings, ...] = Field(
        default=(),
        description="Rotations. Later ones win where they have somebody.",
        examples=[[{"people": ["alice", "bob"], "start": "2026-11-02T09:00", "every": "1w"}]],
    )
    overrides: Annotated[tuple[OverrideSettings, ...], AfterValidator(_apart)] = Field(
        default=(),
        description="Exceptions such as holidays. They may not overlap each other.",
        examples=[[{"person": "bob", "from": "2026-12-24T00:00", "to": "2026-12-27T00:00"}]],
    )
    gaps: Annotated[Gaps, PlainValidator(member(Gaps)), shapes.choice(Gaps)] = Field(
        default=Gaps.WARN,
        description="`lcr config check` warns of times in which nobody is on call here; not where they are `intended`.",
        examples=["intended"],
    )
    ical: WebAddress | None = Field(
        default=None,
        description="The address of an iCal feed whose events are shifts. A secret, and never shown. When the feed is "
        "away, the last good copy is used.",
        examples=["${CALENDAR_URL}"],
    )
    ical_file: ExistingFile | None = Field(
        default=None, description="The same from a file, relative to this YAML.", examples=["on-call.ics"]
    )
    people: Table[Line, PersonReference] = Field(
        default={},
        validate_default=True,
        description="Whom the calendar's events mean: an attendee's e-mail address, or words of the title, with a "
        "person's id. Without it, people are known by their names.",
        examples=[{"alice@example.com": "alice"}, {"alice@example.com": "alice", "Bob": "bob"}],
    )
    refresh: Annotated[float, PlainValidator(duration(60, 86400)), shapes.DURATION] = Field(
        default=300.0, description="How often the calendar is fetched, 1m to 24h.", examples=["15m"]
    )
    timezone: Annotated[ZoneInfo, PlainValidator(_zone_or_default), shapes.ZONE] = Field(
        default=_UTC,
        validate_default=True,
        description="The time zone of all times in this schedule, by its place. Needed with `layers` or `overrides`; "
        "a calendar's whole days are UTC without it.",
        examples=["Europe/Berlin"],
    )

    @field_validator("ical_file")
    @classmethod
    def _one_calendar(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is not None and info.data.get("ical") is not None:
            raise wrong("stands beside ical; keep one of them")
        return file

    @field_validator("people")
    @classmethod
    def _or_by_their_names(cls, people: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        if not _has_calendar(info):
            if people:
                raise wrong("is of no use without a calendar; write ical: too, or remove it")
            return people
        return people or MappingProxyType(context_of(info).names)

    @field_validator("refresh")
    @classmethod
    def _of_a_calendar(cls, refresh: float, info: ValidationInfo) -> float:
        if not _has_calendar(info):
            raise wrong("is of no use without a calendar; write ical: too, or remove it")
        return refresh

    @field_validator("timezone")
    @classmethod
    def _says_who(cls, timezone: ZoneInfo, info: ValidationInfo) -> ZoneInfo:
        if not (_has_calendar(info) or _has_wall_times(info)):
            raise wrong_block("names nobody; write layers:, overrides: or ical:")
        return timezone

    def to_schedule(self) -> Schedule:
        """For the arithmetic, without what the calendar says."""
        return Schedule(
            self.id,
            self.timezone,
            tuple(layer.to_layer() for layer in self.layers),
            tuple(override.to_override() for override in self.overrides),
        )
