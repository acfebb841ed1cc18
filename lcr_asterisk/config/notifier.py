"""How alerts leave: the mail server, and the service that delivers them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator

from lcr_asterisk.config import shapes, values
from lcr_asterisk.config.block import Block
from lcr_asterisk.config.values import Line, Listen, MailAddress, Network, Secret, integer, member, wrong, wrong_block


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is kept private."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class SmtpSettings(Block):
    """The mail server through which e-mails are sent."""

    host: Annotated[str, PlainValidator(values.mail_host), shapes.HOST] = Field(
        description="Its name or address.", examples=["smtp.example.com"]
    )
    port: Annotated[int, PlainValidator(integer(1, 65535)), shapes.whole(1, 65535)] = Field(
        default=587, description="Its TCP port: 587 with starttls, 465 with tls.", examples=[465]
    )
    security: Annotated[SmtpSecurity, PlainValidator(member(SmtpSecurity)), shapes.choice(SmtpSecurity)] = Field(
        default=SmtpSecurity.STARTTLS,
        description="`starttls`, `tls` from the first byte, or `none`, for a mail server on this machine.",
        examples=["tls"],
    )
    user: Line | None = Field(default=None, description="The user name there, if it wants one.", examples=["lcr"])
    password: Secret | None = Field(
        default=None,
        validate_default=True,
        description="The password there; best taken from the environment, or from a file by `password_file`.",
        examples=["${SMTP_PASSWORD}"],
    )
    from_: MailAddress = Field(
        alias="from", description="The address that e-mails come from.", examples=["hotline@example.com"]
    )

    @field_validator("password")
    @classmethod
    def _of_a_user(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        user = info.data.get("user", "")
        if password is not None and user is None:
            raise wrong("is of no use without a user; write user: too, or remove it")
        if password is None and user:
            raise wrong_block('has a user and no password; write password: "${SMTP_PASSWORD}" too, or remove user')
        if password is not None and info.data.get("security") is SmtpSecurity.NONE:
            raise wrong("would be sent for everybody to read; write security: starttls or tls, or remove it")
        return password


class NotifierSettings(Block):
    """The service that works pages and delivers alerts (`lcr notifier`)."""

    listen: Annotated[Listen, PlainValidator(values.listen), shapes.LISTEN] = Field(
        default=Listen("127.0.0.1", 8081), description="Its address and TCP port.", examples=["10.0.0.5:8081"]
    )
    allow_private: tuple[Network, ...] = Field(
        default=(),
        description="Addresses and networks that alerts may go to though they are not public: alerts to this machine "
        "and to private networks are refused otherwise. The mail server needs no entry.",
        examples=[["10.0.0.0/8", "127.0.0.1"]],
    )
    slack_api: Annotated[str, PlainValidator(values.slack_api), shapes.WEB_ADDRESS] = Field(
        default="https://slack.com/api",
        description="Where Slack's web API is, which bots use. GovSlack has another.",
        examples=["https://slack-gov.com/api"],
    )
