"""`lcr oncall`: who is on call, who comes next, and whom each team would ring."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from lcr_asterisk.calendars.export import to_ics
from lcr_asterisk.calendars.feeds import Feeds, LiveSchedules
from lcr_asterisk.calendars.sources import live_schedules
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.cli.base import CONFIG, JSON, data_directory, load_settings, run_async
from lcr_asterisk.cli.questions import AT, asked_time, known, look_at_calendars, test_modes, zone_taken
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.dryrun.roster import (
    Roster,
    roster_json,
    schedule_json,
    schedule_roster,
    schedules_of,
    shifts_to_export,
    team_json,
    team_roster,
)
from lcr_asterisk.dryrun.roster_text import roster_text
from lcr_asterisk.errors import UsageError
from lcr_asterisk.oncall.model import Schedule

A_WEEK, A_QUARTER, A_YEAR = 7, 90, 366  # days


@click.command()
@CONFIG
@click.option("--team", help="Only this team, and the schedules it rings.")
@click.option("--schedule", help="Only this schedule.")
@AT
@click.option("--days", type=click.IntRange(1, A_YEAR), help="How many days; else a week, or 90 days of a calendar.")
@click.option("--ical", is_flag=True, help="Print the schedule as a calendar (.ics).")
@JSON
def oncall(
    config: Path, team: str | None, schedule: str | None, at: str | None, days: int | None, ical: bool, as_json: bool
) -> None:
    """Who is on call now (or --at), who comes next, the days to come, and whom each team would ring.

    Routes in test mode are said first. A calendar whose source is away is answered from its last good copy.
    """
    settings = load_settings(config)
    if team is not None and schedule is not None:
        raise UsageError("--team or --schedule, not both.")
    if ical and (schedule is None or as_json):
        raise UsageError("--ical is one schedule as a calendar: give --schedule, and neither --team nor --json.")
    if team is not None:
        known("team", team, settings.teams)
    if schedule is not None:
        known("schedule", schedule, settings.schedules)
    zone = settings.zone_for(schedule, team)
    time = asked_time(at, zone)

    async def work() -> None:
        feeds = await look_at_calendars(settings, data_directory(), time)
        schedules = live_schedules(settings, feeds)
        if ical:
            assert schedule is not None
            click.echo(_calendar(settings, schedules[schedule], time, days or A_QUARTER), nl=False)
            return
        now = Clock().wall()
        roster = _roster(settings, schedules, feeds, time, days or A_WEEK, team, schedule)
        roster = replace(roster, test_modes=await test_modes(settings, now))
        if as_json:
            click.echo(json.dumps(_json(roster, settings, team, schedule), indent=2))
            return
        click.echo(roster_text(roster, settings, now))
        taken = zone_taken(at, time, zone, settings)
        if taken is not None:
            click.echo(f"\n{taken}")

    run_async(work)


def _roster(
    settings: Settings,
    schedules: LiveSchedules,
    feeds: Feeds,
    at: datetime,
    days: int,
    team: str | None,
    schedule: str | None,
) -> Roster:
    """All of it, or what was asked for."""
    teams = [team] if team is not None else list(settings.teams) if schedule is None else []
    wanted = [schedule] if schedule is not None else list(schedules) if team is None else schedules_of(settings, team)
    return Roster(
        at,
        tuple(schedule_roster(settings, schedules[one], feeds, at, days) for one in wanted),
        tuple(team_roster(settings, one, schedules, at) for one in teams),
        (),
    )


def _json(roster: Roster, settings: Settings, team: str | None, schedule: str | None) -> dict[str, Any]:
    if schedule is not None:
        return schedule_json(roster.schedules[0], settings)
    return team_json(roster.teams[0]) if team is not None else roster_json(roster, settings)


def _calendar(settings: Settings, schedule: Schedule, at: datetime, days: int) -> bytes:
    names = {id_: person.name for id_, person in settings.people.items()}
    shifts, goes_on = shifts_to_export(schedule, at, days)
    return to_ics(schedule.id, f"On call: {schedule.id}", shifts, names, goes_on=goes_on)
