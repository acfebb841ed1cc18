"""Who is on call at a moment, who comes next, and whom each team would ring: the answers behind `lcr oncall`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lcr_asterisk.calendars.feeds import Feeds, FeedState
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.dryrun.report import seconds_json
from lcr_asterisk.dryrun.rules import rule_source, rule_words
from lcr_asterisk.oncall.escalation import pick
from lcr_asterisk.oncall.model import OnCall, OnSchedule, Picks, Schedule, Shift
from lcr_asterisk.oncall.schedule import next_shifts, on_call, timeline
from lcr_asterisk.oncall.walltime import MOMENT, to_instant
from lcr_asterisk.store.testmodes import TestMode

NEXT = 5
HORIZON = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ScheduleRoster:
    """A schedule at `at`: who is on call, the shifts that begin next, and those of the coming days.

    `feed` is what is known of its calendar, None where it has none.
    """

    schedule: Schedule
    at: datetime
    now: OnCall
    next: tuple[Shift, ...]
    days: tuple[Shift, ...]
    feed: FeedState | None


@dataclass(frozen=True, slots=True)
class LevelRoster:
    picks: Picks
    seconds: float


@dataclass(frozen=True, slots=True)
class TeamRoster:
    """Whom a team's levels would ring at `at`."""

    team: str
    at: datetime
    levels: tuple[LevelRoster, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """All of it at `at`; `test_modes` are those in force now."""

    at: datetime
    schedules: tuple[ScheduleRoster, ...]
    teams: tuple[TeamRoster, ...]
    test_modes: tuple[TestMode, ...]


def schedule_roster(settings: Settings, schedule: Schedule, feeds: Feeds, at: datetime, days: int) -> ScheduleRoster:
    """This schedule at `at` (aware), and for so many days from the beginning of that day."""
    has_feed = settings.schedules[schedule.id].ical is not None or settings.schedules[schedule.id].ical_file is not None
    start, end = day_start(schedule, at), day_start(schedule, at, days)
    return ScheduleRoster(
        schedule=schedule,
        at=at,
        now=on_call(schedule, at, HORIZON),
        next=next_shifts(schedule, at, NEXT, HORIZON),
        days=timeline(schedule, start, end),
        feed=feeds.state(schedule.id) if has_feed else None,
    )


def team_roster(settings: Settings, team: str, schedules: Mapping[str, Schedule], at: datetime) -> TeamRoster:
    """This team at `at` (aware)."""
    escalation = settings.teams[team].escalation
    return TeamRoster(
        team, at, tuple(LevelRoster(pick(level.ring, schedules, at), level.seconds) for level in escalation)
    )


def schedules_of(settings: Settings, team: str) -> tuple[str, ...]:
    """The schedules that a team rings, each once."""
    targets = [target for level in settings.teams[team].escalation for target in level.ring]
    return tuple(dict.fromkeys(target.id for target in targets if isinstance(target, OnSchedule)))


def shifts_to_export(schedule: Schedule, at: datetime, days: int) -> tuple[tuple[Shift, ...], bool]:
    """The shifts of the coming days. The first and the last are whole: the same in every export that has them.

    True says that no end of the last one is in sight; then it ends with the days that were asked for.
    """
    since, last = on_call(schedule, at, HORIZON).since, at + timedelta(days=days)
    shifts = timeline(schedule, since or day_start(schedule, at), last)
    until = on_call(schedule, last - MOMENT, HORIZON).until
    return (*shifts[:-1], replace(shifts[-1], end=until or last)), until is None


def day_start(schedule: Schedule, at: datetime, later: int = 0) -> datetime:
    """When the day of `at` begins in the schedule's zone, or the day that many days later."""
    wall = at.astimezone(schedule.zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    return to_instant(wall + timedelta(days=later), schedule.zone)


# -- JSON ------------------------------------------------------------------------------------------------------------


def roster_json(roster: Roster, settings: Settings) -> dict[str, Any]:
    return {
        "at": roster.at.isoformat(),
        "schedules": [schedule_json(schedule, settings) for schedule in roster.schedules],
        "teams": [team_json(team) for team in roster.teams],
        "test_modes": modes_json(roster.test_modes),
    }


def schedule_json(roster: ScheduleRoster, settings: Settings) -> dict[str, Any]:
    """Times have the offset of the schedule's zone; null is a time that does not come for a year."""
    schedule, now = roster.schedule, roster.now
    latest = roster.at + HORIZON

    def shown(at: datetime | None) -> str | None:
        return at.astimezone(schedule.zone).isoformat() if at is not None and at < latest else None

    answer: dict[str, Any] = {
        "schedule": schedule.id,
        "at": shown(roster.at),
        "on_call": list(now.people),
        "since": shown(now.since),
        "until": shown(now.until),
        "next": [{"from": shown(one.start), "to": shown(one.end), "people": list(one.people)} for one in roster.next],
        "rule": rule_words(now.rule),
        "rule_at": rule_source(settings, schedule.id, now.rule),
    }
    if roster.feed is not None:
        fetched = roster.feed.fetched_at
        answer["calendar"] = {
            "fetched_at": fetched.isoformat() if fetched is not None else None,
            "problem": roster.feed.problem,
            "unmatched": list(roster.feed.unmatched),
        }
    return answer


def team_json(roster: TeamRoster) -> dict[str, Any]:
    return {
        "team": roster.team,
        "at": roster.at.isoformat(),
        "levels": [
            {
                "people": [picked.person for picked in level.picks.people],
                "seconds": seconds_json(level.seconds),
                "empty": list(level.picks.empty),
            }
            for level in roster.levels
        ],
    }


def modes_json(modes: Sequence[TestMode]) -> list[dict[str, Any]]:
    return [
        {
            "route": mode.route,
            "person": mode.person,
            "since": mode.since.isoformat(),
            "until": mode.until.isoformat(),
        }
        for mode in modes
    ]
