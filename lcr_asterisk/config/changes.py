"""The tools of `difference.py`: two blocks of settings compared field by field.

A field without words of its own is named by its key, so nothing is left out. Only values of known kinds are shown:
whatever could be a secret is only said to have changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lcr_asterisk.config.block import Block, Named
from lcr_asterisk.config.phones import Number, Softphone
from lcr_asterisk.config.problems import quote
from lcr_asterisk.config.values import Listen, show_duration
from lcr_asterisk.oncall.model import OnSchedule, Period, Person

Tell = Callable[[Any, Any], Iterable[str]]
"""From a value before and the value after, which differ, to phrases for what has changed."""


def fields(before: Block, after: Block, told: Mapping[str, Tell] | None = None) -> Iterator[str]:
    """What has changed in a block, each field by its words in `told`, or else by its key."""
    words = told or {}
    for name, info in type(after).model_fields.items():
        yield from field(info.alias or name, getattr(before, name), getattr(after, name), words.get(name))


def field(key: str, before: Any, after: Any, tell: Tell | None = None) -> Iterator[str]:
    if before == after:
        return
    if tell is not None:
        yield from tell(before, after)
    elif isinstance(before, Block) and isinstance(after, Block):
        yield from (f"{key}.{change}" for change in fields(before, after))
    else:
        was, now = _shown(before), _shown(after)
        yield f"{key} changed" if was is None or now is None else f"{key} is now {now} (was {was})"


def table(kind: str, introduce: Callable[[Any], str], changes: Tell) -> Tell:
    """A section whose keys are ids."""

    def tell(before: Mapping[str, Named], after: Mapping[str, Named]) -> Iterator[str]:
        yield from (f"{kind} {key} is gone" for key in before if key not in after)
        for key, block in after.items():
            if key not in before:
                yield f"{kind} {key} is new: {introduce(block)}"
            elif before[key] != block:
                yield from (f"{kind} {key}: {change}" for change in changes(before[key], block))

    return tell


def numbered(kind: str, introduce: Callable[[Any], str], changes: Tell) -> Tell:
    """A list whose order counts, from 1 as people count."""

    def tell(before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
        for number, block in enumerate(after, start=1):
            if number > len(before):
                yield f"{kind} {number} is new: {introduce(block)}"
            elif before[number - 1] != block:
                yield from (f"{kind} {number} {change}" for change in changes(before[number - 1], block))
        yield from (f"{kind} {number} is gone" for number in range(len(after) + 1, len(before) + 1))

    return tell


def gathered(kind: str, show: Callable[[Any], str] = str) -> Tell:
    """A list whose order does not count."""

    def tell(before: Iterable[Any], after: Iterable[Any]) -> Iterator[str]:
        had, has = Counter(map(show, before)), Counter(map(show, after))
        yield from (f"{kind} {gone} is gone" for gone in had - has)
        yield from (f"{kind} {new} is new" for new in has - had)
        if had == has:
            yield f"{kind}s stand in another order"

    return tell


def now(text: str, show: Callable[[Any], str] = str) -> Tell:
    """`text` with the value after in the place of {}."""
    return lambda _, after: [text.format(show(after))]


def listed(items: Iterable[object], none: str = "nobody") -> str:
    return ", ".join(map(str, items)) or none


def conjoined(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _shown(value: Any) -> str | None:
    """As the admin would write it; None for what must not or cannot be shown."""
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case float():
            return show_duration(value)
        case StrEnum() | int() | Path() | Number() | Softphone() | Period() | Person() | OnSchedule():
            return str(value)
        case Listen() | IPv4Network() | IPv6Network():
            return str(value)
        case str():
            return quote(value)
        case ZoneInfo():
            return value.key
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case tuple():
            parts = [_shown(part) for part in value]
            return None if None in parts else listed(parts, "none")
        case _:
            return None
