"""Pages and the outbox as people read them: lists, one page's story, and the JSON that scripts rely on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from lcr_asterisk.callflow.story import caller_words, printable
from lcr_asterisk.paging.events import Event
from lcr_asterisk.paging.story import story
from lcr_asterisk.store.rows import OutboxRow, PageRow

_PAGES = ("WHEN", "ID", "TEAM", "ROUTE", "CALLER", "WHAT", "CALLS", "HOW IT STANDS")
_OUTBOX = ("WHEN", "ID", "ATTEMPTS", "NEXT", "PROBLEM")
_WHAT = {"message": "message", "missed": "missed call"}


def pages_table(rows: Sequence[PageRow], zone: tzinfo | None = None) -> str:
    """A table of pages, times in `zone` or else the machine's. The short id is enough for `lcr pages show`."""
    if not rows:
        return "No pages."
    cells = [
        (
            _moment(row.opened, zone),
            row.id.rpartition("-")[2],
            row.team,
            row.route,
            printable(caller_words(row.caller, row.caller_name)),
            _WHAT.get(row.why, row.why),
            str(row.calls),
            _stands(row),
        )
        for row in rows
    ]
    return _table(_PAGES, cells)


def pages_json(rows: Sequence[PageRow]) -> list[dict[str, Any]]:
    """What `lcr pages --json` prints: times ISO 8601 in UTC; `acknowledged`, `closed` and `by` null until then."""
    return [
        {
            "id": row.id,
            "team": row.team,
            "route": row.route,
            "caller": row.caller,
            "why": row.why,
            "calls": row.calls,
            "opened": row.opened.isoformat(),
            "stage": row.stage,
            "level": row.level,
            "acknowledged": _iso(row.acknowledged),
            "closed": _iso(row.closed),
            "by": row.by,
        }
        for row in rows
    ]


def page_json(row: PageRow, entries: Sequence[tuple[datetime, Event]]) -> dict[str, Any]:
    """The same of one page, and `steps`: what happened, in words."""
    steps = [{"at": line.at.isoformat(), "text": printable(line.text)} for line in story(entries)]
    return {**pages_json([row])[0], "steps": steps}


def page_story(row: PageRow, entries: Sequence[tuple[datetime, Event]], zone: tzinfo | None = None) -> str:
    """One page from its opening on."""
    fields = [
        ("team", f"{row.team_name} ({row.team})"),
        ("route", f"{row.route_name} ({row.route})"),
        ("caller", caller_words(row.caller, row.caller_name)),
        ("what", _WHAT.get(row.why, row.why)),
        ("calls", str(row.calls)),
        ("opened", _moment(row.opened, zone)),
        ("stands", _stands(row)),
    ]
    lines = [f"Page {row.id}", *(f"  {name:<8} {printable(value)}" for name, value in fields), "", "What happened"]
    lines += [f"  {line.at.astimezone(zone):%H:%M:%S}  {printable(line.text)}" for line in story(entries)]
    return "\n".join(lines)


def outbox_table(rows: Sequence[OutboxRow], zone: tzinfo | None = None) -> str:
    """A table of events that the notifier does not know yet."""
    if not rows:
        return "The notifier knows of everything."
    cells = [
        (
            _moment(row.at, zone),
            row.id,
            str(row.attempts),
            "dead" if row.next_at is None else _moment(row.next_at, zone),
            printable(row.problem or ""),
        )
        for row in rows
    ]
    return _table(_OUTBOX, cells)


def outbox_json(rows: Sequence[OutboxRow]) -> list[dict[str, Any]]:
    """What `lcr outbox --json` prints: times ISO 8601 in UTC; `dead` null where it is still tried."""
    return [
        {
            "id": row.id,
            "call": row.call_id,
            "type": row.type,
            "at": row.at.isoformat(),
            "attempts": row.attempts,
            "next": _iso(row.next_at),
            "dead": _iso(row.dead),
            "problem": row.problem,
        }
        for row in rows
    ]


def _stands(row: PageRow) -> str:
    if row.closed is not None:
        return f"closed by {row.by}"
    if row.acknowledged is not None:
        return f"acknowledged by {row.by}"
    if row.level is None:
        return "NOBODY ACKNOWLEDGED"
    return f"open, level {row.level}"


def _table(headings: tuple[str, ...], cells: Sequence[tuple[str, ...]]) -> str:
    rows = [headings, *cells]
    widths = [max(len(row[column]) for row in rows) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _moment(at: datetime, zone: tzinfo | None) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
