"""What commands that ask about a time share: its reading, calendars as new as they can be, and test modes in force."""

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
from lcr_asterisk.errors import StoreError, UsageError
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.testmodes import TestMode, TestModes

AT = click.option(
    "--at",
    "at",
    metavar="TIME",
    help="When, as 2026-12-24T18:00; else now. Without an offset it is a time of the schedule's zone: of the one asked "
    "about, the first that the team or number rings, or the only zone in the file; else of this machine's.",
)
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


def zone_taken(written: str | None, at: datetime, zone: ZoneInfo | None, settings: Settings) -> str | None:
    """Which zone --at was read in, in a sentence; None where nothing else could have been meant."""
    zones = {one.timezone.key for one in settings.schedules.values() if "timezone" in one.model_fields_set}
    if written is None or read_time(written).tzinfo is not None or not zones or (zone and zones == {zone.key}):
        return None
    name = zone.key if zone is not None else "this machine"
    other = at.isoformat(timespec="minutes")
    return f"--at {written} is taken as a time of {name}; to mean another zone write its offset, such as {other}."


async def test_modes(settings: Settings, now: datetime) -> tuple[TestMode, ...]:
    """Those in force at `now`; none where there is no database yet. One that cannot be read is said."""
    url = settings.database.get_secret_value()
    if not _has_database(url):
        return ()
    try:
        async with open_store(url, create=False) as store:
            return tuple(await TestModes(store).active(now))
    except StoreError as error:
        click.echo(f"lcr: whether a route is in test mode is not known: {error}", err=True)
        return ()


def _has_database(url: str) -> bool:
    return not url.startswith("sqlite") or Path(url.partition(":///")[2]).exists()


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
