"""Transcripts of pages: "this happens, so that is done".

    opened().does("tell #ops opened", "find level 1").finds(ALICE).does("alice by mail").acknowledges("Alice")

Only time leads to commands, so after each event `does` lets the present moment pass, and compares all that is done.
Time moves by `after`, during which nothing may be due, or `due_after`, when something has to be due then.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Self, assert_never

import pytest

from lcr_asterisk.errors import IllegalEvent
from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.page import step
from lcr_asterisk.paging.policy import Cause, Level, Place, Policy, Quiet, Recipient, Way, Why
from lcr_asterisk.paging.states import Delivery, Page

NINE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PAGE = "20261121-090000-k7m3q"
OPS = Place("ops", "#ops")


def cause(call: str = PAGE, at: datetime = NINE, route: str = "production", why: Why = Why.MESSAGE) -> Cause:
    return Cause(call, why, at, route, route.title(), "+15551234567", "ACME")


def policy(
    *seconds: float, repeat: int = 0, alerts: tuple[Place, ...] = (OPS,), window: float = 600.0, test: str | None = None
) -> Policy:
    levels = tuple(Level(one) for one in seconds or (300.0, 300.0))
    return Policy("platform", "Platform", levels, repeat, alerts, window, test)


def quiet(start: float, end: float) -> tuple[Quiet, ...]:
    """From so many seconds after nine to so many."""
    return (Quiet(NINE + timedelta(seconds=start), NINE + timedelta(seconds=end)),)


MAIL, PUSH, VOICE = Way("m", "mail"), Way("p", "push"), Way("voice", "voice", call=True)
ALICE = Recipient("alice", "Alice", (MAIL,))
BOB = Recipient("bob", "Bob", (PUSH,))


def person(*ways: Way, in_order: bool = False) -> Recipient:
    return Recipient("carol", "Carol", ways, in_order)


def tell(command: do.Command) -> str:
    match command:
        case do.FindPeople(level=level):
            return f"find level {level + 1}"
        case do.Deliver(delivery=delivery, earlier=earlier):
            return _name(delivery) + (f", changing {earlier}" if earlier else "")
        case do.StopCall(delivery=delivery):
            return f"stop {delivery.removeprefix(PAGE)}"
        case _:
            assert_never(command)


def _name(delivery: Delivery) -> str:
    if delivery.person is None:
        return f"tell {delivery.shown} {delivery.kind}"
    return f"{delivery.person} by {delivery.shown}"


class Pagebook:
    """One page, played event by event."""

    def __init__(self, page: Page | None, now: datetime = NINE) -> None:
        self.now = now
        self.journal: list[tuple[datetime, ev.Event]] = []
        self._page = page
        self._lines: list[str] = []
        self._ids: dict[str, str] = {}

    @property
    def page(self) -> Page:
        assert self._page is not None
        return self._page

    def happens(self, event: ev.Event) -> Self:
        """An event; only time may lead to commands."""
        commands = self._step(event)
        assert isinstance(event, ev.TimePassed) or not commands, "nobody but the notifier's loop carries commands out"
        return self

    def does(self, *expected: str) -> Self:
        """Something is due at this moment, and this is done."""
        due = self.page.deadline()
        if due is None or due > self.now:
            pytest.fail(f"{self.transcript()}\n           nothing is due", pytrace=False)
        told = [tell(command) for command in self._step(ev.TimePassed())]
        if told != list(expected):
            wanted = "\n".join(f"           expected: {line}" for line in expected) or "           expected: nothing"
            pytest.fail(f"{self.transcript()}\n{wanted}", pytrace=False)
        return self

    def does_nothing(self) -> Self:
        """Nothing is due."""
        due = self.page.deadline()
        if due is not None and due <= self.now:
            pytest.fail(f"{self.transcript()}\n           something is due", pytrace=False)
        return self

    def after(self, seconds: float) -> Self:
        """So much later; nothing is due until then."""
        self.now += timedelta(seconds=seconds)
        return self.does_nothing()

    def due_after(self, seconds: float) -> Self:
        """So much later, and exactly then, something is due."""
        self.now += timedelta(seconds=seconds)
        if self.page.deadline() != self.now:
            pytest.fail(f"{self.transcript()}\n           due at {self.page.deadline()}, not {self.now}", pytrace=False)
        return self

    def late(self, seconds: float) -> Self:
        """So much later, though something was due before."""
        self.now += timedelta(seconds=seconds)
        return self

    def cannot(self, event: ev.Event, because: str) -> Self:
        with pytest.raises(IllegalEvent, match=because):
            step(self._page, event, self.now)
        return self

    def transcript(self) -> str:
        return "\n".join(["", *self._lines])

    # -- events --------------------------------------------------------------------------------------------------------

    def finds(self, *people: Recipient, level: int = 1) -> Self:
        return self.happens(ev.PeopleFound(level - 1, people))

    def delivered(self, what: str, reference: str | None = None) -> Self:
        return self.happens(ev.Delivered(self.id(what), reference))

    def deferred(self, what: str, seconds: float = 0.0, *, tried: bool = True) -> Self:
        return self.happens(ev.Deferred(self.id(what), seconds, "busy", tried))

    def waits_for_words(self, what: str, seconds: float) -> Self:
        return self.happens(ev.Deferred(self.id(what), seconds, "", tried=False))

    def refused(self, what: str) -> Self:
        return self.happens(ev.GaveUp(self.id(what), "no such address"))

    def redirected(self, what: str, *places: Place) -> Self:
        return self.happens(ev.Redirected(self.id(what), places))

    def without_operators(self) -> Self:
        """Of an exhausted page: they are not needed, or there are none."""
        return self.redirected("tell operators exhausted")

    def listens(self, what: str) -> Self:
        return self.happens(ev.Listened(self.id(what)))

    def unheeded(self, what: str) -> Self:
        return self.happens(ev.Unheeded(self.id(what), "passed"))

    def passes(self, what: str) -> Self:
        return self.happens(ev.Unheeded(self.id(what), "passed on", passed=True))

    def joined(self, call: str = "another") -> Self:
        return self.happens(ev.CallJoined(cause(call, self.now)))

    def resumes(self) -> Self:
        return self.happens(ev.Resumed())

    def acknowledges(self, name: str) -> Self:
        return self.happens(ev.Acknowledged(name.lower(), name, "link"))

    def closes(self, name: str) -> Self:
        return self.happens(ev.Closed(name.lower(), name, "command"))

    def id(self, what: str) -> str:
        """The id of the newest delivery that was tried under this name."""
        return self._ids[what]

    def _step(self, event: ev.Event) -> tuple[do.Command, ...]:
        before = self._page
        self._page, commands = step(before, event, self.now)
        assert step(before, event, self.now) == (self._page, commands), "the same question had another answer"
        self.journal.append((self.now, event))
        self._lines.append(f"{(self.now - NINE).total_seconds():7.2f}  {event}"[:160])
        self._lines.extend(f"           {tell(command)}" for command in commands)
        for command in commands:
            if isinstance(command, do.Deliver):
                self._ids[_name(command.delivery)] = command.delivery.id
        return commands


def opened(by: Policy | None = None) -> Pagebook:
    """A page that has just been opened."""
    return Pagebook(None).happens(ev.PageOpened(PAGE, cause(), by or policy()))


def finding(by: Policy | None = None) -> Pagebook:
    """A page whose places are told, and which asks who is on call at level 1."""
    book = opened(by)
    book.does(*(f"tell {place.shown} opened" for place in book.page.policy.alerts), "find level 1")
    for place in book.page.policy.alerts:
        book.delivered(f"tell {place.shown} opened", f"{place.id}:1")
    return book
