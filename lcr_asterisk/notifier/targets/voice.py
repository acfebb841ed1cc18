"""A call: a person's phones ring, they hear what the page is about, and press 1 to acknowledge.

The engine makes it, and writes itself into the page what becomes of it; here it is only asked to begin and to end it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from lcr_asterisk.notifier.decisions import SOON, Decision, Delivered, GiveUp, Reply, RetryAfter, wait
from lcr_asterisk.notifier.messages import Message, one_line

_LONGEST_WORDS = 200  # characters


@dataclass(frozen=True, slots=True)
class Voice:
    """A person, by their id; the engine knows their phones."""

    person: str

    @property
    def name(self) -> str:
        return "voice"


@dataclass(frozen=True, slots=True)
class Engine:
    """Where the engine can be asked for something, such as "http://127.0.0.1:8080/api/v1", and the token it wants."""

    api: str
    token: SecretStr

    def calls(self, page: str) -> str:
        """The address of the calls about this page."""
        return f"{self.api}/pages/{quote(page, safe='')}/calls"

    def call(self, page: str, delivery: str) -> str:
        """The address of the call that is this delivery."""
        return f"{self.calls(page)}/{quote(delivery, safe='')}"

    @property
    def headers(self) -> dict[str, str]:
        # A connection that was kept would be broken after a restart of the engine, which would cost a try.
        return {"Authorization": f"Bearer {self.token.get_secret_value()}", "Connection": "close"}


def render(target: Voice, message: Message) -> dict[str, str]:
    """What the engine is asked for. A message to a person has the id of its delivery."""
    return {"delivery": message.id, "person": target.person}


def decide(reply: Reply) -> Decision:
    """What came of asking for a call. Its reference is the call's id."""
    said = _object(reply)
    words = one_line(str(said.get("error", "")))[:_LONGEST_WORDS]
    match reply.status:
        case 202:
            return Delivered(str(said["id"]) if "id" in said else None)
        case 409:
            # The person is on another call: nobody was tried, so the next time is not put off further and further.
            return RetryAfter(wait(reply), words or "not now", tried=False)
        case 401:
            return RetryAfter(SOON, "the engine does not know our token; both need the same LCR_DATA")
        case status if status < 400 or not words:
            return RetryAfter(SOON, f"what answers where the engine should is not ours ({status})")
        case status if status >= 500:
            return RetryAfter(wait(reply), words)
        case _:
            return GiveUp(words)


def is_over(reply: Reply) -> bool:
    """What came of asking to end a call: whether there is none (any more)."""
    return reply.status == 404 and "error" in _object(reply)


def _object(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
