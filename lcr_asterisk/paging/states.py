"""The state of a page: in which stage it is, what is on its way to whom, and when something is due.

All of it is immutable; `page.step` is the only place that makes a new one. Deadlines are data: a process that ends and
another that begins go by the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lcr_asterisk.paging.policy import Cause, Policy, Quiet


class Kind(StrEnum):
    """What is told."""

    OPENED = "opened"
    JOINED = "joined"  # another call
    NOTIFIED = "notified"  # to a person: please acknowledge
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    EXHAUSTED = "exhausted"
    CLOSED = "closed"


class Progress(StrEnum):
    """How far a delivery is."""

    HELD = "held"  # behind another one
    WAITING = "waiting"  # to be tried at `until`
    SENDING = "sending"  # being tried; where nothing is heard until `until`, it is tried again
    TOLD = "told"  # taken at the other end; or a phone is called
    LISTENING = "listening"  # in a call, until `until` at the latest
    QUIET = "quiet"  # passed over in quiet hours; used at `until` if the person is not told by then
    STOPPING = "stopping"  # a call that has to end
    OVER = "over"  # failed, not heeded, or no longer wanted


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one person by one way, or to one of the team's places (`person` is None).

    `id` stays the same however often it is tried. `message` is the same for all places that are told the same.
    `behind` is the delivery before it, `after` the seconds until its turn once that one was tried; or, where it is
    behind none, since the level began. `since` is when it was first due. `attempts` counts those that were made;
    `deferred` says that one was, and that it could not be used then. A person is told by their ways in rounds: one for
    each `walk` through the policy and `level` of it.
    """

    id: str
    message: str
    kind: Kind
    place: str
    shown: str
    progress: Progress
    until: datetime | None
    since: datetime
    person: str | None = None
    name: str = ""
    level: int = 0
    walk: int = 0
    behind: str | None = None
    after: float | None = None
    quiet: tuple[Quiet, ...] = ()
    call: bool = False
    attempts: int = 0
    deferred: bool = False

    @property
    def live(self) -> bool:
        """Whether it may still lead to an acknowledgement, or has been told."""
        return self.progress not in (Progress.QUIET, Progress.STOPPING, Progress.OVER)

    @property
    def round(self) -> tuple[str | None, int, int]:
        """What the ways by which a person is told together have in common."""
        return self.person, self.level, self.walk

    @property
    def not_sent(self) -> bool:
        return self.progress in (Progress.HELD, Progress.WAITING)

    @property
    def unused(self) -> bool:
        """One that could not be used when it was tried is tried again in its own time."""
        return self.progress is Progress.QUIET or (self.not_sent and not self.deferred)

    @property
    def unsettled(self) -> bool:
        """Whether it is still to be used, or a phone rings."""
        if self.progress in (Progress.TOLD, Progress.LISTENING):
            return self.call
        return self.progress not in (Progress.STOPPING, Progress.OVER)

    def promises(self, now: datetime) -> bool:
        """Whether the person is told by it, or will be without quiet hours being broken, for all that is known."""
        if self.not_sent:
            return not self.deferred and not self.quiet_at(max(self.until or now, now))
        return self.live and not self.deferred

    def quiet_at(self, moment: datetime) -> bool:
        return self.quiet_until(moment) > moment

    def quiet_until(self, moment: datetime) -> datetime:
        """When its quiet hours are over; `moment` itself where they are not on."""
        while ends := [quiet.end for quiet in self.quiet if quiet.start <= moment < quiet.end]:
            moment = max(ends)
        return moment


@dataclass(frozen=True, slots=True)
class Finding:
    """Who is on call at `level` is asked at `until`, and again until there is an answer."""

    level: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Notifying:
    """The people of `level` are told; after `until` the next level is, unless somebody is listening just then."""

    level: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Every level was told, and nobody has acknowledged. It stays open."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody has acknowledged."""


@dataclass(frozen=True, slots=True)
class Done:
    """Closed."""


Stage = Finding | Notifying | Exhausted | Taken | Done


@dataclass(frozen=True, slots=True)
class Page:
    """Everything known about one page; computed from its events and from nothing else.

    `calls` are the ids of the calls it is about in the order in which they became known, `latest` is the last of them.
    `last_call_at` is when the newest was, which may be another. `walk` counts all walks through the policy from 0,
    `cycle` those since the page was opened or a call had it worked again; `passed` are the persons who passed it on in
    this walk. `serial` numbers messages and deliveries; `references` pairs places with where the page was told there.
    `by` is the name of who acknowledged or closed it last.
    """

    id: str
    policy: Policy
    cause: Cause
    latest: Cause
    calls: tuple[str, ...]
    last_call_at: datetime
    opened_at: datetime
    stage: Stage
    cycle: int = 0
    walk: int = 0
    passed: frozenset[str] = frozenset()
    serial: int = 0
    deliveries: tuple[Delivery, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    by: str | None = None

    @property
    def open(self) -> bool:
        """Whether nobody has acknowledged it."""
        return isinstance(self.stage, Finding | Notifying | Exhausted)

    def delivery(self, delivery_id: str) -> Delivery | None:
        return next((delivery for delivery in self.deliveries if delivery.id == delivery_id), None)

    def reference(self, place: str) -> str | None:
        """Where the page was first told at this place."""
        return dict(self.references).get(place)

    def deadline(self) -> datetime | None:
        """The next moment at which TimePassed is due, or None when only an event can move the page."""
        due = [delivery.until for delivery in self.deliveries if delivery.until is not None]
        match self.stage:
            case Finding(until=until):
                due.append(until)
            case Notifying(until=until):
                listening = [one.until for one in self.deliveries if one.progress is Progress.LISTENING and one.until]
                due.append(max([until, *listening]))
            case _:
                pass
        return min(due, default=None)
