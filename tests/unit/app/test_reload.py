"""An edited configuration replaces the running one whole, or not at all; a wrong one is told and changes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from lcr_asterisk.calendars.feeds import Feeds
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config.problems import MOST_TOLD
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import AudioError
from lcr_asterisk.reload import ConfigFile, InForce, LiveConfig
from tests.unit.hung_disk import HungDisk

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
GOOD = """\
version: 1
people:
  alice: {name: Alice Martin, phones: ["+14155550101"]}
  bob: {name: Bob Chen, phones: ["+14155550102"]}
teams:
  platform: {name: Platform, escalation: [{ring: [alice, bob]}]}
routes:
  production: {name: Production, numbers: ["+14155551000"], team: platform}
"""


@dataclass
class Running:
    """A configuration in force, and everything that was said of it."""

    file: Path
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    said: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    taken: asyncio.Queue[Settings] = field(default_factory=asyncio.Queue)
    unplayable: bool = False
    saved_meanwhile: str | None = None
    say: Callable[[str], None] | None = None

    async def prepare(self, settings: Settings) -> InForce:
        # What a reload does with the book and the feeds is to hand them on.
        if self.unplayable:
            raise AudioError("Prompt welcome: /sounds/welcome.wav: nothing can be heard in it.")
        if self.saved_meanwhile is not None:
            self.file.write_text(self.saved_meanwhile)
            self.saved_meanwhile = None
        return InForce(settings, cast(PlanBook, object()), cast(Feeds, object()))

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[LiveConfig]:
        source = ConfigFile(self.file, {}, self.file.parent)
        first = await self.prepare(source.load())
        config = LiveConfig(
            source, first, self.prepare, self.asked, lambda: NOW, self.say or self.said.put_nowait, 0.02
        )
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(config.watch(lambda in_force: self.taken.put_nowait(in_force.settings)))
            yield config
            watching.cancel()


@pytest.fixture
def running(tmp_path: Path) -> Running:
    file = tmp_path / "lcr.yaml"
    file.write_text(GOOD)
    return Running(file)


class Complaints(logging.Handler):
    """What is logged, to be waited for."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._messages: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.put_nowait(record.getMessage())

    async def until(self, words: str) -> list[str]:
        """Wait for a message with these words; what was logged before it."""
        before = list[str]()
        async with asyncio.timeout(30):
            while words not in (said := await self._messages.get()):
                before.append(said)
        return before


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    handler = Complaints()
    log = logging.getLogger("lcr_asterisk.reload")
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)


async def test_an_edit_is_noticed_and_its_difference_said(running: Running) -> None:
    async with running.watched() as config:
        before = config.in_force.book
        running.file.write_text(GOOD.replace("ring: [alice, bob]", "ring: [bob]"))
        said = await asyncio.wait_for(running.said.get(), 30)
        assert said.startswith("configuration reloaded: ")
        assert "level 1" in said
        assert config.in_force.book is not before
        assert [str(target) for target in config.in_force.settings.teams["platform"].escalation[0].ring] == ["bob"]
        assert await asyncio.wait_for(running.taken.get(), 30) is config.in_force.settings


async def test_whoever_asks_gets_the_file_read_again_though_it_did_not_change(running: Running) -> None:
    async with running.watched():
        running.asked.set()
        assert await asyncio.wait_for(running.said.get(), 30) == "configuration reloaded: nothing has changed"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (GOOD.replace("ring: [alice, bob]", "ring: [alcie, bob]"), 'there is no person "alcie"; did you mean "alice"?'),
        ("", "the file is empty"),
        ("people: [", "not valid YAML"),
    ],
    ids=["a wrong name", "an empty file", "no YAML"],
)
async def test_a_wrong_file_is_refused_and_the_running_one_stays(
    running: Running, complaints: Complaints, wrong: str, words: str
) -> None:
    async with running.watched() as config:
        before = config.in_force
        running.file.write_text(wrong)
        await complaints.until(words)
        assert config.in_force is before
        assert config.problem is not None
        assert words in config.problem
        running.file.write_text(GOOD)
        await asyncio.wait_for(running.said.get(), 30)
        assert config.problem is None


async def test_a_file_whose_prompts_cannot_be_made_is_refused(running: Running, complaints: Complaints) -> None:
    async with running.watched() as config:
        before = config.in_force
        running.unplayable = True
        running.asked.set()
        await complaints.until("nothing can be heard in it")
        assert config.in_force is before
        assert running.taken.empty()


async def test_a_file_that_vanishes_for_a_moment_is_no_reason_to_stop(running: Running, complaints: Complaints) -> None:
    async with running.watched() as config:
        running.file.unlink()
        await complaints.until("there is no such file")
        assert config.in_force.settings.routes
        running.file.write_text(GOOD)
        assert await asyncio.wait_for(running.said.get(), 30) == "configuration reloaded: nothing has changed"


async def test_an_edit_during_the_start_is_not_overlooked(running: Running) -> None:
    """Making the first prompts may take a minute, and somebody may save the file meanwhile."""
    running.saved_meanwhile = GOOD.replace("Alice Martin", "Alice M. Martin")
    async with running.watched():
        assert "Alice M. Martin" in await asyncio.wait_for(running.said.get(), 30)


async def test_of_very_many_warnings_the_first_are_said_and_the_others_counted(
    running: Running, complaints: Complaints
) -> None:
    idle = "".join(f"  idle{at}: {{name: Idle {at}}}\n" for at in range(130))
    running.file.write_text(GOOD.replace("teams:", f"{idle}teams:"))
    async with running.watched():
        said = await complaints.until("more; `lcr config check` counts them")
    assert len(said) == MOST_TOLD
    assert "people.idle0" in said[0]


async def test_a_terminal_that_is_gone_keeps_no_edit_from_coming_into_force(
    running: Running, complaints: Complaints
) -> None:
    """What has changed cannot be printed any more; the engine serves on, and takes the next edit too."""

    def nobody_reads(line: str) -> None:
        raise BrokenPipeError("the other end of the pipe is closed")

    running.say = nobody_reads
    async with running.watched() as config:
        for name in ("Alice M. Martin", "Alice N. Martin"):
            running.file.write_text(GOOD.replace("Alice Martin", name))
            await complaints.until("could not be told")
            taken = await asyncio.wait_for(running.taken.get(), 30)
            assert taken is config.in_force.settings
            assert taken.people["alice"].name == name


async def test_a_file_on_a_disk_that_hangs_holds_up_no_call(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be on another machine; and it is looked at every second."""
    disk = HungDisk()
    async with running.watched():
        monkeypatch.setattr(ConfigFile, "signature", disk.before(ConfigFile.signature))
        running.file.write_text(GOOD.replace("Alice Martin", "Alice M. Martin"))
        assert "Alice M. Martin" in await asyncio.wait_for(running.said.get(), 30)
    assert disk.held_nothing_up
