"""Who is on call when, as the YAML says it: rotations in layers, overrides, and calendars kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo, field_validator

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
    wrong,
    wrong_block,
    wrong_items,
)
from lcr_asterisk.oncall.model import Hours, Layer, Override, Schedule

_UTC = ZoneInfo("UTC")


class HoursSettings(Block):
    """A part of the day on some days; where `from` is not before `to` it runs into the next day."""

    days: Days = EVERY_DAY
    start: DayStart = Field(default=0, alias="from")
    end: DayEnd = Field(default=MIDNIGHT, alias="to")

    def to_hours(self) -> Hours:
        return Hours(self.days, self.start, self.end)


def _listed(value: Any) -> Any:
    """One block may stand for a list of one."""
    return [value] if isinstance(value, dict) else value


class LayerSettings(Block):
    """A rotation: from `start` on, each of `people` in turn for `every`; within `hours` only, if there are any."""

    people: Annotated[tuple[PersonReference, ...], Some] = Field(examples=[["alice", "bob"]])
    start: WallTime = Field(examples=["2026-11-02T09:00"])
    every: Turn = Field(examples=["1w"])
    hours: Annotated[tuple[HoursSettings, ...], BeforeValidator(_listed)] = Field(
        default=(), examples=[[{"days": "mon-fri", "from": "18:00", "to": "08:00"}]]
    )

    def to_layer(self) -> Layer:
        return Layer(self.people, self.start, self.every, tuple(hours.to_hours() for hours in self.hours))


class OverrideSettings(Block):
    """`person` instead of whoever it would be, by the clock on the wall."""

    person: PersonReference = Field(examples=["bob"])
    from_: WallTime = Field(alias="from", examples=["2026-12-24T00:00"])
    to: WallTime = Field(examples=["2026-12-27T00:00"])

    @field_validator("to")
    @classmethod
    def _after_it_began(cls, to: datetime, info: ValidationInfo) -> datetime:
        if "from_" in info.data and to <= info.data["from_"]:
            raise wrong("is not after from; write the time at which it is over")
        return to

    def __str__(self) -> str:
        return f"{self.person} from {self.from_:%Y-%m-%dT%H:%M}"

    def to_override(self) -> Override:
        return Override(self.person, self.from_, self.to)


def _apart(overrides: tuple[OverrideSettings, ...]) -> tuple[OverrideSettings, ...]:
    def overlaps() -> Iterator[tuple[int, str]]:
        for index, one in enumerate(overrides):
            for other in overrides[:index]:
                if one.from_ < other.to and other.from_ < one.to:
                    yield index, f"overlaps with the one of {other} to {other.to:%Y-%m-%dT%H:%M}; let one end first"

    if found := list(overlaps()):
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


class ScheduleSettings(Named):
    """Rotations in layers, overrides, and a calendar that is asked where these have nobody.

    `ical` is a secret: whoever has such an address can read the calendar. `people` says whom its events mean.
    """

    layers: tuple[LayerSettings, ...] = Field(
        default=(), examples=[[{"people": ["alice", "bob"], "start": "2026-11-02T09:00", "every": "1w"}]]
    )
    overrides: Annotated[tuple[OverrideSettings, ...], AfterValidator(_apart)] = Field(
        default=(), examples=[[{"person": "bob", "from": "2026-12-24T00:00", "to": "2026-12-27T00:00"}]]
    )
    ical: WebAddress | None = Field(default=None, examples=["${CALENDAR_URL}"])
    ical_file: ExistingFile | None = Field(default=None, examples=["on-call.ics"])
    people: Table[Line, PersonReference] = Field(
        default={}, examples=[{"alice@example.com": "alice"}], validate_default=True
    )
    refresh: Annotated[float, PlainValidator(duration(60, 86400))] = 300.0
    timezone: Annotated[ZoneInfo, PlainValidator(_zone_or_default)] = Field(
        default=_UTC, examples=["Europe/Berlin"], validate_default=True
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
            raise wrong_block("says nobody; write layers:, overrides: or ical:")
        return timezone

    def to_schedule(self) -> Schedule:
        """For the arithmetic, without what the calendar says."""
        return Schedule(
            self.id,
            self.timezone,
            tuple(layer.to_layer() for layer in self.layers),
            tuple(override.to_override() for override in self.overrides),
        )
