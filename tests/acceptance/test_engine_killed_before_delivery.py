"""The engine is killed between what it promised and what it tells: the notifier still hears of every message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import web

from lcr_asterisk.notifier import signature
from lcr_asterisk.notifier.service import EVENTS
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.simulator.phone import Caller
from lcr_asterisk.store.rows import CallRow
from tests.acceptance.hotline import Hotline
from tests.acceptance.voices import leaves_a_message, speaks_after_the_beep

MAILBOX = "+14155551003"
TALKATIVE = "+14155551093"  # that the message is kept is said for so long that the engine can end meanwhile


class Notifier:
    """What listens where the notifier should: it keeps what is genuine, by call. Types in `deaf` it never answers."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._got: list[tuple[str, str, str]] = []  # call, type, idempotency key
        self._more = asyncio.Condition()
        self.deaf: set[str] = set()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        id_ = signature.verify(self._key, request.headers, body, datetime.now(UTC))
        event = json.loads(body)
        async with self._more:
            self._got.append((event["data"]["call"]["id"], event["type"], id_))
            self._more.notify_all()
        if event["type"] in self.deaf:
            await asyncio.Event().wait()
        return web.json_response({"page": None})

    def told(self, call: str) -> list[str]:
        """The types of what was told of this call, in order, repetitions too."""
        return [type_ for of, type_, _ in self._got if of == call]

    def ids(self, call: str) -> set[str]:
        return {id_ for of, _, id_ in self._got if of == call}

    async def hears(self, call: str, type_: str, times: int = 1) -> None:
        async with asyncio.timeout(60), self._more:
            await self._more.wait_for(lambda: self.told(call).count(type_) >= times)


@asynccontextmanager
async def notifier(hotline: Hotline) -> AsyncIterator[Notifier]:
    """A notifier that is there for a while."""
    stand_in = Notifier(secret(hotline.data, "notifier"))
    app = web.Application()
    app.router.add_post(EVENTS, stand_in.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, hotline.notifier.host, hotline.notifier.port).start()
    try:
        yield stand_in
    finally:
        await runner.cleanup()


async def leaves_one(hotline: Hotline) -> Caller:
    caller = hotline.caller()
    await caller.dials(MAILBOX)
    await leaves_a_message(hotline, caller)
    return caller


def is_told_in_order(stand_in: Notifier, call: CallRow) -> None:
    expected = ["call.started", "voicemail.received", "call.ended"]
    assert list(dict.fromkeys(stand_in.told(call.id))) == expected
    assert stand_in.ids(call.id) == {f"{call.id}.{type_}" for type_ in expected}


async def test_a_message_that_was_promised_while_the_notifier_was_away_is_told_by_the_next_engine(
    hotline: Hotline,
) -> None:
    """The engine ends as soon as the caller hears that the message is kept, and nobody has heard of it."""
    caller = hotline.caller()
    await caller.dials(TALKATIVE)
    await speaks_after_the_beep(hotline, caller, 2.5)
    await caller.presses("#")
    await caller.hears("message_kept")
    await hotline.kill_engine()
    await caller.hangs_up()
    async with notifier(hotline) as stand_in:
        await hotline.start_engine()
        call = await hotline.logged(caller)
        await stand_in.hears(call.id, "call.ended")
        is_told_in_order(stand_in, call)
        assert len(stand_in.told(call.id)) == 3, "and once"


async def test_what_was_told_and_not_answered_is_told_again_with_the_same_key(hotline: Hotline) -> None:
    async with notifier(hotline) as stand_in:
        stand_in.deaf = {"voicemail.received"}
        call = await hotline.logged(await leaves_one(hotline))
        await stand_in.hears(call.id, "voicemail.received")
        await hotline.kill_engine()
        assert stand_in.told(call.id) == ["call.started", "voicemail.received"], "the others wait for it"
        stand_in.deaf = set()
        await hotline.start_engine()
        await stand_in.hears(call.id, "call.ended")
        assert stand_in.told(call.id).count("voicemail.received") == 2
        is_told_in_order(stand_in, call)
