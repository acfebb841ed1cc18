"""The composition root of `lcr notifier`: what it is made of, and how long each part lives."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, tzinfo

from aiohttp import web
from pydantic import SecretStr

from lcr_asterisk.calendars.feeds import Feeds
from lcr_asterisk.calendars.sources import feeds_of, live_schedules
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.config.difference import difference, restart_needed
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import LcrError, PageError, PortTaken
from lcr_asterisk.notifier import hearing
from lcr_asterisk.notifier.acknowledging import add_routes
from lcr_asterisk.notifier.decisions import Decision
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.directory import Directory
from lcr_asterisk.notifier.inbox import Wanted
from lcr_asterisk.notifier.messages import Alert, Message
from lcr_asterisk.notifier.service import make_app
from lcr_asterisk.notifier.system import judging
from lcr_asterisk.notifier.system.looking import Looker
from lcr_asterisk.notifier.system.watch import LOOK_EVERY as TROUBLES_EVERY
from lcr_asterisk.notifier.system.watch import SystemWatch
from lcr_asterisk.notifier.targets import Target, identity, of_alert
from lcr_asterisk.notifier.targets.voice import Engine
from lcr_asterisk.notifier.telling import Teller
from lcr_asterisk.notifier.worker import Worker
from lcr_asterisk.paging.policy import Policy, Why
from lcr_asterisk.paging.trouble import Limits
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.reload import LOOK_EVERY, ConfigFile
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.troubles import Troubles
from lcr_asterisk.web.api import API_TOKEN, PREFIX

log = logging.getLogger(__name__)

BEGIN_WITHIN = 2.0  # seconds for calendars: pages may be waiting for this process to come back
END_WITHIN = 1.0  # seconds for whoever still loads something: a browser that stopped reading would hold up the end


async def run_notifier(
    file: ConfigFile,
    settings: Settings,
    say: Callable[[str], None],
    asked: asyncio.Event,
    limits: Callable[[str], Limits] = judging.limits,
    look_every: float = TROUBLES_EVERY,
) -> None:
    """Take events, work pages, deliver alerts; until cancelled. Whoever runs next goes on with the same pages.

    `settings` are those in `file`, which is read again when it changes, or whenever `asked` is set. `limits` of a
    trouble of the hotline itself say when operators hear of it, which is looked at every so many seconds. Raises
    LcrError when it cannot begin.
    """
    async with open_store(settings.database.get_secret_value()) as store, AsyncExitStack() as stack:
        await Notifier(file, settings, store, stack, asked, say, limits, look_every).run()


class Notifier:
    """One notifier. `stack` closes what it opens; `say` prints for the operator."""

    _settings: Settings
    _directory: Directory
    _feeds: Feeds
    _deliverer: Deliverer

    def __init__(
        self,
        file: ConfigFile,
        settings: Settings,
        store: Store,
        stack: AsyncExitStack,
        asked: asyncio.Event,
        say: Callable[[str], None],
        limits: Callable[[str], Limits],
        look_every: float,
    ) -> None:
        self._file = file
        self._settings = settings
        self._stack = stack
        self._asked = asked
        self._say = say
        self._clock = Clock()
        self._pages = Pages(store)
        self._key = secret(file.data, "acknowledge").encode()
        self._token = secret(file.data, API_TOKEN)
        self._problem: str | None = None
        self._calls = CallLog(store)
        teller = Teller(self._calls, self._pages, lambda: self._settings, self._key)
        self._worker = Worker(self._pages, lambda: self._directory, teller, self, self._clock.now, self._clock.wall)
        looker = Looker(
            Outbox(store),
            file.data,
            lambda: self._settings,
            lambda: live_schedules(self._settings, self._feeds),
            self._clock.now,
            self._clock.wall,
            lambda: self._problem,
        )
        self._system = SystemWatch(
            Troubles(store),
            looker.look,
            lambda: {identity(target): target for target in map(of_alert, self._settings.operators)},
            self,
            self._clock.now,
            lambda: self._settings.zone_for() or UTC,
            limits,
            look_every,
        )

    async def run(self) -> None:
        """Until cancelled."""
        await self._use(self._settings, None)
        await self._serve()
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._fetching = tasks.create_task(self._feeds.run(), name="calendars")
            tasks.create_task(self._worker.run(), name="pages")
            tasks.create_task(self._system.run(), name="system")
            tasks.create_task(self._watch(), name="configuration")
            self._say(f"ready: takes events at {self._settings.notifier.listen}")

    async def deliver(self, target: Target, message: Message | Alert, earlier: str | None = None) -> Decision:
        """One attempt, by the mail server and the rules that are in force."""
        return await self._deliverer.deliver(target, message, earlier)

    async def stop_call(self, page: str, delivery: str) -> bool:
        """Have the engine end a call about a page. Whether there is none (any more)."""
        return await self._deliverer.stop_call(page, delivery)

    # -- the configuration ---------------------------------------------------------------------------------------------

    async def _use(self, settings: Settings, before: Settings | None) -> None:
        feeds = Feeds(self._file.data / "calendars", self._clock.wall)
        if before is None:
            await feeds.begin(feeds_of(settings), within=BEGIN_WITHIN)
        else:
            await feeds.begin(feeds_of(settings), self._feeds)
        if before is None or _way_out(before) != _way_out(settings):
            allowed = settings.notifier.allow_private
            engine = Engine(f"http://{settings.web.listen.from_here}{PREFIX}", SecretStr(self._token))
            # The one before is still used by attempts that are on their way: it is closed at the end.
            deliverer = Deliverer(
                self._clock.wall,
                smtp=settings.smtp,
                engine=engine,
                allowed=allowed,
                slack_api=settings.notifier.slack_api,
            )
            self._deliverer = await self._stack.enter_async_context(deliverer)
        self._settings, self._feeds = settings, feeds
        self._directory = Directory(settings, live_schedules(settings, feeds))

    async def _watch(self) -> None:
        """Read an edited file as soon as it is saved; a wrong one is refused, and the one before it stays."""
        before = self._file.loaded
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_EVERY)
            now = await asyncio.to_thread(self._file.signature)  # a disk that hangs must not hold up the pages
            # Seen twice alike: an editor that is still writing gets the time to finish.
            if self._asked.is_set() or (now != self._file.loaded and now == before):
                self._asked.clear()
                await self._reload()
            before = now

    async def _reload(self) -> None:
        before = self._settings
        try:
            edited = await asyncio.to_thread(self._file.load)
            await self._use(_as_engine_listens(edited, before), before)
        except LcrError as error:
            self._problem = f"the edited file is refused and the one before it in force: {error}"
            log.error("The edited configuration is REFUSED; the one before it stays in force. %s", error)
            return
        except Exception as defect:  # a defect in reading a file must not end the pages that are worked
            self._problem = f"the edited file cannot be used: {defect!r}"
            log.exception("The configuration could not be read")
            return
        self._problem = None
        for line in difference(before, edited) or ("nothing has changed",):
            self._say(f"configuration reloaded: {line}")
        for line in restart_needed(before, edited):
            log.warning("%s", line)
        self._fetching.cancel()
        self._fetching = self._tasks.create_task(self._feeds.run(), name="calendars")

    # -- HTTP ----------------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        app = make_app(
            self._open_page,
            secret(self._file.data, "notifier"),
            self._clock.wall,
            {"database": lambda: self._worker.healthy},
            {
                "configuration": lambda: self._problem,
                "calendars": lambda: self._feeds.problems() or None,
                "behind_seconds": lambda: round(self._worker.delay, 3),
            },
        )
        add_routes(app, self._pages, self._key, self._clock.now, self._name_of, self._worker.look)
        hearing.add_routes(app, self._calls, self._key, self._clock.now, self._zone_of)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=END_WITHIN)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        listen = self._settings.notifier.listen
        try:
            await web.TCPSite(runner, listen.host, listen.port).start()
        except OSError as error:
            raise PortTaken(
                f"Cannot listen on {listen} for events: {error.strerror}.",
                remedy="Stop the other program, or set notifier.listen to another port.",
            ) from error

    async def _open_page(self, wanted: Wanted) -> str | None:
        cause = wanted.cause
        if wanted.team is None:
            if cause.why is not Why.MESSAGE:
                log.error("call %s: nobody is responsible for it, so there is no page", cause.call)
                return None
            policy = self._without_a_team(wanted)
            cause = replace(cause, route_name=cause.route_name or "an unknown route")
        else:
            found = self._directory.policy(wanted.team, wanted.test_person)
            policy = found if found is not None else self._without_its_team(wanted, wanted.team)
        page = await self._pages.report(cause, policy, self._clock.now())
        self._worker.look()
        return page

    def _without_a_team(self, wanted: Wanted) -> Policy:
        """A caller spoke while the engine or the database was away, and nobody knows any more to whom."""
        call, route = wanted.cause.call, wanted.cause.route
        policy = self._directory.policy_of_nobodys(route, wanted.test_person)
        if policy is None:
            raise PageError(
                f"A message was kept of call {call}, for which no team is responsible, and there are no operators.",
                remedy="Write operators, who are told of it then; the event is tried until then. "
                f"`lcr calls show {call}` says where the message is.",
            )
        log.error("call %s: for which team its message is, is not known; told to %s", call, policy.team_name)
        return policy

    def _without_its_team(self, wanted: Wanted, team: str) -> Policy:
        """Somebody has to take care of the call, though its team was removed or renamed meanwhile."""
        route = wanted.cause.route
        gone = f"Call {wanted.cause.call} is for the team {team}, which the configuration does not have"
        policy = self._directory.policy_instead(team, route, wanted.test_person)
        if policy is None:
            raise PageError(
                f"{gone}, nor one for its route {route}.",
                remedy=f"Write the team {team} again, a team for the route {route}, or operators; "
                "the event is tried until then.",
            )
        who = f"the team {policy.team}" if policy.team != team else "operators"
        log.error("%s; %s are told of it instead", gone, who)
        return policy

    def _name_of(self, person: str) -> str:
        known = self._settings.people.get(person)
        return known.name if known is not None else person

    def _zone_of(self, team: str | None) -> tzinfo:
        return self._settings.zone_for(team=team if team in self._settings.teams else None) or UTC


def _way_out(settings: Settings) -> object:
    """What attempts to deliver go by."""
    return settings.smtp, settings.notifier


def _as_engine_listens(edited: Settings, before: Settings) -> Settings:
    """The engine keeps its address until it is restarted, so the one that it began with stays in force here too."""
    web = edited.web.model_copy(update={"listen": before.web.listen})
    return edited.model_copy(update={"web": web})
