"""A page outlives the configuration that it was opened with: whatever is edited, somebody hears of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lcr_asterisk.config import load
from lcr_asterisk.notifier.decisions import Decision, Delivered
from lcr_asterisk.notifier.directory import Directory
from lcr_asterisk.notifier.messages import Alert, Message
from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.notifier.targets.email import Email
from lcr_asterisk.notifier.targets.webhook import Webhook
from lcr_asterisk.notifier.worker import Worker
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.policy import Cause, Why
from lcr_asterisk.paging.states import Delivery, Page
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.pages import Pages
from tests.unit.notifier.alerts import page
from tests.unit.notifier.conftest import now

CALL = "20261121-090012-k7m3q"
YAML = """\
version: 1
people:
  alice: {name: Alice Martin, notify: ["mailto://alice@example.com"]}
  bob: {name: Bob Chen, notify: ["mailto://bob@example.com"]}
  nora: {name: Nora Nophone}
teams:
  platform:
    name: Platform
    escalation: [{ring: [alice], page_for: 10m}, {ring: [bob], page_for: 5m}]
    alerts: [{webhook: "https://example.com/team"}]
routes:
  production: {name: Production, numbers: ["+14155551000"], team: platform}
smtp: {host: smtp.example.com, from: hotline@example.com}
"""
RENAMED = ("  platform:\n", "  ops:\n"), ("team: platform", "team: ops")
ROUTE_GONE = (*RENAMED, ("  production:", "  incidents:"))
WITHOUT_ALERTS = ('    alerts: [{webhook: "https://example.com/team"}]\n', "")
NOBODY_ON_CALL = ("{ring: [alice], page_for: 10m}, {ring: [bob], page_for: 5m}", "{ring: [nora]}")
WITH_OPERATORS = ("smtp:", 'operators: [{webhook: "https://example.com/operators"}]\nsmtp:')

Edit = tuple[str, str]


class Notifier:
    """Works one page. What it tells is kept, each as where and what; time passes when it is told to."""

    def __init__(self, directory: Path, pages: Pages, *edits: Edit) -> None:
        self.told: list[str] = []
        self.pages = pages
        self._file = directory / "lcr.yaml"
        self._now = now()
        self._arrived = asyncio.Condition()
        self.edit(*edits)
        self.worker = Worker(pages, lambda: self._directory, self, self, lambda: self._now, lambda: self._now)

    def edit(self, *edits: Edit) -> None:
        text = YAML
        for before, after in edits:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        self._file.write_text(text)
        self._directory = Directory(load(self._file, {}, self._file.parent), {})

    async def opens_a_page(self) -> None:
        policy = self._directory.policy("platform")
        assert policy is not None
        cause = Cause(CALL, Why.MESSAGE, self._now, "production", "Production", "+15551234567")
        await self.pages.report(cause, policy, self._now)
        self.worker.look()

    async def happens(self, event: ev.Event) -> None:
        assert await self.pages.take(CALL, event, self._now)
        self.worker.look()

    async def tells(self, *expected: str) -> None:
        """All of this is told next, in whatever order, and nothing else; and it is written down that it was."""
        async with asyncio.timeout(60):
            async with self._arrived:
                await self._arrived.wait_for(lambda: len(self.told) >= len(expected))
            while (due := (await self.pages.page(CALL)).due) is not None and due <= self._now + timedelta(minutes=1):  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # a database tells nobody
        assert sorted(self.told) == sorted(expected)
        self.told.clear()

    def after(self, **time: float) -> None:
        self._now += timedelta(**time)
        self.worker.look()

    # -- what the worker needs -----------------------------------------------------------------------------------------

    async def message(self, page_: Page, delivery: Delivery) -> Message:
        return page(id=delivery.message, page=page_.id, summary=str(delivery.kind))

    async def complete_by(self, _: Page, __: Delivery) -> datetime | None:
        return None

    async def deliver(self, target: Target, message: Message | Alert, earlier: str | None = None) -> Decision:
        said = await message.message() if isinstance(message, Alert) else message
        match target:
            case Webhook(url):
                where = url.get_secret_value().removeprefix("https://example.com/")
            case Email(address):
                where = address.removesuffix("@example.com")
            case _:
                raise AssertionError(target)
        async with self._arrived:
            self.told.append(f"{where}: {said.summary}{', changed' if earlier else ''}")
            self._arrived.notify_all()
        return Delivered(f"at {where}" if isinstance(target, Webhook) else None)

    async def stop_call(self, page: str, delivery: str) -> bool:
        raise AssertionError("nobody is called")


@asynccontextmanager
async def working(directory: Path, *edits: Edit) -> AsyncIterator[Notifier]:
    async with open_store(f"sqlite+aiosqlite:///{directory / 'lcr.db'}") as store:
        notifier = Notifier(directory, Pages(store), *edits)
        task = asyncio.ensure_future(notifier.worker.run())
        try:
            yield notifier
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def critical(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.CRITICAL]


async def test_a_page_whose_team_is_renamed_is_worked_on_by_the_one_that_its_route_leads_to(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with working(tmp_path) as notifier:
        await notifier.opens_a_page()
        await notifier.tells("team: opened", "alice: notified")
        notifier.edit(*RENAMED, WITH_OPERATORS)
        notifier.after(minutes=10)
        await notifier.tells("team: escalated, changed", "bob: notified")
        notifier.after(minutes=5)
        await notifier.tells("team: exhausted, changed")
        assert critical(caplog) == [
            f"page {CALL}: every level was told, and NOBODY ACKNOWLEDGED; alerts say so. "
            f"`lcr pages show {CALL}` says more."
        ]
        await notifier.happens(ev.Acknowledged("bob", "Bob Chen", "link"))
        await notifier.tells("team: acknowledged, changed")


async def test_at_a_new_address_the_team_hears_what_follows_and_sees_it_change_there(tmp_path: Path) -> None:
    async with working(tmp_path) as notifier:
        await notifier.opens_a_page()
        await notifier.tells("team: opened", "alice: notified")
        notifier.edit(("example.com/team", "example.com/new"))
        notifier.after(minutes=10)
        await notifier.tells("new: escalated", "bob: notified")
        notifier.after(minutes=5)
        await notifier.tells("new: exhausted, changed")
        await notifier.happens(ev.Acknowledged("bob", "Bob Chen", "link"))
        await notifier.tells("new: acknowledged, changed")


async def test_a_page_whose_team_and_route_are_gone_ends_with_the_operators(tmp_path: Path) -> None:
    async with working(tmp_path) as notifier:
        await notifier.opens_a_page()
        await notifier.tells("team: opened", "alice: notified")
        notifier.edit(*ROUTE_GONE, WITH_OPERATORS)
        notifier.after(minutes=10)
        await notifier.tells("operators: exhausted")
        await notifier.happens(ev.Acknowledged("bob", "Bob Chen", "link"))
        await notifier.tells("operators: acknowledged, changed")


async def test_without_operators_the_log_says_that_nobody_can_be_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with working(tmp_path, WITHOUT_ALERTS, NOBODY_ON_CALL) as notifier:
        await notifier.opens_a_page()
        async with asyncio.timeout(60):
            while not critical(caplog):  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.01)
        await notifier.tells()
        (said,) = critical(caplog)
        assert "NOBODY IS TOLD SO: its team has no alerts, and there are no operators" in said
        assert (await notifier.pages.page(CALL)).stage == "exhausted", "`lcr pages --open` lists it"


async def test_operators_hear_of_a_page_that_nobody_else_can_be_told_of(tmp_path: Path) -> None:
    async with working(tmp_path, WITHOUT_ALERTS, NOBODY_ON_CALL, WITH_OPERATORS) as notifier:
        await notifier.opens_a_page()
        await notifier.tells("operators: exhausted")
        await notifier.happens(ev.Acknowledged(None, "Bob Chen", "command line"))
        await notifier.tells("operators: acknowledged, changed")


async def test_what_was_removed_is_said_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with working(tmp_path) as notifier:
        await notifier.opens_a_page()
        await notifier.tells("team: opened", "alice: notified")
        notifier.edit(WITHOUT_ALERTS)
        notifier.after(minutes=10)
        await notifier.tells("bob: notified")
        assert f"page {CALL}: webhook" in caplog.text
        assert "is no longer in the configuration" in caplog.text
