"""The rule behind who is on call, in words and with its line in the file."""

from __future__ import annotations

from datetime import datetime, tzinfo

from lcr_asterisk.config.settings import Settings
from lcr_asterisk.oncall.model import Kind, Rule


def rule_words(rule: Rule) -> str:
    """Such as "layer 1", counted as people do."""
    match rule.kind:
        case Kind.NOBODY:
            return "nobody"
        case Kind.CALENDAR:
            return "its calendar"
        case _:
            return f"{rule.kind} {rule.index + 1}"


def rule_source(settings: Settings, schedule: str, rule: Rule) -> str:
    """Where this rule of the schedule is written: "lcr.yaml:31"."""
    match rule.kind:
        case Kind.OVERRIDE:
            return settings.source("schedules", schedule, "overrides", rule.index)
        case Kind.LAYER:
            return settings.source("schedules", schedule, "layers", rule.index)
        case Kind.CALENDAR:
            by_file = settings.schedules[schedule].ical_file is not None
            return settings.source("schedules", schedule, "ical_file" if by_file else "ical")
        case Kind.NOBODY:
            return settings.source("schedules", schedule)


def when(at: datetime, zone: tzinfo, now: datetime) -> str:
    """A moment as the clock on the wall shows it, "Mon 30 Nov 09:00 CET"; with its year where that is not `now`'s."""
    local = at.astimezone(zone)
    year = "" if local.year == now.astimezone(zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M %Z}"
