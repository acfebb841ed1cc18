"""Between engine and notifier nothing is lost: each event arrives at least once, signed, in the order of its call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp.test_utils import TestServer
from standardwebhooks.webhooks import Webhook as Verifier
from yarl import URL

from lcr_asterisk.errors import PageError
from lcr_asterisk.notifier import service, signature
from lcr_asterisk.notifier.forwarding import AT_ONCE, GIVE_UP, LONGEST_WAIT, Forwarder
from lcr_asterisk.notifier.inbox import Wanted
from lcr_asterisk.notifier.service import make_app
from lcr_asterisk.notifier.web import LARGEST_REPLY
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.rows import OutboxRow
from lcr_asterisk.store.tables import outbox
from tests.stand_ins import Answer, Receiver

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS1ub3RpZmllcg=="
CALL = {
    "id": "20261121-090012-k7m3q",
    "route": "production",
    "route_name": "Production",
    "team": "platform",
    "caller": "+15551234567",
    "caller_name": "ACME",
    "label": None,
    "test_person": None,
}


class Time:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture(name="time")
def _time() -> Time:
    return Time()


@pytest_asyncio.fixture(name="store")
async def _store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'lcr.db'}") as store:
        yield store


@pytest_asyncio.fixture(name="session")
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


TAKEN = Answer(body='{"page": null}')
"""The notifier's answer to an event of which no page comes."""


@pytest_asyncio.fixture(name="receiver")
async def _receiver() -> AsyncIterator[Receiver]:
    """Answers as the notifier does."""
    async with Receiver() as receiver:
        receiver.answers = [TAKEN]
        yield receiver


def refusal(status: int) -> Answer:
    return Answer(status, json.dumps({"problem": "not like this"}))


Forward = Callable[[], Awaitable[bool]]


@pytest.fixture(name="forwarder")
def _forwarder(store: Store, receiver: Receiver, time: Time) -> Forwarder:
    return Forwarder(Outbox(store), receiver.url("v1/events"), SECRET, time, time, jitter=lambda: 1.0)


async def put(store: Store, at: datetime, *types: str, call: str = "one") -> None:
    rows = [
        OutboxRow(f"{call}.{type_}", call, seq, type_, at, {"call": {**CALL, "id": call}}, at, 0, None, None, None)
        for seq, type_ in enumerate(types)
    ]
    async with store.writing() as connection:
        await connection.execute(sa.insert(outbox), [_plain(row) for row in rows])


def _plain(row: OutboxRow) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in outbox.columns}


def ids(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.got]


# -- the engine's side -----------------------------------------------------------------------------------------------


async def test_an_event_is_signed_so_that_others_can_verify_it(
    store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    await put(store, time(), "call.missed")
    assert await forwarder.forward(session)
    (request,) = receiver.got
    Verifier(SECRET).verify(request.body, dict(request.headers))
    event = json.loads(request.body)
    assert (event["type"], event["data"]["call"]["id"]) == ("call.missed", "one")
    assert datetime.fromisoformat(event["timestamp"]) == time()
    assert request.path == "/v1/events"
    assert not await forwarder.forward(session), "once is enough"


async def test_events_of_a_call_arrive_in_order_though_one_of_them_fails(
    store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    await put(store, time(), "call.started", "call.missed", "call.ended")
    receiver.answers = [Answer(503), TAKEN]
    assert not await forwarder.forward(session)
    assert forwarder.problem == "the notifier answers 503"
    assert not await forwarder.forward(session)
    time.passes(0.5)
    while await forwarder.forward(session):
        pass
    assert ids(receiver) == ["one.call.started", "one.call.started", "one.call.missed", "one.call.ended"]
    assert forwarder.problem is None


async def test_while_the_notifier_is_away_each_attempt_comes_later_and_nothing_is_lost(
    store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    await put(store, time(), "call.missed")
    receiver.breaks_off = True
    waits = []
    for _ in range(9):
        assert not await forwarder.forward(session)
        due = await Outbox(store).next_due()
        assert due is not None
        waits.append((due - time()).total_seconds())
        time.now = due
    assert waits == [0.5, 1, 2, 4, 8, 16, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]
    assert forwarder.problem is not None
    assert forwarder.problem.startswith("the notifier cannot be reached")
    receiver.breaks_off = False
    assert await forwarder.forward(session)


async def test_a_process_that_ends_between_delivery_and_its_note_delivers_again_with_the_same_id(
    store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    await put(store, time(), "call.missed")
    (claimed,) = await Outbox(store).claim(time(), time() + timedelta(seconds=30), 10)
    assert (await forwarder._post(session, claimed))[0] == 200  # and killed
    time.passes(30)
    assert await forwarder.forward(session)
    assert ids(receiver) == ["one.call.missed", "one.call.missed"]


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_what_the_notifier_cannot_read_is_set_aside_and_holds_up_nothing(
    status: int, store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    await put(store, time(), "call.started", "call.missed")
    receiver.answers = [refusal(status), TAKEN]
    assert not await forwarder.forward(session)
    assert await forwarder.forward(session)
    (dead,) = await Outbox(store).waiting(10)
    assert (dead.id, dead.dead, dead.problem) == ("one.call.started", time(), f"the notifier answers {status}")


async def test_what_is_too_large_is_set_aside_whoever_says_so(
    store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    """aiohttp does, before the notifier sees it."""
    await put(store, time(), "call.started")
    receiver.answers = [Answer(413, "Maximum request body size 1048576 exceeded")]
    assert not await forwarder.forward(session)
    (dead,) = await Outbox(store).waiting(10)
    assert dead.dead is not None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(200, "<html><body><h1>It works!</h1></body></html>"), id="a web server"),
        pytest.param(Answer(200), id="an empty yes"),
        pytest.param(Answer(204), id="a yes without words"),
        pytest.param(Answer(200, "[]"), id="a list"),
        pytest.param(Answer(200, '{"status": "ok"}'), id="another program's yes"),
        pytest.param(Answer(200, '{"page": null'), id="half an answer"),
        pytest.param(Answer(200, "[" * 60_000), id="what no parser reads"),
        pytest.param(Answer(200, " " * LARGEST_REPLY + '{"page": null}'), id="an answer without end"),
        pytest.param(Answer(302, headers={"Location": "/login"}), id="a proxy that sends us to its page"),
        pytest.param(Answer(400, "The plain HTTP request was sent to HTTPS port"), id="another program's no"),
        pytest.param(Answer(404, "Not Found"), id="a web server that knows no such page"),
    ],
)
async def test_what_a_program_answers_that_is_not_the_notifier_counts_for_nothing(
    answer: Answer, store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    """Its port may be taken, or a proxy answers for it. The event waits, as for a notifier that is away."""
    for number in range(3):
        await put(store, time(), "voicemail.received", call=f"call-{number}")
    receiver.answers = [answer]
    assert not await forwarder.forward(session)
    waits = await Outbox(store).waiting(10)
    problem = f"what answers at {receiver.url('v1/events')} is not our notifier ({answer.status})"
    assert [(row.delivered, row.dead, row.problem) for row in waits] == [(None, None, problem)] * 3
    assert forwarder.problem == problem
    assert forwarder._try_at is not None
    time.now = max(forwarder._try_at, *(row.next_at for row in waits if row.next_at is not None))
    assert not await forwarder.forward(session)
    assert len(receiver.got) == 3 + 1, "one is tried for all"
    receiver.answers = [TAKEN]
    time.passes(LONGEST_WAIT)
    while await forwarder.forward(session):
        pass
    assert await Outbox(store).waiting(10) == []
    assert forwarder.problem is None


@pytest.mark.parametrize("status", [302, 401, 404, 409, 429, 500])
async def test_what_may_be_put_right_is_tried_again_for_a_week(
    status: int, store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    await put(store, time(), "call.missed")
    receiver.answers = [Answer(status, headers={"Location": "/elsewhere"})]
    await forwarder.forward(session)
    (waits,) = await Outbox(store).waiting(10)
    assert waits.dead is None
    time.passes(GIVE_UP.total_seconds())
    await forwarder.forward(session)
    (dead,) = await Outbox(store).waiting(10)
    assert dead.dead == time()
    assert len(receiver.got) == 2


async def test_it_runs_by_itself_and_forgets_after_a_week(store: Store, receiver: Receiver, time: Time) -> None:
    forwarder = Forwarder(Outbox(store), receiver.url("v1/events"), SECRET, time, time)
    await put(store, time(), "call.started", "call.missed")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(forwarder.run())
        async with asyncio.timeout(60):
            await receiver.got_times(2)
            while await Outbox(store).waiting(10):  # noqa: ASYNC110 - a database tells nobody
                await asyncio.sleep(0.01)
        time.passes(8 * 86400)
        async with asyncio.timeout(60):
            while await count(store):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        running.cancel()


async def test_what_another_engine_was_about_to_deliver_when_it_ended_is_delivered_at_once(
    store: Store, receiver: Receiver, time: Time
) -> None:
    """Its lease need not run out: time stands still here."""
    await put(store, time(), "call.missed")
    assert len(await Outbox(store).claim(time(), time() + timedelta(seconds=30), 10)) == 1
    forwarder = Forwarder(Outbox(store), receiver.url("v1/events"), SECRET, time, time)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(forwarder.run())
        async with asyncio.timeout(60):
            await receiver.got_times(1)
        running.cancel()


async def count(store: Store) -> int:
    async with store.reading() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(outbox)) or 0


async def test_while_the_notifier_is_away_one_event_is_tried_for_all(
    store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    for number in range(AT_ONCE + 30):
        await put(store, time(), "call.started", call=f"call-{number:03}")
    receiver.breaks_off = True
    tried = []
    for _ in range(6):
        before = len(receiver.got)
        assert not await forwarder.forward(session)
        tried.append(len(receiver.got) - before)
        assert not await forwarder.forward(session), "nobody else is tried in between"
        assert forwarder._try_at is not None
        time.now = forwarder._try_at
    assert tried == [AT_ONCE, 1, 1, 1, 1, 1]
    untried = [row for row in await Outbox(store).waiting(100) if not row.attempts]
    assert len(untried) >= 25, "these wait, and their attempts are not counted"
    receiver.breaks_off = False
    assert await forwarder.forward(session)
    assert await forwarder.forward(session)
    assert len(receiver.got) == AT_ONCE + 5 + 1 + AT_ONCE, "and then all the others at once"
    time.passes(LONGEST_WAIT)
    while await forwarder.forward(session):
        pass
    assert await Outbox(store).waiting(100) == []


async def test_an_event_that_the_notifier_does_not_take_just_now_holds_up_no_other_call(
    store: Store, forwarder: Forwarder, receiver: Receiver, session: aiohttp.ClientSession, time: Time
) -> None:
    await put(store, time(), "call.missed", call="one")
    receiver.answers = [refusal(409), TAKEN]
    assert not await forwarder.forward(session)
    await put(store, time(), "call.missed", call="two")
    assert await forwarder.forward(session)


async def test_a_batch_is_settled_in_one_transaction(
    store: Store, forwarder: Forwarder, session: aiohttp.ClientSession, time: Time
) -> None:
    for number in range(10):
        await put(store, time(), "call.started", "call.missed", call=f"call-{number}")
    commits = list[None]()
    sa.event.listen(store._writer.sync_engine, "commit", lambda _: commits.append(None))
    assert await forwarder.forward(session)
    assert len(commits) == 2, "the claim, and what came of it"


async def test_events_are_signed_with_the_systems_clock_however_it_was_set(
    store: Store, notifier: Notifier, session: aiohttp.ClientSession, time: Time
) -> None:
    """The engine's own never jumps; the notifier may have been started after the system's did."""
    ours = Time()
    ours.passes(-600)
    await put(store, ours(), "call.missed")
    assert await Forwarder(Outbox(store), str(notifier.url()), SECRET, ours, time).forward(session)
    assert len(notifier.wanted) == 1


# -- the notifier's side ---------------------------------------------------------------------------------------------


class Notifier:
    """The real service, and the pages that were asked of it."""

    def __init__(self, time: Time) -> None:
        self.wanted: list[Wanted] = []
        self.problem: PageError | None = None
        self.healthy = True
        app = make_app(self._open, SECRET, time, {"database": lambda: self.healthy}, {"nothing": lambda: None})
        self.server = TestServer(app, host="127.0.0.1")

    async def _open(self, wanted: Wanted) -> str | None:
        if self.problem is not None:
            raise self.problem
        self.wanted.append(wanted)
        return wanted.cause.call

    def url(self, path: str = service.EVENTS) -> URL:
        return self.server.make_url(path)


@pytest_asyncio.fixture(name="notifier")
async def _notifier(time: Time) -> AsyncIterator[Notifier]:
    notifier = Notifier(time)
    async with notifier.server:
        yield notifier


async def test_a_missed_call_and_a_message_ask_for_a_page_and_other_events_do_not(
    store: Store, notifier: Notifier, session: aiohttp.ClientSession, time: Time
) -> None:
    await put(store, time(), "call.started", "call.connected", "voicemail.received", "call.missed", "call.ended")
    forwarder = Forwarder(Outbox(store), str(notifier.url()), SECRET, time, time)
    while await forwarder.forward(session):
        pass
    assert [wanted.cause.why for wanted in notifier.wanted] == ["message", "missed"]
    wanted = notifier.wanted[0]
    assert (wanted.team, wanted.test_person, wanted.cause.caller_name) == ("platform", None, "ACME")
    assert await Outbox(store).waiting(10) == []


async def post(
    session: aiohttp.ClientSession, url: URL, body: bytes, now: datetime, secret: str = SECRET
) -> tuple[int, object]:
    async with session.post(url, data=body, headers=signature.headers(secret, "id", now, body)) as answer:
        return answer.status, await answer.json()


async def test_an_event_that_is_not_the_engines_is_refused(
    notifier: Notifier, session: aiohttp.ClientSession, time: Time
) -> None:
    event = json.dumps({"type": "call.missed", "timestamp": time().isoformat(), "data": {"call": CALL}}).encode()
    assert (await post(session, notifier.url(), event, time()))[0] == 200
    assert (await post(session, notifier.url(), event, time(), "another secret"))[0] == 401
    assert (await post(session, notifier.url(), event, time() - timedelta(seconds=301)))[0] == 401
    assert (await post(session, notifier.url(), event, time() + timedelta(seconds=301)))[0] == 401
    headers = signature.headers(SECRET, "id", time(), event)
    for changed in (
        {**headers, "webhook-id": "another"},
        {**headers, "webhook-timestamp": str(int(time().timestamp()) + 1)},
        {**headers, "webhook-timestamp": "soon"},
        {**headers, "webhook-signature": "v1,"},
        {},
    ):
        async with session.post(notifier.url(), data=event, headers=changed) as answer:
            assert answer.status == 401
    async with session.post(notifier.url(), data=event + b" ", headers=headers) as answer:
        assert answer.status == 401
    assert len(notifier.wanted) == 1
    two = {**headers, "webhook-signature": f"v1,other {headers['webhook-signature']}"}
    async with session.post(notifier.url(), data=event, headers=two) as answer:
        assert answer.status == 200, "while a secret is being changed"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_headers_that_are_no_text_are_a_wrong_signature(name: str, time: Time) -> None:
    """As aiohttp has them where a byte of them is not UTF-8."""
    headers = {**signature.headers(SECRET, "id", time(), b""), name: "v1,\udce9"}
    with pytest.raises(signature.BadSignature):
        signature.verify(SECRET, headers, b"", time())


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"[]",
        b'{"type": []}',
        b'{"type": "call.missed"}',
        b'{"type": "call.missed", "timestamp": "now", "data": {"call": {}}}',
        json.dumps({"type": "call.missed", "timestamp": "2026-11-21T09:00:00", "data": {"call": CALL}}).encode(),
        json.dumps(
            {"type": "call.missed", "timestamp": "2026-11-21T09:00:00Z", "data": {"call": {**CALL, "id": 1}}}
        ).encode(),
        b"\xff",
    ],
)
async def test_what_is_no_event_is_refused_for_good(
    event: bytes, notifier: Notifier, session: aiohttp.ClientSession, time: Time
) -> None:
    status, _ = await post(session, notifier.url(), event, time())
    assert status == 400
    assert notifier.wanted == []


async def test_an_event_for_a_team_that_is_not_there_waits_until_it_is(
    store: Store, notifier: Notifier, session: aiohttp.ClientSession, time: Time
) -> None:
    notifier.problem = PageError("There is no team platform.")
    await put(store, time(), "call.missed")
    forwarder = Forwarder(Outbox(store), str(notifier.url()), SECRET, time, time)
    assert not await forwarder.forward(session)
    notifier.problem = None
    time.passes(60)
    assert await forwarder.forward(session)
    assert len(notifier.wanted) == 1


async def test_its_readiness_is_told(notifier: Notifier, session: aiohttp.ClientSession) -> None:
    async with session.get(notifier.url("/healthz")) as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "alive"})
    async with session.get(notifier.url("/readyz")) as answer:
        assert (answer.status, (await answer.json())["checks"]) == (200, {"database": True})
    notifier.healthy = False
    async with session.get(notifier.url("/readyz")) as answer:
        assert (answer.status, (await answer.json())["ready"]) == (503, False)
