"""What becomes of one attempt to deliver: done, later, or never. Whoever calls acts on it; nothing here waits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

LONGEST_WAIT = 3600.0
"""Seconds. A server may ask for more, but a page is worth another try after an hour."""

SOON = 5.0
"""Seconds to wait where nobody says how long. Whoever repeats waits longer each time."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The target has taken it. `reference` finds it there again, where it can be changed later."""

    reference: str | None = None


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Not now: at the earliest after so many seconds.

    `asked`: the target itself wants to be left alone for so long. `tried` is False where it was not even asked.
    """

    seconds: float
    why: str
    asked: bool = False
    tried: bool = True


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It would never be taken as it is, however often it is tried."""

    why: str


Decision = Delivered | RetryAfter | GiveUp

NO_LONGER_WANTED = GiveUp("it is no longer wanted")
"""Somebody took care of it before it was sent."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a web server answered, at an aware time. The body is its beginning, in a server's own words: hostile."""

    status: int
    at: datetime
    retry_after: str | None = None
    body: bytes = b""


# What may be different next time: the request was late or early, too many came, or the server has a trouble of its own.
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def by_status(reply: Reply) -> Decision:
    """What an HTTP status means, where a service has no rules of its own (RFC 9110)."""
    if 200 <= reply.status < 300:
        return Delivered()
    answer = f"it answers {reply.status} {_phrase(reply.status)}".rstrip()
    if reply.status in _PASSING or reply.status >= 500:
        return RetryAfter(wait(reply), answer, asked=asks_for_patience(reply))
    if 300 <= reply.status < 400:
        return GiveUp(f"{answer}, and redirects are not followed; write the address it redirects to")
    return GiveUp(answer)


def asks_for_patience(reply: Reply) -> bool:
    return reply.retry_after is not None or reply.status == HTTPStatus.TOO_MANY_REQUESTS


def wait(reply: Reply) -> float:
    """The seconds that its Retry-After asks for, as a number or as a date (RFC 9110, 10.2.3)."""
    written = (reply.retry_after or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", written):
        return min(float(written), LONGEST_WAIT)
    try:
        then = parsedate_to_datetime(written)
    except (ValueError, OverflowError):  # the latter of a time zone far away
        return SOON
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return min(max((then - reply.at).total_seconds(), 0.0), LONGEST_WAIT)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
