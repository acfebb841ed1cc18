"""Pages in the database. A page is its events; its row is what others look for: when it is due, and how it stands.

However many notifiers there are, a page takes one event at a time: whoever works it holds the lock of its row (in
SQLite that of the database) until the event is committed.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from lcr_asterisk.errors import LcrError, StoreError
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.commands import Command
from lcr_asterisk.paging.page import joins, step
from lcr_asterisk.paging.policy import Cause, Policy
from lcr_asterisk.paging.states import Exhausted, Finding, Notifying, Page
from lcr_asterisk.store.codec import OF_PAGES
from lcr_asterisk.store.database import Store, unbroken
from lcr_asterisk.store.pagerows import entry, fold, project
from lcr_asterisk.store.rows import PageRow
from lcr_asterisk.store.tables import page_calls, page_events, pages

log = logging.getLogger(__name__)

SHOWN_CANDIDATES = 5
JOINED_CANDIDATES = 3
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
"""Past by any clock: when a page is due that somebody else than its notifier has left something to do about."""
LOOK_AGAIN = timedelta(minutes=1)
"""At a page that cannot be read."""
FORGET_EVERY = timedelta(minutes=10)
"""What came to its end through somebody else."""

_UNSETTLED = sa.select(pages.c.id).where(pages.c.due.is_not(None))
OPEN_STAGES = tuple(stage.__name__.lower() for stage in (Finding, Notifying, Exhausted))

Report = tuple[str, ev.Event]
"""A page's id and what happened to it."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What one round of work led to: commands, each with the page as it is now; and `untaken` reports.

    The latter are of pages that somebody else is working on right now, or are for another round. `late` is by how many
    seconds the latest of those was worked that were due; there may be `more` of these.
    """

    commands: list[tuple[Page, Command]]
    untaken: list[Report]
    late: float = 0.0
    more: bool = False


@dataclass(slots=True)
class _Open:
    """A page in a transaction: its state, how many events it has taken, and those that are new."""

    page: Page | None
    events: int
    new: list[tuple[datetime, ev.Event]]

    def take(self, event: ev.Event, now: datetime) -> tuple[Command, ...]:
        """What changes nothing is not kept."""
        after, commands = step(self.page, event, now)
        if after != self.page or commands:
            self.new.append((now, event))
        self.page = after
        return commands


class Pages:
    """The pages of one store. Everything here raises StoreError where the database cannot be used.

    Whoever works pages keeps their states in memory too, with the number of events they are made of, until they come to
    their end: most are not read again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[int, Page]] = {}
        self._forget_at: datetime | None = None

    # -- moving --------------------------------------------------------------------------------------------------------

    async def report(self, cause: Cause, policy: Policy, now: datetime) -> str:
        """There is a page about this call from now on, a new one or one that it joins. Its id.

        A call that there is a page about already changes nothing.
        """
        return await unbroken(self._report(cause, policy, now))

    async def _report(self, cause: Cause, policy: Policy, now: datetime) -> str:
        async with self._store.writing() as connection:
            await self._store.one_at_a_time(connection, f"page {policy.team} {cause.route}")
            same = sa.select(page_calls.c.page_id).where(page_calls.c.call_id == cause.call)
            known: str | None = await connection.scalar(same)
            if known is not None:
                return known
            opened = await self._to_join(connection, cause, policy)
            if opened is None:
                opened = _Open(None, 0, [])
                opened.take(ev.PageOpened(cause.call, cause, policy), now)
            else:
                opened.take(ev.CallJoined(cause), now)
            page = await self._save(connection, opened)
            await connection.execute(sa.insert(page_calls).values(call_id=cause.call, page_id=page.id))
        self._remember([opened])
        return page.id

    async def _to_join(self, connection: AsyncConnection, cause: Cause, policy: Policy) -> _Open | None:
        if policy.test_person is not None:
            return None
        same = sa.select(pages).where(
            pages.c.team == policy.team, pages.c.route == cause.route, pages.c.joins_until >= cause.at
        )
        # Callers' messages wait for this transaction, however many pages are open: there is more than one of these only
        # where the call is known late, the window was edited, or one of them cannot be read. A page of about that time
        # is before those of later calls.
        nearest = same.order_by(pages.c.joins_until).limit(JOINED_CANDIDATES)
        rows = (await connection.execute(nearest.with_for_update())).all()
        for opened in (await self._load(connection, rows)).values():
            if opened.page is not None and joins(opened.page, policy.team, cause):
                return opened
        return None

    async def take(self, page_id: str, event: ev.Event, now: datetime) -> bool:
        """Let this happen to a page. Whether it changed anything. StoreError: there is no such page.

        What there is to do about it at once is done at once, also if the notifier's clock differs from ours. Where ours
        is behind, it happens when the last thing did: somebody who listens from now on must not have ended to long ago.
        """
        return await unbroken(self._take(page_id, event, now))

    async def _take(self, page_id: str, event: ev.Event, now: datetime) -> bool:
        async with self._store.writing() as connection:
            query = sa.select(pages).where(pages.c.id == page_id).with_for_update()
            rows = (await connection.execute(query)).all()
            opened = (await self._load(connection, rows)).get(page_id)
            if opened is None:
                raise StoreError(f"There is no page {page_id!r} that can be read.", remedy="`lcr pages` lists them.")
            left = _deadline(opened) if rows[0].due == AT_ONCE else None
            now = max(now, await self._last(connection, page_id))
            opened.take(event, now)
            deadline = (await self._save(connection, opened)).deadline()
            if opened.new and deadline is not None and (deadline <= now or deadline == left):
                await connection.execute(sa.update(pages).where(pages.c.id == page_id).values(due=AT_ONCE))
        self._remember([opened])
        return bool(opened.new)

    async def work(self, reports: Sequence[Report], now: datetime, at_most: int) -> Worked:
        """Let all of this happen, and time pass for what is due, in one transaction.

        With `at_most` pages that are due, at least a quarter as many reports are taken; without, as many. The commands
        are to be carried out after that; whoever is killed before leaves pages with a deadline.
        """
        return await unbroken(self._work(reports, now, at_most))

    async def _work(self, reports: Sequence[Report], now: datetime, at_most: int) -> Worked:
        by_page: dict[str, list[ev.Event]] = defaultdict(list)
        commands: list[tuple[Page, Command]] = []
        late = 0.0
        async with self._store.writing() as connection:
            due = sa.select(pages).where(pages.c.due <= now).order_by(pages.c.due).limit(at_most)
            rows = {row.id: row for row in await connection.execute(due.with_for_update(skip_locked=True))}
            more = len(rows) == at_most
            # What waits for its time has waited for longer than what has just been done.
            room = max(at_most - len(rows), at_most // 4, 1)
            for page_id, event in reports[:room]:
                by_page[page_id].append(event)
            if by_page:
                told = sa.select(pages).where(pages.c.id.in_(list(by_page)))
                rows |= {row.id: row for row in await connection.execute(told.with_for_update(skip_locked=True))}
            worked = await self._load(connection, list(rows.values()))
            for page_id, opened in list(worked.items()):
                try:
                    at_once = rows[page_id].due == AT_ONCE
                    if not at_once and (deadline := _deadline(opened)) is not None:
                        late = max(late, (now - deadline).total_seconds())
                    commands += _move(opened, by_page.get(page_id, []), now, at_once=at_once)
                except Exception:  # one page must not hold up the others
                    log.exception("page %s cannot be worked", page_id)
                    del worked[page_id]
            await self._save_all(connection, worked.values())
            for page_id in rows.keys() - worked.keys():
                await self._look_again(connection, page_id, now)
            gone = await self._gone(connection, by_page.keys() - rows.keys())
            await self._forget_settled(connection, now)
        self._remember(worked.values(), others=True)
        for page_id in sorted(gone):
            what = ", ".join(type(event).__name__ for event in by_page[page_id])
            log.error("page %s is in the database no longer, and not told what happened to it: %s", page_id, what)
        untaken = [report for report in reports[:room] if report[0] not in rows and report[0] not in gone]
        return Worked(commands, untaken + list(reports[room:]), late, more)

    async def _last(self, connection: AsyncConnection, page_id: str) -> datetime:
        """When the last thing happened to a page."""
        last = sa.select(page_events.c.at).where(page_events.c.page_id == page_id)
        at: datetime = (await connection.scalars(last.order_by(page_events.c.seq.desc()).limit(1))).one()
        return at

    async def _look_again(self, connection: AsyncConnection, page_id: str, now: datetime) -> None:
        await connection.execute(sa.update(pages).where(pages.c.id == page_id).values(due=now + LOOK_AGAIN))

    async def _gone(self, connection: AsyncConnection, page_ids: Set[str]) -> Set[str]:
        """Those of which there is no row: the others are only locked."""
        if not page_ids:
            return page_ids
        there = sa.select(pages.c.id).where(pages.c.id.in_(list(page_ids)))
        return page_ids - set(await connection.scalars(there))

    async def _forget_settled(self, connection: AsyncConnection, now: datetime) -> None:
        if self._forget_at is None or now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY
            for page_id in self._known.keys() - set(await connection.scalars(_UNSETTLED)):
                del self._known[page_id]

    async def unsettled(self) -> list[str]:
        """The ids of all pages that move on by themselves."""
        async with self._store.reading() as connection:
            return list(await connection.scalars(_UNSETTLED.order_by(pages.c.due)))

    async def current(self, page_id: str) -> Page | None:
        """The page as it stands now; None where there is none that can be read."""
        async with self._store.reading() as connection:
            rows = (await connection.execute(sa.select(pages).where(pages.c.id == page_id))).all()
            opened = (await self._load(connection, rows)).get(page_id)
        return opened.page if opened is not None else None

    async def next_due(self) -> datetime | None:
        """When the next page moves on by itself; None where none does."""
        async with self._store.reading() as connection:
            due: datetime | None = await connection.scalar(sa.select(sa.func.min(pages.c.due)))
            return due

    # -- rows ----------------------------------------------------------------------------------------------------------

    async def _load(self, connection: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[str, _Open]:
        """The state of these pages, without those that cannot be read, which is logged."""
        unknown = [row.id for row in rows if self._known.get(row.id, (None,))[0] != row.events]
        entries: dict[str, list[Row[Any]]] = defaultdict(list)
        if unknown:
            query = sa.select(page_events).where(page_events.c.page_id.in_(unknown))
            for entry in await connection.execute(query.order_by(page_events.c.page_id, page_events.c.seq)):
                entries[entry.page_id].append(entry)
        loaded: dict[str, _Open] = {}
        for row in rows:
            try:
                page = fold(entries[row.id]) if row.id in entries else self._known[row.id][1]
            except (LcrError, KeyError) as error:
                log.error("page %s cannot be read: %s", row.id, error)
            else:
                loaded[row.id] = _Open(page, row.events, [])
        return loaded

    async def _save(self, connection: AsyncConnection, opened: _Open) -> Page:
        await self._save_all(connection, [opened])
        assert opened.page is not None, "whatever is saved has taken its first event"
        return opened.page

    async def _save_all(self, connection: AsyncConnection, worked: Iterable[_Open]) -> None:
        rows, entries = [], []
        for opened in worked:
            if opened.new and opened.page is not None:
                for seq, (at, event) in enumerate(opened.new, opened.events):
                    kind, payload = OF_PAGES.encode(event)
                    entries.append({"page_id": opened.page.id, "seq": seq, "at": at, "kind": kind, "payload": payload})
                rows.append(project(opened.page, opened.events + len(opened.new)))
        if rows:
            await connection.execute(self._store.insert_or_update(pages), rows)
            await connection.execute(sa.insert(page_events), entries)

    def _remember(self, worked: Iterable[_Open], *, others: bool = False) -> None:
        """After the commit. A page that needs nothing more is forgotten here.

        With `others` those are remembered that were not known before: only who works pages comes to see their end.
        """
        for opened in worked:
            assert opened.page is not None, "it has taken its first event"
            if opened.page.deadline() is None:
                self._known.pop(opened.page.id, None)
            elif others or opened.page.id in self._known:
                self._known[opened.page.id] = (opened.events + len(opened.new), opened.page)

    # -- reading -------------------------------------------------------------------------------------------------------

    async def listed(self, limit: int, *, only_open: bool = False) -> list[PageRow]:
        """The newest pages, newest first; with `only_open`, those that nobody has acknowledged."""
        query = sa.select(pages).order_by(pages.c.opened.desc(), pages.c.id.desc()).limit(limit)
        if only_open:
            query = query.where(pages.c.stage.in_(OPEN_STAGES))
        async with self._store.reading() as connection:
            return [PageRow(**row._mapping) for row in await connection.execute(query)]

    async def page(self, wanted: str) -> PageRow:
        """The page with this id, or with the one id that begins or ends like this. StoreError: none, or several."""
        similar = sa.or_(pages.c.id.startswith(wanted, autoescape=True), pages.c.id.endswith(wanted, autoescape=True))
        exact_first = sa.case((pages.c.id == wanted, 0), else_=1)
        query = sa.select(pages).where(similar).order_by(exact_first, pages.c.opened.desc())
        async with self._store.reading() as connection:
            rows = (await connection.execute(query.limit(SHOWN_CANDIDATES + 1))).all()
        if not wanted or not rows:
            raise StoreError(f"There is no page {wanted!r}.", remedy="`lcr pages` lists them.")
        if len(rows) > 1 and rows[0].id != wanted:
            more = " and more" if len(rows) > SHOWN_CANDIDATES else ""
            candidates = ", ".join(row.id for row in rows[:SHOWN_CANDIDATES])
            raise StoreError(f"Several pages begin or end with {wanted!r}: {candidates}{more}.")
        return PageRow(**rows[0]._mapping)

    async def entries(self, page_id: str) -> list[tuple[datetime, ev.Event]]:
        """What has happened to a page, in order. StoreError, naming the entry, where this version cannot read one."""
        query = sa.select(page_events).where(page_events.c.page_id == page_id).order_by(page_events.c.seq)
        async with self._store.reading() as connection:
            return [entry(row) for row in await connection.execute(query)]


def _move(opened: _Open, events: Iterable[ev.Event], now: datetime, *, at_once: bool) -> list[tuple[Page, Command]]:
    """`at_once`: what is due first is due, by the clock of whoever left it."""
    due = _deadline(opened)
    if at_once and due is not None:
        now = max(now, due)
    for event in events:
        opened.take(event, now)
    due = _deadline(opened)
    commands = opened.take(ev.TimePassed(), now) if due is not None and due <= now else ()
    assert opened.page is not None, "a page that was loaded has its first event"
    return [(opened.page, command) for command in commands]


def _deadline(opened: _Open) -> datetime | None:
    return opened.page.deadline() if opened.page is not None else None
