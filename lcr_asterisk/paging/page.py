"""Every transition of a page. `step(page, event, now)` returns the next state and the commands to carry out.

It never asks the time, never does I/O, and gives the same answer to the same question, so a page's events can be folded
back into its state. The table of all that can follow is docs/page-states.md.

The rules:

1.  A page is worked until somebody acknowledges it: level 1 -> level 2 ... -> level 1 again, `repeat` times ->
    exhausted. An exhausted page stays open, and the team's places are told so.
2.  Who is on call is asked when a level starts. Nobody to tell: the next level starts in the same step.
3.  A level is over after its `seconds`, but not while somebody listens to a call about it; and at once when every way
    of everybody has failed or was not heeded.
4.  A person's ways are used each at its time; or in order, the next when the one before it has led to nothing, or
    could not be used when it was tried; or where it says so `after` seconds later. They go on when the level is over:
    only an acknowledgement ends them, or that the person passes the page on. Who passes it on is left out until the
    levels are walked again. What is still to be used of a person, or rings, when they are to be told again at another
    level or in another walk is part of that: nobody is called twice at a time.
5.  A way is not used in its quiet hours, unless the person has no other way left; one that could not be used when it
    was tried is none. Of several the last one is used then. Who is not told when its quiet hours end is told by it.
6.  What cannot be delivered now is tried again, later each time, for a day. A try of which nothing is heard is made
    again with the same id, and at once when a notifier begins: better twice than never.
7.  The team's places are told of every move, each place in order; a later one changes the earlier message where it can.
8.  Acknowledged or closed: nothing that was not sent yet is sent, calls are stopped, and the places are told.
9.  Another call to the same route within the window joins the page while nobody has acknowledged it. An exhausted page
    is then worked from the first level again, which is another walk, as often as a new one.
10. Only TimePassed leads to commands: whoever tells of something else may end right after it is written down.
11. Late and doubled events are normal and change nothing. An impossible one raises IllegalEvent and changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from lcr_asterisk.errors import IllegalEvent
from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.policy import Cause, Place, Recipient, Way
from lcr_asterisk.paging.states import (
    Delivery,
    Done,
    Exhausted,
    Finding,
    Kind,
    Notifying,
    Page,
    Progress,
    Taken,
)

ASK_AGAIN = timedelta(seconds=10)
TRY_AGAIN = timedelta(seconds=60)
"""Longer than any attempt may take: whoever made it has ended."""
CALL_TAKES = timedelta(minutes=11)
"""From the moment a phone is called until its end is known, unless somebody listens: longer than it may ring."""
LISTENS = timedelta(minutes=5)
STOP_AGAIN = timedelta(seconds=5)
STOPS = 5
FIRST_WAIT, LONGEST_WAIT = 5.0, 600.0  # seconds between attempts
GIVE_UP = timedelta(days=1)


def step(page: Page | None, event: ev.Event, now: datetime) -> tuple[Page, tuple[do.Command, ...]]:
    """The next state of a page and what to do about it. `page` is None for the first event, which is PageOpened.

    `now` is an aware UTC time. Raises IllegalEvent for what cannot happen.
    """
    if page is not None:
        turn = _Turn(page, now)
        _take(turn, event)
    elif isinstance(event, ev.PageOpened):
        turn = _Turn(_new_page(event, now), now)
        turn.tell_places(Kind.OPENED)
    else:
        raise IllegalEvent(f"{type(event).__name__} for a page that is not open")
    return turn.page, tuple(turn.commands)


def joins(page: Page, team: str, cause: Cause) -> bool:
    """Whether this call for this team belongs to that page (rule 9)."""
    until = joins_until(page)
    return page.policy.team == team and page.cause.route == cause.route and until is not None and cause.at <= until


def joins_until(page: Page) -> datetime | None:
    """The time of the last call that would belong to it; None where none does (any more)."""
    if not page.open or page.policy.test_person is not None:
        return None
    return page.latest.at + timedelta(seconds=page.policy.window)


class _Turn:
    """One step of a page in the making."""

    def __init__(self, page: Page, now: datetime) -> None:
        self.page = page
        self.now = now
        self.commands: list[do.Command] = []

    def change(self, delivery: Delivery) -> None:
        changed = tuple(delivery if one.id == delivery.id else one for one in self.page.deliveries)
        self.page = replace(self.page, deliveries=changed)

    def remove(self, delivery: Delivery) -> None:
        kept = tuple(one for one in self.page.deliveries if one.id != delivery.id)
        self.page = replace(self.page, deliveries=kept)

    def number(self) -> int:
        self.page = replace(self.page, serial=self.page.serial + 1)
        return self.page.serial

    def tell_places(self, kind: Kind) -> None:
        message = f"{self.page.id}-{self.number()}"
        for place in self.page.policy.alerts:
            self._tell_place(place, kind, message)

    def _tell_place(self, place: Place, kind: Kind, message: str) -> None:
        before = [one for one in self.page.deliveries if one.person is None and one.place == place.id]
        if kind is Kind.JOINED and any(_not_sent(one) and one.kind is kind for one in before):
            return  # that one will tell of this call too
        delivery = Delivery(
            id=f"{message}-{self.number()}",
            message=message,
            kind=kind,
            place=place.id,
            shown=place.shown,
            progress=Progress.HELD if before else Progress.WAITING,
            until=None if before else self.now,
            since=self.now,
            behind=before[-1].id if before else None,
        )
        self.page = replace(self.page, deliveries=(*self.page.deliveries, delivery))


def _new_page(event: ev.PageOpened, now: datetime) -> Page:
    return Page(
        id=event.page,
        policy=event.policy,
        cause=event.cause,
        latest=event.cause,
        calls=(event.cause.call,),
        opened_at=now,
        stage=Finding(0, now),
    )


def _take(turn: _Turn, event: ev.Event) -> None:
    match event:
        case ev.PageOpened():
            raise IllegalEvent(f"{turn.page.id}: opened twice")
        case ev.CallJoined(cause=cause):
            _call_joined(turn, cause)
        case ev.TimePassed():
            _time_passed(turn)
        case ev.Resumed():
            _resumed(turn)
        case ev.PeopleFound(level=level, people=people):
            _people_found(turn, level, people)
        case ev.Acknowledged(name=name):
            if turn.page.open:
                _acknowledged(turn, name)
        case ev.Closed(name=name):
            if not isinstance(turn.page.stage, Done):
                _closed(turn, name)
        case _:
            delivery = turn.page.delivery(event.delivery)
            if delivery is not None:
                _heard_of(turn, delivery, event)


# -- levels ----------------------------------------------------------------------------------------------------------


def _call_joined(turn: _Turn, cause: Cause) -> None:
    page = turn.page
    if not page.open or cause.call in page.calls:
        return
    turn.page = replace(page, latest=cause, calls=(*page.calls, cause.call))
    turn.tell_places(Kind.JOINED)
    if isinstance(page.stage, Exhausted):
        _walk(turn, cycle=0)


def _people_found(turn: _Turn, level: int, people: tuple[Recipient, ...]) -> None:
    if not isinstance(turn.page.stage, Finding) or turn.page.stage.level != level:
        return
    people = tuple(recipient for recipient in people if recipient.person not in turn.page.passed)
    if not people:
        _next_level(turn, level)
        return
    if level or turn.page.cycle:
        turn.tell_places(Kind.ESCALATED)
    until = turn.now + timedelta(seconds=turn.page.policy.levels[level].seconds)
    turn.page = replace(turn.page, stage=Notifying(level, until))
    for recipient in people:
        _notify(turn, level, recipient)


def _notify(turn: _Turn, level: int, recipient: Recipient) -> None:
    """By all their ways. What is still to be used, or rings, belongs to this round from now on."""
    before: Delivery | None = None
    earlier = [one for one in turn.page.deliveries if one.person == recipient.person and _unsettled(one)]
    for one in earlier:
        turn.change(replace(one, level=level, walk=turn.page.walk))
    for way in recipient.ways:
        same = [one for one in earlier if one.place == way.id]
        delivery = same[-1] if same else _new_delivery(turn, recipient, way)
        turn.remove(delivery)
        delivery = replace(delivery, level=level, walk=turn.page.walk, quiet=way.quiet)
        if delivery.progress in (Progress.HELD, Progress.QUIET):
            delivery = _have_its_turn(turn, delivery, way, recipient, before)
        delivery = replace(delivery, since=delivery.until or turn.now)
        turn.page = replace(turn.page, deliveries=(*turn.page.deliveries, delivery))
        before = delivery


def _unsettled(delivery: Delivery) -> bool:
    if delivery.progress in (Progress.TOLD, Progress.LISTENING):
        return delivery.call
    return delivery.progress not in (Progress.STOPPING, Progress.OVER)


def _new_delivery(turn: _Turn, recipient: Recipient, way: Way) -> Delivery:
    number = f"{turn.page.id}-{turn.number()}"
    return Delivery(
        id=number,
        message=number,
        kind=Kind.NOTIFIED,
        place=way.id,
        shown=way.shown,
        progress=Progress.HELD,
        until=None,
        since=turn.now,
        person=recipient.person,
        name=recipient.name,
        call=way.call,
    )


def _have_its_turn(
    turn: _Turn, delivery: Delivery, way: Way, recipient: Recipient, before: Delivery | None
) -> Delivery:
    """When it is used, or behind which one. A time that runs since an earlier round is kept."""
    runs = delivery.until if delivery.progress is Progress.HELD else None
    after, delivery = timedelta(seconds=way.after), replace(delivery, deferred=False)
    if before is None or not recipient.in_order:
        due = turn.now + (timedelta() if recipient.in_order else after)
        return replace(delivery, progress=Progress.WAITING, until=min(due, runs or due))
    if before.deferred and not after:
        return replace(delivery, progress=Progress.WAITING, until=turn.now)
    used = before.deferred or before.progress not in (Progress.HELD, Progress.WAITING)
    until = runs or (turn.now + after if after and used else None)
    return replace(delivery, progress=Progress.HELD, until=until, behind=before.id, after=way.after or None)


def _walk(turn: _Turn, cycle: int) -> None:
    """From the first level."""
    page = turn.page
    turn.page = replace(page, stage=Finding(0, turn.now), cycle=cycle, walk=page.walk + 1, passed=frozenset())


def _next_level(turn: _Turn, level: int) -> None:
    page = turn.page
    if level + 1 < len(page.policy.levels):
        turn.page = replace(page, stage=Finding(level + 1, turn.now))
    elif page.cycle < page.policy.repeat:
        _walk(turn, cycle=page.cycle + 1)
    else:
        turn.page = replace(page, stage=Exhausted())
        turn.tell_places(Kind.EXHAUSTED)


# -- time ------------------------------------------------------------------------------------------------------------


def _time_passed(turn: _Turn) -> None:
    while (due := turn.page.deadline()) is not None and due <= turn.now:
        deliveries = [one for one in turn.page.deliveries if one.until is not None and one.until <= turn.now]
        if deliveries:
            _due(turn, deliveries[0])
        else:
            _stage_due(turn)


def _stage_due(turn: _Turn) -> None:
    stage = turn.page.stage
    if isinstance(stage, Finding):
        turn.commands.append(do.FindPeople(stage.level))
        turn.page = replace(turn.page, stage=Finding(stage.level, turn.now + ASK_AGAIN))
    else:
        assert isinstance(stage, Notifying), "no other stage has a deadline"
        _next_level(turn, stage.level)


def _resumed(turn: _Turn) -> None:
    for delivery in turn.page.deliveries:
        if delivery.progress is Progress.SENDING:
            turn.change(replace(delivery, until=turn.now))
    if isinstance(turn.page.stage, Finding):
        turn.page = replace(turn.page, stage=replace(turn.page.stage, until=turn.now))


def _due(turn: _Turn, delivery: Delivery) -> None:
    match delivery.progress:
        case Progress.HELD:
            _use(turn, delivery)
        case Progress.WAITING if _keeps_quiet(turn, delivery):
            turn.change(replace(delivery, progress=Progress.QUIET, until=delivery.quiet_until(turn.now)))
            _release(turn, delivery)
        case Progress.QUIET:
            _quiet_hours_are_over(turn, delivery)
        case Progress.SENDING if turn.now - delivery.since >= GIVE_UP:
            _fail(turn, delivery)
        case Progress.WAITING | Progress.SENDING:
            _send(turn, delivery)
        case Progress.TOLD | Progress.LISTENING:
            _fail(turn, delivery)  # the end of a call that was never reported
        case _:
            _stop(turn, delivery)


def _send(turn: _Turn, delivery: Delivery) -> None:
    until = turn.now + TRY_AGAIN
    delivery = replace(delivery, progress=Progress.SENDING, until=until, attempts=delivery.attempts + 1)
    turn.change(delivery)
    turn.commands.append(do.Deliver(delivery, turn.page.reference(delivery.place) if delivery.person is None else None))
    for one in turn.page.deliveries:
        if one.behind == delivery.id and one.progress is Progress.HELD and one.after is not None and one.until is None:
            turn.change(replace(one, until=turn.now + timedelta(seconds=one.after)))


def _stop(turn: _Turn, delivery: Delivery) -> None:
    if delivery.attempts >= STOPS:
        turn.change(replace(delivery, progress=Progress.OVER, until=None))
        return
    turn.change(replace(delivery, until=turn.now + STOP_AGAIN, attempts=delivery.attempts + 1))
    turn.commands.append(do.StopCall(delivery.id))


# -- quiet hours -----------------------------------------------------------------------------------------------------


def _keeps_quiet(turn: _Turn, delivery: Delivery) -> bool:
    """Whether it is not used now. Where the person has no other way left, the last that is quiet is used at once."""
    if not delivery.quiet_at(turn.now):
        return False
    ways = _together_with(turn, delivery)
    if any(_promises(one, turn.now) for one in ways if one.id != delivery.id):
        return True
    last = [one for one in ways if one.id == delivery.id or _unused(one)][-1]
    if last.id == delivery.id:
        return False
    _use(turn, last)
    return True


def _use_a_quiet_one(turn: _Turn, delivery: Delivery) -> None:
    """It has led to nothing so far: if no other way is left, quiet hours count no more."""
    ways = _together_with(turn, delivery)
    unused = [one for one in ways if _unused(one)]
    if unused and not any(_promises(one, turn.now) for one in ways):
        _use(turn, unused[-1])


def _quiet_hours_are_over(turn: _Turn, delivery: Delivery) -> None:
    if any(one.progress in (Progress.TOLD, Progress.LISTENING) for one in _together_with(turn, delivery)):
        turn.change(replace(delivery, until=None))
    else:
        _use(turn, delivery)


def _together_with(turn: _Turn, delivery: Delivery) -> list[Delivery]:
    return [one for one in turn.page.deliveries if one.round == delivery.round]


def _promises(delivery: Delivery, now: datetime) -> bool:
    """Whether the person is told by it, or will be without quiet hours being broken, for all that is known."""
    if delivery.progress in (Progress.HELD, Progress.WAITING):
        return not delivery.deferred and not delivery.quiet_at(max(delivery.until or now, now))
    return delivery.live and not delivery.deferred


def _unused(delivery: Delivery) -> bool:
    """One that could not be used when it was tried is tried again in its own time."""
    return delivery.progress is Progress.QUIET or (_not_sent(delivery) and not delivery.deferred)


def _use(turn: _Turn, delivery: Delivery) -> None:
    turn.change(replace(delivery, progress=Progress.WAITING, until=turn.now, since=turn.now, deferred=False))


# -- what became of it -----------------------------------------------------------------------------------------------


def _heard_of(
    turn: _Turn, delivery: Delivery, event: ev.Delivered | ev.Deferred | ev.GaveUp | ev.Listened | ev.Unheeded
) -> None:
    if delivery.progress is Progress.STOPPING:
        if isinstance(event, ev.Unheeded | ev.GaveUp):
            turn.change(replace(delivery, progress=Progress.OVER, until=None))
        return
    if not delivery.live or delivery.progress is Progress.HELD:
        return  # late
    match event:
        case ev.Delivered(reference=reference):
            _delivered(turn, delivery, reference)
        case ev.Deferred():
            _deferred(turn, delivery, event)
        case ev.Unheeded(passed=True) if delivery.call:
            _passed(turn, delivery)
        case ev.GaveUp() | ev.Unheeded():
            _fail(turn, delivery)
        case ev.Listened():
            if delivery.call:
                until = turn.now + LISTENS
                turn.change(replace(delivery, progress=Progress.LISTENING, until=until, deferred=False))
        case _:
            assert_never(event)


def _delivered(turn: _Turn, delivery: Delivery, reference: str | None) -> None:
    if delivery.person is None:
        if reference is not None:
            kept = dict(turn.page.references) | {delivery.place: reference}
            turn.page = replace(turn.page, references=tuple(kept.items()))
        turn.remove(delivery)
        _release(turn, delivery)
    elif delivery.progress in (Progress.WAITING, Progress.SENDING):
        until = turn.now + CALL_TAKES if delivery.call else None
        turn.change(replace(delivery, progress=Progress.TOLD, until=until, deferred=False))


def _deferred(turn: _Turn, delivery: Delivery, event: ev.Deferred) -> None:
    if delivery.progress is not Progress.SENDING:
        return
    if turn.now - delivery.since >= GIVE_UP:
        _fail(turn, delivery)
        return
    attempts = delivery.attempts if event.tried else delivery.attempts - 1
    wait = event.seconds
    if event.tried:
        wait = max(wait, min(FIRST_WAIT * 2.0 ** (attempts - 1), LONGEST_WAIT))
    until = turn.now + timedelta(seconds=wait)
    deferred = delivery.deferred or event.tried
    turn.change(replace(delivery, progress=Progress.WAITING, until=until, attempts=attempts, deferred=deferred))
    if event.tried and delivery.person is not None:
        _release(turn, delivery, timed=False)
        _use_a_quiet_one(turn, delivery)


def _fail(turn: _Turn, delivery: Delivery) -> None:
    """It leads to nothing: the next in order has its turn, and a level at which nothing is left is over."""
    if delivery.person is None:
        turn.remove(delivery)
        _release(turn, delivery)
        return
    turn.change(replace(delivery, progress=Progress.OVER, until=None))
    _release(turn, delivery)
    _use_a_quiet_one(turn, delivery)
    _end_a_level_of_which_nothing_is_left(turn)


def _passed(turn: _Turn, delivery: Delivery) -> None:
    """Whoever leaves it to others need not be told by any other way, of whatever level and walk."""
    assert delivery.person is not None, "places are not called"
    turn.change(replace(delivery, progress=Progress.OVER, until=None))
    turn.page = replace(turn.page, passed=turn.page.passed | {delivery.person})
    for one in turn.page.deliveries:
        if one.person == delivery.person:
            _drop(turn, one)
    _end_a_level_of_which_nothing_is_left(turn)


def _release(turn: _Turn, delivery: Delivery, *, timed: bool = True) -> None:
    """What is held behind it has its turn; not with `timed=False` what has a time of its own."""
    for one in turn.page.deliveries:
        if one.behind == delivery.id and one.progress is Progress.HELD and (timed or one.after is None):
            _use(turn, one)


def _end_a_level_of_which_nothing_is_left(turn: _Turn) -> None:
    stage = turn.page.stage
    if isinstance(stage, Notifying):
        current = (stage.level, turn.page.walk)
        told = [one for one in turn.page.deliveries if one.person is not None and (one.level, one.walk) == current]
        if not any(one.live for one in told):
            _next_level(turn, stage.level)


# -- the end ---------------------------------------------------------------------------------------------------------


def _acknowledged(turn: _Turn, name: str) -> None:
    turn.page = replace(turn.page, stage=Taken(), acknowledged_at=turn.now, by=name)
    _stop_all(turn)
    turn.tell_places(Kind.ACKNOWLEDGED)


def _closed(turn: _Turn, name: str) -> None:
    turn.page = replace(turn.page, stage=Done(), closed_at=turn.now, by=name)
    _stop_all(turn)
    turn.tell_places(Kind.CLOSED)


def _stop_all(turn: _Turn) -> None:
    for delivery in turn.page.deliveries:
        if delivery.person is None:
            if _not_sent(delivery):
                turn.remove(delivery)
        else:
            _drop(turn, delivery)


def _drop(turn: _Turn, delivery: Delivery) -> None:
    """A person is not told by this way any more."""
    if delivery.call and delivery.live and delivery.attempts:
        # Also one that is to be tried again: that it could not be placed is known only of the answer.
        turn.change(replace(delivery, progress=Progress.STOPPING, until=turn.now, attempts=0))
    elif delivery.progress is not Progress.STOPPING:
        turn.change(replace(delivery, progress=Progress.OVER, until=None))


def _not_sent(delivery: Delivery) -> bool:
    return delivery.progress in (Progress.HELD, Progress.WAITING)
