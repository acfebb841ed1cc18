"""Signatures of web hooks by the Standard Webhooks scheme: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

PREFIX = "whsec_"

TOLERANCE = 300.0
"""Seconds between a request's time and ours, so that nobody can send an old one again."""


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: `whsec_` and base64 as the scheme has it, or any other text as it is.

    Raises ValueError: what follows `whsec_` is not base64.
    """
    if not secret.startswith(PREFIX):
        return secret.encode()
    encoded = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def headers(secret: str, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a request with this body. `at` is aware; receivers refuse it after some minutes."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{_signed(secret, id_, timestamp, body)}",
    }


class BadSignature(ValueError):
    """This request was not signed with our secret, or too long ago."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The id of a request that is genuine. `headers` do not mind upper case. Raises BadSignature."""
    id_, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    # Several signatures where a secret is being changed; one that is right is enough.
    signatures = [word.removeprefix("v1,") for word in headers.get("webhook-signature", "").split(" ")]
    if not id_.isascii() or not timestamp.isascii():
        raise BadSignature("its headers are not ASCII")
    expected = _signed(secret, id_, timestamp, body)
    right = any(hmac.compare_digest(signature, expected) for signature in signatures if signature.isascii())
    if not id_ or not right:
        raise BadSignature("the signature is not ours")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(int(timestamp) - now.timestamp()) > TOLERANCE:
        raise BadSignature(f"it was signed more than {TOLERANCE:.0f} s ago, or the clocks differ")
    return id_


def _signed(secret: str, id_: str, timestamp: str, body: bytes) -> str:
    digest = hmac.new(key_of(secret), f"{id_}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")
