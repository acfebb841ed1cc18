"""Takes what Asterisk reports to the call it belongs to, and begins a call when a caller comes in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from lcr_asterisk.ari import messages as ari
from lcr_asterisk.ari.causes import leg_end
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.states import LegStage, Talking
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.calls.registry import CallRegistry

log = logging.getLogger(__name__)

NORMAL_CLEARING = 16  # Q.850
INBOUND = "inbound"  # the dialplan's Stasis(lcr,inbound,NUMBER)

NewDriver = Callable[[str, PlanBook], CallDriver]
RecordingOver = Callable[[str], None]


class Switchboard:
    """`book` answers with the configuration in force for the next call; `new_driver` makes a driver for a call id.

    `recording_over` is told the name of every recording that has ended, complete or not; `hang_up` ends a channel;
    `rescue` sends a caller's channel to the dialplan's safe way; `test_person` answers with the one person to whom a
    route's calls go while it is in test mode; `hear` records what an ear hears; `speak` plays what is to be heard
    on an aside; `pass_on` lets the caller hear a key; `spawn` runs a piece of work beside the calls.
    """

    def __init__(
        self,
        registry: CallRegistry,
        clock: Clock,
        book: Callable[[], PlanBook],
        new_driver: NewDriver,
        recording_over: RecordingOver,
        hang_up: Callable[[str], None],
        rescue: Callable[[str], None],
        test_person: Callable[[str], str | None],
        hear: Callable[[str], None],
        speak: Callable[[str], None],
        pass_on: Callable[[CallDriver, str], None],
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._book = book
        self._new_driver = new_driver
        self._recording_over = recording_over
        self._hang_up = hang_up
        self._rescue = rescue
        self._test_person = test_person
        self._hear = hear
        self._speak = speak
        self._pass_on = pass_on
        self._spawn = spawn
        self._looking = asyncio.Lock()

    def on_event(self, message: ari.Event) -> None:
        """One event off the socket. Events of channels that are nobody's (any more) are none of ours."""
        match message:
            case ari.StasisStart(channel=channel) if ids.is_leg(channel.id):
                self._leg_answered(channel.id)
            case ari.StasisStart(channel=channel) if ids.is_called_back(channel.id):
                self._caller_answered(channel.id)
            case ari.StasisStart(channel=channel) if ids.is_ear(channel.id):
                self._hear(channel.id)
            case ari.StasisStart(channel=channel) if ids.is_aside(channel.id):
                self._speak(channel.id)
            case ari.StasisStart(channel=channel, args=args):
                # Whoever is not a leg is a caller, also where a PBX's own dialplan gives no number or too much.
                self.begin(channel, args[1] if len(args) > 1 and args[0] == INBOUND else "")
            case ari.ChannelStateChange(channel=channel) if channel.state is ari.ChannelState.RINGING:
                self._to_leg(channel.id, ev.LegRang(channel.id))
            case ari.ChannelDtmfReceived(channel=channel, digit=digit):
                self._pressed(channel.id, digit)
            case ari.ChannelDestroyed(channel=channel):
                self._leg_destroyed(message)
                self._caller_gone(channel.id, _end(message, answered=False), _telling(message))
            case ari.ChannelHangupRequest(channel=channel) | ari.StasisEnd(channel=channel):
                self._caller_leaves(channel.id)
            case ari.PlaybackFinished(playback=playback, media=media, failed=failed):
                driver = self._registry.of_part(playback)
                if driver is not None:
                    driver.post(ev.PromptEnded(playback, failed))
                if failed and media.startswith("sound:/"):
                    self._spawn(self._look_for(Path(media.removeprefix("sound:") + ".wav")), f"look-for-{playback}")
            case ari.RecordingFinished(recording=name) | ari.RecordingFailed(recording=name):
                self._recording_over(name)
            case _:
                pass

    def begin(self, channel: ari.Channel, dialled: str) -> None:
        """A caller has come in for this number."""
        if self._registry.of_caller(channel.id) is not None:
            return  # seen twice: reported by Asterisk, and found there after a gap, in the same instant
        try:
            self._begin(channel, dialled)
        except Exception:  # no call, so no deadline either: the caller would wait in silence for ever
            log.exception("a call for %s cannot be served; its caller goes to the dialplan", dialled)
            self._rescue(channel.id)

    def _begin(self, channel: ari.Channel, dialled: str) -> None:
        book = self._book()
        call_id = ids.new_call_id(self._clock.now())
        caller = ev.Caller(channel.caller_number, channel.caller_name)
        driver = self._new_driver(call_id, book)
        plan = book.plan_for(dialled, caller, self._test_person)
        driver.post(ev.CallArrived(call_id, channel.id, caller, dialled, plan))
        if not driver.call.over:
            self._registry.add(driver, channel.id)

    def _leg_answered(self, leg: str) -> None:
        driver = self._registry.of_part(leg)
        if driver is None:
            self._hang_up(leg)  # answered in the instant its call was over: nobody is there to talk to
        else:
            driver.post(ev.LegAnswered(leg))

    def _caller_answered(self, channel: str) -> None:
        driver = self._registry.of_caller(channel)
        if driver is None:
            self._hang_up(channel)  # answered in the instant its call was over
        else:
            driver.post(ev.CallerAnswered())

    def _pressed(self, channel: str, digit: str) -> None:
        leg, caller = self._registry.of_part(channel), self._registry.of_caller(channel)
        if leg is not None and isinstance(leg.call.stage, Talking):
            self._pressed_in_talk(leg, channel, digit)
        elif leg is not None:
            leg.post(ev.LegPressed(channel, digit))
        elif caller is not None and not isinstance(caller.call.stage, Talking):
            self._caller_pressed(caller, digit)
        # What two people key to each other, a card number perhaps, is not ours to write down.

    def _pressed_in_talk(self, driver: CallDriver, leg_id: str, digit: str) -> None:
        """Only keys that make a code, or answer the question to join, become events; the caller gets all others."""
        leg, keys = driver.call.leg(leg_id), driver.call.plan.in_call
        if leg is None or keys is None:
            return  # the bridge passes them on
        if leg.stage is not LegStage.CHOSEN or keys.begins_code(leg.keyed + digit):
            driver.post(ev.LegPressed(leg_id, digit))
            return
        if leg.keyed:
            driver.post(ev.CodeAbandoned(leg_id))
        if keys.begins_code(digit):
            driver.post(ev.LegPressed(leg_id, digit))
        else:
            self._pass_on(driver, digit)

    def _caller_pressed(self, driver: CallDriver, digit: str) -> None:
        call = driver.call
        if not call.unproven:
            if not driver.pinpad.is_the_end(digit):
                driver.post(ev.CallerPressed(digit))
            return
        event = driver.pinpad.press(digit, call.pin_question, driver.book.pins(call.plan.id))
        if event is not None:
            driver.post(event)

    def _caller_leaves(self, channel: str) -> None:
        """Not whoever is called back and has not answered: why not is told when their channel ends."""
        driver = self._registry.of_caller(channel)
        if driver is not None and not driver.call.caller_rings:
            driver.post(ev.CallerHungUp())

    def _caller_gone(self, channel: str, end: LegEnd, detail: str) -> None:
        """`end` is for a caller who is called back and has not answered."""
        driver = self._registry.of_caller(channel)
        if driver is not None and driver.call.caller_rings:
            driver.post(ev.CallerNotReached(end, detail))
        elif driver is not None and driver.call.caller_present:
            driver.post(ev.CallerHungUp())

    def _to_leg(self, channel: str, event: ev.Event) -> None:
        driver = self._registry.of_part(channel)
        if driver is not None:
            driver.post(event)

    def _leg_destroyed(self, message: ari.ChannelDestroyed) -> None:
        leg_id = message.channel.id
        driver = self._registry.of_part(leg_id)
        leg = driver.call.leg(leg_id) if driver is not None else None
        if driver is None or leg is None or not leg.live:
            return  # that it ended is heard twice: as of a channel that we subscribed to, and of its endpoint
        end = _end(message, answered=leg.answered_at is not None)
        driver.post(ev.LegEnded(leg_id, end, _telling(message)))

    async def _look_for(self, prompt: Path) -> None:
        """Playing fails when the listener hangs up, which is normal, and when there is no such sound, which is not."""
        try:
            async with self._looking:  # one thread at most: on a disk that hangs, many prompts fail
                there = await asyncio.to_thread(prompt.exists)
        except OSError as error:
            log.error("a prompt was perhaps not heard: %s cannot be looked for: %s", prompt, error.strerror)
            return
        if not there:
            log.error("a prompt was not heard: %s is missing; restart the engine to make it again", prompt)


def _end(message: ari.ChannelDestroyed, *, answered: bool) -> LegEnd:
    return leg_end(message.cause, message.tech_cause, answered=answered)


def _telling(message: ari.ChannelDestroyed) -> str:
    """What the log adds to why a leg ended: nothing where it was simply hung up."""
    if message.tech_cause is not None:
        return f"SIP {message.tech_cause}"
    return "" if message.cause == NORMAL_CLEARING else message.cause_txt
