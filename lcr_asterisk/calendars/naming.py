"""Whom an event of a calendar means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

# A name is not found in a part of a longer one: Anna not in Anna-Lena, bob not in bob@example.com or bob.smith.
_BEFORE = r"(?<![\w@])(?<!\w[.+'’-])"
_AFTER = r"(?![\w@]|[.+-]\w)"


class Names:
    """What stands for a person in a calendar: an e-mail address, or a name as it is written in summaries."""

    def __init__(self, people: Mapping[str, str]) -> None:
        """`people` maps address or name to person id; case and spacing do not matter."""
        self._people = {_folded(key): person for key, person in people.items()}
        # The longest first: where “Alex Kim” stands, “Alex” does not.
        keys = sorted(filter(None, self._people), key=len, reverse=True)
        self._pattern = re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, keys))}){_AFTER}") if keys else None

    def of(self, attendees: Iterable[str], summary: str) -> tuple[str, ...]:
        """The persons who attend; where nobody known does, those whom the summary names. Each once, in order."""
        attending = [self._people[folded] for each in attendees if (folded := _folded(each)) in self._people]
        if attending or self._pattern is None:
            return tuple(dict.fromkeys(attending))
        return tuple(dict.fromkeys(self._people[found] for found in self._pattern.findall(_folded(summary))))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
