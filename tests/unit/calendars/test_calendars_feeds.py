"""Whatever happens to a calendar feed, the last that it said goes on, and everybody is told how old that is."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from lcr_asterisk.calendars.feeds import Feed, Feeds, LiveSchedules
from lcr_asterisk.calendars.fetching import MAX_BYTES, fetch_url
from lcr_asterisk.errors import CalendarError
from lcr_asterisk.oncall.model import Schedule
from tests.unit.calendars.calendar_text import BERLIN, PEOPLE, calendar, day
from tests.unit.calendars.conftest import ALICE, BOB, CalendarServer, WallClock

EVERY_5_MINUTES = 300.0


def feed(url: str, schedule: str = "payments", **changed: object) -> Feed:
    values: dict[str, object] = {
        "url": SecretStr(url),
        "file": None,
        "zone": BERLIN,
        "people": PEOPLE,
        "refresh": EVERY_5_MINUTES,
    }
    return Feed(schedule, **{**values, **changed})  # type: ignore[arg-type]


def file_feed(path: Path) -> Feed:
    return Feed("payments", None, path, BERLIN, PEOPLE, EVERY_5_MINUTES)


def persons(feeds: Feeds, schedule: str = "payments") -> list[str] | None:
    """Who is ever on call by this feed; None where nothing is known of it."""
    calendar = feeds.state(schedule).calendar
    return None if calendar is None else [span.person for span in calendar.spans]


def copies(directory: Path) -> list[Path]:
    return list(directory.iterdir())


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "calendars"


@pytest.fixture
def feeds(directory: Path, clock: WallClock, server: CalendarServer) -> Feeds:
    feeds = Feeds(directory, clock.now)
    feeds.use([feed(server.url)])
    return feeds


async def test_a_feed_is_fetched_and_read(feeds: Feeds, clock: WallClock) -> None:
    assert persons(feeds) is None

    await feeds.refresh()

    state = feeds.state("payments")
    assert persons(feeds) == ["alice"]
    assert (state.fetched_at, state.problem, state.told()) == (clock.at, None, None)
    assert state.calendar is not None
    assert (state.calendar.start, state.calendar.end) == (day("2026-10-02T09:00"), day("2027-12-07T09:00"))


async def test_what_the_source_says_later_holds_then(feeds: Feeds, server: CalendarServer) -> None:
    await feeds.refresh()
    server.body = BOB
    await feeds.refresh()
    assert persons(feeds) == ["bob"]


WRONG = {
    "404": ({"status": 404}, "its server answers 404 Not Found"),
    "web page": ({"body": b"<html>Sign in</html>"}, "it is a web page, not a calendar (perhaps one to sign in at)"),
    "nothing": ({"body": b""}, "it is empty"),
    "half": ({"body": ALICE[:60]}, "it is only a part of a calendar: it does not end with END:VCALENDAR"),
    "too large": ({"body": b"BEGIN:VCALENDAR" + b" " * MAX_BYTES}, "it is larger than 5 MB"),
    "broken off": ({"breaks_off": True}, "its server broke off in the middle of the answer"),
    "in circles": ({"redirects": 99}, "its server redirects more than 3 times"),
}


@pytest.mark.parametrize(("wrong", "problem"), WRONG.values(), ids=WRONG)
async def test_a_source_that_says_nonsense_changes_nothing(
    feeds: Feeds, server: CalendarServer, clock: WallClock, wrong: dict[str, object], problem: str
) -> None:
    await feeds.refresh()
    clock.passes(hours=3)
    for name, value in wrong.items():
        setattr(server, name, value)

    await feeds.refresh()

    assert persons(feeds) == ["alice"]
    assert feeds.state("payments").fetched_at == day("2026-11-02T09:00")
    assert feeds.state("payments").problem == problem
    assert feeds.problems() == {"payments": f"{problem}; the copy of 2026-11-02 09:00 UTC is used"}


async def test_a_source_that_is_away_and_comes_back(
    feeds: Feeds, server: CalendarServer, clock: WallClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "lcr_asterisk.calendars")
    await feeds.refresh()
    await server.stop()
    clock.passes(hours=1)
    for _ in range(3):
        await feeds.refresh()
    assert persons(feeds) == ["alice"]

    server.body = BOB
    await server.start()
    await feeds.refresh()

    assert persons(feeds) == ["bob"]
    assert (feeds.state("payments").problem, feeds.state("payments").fetched_at) == (None, clock.at)
    assert caplog.messages == [  # each change once
        "The calendar of schedule payments cannot be used: its server cannot be reached: Connection refused; "
        "the copy of 2026-11-02 09:00 UTC is used",
        "The calendar of schedule payments is back",
    ]


async def test_a_few_redirects_are_followed(feeds: Feeds, server: CalendarServer) -> None:
    server.redirects = 2
    await feeds.refresh()
    assert persons(feeds) == ["alice"]


async def test_a_server_that_does_not_answer_is_given_up(server: CalendarServer) -> None:
    server.silent = True
    with pytest.raises(CalendarError, match=r"^its server does not answer within 0\.05 s$"):
        await fetch_url(server.url, seconds=0.05)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/secret-token", "http:///secret-token", "file:///etc/secret-token"])
async def test_only_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(CalendarError, match="is not an http or https URL"):
        await fetch_url(url)


async def test_the_address_of_a_feed_is_told_to_nobody(
    directory: Path, clock: WallClock, server: CalendarServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Who knows it reads the calendar."""
    caplog.set_level(logging.DEBUG)
    urls = [server.url, server.url.replace("http:", "https:"), "http://secret-token.invalid/", "nonsense:secret-token"]
    feeds = Feeds(directory, clock.now)
    feeds.use([feed(url, schedule=f"s{number}") for number, url in enumerate(urls)])
    server.status = 500

    await feeds.refresh()

    assert len(feeds.problems()) == len(urls)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("aiohttp.")]
    assert len(ours) >= len(urls)
    told = [*ours, repr(feeds.problems()), repr([feeds.state(f"s{number}") for number in range(4)])]
    told += [repr(feed(url)) for url in urls]
    assert not [text for text in told if "secret-token" in text or server.at.host in text]
    with pytest.raises(CalendarError) as refused:
        await fetch_url(urls[1])
    assert server.at.host not in "".join(traceback.format_exception(refused.value))


async def test_the_copy_is_used_after_a_restart_with_its_age(
    feeds: Feeds, directory: Path, clock: WallClock, server: CalendarServer
) -> None:
    await feeds.refresh()
    await server.stop()
    clock.passes(days=2)

    started_again = Feeds(directory, clock.now)
    started_again.use([feed(server.url)])

    assert persons(started_again) == ["alice"]
    assert started_again.state("payments").fetched_at == day("2026-11-02T09:00")
    await started_again.refresh()
    assert persons(started_again) == ["alice"]
    assert "the copy of 2026-11-02 09:00 UTC is used" in started_again.problems()["payments"]


async def test_the_copys_age_counts_from_when_the_source_last_said_the_same(
    feeds: Feeds, directory: Path, clock: WallClock, server: CalendarServer
) -> None:
    await feeds.refresh()
    clock.passes(hours=5)
    await feeds.refresh()

    started_again = Feeds(directory, clock.now)
    started_again.use([feed(server.url)])
    assert started_again.state("payments").fetched_at == day("2026-11-02T14:00")


async def test_copies_are_for_this_program_alone(feeds: Feeds, directory: Path) -> None:
    await feeds.refresh()
    (copy,) = copies(directory)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (copy, copy.parent)] == [0o600, 0o700]
    assert copy.read_bytes() == ALICE


async def test_a_bad_answer_does_not_replace_the_copy(feeds: Feeds, directory: Path, server: CalendarServer) -> None:
    await feeds.refresh()
    server.body = b"<html>"
    await feeds.refresh()
    assert [copy.read_bytes() for copy in copies(directory)] == [ALICE]


async def test_a_copy_that_cannot_be_read_is_said_and_replaced(
    feeds: Feeds, directory: Path, clock: WallClock, server: CalendarServer
) -> None:
    await feeds.refresh()
    (copy,) = copies(directory)
    copy.write_bytes(b"damaged")
    started_again = Feeds(directory, clock.now)
    started_again.use([feed(server.url)])
    assert started_again.problems() == {
        "payments": "it is not a calendar: it does not begin with BEGIN:VCALENDAR; "
        "nobody is on call by it until it can be read"
    }

    await started_again.refresh()

    assert persons(started_again) == ["alice"]
    assert copy.read_bytes() == ALICE


async def test_a_source_that_still_says_what_cannot_be_read_is_no_good_news(
    feeds: Feeds, directory: Path, clock: WallClock, server: CalendarServer
) -> None:
    await feeds.refresh()
    (copy,) = copies(directory)
    server.body = calendar("SUMMARY:Alice Martin")
    copy.write_bytes(server.body)
    started_again = Feeds(directory, clock.now)
    started_again.use([feed(server.url)])
    await started_again.refresh()
    assert started_again.state("payments").problem == "the event “Alice Martin” has no DTSTART that can be read"


async def test_a_copy_from_the_future_is_fetched_anew(
    feeds: Feeds, directory: Path, clock: WallClock, server: CalendarServer
) -> None:
    await feeds.refresh()
    clock.passes(days=-1)
    server.body = BOB
    await feeds.refresh(timedelta(minutes=10))
    assert persons(feeds) == ["bob"]


async def test_a_copy_that_is_a_directory_is_said(
    feeds: Feeds, directory: Path, clock: WallClock, server: CalendarServer, caplog: pytest.LogCaptureFixture
) -> None:
    """As any other reason why a copy can be neither read nor written; what is fetched is used all the same."""
    await feeds.refresh()
    (copy,) = copies(directory)
    copy.unlink()
    copy.mkdir()
    started_again = Feeds(directory, clock.now)
    started_again.use([feed(server.url)])
    assert started_again.state("payments").problem == f"its copy {copy} cannot be read: Is a directory"

    await started_again.refresh()

    assert persons(started_again) == ["alice"]
    assert f"The calendar of schedule payments cannot be kept as {copy}: Is a directory" in caplog.messages


async def test_a_copy_that_could_not_be_written_is_written_as_soon_as_it_can(
    feeds: Feeds, directory: Path, clock: WallClock, server: CalendarServer
) -> None:
    """Else a restart would ring who was on call by the calendar before, and say that it is fresh."""
    await feeds.refresh()
    (copy,) = copies(directory)
    before = copy.stat().st_mtime
    in_the_way = copy.with_suffix(f".{os.getpid()}.part")
    in_the_way.mkdir()  # as a full disk: nothing new can be put beside the copy
    server.body = BOB
    clock.passes(minutes=5)
    await feeds.refresh()
    await feeds.refresh()
    assert persons(feeds) == ["bob"]
    assert (copy.read_bytes(), copy.stat().st_mtime) == (ALICE, before), "an old copy is not called fresh"

    in_the_way.rmdir()
    await feeds.refresh()
    assert copy.read_bytes() == BOB

    copy.unlink()
    await feeds.refresh()
    assert copy.read_bytes() == BOB


async def test_a_start_waits_for_calendars_no_longer_than_it_may_and_they_come_later(
    directory: Path, clock: WallClock, server: CalendarServer
) -> None:
    server.silent = True
    feeds = Feeds(directory, clock.now)
    await feeds.begin([feed(server.url)], within=0.05)
    assert persons(feeds) is None

    server.silent = False
    async with asyncio.timeout(30):
        while persons(feeds) is None:  # the time may have ended before it was known which feeds there are
            await feeds.refresh()
            await asyncio.sleep(0)
    assert persons(feeds) == ["alice"]


async def test_a_reload_begins_with_what_is_known_already(
    feeds: Feeds, directory: Path, clock: WallClock, server: CalendarServer
) -> None:
    await feeds.refresh()
    for copy in copies(directory):
        copy.unlink()
    await server.stop()
    reloaded = Feeds(directory, clock.now)
    await reloaded.begin([feed(server.url)], feeds)
    assert reloaded.state("payments").calendar is feeds.state("payments").calendar


async def test_only_what_is_old_is_fetched(feeds: Feeds, clock: WallClock, server: CalendarServer) -> None:
    even_an_old_copy_will_do = timedelta.max
    await feeds.refresh(even_an_old_copy_will_do)
    assert server.asked == 1  # there was none
    clock.passes(minutes=9)
    await feeds.refresh(timedelta(minutes=10))
    assert server.asked == 1
    clock.passes(minutes=1)
    await feeds.refresh(timedelta(minutes=10))
    assert server.asked == 2


async def test_a_bad_feed_does_not_keep_the_others_from_being_fetched(
    directory: Path, clock: WallClock, server: CalendarServer
) -> None:
    feeds = Feeds(directory, clock.now)
    feeds.use([feed("http://127.0.0.1:1/", schedule="bad"), feed(server.url, schedule="good")])
    await feeds.refresh()
    assert persons(feeds, "good") == ["alice"]
    assert list(feeds.problems()) == ["bad"]


async def test_a_calendar_in_a_file(directory: Path, clock: WallClock, tmp_path: Path) -> None:
    path = tmp_path / "rota.ics"
    path.write_bytes(ALICE)
    feeds = Feeds(directory, clock.now)
    feeds.use([file_feed(path)])
    await feeds.refresh()
    assert persons(feeds) == ["alice"]

    path.write_bytes(BOB)
    await feeds.refresh(only_older_than=timedelta(hours=1))
    assert persons(feeds) == ["bob"], "whoever edits a file expects it to be read"

    path.unlink()
    await feeds.refresh()
    assert persons(feeds) == ["bob"]
    assert feeds.state("payments").problem == f"{path}: No such file or directory"

    path.write_bytes(b" " * (MAX_BYTES + 1))
    await feeds.refresh()
    assert feeds.state("payments").problem == "it is larger than 5 MB"


async def test_events_that_name_nobody_are_said_once(
    feeds: Feeds, server: CalendarServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.body = calendar(
        *(f"SUMMARY:P{each}\nDTSTART:202611{each:02}T080000Z\nDURATION:PT1H" for each in range(1, 8))
    )
    await feeds.refresh()
    await feeds.refresh()
    assert feeds.state("payments").unmatched == ("P1", "P2", "P3", "P4", "P5", "P6", "P7")
    assert caplog.messages == [
        "The calendar of schedule payments has events that name nobody in its `people`: "
        "“P1”, “P2”, “P3”, “P4”, “P5” and 2 more"
    ]


@pytest.mark.parametrize("away", [False, True], ids=["unchanged", "away"])
async def test_a_calendar_is_read_further_ahead_each_day(
    feeds: Feeds, clock: WallClock, server: CalendarServer, away: bool
) -> None:
    server.body = calendar("SUMMARY:Alice Martin\nDTSTART;VALUE=DATE:20271231")
    await feeds.refresh()
    assert persons(feeds) == []
    if away:
        await server.stop()
    clock.passes(days=60)
    await feeds.refresh()
    assert persons(feeds) == ["alice"]


async def test_a_question_about_another_time_is_answered_from_the_copy(
    feeds: Feeds, server: CalendarServer, clock: WallClock
) -> None:
    server.body = calendar("SUMMARY:Alice Martin\nDTSTART;VALUE=DATE:20191224")
    await feeds.refresh()
    assert persons(feeds) == []
    feeds.window_around(day("2019-12-24"))
    assert persons(feeds) == ["alice"]
    await feeds.refresh()
    assert persons(feeds) == ["alice"]


async def test_new_settings_keep_what_is_known_where_the_feed_is_the_same(
    feeds: Feeds, server: CalendarServer, clock: WallClock
) -> None:
    await feeds.refresh()
    known = feeds.state("payments").calendar

    feeds.use([feed(server.url), feed(server.url, schedule="other")])
    assert feeds.state("payments").calendar is known
    assert persons(feeds, "other") is None

    feeds.use([feed(server.url, people={"Alice Martin": "somebody else"})])
    assert persons(feeds) == ["somebody else"]

    feeds.use([])
    assert persons(feeds) is None


async def test_a_feed_that_is_replaced_while_it_is_fetched_says_nothing_any_more(
    feeds: Feeds, server: CalendarServer
) -> None:
    fetching = asyncio.ensure_future(feeds.refresh())
    await server.asked_times(1)
    feeds.use([feed("http://127.0.0.1:1/")])
    await fetching
    assert persons(feeds) is None


async def test_a_feed_that_is_taken_out_before_it_is_fetched_is_not_fetched(
    feeds: Feeds, server: CalendarServer
) -> None:
    fetching = asyncio.ensure_future(feeds.refresh())
    asyncio.get_running_loop().call_soon(feeds.use, [])
    await fetching
    assert server.asked == 0


async def run_until_asked(feeds: Feeds, server: CalendarServer, times: int) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(feeds.run())
        await server.asked_times(times)
        running.cancel()


async def test_feeds_are_fetched_again_and_again(directory: Path, server: CalendarServer) -> None:
    feeds = Feeds(directory, lambda: datetime.now(UTC))
    feeds.use([feed(server.url, refresh=0.05)])
    await run_until_asked(feeds, server, 3)
    assert persons(feeds) is not None


async def test_a_feed_that_fails_is_tried_again_soon(directory: Path, server: CalendarServer) -> None:
    """Not only after a day, where that is how often it is to be fetched."""
    server.status = 503
    feeds = Feeds(directory, lambda: datetime.now(UTC), try_again=timedelta(seconds=0.05))
    feeds.use([feed(server.url, refresh=86_400.0)])
    await run_until_asked(feeds, server, 3)


async def test_a_fresh_copy_is_not_fetched_at_once(directory: Path, server: CalendarServer) -> None:
    feeds = Feeds(directory, lambda: datetime.now(UTC))
    feeds.use([feed(server.url), feed(server.url, schedule="without a copy")])
    await feeds.refresh()
    started_again = Feeds(directory, lambda: datetime.now(UTC))
    started_again.use([feed(server.url), feed(server.url, schedule="new")])
    await run_until_asked(started_again, server, 3)
    assert server.asked == 3


async def test_new_feeds_are_fetched_while_it_runs(directory: Path, server: CalendarServer) -> None:
    feeds = Feeds(directory, lambda: datetime.now(UTC))
    running = asyncio.ensure_future(run_until_asked(feeds, server, 2))
    feeds.use([feed(server.url)])
    await server.asked_times(1)
    feeds.use([feed(server.url, schedule="other")])
    await running


async def test_schedules_say_what_their_feeds_say_now(feeds: Feeds, server: CalendarServer) -> None:
    schedules = LiveSchedules({"payments": Schedule("payments", BERLIN), "fixed": Schedule("fixed", BERLIN)}, feeds)
    assert (list(schedules), len(schedules)) == (["payments", "fixed"], 2)
    assert schedules["payments"].calendar is None

    await feeds.refresh()
    read = schedules["payments"]
    assert read.calendar is feeds.state("payments").calendar is not None
    assert schedules["payments"] is read  # so that what was computed for it can be kept
    await feeds.refresh()
    assert schedules["payments"] is read  # the source said the same

    server.body = BOB
    await feeds.refresh()
    assert schedules["payments"].calendar is feeds.state("payments").calendar is not read.calendar
    assert schedules["fixed"].calendar is None
    with pytest.raises(KeyError):
        schedules["unknown"]
