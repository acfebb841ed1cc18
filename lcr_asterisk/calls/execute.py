"""Carries out the machine's commands at Asterisk: the counterpart of `callflow/commands.py`.

Requests are queued in the order of the commands and not waited for; what comes of them returns to the call as events.
A request about a channel that is gone means that whoever was on it hung up: that, too, is an event.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, assert_never

from lcr_asterisk.ari import requests
from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.ari.requests import Request
from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.states import Call, Talking
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.keeper import RecordingKeeper
from lcr_asterisk.calls.plans import displayable
from lcr_asterisk.calls.registry import CallRegistry
from lcr_asterisk.errors import AriDisconnected, AriTimeout, Conflict, LcrError, NotFound, Unprocessable

log = logging.getLogger(__name__)

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
Failure = Callable[[BaseException], ev.Event | None]

END_COMES_WITHIN = 3.0  # seconds, of a channel that is gone already: this program or Asterisk may be held up for one
LEG_CONTEXT = "lcr-leg"  # the dialplan context in which an answered leg waits for this program
SAFE_WAY = "lcr-away"  # the dialplan context that takes a message without this program
CALL_BACK, PAGE = "Call back", "Page"  # what a responder's phone shows before the route's name
REFUSED = "lcr-refused"  # the dialplan context that turns a caller away without answering: ARI can only say 403


class Executor:
    """The one interpreter of commands. `spawn` starts a named task for the few that wait for a disk."""

    def __init__(self, ari: AriClient, registry: CallRegistry, keeper: RecordingKeeper, spawn: Spawn) -> None:
        self._ari = ari
        self._registry = registry
        self._keeper = keeper
        self._spawn = spawn
        self._asides: dict[str, Request] = {}  # what to play to each, once it can be played to
        self._heard = set[str]()  # endpoints of whose channels the end is heard

    def listen_anew(self) -> None:
        """There is a new connection to Asterisk."""
        self._heard.clear()
        self._ari.send(requests.hear_only(ids.ENDS, ["ChannelDestroyed"]))

    def execute(self, driver: CallDriver, command: do.Command) -> None:
        """Carry out one command of this call; returns at once."""
        call = driver.call
        match command:
            case do.AnswerCaller():
                self._to_caller(driver, requests.answer(call.channel), command)
            case do.RejectCaller():
                self._to_caller(driver, requests.continue_in_dialplan(call.channel, REFUSED, "s"), command)
            case do.PlayToCaller(playback=playback, prompt=prompt):
                request = requests.play(call.channel, prompt.media, playback)
                self._to_caller(driver, request, command, ev.PromptEnded(playback, failed=True))
            case do.PlayToLeg(leg=leg, playback=playback, prompt=prompt):
                request = requests.play(leg, prompt.media, playback)
                self._ask(driver, request, lambda _: ev.PromptEnded(playback, failed=True))
            case do.PlayToBoth(playback=playback, prompt=prompt):
                request = requests.play_to_bridge(ids.talk(call.id), prompt.media, playback)
                self._ask(driver, request, lambda _: ev.PromptEnded(playback, failed=True))
            case do.PlayAside():
                self._play_aside(driver, command)
            case do.EndAside(playback=playback):
                self._ari.send(requests.hangup(ids.aside(playback)))
            case do.StopPrompt(playback=playback):
                self._ask(driver, requests.stop_playback(playback), _failed(command))
            case do.StartHold(music=music):
                self._to_caller(driver, requests.start_moh(call.channel, music), command)
            case do.StopHold():
                self._to_caller(driver, requests.stop_moh(call.channel), command)
            case do.FindResponders(team=team, level=level):
                self._find_responders(driver, team, level)
            case do.RingLeg():
                self._ring(driver, command)
            case do.DialCaller():
                self._dial_caller(driver, command)
            case do.HoldLeg(leg=leg, music=music):
                self._ask(driver, requests.start_moh(leg, music), _failed(command))
            case do.ReleaseLeg(leg=leg):
                self._ask(driver, requests.stop_moh(leg), _failed(command))
            case do.DropLeg(leg=leg):
                self._drop(driver, leg)
            case do.Connect(leg=leg):
                self._connect(driver, leg)
            case do.Join(leg=leg):
                self._join(driver, leg)
            case do.Separate(legs=legs):
                self._separate(driver, legs)
            case do.PassOn(digits=digits):
                self.pass_on(driver, digits)
            case do.RecordTalk():
                self._record_talk(driver, command)
            case do.CheckRoom():
                if not self._keeper.has_room:
                    driver.post(ev.NoRoom())
            case do.RecordMessage():
                self._record_message(driver, command)
            case do.KeepMessage(take=take):
                self._spawn(self._keep_message(driver, take), f"keep-message-{call.id}")
            case do.DiscardMessage(take=take):
                self._ask(driver, requests.delete_recording(ids.message(call.id, take)), _failed(command))
            case do.HangUpCaller():
                self._hang_up_caller(driver)
            case do.EndCall():
                self._end(call)
            case _:
                assert_never(command)

    def rescue(self, channel: str) -> None:
        """Send a caller's channel to the dialplan's safe way; used when this program itself has failed.

        Who was called back did not call, and is not asked for a message.
        """
        if ids.is_called_back(channel):
            self._ari.send(requests.hangup(channel))
            return
        self._ari.send(requests.stop_moh(channel))
        self._ari.send(requests.continue_in_dialplan(channel, SAFE_WAY, "s"))

    # -- how requests answer ---------------------------------------------------------------------------------------

    def _ask(self, driver: CallDriver, request: Request, failed: Failure) -> asyncio.Future[Any]:
        """Queue a request; its failure becomes the event that `failed` makes of it."""
        future = self._ari.send(request)

        def note(done: asyncio.Future[Any]) -> None:
            error = _failure(done)
            event = failed(error) if error is not None else None
            if event is not None:
                driver.post(event)

        future.add_done_callback(note)
        return future

    def _to_caller(
        self, driver: CallDriver, request: Request, command: do.Command, failed: ev.Event | None = None
    ) -> None:
        """Ask something of the caller's channel: where it is not found, the caller has hung up."""
        otherwise = _failed(command)

        def event(error: BaseException) -> ev.Event | None:
            if isinstance(error, NotFound):
                return ev.CallerHungUp()
            return failed or otherwise(error)

        self._ask(driver, request, event)

    # -- the commands that are more than one request ---------------------------------------------------------------

    def _find_responders(self, driver: CallDriver, team: str, level: int) -> None:
        busy = self._registry.persons_on_a_call(but=driver.call_id)
        test_person = driver.call.plan.test_person
        driver.post(driver.book.find_responders(team, level, busy, driver.clock.wall(), test_person))

    def _ring(self, driver: CallDriver, command: do.RingLeg) -> None:
        call = driver.call
        name = call.plan.shown_caller_id[0]
        if call.label is not None:
            name = f"{displayable(call.label)} · {name}"
        if call.outgoing:
            name = f"{PAGE if call.callback is None else CALL_BACK} · {name}"
        originator = None if call.outgoing else call.channel
        self._dial(
            driver,
            command.phone,
            command.leg,
            name,
            command.seconds,
            originator,
            lambda error: ev.LegEnded(command.leg, LegEnd.UNREACHABLE, error),
        )

    def _dial_caller(self, driver: CallDriver, command: do.DialCaller) -> None:
        call = driver.call
        self._dial(
            driver,
            command.phone,
            call.channel,
            call.plan.shown_caller_id[0],
            command.seconds,
            command.leg,
            lambda error: ev.CallerNotReached(LegEnd.UNREACHABLE, error),
        )

    def _dial(
        self,
        driver: CallDriver,
        phone: ev.Phone,
        channel: str,
        shown_name: str,
        seconds: float,
        originator: str | None,
        unreachable: Callable[[str], ev.Event],
    ) -> None:
        """Call a phone, which shows this name and the number of the call's plan."""
        request = requests.originate_to_dialplan(
            phone.dial,
            context=LEG_CONTEXT,
            channel_id=channel,
            caller_id=f'"{shown_name}" <{driver.call.plan.shown_caller_id[1]}>',
            timeout=seconds,
            originator=originator,
        )

        def failed(error: BaseException) -> ev.Event | None:
            if isinstance(error, Conflict):
                return None  # asked before a crash, and already ringing
            if isinstance(error, AriTimeout):
                # It may still be carried out, and nobody would watch over that phone: this is carried out after it.
                self._ari.send(requests.hangup(channel))
            return unreachable(str(error))

        def missed(error: BaseException) -> ev.Event | None:
            if not isinstance(error, Unprocessable):
                return failed(error)
            # There is no such channel: refused in the instant between the two requests, and why is on its way here.
            event = unreachable(str(error))
            _when_news_has_come(lambda: driver.post_unless_over(event))
            return None

        self._hear_ends(phone)
        self._ask(driver, request, failed)
        self._ask(driver, requests.subscribe_to_channel(ids.APP, channel), missed)

    def _hear_ends(self, phone: ev.Phone) -> None:
        """Before it is called: only so its end is heard however quickly it comes."""
        endpoint = _endpoint(phone)
        if endpoint in self._heard:
            return
        self._heard.add(endpoint)

        def again(done: asyncio.Future[Any]) -> None:
            if done.cancelled() or done.exception() is not None:
                self._heard.discard(endpoint)

        self._ari.send(requests.subscribe_to_endpoint(ids.ENDS, endpoint)).add_done_callback(again)

    def _drop(self, driver: CallDriver, leg: str) -> None:
        dropped = driver.call.leg(leg)
        # A phone that is told so does not show a missed call to somebody who missed nothing.
        elsewhere = dropped is not None and dropped.end is LegEnd.TAKEN
        future = self._ari.send(requests.get_channel(leg))
        self._ari.send(requests.hangup(leg, "answered_elsewhere" if elsewhere else None))

        def gone(done: asyncio.Future[Any]) -> None:
            if isinstance(_failure(done), NotFound):
                # No ChannelDestroyed will come any more: it came while nobody listened, or the leg never was.
                driver.post(ev.LegEnded(leg, LegEnd.HUNG_UP))

        future.add_done_callback(gone)

    def _connect(self, driver: CallDriver, leg: str) -> None:
        """Bridge caller and leg. Three requests in a row, for the caller hears the responder when the last is done."""
        bridge = ids.talk(driver.call_id)
        keys = driver.call.plan.in_call is not None
        pending = {
            self._ari.send(requests.create_bridge(bridge, "mixing,dtmf_events" if keys else "mixing")),
            self._ari.send(requests.add_to_bridge(bridge, [driver.call.channel])),
            self._ari.send(self._to_talk(driver, leg)),
        }
        failed = False

        def note(done: asyncio.Future[Any]) -> None:
            nonlocal failed
            pending.discard(done)
            if not done.cancelled() and isinstance(done.exception(), AriDisconnected):
                failed = True  # what became of it is compared with Asterisk when it is back
                return
            error = _failure(done)
            if error is not None and not failed:
                failed = True
                # Nobody may stay in a half-made bridge, where hold music could not be heard.
                self._separate(driver, (leg,))
                driver.post(ev.ConnectFailed(leg, str(error)))
            elif not pending and not failed:
                driver.post(ev.Connected(leg))

        for future in tuple(pending):
            future.add_done_callback(note)

    def _join(self, driver: CallDriver, leg: str) -> None:
        def note(done: asyncio.Future[Any]) -> None:
            if done.cancelled() or isinstance(done.exception(), AriDisconnected):
                return  # what became of it is compared with Asterisk when it is back
            error = done.exception()
            driver.post(ev.Connected(leg) if error is None else ev.ConnectFailed(leg, str(error)))

        self._ari.send(self._to_talk(driver, leg)).add_done_callback(note)

    def _play_aside(self, driver: CallDriver, command: do.PlayAside) -> None:
        """Played to the leg itself, it would keep it from the talk for so long: what was said meanwhile was lost."""
        aside = ids.aside(command.playback)
        self._asides[aside] = requests.play(aside, command.prompt.media, command.playback)

        def failed(_: BaseException) -> ev.Event | None:
            self._asides.pop(aside, None)
            return ev.PromptEnded(command.playback, failed=True)

        self._ask(driver, requests.whisper(command.leg, aside, app=ids.APP), failed)

    def speak(self, aside: str) -> None:
        """This aside can be played to."""
        self._ari.send(self._asides.pop(aside, requests.hangup(aside)))

    def _separate(self, driver: CallDriver, legs: Sequence[str]) -> None:
        """The bridge is not destroyed: whoever takes the call next is recorded in the same file."""
        for channel in (driver.call.channel, *legs):
            self._ari.send(requests.remove_from_bridge(ids.talk(driver.call_id), channel))

    def _to_talk(self, driver: CallDriver, leg: str) -> Request:
        """Put a responder into the bridge. Where their keys may be meant for us, none crosses it by itself."""
        keys = driver.call.plan.in_call is not None
        return requests.add_to_bridge(ids.talk(driver.call_id), [leg], absorb_dtmf=keys or None)

    def pass_on(self, driver: CallDriver, digits: str) -> None:
        """Keys that a responder meant for the caller."""
        self._ari.send(requests.dtmf(driver.call.channel, digits))

    def _record_talk(self, driver: CallDriver, command: do.RecordTalk) -> None:
        if not self._keeper.has_room:
            log.error("%s: not recorded: the disk has no room", driver.call_id, extra={"call": driver.call_id})
            return
        call, talk = driver.call, ids.talk(driver.call_id)
        if not call.plan.stereo:
            failed = _failed(command)
            self._ari.send(requests.subscribe_to_bridge(ids.APP, talk))
            # Appended where the caller was handed over: the recording ended when they left the bridge. A conflict means
            # that it still records, from before a crash.
            self._ask(
                driver,
                requests.record_bridge(talk, talk, if_exists="append"),
                lambda error: None if isinstance(error, Conflict) else failed(error),
            )
            return
        assert isinstance(call.stage, Talking), "who talks is recorded"
        for channel, ear in zip((call.channel, call.stage.leg), ids.ears(call.id), strict=True):
            self._listen(driver, channel, ear, command)

    def _listen(self, driver: CallDriver, channel: str, ear: str, command: do.RecordTalk) -> None:
        """Record one side. Its ear is recorded as soon as it is in our application (`hear`)."""

        def failed(error: BaseException) -> ev.Event | None:
            if isinstance(error, Conflict):
                self.hear(ear)  # from before a crash, which may have come before it was recorded
                return None
            return ev.CommandFailed(type(command).__name__, str(error))

        self._ask(driver, requests.listen(channel, ear, app=ids.APP), failed)

    def hear(self, ear: str) -> None:
        """Record what this ear hears, unless that is done already."""
        self._ari.send(requests.record_channel(ear, ear))

    def _record_message(self, driver: CallDriver, command: do.RecordMessage) -> None:
        request = requests.record_channel(
            driver.call.channel,
            ids.message(driver.call_id, command.take),
            max_seconds=command.limits.longest,
            max_silence_seconds=command.limits.silence,
            terminate_on="#",
            if_exists="append",
        )

        def failed(error: BaseException) -> ev.Event | None:
            if isinstance(error, Conflict):
                self._look_for_recording(driver, command, error)
                return None
            if isinstance(error, NotFound):
                driver.post(ev.CallerHungUp())
                return ev.MessageRecorded(0.0)  # no recording began, so none will be reported as over
            return ev.CommandFailed(do.RecordMessage.__name__, str(error))

        self._ask(driver, request, failed)

    def _look_for_recording(self, driver: CallDriver, command: do.RecordMessage, refusal: Conflict) -> None:
        """Whether a message that Asterisk would not record is recorded all the same, from before a crash.

        Otherwise the caller has just left, and no end of a recording will be reported.
        """
        name = ids.message(driver.call_id, command.take)

        def nothing_began() -> None:
            present = driver.call.caller_present
            failed = ev.CommandFailed(do.RecordMessage.__name__, str(refusal))
            driver.post_unless_over(failed if present else ev.MessageRecorded(0.0))

        def no_file(error: BaseException) -> None:
            if isinstance(error, NotFound):
                _when_news_has_come(nothing_began)  # that the caller hung up, unless it came already

        def not_recording(error: BaseException) -> None:
            # One that has ended since is reported, or found at the stage's deadline: it is a message, not nothing.
            if isinstance(error, NotFound):
                self._ask(driver, requests.get_stored_recording(name), no_file)

        self._ask(driver, requests.get_live_recording(name), not_recording)

    async def _keep_message(self, driver: CallDriver, take: int) -> None:
        try:
            recording = await self._keeper.keep_message(driver.call_id, take)
        except LcrError as error:
            log.error("%s: the caller's message could not be kept: %s", driver.call_id, error)
            driver.post(ev.MessageLost(str(error)))
        except Exception as defect:  # the caller hears nothing until one or the other is posted
            log.exception("%s: the caller's message could not be kept", driver.call_id)
            driver.post(ev.MessageLost(repr(defect)))
        else:
            driver.post(ev.MessageKept(recording))

    def _hang_up_caller(self, driver: CallDriver) -> None:
        channel = driver.call.channel
        self._to_caller(driver, requests.get_channel(channel), do.HangUpCaller())
        self._ari.send(requests.hangup(channel))

    def _end(self, call: Call) -> None:
        self._ari.send(requests.destroy_bridge(ids.talk(call.id)))
        for leg in call.legs:
            if leg.live:
                self._ari.send(requests.hangup(leg.id))
        self._registry.forget(call.id)


def _failure(done: asyncio.Future[Any]) -> BaseException | None:
    """Why a request failed, if it did and that says something about the call.

    A socket that closed says nothing: the request may have been carried out. Once it is open again, what Asterisk has
    is compared with the call, and a failure told after that would contradict the truth.
    """
    error = None if done.cancelled() else done.exception()
    return None if isinstance(error, AriDisconnected) else error


def _when_news_has_come(then: Callable[[], None]) -> None:
    """Do this when Asterisk has had the time to tell of an end, and what it told has been read.

    asyncio runs a timer that is due in the same turn in which it only takes up what the socket has: whoever waits for
    that goes on in the next one. So this comes two turns later, or an engine that was held up would overlook the news.
    """
    loop = asyncio.get_running_loop()
    loop.call_later(END_COMES_WITHIN, loop.call_soon, loop.call_soon, then)


def _endpoint(phone: ev.Phone) -> str:
    """The one of Asterisk that calls this phone: "PJSIP/trunk" of "PJSIP/+14155550101@trunk"."""
    technology, _, rest = phone.dial.partition("/")
    return f"{technology}/{rest.rpartition('@')[2]}"


def _failed(command: do.Command) -> Failure:
    return lambda error: ev.CommandFailed(type(command).__name__, str(error))
