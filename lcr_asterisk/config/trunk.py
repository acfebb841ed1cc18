"""The trunk: the carrier or the PBX through which numbers outside are called."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator

from lcr_asterisk.config import shapes, values
from lcr_asterisk.config.block import Block
from lcr_asterisk.config.values import Boolean, ExistingFile, integer, member, wrong


class ShownNumber(StrEnum):
    """Whose number responders see: the hotline's own, or the caller's, if the trunk allows it."""

    HOTLINE = "hotline"
    CALLER = "caller"


class TrunkSettings(Block):
    """The PJSIP endpoint through which numbers outside are called.

    Where this project runs Asterisk itself, `host` and what follows describe the carrier. Leave them out for an
    Asterisk that has its trunk already.
    """

    endpoint: Annotated[str, PlainValidator(values.endpoint), shapes.ENDPOINT] = Field(
        default="trunk", description="The name of the endpoint in Asterisk.", examples=["carrier"]
    )
    caller_id: Annotated[ShownNumber, PlainValidator(member(ShownNumber)), shapes.choice(ShownNumber)] = Field(
        default=ShownNumber.HOTLINE,
        description="Whose number responders see on their phone: that of the hotline, or the caller's, if your "
        "carrier allows it.",
        examples=["caller"],
    )
    host: Annotated[str, PlainValidator(values.host), shapes.HOST] | None = Field(
        default=None, description="The carrier's SIP server.", examples=["sip.example.com"]
    )
    port: Annotated[int, PlainValidator(integer(1, 65535)), shapes.whole(1, 65535)] = Field(
        default=5060, description="Its UDP port.", examples=[5060]
    )
    user: Annotated[str, PlainValidator(values.sip_user), shapes.SIP_USER] | None = Field(
        default=None, validate_default=True, description="The user name there, in quotes if a number.", examples=["lcr"]
    )
    password_file: ExistingFile | None = Field(
        default=None,
        description="A file with the password, relative to this YAML; instead of `password`.",
        examples=["/etc/lcr/trunk-password"],
    )
    password: Annotated[SecretStr, PlainValidator(values.sip_password), shapes.SECRET] | None = Field(
        default=None,
        validate_default=True,
        description="The password there; best taken from the environment.",
        examples=["${TRUNK_PASSWORD}"],
    )
    register_: Boolean = Field(
        default=False,
        alias="register",
        description="Whether the carrier wants a registration. If not, it knows your address.",
        examples=[True],
    )
    match: tuple[Annotated[str, PlainValidator(values.network), shapes.NETWORK], ...] = Field(
        default=(),
        description="Further addresses or networks that the carrier's calls come from.",
        examples=[["192.0.2.0/24"]],
    )

    watch: Boolean = Field(
        default=True,
        description="Whether the carrier is asked every 20 s if it is there (SIP OPTIONS), so that `operators` hear "
        "when it is away. Not for a carrier that never answers that.",
        examples=[False],
    )

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
