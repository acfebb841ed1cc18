"""The table of a page's stages and events, drawn from `page.step`: `python -m lcr_asterisk.paging.table`.

Nothing is listed by hand. A page is walked along every way, each event tried in every situation that is reached,
and what comes of it is noted down. docs/page-states.md is what this prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.page import step
from lcr_asterisk.paging.policy import Cause, Level, Place, Policy, Recipient, Way, Why
from lcr_asterisk.paging.states import Page, Progress, Stage

BEGAN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
STAYS = "(stays)"

_INTRODUCTION = """\
# Stages of a page, and what each event leads to

Made by `python -m lcr_asterisk.paging.table`, which walks a page along every way; a test compares. An event that is not
listed changes nothing in that stage: it is late, or does not concern it. *(stays)* means that something is done, or
remembered, in the same stage. What the stages are: `paging/states.py`; the rules: `paging/page.py`.

| in | when | then |
|---|---|---|"""

_CAUSE = Cause("call", Why.MESSAGE, BEGAN, "route", "Route", "+15551234567")
_JOINED = replace(_CAUSE, call="another")
_INSTEAD = Place("instead", "instead")
_MAIL, _VOICE = Way("mail", "mail"), Way("voice", "voice", call=True)
_POLICY = Policy("team", "Team", (Level(60.0),), 1, (Place("place", "place"),), 600.0)
_PEOPLE = (Recipient("alice", "Alice", (_MAIL, _VOICE), in_order=True),)

Cells = dict[tuple[str, str], set[str]]


def table() -> str:
    """Markdown: for each stage and each event that may do something there, the stages that may follow."""
    cells = _walk()
    stages = [stage.__name__ for stage in get_args(Stage)]
    events = [event.__name__ for event in get_args(ev.Event)]
    lines = [_INTRODUCTION, _row("", "PageOpened", cells.pop(("", "PageOpened")), stages)]
    for stage in stages:
        lines += [_row(stage, event, cells[stage, event], stages) for event in events if (stage, event) in cells]
    return "\n".join(lines) + "\n"


def _row(stage: str, event: str, then: set[str], stages: list[str]) -> str:
    order = [*stages, STAYS]
    return f"| {stage} | {event} | {', '.join(sorted(then, key=order.index))} |"


def _walk() -> Cells:
    cells: Cells = {}
    seen: set[object] = set()
    waiting: list[tuple[Page, datetime]] = []

    def note(before: str, event: ev.Event, then: str, after: Page, now: datetime) -> None:
        cells.setdefault((before, type(event).__name__), set()).add(then)
        shape = _shape(after)
        if shape not in seen:
            seen.add(shape)
            waiting.append((after, now))

    opened = ev.PageOpened("page", _CAUSE, _POLICY)
    page, _ = step(None, opened, BEGAN)
    note("", opened, type(page.stage).__name__, page, BEGAN)
    while waiting:
        page, now = waiting.pop()
        for event in _events(page):
            at = max(now, page.deadline() or now) if isinstance(event, ev.TimePassed) else now
            after, commands = step(page, event, at)
            if after != page or commands:
                same = type(after.stage) is type(page.stage)
                note(type(page.stage).__name__, event, STAYS if same else type(after.stage).__name__, after, at)
    return cells


def _shape(page: Page) -> object:
    """What tells one situation from another: not its times, and not the names of its parts."""
    deliveries = frozenset((one.person is None, one.progress, one.call) for one in page.deliveries if one.live)
    stopping = any(one.progress is Progress.STOPPING for one in page.deliveries)
    return type(page.stage), getattr(page.stage, "level", None), page.cycle, len(page.calls), deliveries, stopping


def _events(page: Page) -> Iterator[ev.Event]:
    yield from (ev.TimePassed(), ev.Resumed())
    yield ev.CallJoined(_JOINED)
    level = getattr(page.stage, "level", 0)
    yield from (ev.PeopleFound(level, ()), ev.PeopleFound(level, _PEOPLE))
    for one in page.deliveries:
        yield from (ev.Delivered(one.id, "reference"), ev.Deferred(one.id, 1.0, ""), ev.GaveUp(one.id, ""))
        yield from (ev.Redirected(one.id, (_INSTEAD,)), ev.Listened(one.id), ev.Unheeded(one.id, ""))
    yield from (ev.Acknowledged("alice", "Alice", ""), ev.Closed("alice", "Alice", ""))


if __name__ == "__main__":  # pragma: no branch
    print(table(), end="")
