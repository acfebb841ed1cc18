"""Who is let through to a route, and who has to key a PIN first."""

from __future__ import annotations

import phonenumbers

from lcr_asterisk.callflow.plan import Refusal
from lcr_asterisk.config.callers import CallersSettings
from lcr_asterisk.config.phones import dialled


def caller_number(number: str, region: str | None) -> str | None:
    """The E.164 of what a trunk says of its caller; None where that is hidden, or no number at all.

    Trunks send national numbers, and international ones with +, with 00, or with neither: where only one of these
    readings is a number that can exist, it is that.
    """
    readings = (dialled(number, region), dialled(f"+{number.removeprefix('00')}", None))
    found = [reading for reading in readings if reading is not None]
    return next((reading for reading in found if _exists(reading)), found[0] if found else None)


def refusal(callers: CallersSettings, number: str | None) -> Refusal | None:
    """Why this caller is refused before answer, if they are. Who is blocked is so whatever else is said of them."""
    if any(pattern.matches(number) for pattern in callers.block):
        return Refusal.BLOCKED
    if callers.allow and not callers.pin and not _allowed(callers, number):
        return Refusal.NOT_ALLOWED
    return None


def needs_pin(callers: CallersSettings, number: str | None) -> bool:
    """Whether this caller gets through by PIN only."""
    return bool(callers.pin) and not _allowed(callers, number)


def _allowed(callers: CallersSettings, number: str | None) -> bool:
    return any(pattern.matches(number) for pattern in callers.allow)


def _exists(number: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(number))
