"""People, and the teams in which they are rung: escalation policies, and where alerts go."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator

from lcr_asterisk.config import shapes, values
from lcr_asterisk.config.block import Block, Distinct, Named, Some
from lcr_asterisk.config.phones import Phone
from lcr_asterisk.config.times import zone
from lcr_asterisk.config.values import (
    SLACK_BOT,
    VOICE,
    AnyAddress,
    HookSecret,
    LevelTarget,
    Line,
    MailAddress,
    SlackAddress,
    WebAddress,
    context_of,
    duration,
    integer,
    member,
    wrong,
    wrong_block,
)
from lcr_asterisk.config.ways import WayOrAddress, WaySettings, way

ring_time = duration(1, 600)
"""How long phones may ring."""


class RingPhones(StrEnum):
    """How the phones of one person ring."""

    TOGETHER = "together"
    IN_ORDER = "in_order"


class NotifyWays(StrEnum):
    """How the ways of telling one person are used."""

    TOGETHER = "together"
    IN_ORDER = "in_order"


class PersonSettings(Named):
    """A responder: somebody who can be rung."""

    name: Line = Field(description="The person's name.", examples=["Alice Martin"])
    phones: Annotated[tuple[Phone, ...], Distinct] = Field(
        default=(),
        description="Phone numbers in quotes, and softphones registered at this Asterisk as `sip:NAME`. Who has "
        "none is not rung.",
        examples=[["+14155550101"], ["+14155550101", "sip:alice"]],
    )
    ring_phones: Annotated[RingPhones, PlainValidator(member(RingPhones)), shapes.choice(RingPhones)] = Field(
        default=RingPhones.TOGETHER,
        description="Several phones ring `together`, or `in_order`: each for its share of the level's time, and the "
        "next as soon as the one before it is busy, rejects or is over.",
        examples=["in_order"],
    )
    language: Annotated[str, PlainValidator(values.language), shapes.LANGUAGE] | None = Field(
        default=None,
        description="The language in which this person is told who is calling; without it that of the route.",
        examples=["de"],
    )
    notify: tuple[WayOrAddress, ...] = Field(
        default=(),
        description="How this person is told of a page: `voice`, or the URL of a notification service; or such a way "
        "with more to say about it. Without it, who has phones is told by `voice`.",
        examples=[["voice"], ["mailto://alice@example.com", {"to": "${ALICE_PUSH}", "after": "5m"}]],
        json_schema_extra={"writeOnly": True},
    )
    notify_ways: Annotated[NotifyWays, PlainValidator(member(NotifyWays)), shapes.choice(NotifyWays)] = Field(
        default=NotifyWays.TOGETHER,
        description="Several ways are used `together`, each after its own time; or `in_order`: the next as soon as the "
        "one before it has failed, or after its time.",
        examples=["in_order"],
    )
    timezone: Annotated[ZoneInfo, PlainValidator(zone), shapes.ZONE] | None = Field(
        default=None,
        validate_default=True,
        description="The time zone of this person's `quiet` hours, by its place. Needed with them.",
        examples=["Europe/Berlin"],
    )

    @field_validator("timezone")
    @classmethod
    def _of_quiet_hours(cls, timezone: ZoneInfo | None, info: ValidationInfo) -> ZoneInfo | None:
        if timezone is None and any(way(written).quiet for written in info.data.get("notify", ())):
            raise wrong_block("has quiet hours and no time zone for them; write for example timezone: Europe/Berlin")
        return timezone

    @property
    def ways(self) -> tuple[WaySettings, ...]:
        """`notify`, each as a way; without it a call, where there are phones."""
        if not self.notify and self.phones:
            return (way(SecretStr(VOICE)),)
        return tuple(map(way, self.notify))


_AS_BY_DEFAULT = 0.0


def _level_seconds(value: Any, info: ValidationInfo) -> float:
    # What is written is text; a number is the field's own default, for which the file's `defaults` know better.
    return context_of(info).ring if value == _AS_BY_DEFAULT else ring_time(value)


class LevelSettings(Block):
    """One step of an escalation: who is rung at once, and for how long."""

    ring: Annotated[tuple[LevelTarget, ...], Some, Distinct] = Field(
        description="People by their ids, and schedules as `schedule:ID`: whoever is on call there at that moment.",
        examples=[["alice", "bob"], ["alice", "schedule:platform"]],
    )
    seconds: Annotated[float, PlainValidator(_level_seconds), shapes.DURATION] = Field(
        default=_AS_BY_DEFAULT,
        alias="for",
        validate_default=True,
        description="How long they ring, 1s to 10m; without it as long as `defaults.ring` says.",
        examples=["25s"],
    )
    page_for: Annotated[float, PlainValidator(duration(1, 86400)), shapes.DURATION] | None = Field(
        default=None,
        description="How long a page waits here for somebody to acknowledge it, 1s to 24h; without it as long as they "
        "ring.",
        examples=["5m"],
    )


PLACES = ("slack", "teams", "webhook", "email", "apprise")
"""The kinds of places for alerts, by their keys."""


class AlertSettings(Block):
    """One place that is told of a team's pages: one of `slack`, `teams`, `webhook`, `email` and `apprise`.

    Such addresses are secrets, and never shown.
    """

    slack: SlackAddress | None = Field(
        default=None,
        description="The address of a Slack webhook; or the token of a bot, which changes its message when the page "
        "moves on, and needs `channel`.",
        examples=["${SLACK_URL}"],
    )
    channel: Annotated[str, PlainValidator(values.slack_channel), shapes.SLACK_CHANNEL] | None = Field(
        default=None,
        validate_default=True,
        description="The id of the channel that a Slack bot writes to.",
        examples=["C0123456789"],
    )
    teams: WebAddress | None = Field(
        default=None, description="The address of a Microsoft Teams webhook.", examples=["${TEAMS_URL}"]
    )
    webhook: WebAddress | None = Field(
        default=None,
        description="A web address of your own, to which events are posted as JSON.",
        examples=["https://alerts.example.com/hotline"],
    )
    email: MailAddress | None = Field(
        default=None, description="An e-mail address; `smtp` says how it is sent.", examples=["platform@example.com"]
    )
    apprise: AnyAddress | None = Field(
        default=None,
        validate_default=True,
        description="A URL of Apprise, which knows many notification services.",
        examples=["${APPRISE_URL}"],
    )
    secret: HookSecret | None = Field(
        default=None,
        description="Signs what is sent to `webhook` (Standard Webhooks), so that the receiver can tell it is genuine.",
        examples=["${HOOK_SECRET}"],
    )

    @field_validator("channel")
    @classmethod
    def _of_a_bot(cls, channel: str | None, info: ValidationInfo) -> str | None:
        if "slack" not in info.data:
            return channel
        slack: SecretStr | None = info.data["slack"]
        bot = slack is not None and slack.get_secret_value().startswith(SLACK_BOT)
        if bot and channel is None:
            raise wrong_block("has a bot and not where it writes; write channel: too, as channel: C0123456789")
        if channel is not None and not bot:
            raise wrong("is for a bot; write the token of one as slack:, it begins with xoxb-, or remove the channel")
        return channel

    @field_validator("apprise")
    @classmethod
    def _one_place(cls, apprise: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        places = PLACES[:-1]
        if all(place in info.data for place in places):
            written = [place for place in places if info.data[place] is not None]
            written += ["apprise"] if apprise is not None else []
            if len(written) != 1:
                has = f"has {' and '.join(written)}" if written else "says no place"
                raise wrong_block(
                    f'{has}; write one of slack, teams, webhook, email and apprise, as {{slack: "${{SLACK_URL}}"}}'
                )
        return apprise

    @field_validator("secret")
    @classmethod
    def _of_a_webhook(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if secret is not None and info.data.get("webhook", "") is None:
            raise wrong("signs what is sent to a webhook; write webhook: too, or remove it")
        return secret


class TeamSettings(Named):
    """An escalation policy: who is rung first, who next; and who is told of pages."""

    name: Line = Field(description="What callers and responders hear and see.", examples=["Platform"])
    escalation: Annotated[tuple[LevelSettings, ...], Some] = Field(
        description="The levels in their order. All at a level are rung at once; if nobody presses 1, the next one is.",
        examples=[
            [{"ring": ["alice", "bob"]}],
            [{"ring": ["schedule:platform"], "for": "40s"}, {"ring": ["alice", "bob"]}],
        ],
    )
    repeat: Annotated[int, PlainValidator(integer(0, 9)), shapes.whole(0, 9)] = Field(
        default=0, description="How often all levels are walked again. With 0 they are walked once.", examples=[1]
    )
    alerts: tuple[AlertSettings, ...] = Field(
        default=(),
        description="Where pages and missed calls are told besides.",
        examples=[[{"slack": "${SLACK_URL}"}]],
        json_schema_extra={"writeOnly": True},
    )
