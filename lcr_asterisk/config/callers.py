"""Who may call a route: lists of callers, and PINs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo, field_validator

from lcr_asterisk.config import shapes
from lcr_asterisk.config.block import Block, Distinct, Table
from lcr_asterisk.config.phones import e164
from lcr_asterisk.config.problems import quote
from lcr_asterisk.config.values import Line, context_of, scalar, wrong, wrong_items
from lcr_asterisk.config.yaml_tree import Text

HIDDEN = "hidden"
"""In the place of a number: a caller who does not show one."""

_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}\*")


@dataclass(frozen=True, slots=True)
class CallerPattern:
    """One caller ("+14155550101"), all whose number begins alike ("+1555*"), or those who hide it ("hidden")."""

    text: str

    def matches(self, number: str | None) -> bool:
        """Whether this caller is meant; `number` is in E.164 with its plus, or None where it is hidden."""
        if number is None:
            return self.text == HIDDEN
        if self.text.endswith("*"):
            return number.startswith(self.text[:-1])
        return number == self.text

    def __str__(self) -> str:
        return self.text


def caller_pattern(value: Any, info: ValidationInfo) -> CallerPattern:
    written = scalar(value, '"+1555*"')
    if written == HIDDEN:
        return CallerPattern(HIDDEN)
    if "*" in written:
        if not _PREFIX.fullmatch(written):
            raise wrong(
                f"{quote(written.written)} is not the beginning of numbers; "
                'write + and the country code, more digits if you like, and * at the end, as "+1555*"'
            )
        return CallerPattern(str(written))
    context = context_of(info)
    if not re.search("[0-9]", written):
        raise wrong(
            f'{quote(written.written)} is not a caller; write a number, the beginning of some as "+1555*", or hidden'
        )
    return CallerPattern(e164(written, context.route_region or context.region))


def pin(value: Any) -> str:
    """The digits that a caller keys; never in a message."""
    assert isinstance(value, Text)
    if not re.fullmatch(r"[0-9]{4,12}", value):
        raise wrong('a PIN has 4 to 12 digits and nothing else; write it in quotes, as "4711"')
    if value.plain:
        # Every other tool that reads this file would make an integer of it and lose a zero at the beginning.
        raise wrong("a PIN without quotes; put it in quotes")
    return str(value)


Pattern = Annotated[CallerPattern, PlainValidator(caller_pattern), shapes.CALLER]
Pin = Annotated[str, PlainValidator(pin), shapes.PIN]


class CallersSettings(Block):
    """Who may call.

    Callers in `block` are refused before the call is answered. If `allow` or `pin` is written, only those in `allow`
    and those who key a PIN get through.
    """

    block: Annotated[tuple[Pattern, ...], Distinct] = Field(
        default=(),
        description="Who is refused: numbers in quotes, the beginning of some as `+1555*`, and `hidden` for those who "
        "do not show theirs.",
        examples=[["+1555*", "hidden"]],
    )
    allow: Annotated[tuple[Pattern, ...], Distinct] = Field(
        default=(), description="Who gets through without a PIN, written like `block`.", examples=[["+14155550177"]]
    )
    pin: Table[Pin, Line] = Field(
        default={},
        repr=False,
        description="PINs of 4 to 12 digits in quotes, each with a label: who has it. The responder sees and hears the "
        "label, and it stands in the call log. A caller has 3 tries.",
        examples=[{"4711": "Acme"}],
        json_schema_extra={"writeOnly": True},
    )

    @field_validator("allow")
    @classmethod
    def _not_blocked_as_well(cls, allow: tuple[CallerPattern, ...], info: ValidationInfo) -> tuple[CallerPattern, ...]:
        blocked = set(info.data.get("block", ()))
        if both := [
            (index, f"{one} is in block too; keep one of them") for index, one in enumerate(allow) if one in blocked
        ]:
            raise wrong_items(both)
        return allow
