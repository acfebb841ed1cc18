"""Times in which a level rings nobody who can be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from lcr_asterisk.oncall.escalation import pick
from lcr_asterisk.oncall.model import OnSchedule, Schedule, Target
from lcr_asterisk.oncall.schedule import timeline


def uncovered(
    targets: Sequence[Target],
    schedules: Mapping[str, Schedule],
    start: datetime,
    end: datetime,
    reachable: Callable[[str], bool],
) -> tuple[tuple[datetime, datetime], ...]:
    """When, from `start` to before `end`, none of a level's targets is somebody who is `reachable`.

    Spans of aware UTC times, half-open, in order and apart from each other. A schedule that is not among `schedules`
    has nobody.
    """
    changes = {start.astimezone(UTC), end.astimezone(UTC)}
    for target in targets:
        if isinstance(target, OnSchedule) and target.id in schedules:
            changes |= {shift.start for shift in timeline(schedules[target.id], start, end)}
    moments = sorted(changes)
    spans: list[tuple[datetime, datetime]] = []
    for begins, ends in pairwise(moments):
        if any(reachable(one.person) for one in pick(targets, schedules, begins).people):
            continue
        if spans and spans[-1][1] == begins:
            begins = spans.pop()[0]
        spans.append((begins, ends))
    return tuple(spans)
