"""The digits of a PIN while a caller keys it: here and nowhere else, so that none is ever written down."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from lcr_asterisk.callflow.events import PinAccepted, PinKeyed, PinWrong

END = "#"


class PinPad:
    """One call's. The entry is complete with `#`, or when it is as long as the longest PIN."""

    def __init__(self) -> None:
        self._asked = 0
        self._digits = ""
        self._ended_by_length = False

    def press(self, digit: str, asked: int, pins: Mapping[str, str]) -> PinKeyed | PinAccepted | PinWrong | None:
        """What a digit means, where `pins` maps PINs to labels; nothing for a `#` after no digit.

        `asked` changes whenever the caller is asked anew: what was keyed before that no longer counts.
        """
        if asked != self._asked:
            self._asked, self._digits = asked, ""
        self._ended_by_length = False
        if digit == END:
            return self._complete(pins) if self._digits else None
        self._digits += digit
        if len(self._digits) < max(map(len, pins), default=0):
            return PinKeyed()
        self._ended_by_length = True
        return self._complete(pins)

    def is_the_end(self, digit: str) -> bool:
        """Whether this is just the `#` after a PIN that was complete without it; asked once about each digit."""
        just_the_end = self._ended_by_length and digit == END
        self._ended_by_length = False
        return just_the_end

    def _complete(self, pins: Mapping[str, str]) -> PinAccepted | PinWrong:
        keyed, self._digits = self._digits.encode(), ""
        label: str | None = None
        for pin, whose in pins.items():  # all of them, so that the time it takes tells nothing
            if hmac.compare_digest(pin.encode(), keyed):
                label = whose
        return PinWrong() if label is None else PinAccepted(label)
