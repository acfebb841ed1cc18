"""The digits of a PIN while a caller keys it: here and nowhere else, so that none is ever written down."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from lcr_asterisk.callflow.events import PinAccepted, PinKeyed, PinWrong

END = "#"
LONGEST = 32  # digits; what is keyed beyond belongs to no PIN


class PinPad:
    """One call's. The entry is complete with `#`; the machine also takes a whole PIN after which nothing more comes."""

    def __init__(self) -> None:
        self._asked = ""
        self._digits = ""

    def press(self, digit: str, asked: str, pins: Mapping[str, str]) -> PinKeyed | PinAccepted | PinWrong | None:
        """What a digit means, where `pins` maps PINs to labels; nothing for a `#` after no digit.

        `asked` changes whenever the caller is asked anew: what was keyed before that no longer counts.
        """
        if asked != self._asked:
            self._asked, self._digits = asked, ""
        if digit != END:
            self._digits = (self._digits + digit)[: LONGEST + 1]
            return PinKeyed(self._label(pins))
        if not self._digits:
            return None
        label, self._digits = self._label(pins), ""
        return PinWrong() if label is None else PinAccepted(label)

    def is_the_end(self, digit: str) -> bool:
        """Whether this is just the `#` after a PIN that a pause had completed; asked once about each digit."""
        just_the_end = bool(self._digits) and digit == END
        self._digits = ""
        return just_the_end

    def _label(self, pins: Mapping[str, str]) -> str | None:
        keyed = self._digits.encode()
        label: str | None = None
        for pin, whose in pins.items():  # all of them, so that the time it takes tells nothing
            if hmac.compare_digest(pin.encode(), keyed):
                label = whose
        return label
