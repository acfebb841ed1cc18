"""The ways of one person: when each has its turn, and what quiet hours do to that (rules 4 and 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lcr_asterisk.paging.policy import Recipient, Way
from lcr_asterisk.paging.states import Delivery, Kind, Progress
from lcr_asterisk.paging.turn import Turn


def notify(turn: Turn, level: int, recipient: Recipient) -> None:
    """By all their ways. What is still to be used, or rings, belongs to this round from now on."""
    before: Delivery | None = None
    earlier = [one for one in turn.page.deliveries if one.person == recipient.person and one.unsettled]
    for one in earlier:
        turn.change(replace(one, level=level, walk=turn.page.walk))
    for way in recipient.ways:
        same = [one for one in earlier if one.place == way.id]
        delivery = same[-1] if same else new_delivery(turn, recipient, way)
        turn.remove(delivery)
        delivery = replace(delivery, level=level, walk=turn.page.walk, quiet=way.quiet)
        if delivery.progress in (Progress.HELD, Progress.QUIET):
            delivery = have_its_turn(turn, delivery, way, recipient, before)
        delivery = replace(delivery, since=delivery.until or turn.now)
        turn.page = replace(turn.page, deliveries=(*turn.page.deliveries, delivery))
        before = delivery


def new_delivery(turn: Turn, recipient: Recipient, way: Way) -> Delivery:
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


def have_its_turn(turn: Turn, delivery: Delivery, way: Way, recipient: Recipient, before: Delivery | None) -> Delivery:
    """When it is used, or behind which one. A time that runs since an earlier round is kept."""
    runs = delivery.until if delivery.progress is Progress.HELD else None
    after, delivery = timedelta(seconds=way.after), replace(delivery, deferred=False, after=way.after or None)
    if before is None or not recipient.in_order:
        due = turn.now + (timedelta() if recipient.in_order else after)
        return replace(delivery, progress=Progress.WAITING, until=min(due, runs or due))
    if before.deferred and not after:
        return replace(delivery, progress=Progress.WAITING, until=turn.now)
    used = before.deferred or before.progress not in (Progress.HELD, Progress.WAITING)
    until = runs or (turn.now + after if after and used else None)
    return replace(delivery, progress=Progress.HELD, until=until, behind=before.id)


def keeps_quiet(turn: Turn, delivery: Delivery) -> bool:
    """Whether it is not used now. Where the person has no other way left, the last that is quiet is used at once."""
    if not delivery.quiet_at(turn.now):
        return False
    ways = turn.together_with(delivery)
    if any(one.promises(turn.now) for one in ways if one.id != delivery.id):
        return True
    last = [one for one in ways if one.id == delivery.id or one.unused][-1]
    if last.id == delivery.id:
        return False
    turn.use(last)
    return True


def use_a_quiet_one(turn: Turn, delivery: Delivery) -> None:
    """It has led to nothing so far: if no other way is left, quiet hours count no more."""
    ways = turn.together_with(delivery)
    unused = [one for one in ways if one.unused]
    if unused and not any(one.promises(turn.now) for one in ways):
        turn.use(unused[-1])


def quiet_hours_are_over(turn: Turn, delivery: Delivery) -> None:
    if any(one.progress in (Progress.TOLD, Progress.LISTENING) for one in turn.together_with(delivery)):
        turn.change(replace(delivery, until=None))
    else:
        turn.use(delivery)
