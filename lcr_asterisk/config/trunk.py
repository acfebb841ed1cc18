"""The trunk: the carrier or the PBX through which numbers outside are called."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator

from lcr_asterisk.config import values
from lcr_asterisk.config.block import Block
from lcr_asterisk.config.values import Boolean, ExistingFile, integer, member, wrong


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
