"""What is valid in the YAML but surely not meant: warnings, each with its place and what would be right.

Each check yields the path of what it is about and a sentence. Here are those about who can be reached; those about
time are in `lint_schedules.py`, those about pages that reach nobody in `lint_pages.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from lcr_asterisk.callflow.plan import RouteType
from lcr_asterisk.config.lint_pages import pages_nobody_hears_of
from lcr_asterisk.config.lint_schedules import (
    Warnings,
    calendars_that_are_none,
    gaps_of_levels,
    gaps_of_schedules,
    handoffs_at_night,
    odd_shifts,
    overrides_in_no_time,
    overrides_of_the_past,
)
from lcr_asterisk.config.phones import Number, Softphone
from lcr_asterisk.config.problems import Path, Problem, show_path
from lcr_asterisk.config.settings import (
    AlertSettings,
    MenuSettings,
    RouteSettings,
    ScheduleSettings,
    Settings,
    TeamSettings,
    teams_of,
)
from lcr_asterisk.config.values import HANG_UP, VOICE, VOICEMAIL, mail_recipient, show_duration
from lcr_asterisk.oncall.model import OnSchedule, Person, Target


def lint(settings: Settings, now: datetime) -> tuple[Problem, ...]:
    """All warnings in the order of the file; `now` is aware, and times after it are looked at."""
    found = [
        *_routes_nobody_reaches(settings),
        *_lists_that_keep_nobody_out(settings),
        *_keys_nobody_can_press(settings),
        *_stereo_of_more_than_two(settings),
        *_allowed_but_blocked(settings),
        *_phones_of_two(settings),
        *_ways_to_nobody(settings),
        *_levels_nobody_answers(settings),
        *_levels_never_reached(settings),
        *_rung_only_once(settings),
        *_unused(settings),
        *calendars_that_are_none(settings),
        *_mail_without_a_server(settings),
        *_calls_without_a_phone(settings),
        *pages_nobody_hears_of(settings, now),
        *overrides_of_the_past(settings, now),
        *overrides_in_no_time(settings),
        *handoffs_at_night(settings, now),
        *gaps_of_schedules(settings, now),
        *gaps_of_levels(settings, now),
        *odd_shifts(settings, now),
    ]
    return tuple(sorted(Problem(settings.place(*path), show_path(path), text) for path, text in found))


def _routes_nobody_reaches(settings: Settings) -> Warnings:
    for route in settings.routes.values():
        if not route.numbers:
            yield (
                ("routes", route.id),
                'no number reaches this route; write for example numbers: ["+14155551000"], or remove it',
            )


def _lists_that_keep_nobody_out(settings: Settings) -> Warnings:
    for route in settings.routes.values():
        path: Path = ("routes", route.id, "callers", "allow")
        if settings.written(*path) and not route.callers.allow and not route.callers.pin:
            yield path, "is empty, so everybody gets through; list numbers, or remove it"


def _keys_nobody_can_press(settings: Settings) -> Warnings:
    for route in settings.routes.values():
        if route.type is RouteType.VOICEMAIL and route.in_call.any:
            yield ("routes", route.id, "in_call"), "nobody talks on a route of type voicemail; remove it here"


def _stereo_of_more_than_two(settings: Settings) -> Warnings:
    for route in settings.routes.values():
        if route.recording.enabled and route.recording.stereo and route.in_call.more_may_talk:
            yield (
                ("routes", route.id, "recording", "stereo"),
                "has no effect, for in_call lets a caller talk with more than one responder, and there are two sides; "
                "remove it here, or bring_in and hand_over there",
            )


def _allowed_but_blocked(settings: Settings) -> Warnings:
    """Entries of `allow` inside of a broader one of `block`; the same in both is a mistake already."""
    for route in settings.routes.values():
        broad = [pattern for pattern in route.callers.block if pattern.text.endswith("*")]
        for index, allowed in enumerate(route.callers.allow):
            beginning = allowed.text.removesuffix("*")
            for blocked in broad:
                if beginning.startswith(blocked.text.removesuffix("*")):
                    yield (
                        ("routes", route.id, "callers", "allow", index),
                        f"{allowed} is refused all the same, for block has {blocked}; "
                        "make that one narrower, or remove it here",
                    )
                    break


def _phones_of_two(settings: Settings) -> Warnings:
    first: dict[Number | Softphone, str] = {}
    for person in settings.people.values():
        for index, phone in enumerate(person.phones):
            if first.setdefault(phone, person.id) != person.id:
                yield (
                    ("people", person.id, "phones", index),
                    f"{phone} is a phone of {first[phone]} too, so where both are rung it is busy for one of them; "
                    "write it for one of the two",
                )


def _ways_to_nobody(settings: Settings) -> Warnings:
    for route in settings.routes.values():
        for path, team in _ways_that_ring(route):
            if not _anybody_with_phone(settings, _targets(settings.teams[team])):
                yield (
                    path,
                    f"leads to team {team}, in which nobody has a phone, so nobody is rung; "
                    "write phones: for one of its people, or lead it to another team",
                )


def _levels_nobody_answers(settings: Settings) -> Warnings:
    for team in _rung_teams(settings):
        if not _anybody_with_phone(settings, _targets(team)):
            continue  # told where a route leads to it
        for index, level in enumerate(team.escalation):
            if not _anybody_with_phone(settings, level.ring):
                people = sorted(_ever_named(settings, level.ring))
                who = f"{people[0]} has no phone" if len(people) == 1 else f"{_and(people)} have no phone"
                yield (
                    ("teams", team.id, "escalation", index),
                    f"nobody can answer at level {index + 1}: {who}, so it is skipped; "
                    "write phones: for somebody, or ring somebody else",
                )


def _levels_never_reached(settings: Settings) -> Warnings:
    longest = settings.defaults.max_wait
    for team in _rung_teams(settings):
        once = sum(level.seconds for level in team.escalation)
        if once * (team.repeat + 1) > longest:
            yield (
                ("teams", team.id, "escalation"),
                f"its levels together ring for {show_duration(once * (team.repeat + 1))}, longer than max_wait "
                f"({show_duration(longest)}): {_cut_short(team, once, longest)}; "
                f"shorten for:{' or repeat:' if team.repeat else ''}, or raise max_wait in defaults",
            )


def _cut_short(team: TeamSettings, once: float, longest: float) -> str:
    begins, unreached = 0.0, []
    for number, level in enumerate(team.escalation, start=1):
        if begins >= longest:
            unreached.append(str(number))
        begins += level.seconds
    if len(unreached) > 1:
        return f"levels {_and(unreached)} are never reached"
    if unreached:
        return f"level {unreached[0]} is never reached"
    if once > longest:
        return f"level {len(team.escalation)} ends {show_duration(once - longest)} too early"
    return f"of {team.repeat + 1} walks through them, number {int(longest // once) + 1} does not come to its end"


def _rung_only_once(settings: Settings) -> Warnings:
    """Who stands at two levels: in one walk of a policy nobody is rung twice."""
    for team in _rung_teams(settings):
        if team.repeat:
            continue
        first: dict[Target, int] = {}
        for index, level in enumerate(team.escalation):
            for position, target in enumerate(level.ring):
                if first.setdefault(target, index) != index:
                    yield (
                        ("teams", team.id, "escalation", index, "ring", position),
                        f"{target} is at level {first[target] + 1} already, so is not rung again at level {index + 1}; "
                        "remove it here or there, or write repeat: 1 to walk all levels again",
                    )


def _unused(settings: Settings) -> Warnings:
    targets = [target for team in settings.teams.values() for target in _targets(team)]
    people = {target.id for target in targets if isinstance(target, Person)}
    people.update(person for schedule in settings.schedules.values() for person in _ever_on_call(schedule))
    schedules = {target.id for target in targets if isinstance(target, OnSchedule)}
    teams = {team for route in settings.routes.values() for team in _teams_named(route)}
    for person in settings.people.keys() - people:
        yield ("people", person), "nobody uses this person; name them in a level or a schedule, or remove them"
    for schedule in settings.schedules.keys() - schedules:
        yield ("schedules", schedule), f"no team uses this schedule; write schedule:{schedule} in a level, or remove it"
    for team in settings.teams.keys() - teams:
        yield ("teams", team), "no route leads to this team; name it in a route or a menu, or remove it"


def _mail_without_a_server(settings: Settings) -> Warnings:
    if settings.smtp is not None:
        return
    lists: list[tuple[Path, tuple[AlertSettings, ...]]] = [(("operators",), settings.operators)]
    lists += [(("teams", team.id, "alerts"), team.alerts) for team in settings.teams.values()]
    mails: list[Path] = [
        (*path, index, "email")
        for path, alerts in lists
        for index, alert in enumerate(alerts)
        if alert.email is not None
    ]
    for person in settings.people.values():
        for index, way in enumerate(person.ways):
            if mail_recipient(way.to.get_secret_value()) is not None:
                mails.append(("people", person.id, "notify", index))
    for path in mails:
        yield path, "is an e-mail, and there is no mail server to send it; write smtp:"


def _calls_without_a_phone(settings: Settings) -> Warnings:
    for person in settings.people.values():
        for index, way in enumerate(person.ways):
            if way.to.get_secret_value() == VOICE and not person.phones:
                yield ("people", person.id, "notify", index), "is a call, and there is no phone to call; write phones:"


def _rung_teams(settings: Settings) -> list[TeamSettings]:
    """Those that a call can ring; who only gets messages needs no phone."""
    ways = (team for route in settings.routes.values() for _, team in _ways_that_ring(route))
    return [settings.teams[team] for team in dict.fromkeys(ways)]


def _ways_that_ring(route: RouteSettings) -> Iterator[tuple[Path, str]]:
    """Every place in a route from which a call goes to a team and rings it, with the team."""
    path: Path = ("routes", route.id)
    if route.type is not RouteType.DIRECT or not route.active:
        return
    if route.menu is not None:
        yield from _ways_of_menu(route.menu, (*path, "menu"))
    elif route.team is not None:
        yield (*path, "team"), route.team
    for digit, team in route.in_call.hand_over.items():
        yield (*path, "in_call", "hand_over", digit), team


def _ways_of_menu(menu: MenuSettings, path: Path) -> Iterator[tuple[Path, str]]:
    for digit, leads_to in menu.options.items():
        option = (*path, "options", digit)
        if isinstance(leads_to, str):
            yield option, leads_to
        else:
            yield from _ways_of_menu(leads_to, option)
    if menu.fallback not in (None, VOICEMAIL, HANG_UP):
        yield (*path, "fallback"), menu.fallback


def _targets(team: TeamSettings) -> list[Target]:
    return [target for level in team.escalation for target in level.ring]


def _anybody_with_phone(settings: Settings, targets: Iterable[Target]) -> bool:
    return any(settings.people[person].phones for person in _ever_named(settings, targets))


def _ever_named(settings: Settings, targets: Iterable[Target]) -> set[str]:
    """Everybody whom these targets can name at any time."""
    named: set[str] = set()
    for target in targets:
        named |= {target.id} if isinstance(target, Person) else _ever_on_call(settings.schedules[target.id])
    return named


def _teams_named(route: RouteSettings) -> set[str | None]:
    chosen = teams_of(route.menu) if route.menu is not None else ()
    return {route.team, *chosen, *route.in_call.hand_over.values()}


def _ever_on_call(schedule: ScheduleSettings) -> set[str]:
    layers = {person for layer in schedule.layers for person in layer.people}
    return layers | {override.person for override in schedule.overrides} | set(schedule.people.values())


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
