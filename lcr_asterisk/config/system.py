"""What is around a hotline: Asterisk, the speech engine, the disk, the web pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator

from lcr_asterisk.config import shapes, values
from lcr_asterisk.config.block import Block
from lcr_asterisk.config.values import Line, Listen, Size, one_of, wrong, wrong_block
from lcr_asterisk.errors import ConfigError


class AsteriskSettings(Block):
    """Where Asterisk is, and how it is reached."""

    url: Annotated[str, PlainValidator(values.ari_url), shapes.WEB_ADDRESS] = Field(
        default="http://127.0.0.1:8088",
        description="Asterisk's HTTP server, with ARI.",
        examples=["http://10.0.0.5:8088"],
    )
    user: Annotated[str, PlainValidator(values.ari_user), shapes.SIP_USER] = Field(
        default="lcr", description="The ARI user.", examples=["hotline"]
    )
    password_file: Annotated[Path, PlainValidator(values.secret_file), shapes.LINE] = Field(
        default=Path("secrets", "ari"),
        validate_default=True,
        description="A file with the ARI password, relative to this YAML. Without it, `secrets/ari` in the data "
        "directory, which is made at first start.",
        examples=["/etc/lcr/ari-password"],
    )
    spool: Annotated[Path, PlainValidator(values.path_under_data), shapes.LINE] = Field(
        default=Path("asterisk", "spool"),
        validate_default=True,
        description="Asterisk's astspooldir, where it records. Without it, `asterisk/spool` in the data directory.",
        examples=["/var/spool/asterisk"],
    )
    sip: Annotated[Listen, PlainValidator(values.listen), shapes.LISTEN] = Field(
        default=Listen("127.0.0.1", 5060),
        description="Where calls and softphones arrive, if this project runs Asterisk.",
        examples=["0.0.0.0:5060"],
    )
    rtp: Annotated[tuple[int, int], PlainValidator(values.port_range), shapes.PORTS] = Field(
        default=(10000, 10999),
        description="The first and the last UDP port for sound, if this project runs Asterisk.",
        examples=["20000-20999"],
    )

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
    """What speaks the texts. Nothing is spoken during a call: all is rendered ahead."""

    engine: Annotated[
        Literal["espeak-ng", "command"],
        PlainValidator(one_of("espeak-ng", "command")),
        shapes.choice(("espeak-ng", "command")),
    ] = Field(default="espeak-ng", description="espeak-ng, or a `command` of your own.", examples=["command"])
    command: tuple[Line, ...] = Field(
        default=(),
        validate_default=True,
        description="The program and its arguments, for `engine: command`. It gets the text on standard input and "
        "writes a sound to `{output}`; `{language}` is the language.",
        examples=[["piper", "--output_file", "{output}"]],
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


class RecordingsSettings(Block):
    """Where messages and conversations are kept."""

    min_free: Annotated[Size, PlainValidator(values.size), shapes.SIZE] = Field(
        default=Size(200 * 10**6),
        description="The disk space that recordings leave free. With less, callers are told that no message can be "
        "taken, conversations are not recorded, and `/readyz` says so.",
        examples=["1GB"],
    )


class TranscriptsSettings(Block):
    """What turns recordings into text, on this machine and after the call."""

    engine: Annotated[
        Literal["none", "faster-whisper", "vosk", "command"],
        PlainValidator(one_of("none", "faster-whisper", "vosk", "command")),
        shapes.choice(("none", "faster-whisper", "vosk", "command")),
    ] = Field(
        default="none",
        description="`none`: no transcripts. faster-whisper or vosk, where it is installed (`pip install "
        "lcr-asterisk[transcribe]` brings faster-whisper), or a `command` of your own.",
        examples=["faster-whisper"],
    )
    model: Annotated[Path, PlainValidator(values.existing_directory), shapes.LINE] | None = Field(
        default=None,
        validate_default=True,
        description="The directory of the model, for faster-whisper and vosk. None is fetched by itself.",
        examples=["/opt/models/whisper-small"],
    )
    command: tuple[Line, ...] = Field(
        default=(),
        validate_default=True,
        description="The program and its arguments, for `engine: command`. It reads the WAV file `{input}` (16 kHz, "
        "mono) and prints what was said; `{language}` is the language.",
        examples=[["whisper-cli", "-nt", "-f", "{input}"]],
    )

    @field_validator("model")
    @classmethod
    def _needed_by_the_engine(cls, model: Path | None, info: ValidationInfo) -> Path | None:
        if "engine" not in info.data:
            return model
        if (engine := info.data["engine"]) in ("faster-whisper", "vosk"):
            if model is None:
                raise wrong_block(f"{engine} needs a model; write for example model: /opt/models/{engine}-small")
        elif model is not None:
            raise wrong("is not used by this engine; remove it, or write engine: faster-whisper or vosk")
        return model

    @field_validator("command")
    @classmethod
    def _fits_the_engine(cls, command: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "engine" not in info.data:
            return command
        if info.data["engine"] != "command" and command:
            raise wrong("is not used by this engine; write engine: command, or remove it")
        if info.data["engine"] == "command" and not any("{input}" in part for part in command[1:]):
            raise wrong('does not say which file to read; write for example ["whisper-cli", "-nt", "-f", "{input}"]')
        return command


class WebSettings(Block):
    """Where the web pages and the API are served."""

    listen: Annotated[Listen, PlainValidator(values.listen), shapes.LISTEN] = Field(
        default=Listen("127.0.0.1", 8080), description="The address and the TCP port.", examples=["0.0.0.0:8080"]
    )
    public_url: Annotated[str, PlainValidator(values.public_url), shapes.WEB_ADDRESS] | None = Field(
        default=None,
        description="Where people's browsers reach these pages. Alerts have links there, to acknowledge and to listen; "
        "without it they have none.",
        examples=["https://hotline.example.com"],
    )
