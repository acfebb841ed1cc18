"""Everything the YAML can say, as frozen settings: one class for each block of keys.

To add a key, add a field: its type reads and checks the value (`values.py`, `phones.py`), its examples appear in the
message when it is missing. A check that needs two keys belongs to the validator of the later one, which finds the
earlier in `info.data` if that was right; so each mistake is told, and told once. Settings are made by `load.load`.
Times are seconds; numbers are E.164 with a plus.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    Field,
    PlainValidator,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from lcr_asterisk.callflow.plan import RouteType, Then
from lcr_asterisk.config import values
from lcr_asterisk.config.block import Block, Distinct, Named, Some, Table
from lcr_asterisk.config.phones import HotlineNumber, Phone, Region, dialled
from lcr_asterisk.config.system import AsteriskSettings, SpeechSettings, WebSettings
from lcr_asterisk.config.values import (
    Boolean,
    Context,
    Digit,
    ExistingFile,
    Fallback,
    Identifier,
    Line,
    PersonReference,
    Secret,
    Spoken,
    TeamIdentifier,
    TeamReference,
    context_of,
    duration,
    integer,
    member,
    wrong,
    wrong_block,
)
from lcr_asterisk.config.yaml_tree import Document

MENU_OPTIONS = 9
"""More cannot be remembered by someone who listens."""


_ring_time = duration(1, 600)


class Defaults(Block):
    """`region` and `language` for routes without their own; how long phones ring and calls wait."""

    region: Region | None = None
    language: Annotated[str, PlainValidator(values.language)] = "en"
    ring: Annotated[float, PlainValidator(_ring_time)] = 25.0
    confirm: Annotated[float, PlainValidator(duration(1, 120))] = 15.0
    max_wait: Annotated[float, PlainValidator(duration(5, 7200))] = 300.0


class ShownNumber(StrEnum):
    """Whose number responders see: the hotline's own, or the caller's, if the trunk allows it."""

    HOTLINE = "hotline"
    CALLER = "caller"


class TrunkSettings(Block):
    """The PJSIP endpoint through which numbers are called.

    Where this project runs Asterisk itself, `host` and what follows describe the carrier: `match` are further addresses
    or networks its calls come from, `register_` whether it wants a registration.
    """

    endpoint: Annotated[str, PlainValidator(values.endpoint)] = "trunk"
    caller_id: Annotated[ShownNumber, PlainValidator(member(ShownNumber))] = ShownNumber.HOTLINE
    host: Annotated[str, PlainValidator(values.host)] | None = Field(default=None, examples=["sip.example.com"])
    port: Annotated[int, PlainValidator(integer(1, 65535))] = 5060
    user: Annotated[str, PlainValidator(values.sip_user)] | None = Field(default=None, validate_default=True)
    password_file: ExistingFile | None = None
    password: Annotated[SecretStr, PlainValidator(values.sip_password)] | None = Field(
        default=None, validate_default=True
    )
    register_: Boolean = Field(default=False, alias="register")
    match: tuple[Annotated[str, PlainValidator(values.network)], ...] = Field(default=(), examples=[["192.0.2.0/24"]])

    @field_validator("user")
    @classmethod
    def _of_a_carrier(cls, user: str | None, info: ValidationInfo) -> str | None:
        if user is not None and info.data.get("host", "") is None:
            raise wrong("is of no use without a carrier; write host: too, or remove it")
        return user

    @field_validator("password")
    @classmethod
    def _or_from_its_file(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        file: Path | None = info.data.get("password_file")
        if file is not None and password is not None:
            raise wrong("stands beside password_file; keep one of them")
        if file is not None:
            password = values.password_from(file)
        if password is not None and info.data.get("user", "") is None:
            raise wrong("is of no use without a user; write user: too")
        return password

    @field_validator("register_")
    @classmethod
    def _with_credentials(cls, register: bool, info: ValidationInfo) -> bool:
        if register and (info.data.get("user", "") is None or info.data.get("password", "") is None):
            raise wrong("a carrier registers only a known user; write user: and password: too")
        return register


class PersonSettings(Named):
    """A responder. Without a phone they are not rung; `notify` may hold tokens, so it prints redacted."""

    name: Line = Field(examples=["Alice Martin"])
    phones: Annotated[tuple[Phone, ...], Distinct] = Field(default=(), examples=[["+14155550101"]])
    notify: tuple[Secret, ...] = Field(default=(), examples=[["voice"]])


_AS_BY_DEFAULT = 0.0


def _level_seconds(value: Any, info: ValidationInfo) -> float:
    # What is written is text; a number is the field's own default, for which the file's `defaults` know better.
    return context_of(info).ring if value == _AS_BY_DEFAULT else _ring_time(value)


class LevelSettings(Block):
    """Who is rung at once, and for how many seconds."""

    ring: Annotated[tuple[PersonReference, ...], Some, Distinct] = Field(examples=[["alice", "bob"]])
    seconds: Annotated[float, PlainValidator(_level_seconds)] = Field(
        default=_AS_BY_DEFAULT, alias="for", examples=["25s"], validate_default=True
    )


class TeamSettings(Named):
    """An escalation policy: its levels in order, and how often to walk them again."""

    name: Line = Field(examples=["Platform"])
    escalation: Annotated[tuple[LevelSettings, ...], Some] = Field(examples=[[{"ring": ["alice", "bob"]}]])
    repeat: Annotated[int, PlainValidator(integer(0, 9))] = 0


class MessageSettings(Block):
    """What is heard: `say` is a text to be spoken, or `file` an existing audio file; one is set, save in NOTHING."""

    say: Spoken | None = Field(default=None, examples=["Welcome."])
    file: ExistingFile | None = Field(default=None, examples=["welcome.wav"], validate_default=True)

    @field_validator("file")
    @classmethod
    def _one_of_both(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if "say" in info.data and (file is None) == (info.data["say"] is None):
            has = "neither say nor file" if file is None else "both say and file"
            raise wrong_block(f'has {has}; write one of them, such as {{say: "Welcome."}} or {{file: welcome.wav}}')
        return file


NOTHING = MessageSettings.model_construct(say=None, file=None)
"""In the place of a message: nothing is said there. Written `none`."""


def _none_or(value: Any, message: ValidatorFunctionWrapHandler) -> Any:
    return NOTHING if value == "none" else message(value)


class MessagesSettings(Block):
    """What callers of a route hear, each with a default of its own where it is None.

    `welcome: none` says nothing, so that phones ring in the instant a call arrives.
    """

    welcome: Annotated[MessageSettings | None, WrapValidator(_none_or)] = None
    wrong_choice: MessageSettings | None = None
    level: MessageSettings | None = None
    hold: MessageSettings | None = None
    no_answer: MessageSettings | None = None
    no_one_on_call: MessageSettings | None = None
    inactive: MessageSettings | None = None
    voicemail: MessageSettings | None = None
    message_kept: MessageSettings | None = None
    message_lost: MessageSettings | None = None
    goodbye: MessageSettings | None = None


class MenuSettings(Block):
    """A keypad menu: digit → team id; `fallback` is a team id, "voicemail" or "hang_up"; `timeout` is for each try."""

    prompt: MessageSettings | None = None
    options: Annotated[Table[Digit, TeamReference], Some] = Field(examples=[{"1": "platform"}])
    tries: Annotated[int, PlainValidator(integer(1, 9))] = 3
    timeout: Annotated[float, PlainValidator(duration(1, 60))] = 6.0
    fallback: Fallback = values.VOICEMAIL

    @field_validator("options")
    @classmethod
    def _few(cls, options: Mapping[str, str]) -> Mapping[str, str]:
        if len(options) > MENU_OPTIONS:
            raise wrong(f"{len(options)} options are too many to remember; use at most {MENU_OPTIONS}")
        return options


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
    """A hotline: its numbers, and what happens to their callers."""

    name: Line = Field(examples=["Production Incidents"])
    region: Region | None = None
    numbers: Annotated[tuple[HotlineNumber, ...], Some] = Field(examples=[["+14155551000"]])
    active: Boolean = True
    type: Annotated[RouteType, PlainValidator(member(RouteType))] = RouteType.DIRECT
    menu: MenuSettings | None = None
    team: TeamReference | None = Field(default=None, validate_default=True)
    messages: MessagesSettings = MessagesSettings()
    no_answer: Annotated[Then, PlainValidator(member(Then))] = Then.VOICEMAIL
    no_one_on_call: Annotated[Then, PlainValidator(member(Then))] = Then.VOICEMAIL
    recording: RecordingSettings = RecordingSettings()
    voicemail: VoicemailSettings = VoicemailSettings()

    @field_validator("team")
    @classmethod
    def _someone_is_responsible(cls, team: str | None, info: ValidationInfo) -> str | None:
        """Whatever a caller does, someone must be rung or get the message."""
        if team is not None or "menu" not in info.data:
            return team
        menu: MenuSettings | None = info.data["menu"]
        if menu is None:
            raise wrong_block("neither a team nor a menu says who is called; write for example team: platform")
        if menu.fallback == values.VOICEMAIL:
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
        for section in (self.people, self.teams, self.routes):
            for key, block in section.items():
                block._id = key

    def source(self, *path: str | int) -> str:
        """`"lcr.yaml:41"`: where this is written, such as `source("teams", "platform", "escalation", 0)`.

        For something not written (a default), the nearest block around it that is.
        """
        return f"{self._file}:{self._document.place(path).line}"

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
