"""An alert waits a little for what is being made of a caller's message, unless somebody would not be told meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from lcr_asterisk.config import load
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.directory import Directory
from lcr_asterisk.notifier.patience import FOR_WORDS, MOMENT, patience, waits
from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.notifier.targets.email import Email
from lcr_asterisk.notifier.targets.slack import SlackChannel, SlackWebhook
from lcr_asterisk.notifier.targets.voice import Engine, Voice
from lcr_asterisk.notifier.telling import Teller
from lcr_asterisk.notifier.worker import Worker
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.policy import Cause, Level, Policy, Why
from lcr_asterisk.paging.states import Delivery, Kind, Notifying, Page, Progress, Taken
from lcr_asterisk.paging.story import story
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import RecordingKind, RecordingRow
from lcr_asterisk.store.tables import calls, recordings
from tests.stand_ins import Answer, Receiver
from tests.unit.notifier.conftest import LOOPBACK
from tests.unit.notifier.conftest import now as wall
from tests.unit.notifier.test_hearing import CALL, KEY, NOW

# -- what waits for what ---------------------------------------------------------------------------------------------

MAIL, CALLED = Email("ops@example.com"), Voice("alice")
BOT = SlackChannel(SecretStr("xoxb-1"), "C1")
SLACK = SlackWebhook(SecretStr("https://hooks.slack.com/1"))
CAUSE = Cause("c1", Why.MESSAGE, NOW, "production", "Production", "+15551234567")
PAGE = Page(
    id="c1",
    policy=Policy("platform", "Platform", (Level(60.0),), 0, (), 600.0),
    cause=CAUSE,
    latest=CAUSE,
    calls=("c1",),
    last_call_at=NOW,
    opened_at=NOW,
    stage=Notifying(0, NOW + timedelta(minutes=10)),
)
TO_TEAM = Delivery("d1", "m1", Kind.OPENED, "ops", "e-mail", Progress.SENDING, NOW, NOW)
TO_ALICE = replace(TO_TEAM, id="d2", kind=Kind.NOTIFIED, person="alice")
COMPLETE_BY = NOW + FOR_WORDS


def of_alice(progress: Progress, *, call: bool = True, person: str = "alice") -> Page:
    """A page about which she, or another person, is told in another way too."""
    other = replace(TO_ALICE, id="d3", person=person, progress=progress, call=call)
    return replace(PAGE, deliveries=(TO_ALICE, other))


def waited(page: Page, delivery: Delivery, target: Target) -> float:
    """Seconds after which it is sent at last."""
    now = NOW
    while waits(page, delivery, target) and (wait := patience(page, delivery, COMPLETE_BY, now)) is not None:
        assert 0 < wait <= 5.0
        now += timedelta(seconds=wait)
    return (now - NOW).total_seconds()


SECOND_CALL = replace(PAGE, calls=("c1", "c2"))
MISSED = replace(PAGE, latest=replace(CAUSE, why=Why.MISSED))
TAKEN, TAKEN_TWICE = replace(PAGE, stage=Taken()), replace(SECOND_CALL, stage=Taken())
ACKNOWLEDGED = replace(TO_TEAM, kind=Kind.ACKNOWLEDGED)


@pytest.mark.parametrize(
    ("page", "delivery", "target", "seconds"),
    [
        pytest.param(PAGE, TO_TEAM, MAIL, 60, id="a team's e-mail"),
        pytest.param(PAGE, TO_TEAM, SLACK, 60, id="a message that cannot be changed"),
        pytest.param(MISSED, TO_TEAM, MAIL, 0, id="a call without a message"),
        pytest.param(PAGE, TO_TEAM, BOT, 0, id="one that is changed when the page moves"),
        pytest.param(PAGE, TO_ALICE, CALLED, 0, id="a phone"),
        pytest.param(PAGE, TO_ALICE, MAIL, 5, id="a person's only way"),
        pytest.param(of_alice(Progress.SENDING), TO_ALICE, MAIL, 5, id="a phone that does not ring yet"),
        pytest.param(of_alice(Progress.TOLD), TO_ALICE, MAIL, 60, id="a person whose phone rings"),
        pytest.param(of_alice(Progress.LISTENING), TO_ALICE, MAIL, 60, id="a person who listens"),
        pytest.param(of_alice(Progress.OVER), TO_ALICE, MAIL, 5, id="a person who has not answered"),
        pytest.param(of_alice(Progress.TOLD, call=False), TO_ALICE, MAIL, 5, id="a message may not have been seen"),
        pytest.param(of_alice(Progress.TOLD, person="bob"), TO_ALICE, MAIL, 5, id="somebody else's phone"),
        pytest.param(TAKEN, TO_TEAM, MAIL, 0, id="what comes before the news that somebody takes care"),
        pytest.param(TAKEN, ACKNOWLEDGED, MAIL, 60, id="the only alert that has the words"),
        pytest.param(TAKEN_TWICE, ACKNOWLEDGED, MAIL, 0, id="what was told before"),
    ],
)
def test_how_long_an_alert_waits_for_words(page: Page, delivery: Delivery, target: Target, seconds: float) -> None:
    assert waited(page, delivery, target) == seconds


def test_a_clock_that_was_set_back_puts_nothing_off() -> None:
    assert patience(PAGE, TO_TEAM, COMPLETE_BY, NOW - timedelta(hours=1)) is None


# -- a page that is worked -------------------------------------------------------------------------------------------

YAML = """\
version: 1
people:
  alice: {{name: Alice Martin, phones: ["+14155550101"]}}
  bob: {{name: Bob Chen, notify: ["{outside}/bob"]}}
teams:
  platform:
    name: Platform
    escalation: [{{ring: [alice, bob], page_for: 10m}}]
    alerts: [{{webhook: "{outside_web}/team"}}]
routes: {{production: {{name: Production, numbers: ["+14155551000"], team: platform}}}}
transcripts: {{engine: command, command: [transcribe, "{{input}}"]}}
"""


@dataclass
class Hotline:
    """A page about a message that was just kept, and what works it; time passes when it is told to."""

    log: CallLog
    outside: Receiver
    engine: Receiver
    pages: Pages
    now: datetime = NOW
    look: Callable[[], None] = lambda: None

    def after(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.look()

    async def put_off(self, deliveries: int) -> None:
        """So many different alerts wait at this time."""
        async with asyncio.timeout(60):
            while len({one.delivery for one in await self._put_off()}) < deliveries:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def _put_off(self) -> list[ev.Deferred]:
        entries = await self.pages.entries(CALL.id)
        found = [event for at, event in entries if isinstance(event, ev.Deferred) and at == self.now]
        assert all(not event.tried for event in found)
        return found

    async def told(self, path: str) -> dict[str, Any]:
        """What an alert says that arrived there."""
        async with asyncio.timeout(60):
            while not (got := [one for one in self.outside.got if one.path == path]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        said: dict[str, Any] = json.loads(got[0].body)
        return said

    @property
    def paths(self) -> set[str]:
        return {one.path for one in self.outside.got}


async def keep(store: Store, mp3: str | None) -> None:
    row = RecordingRow("r4nd0m", CALL.id, RecordingKind.MESSAGE, "/kept/m.wav", mp3, 12.0, NOW)
    async with store.writing() as connection:
        await connection.execute(sa.insert(calls).values(**asdict(CALL)))
        await connection.execute(sa.insert(recordings).values(**asdict(row)))


@asynccontextmanager
async def hotline(
    directory: Path, *, transcripts: bool = True, mp3: str | None = "/kept/m.mp3"
) -> AsyncIterator[Hotline]:
    async with (
        Receiver() as outside,
        Receiver() as engine,
        open_store(f"sqlite+aiosqlite:///{directory / 'lcr.db'}") as store,
        Deliverer(wall, engine=Engine(engine.url("api/v1"), SecretStr("t")), allowed=LOOPBACK) as deliverer,
    ):
        engine.answers = [Answer(202, json.dumps({"id": "20261121-090100-abcde"}))]
        web = outside.url("").rstrip("/")
        yaml = YAML.format(outside=web.replace("http", "json"), outside_web=web)
        (directory / "lcr.yaml").write_text(yaml if transcripts else yaml[: yaml.index("transcripts:")])
        settings = load(directory / "lcr.yaml", {}, directory)
        known, log, pages = Directory(settings, {}), CallLog(store), Pages(store)
        await keep(store, mp3)
        cause = Cause(CALL.id, Why.MESSAGE, NOW, "production", "Production", "+15551234567")
        policy = known.policy("platform")
        assert policy is not None
        await pages.report(cause, policy, NOW)
        system = Hotline(log, outside, engine, pages)
        teller = Teller(log, pages, lambda: settings, KEY)
        worker = Worker(pages, lambda: known, teller, deliverer, lambda: system.now, wall)
        system.look = worker.look
        task = asyncio.ensure_future(worker.run())
        try:
            yield system
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_transcript_that_comes_a_moment_later_is_in_the_alert(tmp_path: Path) -> None:
    async with hotline(tmp_path) as system:
        await system.put_off(2)
        assert system.outside.got == []
        await system.log.set_transcript("r4nd0m", "The website is down.")
        system.after(2)
        assert (await system.told("/team"))["data"]["transcript"] == "The website is down."
        lines = [line.text for line in story(await system.pages.entries(CALL.id))]
        assert not any("not now" in line for line in lines), "nothing went wrong"


async def test_without_a_transcript_it_goes_without_and_people_are_told_before(tmp_path: Path) -> None:
    async with hotline(tmp_path) as system:
        await system.engine.got_times(1)
        await system.put_off(2)
        assert system.outside.got == [], "a phone rings at once, and time has not passed"
        system.after(MOMENT.total_seconds())
        await system.told("/bob")
        await system.put_off(1)
        system.after((FOR_WORDS - MOMENT).total_seconds() - 1)
        await system.put_off(1)
        assert system.paths == {"/bob"}, "who has no other way was told"
        system.after(1)
        assert (await system.told("/team"))["data"]["transcript"] is None


async def test_for_an_mp3_it_waits_a_moment(tmp_path: Path) -> None:
    async with hotline(tmp_path, transcripts=False, mp3=None) as system:
        await system.put_off(2)
        system.after(MOMENT.total_seconds() - 1)
        await system.put_off(2)
        assert system.outside.got == []
        system.after(1)
        await system.told("/team")


async def test_a_message_of_which_nothing_is_missing_is_told_at_once(tmp_path: Path) -> None:
    async with hotline(tmp_path, transcripts=False) as system:
        await system.told("/team")
