"""Which routes are in test mode. Kept in the database: it is switched on by another process, and survives a restart."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from lcr_asterisk.store.database import Store, unbroken
from lcr_asterisk.store.tables import test_modes


@dataclass(frozen=True, slots=True)
class TestMode:
    """All calls of `route` go to `person` (ids) from `since` to `until`, aware UTC."""

    __test__ = False  # a name that pytest would take for a test's

    route: str
    person: str
    since: datetime
    until: datetime


class TestModes:
    """The test modes of one store. Everything here raises StoreError where the database cannot be used."""

    __test__ = False  # as above

    def __init__(self, store: Store) -> None:
        self._store = store

    async def turn_on(self, route: str, person: str, until: datetime, now: datetime) -> None:
        """Send all calls of the route to this person until then, instead of whoever it was before."""
        mode = TestMode(route, person, now, until)
        over = sa.delete(test_modes).where(test_modes.c.until <= now)
        await unbroken(self._write(over, self._store.insert_or_update(test_modes).values(asdict(mode))))

    async def turn_off(self, route: str) -> bool:
        """End it before its time, or forget that it was on. False where there is nothing of the kind."""
        return await unbroken(self._write(sa.delete(test_modes).where(test_modes.c.route == route))) > 0

    async def active(self, now: datetime) -> list[TestMode]:
        """Those in force at `now`, by route."""
        query = sa.select(test_modes).where(test_modes.c.until > now).order_by(test_modes.c.route)
        async with self._store.reading() as connection:
            return [TestMode(**row._mapping) for row in await connection.execute(query)]

    async def _write(self, *statements: sa.Executable) -> int:
        """How many rows the last of them changed."""
        changed = 0
        async with self._store.writing() as connection:
            for statement in statements:
                changed = (await connection.execute(statement)).rowcount
        return changed
