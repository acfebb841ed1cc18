"""Events as JSON and back, exactly: `kind` is the event's class name, `payload` its fields."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Generic, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from lcr_asterisk.callflow.events import Event
from lcr_asterisk.errors import StoreError
from lcr_asterisk.paging.events import Event as PageEvent

T = TypeVar("T")


class Codec(Generic[T]):
    """Events of these types; `journal` is whose they are, in an error: "Journal of call"."""

    def __init__(self, types: Iterable[type[Any]], journal: str) -> None:
        self.types: dict[str, type[Any]] = {event.__name__: event for event in types}
        self._journal = journal
        self._adapter = cache(self._make_adapter)

    def encode(self, event: T) -> tuple[str, dict[str, Any]]:
        """The event's kind and its payload of plain JSON values."""
        kind = type(event).__name__
        return kind, self._adapter(kind).dump_python(event, mode="json")

    def decode(self, owner: str, seq: int, kind: str, payload: object) -> T:
        """The event that was encoded. StoreError, naming owner and seq, where this version cannot read it."""
        if kind not in self.types:
            raise StoreError(f"{self._journal} {owner}, entry {seq}: there is no event {kind!r}.")
        try:
            return self._adapter(kind).validate_python(payload)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "payload"
            raise StoreError(f"{self._journal} {owner}, entry {seq} ({kind}): {where}: {first['msg']}.") from error

    def _make_adapter(self, kind: str) -> TypeAdapter[T]:
        return TypeAdapter(self.types[kind])


OF_CALLS = Codec[Event](get_args(Event), "Journal of call")
OF_PAGES = Codec[PageEvent](get_args(PageEvent), "Journal of page")

EVENT_TYPES = OF_CALLS.types
encode, decode = OF_CALLS.encode, OF_CALLS.decode
