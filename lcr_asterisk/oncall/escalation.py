"""Who is rung at a level of an escalation policy at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from lcr_asterisk.oncall.model import OnSchedule, Person, Pick, Picks, Schedule, Target
from lcr_asterisk.oncall.schedule import shift_at


def pick(targets: Sequence[Target], schedules: Mapping[str, Schedule], at: datetime) -> Picks:
    """The people of a level's targets at `at`, an aware instant: each once, in the order of the targets.

    A schedule that is not among `schedules` has nobody.
    """
    people: dict[str, Pick] = {}
    empty: dict[str, None] = {}
    for target in targets:
        match target:
            case Person(person):
                people.setdefault(person, Pick(person))
            case OnSchedule(schedule):
                shift = shift_at(schedules[schedule], at) if schedule in schedules else None
                if shift is None or not shift.people:
                    empty[schedule] = None
                else:
                    for person in shift.people:
                        people.setdefault(person, Pick(person, schedule, shift.rule))
    return Picks(tuple(people.values()), tuple(empty))
