"""The programs around a hotline: Asterisk, the speech engine, the web pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator

from lcr_asterisk.config import values
from lcr_asterisk.config.block import Block
from lcr_asterisk.config.values import Line, Listen, one_of, wrong
from lcr_asterisk.errors import ConfigError


class AsteriskSettings(Block):
    """Where Asterisk is. `password_file` holds the ARI password; `spool` is Asterisk's astspooldir.

    `sip` and `rtp` (first and last port) are used where this project runs Asterisk itself.
    """

    url: Annotated[str, PlainValidator(values.ari_url)] = "http://127.0.0.1:8088"
    user: Annotated[str, PlainValidator(values.ari_user)] = "lcr"
    password_file: Annotated[Path, PlainValidator(values.secret_file)] = Field(
        default=Path("secrets", "ari"), validate_default=True
    )
    spool: Annotated[Path, PlainValidator(values.path_under_data)] = Field(
        default=Path("asterisk", "spool"), validate_default=True
    )

    sip: Annotated[Listen, PlainValidator(values.listen)] = Listen("127.0.0.1", 5060)
    rtp: Annotated[tuple[int, int], PlainValidator(values.port_range)] = (10000, 10999)

    @property
    def address(self) -> Listen:
        """The host and port of `url`."""
        parts = urlsplit(self.url)
        return Listen(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))

    def read_password(self) -> SecretStr:
        """The ARI password. Raises ConfigError: the file is not there, not readable or empty."""
        try:
            password = self.password_file.read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise ConfigError((f"{self.password_file}: the ARI password cannot be read: {reason}",)) from error
        if not password:
            raise ConfigError((f"{self.password_file}: is empty; write the ARI password into it",))
        return SecretStr(password)


class SpeechSettings(Block):
    """What speaks the texts: espeak-ng, or `command`, which reads text from standard input and writes {output}."""

    engine: Annotated[Literal["espeak-ng", "command"], PlainValidator(one_of("espeak-ng", "command"))] = "espeak-ng"
    command: tuple[Line, ...] = Field(
        default=(), examples=[["piper", "--output_file", "{output}"]], validate_default=True
    )

    @field_validator("command")
    @classmethod
    def _fits_the_engine(cls, command: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "engine" not in info.data:
            return command
        if info.data["engine"] != "command" and command:
            raise wrong("is not used by this engine; write engine: command, or remove it")
        if info.data["engine"] == "command" and not any("{output}" in part for part in command[1:]):
            raise wrong(
                'does not say where to write the sound; write for example ["piper", "--output_file", "{output}"]'
            )
        return command


class WebSettings(Block):
    """Where the web pages and the API are served."""

    listen: Annotated[Listen, PlainValidator(values.listen)] = Listen("127.0.0.1", 8080)
