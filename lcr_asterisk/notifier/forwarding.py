"""From the engine's outbox to the notifier: each event at least once, those of a call in their order.

A notifier that is away costs nothing but time: the events wait in the database, and calls never wait for any of this.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import aiohttp

from lcr_asterisk.errors import StoreError
from lcr_asterisk.notifier import signature
from lcr_asterisk.notifier.web import beginning
from lcr_asterisk.store.outbox import ANSWERED, Outbox, Settled, buried, delivered, put_off
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
# It says this of itself, or somebody in front of it does, and would of any event: it is as good as away.
_AWAY = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of one attempt, and whether the notifier was away."""

    settled: Settled
    away: bool = False


class Forwarder:
    """Delivers the outbox to the notifier's `url`, signed with `secret`. `run` must be running.

    `now` and `wall` are asked for aware UTC times: attempts are made by `now`, and signed with `wall`, the system's
    clock, by which the notifier judges them. `jitter`, between 0 and 1, keeps attempts from coming all together.

    While the notifier is away, one event at a time is tried, less and less often; all others just wait.
    """

    def __init__(
        self,
        outbox: Outbox,
        url: str,
        secret: str,
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
        *,
        jitter: Callable[[], float] = random.random,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        self._outbox = outbox
        self._url = url
        self._secret = secret
        self._now = now
        self._wall = wall
        self._jitter = jitter
        self._first_wait = first_wait
        self._tidy_at = now()
        self._failures = 0
        """Attempts in a row at which the notifier was away."""
        self._try_at: datetime | None = None
        self.problem: str | None = None

    async def run(self) -> None:
        """Deliver whatever waits, and then whatever is due, until cancelled."""
        begun = False
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                try:
                    if not begun:
                        await self._outbox.begin(self._now())
                        begun = True
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
        if self._try_at is not None and now < self._try_at:
            return False
        due = await self._outbox.next_due()
        if due is None or due > now:
            return False
        rows = await self._outbox.claim(now, now + LEASE, 1 if self._failures else AT_ONCE)
        tried = await asyncio.gather(*(self._attempt(session, row) for row in rows))
        self._learn(tried)
        await self._outbox.settle([one.settled for one in tried])
        return any(one.settled.delivered for one in tried)

    def _learn(self, tried: Sequence[_Tried]) -> None:
        if any(not one.away for one in tried):
            self._failures, self._try_at = 0, None
        elif tried:
            self._failures += 1
            self._try_at = self._now() + self._wait(self._failures)
        problems = [one.settled.problem for one in tried if one.settled.next_at is not None]
        if any(one.settled.delivered for one in tried):
            self._note(None)
        elif problems:
            self._note(problems[0])

    async def _attempt(self, session: aiohttp.ClientSession, row: OutboxRow) -> _Tried:
        try:
            status, said = await self._post(session, row)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _Tried(self._failed(row, f"the notifier cannot be reached: {_words(error)}"), away=True)
        except Exception:  # the other events of this batch are settled all the same
            log.exception("%s cannot be told", row.id)
            return _Tried(self._failed(row, "it cannot be told; the engine's log says why"))
        if not _is_notifier(status, said):
            problem = f"what answers at {self._url} is not our notifier ({status})"
            return _Tried(self._failed(row, problem), away=True)
        if status < 300:
            return _Tried(delivered(row, self._now()))
        if status in _FOR_GOOD:
            return _Tried(self._bury(row, f"{ANSWERED}{status}"))
        return _Tried(self._failed(row, f"{ANSWERED}{status}"), status in _AWAY)

    async def _post(self, session: aiohttp.ClientSession, row: OutboxRow) -> tuple[int, Mapping[str, object]]:
        """The status of the answer, and what it says."""
        event = {"type": row.type, "timestamp": row.at.isoformat(), "data": row.payload}
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = signature.headers(self._secret, row.id, self._wall(), body) | {"content-type": "application/json"}
        async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
            return response.status, _object(await beginning(response.content))

    def _failed(self, row: OutboxRow, problem: str) -> Settled:
        if self._now() - row.at >= GIVE_UP:
            return self._bury(row, problem)
        return put_off(row, self._now() + self._wait(row.attempts), problem)

    def _wait(self, attempts: int) -> timedelta:
        """Until the next attempt, when so many have failed."""
        seconds = min(self._first_wait * 2.0 ** min(attempts - 1, 30), LONGEST_WAIT)
        return timedelta(seconds=seconds * (0.5 + self._jitter() / 2))

    def _bury(self, row: OutboxRow, problem: str) -> Settled:
        log.error("%s is not delivered: %s. `lcr outbox replay %s` tries it again.", row.id, problem, row.id)
        return buried(row, self._now(), problem)

    def _note(self, problem: str | None) -> None:
        if problem is not None and self.problem is None:
            log.warning("%s; what the notifier has to be told waits, and is told again and again", problem)
        elif problem is None and self.problem is not None:
            log.info("the notifier takes events again")
        self.problem = problem

    async def _tidy(self) -> None:
        if self._now() >= self._tidy_at:
            self._tidy_at = self._now() + TIDY_EVERY
            await self._outbox.forget(self._now(), KEPT)


def _is_notifier(status: int, said: Mapping[str, object]) -> bool:
    """Whether the notifier answers, and not somebody who says yes or no to everything: a program that has its port.

    It says which page there is for an event, or none; or what is wrong with it (`service.py`). But for what it cannot
    even read (too large), and for its defects and those who stand in front of it, others find the words.
    """
    if 200 <= status < 300:
        return "page" in said
    return "problem" in said or status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or status >= 500


def _object(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
