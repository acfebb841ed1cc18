"""Warnings about pages of which nobody would ever hear."""

from __future__ import annotations

from datetime import UTC, datetime

from lcr_asterisk.callflow.plan import RouteType
from lcr_asterisk.config.lint_schedules import GAPS_WITHIN, Warnings, has_feed, show_span
from lcr_asterisk.config.settings import Settings, TeamSettings, teams_of
from lcr_asterisk.config.teams import PersonSettings
from lcr_asterisk.config.values import VOICE
from lcr_asterisk.oncall.model import OnSchedule
from lcr_asterisk.oncall.uncovered import uncovered


def pages_nobody_hears_of(settings: Settings, now: datetime) -> Warnings:
    """Where at some time a team has nobody who can be told, also where `gaps: intended`, and nobody else is told."""
    if settings.operators:
        return
    for team in _teams_with_pages(settings):
        if not team.alerts and (when := _nobody(settings, team, now)) is not None:
            yield (
                ("teams", team.id),
                f"nobody hears of a page that comes {when}: none of this team can be told then, it has no alerts, and "
                "there are no operators; write alerts: for it, or operators:",
            )


def _teams_with_pages(settings: Settings) -> list[TeamSettings]:
    named: dict[str, None] = {}
    for route in settings.routes.values():
        if route.active:
            chosen = teams_of(route.menu) if route.menu is not None else ()
            moved = route.in_call.hand_over.values() if route.type is RouteType.DIRECT else ()
            named |= dict.fromkeys(team for team in (route.team, *chosen, *moved) if team is not None)
    return [settings.teams[team] for team in named]


def _nobody(settings: Settings, team: TeamSettings, now: datetime) -> str | None:
    """When none of all its levels can be told, in words; None where that does not come, or is not known."""
    ring = [target for level in team.escalation for target in level.ring]
    used = {target.id: settings.schedules[target.id] for target in ring if isinstance(target, OnSchedule)}
    if any(map(has_feed, used.values())):
        return None
    start, end = now.astimezone(UTC), now.astimezone(UTC) + GAPS_WITHIN
    schedules = {id_: schedule.to_schedule() for id_, schedule in used.items()}
    spans = uncovered(ring, schedules, start, end, lambda person: _can_be_told(settings.people[person]))
    if not spans:
        return None
    if spans[0] == (start, end):
        return "at any time"
    zone = next(iter(used.values())).timezone
    return f"from {show_span(*spans[0], zone)}"


def _can_be_told(person: PersonSettings) -> bool:
    return any(person.phones or way.to.get_secret_value() != VOICE for way in person.ways)
