"""Looking up an instant among the spans of a calendar, of which there may be thousands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING

from lcr_asterisk.oncall.walltime import EARLIEST, LATEST

if TYPE_CHECKING:
    from lcr_asterisk.oncall.model import Span


class SpanTable:
    """Spans in order of their start, then their person."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = sorted(
            (span for span in spans if span.start < span.end), key=lambda span: (span.start, span.person)
        )
        self._starts = [span.start for span in self._spans]
        self._reach = list(accumulate((span.end for span in self._spans), max))
        self._changes = sorted({EARLIEST, LATEST, *self._starts, *(span.end for span in self._spans)})

    def people_at(self, at: datetime) -> tuple[str, ...]:
        """Whose spans cover `at`, each once, by id: whose span ends as their next begins has not changed places."""
        covering = []
        index = bisect_right(self._starts, at) - 1
        while index >= 0 and self._reach[index] > at:
            if self._spans[index].end > at:
                covering.append(self._spans[index].person)
            index -= 1
        return tuple(sorted(set(covering)))

    def unchanged_around(self, at: datetime) -> tuple[datetime, datetime]:
        """From the last change not after `at` to the next."""
        index = bisect_right(self._changes, at)
        return self._changes[index - 1], self._changes[index]
