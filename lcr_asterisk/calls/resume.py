"""Puts things right after a gap: the engine was away, or its socket was, and events were lost meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import reduce

from lcr_asterisk.ari import requests
from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.ari.messages import parse_bridge, parse_channel
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.states import Call, Recording, Talking
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.caretaker import Caretaker
from lcr_asterisk.calls.reconcile import Difference, reconcile
from lcr_asterisk.calls.registry import CallRegistry
from lcr_asterisk.calls.switchboard import Switchboard
from lcr_asterisk.errors import AriDisconnected, AriError, AriRefused, IllegalEvent, NotFound, ServerError
from lcr_asterisk.store.journal import JournalEntry

log = logging.getLogger(__name__)

RETRY = 1.0  # seconds
STRAYS_LOOKED_FOR = 20
STRAYS_GO_WITHIN = 0.05  # seconds that a hangup takes
DIALLED = "LCR_DIALLED"  # channel variable, dialplan/lcr.conf


def fold(entries: list[JournalEntry]) -> Call:
    """A call's state, computed from its journal. Raises IllegalEvent for one that is empty or was not written here."""

    def advance(call: Call | None, entry: JournalEntry) -> Call | None:
        return step(call, entry.event, entry.at)[0]

    try:
        call = reduce(advance, entries, None)
    except IllegalEvent:
        raise
    except Exception as defect:
        # One call that this version's rules cannot follow must not keep the engine from starting for all others.
        raise IllegalEvent(f"the rules of this version fail at it: {defect!r}") from defect
    if call is None:
        raise IllegalEvent("it is empty or cannot be read")
    return call


class Resumption:
    """Compares what is known with what Asterisk has, and acts on the difference.

    `recording_over` is told of recordings that ended unseen: a message, or one side of a talk.
    """

    def __init__(
        self,
        ari: AriClient,
        registry: CallRegistry,
        switchboard: Switchboard,
        caretaker: Caretaker,
        recording_over: Callable[[str], None],
    ) -> None:
        self._ari = ari
        self._registry = registry
        self._switchboard = switchboard
        self._caretaker = caretaker
        self._recording_over = recording_over

    async def run(self) -> None:
        """Reconcile once; try again while Asterisk is connected but does not answer properly."""
        while True:
            try:
                difference = await self._without_strays()
                sides = await self._ended_sides()
                self._apply(difference)
                for side in sides:
                    self._recording_over(side)
                await self._begin_newcomers(difference)
                await self._find_ended_messages()
            except AriDisconnected:
                return  # the next connection reconciles
            except AriError as error:
                log.error("cannot compare notes with Asterisk: %s; trying again", error)
                await asyncio.sleep(RETRY)
            else:
                return

    async def _without_strays(self) -> Difference:
        """The difference, once legs and bridges that no call claims are gone.

        Before the calls go on: a call that lost the last of its journal will give the same id to its next leg.
        """
        for _ in range(STRAYS_LOOKED_FOR):
            difference = await self._difference()
            if not difference.stray_legs and not difference.stray_bridges:
                return difference
            for leg in difference.stray_legs:
                await self._ari.call(requests.hangup(leg))
            for bridge in difference.stray_bridges:
                await self._ari.call(requests.destroy_bridge(bridge))
            await asyncio.sleep(STRAYS_GO_WITHIN)
        # They do not go, so be it; what is acted upon is the present, not what was before the last wait.
        return await self._difference()

    async def _difference(self) -> Difference:
        application = await self._ari.call(requests.get_application(ids.APP))
        channels = [parse_channel(value) for value in await self._ari.call(requests.list_channels())]
        bridges = [parse_bridge(value) for value in await self._ari.call(requests.list_bridges())]
        calls = [driver.call for driver in self._registry]
        return reconcile(calls, frozenset(application["channel_ids"]), channels, bridges)

    def _apply(self, difference: Difference) -> None:
        self._caretaker.watch(difference.unknown_talks)
        for driver in self._registry:
            if driver.paused:
                log.info("%s: resumed", driver.call_id, extra={"call": driver.call_id})
                driver.go_on(difference.resumed[driver.call_id])

    async def _begin_newcomers(self, difference: Difference) -> None:
        """Callers whose arrival nobody saw; the dialplan noted what they dialled."""
        for channel in difference.newcomers:
            try:
                dialled = await self._dialled(channel.id)
            except AriRefused:
                continue  # hung up, or on the way out: nobody else has to wait for that
            if dialled is not None:
                log.warning("a caller for %s came in while nobody looked", dialled or "no number")
                self._switchboard.begin(channel, dialled)

    async def _dialled(self, channel: str) -> str | None:
        """The number that a newcomer dialled, empty where none is noted; None, or AriRefused, where they have left."""
        try:
            found = await self._ari.call(requests.get_variable(channel, DIALLED))
        except (NotFound, ServerError):
            # The same answer for a variable that is not set and for a channel that is not there.
            there = parse_channel(await self._ari.call(requests.get_channel(channel)))
            return "" if there.application == "Stasis" else None
        number: str = found["value"]
        return number

    async def _ended_sides(self) -> list[str]:
        """Recordings of one side of a talk that ended unseen. Asked before the talk, over as well, is forgotten."""
        talks = [driver.call for driver in self._registry if isinstance(driver.call.stage, Talking)]
        ears = [ear for call in talks if call.plan.stereo for ear in ids.ears(call.id)]
        return [
            ear
            for ear in ears
            if not await self._is_there(requests.get_live_recording(ear))
            and await self._is_there(requests.get_stored_recording(ear))
        ]

    async def _is_there(self, request: requests.Request) -> bool:
        try:
            await self._ari.call(request)
        except NotFound:
            return False
        return True

    async def _find_ended_messages(self) -> None:
        for driver in self._registry:
            if not isinstance(driver.call.stage, Recording):
                continue
            name = ids.message(driver.call_id, driver.call.take)
            if not await self._is_there(requests.get_live_recording(name)):
                self._recording_over(name)
