"""Every transition of a page. `step(page, event, now)` returns the next state and the commands to carry out.

It never asks the time, never does I/O, and gives the same answer to the same question, so a page's events can be folded
back into its state. The table of all that can follow is docs/page-states.md.

Its rooms lead one way: from here to `reports.py`, `levels.py`, `ways.py` and `turn.py`.

The rules:

1.  A page is worked until somebody acknowledges it: level 1 -> level 2 ... -> level 1 again, `repeat` times ->
    exhausted. An exhausted page stays open, the team's places are told so, and operators are asked for: whether that
    means anybody is not known here.
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
    What was for a place that is gone, or that stands for others, is told to those that are named instead, once to each.
8.  Acknowledged or closed: nothing that was not sent yet is sent, calls are stopped, and the places are told.
9.  Another call to the same route within the window, before or after, joins the page while nobody has acknowledged it.
    An exhausted page is then worked from the first level again, which is another walk, as often as a new one.
10. Only TimePassed leads to commands: whoever tells of something else may end right after it is written down.
11. Late and doubled events are normal and change nothing. An impossible one raises IllegalEvent and changes nothing.
12. A notifier that begins may find deadlines by a clock that was set back since: nothing waits for longer from then on
    than it was to wait at first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from lcr_asterisk.errors import IllegalEvent
from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging import levels, reports, ways
from lcr_asterisk.paging.policy import Cause
from lcr_asterisk.paging.reports import CALL_TAKES, GIVE_UP, LISTENS, LONGEST_WAIT
from lcr_asterisk.paging.states import Delivery, Done, Finding, Kind, Notifying, Page, Progress, Taken
from lcr_asterisk.paging.turn import Turn

ASK_AGAIN = timedelta(seconds=10)
TRY_AGAIN = timedelta(seconds=60)
"""Longer than any attempt may take with all that it waits for: whoever made it has ended."""
STOP_AGAIN = timedelta(seconds=5)
STOPS = 5


def step(page: Page | None, event: ev.Event, now: datetime) -> tuple[Page, tuple[do.Command, ...]]:
    """The next state of a page and what to do about it. `page` is None for the first event, which is PageOpened.

    `now` is an aware UTC time. Raises IllegalEvent for what cannot happen.
    """
    if page is not None:
        turn = Turn(page, now)
        _take(turn, event)
    elif isinstance(event, ev.PageOpened):
        turn = Turn(_new_page(event, now), now)
        turn.tell_places(Kind.OPENED)
    else:
        raise IllegalEvent(f"{type(event).__name__} for a page that is not open")
    return turn.page, tuple(turn.commands)


def joins(page: Page, team: str, cause: Cause) -> bool:
    """Whether this call for this team belongs to that page (rule 9)."""
    until = joins_until(page)
    if until is None or page.policy.team != team or page.cause.route != cause.route:
        return False
    # Known late, as its event waited, it may have come before the page: long before, it is about something else.
    return page.cause.at - timedelta(seconds=page.policy.window) <= cause.at <= until


def joins_until(page: Page) -> datetime | None:
    """The time of the last call that would belong to it; None where none does (any more)."""
    if not page.open or page.policy.test_person is not None:
        return None
    return page.last_call_at + timedelta(seconds=page.policy.window)


def _new_page(event: ev.PageOpened, now: datetime) -> Page:
    return Page(
        id=event.page,
        policy=event.policy,
        cause=event.cause,
        latest=event.cause,
        calls=(event.cause.call,),
        last_call_at=event.cause.at,
        opened_at=now,
        stage=Finding(0, now),
    )


def _take(turn: Turn, event: ev.Event) -> None:
    match event:
        case ev.PageOpened():
            raise IllegalEvent(f"{turn.page.id}: opened twice")
        case ev.CallJoined(cause=cause):
            levels.call_joined(turn, cause)
        case ev.TimePassed():
            _time_passed(turn)
        case ev.Resumed():
            _resumed(turn)
        case ev.PeopleFound(level=level, people=people):
            levels.people_found(turn, level, people)
        case ev.Acknowledged(name=name):
            if turn.page.open:
                _acknowledged(turn, name)
        case ev.Closed(name=name):
            if not isinstance(turn.page.stage, Done):
                _closed(turn, name)
        case _:
            delivery = turn.page.delivery(event.delivery)
            if delivery is not None:
                reports.heard_of(turn, delivery, event)


def _time_passed(turn: Turn) -> None:
    while (due := turn.page.deadline()) is not None and due <= turn.now:
        deliveries = [one for one in turn.page.deliveries if one.until is not None and one.until <= turn.now]
        if deliveries:
            _due(turn, deliveries[0])
        else:
            _stage_due(turn)


def _stage_due(turn: Turn) -> None:
    stage = turn.page.stage
    if isinstance(stage, Finding):
        turn.commands.append(do.FindPeople(stage.level))
        turn.page = replace(turn.page, stage=Finding(stage.level, turn.now + ASK_AGAIN))
    else:
        assert isinstance(stage, Notifying), "no other stage has a deadline"
        levels.next_level(turn, stage.level)


def _resumed(turn: Turn) -> None:
    for delivery in turn.page.deliveries:
        longest = _longest_wait(delivery)
        if delivery.until is not None and longest is not None:
            turn.change(replace(delivery, until=min(delivery.until, turn.now + longest)))
    stage = turn.page.stage
    if isinstance(stage, Finding):
        turn.page = replace(turn.page, stage=replace(stage, until=min(stage.until, turn.now)))
    elif isinstance(stage, Notifying):
        until = turn.now + timedelta(seconds=turn.page.policy.levels[stage.level].seconds)
        turn.page = replace(turn.page, stage=replace(stage, until=min(stage.until, until)))


def _longest_wait(delivery: Delivery) -> timedelta | None:
    """From the beginning of a notifier on; None where there is none, as at the end of quiet hours."""
    match delivery.progress:
        case Progress.SENDING:
            return timedelta()
        case Progress.HELD:
            return timedelta(seconds=delivery.after or LONGEST_WAIT)
        case Progress.WAITING:
            untried = not delivery.attempts and delivery.until == delivery.since
            return timedelta(seconds=(delivery.after or 0.0) if untried else LONGEST_WAIT)
        case Progress.TOLD:
            return CALL_TAKES
        case Progress.LISTENING:
            return LISTENS
        case Progress.STOPPING:
            return STOP_AGAIN
        case _:
            return None


def _due(turn: Turn, delivery: Delivery) -> None:
    match delivery.progress:
        case Progress.HELD:
            turn.use(delivery)
        case Progress.WAITING if ways.keeps_quiet(turn, delivery):
            turn.change(replace(delivery, progress=Progress.QUIET, until=delivery.quiet_until(turn.now)))
            turn.release(delivery)
        case Progress.QUIET:
            ways.quiet_hours_are_over(turn, delivery)
        case Progress.SENDING if turn.now - delivery.since >= GIVE_UP:
            reports.fail(turn, delivery)
        case Progress.WAITING | Progress.SENDING:
            _send(turn, delivery)
        case Progress.TOLD | Progress.LISTENING:
            reports.fail(turn, delivery)  # the end of a call that was never reported
        case _:
            _stop(turn, delivery)


def _send(turn: Turn, delivery: Delivery) -> None:
    until = turn.now + TRY_AGAIN
    delivery = replace(delivery, progress=Progress.SENDING, until=until, attempts=delivery.attempts + 1)
    turn.change(delivery)
    turn.commands.append(do.Deliver(delivery, turn.page.reference(delivery.place) if delivery.person is None else None))
    for one in turn.page.deliveries:
        if one.behind == delivery.id and one.progress is Progress.HELD and one.after is not None and one.until is None:
            turn.change(replace(one, until=turn.now + timedelta(seconds=one.after)))


def _stop(turn: Turn, delivery: Delivery) -> None:
    if delivery.attempts >= STOPS:
        turn.change(replace(delivery, progress=Progress.OVER, until=None))
        return
    turn.change(replace(delivery, until=turn.now + STOP_AGAIN, attempts=delivery.attempts + 1))
    turn.commands.append(do.StopCall(delivery.id))


def _acknowledged(turn: Turn, name: str) -> None:
    turn.page = replace(turn.page, stage=Taken(), acknowledged_at=turn.now, by=name)
    _stop_all(turn)
    turn.tell_places(Kind.ACKNOWLEDGED)


def _closed(turn: Turn, name: str) -> None:
    turn.page = replace(turn.page, stage=Done(), closed_at=turn.now, by=name)
    _stop_all(turn)
    turn.tell_places(Kind.CLOSED)


def _stop_all(turn: Turn) -> None:
    for delivery in turn.page.deliveries:
        if delivery.person is None:
            if delivery.not_sent:
                turn.remove(delivery)
        else:
            turn.drop(delivery)
