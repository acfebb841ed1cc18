"""The system with its notifier: a second process that can be killed, and the services that alerts go to."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import aiohttp

from lcr_asterisk.paging.events import Closed
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.simulator.phone import Caller
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import PageRow
from tests.acceptance.hotline import Hotline, until
from tests.acceptance.services import BOT, SIGNATURE, Hook, Slack, Teams
from tests.acceptance.voices import speaks_after_the_beep
from tests.stand_ins import MailServer, mail_server

CONFIG = Path(__file__).with_name("pages.yaml")
PUBLIC = "https://hotline.example.com"


@dataclass(frozen=True, slots=True)
class Services:
    """Where alerts go."""

    slack: Slack
    teams: Teams
    hook: Hook
    mail: MailServer

    @property
    def refused(self) -> list[str]:
        return [*self.slack.refused, *self.teams.refused, *self.hook.refused]

    def mails(self, page: str, to: str) -> list[EmailMessage]:
        """The e-mails about this page to this address, in order."""
        mails = [message_from_bytes(content, policy=policy.default) for content in self.mail.mails]
        return [mail for mail in mails if mail["To"] == to and page in _text(mail)]

    async def mailed(self, page: str, to: str) -> EmailMessage:
        """The first e-mail about this page to this address."""

        async def found() -> bool:
            return bool(self.mails(page, to))

        await until(found, f"no e-mail about {page} to {to}")
        return self.mails(page, to)[0]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


class PagedHotline(Hotline):
    """`services` are where alerts go; the notifier runs from `start_notifier` on."""

    def __init__(self, directory: Path, binary: AsteriskBinary, services: Services) -> None:
        environment = {
            "SMTP_PORT": str(services.mail.port),
            "SLACK_PORT": str(services.slack.port),
            "TEAMS_PORT": str(services.teams.port),
            "HOOK_PORT": str(services.hook.port),
            "SLACK_BOT": BOT,
            "HOOK_SECRET": SIGNATURE,
        }
        super().__init__(directory, binary, CONFIG, environment=environment)
        self.services = services
        self._notifier: Process | None = None

    # -- the notifier, a process that can be killed ----------------------------------------------------------------

    async def start_notifier(self) -> None:
        """Start `lcr notifier` and return when it says that it is ready."""
        self._notifier = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lcr_asterisk", "notifier", env=self.environment, stdout=PIPE, stderr=STDOUT
        )
        await self._read_until_ready(self._notifier)
        self._notifier_reader = asyncio.ensure_future(self._read(self._notifier))

    async def kill_notifier(self) -> None:
        """SIGKILL: no time to say or write anything."""
        await self._end_notifier(signal.SIGKILL)

    async def stop_notifier(self) -> None:
        await self._end_notifier(signal.SIGTERM)

    async def _end_notifier(self, how: signal.Signals) -> None:
        if self._notifier is not None and self._notifier.returncode is None:
            self._notifier.send_signal(how)
            await self._notifier.wait()
            await self._notifier_reader
        self._notifier = None

    async def both_run(self) -> None:
        """Whatever a test has ended."""
        if self._engine is None:
            await self.start_engine()
        if self._notifier is None:
            await self.start_notifier()

    # -- pages -----------------------------------------------------------------------------------------------------

    async def message(self, caller: Caller, number: str) -> str:
        """The caller leaves a message at this number. The id of the page, which is that of the call if it opens one."""
        await caller.dials(number)
        await speaks_after_the_beep(self, caller, 3.0)  # the end of it may be lost where the hangup overtakes it
        await caller.hangs_up()
        return (await self.logged(caller)).id

    async def page(self, page: str, right: Callable[[PageRow], bool] = lambda _: True) -> PageRow:
        """The page with this id, as soon as it is right."""
        row: PageRow | None = None

        async def reached() -> bool:
            nonlocal row
            async with self._pages() as pages:
                row = next((one for one in await pages.listed(100) if one.id == page), None)
            return row is not None and right(row)

        await until(reached, lambda: f"the page {page} did not come so far: {row}")
        assert row is not None
        return row

    async def follows(self, link: str, *, button: bool) -> str:
        """What people read who open an acknowledge link, or press its button, at the engine that browsers reach."""
        assert link.startswith(PUBLIC)
        url = f"http://{self.web}{link.removeprefix(PUBLIC)}"
        async with aiohttp.ClientSession() as http, http.request("POST" if button else "GET", url) as reply:
            assert reply.status == 200, await reply.text()
            return re.sub(r"<[^>]+>", " ", (await reply.text()).partition("<body>")[2])

    async def closes_every_page(self) -> None:
        """So that nobody is called in the next test about what happened in this one."""
        async with self._pages() as pages:
            for row in await pages.listed(100):
                if row.closed is None:
                    await pages.take(row.id, Closed(None, "the end of the test", "test"), datetime.now(UTC))

    @asynccontextmanager
    async def _pages(self) -> AsyncIterator[Pages]:
        async with open_store(self.settings.database.get_secret_value(), create=False) as store:
            yield Pages(store)


@asynccontextmanager
async def paged_hotline(directory: Path, binary: AsteriskBinary) -> AsyncIterator[PagedHotline]:
    """Everything runs, the notifier too."""
    mails = directory / "mails"
    mails.mkdir(parents=True)
    async with (
        Slack() as slack,
        Teams() as teams,
        Hook() as hook,
        mail_server(mails) as mail,
        PagedHotline(directory, binary, Services(slack, teams, hook, mail)) as hotline,
    ):
        try:
            await hotline.start_notifier()
            yield hotline
        finally:
            await hotline.stop_notifier()
