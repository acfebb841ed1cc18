"""What the engine tells the notifier: genuine, in a form that is known, and about which team."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lcr_asterisk.paging.policy import Cause, Why

# These events are about a call that somebody has to take care of; all others are only news.
_WHY = {"voicemail.received": Why.MESSAGE, "call.missed": Why.MISSED}


class Malformed(ValueError):
    """Not an event of ours; it will not be one the next time either."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page that there has to be. `team` is None where nobody is responsible for such a call."""

    team: str | None
    test_person: str | None
    cause: Cause


def read(body: bytes) -> Wanted | None:
    """The page that an event asks for; None where it asks for none. Raises Malformed."""
    try:
        event = json.loads(body)
        why = _WHY.get(event["type"])
        return _wanted(event, why) if why is not None else None
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"not an event: {error!r}") from error


def _wanted(event: dict[str, Any], why: Why) -> Wanted:
    call = event["data"]["call"]
    at = datetime.fromisoformat(event["timestamp"])
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    cause = Cause(
        call=_text(call["id"]),
        why=why,
        at=at,
        route=_text(call["route"]),
        route_name=_text(call["route_name"]),
        caller=_text(call["caller"]),
        caller_name=_text(call.get("label") or call["caller_name"]),
    )
    team, person = call["team"], call.get("test_person")
    return Wanted(_text(team) if team is not None else None, _text(person) if person is not None else None, cause)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text belongs where {value!r} is")
    return value
