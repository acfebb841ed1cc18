"""People, and the teams in which they are rung: escalation policies, and where alerts go."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator

from lcr_asterisk.config.block import Block, Distinct, Named, Some
from lcr_asterisk.config.phones import Phone
from lcr_asterisk.config.values import (
    AnyAddress,
    LevelTarget,
    Line,
    Notification,
    Secret,
    WebAddress,
    context_of,
    duration,
    integer,
    wrong,
    wrong_block,
)

ring_time = duration(1, 600)
"""How long phones may ring."""


class PersonSettings(Named):
    """A responder. Without a phone they are not rung; `notify` may hold tokens, so it prints redacted."""

    name: Line = Field(examples=["Alice Martin"])
    phones: Annotated[tuple[Phone, ...], Distinct] = Field(default=(), examples=[["+14155550101"]])
    notify: tuple[Notification, ...] = Field(default=(), examples=[["voice"]], json_schema_extra={"writeOnly": True})


_AS_BY_DEFAULT = 0.0


def _level_seconds(value: Any, info: ValidationInfo) -> float:
    # What is written is text; a number is the field's own default, for which the file's `defaults` know better.
    return context_of(info).ring if value == _AS_BY_DEFAULT else ring_time(value)


class LevelSettings(Block):
    """Who is rung at once, and for how many seconds."""

    ring: Annotated[tuple[LevelTarget, ...], Some, Distinct] = Field(examples=[["alice", "bob"]])
    seconds: Annotated[float, PlainValidator(_level_seconds)] = Field(
        default=_AS_BY_DEFAULT, alias="for", examples=["25s"], validate_default=True
    )


class AlertSettings(Block):
    """One place that is told of a team's pages: exactly one of `slack`, `teams`, `webhook` and `apprise` is set.

    `secret` signs what is sent to a webhook. All of them may hold tokens, so they print redacted.
    """

    slack: WebAddress | None = Field(default=None, examples=["${SLACK_URL}"])
    teams: WebAddress | None = Field(default=None, examples=["${TEAMS_URL}"])
    webhook: WebAddress | None = Field(default=None, examples=["https://alerts.example.com/hotline"])
    apprise: AnyAddress | None = Field(default=None, examples=["${APPRISE_URL}"], validate_default=True)
    secret: Secret | None = Field(default=None, examples=["${HOOK_SECRET}"])

    @field_validator("apprise")
    @classmethod
    def _one_place(cls, apprise: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        places = ("slack", "teams", "webhook")
        if all(place in info.data for place in places):
            written = [place for place in places if info.data[place] is not None]
            written += ["apprise"] if apprise is not None else []
            if len(written) != 1:
                has = f"has {' and '.join(written)}" if written else "says no place"
                raise wrong_block(
                    f'{has}; write one of slack, teams, webhook and apprise, as {{slack: "${{SLACK_URL}}"}}'
                )
        return apprise

    @field_validator("secret")
    @classmethod
    def _of_a_webhook(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if secret is not None and info.data.get("webhook", "") is None:
            raise wrong("signs what is sent to a webhook; write webhook: too, or remove it")
        return secret


class TeamSettings(Named):
    """An escalation policy: its levels in order, and how often to walk them again; `alerts` say who hears of pages."""

    name: Line = Field(examples=["Platform"])
    escalation: Annotated[tuple[LevelSettings, ...], Some] = Field(examples=[[{"ring": ["alice", "bob"]}]])
    repeat: Annotated[int, PlainValidator(integer(0, 9))] = 0
    alerts: tuple[AlertSettings, ...] = Field(
        default=(), examples=[[{"slack": "${SLACK_URL}"}]], json_schema_extra={"writeOnly": True}
    )
