"""Events as JSON and back, exactly: `kind` is the event's class name, `payload` its fields."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from lcr_asterisk.callflow.events import Event
from lcr_asterisk.errors import StoreError

EVENT_TYPES: dict[str, type[Any]] = {event.__name__: event for event in get_args(Event)}


@cache
def _adapter(kind: str) -> TypeAdapter[Event]:
    return TypeAdapter(EVENT_TYPES[kind])


def encode(event: Event) -> tuple[str, dict[str, Any]]:
    """The event's kind and its payload of plain JSON values."""
    kind = type(event).__name__
    return kind, _adapter(kind).dump_python(event, mode="json")


def decode(call: str, seq: int, kind: str, payload: object) -> Event:
    """The event that was encoded. StoreError, naming call and seq, where this version cannot read it."""
    if kind not in EVENT_TYPES:
        raise StoreError(f"Journal of call {call}, entry {seq}: there is no event {kind!r}.")
    try:
        return _adapter(kind).validate_python(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "payload"
        raise StoreError(f"Journal of call {call}, entry {seq} ({kind}): {where}: {first['msg']}.") from error
