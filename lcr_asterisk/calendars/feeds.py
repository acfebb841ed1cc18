"""The calendar feeds of the schedules: fetched from time to time, the last good copy kept and used in between.

A feed that is away, broken or not a calendar any more changes nothing about who is on call: the copy of it goes on,
and everybody is told how old that is.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]
from pydantic import SecretStr

from lcr_asterisk.audio.files import make_directory, write_whole
from lcr_asterisk.calendars.fetching import fetch_file, fetch_url
from lcr_asterisk.calendars.reading import ReadCalendar, read_calendar
from lcr_asterisk.errors import CalendarError
from lcr_asterisk.oncall.model import Calendar, Schedule

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=31)
LOOK_AHEAD = timedelta(days=400)
READ_ANEW = timedelta(days=1)  # also an unchanged calendar, for a day further ahead
EVEN_AN_OLD_COPY_WILL_DO = timedelta.max
LOOK_AT_CLOCK = 60.0  # seconds

# A thread of their own: large calendars take seconds to read, and callers' messages are kept in the common ones.
_READER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="calendars")

T = TypeVar("T")


@dataclass(frozen=True)
class Feed:
    """Where a schedule's calendar is: at `url` or in `file`. `refresh` is in seconds."""

    schedule: str
    url: SecretStr | None
    file: Path | None
    zone: ZoneInfo
    people: Mapping[str, str]
    refresh: float


@dataclass(frozen=True)
class FeedState:
    """What is known of a feed.

    `calendar` is the newest that could be read, as of `fetched_at` (aware UTC); `problem` says why there is no newer
    one; `unmatched` are the summaries of its events that name nobody known.
    """

    calendar: Calendar | None = None
    fetched_at: datetime | None = None
    problem: str | None = None
    unmatched: tuple[str, ...] = ()

    def told(self) -> str | None:
        """The problem and what is done about it, as a sentence; None where all is well."""
        if self.problem is None:
            return None
        if self.calendar is None or self.fetched_at is None:
            return f"{self.problem}; nobody is on call by it until it can be read"
        return f"{self.problem}; the copy of {self.fetched_at:%Y-%m-%d %H:%M} UTC is used"


@dataclass(frozen=True)
class _Known:
    feed: Feed
    state: FeedState
    text: bytes | None = None
    stored: bool = False  # whether its copy on disk holds this text


class Feeds:
    """The feeds in use, with the last good copy of each in `directory`. `now` is the wall clock, aware UTC.

    A feed that fails is tried again after `try_again`, if that is sooner than its time.
    """

    def __init__(
        self, directory: Path, now: Callable[[], datetime], *, try_again: timedelta = timedelta(minutes=5)
    ) -> None:
        self._directory = directory
        self._now = now
        self._try_again = try_again
        self._around: datetime | None = None
        self._known: dict[str, _Known] = {}
        self._scheduler: AsyncIOScheduler | None = None

    def use(self, feeds: Sequence[Feed], before: Feeds | None = None) -> None:
        """Use these feeds from now on. What is known of unchanged ones, here or by `before`, is kept.

        Others are read from their copies, which takes its time where they are large.
        """
        known = (before._known if before is not None else {}) | self._known
        self._known = {
            feed.schedule: same
            if (same := known.get(feed.schedule)) is not None and same.feed == feed
            else self._from_copy(feed)
            for feed in feeds
        }
        if self._scheduler is not None:
            self._schedule(self._scheduler)

    async def begin(self, feeds: Sequence[Feed], before: Feeds | None = None, within: float | None = None) -> None:
        """Use these feeds, and fetch those that nothing is known of.

        With `within`, for no longer than so many seconds: what is not there by then comes while calls are served.
        """
        reading = asyncio.get_running_loop().run_in_executor(_READER, self.use, feeds, before)
        try:
            async with asyncio.timeout(within):
                await asyncio.shield(reading)
                await self.refresh(EVEN_AN_OLD_COPY_WILL_DO)
        except TimeoutError:
            log.warning(
                "Not every calendar could be read within %g s; the others follow while calls are served", within
            )

    def window_around(self, at: datetime) -> None:
        """Read the calendars for the time around `at` instead of around now."""
        self._around = at
        self._known = {schedule: self._read_anew(known) for schedule, known in self._known.items()}

    def state(self, schedule: str) -> FeedState:
        """What is known of this schedule's feed; nothing where it has none."""
        known = self._known.get(schedule)
        return FeedState() if known is None else known.state

    def problems(self) -> dict[str, str]:
        """By schedule, what is wrong with its feed and what is used instead."""
        return {schedule: told for schedule, known in self._known.items() if (told := known.state.told()) is not None}

    async def refresh(self, only_older_than: timedelta = timedelta(0)) -> None:
        """Fetch every feed whose copy is at least so old, or that has none to use, and read those that are files.

        One that fails keeps its copy.
        """
        now = self._now()
        async with asyncio.TaskGroup() as tasks:
            for schedule, known in self._known.items():
                age = _age(known.state, now)
                # A file of this machine costs nothing to read, and whoever edits it expects it to be read.
                if age is None or age >= only_older_than or known.feed.file is not None:
                    tasks.create_task(self._refresh(schedule), name=f"calendar-{schedule}")

    async def run(self) -> None:
        """Fetch each feed whenever its time has come, until cancelled."""
        self._scheduler = scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.start()
        try:
            self._schedule(scheduler)
            last = self._now()
            while True:
                await asyncio.sleep(LOOK_AT_CLOCK)
                if (now := self._now()) < last:
                    self._schedule(scheduler)  # set back: what was due soon would be hours away
                last = now
        finally:
            self._scheduler = None
            scheduler.shutdown(wait=False)

    # -- when ------------------------------------------------------------------------------------------------------

    def _schedule(self, scheduler: AsyncIOScheduler) -> None:
        scheduler.remove_all_jobs()
        now = self._now()
        for schedule, known in self._known.items():
            period, age = timedelta(seconds=known.feed.refresh), _age(known.state, now)
            scheduler.add_job(
                self._refresh,
                IntervalTrigger(seconds=known.feed.refresh, timezone=UTC),
                args=(schedule,),
                id=schedule,
                next_run_time=now if age is None else max(now, now + period - age),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,  # late, after a suspend, is better than not at all
            )

    def _try_again_soon(self, feed: Feed) -> None:
        if self._scheduler is not None and self._scheduler.get_job(feed.schedule) is not None:
            soon = min(self._try_again, timedelta(seconds=feed.refresh))
            self._scheduler.modify_job(feed.schedule, next_run_time=self._now() + soon)

    # -- fetching --------------------------------------------------------------------------------------------------

    async def _refresh(self, schedule: str) -> None:
        known = self._known.get(schedule)
        if known is None:
            return  # no longer in use
        feed = known.feed
        try:
            text = await self._fetch(feed)
            fetched_at = self._now()
            if text != known.text or self._is_old(known):
                read = await _in_reader(lambda: self._read(feed, text))
                state = FeedState(read.calendar, fetched_at, None, read.unmatched)
            else:
                state = replace(known.state, fetched_at=fetched_at, problem=None)
        except CalendarError as error:
            if self._is_old(known):
                old = known
                known = await _in_reader(lambda: self._read_anew(old))
            self._remember(replace(known, state=replace(known.state, problem=error.message)))
            self._try_again_soon(feed)
            return
        changed = text != known.text or not known.stored
        stored = await asyncio.to_thread(self._keep, feed, text, fetched_at, changed=changed)
        self._remember(_Known(feed, state, text, stored))

    async def _fetch(self, feed: Feed) -> bytes:
        if feed.url is not None:
            return await fetch_url(feed.url.get_secret_value())
        assert feed.file is not None, "a feed has a URL or a file"
        return await fetch_file(feed.file)

    def _remember(self, known: _Known) -> None:
        schedule, before = known.feed.schedule, self._known.get(known.feed.schedule)
        if before is None or before.feed != known.feed:
            return  # it was replaced while it was fetched
        self._known[schedule] = known
        if known.state.problem is not None and known.state.problem != before.state.problem:
            log.warning("The calendar of schedule %s cannot be used: %s", schedule, known.state.told())
        if known.state.problem is None and before.state.problem is not None:
            log.info("The calendar of schedule %s is back", schedule)
        if known.state.unmatched and known.state.unmatched != before.state.unmatched:
            log.warning(
                "The calendar of schedule %s has events that name nobody in its `people`: %s",
                schedule,
                _some(known.state.unmatched),
            )

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self, feed: Feed, text: bytes) -> ReadCalendar:
        around = self._around or self._now()
        return read_calendar(text, feed.zone, feed.people, around - LOOK_BACK, around + LOOK_AHEAD)

    def _is_old(self, known: _Known) -> bool:
        """Whether nothing was read, or what was does not reach as far as it should any more."""
        calendar = known.state.calendar
        return calendar is None or calendar.end + READ_ANEW <= (self._around or self._now()) + LOOK_AHEAD

    def _read_anew(self, known: _Known) -> _Known:
        if known.text is None:
            return known
        try:
            read = self._read(known.feed, known.text)
        except CalendarError as error:
            return replace(known, state=replace(known.state, problem=error.message))
        return replace(known, state=replace(known.state, calendar=read.calendar, unmatched=read.unmatched))

    # -- copies ----------------------------------------------------------------------------------------------------

    def _from_copy(self, feed: Feed) -> _Known:
        copy = self._copy(feed)
        try:
            text, fetched = copy.read_bytes(), copy.stat().st_mtime
        except FileNotFoundError:
            return _Known(feed, FeedState())
        except OSError as error:
            return _Known(feed, FeedState(problem=f"its copy {copy} cannot be read: {error.strerror}"))
        state = FeedState(fetched_at=datetime.fromtimestamp(fetched, UTC))
        return self._read_anew(_Known(feed, state, text, stored=True))

    def _keep(self, feed: Feed, text: bytes, fetched_at: datetime, *, changed: bool) -> bool:
        """Keep a good copy, and whether there is one now; the time of the file is when it was fetched."""
        copy = self._copy(feed)
        try:
            if changed or not copy.exists():
                make_directory(self._directory, 0o700)
                write_whole(copy.with_suffix(f".{os.getpid()}.part"), copy, [text], mode=0o600)
            os.utime(copy, (fetched_at.timestamp(), fetched_at.timestamp()))
        except OSError as error:
            log.warning("The calendar of schedule %s cannot be kept as %s: %s", feed.schedule, copy, error.strerror)
            return False
        return True

    def _copy(self, feed: Feed) -> Path:
        source = feed.url.get_secret_value() if feed.url is not None else str(feed.file)
        key = hashlib.sha256(f"{feed.schedule}\n{source}".encode())
        return self._directory / f"{key.hexdigest()}.ics"


class LiveSchedules(Mapping[str, Schedule]):
    """Schedules by id, each with the newest that its feed says."""

    def __init__(self, fixed: Mapping[str, Schedule], feeds: Feeds) -> None:
        self._fixed = fixed
        self._feeds = feeds
        self._live: dict[str, Schedule] = {}

    def __getitem__(self, schedule: str) -> Schedule:
        calendar = self._feeds.state(schedule).calendar
        live = self._live.get(schedule, self._fixed[schedule])
        if live.calendar is not calendar:
            # Made once for each calendar: whoever looks up may keep what was computed for a schedule.
            live = self._live[schedule] = replace(self._fixed[schedule], calendar=calendar)
        return live

    def __iter__(self) -> Iterator[str]:
        return iter(self._fixed)

    def __len__(self) -> int:
        return len(self._fixed)


def _age(state: FeedState, now: datetime) -> timedelta | None:
    """How old the calendar is; None where there is none, or one from the future, when the clock was wrong."""
    if state.calendar is None or state.fetched_at is None or state.fetched_at > now:
        return None
    return now - state.fetched_at


async def _in_reader(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_READER, work)


def _some(summaries: Sequence[str], most: int = 5) -> str:
    told = ", ".join(f"“{summary}”" for summary in summaries[:most])
    return told if len(summaries) <= most else f"{told} and {len(summaries) - most} more"
