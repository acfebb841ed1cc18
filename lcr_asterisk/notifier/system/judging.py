"""What is wrong with the hotline, judged by what was found; pure, and in words for somebody who was just woken up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from lcr_asterisk.callflow.plan import RouteType
from lcr_asterisk.config.schedules import Gaps
from lcr_asterisk.config.settings import Settings, TeamSettings, teams_of
from lcr_asterisk.notifier.outbox_watch import silent, stuck
from lcr_asterisk.oncall.model import OnSchedule, Schedule
from lcr_asterisk.oncall.uncovered import uncovered
from lcr_asterisk.paging.trouble import Ill, Kind, Limits, Seen, Unseen, Well, limits_of
from lcr_asterisk.store.rows import Standing

AHEAD = timedelta(hours=1)
FURTHER = timedelta(days=7)
OF_ENGINE, OF_NOTIFIER = f"{Kind.CONFIGURATION}:engine", f"{Kind.CONFIGURATION}:notifier"
LOW = 2.0
"""Times the space that has to stay free: operators shall hear before no message can be taken any more."""


def limits(id_: str) -> Limits:
    """Those of a trouble, by its id."""
    return limits_of(kind(id_))


def kind(id_: str) -> Kind:
    """`on_call:platform` is of the kind `on_call`."""
    return Kind(id_.partition(":")[0])


def of_engine(answer: Mapping[str, Any] | None, settings: Settings) -> dict[str, Seen]:
    """By what its `/readyz` answers; None where it does not."""
    if answer is None:
        away = Ill(
            f"the call engine does not answer at {settings.web.listen}: new callers can only leave a message",
            "start `lcr run` again, or stop it first where it hangs; its log says what happened",
        )
        return {Kind.ENGINE: away, **dict.fromkeys((Kind.ASTERISK, Kind.TRUNK, Kind.DATABASE, OF_ENGINE), Unseen())}
    seen: dict[str, Seen] = {
        Kind.ENGINE: Well(),
        Kind.DATABASE: _database(answer["checks"].get("database")),
        OF_ENGINE: of_configuration(answer["details"].get("configuration"), "call engine"),
    }
    if not answer["checks"].get("asterisk"):
        cut_off = Ill(
            f"the call engine is not connected to Asterisk at {settings.asterisk.url}: no call can be served",
            "see that Asterisk runs and takes the engine's ARI user; the last lines of its log say why it ended",
        )
        return {**seen, Kind.ASTERISK: cut_off, Kind.TRUNK: Unseen()}
    return {**seen, Kind.ASTERISK: Well(), Kind.TRUNK: _trunk(answer["details"].get("trunk"), settings)}


def _database(well: object) -> Seen:
    if well is None:
        return Unseen()
    if well:
        return Well()
    return Ill(
        "the call engine cannot write to its database: calls go on, but nothing is kept of them and they open no pages",
        "see that the database runs and its disk has room; the engine's log says why",
    )


def of_configuration(problem: object, program: str) -> Seen:
    """By what a program says of the edited file: None where it took it."""
    if problem is None:
        return Well()
    return Ill(
        f"the {program} goes on by an old configuration: {str(problem).rstrip('.')}",
        "`lcr config check` says what is wrong; it is read again when it is saved",
    )


def _trunk(state: object, settings: Settings) -> Seen:
    if state == "online":
        return Well()
    if state != "offline":
        return Unseen()
    trunk = settings.trunk
    at = f" at {trunk.host}:{trunk.port}" if trunk.host is not None else ""
    return Ill(
        f"the carrier does not answer{at} (trunk {trunk.endpoint}): no calls come in or go out",
        "look at the network and ask the carrier; where calls work all the same, it does not answer SIP OPTIONS: write "
        "watch: false under trunk:",
    )


def of_disk(free: int, floor: int, where: str) -> Seen:
    """`free` and `floor` are in bytes; the latter is what recordings leave free."""
    if free >= floor * LOW:
        return Well()
    told = "no message can be taken" if free < floor else f"below {_megabytes(floor)} no message can be taken"
    return Ill(f"the disk is nearly full: {_megabytes(free)} are free, {told}", f"make room on the disk of {where}")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def of_outbox(standing: Standing, now: datetime) -> dict[str, Seen]:
    seen: dict[str, Seen] = {Kind.OUTBOX: Well(), Kind.HELD_UP: Well(), Kind.REFUSED: Well()}
    if (one := stuck(standing, now)) is not None:
        advice = "look after the caller; it is tried again by itself, and `lcr outbox drop ID` gives it up"
        seen[Kind.HELD_UP] = Ill(f"{one}: no page came of it yet", advice)
    if (waits := silent(standing, now)) is not None:
        advice = "`lcr outbox` says why; they are tried again by themselves"
        seen[Kind.OUTBOX] = Ill(f"{waits}: no pages come of them yet", advice)
    if standing.refused:
        events = "an event" if standing.refused == 1 else f"{standing.refused} events"
        advice = (
            "`lcr outbox` shows what it is; look after the caller; `lcr outbox replay ID` tries it again, `lcr outbox "
            "drop ID` gives it up"
        )
        what = f"the notifier has refused {events} for good: no page came of it"
        seen[Kind.REFUSED] = Ill(what, advice, standing.refused)
    return seen


def of_on_call(settings: Settings, schedules: Mapping[str, Schedule], at: datetime) -> dict[str, Seen]:
    """For each team that calls lead to: whether there is somebody at level 1 within the next hour."""
    return {f"{Kind.ON_CALL}:{team.id}": _level(settings, team, schedules, at) for team in _used_teams(settings)}


def _level(settings: Settings, team: TeamSettings, schedules: Mapping[str, Schedule], at: datetime) -> Seen:
    ring = team.escalation[0].ring
    used = [settings.schedules[target.id] for target in ring if isinstance(target, OnSchedule)]
    # Without a schedule it is the same at any time, and `lcr config check` says so.
    if not used or all(schedule.gaps is Gaps.INTENDED for schedule in used):
        return Well()

    def answers(person: str) -> bool:
        known = settings.people.get(person)
        return known is not None and bool(known.phones or known.notify)

    if not uncovered(ring, schedules, at, at + AHEAD, answers):
        return Well()
    start, end = uncovered(ring, schedules, at, at + FURTHER, answers)[0]
    zone = settings.zone_for(team=team.id)
    begins = "now" if start <= at else f"from {_clock(start, zone)}"
    ends = f"until {_clock(end, zone)}" if end < at + FURTHER else "for more than a week"
    then = "level 2 is asked at once" if len(team.escalation) > 1 else "and there is no other level"
    return Ill(
        f"nobody is on call at level 1 of {team.name}, {begins} {ends}: {then}",
        "write an override or a layer for that time; `lcr oncall` shows who is on call when",
    )


def _clock(at: datetime, zone: tzinfo | None) -> str:
    return f"{at.astimezone(zone):%a %H:%M %Z}"


def _used_teams(settings: Settings) -> Iterable[TeamSettings]:
    teams: dict[str, None] = {}
    for route in settings.routes.values():
        if route.active:
            chosen = teams_of(route.menu) if route.menu is not None else ()
            moved = route.in_call.hand_over.values() if route.type is RouteType.DIRECT else ()
            teams |= dict.fromkeys(team for team in (route.team, *chosen, *moved) if team is not None)
    return [settings.teams[team] for team in teams]
