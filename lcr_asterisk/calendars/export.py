"""A schedule as an .ics file that calendar programs can subscribe to or import."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import icalendar

from lcr_asterisk.oncall.model import Shift


def to_ics(
    schedule_id: str, name: str, shifts: Sequence[Shift], names: Mapping[str, str], *, goes_on: bool = False
) -> bytes:
    """A calendar with one event for each person and shift. `names` maps person ids to names.

    `goes_on` says that the last shift does so beyond its end; its description tells that.

    An event's UID stays the same as long as the person and the start of the shift do, so that importing again moves
    the ends of shifts instead of doubling them.
    """
    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//lcr-asterisk//On-call schedule//EN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", name)
    for shift in shifts:
        for person in shift.people:
            event = icalendar.Event()
            key = "\n".join((schedule_id, person, shift.start.isoformat()))
            event.add("UID", f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@lcr-asterisk")
            event.add("DTSTAMP", shift.start)  # required; the same shift is to give the same text
            event.add("DTSTART", shift.start)
            event.add("DTEND", shift.end)
            event.add("SUMMARY", names.get(person, person))
            if goes_on and shift is shifts[-1]:
                event.add("DESCRIPTION", "Goes on with no end in sight; this calendar was made up to here.")
            calendar.add_component(event)
    return bytes(calendar.to_ical())
