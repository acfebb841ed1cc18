"""How a person is told of a page: by which ways, when, and at which hours not."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, PlainValidator, SecretStr, Tag

from lcr_asterisk.config import shapes
from lcr_asterisk.config.block import Block
from lcr_asterisk.config.schedules import HoursSettings, listed
from lcr_asterisk.config.values import Notification, duration


class WaySettings(Block):
    """A way of telling a person that waits, or has quiet hours. For any other its address alone will do."""

    to: Notification = Field(
        description="`voice`, or the URL of a notification service.",
        examples=["mailto://alice@example.com"],
        json_schema_extra={"writeOnly": True},
    )
    after: Annotated[float, PlainValidator(duration(0, 86400)), shapes.DURATION] = Field(
        default=0.0,
        description="How long it waits, up to 24h: from the moment the level begins, or, with `notify_ways: in_order`, "
        "from the moment the way before it was used. Without it, not at all; in order, until the one before it failed.",
        examples=["5m"],
    )
    quiet: Annotated[
        tuple[HoursSettings, ...],
        BeforeValidator(listed, json_schema_input_type=HoursSettings | tuple[HoursSettings, ...]),
    ] = Field(
        default=(),
        description="Hours at which it is not used, unless the person has no other way left. By the person's "
        "`timezone`.",
        examples=[{"days": "mon-fri", "from": "22:00", "to": "07:00"}],
    )


def _kind(value: Any) -> str:
    return "[way]" if isinstance(value, dict) else "[address]"


# The tags are in brackets so that `explain` tells them from the steps of a path.
WayOrAddress = Annotated[
    Annotated[Notification, Tag("[address]")] | Annotated[WaySettings, Tag("[way]")], Discriminator(_kind)
]


def way(written: SecretStr | WaySettings) -> WaySettings:
    """As a way: an address alone is used at once, and at any hour."""
    if isinstance(written, WaySettings):
        return written
    return WaySettings.model_construct(to=written, after=0.0, quiet=())
