"""A page's rows: from its state to what others look for, and from its events back to its state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lcr_asterisk.errors import StoreError
from lcr_asterisk.paging.events import Event
from lcr_asterisk.paging.page import joins_until, step
from lcr_asterisk.paging.states import Finding, Notifying, Page
from lcr_asterisk.store.codec import OF_PAGES


def fold(rows: Iterable[Row[Any]]) -> Page:
    """The state of a page from the rows of all its events, in order."""
    page: Page | None = None
    for row in rows:
        at, event = entry(row)
        page, _ = step(page, event, at)
    if page is None:
        raise StoreError("It has no events.")
    return page


def entry(row: Row[Any]) -> tuple[datetime, Event]:
    """One event and its time. Raises StoreError where this version cannot read it."""
    return row.at, OF_PAGES.decode(row.page_id, row.seq, row.kind, row.payload)


def project(page: Page, events: int) -> dict[str, Any]:
    """The fields of its PageRow, when it has taken so many events."""
    level = page.stage.level + 1 if isinstance(page.stage, Finding | Notifying) else None
    return dict(
        id=page.id,
        team=page.policy.team,
        team_name=page.policy.team_name,
        route=page.cause.route,
        route_name=page.cause.route_name,
        caller=page.cause.caller,
        caller_name=page.cause.caller_name,
        why=page.cause.why,
        calls=len(page.calls),
        opened=page.opened_at,
        stage=type(page.stage).__name__.lower(),
        level=level,
        due=page.deadline(),
        joins_until=joins_until(page),
        acknowledged=page.acknowledged_at,
        closed=page.closed_at,
        by=page.by,
        events=events,
    )
