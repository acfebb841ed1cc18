"""Links by which a page is acknowledged: signed, for one page and one person, for a limited time.

Programs open links too, to show a preview or to look for viruses. So opening one must change nothing: it shows a page
with a button, and what the button posts acknowledges. A link is used up with its page: once that is acknowledged, by
whatever link or way, none of its links does anything any more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

PATH = "/acknowledge/"
_LONGEST = 1000  # characters


class BadLink(ValueError):
    """This is no link of ours, or it has expired."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a link says: that this person (None: somebody of the team) acknowledges this page.

    `expires` is aware UTC.
    """

    page: str
    person: str | None
    expires: datetime


def link(public_url: str, acknowledgement: Acknowledgement, key: bytes) -> str:
    """The whole link, below the address at which people reach us; whole seconds of `expires` count."""
    said = _encode(acknowledgement)
    return f"{public_url.rstrip('/')}{PATH}{_text(said)}.{_text(_seal(said, key))}"


def read(token: str, key: bytes, now: datetime) -> Acknowledgement:
    """What the last part of a link's path says. Raises BadLink."""
    said, _, seal = token.partition(".")
    if len(token) > _LONGEST or not hmac.compare_digest(_bytes(seal), _seal(_bytes(said), key)):
        raise BadLink("this link is not genuine")
    page, person, expires = json.loads(_bytes(said))
    acknowledgement = Acknowledgement(page, person, datetime.fromtimestamp(expires, UTC))
    if now >= acknowledgement.expires:
        raise BadLink("this link has expired")
    return acknowledgement


def _encode(acknowledgement: Acknowledgement) -> bytes:
    said = [acknowledgement.page, acknowledgement.person, int(acknowledgement.expires.timestamp())]
    return json.dumps(said, separators=(",", ":")).encode()


def _seal(said: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"acknowledge " + said, hashlib.sha256).digest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadLink("this link is not genuine") from error
