"""Troubles of the hotline itself in the database, and the alerts about them, until each place has taken them.

However many notifiers look, a trouble takes one step at a time: whoever has seen something holds the lock until the
step and its alerts are committed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from lcr_asterisk.paging.trouble import Ill, Limits, Seen, Told, Trouble, step
from lcr_asterisk.store.database import Store, unbroken
from lcr_asterisk.store.rows import TroubleAlert, TroubleRow
from lcr_asterisk.store.tables import trouble_alerts, troubles

_before = trouble_alerts.alias("before")
# An alarm must not come after its own end: some services would sound it again.
_WAITS_FOR_ANOTHER = sa.exists().where(
    _before.c.trouble == trouble_alerts.c.trouble,
    _before.c.place == trouble_alerts.c.place,
    _before.c.at < trouble_alerts.c.at,
    _before.c.next_at.is_not(None),
)

News = tuple[Told, TroubleRow]
"""What is told, and the trouble that it is told of."""


class Troubles:
    """The troubles of one store. Everything here raises StoreError where the database cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # -- what is wrong -------------------------------------------------------------------------------------------------

    async def note(
        self, seen: Mapping[str, Seen], now: datetime, limits: Callable[[str], Limits], places: Sequence[str]
    ) -> list[News]:
        """This was seen of these troubles just now. What has to be told of it, each with the trouble.

        It is told to all `places`, by their ids, in the same transaction. Nothing is written where nothing changes.
        """
        known = {row.id: row for row in await self.listed()}
        if not any(_step(known, id_, one, now, limits)[1] for id_, one in seen.items()):
            return []
        return await unbroken(self._note(seen, now, limits, places))

    async def _note(
        self, seen: Mapping[str, Seen], now: datetime, limits: Callable[[str], Limits], places: Sequence[str]
    ) -> list[News]:
        told: list[News] = []
        async with self._store.writing() as connection:
            await self._store.one_at_a_time(connection, "troubles")
            known = {row.id: row for row in await self._rows(connection)}
            changed = []
            for id_, one in seen.items():
                row, different, tell = _step(known, id_, one, now, limits)
                if different:
                    changed.append(asdict(row))
                if tell is not None:
                    told.append((tell, row if tell is Told.DEGRADED else known[id_]))
            if changed:
                await connection.execute(self._store.insert_or_update(troubles), changed)
            alerts = [_alert(tell, row, place, now) for tell, row in told for place in places]
            if alerts:
                await connection.execute(self._store.insert_new(trouble_alerts), alerts)
        return told

    async def listed(self) -> list[TroubleRow]:
        """Every trouble that there ever was, by id; most of them are over."""
        async with self._store.reading() as connection:
            return await self._rows(connection)

    async def _rows(self, connection: AsyncConnection) -> list[TroubleRow]:
        query = sa.select(troubles).order_by(troubles.c.id)
        return [TroubleRow(**row._mapping) for row in await connection.execute(query)]

    # -- telling it ----------------------------------------------------------------------------------------------------

    async def claim(self, now: datetime, until: datetime, at_most: int) -> list[TroubleAlert]:
        """Alerts that are due, each with the attempt counted that is to be made now; nobody else gets them till then.

        Of one trouble and one place only the first is due.
        """
        due = await self.next_due()
        return await unbroken(self._claim(now, until, at_most)) if due is not None and due <= now else []

    async def _claim(self, now: datetime, until: datetime, at_most: int) -> list[TroubleAlert]:
        due = sa.select(trouble_alerts).where(trouble_alerts.c.next_at <= now, ~_WAITS_FOR_ANOTHER)
        due = due.order_by(trouble_alerts.c.next_at, trouble_alerts.c.id)
        async with self._store.writing() as connection:
            rows = (await connection.execute(due.limit(at_most).with_for_update(skip_locked=True))).all()
            ids = [row.id for row in rows]
            if ids:
                claimed = sa.update(trouble_alerts).where(trouble_alerts.c.id.in_(ids))
                await connection.execute(claimed.values(next_at=until, attempts=trouble_alerts.c.attempts + 1))
        return [
            TroubleAlert(**{**row._mapping, "kind": Told(row.kind), "next_at": until, "attempts": row.attempts + 1})
            for row in rows
        ]

    async def next_due(self) -> datetime | None:
        """When the next attempt is due; None where nothing waits."""
        query = sa.select(sa.func.min(trouble_alerts.c.next_at)).where(~_WAITS_FOR_ANOTHER)
        async with self._store.reading() as connection:
            due: datetime | None = await connection.scalar(query)
            return due

    async def delivered(self, alert_id: str, now: datetime) -> None:
        """The place has taken it."""
        await self._settle(alert_id, next_at=None, delivered=now, problem=None)

    async def put_off(self, alert_id: str, until: datetime, problem: str, *, tried: bool) -> None:
        """It was not taken; the next attempt is not made before `until`. One that was not made does not count."""
        attempts = trouble_alerts.c.attempts if tried else trouble_alerts.c.attempts - 1
        await self._settle(alert_id, next_at=until, problem=problem, attempts=attempts)

    async def give_up(self, alert_id: str, problem: str) -> None:
        """It is not tried any more."""
        await self._settle(alert_id, next_at=None, problem=problem)

    async def _settle(self, alert_id: str, **values: Any) -> None:
        await unbroken(self._write(sa.update(trouble_alerts).where(trouble_alerts.c.id == alert_id).values(**values)))

    async def forget(self, now: datetime, age: timedelta) -> None:
        """Remove alerts that are done with and older than this."""
        done = sa.delete(trouble_alerts).where(trouble_alerts.c.next_at.is_(None), trouble_alerts.c.at < now - age)
        await unbroken(self._write(done))

    async def _write(self, statement: sa.Executable) -> None:
        async with self._store.writing() as connection:
            await connection.execute(statement)


def _step(
    known: Mapping[str, TroubleRow], id_: str, seen: Seen, now: datetime, limits: Callable[[str], Limits]
) -> tuple[TroubleRow, bool, Told | None]:
    """The trouble after that, whether it is different, and what to tell.

    Words alone make no difference: the free space on a disk is another one at each look.
    """
    row = known.get(id_) or TroubleRow(id_, "", "", None, None, None, None)
    before = Trouble(row.since, row.told, row.well_since, row.over, row.extent, row.again)
    after, told = step(before, seen, now, limits(id_))
    words = {"what": seen.what, "advice": seen.advice} if isinstance(seen, Ill) else {}
    times = asdict(after)
    return TroubleRow(**{**asdict(row), **words, **times}), after != before, told


def _alert(told: Told, row: TroubleRow, place: str, now: datetime) -> dict[str, Any]:
    assert row.told is not None and row.since is not None, "it is told, or it was until now"
    incident = f"{row.id}-{row.told:%Y%m%dT%H%M%S.%f}"
    more = f"-{row.extent}" if told is Told.DEGRADED and row.again is not None else ""
    alert = f"system-{incident}-{told}{more}"
    return dict(
        id=f"{alert}-{place}",
        alert=alert,
        trouble=row.id,
        incident=incident,
        kind=told,
        place=place,
        what=row.what,
        advice=row.advice,
        since=row.since,
        until=(row.well_since or now) if told is Told.RECOVERED else None,
        at=now,
        next_at=now,
        attempts=0,
        problem=None,
        delivered=None,
    )
