"""What happened to a page, in words: one line for each event that people care about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.page import step
from lcr_asterisk.paging.policy import Cause, Why
from lcr_asterisk.paging.states import Delivery, Exhausted, Finding, Kind, Notifying, Page, Progress


@dataclass(frozen=True, slots=True)
class Line:
    """`at` is aware."""

    at: datetime
    text: str


def story(entries: Iterable[tuple[datetime, ev.Event]]) -> Iterator[Line]:
    """The life of a page from its events, each with its time, in order. Names and numbers are as they came: hostile."""
    page: Page | None = None
    for at, event in entries:
        before = page
        page, _ = step(page, event, at)
        yield from (Line(at, text) for text in narrate(before, event, page))


def narrate(before: Page | None, event: ev.Event, after: Page) -> list[str]:
    """What this event meant; nothing where it changed nothing."""
    if before is None:
        return [f"opened: {cause_words(after.cause)}"]
    if after == before:
        return []
    return [*_told(before, event, after), *_moved(before, after)]


def cause_words(cause: Cause) -> str:
    """Such as "a message from +15551234567 for Production"."""
    caller = f"{cause.caller_name} ({cause.caller or 'hidden number'})" if cause.caller_name else cause.caller
    what = "a message from" if cause.why is Why.MESSAGE else "nobody took the call of"
    return f"{what} {caller or 'a hidden number'} for {cause.route_name}"


def _told(before: Page, event: ev.Event, after: Page) -> list[str]:
    match event:
        case ev.PageOpened() | ev.Resumed():
            return []
        case ev.CallJoined(cause=cause):
            return [f"call {len(after.calls)} joined: {cause_words(cause)}"]
        case ev.PeopleFound(level=level, people=people):
            names = ", ".join(recipient.name for recipient in people if recipient.person not in before.passed)
            return [f"level {level + 1}: {names or 'nobody to tell'}"]
        case ev.Acknowledged(name=name, through=through):
            return [f"acknowledged by {name} ({through})"]
        case ev.Closed(name=name, through=through):
            return [f"closed by {name} ({through})"]
        case ev.TimePassed():
            return [line for one in before.deliveries for line in _time(one, after.delivery(one.id))]
        case ev.Delivered(delivery=delivery):
            return [f"{_who(before, delivery)}: {'called' if _is_call(before, delivery) else 'delivered'}"]
        case ev.Deferred(delivery=delivery, why=why):
            return [f"{_who(before, delivery)}: not now: {why}"] if why else []
        case ev.GaveUp(delivery=delivery, why=why):
            return [f"{_who(before, delivery)}: cannot be delivered: {why}"]
        case ev.Redirected(delivery=delivery, places=places):
            names = " and ".join(place.shown for place in places)
            return [f"{_who(before, delivery)}: goes to {names}"] if names else []
        case ev.Listened(delivery=delivery):
            return [f"{_who(before, delivery)}: answered, and listens"]
        case ev.Unheeded(delivery=delivery, how=how):
            return [f"{_who(before, delivery)}: {how}"]
        case _:
            assert_never(event)


def _time(before: Delivery, now: Delivery | None) -> list[str]:
    if now is None or now.progress is before.progress:
        return []
    if now.progress is Progress.QUIET:
        return [f"{_named(now)}: passed over in quiet hours"]
    if before.progress in (Progress.TOLD, Progress.LISTENING):
        return [f"{_named(now)}: the end of the call was not reported"]
    return [f"{_named(now)}: given up"] if now.progress is Progress.OVER else []


def _moved(before: Page, after: Page) -> list[str]:
    if isinstance(after.stage, Exhausted) and not isinstance(before.stage, Exhausted):
        return ["every level was told, and NOBODY ACKNOWLEDGED"]
    if isinstance(after.stage, Finding) and isinstance(before.stage, Notifying | Exhausted):
        return [f"level {after.stage.level + 1} is next"]
    return []


def _is_call(page: Page, delivery_id: str) -> bool:
    delivery = page.delivery(delivery_id)
    return delivery is not None and delivery.call


def _who(page: Page, delivery_id: str) -> str:
    delivery = page.delivery(delivery_id)
    assert delivery is not None, "what changed a page was about one of its deliveries"
    return _named(delivery)


_KINDS = {Kind.OPENED: "page opened", Kind.JOINED: "another call"}


def _named(delivery: Delivery) -> str:
    if delivery.person is not None:
        return f"{delivery.name} by {delivery.shown}"
    return f"{delivery.shown}, {_KINDS.get(delivery.kind, delivery.kind)}"
