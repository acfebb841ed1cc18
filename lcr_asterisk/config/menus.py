"""Keypad menus, which may lead into each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, PlainValidator, Tag, field_validator

from lcr_asterisk.config import shapes
from lcr_asterisk.config.block import Block, Some, Table
from lcr_asterisk.config.messages import MessageSettings
from lcr_asterisk.config.values import HANG_UP, VOICEMAIL, Digit, Fallback, TeamReference, duration, integer, wrong

MENU_OPTIONS = 9
"""More cannot be remembered by someone who listens."""

MENUS_DEEP = 5
"""More keys than that nobody presses."""


def _kind(value: Any) -> str:
    return "[menu]" if isinstance(value, dict) else "[team]"


# What stands beside a digit. The tags are in brackets so that `explain` tells them from the steps of a path.
Option = Annotated[
    Annotated[TeamReference, Tag("[team]")] | Annotated["MenuSettings", Tag("[menu]")], Discriminator(_kind)
]


class MenuSettings(Block):
    """A keypad menu. Any key interrupts what is being said.

    A key leads to a team, or to a menu that comes next: up to 5 of them inside each other.
    """

    prompt: MessageSettings | None = Field(
        default=None,
        description="What is heard. Without it the options are read out: “For Platform, press 1.”",
        examples=[{"say": "For platform press 1, for payments press 2."}],
    )
    options: Annotated[Table[Digit, Option], Some] = Field(
        description="By digit, up to 9 of them: a team's id, or another menu.",
        examples=[{"1": "platform"}, {"1": "platform", "2": {"options": {"1": "payments", "2": "invoices"}}}],
    )
    tries: Annotated[int, PlainValidator(integer(1, 9)), shapes.whole(1, 9)] = Field(
        default=3, description="How often it is heard when the caller presses nothing, or a wrong key.", examples=[2]
    )
    timeout: Annotated[float, PlainValidator(duration(1, 60)), shapes.DURATION] = Field(
        default=6.0, description="How long the caller has to press a key after each, 1s to 1m.", examples=["8s"]
    )
    fallback: Fallback | None = Field(
        default=None,
        description="What follows after the last try: a team's id, `voicemail` or `hang_up`. Without it `voicemail`, "
        "and in a menu inside another what that one says.",
        examples=["voicemail"],
    )

    @field_validator("options")
    @classmethod
    def _few(cls, options: Mapping[str, str | MenuSettings]) -> Mapping[str, str | MenuSettings]:
        if len(options) > MENU_OPTIONS:
            raise wrong(f"{len(options)} options are too many to remember; use at most {MENU_OPTIONS}")
        return options


def menus_in(menu: MenuSettings) -> Iterator[MenuSettings]:
    """This menu and all inside it."""
    yield menu
    for option in menu.options.values():
        if isinstance(option, MenuSettings):
            yield from menus_in(option)


def teams_of(menu: MenuSettings) -> tuple[str, ...]:
    """Every team that a caller can reach in this menu, each once: first those chosen, then those of the fallbacks."""
    menus = list(menus_in(menu))
    chosen = [option for inner in menus for option in inner.options.values() if isinstance(option, str)]
    ends = [inner.fallback for inner in menus if inner.fallback not in (None, VOICEMAIL, HANG_UP)]
    return tuple(dict.fromkeys([*chosen, *(team for team in ends if team is not None)]))


def menu_of_a_route(menu: MenuSettings) -> MenuSettings:
    """The menu that callers hear first, with the fallback that holds where none is written."""
    deepest = _depth(menu)
    if deepest > MENUS_DEEP:
        raise wrong(f"menus are nested {deepest} deep, and callers get lost; use at most {MENUS_DEEP}")
    return menu if menu.fallback is not None else menu.model_copy(update={"fallback": VOICEMAIL})


def _depth(menu: MenuSettings) -> int:
    inner = (_depth(option) for option in menu.options.values() if isinstance(option, MenuSettings))
    return 1 + max(inner, default=0)
