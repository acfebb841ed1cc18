"""What became of a delivery: taken, put off, failed, listened to, passed on (rules 4 and 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging import levels, ways
from lcr_asterisk.paging.states import Delivery, Progress
from lcr_asterisk.paging.turn import Turn

CALL_TAKES = timedelta(minutes=11)
"""From the moment a phone is called until its end is known, unless somebody listens: longer than it may ring."""
LISTENS = timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = 5.0, 600.0  # seconds between attempts
GIVE_UP = timedelta(days=1)


def heard_of(
    turn: Turn,
    delivery: Delivery,
    event: ev.Delivered | ev.Deferred | ev.GaveUp | ev.Redirected | ev.Listened | ev.Unheeded,
) -> None:
    if delivery.progress is Progress.STOPPING:
        if isinstance(event, ev.Unheeded | ev.GaveUp):
            turn.change(replace(delivery, progress=Progress.OVER, until=None))
        return
    if not delivery.live or delivery.progress is Progress.HELD:
        return  # late
    match event:
        case ev.Delivered(reference=reference):
            delivered(turn, delivery, reference)
        case ev.Deferred():
            deferred(turn, delivery, event)
        case ev.Unheeded(passed=True) if delivery.call:
            passed(turn, delivery)
        case ev.GaveUp() if delivery.progress is Progress.TOLD and not delivery.call:
            pass  # of two notifiers one delivered it, and the other, whose turn came later, found that done
        case ev.GaveUp() | ev.Unheeded():
            fail(turn, delivery)
        case ev.Redirected(places=places):
            if delivery.person is None:
                turn.redirect(delivery, places)
        case ev.Listened():
            if delivery.call:
                until = turn.now + LISTENS
                turn.change(replace(delivery, progress=Progress.LISTENING, until=until, deferred=False))
        case _:
            assert_never(event)


def delivered(turn: Turn, delivery: Delivery, reference: str | None) -> None:
    if delivery.person is None:
        if reference is not None:
            kept = dict(turn.page.references) | {delivery.place: reference}
            turn.page = replace(turn.page, references=tuple(kept.items()))
        turn.remove(delivery)
        turn.release(delivery)
    elif delivery.progress in (Progress.WAITING, Progress.SENDING):
        until = turn.now + CALL_TAKES if delivery.call else None
        turn.change(replace(delivery, progress=Progress.TOLD, until=until, deferred=False))


def deferred(turn: Turn, delivery: Delivery, event: ev.Deferred) -> None:
    if delivery.progress is not Progress.SENDING:
        return
    if turn.now - delivery.since >= GIVE_UP:
        fail(turn, delivery)
        return
    attempts = delivery.attempts if event.tried else delivery.attempts - 1
    wait = event.seconds
    if event.tried:
        wait = max(wait, min(FIRST_WAIT * 2.0 ** (attempts - 1), LONGEST_WAIT))
    until = turn.now + timedelta(seconds=wait)
    deferred = delivery.deferred or event.tried
    turn.change(replace(delivery, progress=Progress.WAITING, until=until, attempts=attempts, deferred=deferred))
    if event.tried and delivery.person is not None:
        turn.release(delivery, timed=False)
        ways.use_a_quiet_one(turn, delivery)


def fail(turn: Turn, delivery: Delivery) -> None:
    """It leads to nothing: the next in order has its turn, and a level at which nothing is left is over."""
    if delivery.person is None:
        turn.remove(delivery)
        turn.release(delivery)
        return
    turn.change(replace(delivery, progress=Progress.OVER, until=None))
    turn.release(delivery)
    ways.use_a_quiet_one(turn, delivery)
    levels.end_a_level_of_which_nothing_is_left(turn)


def passed(turn: Turn, delivery: Delivery) -> None:
    """Whoever leaves it to others need not be told by any other way, of whatever level and walk."""
    assert delivery.person is not None, "places are not called"
    turn.change(replace(delivery, progress=Progress.OVER, until=None))
    turn.page = replace(turn.page, passed=turn.page.passed | {delivery.person})
    for one in turn.page.deliveries:
        if one.person == delivery.person:
            turn.drop(one)
    levels.end_a_level_of_which_nothing_is_left(turn)
