"""Everything the YAML can say, as frozen settings: one class for each block of keys, here and in the modules it names.

To add a key, add a field: its type reads and checks the value (`values.py`, `phones.py`), its examples appear in the
message when it is missing. A check that needs two keys belongs to the validator of the later one, which finds the
earlier in `info.data` if that was right; so each mistake is told, and told once. Settings are made by `load.load`.
Times are seconds; numbers are E.164 with a plus.
"""

from __future__ import annotations

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from lcr_asterisk.callflow.plan import RouteType, Then
from lcr_asterisk.config import values
from lcr_asterisk.config.block import Block, Named, Some, Table
from lcr_asterisk.config.callers import CallerPattern, CallersSettings
from lcr_asterisk.config.menus import MenuSettings, menu_of_a_route, menus_in, teams_of
from lcr_asterisk.config.messages import NOTHING, MessageSettings, MessagesSettings
from lcr_asterisk.config.phones import HotlineNumber, Region, dialled
from lcr_asterisk.config.problems import Place
from lcr_asterisk.config.schedules import HoursSettings, LayerSettings, OverrideSettings, ScheduleSettings
from lcr_asterisk.config.system import AsteriskSettings, SpeechSettings, WebSettings
from lcr_asterisk.config.teams import AlertSettings, LevelSettings, PersonSettings, TeamSettings, ring_time
from lcr_asterisk.config.trunk import ShownNumber, TrunkSettings
from lcr_asterisk.config.values import (
    VOICEMAIL,
    Boolean,
    Context,
    Identifier,
    Line,
    TeamIdentifier,
    TeamReference,
    context_of,
    duration,
    member,
    wrong,
    wrong_block,
)
from lcr_asterisk.config.yaml_tree import Document
from lcr_asterisk.oncall.model import OnSchedule

__all__ = [
    "NOTHING",
    "AlertSettings",
    "CallerPattern",
    "CallersSettings",
    "Defaults",
    "HoursSettings",
    "LayerSettings",
    "LevelSettings",
    "MenuSettings",
    "MessageSettings",
    "MessagesSettings",
    "OverrideSettings",
    "PersonSettings",
    "RecordingSettings",
    "RouteSettings",
    "ScheduleSettings",
    "Settings",
    "ShownNumber",
    "TeamSettings",
    "TrunkSettings",
    "VoicemailSettings",
    "teams_of",
]


class Defaults(Block):
    """`region` and `language` for routes without their own; how long phones ring and calls wait."""

    region: Region | None = None
    language: Annotated[str, PlainValidator(values.language)] = "en"
    ring: Annotated[float, PlainValidator(ring_time)] = 25.0
    confirm: Annotated[float, PlainValidator(duration(1, 120))] = 15.0
    max_wait: Annotated[float, PlainValidator(duration(5, 7200))] = 300.0


class RecordingSettings(Block):
    """Whether conversations are recorded, and what both sides hear first."""

    enabled: Boolean = False
    notice: MessageSettings | None = None


class VoicemailSettings(Block):
    """Seconds: the longest message, the silence that ends one, the shortest that counts."""

    max: Annotated[float, PlainValidator(duration(5, 1800))] = 120.0
    silence: Annotated[float, PlainValidator(duration(1, 60))] = 5.0
    min: Annotated[float, PlainValidator(duration(0, 60))] = 2.0

    @field_validator("min")
    @classmethod
    def _shorter_than_the_longest(cls, shortest: float, info: ValidationInfo) -> float:
        if shortest >= info.data.get("max", shortest + 1):
            raise wrong("no message could be long enough; write less than max")
        return shortest


class RouteSettings(Named):
    """A hotline: its numbers, who may call them, and what happens to these callers."""

    name: Line = Field(examples=["Production Incidents"])
    region: Region | None = Field(default=None, validate_default=True)
    numbers: tuple[HotlineNumber, ...] = Field(default=(), examples=[["+14155551000"]])
    active: Boolean = True
    type: Annotated[RouteType, PlainValidator(member(RouteType))] = RouteType.DIRECT
    callers: CallersSettings = CallersSettings()
    menu: Annotated[MenuSettings, AfterValidator(menu_of_a_route)] | None = None
    team: TeamReference | None = Field(default=None, validate_default=True)
    messages: MessagesSettings = MessagesSettings()
    no_answer: Annotated[Then, PlainValidator(member(Then))] = Then.VOICEMAIL
    no_one_on_call: Annotated[Then, PlainValidator(member(Then))] = Then.VOICEMAIL
    recording: RecordingSettings = RecordingSettings()
    voicemail: VoicemailSettings = VoicemailSettings()

    @field_validator("region", mode="wrap")
    @classmethod
    def _of_its_numbers(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> str | None:
        context = context_of(info)
        context.route_region = None
        region: str | None = read(value)
        context.route_region = region
        return region

    @field_validator("team")
    @classmethod
    def _someone_is_responsible(cls, team: str | None, info: ValidationInfo) -> str | None:
        """Whatever a caller does, someone must be rung or get the message."""
        if team is not None or "menu" not in info.data:
            return team
        menu: MenuSettings | None = info.data["menu"]
        if menu is None:
            raise wrong_block("neither a team nor a menu says who is called; write for example team: platform")
        if any(inner.fallback == VOICEMAIL for inner in menus_in(menu)):
            raise wrong_block(
                "who chooses nothing in the menu leaves a message for nobody; write team: or another menu.fallback"
            )
        return team


class Settings(Block):
    """One YAML file, checked; every name in it is defined, every file exists."""

    version: Annotated[int, PlainValidator(values.version)] = Field(examples=[1])
    defaults: Defaults = Defaults()
    trunk: TrunkSettings = TrunkSettings()
    people: Table[Identifier, PersonSettings] = Field(
        examples=[{"alice": {"name": "Alice Martin", "phones": ["+14155550101"]}}]
    )
    schedules: Table[Identifier, ScheduleSettings] = Field(
        default={},
        examples=[
            {
                "platform": {
                    "timezone": "Europe/Berlin",
                    "layers": [{"people": ["alice", "bob"], "start": "2026-11-02T09:00", "every": "1w"}],
                }
            }
        ],
    )
    teams: Table[TeamIdentifier, TeamSettings] = Field(
        examples=[{"platform": {"name": "Platform", "escalation": [{"ring": ["alice"]}]}}]
    )
    routes: Annotated[Table[Identifier, RouteSettings], Some] = Field(
        examples=[{"hotline": {"name": "Hotline", "numbers": ["+14155551000"], "team": "platform"}}]
    )
    asterisk: AsteriskSettings = Field(default_factory=AsteriskSettings)
    speech: SpeechSettings = SpeechSettings()
    web: WebSettings = WebSettings()
    database: Annotated[SecretStr, PlainValidator(values.database_url)] = Field(
        default=SecretStr(""), validate_default=True
    )

    _file: str = PrivateAttr(default="")
    _document: Document = PrivateAttr(default_factory=Document)

    @model_validator(mode="before")
    @classmethod
    def _with_asterisk(cls, value: Any) -> Any:
        # An unwritten block is not read, and this one's paths depend on the data directory.
        return {"asterisk": {}, **value} if isinstance(value, dict) else value

    def model_post_init(self, context: Any) -> None:
        assert isinstance(context, Context), "settings are made by load()"
        self._file, self._document = context.file, context.document
        for section in (self.people, self.schedules, self.teams, self.routes):
            for key, block in section.items():
                block._id = key

    @property
    def file(self) -> str:
        """The path of the YAML, as it was given."""
        return self._file

    def place(self, *path: str | int) -> Place:
        """Where this is written, such as `place("teams", "platform", "escalation", 0)`.

        For something not written (a default), the nearest block around it that is.
        """
        return self._document.place(path)

    def source(self, *path: str | int) -> str:
        """The same as `"lcr.yaml:41"`."""
        return f"{self._file}:{self.place(*path).line}"

    def zone_for(self, schedule: str | None = None, team: str | None = None) -> ZoneInfo | None:
        """The zone in which an admin means a time without offset; None where the file does not tell.

        That of the schedule, of the first schedule that the team rings, or the only one that is written in the file.
        """
        if schedule is None and team is not None:
            targets = [target for level in self.teams[team].escalation for target in level.ring]
            schedule = next((target.id for target in targets if isinstance(target, OnSchedule)), None)
        if schedule is not None:
            return self.schedules[schedule].timezone
        zones = {one.timezone for one in self.schedules.values() if "timezone" in one.model_fields_set}
        return zones.pop() if len(zones) == 1 else None

    def route_for(self, number: str) -> RouteSettings | None:
        """The route that answers this number, as a trunk may write it: +1415…, 1415…, 001415…, or national.

        National numbers are those of each route's own region, or the defaults'.
        """
        digits = re.sub(r"[^0-9+]", "", number) if number.isascii() else ""
        international = "+" + digits.removeprefix("+").removeprefix("00")
        for route in self.routes.values():
            if international in route.numbers:
                return route
        for route in self.routes.values():
            if dialled(number, route.region or self.defaults.region) in route.numbers:
                return route
        return None
