"""Who is on call, for a terminal: now, next, and the days to come as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from lcr_asterisk.calendars.feeds import FeedState
from lcr_asterisk.callflow.story import printable, seconds_words
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.config.values import show_duration
from lcr_asterisk.dryrun.roster import HORIZON, LevelRoster, Roster, ScheduleRoster, TeamRoster, day_start
from lcr_asterisk.dryrun.rules import rule_source, rule_words
from lcr_asterisk.oncall.model import Kind, Pick, Shift
from lcr_asterisk.store.testmodes import TestMode

WIDTH = 100
_FURTHER_IN = 6  # spaces
_LONGEST_NAME = 30  # in the table of days; the columns are as wide as the longest
NOBODY = "nobody"


def roster_text(roster: Roster, settings: Settings, now: datetime) -> str:
    """All of it. `now` is the wall clock, for the age of calendars."""
    head = [f"On call at {roster.at:%a} {roster.at.day} {roster.at:%b %Y %H:%M %Z}"]
    blocks = [[*(test_mode_text(mode, settings) for mode in roster.test_modes), *head]]
    blocks += [list(_team(team, settings)) for team in roster.teams]
    blocks += [list(_schedule(schedule, settings, now)) for schedule in roster.schedules]
    lines = "\n\n".join("\n".join(block) for block in blocks).split("\n")
    return "\n".join(fitting for line in lines for fitting in _fitting(line))


def _fitting(line: str) -> list[str]:
    """The line, or several that are not wider than a terminal, further in from the second on."""
    if len(line) <= WIDTH:
        return [line]
    further = " " * (len(line) - len(line.lstrip()) + _FURTHER_IN)
    return textwrap.wrap(line, WIDTH, subsequent_indent=further, break_on_hyphens=False)


def test_mode_text(mode: TestMode, settings: Settings) -> str:
    route = settings.routes[mode.route].name if mode.route in settings.routes else mode.route
    until = mode.until.astimezone()
    return f"TEST MODE: all calls to {route} go to {_names([mode.person], settings)} until {until:%H:%M:%S}"


def _schedule(roster: ScheduleRoster, settings: Settings, now: datetime) -> Iterator[str]:
    schedule, found = roster.schedule, roster.now
    yield f"Schedule {schedule.id}, {roster.at.astimezone(schedule.zone):%a %H:%M} ({schedule.zone.key})"
    if roster.feed is not None:
        yield f"  {_calendar(roster.feed, now)}"
    since = f"since {_short(found.since, roster)}" if found.since is not None else "for a long time"
    until = f"until {_short(found.until, roster)}" if found.until is not None else "with no end in sight"
    why = "" if found.rule.kind is Kind.NOBODY else f"  {_rule(roster, settings)}"
    yield f"  now   {_names(found.people, settings)}, {since}, {until}{why}"
    spans = [_span(shift, roster) for shift in roster.next]
    for index, (shift, span) in enumerate(zip(roster.next, spans, strict=True)):
        head = "next" if not index else ""
        yield f"  {head:4}  {span.ljust(max(map(len, spans)))}  {_names(shift.people, settings)}"
    yield ""
    yield from _days(roster, settings)


def _span(shift: Shift, roster: ScheduleRoster) -> str:
    end = f"to {_short(shift.end, roster)}" if shift.end < roster.at + HORIZON else "with no end in sight"
    return f"{_short(shift.start, roster)} {end}"


def _rule(roster: ScheduleRoster, settings: Settings) -> str:
    rule = roster.now.rule
    return f"[{rule_words(rule)}, {Path(rule_source(settings, roster.schedule.id, rule)).name}]"


def _days(roster: ScheduleRoster, settings: Settings) -> Iterator[str]:
    """A line for each day: who begins at what time."""
    days: list[tuple[str, list[str]]] = []
    start = day_start(roster.schedule, roster.at)
    while roster.days and start < roster.days[-1].end:
        end = day_start(roster.schedule, start, 1)
        shifts = [shift for shift in roster.days if shift.start < end and start < shift.end]
        local = start.astimezone(roster.schedule.zone)
        cells = [
            f"{max(shift.start, start).astimezone(roster.schedule.zone):%H:%M} {_shortened(shift.people, settings)}"
            for shift in shifts
        ]
        days.append((f"  {local:%a} {local.day:2} {local:%b}   ", cells))
        start = end
    width = max((len(cell) for _, cells in days for cell in cells), default=0)
    for head, cells in days:
        yield from _wrapped(head, [cell.ljust(width) for cell in cells])


def _wrapped(head: str, cells: Iterable[str]) -> Iterator[str]:
    line = head
    for cell in cells:
        if len(line) > len(head) and len(line) + len(cell) > WIDTH:
            yield line.rstrip()
            line = " " * len(head)
        line += f"{cell}   "
    yield line.rstrip()


def _team(roster: TeamRoster, settings: Settings) -> Iterator[str]:
    yield f"Team {roster.team} ({settings.teams[roster.team].name})"
    for index, level in enumerate(roster.levels):
        head = f"  level {index + 1}  {show_duration(level.seconds):>6}  "
        people = ", ".join(_level(level, settings)) or NOBODY
        yield from textwrap.wrap(people, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _level(level: LevelRoster, settings: Settings) -> Iterator[str]:
    for picked in level.picks.people:
        yield _names([picked.person], settings) + _how(picked, settings)
    for schedule in level.picks.empty:
        yield f"{NOBODY} (schedule {schedule})"


def _how(picked: Pick, settings: Settings) -> str:
    notes = [f"schedule {picked.schedule}"] if picked.schedule is not None else []
    if picked.person in settings.people and not settings.people[picked.person].phones:
        notes.append("has no phone")
    return f" ({', '.join(notes)})" if notes else ""


def _calendar(feed: FeedState, now: datetime) -> str:
    if feed.fetched_at is None:
        told = "calendar: never fetched"
    else:
        told = f"calendar: as of {feed.fetched_at:%Y-%m-%d %H:%M} UTC, {_age(now - feed.fetched_at)} old"
    if feed.problem is not None:
        told += f"; {feed.problem}"
    if feed.unmatched:
        told += f"; events that name nobody known: {', '.join(printable(summary) for summary in feed.unmatched[:5])}"
    return told


def _age(age: timedelta) -> str:
    return f"{age.days} days" if age.days > 1 else seconds_words(max(age.total_seconds(), 1.0))


def _names(people: Sequence[str], settings: Settings) -> str:
    names = [settings.people[person].name if person in settings.people else person for person in people]
    return " + ".join(names) or NOBODY


def _shortened(people: Sequence[str], settings: Settings) -> str:
    names = _names(people, settings)
    return names if len(names) <= _LONGEST_NAME else names[: _LONGEST_NAME - 1] + "…"


def _short(at: datetime, roster: ScheduleRoster) -> str:
    """On the clock of the schedule; with the year where it is another."""
    local = at.astimezone(roster.schedule.zone)
    year = "" if local.year == roster.at.astimezone(roster.schedule.zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"
