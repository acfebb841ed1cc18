"""What an edited configuration changes, in sentences for whoever runs the hotline, and what of it waits for a restart.

What has no words here is told by its key (`changes.py`), so no change goes unmentioned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from lcr_asterisk.config.block import Block
from lcr_asterisk.config.changes import Tell, conjoined, field, fields, gathered, listed, now, numbered, table
from lcr_asterisk.config.phones import Softphone
from lcr_asterisk.config.problems import quote
from lcr_asterisk.config.schedules import Gaps
from lcr_asterisk.config.settings import (
    NOTHING,
    RINGING,
    AlertSettings,
    HoursSettings,
    LayerSettings,
    LevelSettings,
    MenuSettings,
    MessageSettings,
    OverrideSettings,
    PersonSettings,
    RouteSettings,
    ScheduleSettings,
    Settings,
    TeamSettings,
    teams_of,
)
from lcr_asterisk.config.teams import PLACES
from lcr_asterisk.config.times import DAYS
from lcr_asterisk.config.values import show_duration


def difference(old: Settings, new: Settings) -> tuple[str, ...]:
    """One sentence for each change, such as "route production: level 2 now rings carol"; none if nothing changed."""
    words: dict[str, Tell] = {
        "routes": table("route", _new_route, _route),
        "teams": lambda _, __: _teams(old, new),
        "schedules": table("schedule", _new_schedule, _schedule),
        "people": table("person", _new_person, _person),
        "speech": lambda _, __: ["speech: texts are spoken in another way"],
        "operators": numbered("alert to operators", _kind, _alert),
    }
    sections = [*words, *(name for name in Settings.model_fields if name not in words)]
    return tuple(
        line
        for section in sections
        for line in field(section, getattr(old, section), getattr(new, section), words.get(section))
    )


# -- routes ----------------------------------------------------------------------------------------------------------


def _new_route(route: RouteSettings) -> str:
    leads_to = "a menu" if route.menu is not None else f"team {route.team}"
    return f"{listed(route.numbers, 'no number')} → {leads_to}"


def _route(before: RouteSettings, after: RouteSettings) -> Iterator[str]:
    return fields(
        before,
        after,
        {
            "name": now("is now called {}", quote),
            "numbers": now("numbers are now {}", lambda numbers: listed(numbers, "none")),
            "active": lambda _, active: ["is active again" if active else "is no longer active"],
            "menu": _menu,
            "team": now("the team is now {}", lambda team: team or "none"),
            "messages": _messages,
            "recording": _recording,
            "callers": _callers,
            "in_call": _in_call,
        },
    )


def _menu(before: MenuSettings | None, after: MenuSettings | None) -> Iterator[str]:
    if after is None:
        yield "the menu is gone"
    elif before is None:
        yield f"has a menu now: {_options(after)}"
    else:
        yield from _changed_menu(before, after, "")


def _changed_menu(before: MenuSettings, after: MenuSettings, behind: str) -> Iterator[str]:
    """`behind` are the digits that lead to this menu, such as "2, 1, "; none for the route's own."""
    name = f"the menu behind {behind.removesuffix(', ')}" if behind else "the menu"

    def options(_: object, __: object) -> Iterator[str]:
        yield from (f"option {behind}{digit} is gone" for digit in before.options if digit not in after.options)
        for digit, leads_to in after.options.items():
            led_to = before.options.get(digit)
            if isinstance(led_to, MenuSettings) and isinstance(leads_to, MenuSettings):
                yield from _changed_menu(led_to, leads_to, f"{behind}{digit}, ")
            elif led_to is None:
                yield f"option {behind}{digit} is new: {_goal(leads_to)}"
            elif led_to != leads_to:
                yield f"option {behind}{digit} now leads to {_goal(leads_to)} (was {_goal(led_to)})"

    def told_of_menu(key: str) -> Tell:
        return lambda was, is_now: (f"{name}: {change}" for change in field(key, was, is_now))

    words = {key: told_of_menu(key) for key in type(after).model_fields}
    return fields(before, after, {**words, "prompt": _message(f"the prompt of {name}"), "options": options})


def _options(menu: MenuSettings) -> str:
    return ", ".join(f"{digit} → {_goal(leads_to)}" for digit, leads_to in menu.options.items())


def _goal(leads_to: str | MenuSettings) -> str:
    return f"team {leads_to}" if isinstance(leads_to, str) else f"a menu ({_options(leads_to)})"


def _messages(before: Block, after: Block) -> Iterator[str]:
    nouns = {"welcome": "the welcome", "hold": "the hold music", "goodbye": "the goodbye"}
    words = {name: _message(nouns.get(name, f"the {name} message")) for name in type(after).model_fields}
    return fields(before, after, words)


def _message(name: str) -> Tell:
    def tell(_: MessageSettings | None, after: MessageSettings | None) -> Iterator[str]:
        if after is None:
            yield f"{name} is the default again"
        elif after is RINGING:
            yield f"{name} is the tone of phones that ring now"
        else:
            yield f"{name} is left out now" if after == NOTHING else f"{name} is new"

    return tell


def _recording(before: Block, after: Block) -> Iterator[str]:
    def enabled(_: bool, on: bool) -> Iterator[str]:
        yield "conversations are recorded now" if on else "conversations are no longer recorded"

    return fields(before, after, {"enabled": enabled, "notice": _message("the notice of recording")})


def _in_call(before: Block, after: Block) -> Iterator[str]:
    def key(code: str, does: str) -> Tell:
        return lambda _, on: [f"{code} {'now' if on else 'no longer'} {does}"]

    def hand_over(was: Any, leads_to: Any) -> Iterator[str]:
        yield from (f"*2{digit} no longer hands over" for digit in was if digit not in leads_to)
        changed = ((digit, team) for digit, team in leads_to.items() if was.get(digit) != team)
        yield from (f"*2{digit} now hands over to team {team}" for digit, team in changed)

    words = {"bring_in": key("*1", "brings in the next level"), "hand_over": hand_over, "end": key("*9", "ends a call")}
    return fields(before, after, words)


def _callers(before: Block, after: Block) -> Iterator[str]:
    def pins(_: object, has: Any) -> Iterator[str]:
        yield f"PINs changed; there are {len(has)} now" if has else "PINs are gone"

    words = {"block": gathered("blocked caller"), "allow": gathered("allowed caller"), "pin": pins}
    return fields(before, after, words)


# -- teams -----------------------------------------------------------------------------------------------------------


def _teams(old: Settings, new: Settings) -> Iterator[str]:
    yield from (f"team {team} is gone" for team in old.teams if team not in new.teams)
    for key, team in new.teams.items():
        if key not in old.teams:
            yield f"team {key} is new: {_new_team(team)}"
        elif old.teams[key] != team:
            routes, which = _felt_by(key, new)
            yield from (f"{routes}: {change}{which}" for change in _team(old.teams[key], team))


def _felt_by(team: str, settings: Settings) -> tuple[str, str]:
    """The routes whose callers feel a change of this team, and which team it is, where they have several."""
    routes = [
        route
        for route in settings.routes.values()
        if team in (route.team, *route.in_call.hand_over.values())
        or (route.menu is not None and team in teams_of(route.menu))
    ]
    if not routes:
        return f"team {team}", ""
    names = f"{'routes' if len(routes) > 1 else 'route'} {conjoined([route.id for route in routes])}"
    return names, "" if all(route.menu is None for route in routes) else f" (team {team})"


def _new_team(team: TeamSettings) -> str:
    return ", ".join(f"level {number} {_rings(level)}" for number, level in enumerate(team.escalation, start=1))


def _team(before: TeamSettings, after: TeamSettings) -> Iterator[str]:
    return fields(
        before,
        after,
        {
            "name": now("the team is now called {}", quote),
            "escalation": numbered("level", _rings, _level),
            "repeat": now("levels are now walked {} times", lambda repeat: str(repeat + 1)),
            "alerts": numbered("alert", _kind, _alert),
        },
    )


def _rings(level: LevelSettings) -> str:
    return f"rings {listed(level.ring)} for {show_duration(level.seconds)}"


def _level(before: LevelSettings, after: LevelSettings) -> Iterator[str]:
    words = {"ring": now("now rings {}", listed), "seconds": now("now rings for {}", show_duration)}
    return fields(before, after, words)


def _alert(before: AlertSettings, after: AlertSettings) -> Iterator[str]:
    yield f"changed ({_kind(after)})" if _kind(before) == _kind(after) else f"is now {_kind(after)}"


def _kind(alert: AlertSettings) -> str:
    return next(kind for kind in PLACES if getattr(alert, kind) is not None)


# -- schedules and people --------------------------------------------------------------------------------------------


def _new_schedule(schedule: ScheduleSettings) -> str:
    parts = [f"layer {number} with {_turns(layer)}" for number, layer in enumerate(schedule.layers, start=1)]
    if schedule.ical is not None or schedule.ical_file is not None:
        parts.append("a calendar")
    return f"{conjoined(parts) if parts else 'overrides only'} ({schedule.timezone.key})"


def _schedule(before: ScheduleSettings, after: ScheduleSettings) -> Iterator[str]:
    return fields(
        before,
        after,
        {
            "timezone": now("times are now those of {}", lambda zone: str(zone.key)),
            "layers": numbered("layer", _turns, _layer),
            "overrides": gathered("override", _show_override),
            "gaps": lambda _, gaps: [f"its gaps are {'intended' if gaps is Gaps.INTENDED else 'warned of'} now"],
            "ical": lambda _, __: ["the address of its calendar changed"],
            "people": lambda _, __: ["people are found in its calendar in another way"],
        },
    )


def _turns(layer: LayerSettings) -> str:
    hours = f", {_show_hours(layer.hours)}" if layer.hours else ""
    return f"{listed(layer.people)}, every {layer.every} from {_show_time(layer.start)}{hours}"


def _layer(before: LayerSettings, after: LayerSettings) -> Iterator[str]:
    return fields(
        before,
        after,
        {
            "people": now("now has {} in turn", listed),
            "start": now("now begins at {}", _show_time),
            "every": now("now hands over every {}"),
            "hours": now("is now on call {}", _show_hours),
        },
    )


def _show_hours(hours: tuple[HoursSettings, ...]) -> str:
    return " and ".join(map(_show_part, hours)) or "at all hours"


def _show_part(part: HoursSettings) -> str:
    days = ",".join(DAYS[day] for day in sorted(part.days)) if len(part.days) < len(DAYS) else "every day"
    return f"{days} {_show_minute(part.start)} to {_show_minute(part.end)}"


def _show_minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _show_override(override: OverrideSettings) -> str:
    return f"{override.person} from {_show_time(override.from_)} to {_show_time(override.to)}"


def _show_time(time: datetime) -> str:
    return time.isoformat(" ", "seconds" if time.second else "minutes")


def _new_person(person: PersonSettings) -> str:
    return f"{person.name}, {listed(person.phones, 'no phone')}"


def _person(before: PersonSettings, after: PersonSettings) -> Iterator[str]:
    phones = now("phones now {}", lambda phones: listed(phones, "none"))
    in_order = now("phones now ring {}", lambda way: way.replace("_", " "))
    return fields(before, after, {"name": now("is now called {}", quote), "phones": phones, "ring_phones": in_order})


# -- what waits for a restart ----------------------------------------------------------------------------------------

_OF_ENGINE = (
    ("asterisk", ("url", "user", "password_file", "spool")),
    ("trunk", ("endpoint",)),
    ("web", ("listen",)),
)
_OF_NOTIFIER = (("notifier", ("listen",)), ("web", ("listen",)))
_OF_ASTERISK = (
    ("asterisk", ("sip", "rtp")),
    ("trunk", ("host", "port", "user", "password", "password_file", "register_", "match", "watch")),
)


def restart_needed(old: Settings, new: Settings) -> tuple[str, ...]:
    """What an edited configuration asks for that a reload cannot do, each with what has to be restarted."""
    engine = _changed_keys(old, new, _OF_ENGINE)
    if old.database != new.database:
        engine.append("database")
    asterisk = _changed_keys(old, new, _OF_ASTERISK)
    if new.trunk.host is not None and old.trunk.endpoint != new.trunk.endpoint:
        asterisk.append("trunk.endpoint")  # of an Asterisk that this project configures
    asterisk += [f"softphone {name}" for name in sorted(_softphones(old) ^ _softphones(new))]
    asterisk += [
        f"hold music of route {route.id}"
        for route in new.routes.values()
        if route.messages.hold is not None
        and (route.id not in old.routes or _hold(old.routes[route.id], old) != _hold(route, new))
    ]
    if old.defaults.language != new.defaults.language or old.speech != new.speech:
        asterisk.append("the apology callers hear while the engine is away")
    return (
        *(f"{what}: takes effect when the engine (lcr run) is restarted" for what in engine),
        *(
            f"{what}: takes effect when the notifier (lcr notifier) is restarted"
            for what in _changed_keys(old, new, _OF_NOTIFIER)
        ),
        *(f"{what}: takes effect when Asterisk is restarted, which ends the calls in progress" for what in asterisk),
    )


def _hold(route: RouteSettings, settings: Settings) -> tuple[MessageSettings | None, str | None]:
    """Hold music, and for the tone of phones that ring the region whose it is."""
    hold = route.messages.hold
    return hold, (route.region or settings.defaults.region) if hold is RINGING else None


def _changed_keys(old: Settings, new: Settings, sections: Iterable[tuple[str, tuple[str, ...]]]) -> list[str]:
    return [
        f"{section}.{key.removesuffix('_')}"
        for section, keys in sections
        for key in keys
        if getattr(getattr(old, section), key) != getattr(getattr(new, section), key)
    ]


def _softphones(settings: Settings) -> set[str]:
    phones = [phone for person in settings.people.values() for phone in person.phones]
    return {phone.name for phone in phones if isinstance(phone, Softphone)}
