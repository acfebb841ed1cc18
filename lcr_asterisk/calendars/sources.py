"""From the settings to what on-call look-ups need: the feeds to fetch, and the schedules with what these say."""

from __future__ import annotations

from lcr_asterisk.calendars.feeds import Feed, Feeds, LiveSchedules
from lcr_asterisk.config.settings import Settings


def feeds_of(settings: Settings) -> tuple[Feed, ...]:
    """The calendar feeds of these settings."""
    return tuple(
        Feed(id_, schedule.ical, schedule.ical_file, schedule.timezone, schedule.people, schedule.refresh)
        for id_, schedule in settings.schedules.items()
        if schedule.ical is not None or schedule.ical_file is not None
    )


def live_schedules(settings: Settings, feeds: Feeds) -> LiveSchedules:
    """The schedules of these settings by id, each with the newest that its feed says."""
    return LiveSchedules({id_: schedule.to_schedule() for id_, schedule in settings.schedules.items()}, feeds)
