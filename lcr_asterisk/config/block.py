"""What all blocks of the YAML have in common, and the shapes of their values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PrivateAttr

from lcr_asterisk.config.values import wrong

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


def _some(items: T) -> T:
    if not items:
        raise wrong("is empty; at least one is needed")
    return items


def _distinct(items: tuple[T, ...]) -> tuple[T, ...]:
    seen: set[T] = set()
    for item in items:
        if item in seen:
            raise wrong(f"lists {item} twice; keep one")
        seen.add(item)
    return items


Table = Annotated[Mapping[K, V], AfterValidator(MappingProxyType)]
Some = AfterValidator(_some)
Distinct = AfterValidator(_distinct)


def _title(block: type[BaseModel]) -> str:
    return block.__name__.removesuffix("Settings")


class Block(BaseModel):
    """A block of keys; one it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", model_title_generator=_title)


class Named(Block):
    """A block whose key in the YAML is its id."""

    _id: str = PrivateAttr(default="")

    @property
    def id(self) -> str:
        return self._id
