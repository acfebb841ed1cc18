"""How late are pages worked when very many are due at once, and do targets that hang hold up others?

`python -m bench.pages` opens 1 000 pages that are all due in the same moment, each of a team with a web address of its
own, and works them through two levels that nobody acknowledges, as the notifier does: real HTTP to another process, a
real SQLite file. Some of the addresses never answer. Then it opens 300 pages of teams that share one address, which
takes only so many alerts in a second, and counts what the waiting costs. It prints the figures. Exit code 1 when one is
above its bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from time import process_time

import sqlalchemy as sa
from aiohttp import web
from pydantic import SecretStr

from lcr_asterisk.config.load import load
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.notifier.decisions import Decision, Delivered
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.directory import Directory
from lcr_asterisk.notifier.messages import Alert, Message
from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.notifier.targets.webhook import Webhook
from lcr_asterisk.notifier.telling import Teller
from lcr_asterisk.notifier.web import SECONDS
from lcr_asterisk.notifier.worker import Worker
from lcr_asterisk.paging.policy import Cause, Level, Place, Policy, Recipient, Way, Why
from lcr_asterisk.paging.states import Page
from lcr_asterisk.store import tables
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import CallRow

PAGES = 1000
LEVEL = 5.0  # seconds until the next level
PAGES_BOUND = LOOP_BOUND = 1.0
OTHERS_BOUND = 4 * SECONDS  # an attempt is given 10 s: to wait for those that hang, even ten at a time, takes 100 s
LOOK_EVERY = 0.005
HANGING = 100  # of the teams, the first to be told
ADDRESSES = 2 * PAGES - HANGING  # that answer: of a team, and of a person for each
CALLER, NUMBER = "+14155550177", "+14155551000"
BEFORE = 1.0  # seconds from when all pages are there until they are due
CROWD = 300  # pages that share one address
EVENTS_BOUND = 8.0  # of a page in the crowd: it is opened, due, put off once, due again, delivered; people are found
YAML = f"""\
version: 1
people: {{alice: {{name: Alice, phones: ["sip:alice"]}}}}
teams: {{all: {{name: All, escalation: [{{ring: [alice]}}]}}}}
routes: {{line: {{name: Line, numbers: ["{NUMBER}"], team: all}}}}
"""


class Everywhere(Directory):
    """Alice is on call everywhere; every page has addresses of its own, for the team and for her.

    Of those that are `shared`, all have the same, and she is told much later.
    """

    def __init__(self, settings: Settings, url: str, *, shared: bool = False) -> None:
        super().__init__(settings, {})
        self._url = url
        self._shared = shared

    def people(self, page: Page, level: int, at: datetime) -> tuple[Recipient, ...]:
        later = 3600.0 if self._shared else 0.0
        return (Recipient("alice", "Alice", (Way(f"{page.policy.team}-alice", "webhook", later),)),)

    def way(self, person: str, id_: str) -> Target | None:
        return Webhook(SecretStr(f"{self._url}/{id_}"))

    def place(self, page: Page, id_: str) -> Target | None:
        return Webhook(SecretStr(f"{self._url}/{'all' if self._shared else page.policy.team}"))


class Timed(Deliverer):
    """Remembers when each address took its first alert, in loop time."""

    def __init__(self) -> None:
        super().__init__(now, allowed=[ip_network("127.0.0.0/8")])
        self.taken: dict[str, float] = {}
        self.alerts = 0

    async def deliver(self, target: Target, message: Message | Alert, earlier: str | None = None) -> Decision:
        decision = await super().deliver(target, message, earlier)
        if isinstance(decision, Delivered) and isinstance(target, Webhook):
            self.alerts += 1
            self.taken.setdefault(target.url.get_secret_value().rpartition("/")[2], asyncio.get_running_loop().time())
        return decision


def now() -> datetime:
    return datetime.now(UTC)


async def open_pages(store: Store, pages: Pages, due: datetime, count: int, level: float) -> None:
    """So many, all due at `due`, each about a call that is in the log."""
    shape = CallRow(
        "", "1.0", "line", "Line", None, CALLER, "Acme", NUMBER, due, due, "over", None, None, None, None, None, None
    )
    rows = [replace(shape, id=f"call-{number}", team=f"team-{number}") for number in range(count)]
    async with store.writing() as connection:
        await connection.execute(sa.insert(tables.calls), [asdict(row) for row in rows])
    for row in rows:
        team = row.team or ""
        policy = Policy(team, "Team", (Level(level), Level(level)), 0, (Place(team, "webhook"),), 600.0)
        await pages.report(Cause(row.id, Why.MISSED, due, "line", "Line", CALLER, "Acme"), policy, due)


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[str]:
    """Another process that takes everything, and never answers for some of the teams; where it listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.pages", "receiver", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


async def receive() -> None:
    hanging = {f"/team-{number}" for number in range(HANGING)}

    async def take(request: web.Request) -> web.Response:
        await request.read()
        if request.path in hanging:
            await asyncio.Event().wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/{path}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print("http://{}:{}".format(*runner.addresses[0]), flush=True)
    await asyncio.Event().wait()


class World:
    """Pages that will be due all at once, and what works them. `begins` opens them; it is how the bench begins."""

    def __init__(self, store: Store, settings: Settings, timed: Timed, directory: Directory) -> None:
        self.store = store
        self._pages = Pages(store)
        self._ahead = timedelta()
        teller = Teller(CallLog(store), self._pages, lambda: settings, b"key")
        self.worker = Worker(self._pages, lambda: directory, teller, timed, lambda: now() + self._ahead, now)

    async def begins(self, count: int, level: float) -> float:
        """When they are due, in loop time. The notifier is running, and knows them."""
        due = now() + timedelta(hours=1)
        await open_pages(self.store, self._pages, due, count, level)
        self._ahead = due - now() - timedelta(seconds=BEFORE)
        return asyncio.get_running_loop().time() + BEFORE


@contextlib.asynccontextmanager
async def running(directory: Path, *, shared: bool = False) -> AsyncIterator[tuple[World, Timed]]:
    (directory / "lcr.yaml").write_text(YAML)
    settings = load(directory / "lcr.yaml", {}, directory)
    database = directory / ("crowd.db" if shared else "lcr.db")
    async with open_store(f"sqlite+aiosqlite:///{database}") as store, receiver() as url, Timed() as timed:
        world = World(store, settings, timed, Everywhere(settings, url, shared=shared))
        async with asyncio.TaskGroup() as tasks:
            working = tasks.create_task(world.worker.run(), name="pages")
            yield world, timed
            working.cancel()


async def measure(directory: Path) -> tuple[float, float, float, int]:
    """The worst delay of pages, that of the event loop, when the last address was told; alerts that were taken."""
    loop, late, slow = asyncio.get_running_loop(), 0.0, 0.0
    async with running(directory) as (world, timed):
        begun = await world.begins(PAGES, LEVEL)
        ends, last = begun + 2 * LEVEL + 2 * OTHERS_BOUND, loop.time()
        while loop.time() < ends and (len(timed.taken) < ADDRESSES or loop.time() < begun + 2 * LEVEL):
            await asyncio.sleep(LOOK_EVERY)
            slow, last = max(slow, loop.time() - last - LOOK_EVERY), loop.time()
            if loop.time() > begun:
                late = max(late, world.worker.delay)
    told = max(timed.taken.values()) - begun if len(timed.taken) == ADDRESSES else float("inf")
    return late, slow, told, timed.alerts


async def measure_crowd(directory: Path) -> tuple[float, float, float]:
    """Events written for each page that shares an address; seconds until all were told, and those of a processor."""
    loop = asyncio.get_running_loop()
    async with running(directory, shared=True) as (world, timed):
        begun = await world.begins(CROWD, 3600.0)
        used = process_time()
        while timed.alerts < CROWD:  # noqa: ASYNC110
            await asyncio.sleep(BEFORE / 10)
        took, used = loop.time() - begun, process_time() - used
        async with world.store.reading() as connection:
            events = await connection.scalar(sa.select(sa.func.count()).select_from(tables.page_events))
    return (events or 0) / CROWD, took, used


def report(what: str, taken: float, bound: float) -> bool:
    good = taken <= bound
    print(f"{what:<58} {taken:7.3f} s (bound {bound:.0f} s: {'met' if good else 'NOT MET'})")
    return good


def report_events(events: float) -> bool:
    good = events <= EVENTS_BOUND
    said = f"{CROWD} pages share an address: events of each"
    print(f"{said:<58} {events:7.3f}   (bound {EVENTS_BOUND:.0f}: {'met' if good else 'NOT MET'})")
    return good


def main() -> int:
    logging.disable()  # that some are not delivered is meant
    with tempfile.TemporaryDirectory(prefix="lcr-bench-") as directory:
        late, slow, others, alerts = asyncio.run(measure(Path(directory)))
        events, took, used = asyncio.run(measure_crowd(Path(directory)))
    print(f"{PAGES} open pages, all due at once, two levels each: {alerts} alerts were taken")
    good = [
        report("the latest that a page was worked", late, PAGES_BOUND),
        report("the longest that the event loop was held up", slow, LOOP_BOUND),
        report(f"{HANGING} targets hang: until the last of the others is told", others, OTHERS_BOUND),
        report_events(events),
    ]
    print(f"{CROWD} pages told at one address, one after the other: {took:.1f} s, {used:.1f} s of a processor")
    return 0 if all(good) else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["receiver"]:
        asyncio.run(receive())
    sys.exit(main())
