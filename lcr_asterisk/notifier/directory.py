"""Who is to be told, and by which ways: what the settings in force say about a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lcr_asterisk.config.settings import Settings
from lcr_asterisk.config.teams import AlertSettings, NotifyWays, TeamSettings
from lcr_asterisk.config.ways import WaySettings
from lcr_asterisk.notifier.targets import Target, identity, of_alert, of_way
from lcr_asterisk.notifier.targets.voice import Voice
from lcr_asterisk.oncall.escalation import pick
from lcr_asterisk.oncall.hours import window_at
from lcr_asterisk.oncall.model import Schedule
from lcr_asterisk.oncall.walltime import to_instant, wall_reached
from lcr_asterisk.paging.policy import OPERATORS, Level, Place, Policy, Quiet, Recipient, Way
from lcr_asterisk.paging.states import Page

WINDOW = 600.0
"""Seconds within which calls to the same route are about the same."""

NOBODYS, NOBODYS_NAME = "(operators)", "operators"
"""In place of a team's id, which no team can have, and of its name: where operators take the place of a team."""

AHEAD = timedelta(days=3)
"""A way may wait for a day, and its attempts go on for another."""


class Directory:
    """One configuration. `schedules` answers with what is known of each schedule at the moment it is asked.

    Addresses never leave it: a page knows ways and places by ids that tell nothing.
    """

    def __init__(self, settings: Settings, schedules: Mapping[str, Schedule]) -> None:
        self.settings = settings
        self._schedules = schedules

    def policy(self, team: str, test_person: str | None = None) -> Policy | None:
        """How pages of this team are worked; None where there is no such team.

        In test mode a page has one level, and nobody is told but that person.
        """
        known = self.settings.teams.get(team)
        if known is None:
            return None
        levels = tuple(Level(level.seconds if level.page_for is None else level.page_for) for level in known.escalation)
        if test_person is not None:
            return Policy(team, known.name, levels[:1], 0, (), WINDOW, test_person)
        return Policy(team, known.name, levels, known.repeat, _places(known.alerts), WINDOW)

    def policy_instead(self, team: str, route: str, test_person: str | None = None) -> Policy | None:
        """How a page is worked whose team is gone: by the team that its route leads to now, or else told to operators.

        None where there are no operators either.
        """
        known = self._team_of(team, route)
        now = self.policy(known.id, test_person) if known is not None else None
        if now is not None or test_person is not None or not self.settings.operators:
            return now
        return Policy(team, team, (Level(WINDOW),), 0, _places(self.settings.operators), WINDOW)

    def policy_of_nobodys(self, route: str, test_person: str | None = None) -> Policy | None:
        """How a page is worked for which no team was responsible: the same, with operators under a name of their own.

        A rehearsal is told to the test person. None where there are no operators.
        """
        found = self.policy_instead(NOBODYS, route, test_person)
        if found is None and test_person is not None:
            found = Policy(NOBODYS, NOBODYS_NAME, (Level(WINDOW),), 0, (), WINDOW, test_person)
        return replace(found, team_name=NOBODYS_NAME) if found is not None and found.team == NOBODYS else found

    def people(self, page: Page, level: int, at: datetime) -> tuple[Recipient, ...]:
        """Who is on call at this level at `at`, an aware instant; without those who have no way to be told.

        Where the page's team is gone, those of the team that its route leads to now.
        """
        if page.policy.test_person is not None:
            wanted = [page.policy.test_person]
        else:
            known = self._team_of(page.policy.team, page.cause.route)
            if known is None or level >= len(known.escalation):
                return ()  # edited away meanwhile
            wanted = [one.person for one in pick(known.escalation[level].ring, self._schedules, at).people]
        recipients = [self._recipient(person, at) for person in wanted if person in self.settings.people]
        return tuple(recipient for recipient in recipients if recipient.ways)

    def way(self, person: str, id_: str) -> Target | None:
        """The target of a person's way; None where it is no longer theirs."""
        _, target = self._ways(person).get(id_, (None, None))
        return target

    def place(self, page: Page, id_: str) -> Target | None:
        """The target of a place of the page's team, or of operators; None where it is no longer theirs."""
        known = self._team_of(page.policy.team, page.cause.route)
        alerts = (*(known.alerts if known is not None else ()), *self.settings.operators)
        return next((target for target in map(of_alert, alerts) if identity(target) == id_), None)

    def instead(self, page: Page, id_: str) -> tuple[Place, ...]:
        """Who is told what cannot be told to this place any more; of OPERATORS: who they are, where they are needed.

        Of several places that are gone only the first has those in its stead that are new, so that each of these is
        told the same once. Operators are needed where nobody else would be told.
        """
        known = self._team_of(page.policy.team, page.cause.route)
        operators = _places(self.settings.operators)
        team = _places(known.alerts) if known is not None else operators
        own = [place.id for place in page.policy.alerts if place != OPERATORS]
        gone = [one for one in own if self.place(page, one) is None]
        new = tuple(place for place in team if place.id not in own) if gone else ()
        needed = (team or operators) if not new and gone == own else ()
        if id_ in gone:
            return new if id_ == gone[0] else ()
        return needed if id_ == OPERATORS.id else new or needed  # what stood in for another may be gone now, too

    def _team_of(self, team: str, route: str) -> TeamSettings | None:
        """This team, or else the one that the route leads to now: the team may have been renamed."""
        known = self.settings.routes.get(route)
        leads_to = known.team if known is not None and known.team is not None else team
        return self.settings.teams.get(team) or self.settings.teams.get(leads_to)

    def _recipient(self, person: str, at: datetime) -> Recipient:
        known = self.settings.people[person]
        ways = tuple(
            Way(id_, target.name, way.after, _quiet(way, known.timezone, at), call=isinstance(target, Voice))
            for id_, (way, target) in self._ways(person).items()
        )
        return Recipient(person, known.name, ways, known.notify_ways is NotifyWays.IN_ORDER)

    def _ways(self, person: str) -> dict[str, tuple[WaySettings, Target]]:
        known = self.settings.people.get(person)
        if known is None:
            return {}
        ways = [(way, of_way(way.to, person)) for way in known.ways]
        # A call without a phone is none: the engine would put it off, as a phone may have been written just now.
        usable = ((way, target) for way, target in ways if not isinstance(target, Voice) or known.phones)
        return {identity(target): (way, target) for way, target in usable}


def _places(alerts: Iterable[AlertSettings]) -> tuple[Place, ...]:
    targets = {identity(target): target for target in map(of_alert, alerts)}
    return tuple(Place(id_, target.name) for id_, target in targets.items())


def _quiet(way: WaySettings, zone: ZoneInfo | None, at: datetime) -> tuple[Quiet, ...]:
    """The quiet hours of the time in which it may be used."""
    if not way.quiet or zone is None:
        return ()
    hours = tuple(part.to_hours() for part in way.quiet)
    wall, spans = wall_reached(at, zone), list[Quiet]()
    while (until := to_instant(wall, zone)) <= at + AHEAD:
        window = window_at(hours, wall)
        if window.inside:
            spans.append(Quiet(max(until, to_instant(window.start, zone)), to_instant(window.end, zone)))
        wall = window.end
    return tuple(spans)
