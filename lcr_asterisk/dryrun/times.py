"""Moments as an admin writes them on the command line or in a file of cases."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lcr_asterisk.config.menus import teams_of
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.oncall.walltime import to_instant


def read_time(text: str) -> datetime:
    """ISO 8601 with an offset, or without one: then naive. A date alone is its midnight. Raises ValueError."""
    time = datetime.fromisoformat(text.strip())
    if not 1970 <= time.year < 2200:
        raise ValueError("a year from 1970 to 2199 is needed")
    return time


def instant(time: datetime, zone: ZoneInfo | None) -> datetime:
    """The moment, aware, of a time that may be naive: then it is one of `zone`, or of this machine's own where None."""
    if time.tzinfo is not None:
        return time
    if zone is None:
        return time.astimezone()
    # A time that a change of the clocks skips or repeats means the same as in a schedule.
    return to_instant(time, zone).astimezone(zone)


def zone_of_number(settings: Settings, number: str) -> ZoneInfo | None:
    """The zone in which a time of a call to this number is meant: that of the schedules it may ring."""
    route = settings.route_for(number)
    teams = [] if route is None else [route.team, *(teams_of(route.menu) if route.menu is not None else ())]
    zones = (settings.zone_for(team=team) for team in teams if team is not None)
    return next((zone for zone in zones if zone is not None), settings.zone_for())


def shown_in(at: datetime, zone: ZoneInfo | None) -> datetime:
    """The moment on the clocks of `zone`, or of this machine."""
    return at.astimezone(zone) if zone is not None else at.astimezone(UTC).astimezone()
