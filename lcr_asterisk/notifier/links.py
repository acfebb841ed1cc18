"""Links in alerts: by which a page is acknowledged, and by which a caller's message is heard. Signed, and for a time.

Programs open links too, to show a preview or to look for viruses. So opening one must change nothing: one that
acknowledges shows a page with a button, and what the button posts acknowledges. It is for one page and one person, and
used up with its page: once that is acknowledged, by whatever link or way, none of its links does anything any more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PATH = "/acknowledge/"
RECORDINGS = "/recordings/"
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


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a link says: whoever has it may hear the recording with this id. `expires` is aware UTC."""

    recording: str
    expires: datetime


def link(public_url: str, acknowledgement: Acknowledgement, key: bytes) -> str:
    """The whole link, below the address at which people reach us; whole seconds of `expires` count."""
    said = [acknowledgement.page, acknowledgement.person, int(acknowledgement.expires.timestamp())]
    return f"{public_url.rstrip('/')}{PATH}{_token('acknowledge', said, key)}"


def read(token: str, key: bytes, now: datetime) -> Acknowledgement:
    """What the last part of a link's path says. Raises BadLink."""
    page, person, expires = _said("acknowledge", token, key)
    return Acknowledgement(page, person, _not_yet(expires, now))


def hearing_link(public_url: str, hearing: Hearing, key: bytes) -> str:
    """As `link`, to hear a recording."""
    said = [hearing.recording, int(hearing.expires.timestamp())]
    return f"{public_url.rstrip('/')}{RECORDINGS}{_token('recording', said, key)}"


def read_hearing(token: str, key: bytes, now: datetime) -> Hearing:
    """As `read`."""
    recording, expires = _said("recording", token, key)
    return Hearing(recording, _not_yet(expires, now))


def _token(what: str, said: Sequence[object], key: bytes) -> str:
    encoded = json.dumps(said, separators=(",", ":")).encode()
    return f"{_text(encoded)}.{_text(_seal(what, encoded, key))}"


def _said(what: str, token: str, key: bytes) -> list[Any]:
    said, _, seal = token.partition(".")
    if len(token) > _LONGEST or not hmac.compare_digest(_bytes(seal), _seal(what, _bytes(said), key)):
        raise BadLink("this link is not genuine")
    genuine: list[Any] = json.loads(_bytes(said))
    return genuine


def _not_yet(expires: int, now: datetime) -> datetime:
    moment = datetime.fromtimestamp(expires, UTC)
    if now >= moment:
        raise BadLink("this link has expired")
    return moment


def _seal(what: str, said: bytes, key: bytes) -> bytes:
    """For one purpose only: what was sealed for another is not genuine here."""
    return hmac.new(key, what.encode() + b" " + said, hashlib.sha256).digest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadLink("this link is not genuine") from error
