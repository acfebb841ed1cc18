"""Warnings about times: nobody on call, clock changes, overrides that are over.

What a calendar feed says is not in the file, so nothing is claimed about a schedule that has one.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath
from zoneinfo import ZoneInfo

from lcr_asterisk.config.problems import Path
from lcr_asterisk.config.schedules import Gaps
from lcr_asterisk.config.settings import OverrideSettings, ScheduleSettings, Settings
from lcr_asterisk.oncall.model import Kind, OnSchedule, Rule
from lcr_asterisk.oncall.nights import split_night
from lcr_asterisk.oncall.schedule import Unusual, gaps, unusual_shifts
from lcr_asterisk.oncall.walltime import to_instant, wall_reached

Warnings = Iterator[tuple[Path, str]]
"""The path of what a warning is about, and a sentence."""

GAPS_WITHIN = timedelta(days=90)
CLOCKS_WITHIN = timedelta(days=400)
NIGHTS_WITHIN = timedelta(days=90)
_BEGINNING = 200  # bytes
_SHOWN = 2

_Span = tuple[datetime, datetime]


def overrides_of_the_past(settings: Settings, now: datetime) -> Warnings:
    for schedule in settings.schedules.values():
        if schedule.overrides:
            last = max(override.to for override in schedule.overrides)
            if last <= now.astimezone(schedule.timezone).replace(tzinfo=None):
                yield (
                    ("schedules", schedule.id, "overrides"),
                    f"all of them are over, the last since {last:%Y-%m-%d %H:%M}; remove them, or add those to come",
                )


def overrides_in_no_time(settings: Settings) -> Warnings:
    for schedule in settings.schedules.values():
        for index, override in enumerate(schedule.overrides):
            if _in_no_time(override, schedule.timezone):
                yield (
                    ("schedules", schedule.id, "overrides", index),
                    "never applies: on that day a change of the clocks skips all of this time; write another, or "
                    "remove it",
                )


def _in_no_time(override: OverrideSettings, zone: ZoneInfo) -> bool:
    return to_instant(override.from_, zone) == to_instant(override.to, zone)


def handoffs_at_night(settings: Settings, now: datetime) -> Warnings:
    """Shifts that run over midnight, in the middle of which the next person's turn begins."""
    for schedule in settings.schedules.values():
        start = wall_reached(now, schedule.timezone)
        for index, layer in enumerate(schedule.to_schedule().layers):
            split = split_night(layer, start, start + NIGHTS_WITHIN)
            if split is not None:
                begins = split.window.start
                yield (
                    ("schedules", schedule.id, "layers", index),
                    f"hands over from {split.before} to {split.after} at {_wall(split.at)}, in the middle of the hours "
                    f"from {begins:%H:%M} to {split.window.end:%H:%M}; "
                    f"let the first turn start at {begins:%H:%M}, so that one person has the whole night",
                )


def _wall(at: datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M}"


def calendars_that_are_none(settings: Settings) -> Warnings:
    for schedule in settings.schedules.values():
        if schedule.ical_file is not None and not _begins_a_calendar(schedule.ical_file):
            yield (
                ("schedules", schedule.id, "ical_file"),
                "is not a calendar: it does not begin with BEGIN:VCALENDAR; export it again as iCalendar (.ics)",
            )


def _begins_a_calendar(file: FilePath) -> bool:
    try:
        with file.open("rb") as content:
            begins = content.read(_BEGINNING).removeprefix(codecs.BOM_UTF8).lstrip().upper()
    except OSError:
        return True  # it was there a moment ago, and whoever fetches it says what is the matter
    return begins.startswith(b"BEGIN:VCALENDAR")


def gaps_of_schedules(settings: Settings, now: datetime) -> Warnings:
    """Of those that are alone at a level, or at none; where a level rings several, one may fill another's gaps."""
    rings = [level.ring for team in settings.teams.values() for level in team.escalation]
    alone = {ring[0].id for ring in rings if len(ring) == 1 and isinstance(ring[0], OnSchedule)}
    shared = {target.id for ring in rings if len(ring) > 1 for target in ring if isinstance(target, OnSchedule)}
    for schedule in settings.schedules.values():
        meant = schedule.gaps is Gaps.INTENDED or has_feed(schedule)
        if not meant and (schedule.id in alone or schedule.id not in shared):
            spans = _gaps(schedule, now)
            if spans:
                yield ("schedules", schedule.id), _nobody(spans, schedule.timezone)


def gaps_of_levels(settings: Settings, now: datetime) -> Warnings:
    """Times in which none of the schedules that a level rings together has anybody."""
    for team in settings.teams.values():
        for index, level in enumerate(team.escalation):
            schedules = [settings.schedules[target.id] for target in level.ring if isinstance(target, OnSchedule)]
            if 1 < len(schedules) == len(level.ring) and not any(map(has_feed, schedules)):
                spans = _gaps(schedules[0], now)
                for other in schedules[1:]:
                    spans = _common(spans, _gaps(other, now))
                if spans:
                    yield ("teams", team.id, "escalation", index), _nobody(spans, schedules[0].timezone)


def odd_shifts(settings: Settings, now: datetime) -> Warnings:
    """Shifts that begin or end at a time which a change of the clocks skips or repeats."""
    start = now.astimezone(UTC)
    for schedule in settings.schedules.values():
        odd: dict[tuple[Rule, bool], list[Unusual]] = {}
        for shift in unusual_shifts(schedule.to_schedule(), start, start + CLOCKS_WITHIN):
            odd.setdefault((shift.rule, shift.skipped), []).append(shift)
        for (rule, skipped), shifts in odd.items():
            if rule.kind is Kind.OVERRIDE and _in_no_time(schedule.overrides[rule.index], schedule.timezone):
                continue  # told already that it never applies
            section = "overrides" if rule.kind is Kind.OVERRIDE else "layers"
            yield ("schedules", schedule.id, section, rule.index), _odd(shifts, skipped)


def has_feed(schedule: ScheduleSettings) -> bool:
    return schedule.ical is not None or schedule.ical_file is not None


def _gaps(schedule: ScheduleSettings, now: datetime) -> list[_Span]:
    start = now.astimezone(UTC)
    return [(gap.start, gap.end) for gap in gaps(schedule.to_schedule(), start, start + GAPS_WITHIN)]


def _common(some: Sequence[_Span], others: Sequence[_Span]) -> list[_Span]:
    """Where both have a span."""
    both = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return [(start, end) for start, end in both if start < end]


def _nobody(spans: Sequence[_Span], zone: ZoneInfo) -> str:
    total = sum(((end - start) for start, end in spans), timedelta())
    shown = ", ".join(show_span(start, end, zone) for start, end in spans[:_SHOWN])
    more = f" and {len(spans) - _SHOWN} more" if len(spans) > _SHOWN else ""
    return (
        f"nobody is on call for {_show_length(total)} of the next {GAPS_WITHIN.days} days: {shown}{more}; "
        "add a layer for these times, or ring somebody else at the same level"
    )


def show_span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """As the clock on the wall of the schedule shows it; one date where both are of the same day."""
    begins, ends = start.astimezone(zone), end.astimezone(zone)
    return f"{begins:%a %Y-%m-%d %H:%M} to {ends:{'%H:%M' if ends.date() == begins.date() else '%a %Y-%m-%d %H:%M'}}"


def _show_length(length: timedelta) -> str:
    hours, minutes = divmod(round(length.total_seconds() / 60), 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "less than a minute"


def _odd(shifts: Sequence[Unusual], skipped: bool) -> str:
    first = shifts[0]
    times = f"{first.start_wall:%a %Y-%m-%d %H:%M} to {first.end_wall:%a %Y-%m-%d %H:%M}"
    more = f" and {len(shifts) - 1} more" if len(shifts) > 1 else ""
    happens = "skips: that is the first moment after it" if skipped else "repeats: that is the first of both"
    return (
        f"the shift {times}{more} begins or ends at a time which a change of the clocks {happens}; "
        "write a time that each day has once, such as 09:00"
    )
