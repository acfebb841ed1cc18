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
from lcr_asterisk.config import shapes, values
from lcr_asterisk.config.block import Block, Named, Some, Table
from lcr_asterisk.config.callers import CallerPattern, CallersSettings
from lcr_asterisk.config.in_call import InCallSettings
from lcr_asterisk.config.menus import MenuSettings, menu_of_a_route, menus_in, teams_of
from lcr_asterisk.config.messages import NOTHING, RINGING, MessageSettings, MessagesSettings
from lcr_asterisk.config.notifier import NotifierSettings, SmtpSettings
from lcr_asterisk.config.phones import HotlineNumber, Region, dialled
from lcr_asterisk.config.problems import Place
from lcr_asterisk.config.schedules import HoursSettings, LayerSettings, OverrideSettings, ScheduleSettings
from lcr_asterisk.config.system import (
    AsteriskSettings,
    RecordingsSettings,
    SpeechSettings,
    TranscriptsSettings,
    WebSettings,
)
from lcr_asterisk.config.teams import AlertSettings, LevelSettings, PersonSettings, TeamSettings, ring_time
from lcr_asterisk.config.trunk import ShownNumber, TrunkSettings
from lcr_asterisk.config.values import (
    VOICEMAIL,
    Boolean,
    Context,
    Identifier,
    Line,
    PersonIdentifier,
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
    "RINGING",
    "AlertSettings",
    "CallerPattern",
    "CallersSettings",
    "Defaults",
    "HoursSettings",
    "InCallSettings",
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
    """What holds for every route, team and level that does not say it itself."""

    region: Region | None = Field(
        default=None,
        description="The country, by its two letters, whose phone numbers need no country code in this file. "
        "Without it, write every number with + and its country code.",
        examples=["US"],
    )
    language: Annotated[str, PlainValidator(values.language), shapes.LANGUAGE] = Field(
        default="en", description="The language of the default messages and of the voice.", examples=["en-GB"]
    )
    ring: Annotated[float, PlainValidator(ring_time), shapes.DURATION] = Field(
        default=25.0,
        description="How long the phones of an escalation level ring, where the level has no `for`; 1s to 10m.",
        examples=["30s"],
    )
    confirm: Annotated[float, PlainValidator(duration(1, 120)), shapes.DURATION] = Field(
        default=15.0,
        description="How long a responder who answered has to press 1; 1s to 2m. So no voicemail box takes a call.",
        examples=["20s"],
    )
    max_wait: Annotated[float, PlainValidator(duration(5, 7200)), shapes.DURATION] = Field(
        default=300.0,
        description="The longest that a caller waits for somebody, 5s to 2h; then the call goes on as the route's "
        "`no_answer` says.",
        examples=["3m"],
    )


class RecordingSettings(Block):
    """Whether conversations are recorded, and what is said first."""

    enabled: Boolean = Field(
        default=False, description="Whether conversations are recorded, both sides in one file.", examples=[True]
    )
    stereo: Boolean = Field(
        default=False,
        description="Whether the caller is heard on the left and the responder on the right, for whom that is useful: "
        "a transcript knows who spoke, and the file is twice as large.",
        examples=[True],
    )
    notice: MessageSettings | None = Field(
        default=None,
        description="Heard before a conversation is recorded, such as to ask for consent. Without it nothing is said.",
        examples=[{"say": "This call is recorded."}],
    )


class VoicemailSettings(Block):
    """How long a message may and must be."""

    max: Annotated[float, PlainValidator(duration(5, 1800)), shapes.DURATION] = Field(
        default=120.0, description="The longest message, 5s to 30m; then the caller is thanked.", examples=["3m"]
    )
    silence: Annotated[float, PlainValidator(duration(1, 60)), shapes.DURATION] = Field(
        default=5.0, description="The silence that ends a message, 1s to 1m.", examples=["4s"]
    )
    min: Annotated[float, PlainValidator(duration(0, 60)), shapes.DURATION] = Field(
        default=2.0,
        description="What is shorter than this, up to 1m, is not a message: somebody only hung up late.",
        examples=["1.5s"],
    )

    @field_validator("min")
    @classmethod
    def _shorter_than_the_longest(cls, shortest: float, info: ValidationInfo) -> float:
        if shortest >= info.data.get("max", shortest + 1):
            raise wrong("no message could be long enough; write less than max")
        return shortest


class RouteSettings(Named):
    """A hotline: its numbers, who may call them, and what happens to these callers."""

    name: Line = Field(
        description="What callers and responders hear and see: “Call for Production Incidents”.",
        examples=["Production Incidents"],
    )
    region: Region | None = Field(
        default=None,
        validate_default=True,
        description="The country whose phone numbers need no country code here; without it that of `defaults`.",
        examples=["DE"],
    )
    language: Annotated[str, PlainValidator(values.language), shapes.LANGUAGE] | None = Field(
        default=None,
        description="The language of its default messages and of the voice; without it that of `defaults`.",
        examples=["de"],
    )
    numbers: tuple[HotlineNumber, ...] = Field(
        default=(),
        description="The numbers that callers dial, in quotes. Each belongs to one route.",
        examples=[["+14155551000"]],
    )
    active: Boolean = Field(
        default=True,
        description="Whether it takes calls. If not, callers hear `inactive`, and the call ends.",
        examples=[False],
    )
    type: Annotated[RouteType, PlainValidator(member(RouteType)), shapes.choice(RouteType)] = Field(
        default=RouteType.DIRECT,
        description="`direct` rings the people on call; with `voicemail` callers leave a message at once.",
        examples=["voicemail"],
    )
    callers: CallersSettings = Field(
        default=CallersSettings(),
        description="Who may call. Without it, everybody.",
        examples=[{"block": ["+1555*", "hidden"]}],
        json_schema_extra={"writeOnly": True},
    )
    menu: Annotated[MenuSettings, AfterValidator(menu_of_a_route)] | None = Field(
        default=None,
        description="What callers choose from by a key. Without it, `team` is rung.",
        examples=[{"options": {"1": "platform", "2": "payments"}}],
    )
    team: TeamReference | None = Field(
        default=None,
        validate_default=True,
        description="The team that is rung where there is no menu, and that gets the message of a caller who chose "
        "nothing. Needed without a menu, or where a menu's `fallback` is voicemail.",
        examples=["platform"],
    )
    messages: MessagesSettings = Field(
        default=MessagesSettings(),
        description="What callers hear. What is not written here has its default.",
        examples=[{"welcome": {"say": "Welcome."}}],
    )
    no_answer: Annotated[Then, PlainValidator(member(Then)), shapes.choice(Then)] = Field(
        default=Then.VOICEMAIL, description="What follows when nobody took the call.", examples=["hang_up"]
    )
    no_one_on_call: Annotated[Then, PlainValidator(member(Then)), shapes.choice(Then)] = Field(
        default=Then.VOICEMAIL,
        description="What follows when there is nobody to ring: no one on call, or no one with a phone.",
        examples=["hang_up"],
    )
    in_call: InCallSettings = Field(
        default=InCallSettings(),
        description="What responders can do by keys while they talk with a caller. Without it, keys go to the caller.",
        examples=[{"bring_in": True, "end": True}],
    )
    recording: RecordingSettings = Field(
        default=RecordingSettings(), description="Whether conversations are recorded.", examples=[{"enabled": True}]
    )
    voicemail: VoicemailSettings = Field(
        default=VoicemailSettings(), description="The limits of a voicemail message.", examples=[{"max": "3m"}]
    )

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
    """Everything that a live call routing system of your own needs to know."""

    version: Annotated[int, PlainValidator(values.version), shapes.VERSION] = Field(
        description="The version of this format. It is 1.", examples=[1]
    )
    defaults: Defaults = Field(
        default=Defaults(),
        description="What holds where a route, team or level does not say it itself.",
        examples=[{"region": "US", "ring": "30s"}],
    )
    trunk: TrunkSettings = Field(
        default=TrunkSettings(),
        description="The way to phone numbers outside.",
        examples=[{"host": "sip.example.com", "user": "lcr", "password": "${TRUNK_PASSWORD}"}],
    )
    people: Table[PersonIdentifier, PersonSettings] = Field(
        description="Who can be rung, by a short id that is used in the rest of the file.",
        examples=[{"alice": {"name": "Alice Martin", "phones": ["+14155550101"]}}],
    )
    schedules: Table[Identifier, ScheduleSettings] = Field(
        default={},
        description="Who is on call when, by an id. A level of a team rings a schedule as `schedule:ID`.",
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
        description="Who answers for what, and in which order they are rung, by an id.",
        examples=[{"platform": {"name": "Platform", "escalation": [{"ring": ["alice"]}]}}],
    )
    routes: Annotated[Table[Identifier, RouteSettings], Some] = Field(
        description="The hotlines, by an id: numbers, and what happens to those who call them.",
        examples=[{"hotline": {"name": "Hotline", "numbers": ["+14155551000"], "team": "platform"}}],
    )
    asterisk: AsteriskSettings = Field(
        default_factory=AsteriskSettings,
        description="Where Asterisk is. Not needed where this project runs it for you on one machine.",
        examples=[{"url": "http://127.0.0.1:8088", "password_file": "/etc/lcr/ari-password"}],
    )
    speech: SpeechSettings = Field(
        default=SpeechSettings(), description="What speaks the texts.", examples=[{"engine": "espeak-ng"}]
    )
    recordings: RecordingsSettings = Field(
        default=RecordingsSettings(),
        description="How much of the disk recordings may take.",
        examples=[{"min_free": "1GB"}],
    )
    transcripts: TranscriptsSettings = Field(
        default=TranscriptsSettings(),
        description="What turns recordings into text, on this machine.",
        examples=[{"engine": "faster-whisper", "model": "/opt/models/whisper-small"}],
    )
    web: WebSettings = Field(
        default=WebSettings(), description="The web pages and the API.", examples=[{"listen": "127.0.0.1:8080"}]
    )
    operators: tuple[AlertSettings, ...] = Field(
        default=(),
        description="Who is told when the hotline itself is in trouble, and when it is over; and of a page that nobody "
        "else can be told of. As `alerts` of a team.",
        examples=[[{"slack": "${SLACK_URL}"}]],
        json_schema_extra={"writeOnly": True},
    )
    smtp: SmtpSettings | None = Field(
        default=None,
        description="The mail server through which e-mails are sent. Without it there are none.",
        examples=[{"host": "smtp.example.com", "from": "hotline@example.com"}],
    )
    notifier: NotifierSettings = Field(
        default=NotifierSettings(),
        description="The service that works pages and delivers alerts.",
        examples=[{"listen": "127.0.0.1:8081"}],
    )
    database: Annotated[SecretStr, PlainValidator(values.database_url), shapes.SECRET] = Field(
        default=SecretStr(""),
        validate_default=True,
        description="The database, as an SQLAlchemy URL of SQLite or PostgreSQL. Without it, `lcr.db` in the data "
        "directory.",
        examples=["${DATABASE_URL}"],
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

    def written(self, *path: str | int) -> bool:
        """Whether this stands in the file, not only as a default."""
        return path in self._document.values

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
