"""A person is called by the engine, which is asked to begin and to stop; whatever it does holds up nobody else."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from lcr_asterisk.config import load
from lcr_asterisk.notifier.decisions import Delivered, GiveUp, RetryAfter
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.directory import Directory
from lcr_asterisk.notifier.messages import Message
from lcr_asterisk.notifier.targets.voice import Engine, Voice
from lcr_asterisk.notifier.worker import Worker
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.page import STOP_AGAIN
from lcr_asterisk.paging.policy import Cause, Why
from lcr_asterisk.paging.states import Delivery, Page
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.pages import Pages
from tests.stand_ins import Answer, Receiver
from tests.unit.notifier.alerts import page
from tests.unit.notifier.conftest import LOOPBACK, now

TOKEN = "the-secret-token"
CALL = "20261121-090012-k7m3q"
RINGS = Answer(202, json.dumps({"id": "20261121-090100-abcde"}))
NO_SUCH_CALL = Answer(404, json.dumps({"error": "There is no such call."}))
ALICE = Voice("alice")


def to(engine: Receiver) -> Engine:
    return Engine(engine.url("api/v1"), SecretStr(TOKEN))


@pytest_asyncio.fixture(name="engine")
async def _engine() -> AsyncIterator[Receiver]:
    async with Receiver() as engine:
        engine.answers = [RINGS]
        yield engine


@pytest_asyncio.fixture(name="caller")
async def _caller(engine: Receiver) -> AsyncIterator[Deliverer]:
    """It may not send alerts to this machine; the engine is there all the same."""
    async with Deliverer(now, engine=to(engine)) as deliverer:
        yield deliverer


async def test_the_engine_is_asked_to_call_the_person_about_the_page(caller: Deliverer, engine: Receiver) -> None:
    decision = await caller.deliver(ALICE, page(id="k7m3q-2", page=CALL))
    assert decision == Delivered("20261121-090100-abcde")
    (asked,) = engine.got
    assert (asked.method, asked.path) == ("POST", f"/api/v1/pages/{CALL}/calls")
    assert json.loads(asked.body) == {"delivery": "k7m3q-2", "person": "alice"}
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"


def error(status: int, words: str, **headers: str) -> Answer:
    return Answer(
        status, json.dumps({"error": words}), {name.replace("_", "-"): said for name, said in headers.items()}
    )


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (error(404, "There is no page 'x'."), GiveUp("There is no page 'x'.")),
        (error(503, "There is no person 'x'.", Retry_After="15"), RetryAfter(15.0, "There is no person 'x'.")),
        (error(400, "The body lacks a person."), GiveUp("The body lacks a person.")),
        (error(409, "Alice is on a call.", Retry_After="7"), RetryAfter(7.0, "Alice is on a call.", tried=False)),
        (error(503, "Not connected to Asterisk."), RetryAfter(5.0, "Not connected to Asterisk.")),
        (error(503, "Not now.", Retry_After="20"), RetryAfter(20.0, "Not now.")),
        (error(500, "A defect."), RetryAfter(5.0, "A defect.")),
    ],
)
async def test_what_the_engine_answers_decides(
    caller: Deliverer, engine: Receiver, answer: Answer, decision: object
) -> None:
    engine.answers = [answer]
    assert await caller.deliver(ALICE, page(page=CALL)) == decision


@pytest.mark.parametrize("answer", [Answer(404, "not found"), Answer(200, "[]"), Answer(302), Answer(502, "<html>")])
async def test_what_is_not_our_engine_decides_nothing(caller: Deliverer, engine: Receiver, answer: Answer) -> None:
    """Somebody else's server may have its port while it is restarted; nobody is given up for that."""
    engine.answers = [answer]
    decision = await caller.deliver(ALICE, page(page=CALL))
    assert decision == RetryAfter(5.0, f"what answers where the engine should is not ours ({answer.status})")
    assert not await caller.stop_call(CALL, "k7m3q-2")


async def test_an_engine_that_is_away_is_asked_again(unused_tcp_port: int) -> None:
    engine = Engine(f"http://127.0.0.1:{unused_tcp_port}/api/v1", SecretStr(TOKEN))
    async with Deliverer(now, engine=engine) as deliverer:
        decision = await deliverer.deliver(ALICE, page(page=CALL))
        assert decision == RetryAfter(5.0, "the engine: it cannot be reached: Connection refused")
        assert not await deliverer.stop_call(CALL, "k7m3q-2")


async def test_a_call_is_stopped_until_the_engine_knows_of_none(caller: Deliverer, engine: Receiver) -> None:
    engine.answers = [Answer(204), NO_SUCH_CALL]
    assert not await caller.stop_call(CALL, "k7m3q-2")
    assert await caller.stop_call(CALL, "k7m3q-2")
    assert {(asked.method, asked.path) for asked in engine.got} == {("DELETE", f"/api/v1/pages/{CALL}/calls/k7m3q-2")}


async def test_the_token_is_never_told(caller: Deliverer, engine: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    engine.answers = [Answer(401, json.dumps({"error": "The token is missing or wrong."}))]
    decision = await caller.deliver(ALICE, page(page=CALL))
    assert decision == RetryAfter(5.0, "the engine does not know our token; both need the same LCR_DATA")
    assert "does not know our token" in str(await caller.engine_problem())
    engine.breaks_off = True
    decision = await caller.deliver(ALICE, page(page=CALL))
    await caller.stop_call(CALL, "k7m3q-2")
    assert TOKEN not in caplog.text + repr(decision) + repr(to(engine))


# -- a page that is worked -------------------------------------------------------------------------------------------

YAML = """\
version: 1
people:
  alice: {{name: Alice Martin, phones: ["+14155550101"]}}
  bob: {{name: Bob Chen, notify: ["{bob}"]}}
teams: {{platform: {{name: Platform, escalation: [{{ring: [alice, bob], page_for: 10m}}]}}}}
routes: {{production: {{name: Production, numbers: ["+14155551000"], team: platform}}}}
"""


class Notifier:
    """A page, and what works it, with a database of its own; time passes when it is told to."""

    def __init__(self, pages: Pages, directory: Directory, deliverer: Deliverer) -> None:
        self.pages = pages
        self._now = now()
        self._directory = directory
        self.worker = Worker(pages, lambda: directory, Says(), deliverer, lambda: self._now, now)

    def after(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self.worker.look()

    async def opens_a_page(self) -> None:
        cause = Cause(CALL, Why.MESSAGE, datetime.now(UTC), "production", "Production", "+15551234567")
        policy = self._directory.policy("platform")
        assert policy is not None
        await self.pages.report(cause, policy, self._now)
        self.worker.look()

    async def happens(self, event: ev.Event) -> None:
        assert await self.pages.take(CALL, event, self._now)
        self.worker.look()

    async def until(self, right: Callable[[list[ev.Event]], bool]) -> None:
        """The page's events are right."""
        async with asyncio.timeout(60):
            while not right([event for _, event in await self.pages.entries(CALL)]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


class Says:
    """What there is to say about any page."""

    async def message(self, page_: Page, delivery: Delivery) -> Message:
        return page(id=delivery.message, page=page_.id)

    async def complete_by(self, page_: Page, delivery: Delivery) -> datetime | None:
        return None


@asynccontextmanager
async def working(directory: Path, engine: Receiver, bob: Receiver) -> AsyncIterator[Notifier]:
    (directory / "lcr.yaml").write_text(YAML.format(bob=bob.url("bob").replace("http", "json")))
    known = Directory(load(directory / "lcr.yaml", {}, directory), {})
    async with (
        open_store(f"sqlite+aiosqlite:///{directory / 'lcr.db'}") as store,
        Deliverer(now, engine=to(engine), allowed=LOOPBACK) as deliverer,
    ):
        notifier = Notifier(Pages(store), known, deliverer)
        task = asyncio.ensure_future(notifier.worker.run())
        try:
            yield notifier
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_call_that_rings_is_stopped_when_somebody_acknowledges(tmp_path: Path, engine: Receiver) -> None:
    async with Receiver() as bob, working(tmp_path, engine, bob) as notifier:
        await notifier.opens_a_page()
        await engine.got_times(1)
        asked = json.loads(engine.got[0].body)
        assert asked["person"] == "alice"
        rings = ev.Delivered(asked["delivery"], "20261121-090100-abcde")
        await notifier.until(lambda events: rings in events)
        engine.answers = [Answer(204), NO_SUCH_CALL]
        await notifier.happens(ev.Acknowledged("bob", "Bob Chen", "link"))
        await engine.got_times(2)
        over = ev.Unheeded(asked["delivery"], "the call is over")
        assert over not in [event for _, event in await notifier.pages.entries(CALL)]
        notifier.after(STOP_AGAIN.total_seconds())
        await notifier.until(lambda events: over in events)
        stop = ("DELETE", f"/api/v1/pages/{CALL}/calls/{asked['delivery']}")
        assert [(request.method, request.path) for request in engine.got[1:]] == [stop, stop], "until there is none"


async def test_an_engine_that_hangs_delays_nobody_else(tmp_path: Path, engine: Receiver) -> None:
    engine.hangs = True
    async with Receiver() as bob, working(tmp_path, engine, bob) as notifier:
        await notifier.opens_a_page()
        await engine.got_times(1)
        await bob.got_times(1)
        await notifier.until(lambda events: any(isinstance(event, ev.Delivered) for event in events))
        assert len(engine.got) == 1, "which still has not answered"
