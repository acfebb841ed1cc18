"""What commands that ask about a time share: its reading, and calendars as new as they can be within a moment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from lcr_asterisk.calendars.feeds import Feeds
from lcr_asterisk.calendars.sources import feeds_of
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.config.problems import quote, suggest
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.dryrun.times import instant, read_time, shown_in
from lcr_asterisk.errors import UsageError

AT = click.option("--at", "at", metavar="TIME", help="When, as 2026-12-24T18:00, in the schedules' zone; else now.")
WITHIN = 10.0  # seconds; somebody is waiting for the answer


def asked_time(written: str | None, zone: ZoneInfo | None) -> datetime:
    """The moment that --at means, aware; now where there is none. `zone` is that of a time without an offset."""
    if written is None:
        return shown_in(Clock().wall(), zone)
    try:
        return instant(read_time(written), zone)
    except ValueError:
        raise UsageError(
            f"--at {quote(written)} is not a time; write it like 2026-12-24T18:00, or 2026-12-24T18:00+01:00."
        ) from None


def known(kind: str, id_: str, ids: Iterable[str]) -> str:
    """This id, which there must be. Raises UsageError, with what was probably meant."""
    if id_ not in ids:
        raise UsageError(f"There is no {kind} {quote(id_)}; {suggest(id_, ids)}")
    return id_


async def look_at_calendars(settings: Settings, data: Path, at: datetime) -> Feeds:
    """The feeds of these settings, for questions about the time around `at`.

    Copies on disk are used, and fetched anew first where they are older than their refresh time. A feed that is away
    is no failure: standard error says so.
    """
    log = logging.getLogger("lcr_asterisk.calendars")
    level = log.level
    log.setLevel(logging.ERROR)  # what it warns of is said below
    feeds = Feeds(data / "calendars", Clock().wall)
    feeds.use(feeds_of(settings))
    feeds.window_around(at)
    refresh = min((feed.refresh for feed in feeds_of(settings)), default=0.0)
    try:
        async with asyncio.timeout(WITHIN):
            await feeds.refresh(only_older_than=timedelta(seconds=refresh))
    except TimeoutError:
        click.echo(f"lcr: not every calendar could be fetched within {WITHIN:g} s; copies are used.", err=True)
    finally:
        log.setLevel(level)
    for schedule, problem in feeds.problems().items():
        click.echo(f"lcr: the calendar of schedule {schedule} cannot be brought up to date: {problem}.", err=True)
    return feeds
