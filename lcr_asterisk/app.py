"""The composition root: what `lcr run` is made of, and how long each part lives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from aiohttp import web

from lcr_asterisk.ari import requests
from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.ari.messages import Event as AriEvent
from lcr_asterisk.audio.room import Room
from lcr_asterisk.books import make_book
from lcr_asterisk.calendars.feeds import Feeds
from lcr_asterisk.calendars.sources import feeds_of, live_schedules
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.commands import Command, RecordMessage, RecordTalk
from lcr_asterisk.callflow.states import Call, Recording
from lcr_asterisk.callflow.story import narrate
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.away import AwayMessages
from lcr_asterisk.calls.callbacks import Callbacks
from lcr_asterisk.calls.caretaker import Caretaker
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.execute import Executor
from lcr_asterisk.calls.freed import FreedResponders
from lcr_asterisk.calls.keeper import RecordingKeeper
from lcr_asterisk.calls.pagecalls import PageCalls
from lcr_asterisk.calls.pagenews import PageNews
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.calls.registry import CallRegistry
from lcr_asterisk.calls.resume import Resumption, fold
from lcr_asterisk.calls.switchboard import Switchboard
from lcr_asterisk.calls.testmode import TestModeWatch
from lcr_asterisk.calls.transcripts import Transcripts
from lcr_asterisk.calls.trunk_watch import TrunkWatch
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import AudioError, IllegalEvent, LcrError, PortTaken
from lcr_asterisk.notifier import hearing, service
from lcr_asterisk.notifier.acknowledging import add_routes
from lcr_asterisk.notifier.forwarding import Forwarder
from lcr_asterisk.notifier.outbox_watch import OutboxWatch
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.pbx.spec import watcher
from lcr_asterisk.reload import ConfigFile, InForce, LiveConfig
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.journal import JournalWriter
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.testmodes import TestModes
from lcr_asterisk.web.api import API_TOKEN, add_api
from lcr_asterisk.web.health import make_app

log = logging.getLogger(__name__)
story_log = logging.getLogger("lcr.story")

BEGIN_WITHIN = 2.0  # seconds for calendars: callers may be waiting for this engine to come back
END_WITHIN = 1.0  # seconds for whoever still loads something: until this engine ends, no other one serves callers


def ari_password(settings: Settings, data: Path) -> str:
    """The ARI password: our own secret, made if need be, unless the configuration names another file."""
    if settings.asterisk.password_file == data / "secrets" / "ari":
        return secret(data, "ari")
    return settings.asterisk.read_password().get_secret_value()


def notifier_url(settings: Settings) -> str:
    """Where the notifier takes events, as this machine reaches it."""
    return f"http://{settings.notifier.listen.from_here}{service.EVENTS}"


async def run_engine(file: ConfigFile, settings: Settings, say: Callable[[str], None], asked: asyncio.Event) -> None:
    """Serve calls until cancelled. Calls in progress then go on in Asterisk, and the next start takes them up.

    `settings` are those in `file`, which is read again when it changes, or whenever `asked` is set. Raises LcrError
    when it cannot begin, or when another engine takes its place.
    """
    clock, endpoint = Clock(), settings.trunk.endpoint
    config: LiveConfig | None = None

    async def prepare(wanted: Settings) -> InForce:
        # Feeds of its own for each configuration: a call in progress keeps the calendars that it began with.
        feeds = Feeds(file.data / "calendars", clock.wall)
        if config is None:
            await feeds.begin(feeds_of(wanted), within=BEGIN_WITHIN)
        else:
            await feeds.begin(feeds_of(wanted), config.in_force.feeds)
        # Asterisk knows another trunk only after a restart; until then calls go on through the one that it has.
        playable = wanted.model_copy(update={"trunk": wanted.trunk.model_copy(update={"endpoint": endpoint})})
        book = await make_book(playable, file.data, live_schedules(wanted, feeds), say)
        return InForce(wanted, book, feeds)

    config = LiveConfig(file, await prepare(settings), prepare, asked, clock.wall, say)
    async with open_store(settings.database.get_secret_value()) as store:
        engine = Engine(config, file.data, clock, store)
        try:
            await engine.run(say)
        except* LcrError as group:
            # Whichever part failed first is what the operator has to know.
            raise _first(group) from group


def _first(group: BaseExceptionGroup[LcrError]) -> LcrError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, LcrError)
    return error


class Engine:
    """The call engine: one Asterisk, one journal, and the calls between them."""

    def __init__(self, config: LiveConfig, data: Path, clock: Clock, store: Store) -> None:
        self._config = config
        # Of these the parts are made once: an edit of them counts from the next start on, and the reload says so.
        self._settings = settings = config.in_force.settings
        self._journal = JournalWriter(store)
        self._calls = CallLog(store)
        self._pages = Pages(store)
        self._acknowledge_key = secret(data, "acknowledge").encode()
        self._forwarder = Forwarder(
            Outbox(store), notifier_url(settings), secret(data, "notifier"), clock.now, clock.wall
        )
        self._outbox = OutboxWatch(Outbox(store), clock.now)
        self._test_modes = TestModeWatch(TestModes(store), clock.wall)
        self._clock = clock
        self._fetching: asyncio.Task[None] | None = None
        self._registry = CallRegistry()
        self._freed = FreedResponders(self._registry)
        self._unfinished = set[str]()  # calls whose recording goes on in the same file if another responder takes them
        self._tasks: asyncio.TaskGroup | None = None
        self._ready = asyncio.Event()  # connected, and every call in progress taken up
        asterisk = settings.asterisk
        self._ari = AriClient(
            asterisk.url,
            asterisk.user,
            ari_password(settings, data),
            f"{ids.APP},{ids.ENDS}",
            on_event=self._on_event,
            on_connected=self._on_connected,
            on_disconnected=self._on_disconnected,
        )
        self._trunk = TrunkWatch(self._ari.call, watcher(settings.trunk.endpoint), settings.trunk.endpoint)
        recordings = data / "recordings"
        self._room = Room((asterisk.spool, recordings), lambda: self._config.in_force.settings.recordings.min_free)
        self._keeper = RecordingKeeper(
            asterisk.spool,
            recordings,
            secret(data, "recordings"),
            self._journal,
            self._calls,
            clock,
            self._spawn,
            self._room,
            Transcripts(
                self._calls,
                lambda: self._config.in_force.settings.transcripts,
                self._language,
            ),
        )
        self._executor = Executor(self._ari, self._registry, self._keeper, self._spawn)
        self._switchboard = Switchboard(
            self._registry,
            self._clock,
            lambda: config.in_force.book,
            self._new_driver,
            self._recording_over,
            self._hang_up,
            self._executor.rescue,
            self._test_modes.person_for,
            self._executor.hear,
            self._executor.speak,
            self._executor.pass_on,
            self._spawn,
        )
        self._caretaker = Caretaker(self._ari.send)
        self._resumption = Resumption(
            self._ari, self._registry, self._switchboard, self._caretaker, self._recording_over
        )
        self._page_news = PageNews(self._pages, self._registry, clock, self._spawn)
        self._page_calls = PageCalls(
            self._pages,
            self._calls,
            self._registry,
            clock,
            lambda: config.in_force.book,
            self._new_driver,
            lambda: self._ari.connected and self._ready.is_set(),
            self._journal,
            self._page_news.untold,
        )
        self._callbacks = Callbacks(
            self._calls,
            self._registry,
            clock,
            lambda: config.in_force.book,
            self._new_driver,
            lambda: self._ari.connected and self._ready.is_set(),
        )
        self._api_token = secret(data, API_TOKEN)
        self._away = AwayMessages(asterisk.spool, self._keeper, self._calls, lambda: config.in_force.book)

    async def run(self, say: Callable[[str], None]) -> None:
        """Connect, take up the calls in progress, serve. Until cancelled; raises an ExceptionGroup of LcrErrors."""
        await self._ari.check()
        await self._load_live_calls()
        await self._test_modes.look()
        await self._room.look()
        async with AsyncExitStack() as stack:
            await self._serve_web(stack)
            # The journal in a group around the others: what they append while they end is still written.
            outer = await stack.enter_async_context(asyncio.TaskGroup())
            stack.callback(outer.create_task(self._journal.run(), name="journal").cancel)
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                await self._page_news.tell_again(self._calls)
                tasks.create_task(self._ari.run(), name="ari")
                tasks.create_task(self._away.watch(self._clock.now), name="away-messages")
                tasks.create_task(self._keeper.watch(self._live), name="spool")
                self._spawn(self._room.watch(), "room")
                self._spawn(self._config.watch(self._take), "configuration")
                self._take(self._config.in_force)
                self._spawn(self._test_modes.watch(), "test-modes")
                self._spawn(self._forwarder.run(), "outbox")
                self._spawn(self._outbox.watch(), "outbox-age")
                self._spawn(self._trunk.watch(), "trunk")
                await self._ready.wait()
                say(f"ready: {_numbers(self._settings)}")

    # -- parts -----------------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a piece of work beside the calls. It handles its own errors; a defect in it is logged, not fatal."""

        self._beside(work, name)

    def _beside(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        async def guarded() -> None:
            try:
                await work
            except Exception:
                log.exception("%s failed", name)

        if self._tasks is None:
            raise RuntimeError("the engine does not run")
        return self._tasks.create_task(guarded(), name=name)

    def _new_driver(self, call_id: str, book: PlanBook, call: Call | None = None, steps: int = 0) -> CallDriver:
        return CallDriver(
            call_id, book, self._clock, self._executor, self._journal, self._watch, call=call, steps=steps
        )

    def _watch(self, before: Call | None, event: ev.Event, after: Call, commands: Sequence[Command]) -> None:
        for line in narrate(before, event, after, commands):
            story_log.info("%s: %s", after.id, line, extra={"call": after.id})
        self._freed.look(before, after)
        self._page_news.look(after)
        if any(isinstance(command, RecordTalk) for command in commands):
            self._unfinished.discard(after.id)  # it is written to again, until another end of it is reported
        if after.over and after.id in self._unfinished:
            self._unfinished.discard(after.id)
            self._spawn(self._keeper.keep_talk(after.id), f"keep-{ids.talk(after.id)}")

    def _take(self, in_force: InForce) -> None:
        """This configuration is in force from now on: its calendars are fetched, and no longer those before it."""
        if self._fetching is not None:
            self._fetching.cancel()
        self._fetching = self._beside(in_force.feeds.run(), "calendars")

    async def _load_live_calls(self) -> None:
        for call_id, entries in await self._calls.live_calls():
            try:
                call = fold(entries)
            except IllegalEvent as error:
                # Its caller, if still there, is found as a newcomer and served from the beginning.
                log.error("%s: its journal cannot be resumed: %s", call_id, error)
                await self._calls.give_up(call_id, self._clock.now())
                continue
            driver = self._new_driver(call_id, self._config.in_force.book, call, len(entries))
            self._registry.add(driver, call.channel)

    async def _serve_web(self, stack: AsyncExitStack) -> None:
        listen = self._settings.web.listen
        checks = {
            "asterisk": lambda: self._ari.connected and self._ready.is_set(),
            "database": lambda: self._journal.healthy,
            "room": lambda: self._room.enough,
            "on_call": lambda: self._config.in_force.book.someone_on_call(self._clock.wall()),
        }
        details = {
            "room": lambda: self._room.problem,
            "configuration": lambda: self._config.problem,
            "calendars": lambda: self._config.in_force.feeds.problems() or None,
            "notifier": lambda: self._forwarder.problem,
            "outbox": self._outbox.detail,
            "trunk": lambda: {True: "online", False: "offline", None: None}[self._trunk.online],
            "disk": lambda: {"free_bytes": self._room.free},
            "test_mode": lambda: {mode.route: mode.person for mode in self._test_modes.active} or None,
        }
        app = make_app(checks, details, lambda: len(self._registry))
        add_api(app, self._api_token, self._callbacks.begin, self._page_calls)

        def phones_stop() -> None:
            self._spawn(self._page_calls.look_again(), "page-calls")

        # People's browsers reach the engine. The notifier finds in the database what was acknowledged here; but it may
        # be away, and phones ring.
        add_routes(app, self._pages, self._acknowledge_key, self._clock.now, self._name_of, phones_stop)
        hearing.add_routes(app, self._calls, self._acknowledge_key, self._clock.now, self._zone_of)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=END_WITHIN)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, listen.host, listen.port).start()
        except OSError as error:
            raise PortTaken(
                f"Cannot listen on {listen.host}:{listen.port} for the web pages: {error.strerror}.",
                remedy="Stop the other program, or set web.listen to another port.",
            ) from error

    # -- Asterisk --------------------------------------------------------------------------------------------------

    def _on_event(self, event: AriEvent) -> None:
        self._switchboard.on_event(event)
        self._caretaker.on_event(event)

    def _on_connected(self) -> None:
        self._executor.listen_anew()
        self._spawn(self._resume(), "resume")

    def _on_disconnected(self) -> None:
        for driver in self._registry:
            driver.pause()

    async def _resume(self) -> None:
        before = self._live()
        await self._resumption.run()
        self._ready.set()
        await self._page_calls.look_again()
        # What a call that has just ended recorded is reported by Asterisk when it has written the last of it.
        await self._keeper.sweep(before | self._live())

    def _live(self) -> frozenset[str]:
        return frozenset(driver.call_id for driver in self._registry)

    def _language(self, route: str) -> str:
        """That of a route's callers; also of a route that was edited away since."""
        settings = self._config.in_force.settings
        known = settings.routes.get(route)
        return (known.language if known is not None else None) or settings.defaults.language

    def _name_of(self, person: str) -> str:
        known = self._config.in_force.settings.people.get(person)
        return known.name if known is not None else person

    def _zone_of(self, team: str | None) -> tzinfo:
        settings = self._config.in_force.settings
        return settings.zone_for(team=team if team in settings.teams else None) or UTC

    def _hang_up(self, channel: str) -> None:
        self._ari.send(requests.hangup(channel))

    def _recording_over(self, name: str) -> None:
        call_id = ids.call_of(name)
        if call_id is None:
            return
        if ids.is_ear(name):
            self._keeper.one_side_over(name)
        elif name == ids.talk(call_id) and (driver := self._registry.of_part(name)) and driver.call.awaits_another_talk:
            self._unfinished.add(call_id)
        elif name == ids.talk(call_id):
            self._unfinished.discard(call_id)
            self._spawn(self._keeper.keep_talk(call_id), f"keep-{name}")
        else:
            self._spawn(self._measure_message(name), f"measure-{name}")

    async def _measure_message(self, name: str) -> None:
        driver = self._registry.of_part(name)
        if driver is None or name != ids.message(driver.call_id, driver.call.take):
            return  # a take that another one is already in the place of
        event: ev.Event
        try:
            event = ev.MessageRecorded(await self._keeper.message_seconds(driver.call_id, driver.call.take))
        except AudioError as error:
            # Not a message of no length: that would be deleted, and the caller thanked.
            log.error("%s: the message cannot be read: %s", driver.call_id, error, extra={"call": driver.call_id})
            event = ev.CommandFailed(RecordMessage.__name__, str(error))
        if isinstance(driver.call.stage, Recording):
            driver.post(event)


def _numbers(settings: Settings) -> str:
    return ", ".join(f"{route.name} on {', '.join(route.numbers)}" for route in settings.routes.values())
