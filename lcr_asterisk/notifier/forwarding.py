"""From the engine's outbox to the notifier: each event at least once, those of a call in their order.

A notifier that is away costs nothing but time: the events wait in the database, and calls never wait for any of this.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

import aiohttp

from lcr_asterisk.errors import StoreError
from lcr_asterisk.notifier import signature
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.rows import OutboxRow

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25  # seconds
AT_ONCE = 50
SECONDS = 10.0  # for one attempt
LEASE = timedelta(seconds=30)
"""Longer than any attempt takes: a process that claimed an event and is silent for so long has ended."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds between attempts
GIVE_UP = timedelta(days=7)
KEPT = timedelta(days=7)
TIDY_EVERY = timedelta(hours=1)

# What the notifier cannot make sense of now it cannot later. Any other refusal may be put right, and is tried again.
_FOR_GOOD = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY})


class Forwarder:
    """Delivers the outbox to the notifier's `url`, signed with `secret`. `run` must be running.

    `now` is asked for aware UTC times; `jitter`, between 0 and 1, keeps attempts from coming all together.
    """

    def __init__(
        self,
        outbox: Outbox,
        url: str,
        secret: str,
        now: Callable[[], datetime],
        *,
        jitter: Callable[[], float] = random.random,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        self._outbox = outbox
        self._url = url
        self._secret = secret
        self._now = now
        self._jitter = jitter
        self._first_wait = first_wait
        self._tidy_at = now()
        self.problem: str | None = None

    async def run(self) -> None:
        """Deliver whatever is due, until cancelled."""
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                try:
                    more = await self.forward(session)
                    await self._tidy()
                except StoreError as error:
                    log.debug("the outbox cannot be read: %s", error)  # the journal says so aloud
                    more = False
                except Exception:  # calls go on, whatever it is
                    log.exception("The outbox cannot be delivered")
                    more = False
                if not more:
                    await asyncio.sleep(LOOK_EVERY)

    async def forward(self, session: aiohttp.ClientSession) -> bool:
        """Make one attempt for what is due now. Whether any was delivered, so that more may be due."""
        now = self._now()
        due = await self._outbox.next_due()
        if due is None or due > now:
            return False
        rows = await self._outbox.claim(now, now + LEASE, AT_ONCE)
        return any(await asyncio.gather(*(self._deliver(session, row) for row in rows)))

    async def _deliver(self, session: aiohttp.ClientSession, row: OutboxRow) -> bool:
        try:
            status = await self._post(session, row)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            await self._failed(row, f"the notifier cannot be reached: {_words(error)}")
            return False
        if 200 <= status < 300:
            await self._outbox.delivered(row.id, self._now())
            self._note(None)
            return True
        if status in _FOR_GOOD:
            await self._bury(row, f"the notifier answers {status}")
        else:
            await self._failed(row, f"the notifier answers {status}")
        return False

    async def _post(self, session: aiohttp.ClientSession, row: OutboxRow) -> int:
        event = {"type": row.type, "timestamp": row.at.isoformat(), "data": row.payload}
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = signature.headers(self._secret, row.id, self._now(), body) | {"content-type": "application/json"}
        async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
            return response.status

    async def _failed(self, row: OutboxRow, problem: str) -> None:
        if self._now() - row.at >= GIVE_UP:
            await self._bury(row, problem)
            return
        wait = min(self._first_wait * 2.0 ** min(row.attempts - 1, 30), LONGEST_WAIT)
        await self._outbox.put_off(row.id, self._now() + timedelta(seconds=wait * (0.5 + self._jitter() / 2)), problem)
        self._note(problem)

    async def _bury(self, row: OutboxRow, problem: str) -> None:
        log.error("%s is not delivered: %s. `lcr outbox replay %s` tries it again.", row.id, problem, row.id)
        await self._outbox.bury(row.id, self._now(), problem)

    def _note(self, problem: str | None) -> None:
        if problem is not None and self.problem is None:
            log.warning("%s; what it has to be told waits, and is told again and again", problem)
        elif problem is None and self.problem is not None:
            log.info("the notifier takes events again")
        self.problem = problem

    async def _tidy(self) -> None:
        if self._now() >= self._tidy_at:
            self._tidy_at = self._now() + TIDY_EVERY
            await self._outbox.forget(self._now(), KEPT)


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
