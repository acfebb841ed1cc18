"""Phones with the verbs of people: a caller dials, presses, hears; a responder's phone rings, answers, rejects.

Every verb that waits fails with an AssertionError that tells what was seen and heard until then, with times. Nothing is
believed because it was commanded: "hears" means that the sound arrived at this phone.
"""

from __future__ import annotations

import asyncio
import audioop
import itertools
import secrets
import wave
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from lcr_asterisk.ari import requests
from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.ari.messages import Channel
from lcr_asterisk.errors import AriRefused
from lcr_asterisk.simulator.ear import PACKET_SECONDS, Ear, Heard
from lcr_asterisk.simulator.lines import Line, Lines
from lcr_asterisk.simulator.tones import PACKET_SAMPLES, RATE, packet

BETWEEN_KEYS = 230  # ms; Asterisk tells of a key twice that it reads within some 100 ms of the one before
WITHIN = 10.0  # seconds that a verb waits unless told otherwise
REFUSE = "world-refuse"  # the dialplan context that answers with the SIP status dialled in it
ANNOUNCE = "world-announce"  # the one that plays an announcement unanswered first
FOR_EVER = "s"  # dialled there: no answer follows

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What phones have in common. `calls` are the phones by the channel they are in a call with.

    `began` is the event loop's time at which the world's story begins.
    """

    ari: AriClient
    app: str
    trunk: str
    lines: Lines
    spawn: Callable[[str, Coroutine[Any, Any, None]], None]
    began: float
    calls: dict[str, Phone] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ring:
    """One time that a phone rang: when, and what it showed."""

    at: float
    shown_name: str
    shown_number: str


class Phone:
    """What callers and responders have in common: one call at a time, an ear, a voice, a keypad, and a story.

    With `listen=False` it neither hears nor speaks, and costs next to nothing.
    """

    def __init__(self, exchange: Exchange, number: str, *, listen: bool) -> None:
        self.number = number
        self.digits = ""  # pressed at the other end and heard here
        self.ear = Ear(self._news)
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.cause: int | None = None  # Q.850, of the last call that the other side ended
        self.sip_status: int | None = None  # behind it, where Asterisk knows one
        self.answered_calls: list[tuple[float, float]] = []  # that are over: the moments of answer and end
        self.listens = listen
        self._exchange = exchange
        self._channel: str | None = None
        self._line: Line | None = None
        self._usable_at: float | None = None  # answered, and its sound connected
        self._story: list[tuple[float, str]] = []
        self._changed = asyncio.Event()
        self._heard_until = 0.0

    # What is done with it.

    async def presses(self, digits: str) -> float:
        """Press keys, 100 ms each, three in a second; returns the moment of the first key."""
        channel = self._in_call("press keys")
        at = self._note(f"pressed {digits}")
        await self._exchange.ari.call(requests.dtmf(channel, digits, between_ms=BETWEEN_KEYS))
        return at

    async def hangs_up(self, within: float = WITHIN) -> None:
        channel = self._in_call("hang up")
        self._note("hung up")
        await self._exchange.ari.call(requests.hangup(channel))
        await self._until("could not hang up", within, lambda: self._channel is None or None)

    def speaks(self, sound: str | Path, seconds: float | None = None) -> float:
        """Say something: the name of a tone, which goes on until `falls_silent`, or a WAV file (8 kHz mono), once.

        A tone may last for so many `seconds` of sound, however long they take to be sent. Returns the moment.
        """
        assert self._line is not None, self._failure("cannot speak: it is not in a call, or was told not to listen")
        packets = _tone_packets(sound, seconds) if isinstance(sound, str) else _file_packets(sound)
        self._line.voice = itertools.chain(packets, self._nothing_more())
        return self._note(f"spoke {sound}")

    def falls_silent(self) -> None:
        if self._line is not None:
            self._line.voice = None
        self._note("fell silent")

    async def has_spoken(self, within: float = WITHIN) -> None:
        """What it says has an end, and the world's Asterisk has it, or the call is over.

        A key or a hangup goes another way than sound does: after this none of them overtakes it.
        """
        line = self._line
        await self._until(
            "still speaks", within, lambda: self._line is not line or line is None or line.voice is None or None
        )
        await self._exchange.ari.call(requests.ping())

    # What is expected of it.

    async def hears(self, name: str, within: float = WITHIN) -> Heard:
        """The next time this tone begins, after what the last `hears` found; it may still be sounding."""
        assert self.listens, f"{self.number} was told not to listen"

        def look() -> Heard | None:
            heard = (one for one in self.ear.heard if one.name == name and one.start > self._heard_until)
            return next(heard, None)

        found = await self._until(f"did not hear {name}", within, look)
        self._heard_until = found.start
        return found

    async def no_longer_hears(self, name: str, within: float = WITHIN) -> float:
        """This tone, which was heard, has ended; returns the moment of its end."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        while loop.time() < until:
            heard = [one for one in self.ear.heard if one.name == name]
            assert heard, self._failure(f"never heard {name}")
            last = max(heard, key=lambda one: one.end)
            if self.ear.is_over(last, loop.time()):
                return last.end
            await asyncio.sleep(PACKET_SECONDS)
        raise AssertionError(self._failure(f"still hears {name} after {within:g} s"))

    async def is_hung_up(self, within: float = WITHIN) -> float:
        """The call was ended by the other side (`cause` says why); returns the moment."""
        return await self._until("was not hung up", within, lambda: self.ended_at if self._channel is None else None)

    async def receives(self, digits: str, within: float = WITHIN) -> None:
        """These keys were pressed at the other end, in this call or before."""
        await self._until(f"did not receive {digits}", within, lambda: digits in self.digits or None)

    def has_heard(self, name: str) -> bool:
        return any(heard.name == name for heard in self.ear.heard)

    def longest_silence(self) -> float:
        """Of the last answered call, in seconds."""
        assert self.answered_at is not None, self._failure("was never in a call")
        until = asyncio.get_running_loop().time() if self._channel else self.ended_at
        assert until is not None
        return self.ear.longest_silence(self.answered_at, until)

    def story(self) -> str:
        """What this phone did, saw and heard, a line each, with seconds since the world began."""
        lines = [(at, text) for at, text in self._story]
        lines += [(heard.start, f"heard {heard.name} for {heard.seconds:.2f} s") for heard in self.ear.heard]
        return "\n".join(f"  {at - self._exchange.began:8.3f}  {text}" for at, text in sorted(lines))

    # What the world tells it.

    def was_answered(self) -> None:
        self.answered_at = self._note("in call")

    def received(self, digit: str) -> None:
        self.digits += digit
        self._note(f"received {digit}")

    def other_side_hung_up(self, cause: int | None) -> None:
        self.cause = cause

    def was_ended(self, cause: int | None = None, sip_status: int | None = None) -> None:
        """The channel is gone."""
        if cause is not None:
            self.cause, self.sip_status = cause, sip_status
        if self._line is not None:
            self._exchange.lines.release(self._line)
            self._line = None
        if self._channel is not None:
            del self._exchange.calls[self._channel]
            self._channel = None
        self.ended_at = self._note(f"call over (cause {self.cause})")
        if self.answered_at is not None:
            self.answered_calls.append((self.answered_at, self.ended_at))

    # Inside.

    def _begin(self, channel: str) -> None:
        self._channel = channel
        self._exchange.calls[channel] = self
        self._heard_until = asyncio.get_running_loop().time()  # what earlier calls said is not heard again
        self.answered_at = self.ended_at = self.cause = self.sip_status = self._usable_at = None

    async def _pick_up_sound(self, channel: str) -> None:
        if not self.listens:
            self._usable_at = self._note("can press keys")
            return
        try:
            line = await self._exchange.lines.connect(channel, self.ear)
        except AriRefused as error:
            self._note(f"had no sound: {error}")
            return
        if self._channel == channel:
            self._line = line
            self._usable_at = self._note("can hear and speak")
        else:
            self._exchange.lines.release(line)

    def _nothing_more(self) -> Iterator[bytes]:
        """What it says has ended: `has_spoken` looks once the line has noticed, too."""
        self._news()
        yield from ()

    def _in_call(self, what: str) -> str:
        assert self._channel is not None, self._failure(f"cannot {what}: it is not in a call")
        return self._channel

    def _news(self) -> None:
        self._changed.set()

    def _note(self, text: str) -> float:
        at = asyncio.get_running_loop().time()
        self._story.append((at, text))
        self._news()
        return at

    async def _until(self, failure: str, within: float, look: Callable[[], Result | None]) -> Result:
        """What `look` finds, as soon as it finds something."""
        try:
            async with asyncio.timeout(within):
                while (found := look()) is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            # This program may have been held up: what has arrived meanwhile counts.
            if (found := look()) is None:
                raise AssertionError(self._failure(f"{failure} within {within:g} s")) from None
        return found

    def _failure(self, what: str) -> str:
        return f"{self.number} {what}.\n{self.story() or '  (nothing happened at this phone)'}"


class Caller(Phone):
    """Somebody who calls from `number`, shown with `name`; an empty number is a hidden one."""

    def __init__(self, exchange: Exchange, number: str, *, name: str, listen: bool) -> None:
        super().__init__(exchange, number, listen=listen)
        self._name = name

    async def dials(self, number: str, patience: float = 60.0) -> float:
        """Call the system over the trunk; returns the moment. The caller waits `patience` seconds for an answer."""
        assert self._channel is None, self._failure("cannot dial: it is in a call")
        channel = f"caller-{secrets.token_hex(6)}"
        self._begin(channel)
        at = self._note(f"dialled {number}")
        request = requests.originate(
            f"PJSIP/{number}@{self._exchange.trunk}",
            app=self._exchange.app,
            app_args="caller",
            channel_id=channel,
            # Asterisk takes off the outer quotes and leaves everything between them as it is.
            caller_id=f'"{self._name}" <{self.number}>' if self.number else None,
            timeout=patience,
        )
        await self._exchange.ari.call(request)
        return at

    def entered(self, channel: str) -> None:
        """The world tells it that the call is answered and the line can be used."""
        self._exchange.spawn(f"sound of {self.number}", self._pick_up_sound(channel))

    async def is_answered(self, within: float = WITHIN) -> float:
        """The system answered; returns the moment."""
        await self._until("was not answered", within, lambda: self._usable_at)
        assert self.answered_at is not None
        return self.answered_at

    async def is_refused(self, within: float = WITHIN) -> int | None:
        """The call ended before it was answered; returns the Q.850 cause (17 busy, 21 rejected, 1 no such number)."""
        await self._until("was not refused", within, lambda: self._channel is None or None)
        assert self.answered_at is None, self._failure("was answered, not refused")
        return self.cause


class ResponderPhone(Phone):
    """A phone that can be rung. Until told otherwise it rings, and waits for its owner."""

    def __init__(self, exchange: Exchange, number: str, *, listen: bool) -> None:
        super().__init__(exchange, number, listen=listen)
        self.rung: list[Ring] = []
        self._rings_told = 0
        self._refuses_with: int | None = None
        self._announces: str | None = None
        self._box_after: float | None = None

    @property
    def rang_count(self) -> int:
        """How often it rang. A busy or dead one does not ring."""
        return len(self.rung)

    # What kind of phone it is from now on.

    def is_available(self) -> None:
        self._refuses_with = self._announces = self._box_after = None

    def is_busy(self) -> None:
        self._refuses_with = 486

    def is_dead(self) -> None:
        """The number does not exist."""
        self._refuses_with = 404

    def refuses_with(self, sip_status: int) -> None:
        """Each call is refused at once: 403 is a trunk that will not have us, 503 a network that cannot."""
        self._refuses_with = sip_status

    def is_announced_away(self, sip_status: int | None) -> None:
        """It does not ring: the network plays three tones and more, unanswered (183), for a second.

        Then it refuses the call with this status. With None it says no more until the call is given up.
        """
        self._announces = FOR_EVER if sip_status is None else str(sip_status)

    def has_voicemail_box(self, after: float = 0.2) -> None:
        """It answers by itself after so many seconds, plays the tone "greeting", and never presses a key."""
        self._refuses_with, self._box_after = None, after

    # What is done with it and expected of it.

    async def rings(self, within: float = WITHIN) -> Ring:
        """The next time it rings; says when, and what the phone shows."""
        ring = await self._until(
            "did not ring", within, lambda: self.rung[self._rings_told] if self.rang_count > self._rings_told else None
        )
        self._rings_told += 1
        return ring

    async def answers(self, within: float = WITHIN) -> float:
        """Pick up; returns the moment from which the phone can hear and speak."""
        self._ringing("answer")
        channel = self._in_call("answer")
        await self._exchange.ari.call(requests.answer(channel))
        await self._pick_up_sound(channel)
        return await self._until("could not answer", within, lambda: self._usable_at)

    async def rejects(self, within: float = WITHIN) -> None:
        """Decline the ringing call (603)."""
        self._ringing("reject")
        self._refuse(603)
        await self._until("could not reject", within, lambda: self._channel is None or None)

    async def stops_ringing(self, within: float = WITHIN) -> float:
        """The caller's side gave up or took another phone; returns the moment."""
        ended = await self._until("did not stop ringing", within, lambda: self.ended_at)
        assert self.answered_at is None, self._failure("stopped ringing because it was answered")
        return ended

    def was_called(self, channel: Channel) -> None:
        """The world tells it of a call."""
        if self._channel is not None:
            self._note(f"was called by {channel.caller_number} and is in a call")
            self._exchange.ari.send(requests.continue_in_dialplan(channel.id, REFUSE, "486"))
            return
        self._begin(channel.id)
        if self._refuses_with is not None:
            self._refuse(self._refuses_with)
            return
        if self._announces is not None:
            self._note("is announced away")
            self._exchange.ari.send(requests.continue_in_dialplan(channel.id, ANNOUNCE, self._announces))
            return
        self._exchange.ari.send(requests.ring(channel.id))
        at = self._note(f"rang, showing {channel.caller_name} {channel.caller_number}")
        self.rung.append(Ring(at, channel.caller_name, channel.caller_number))
        if self._box_after is not None:
            self._exchange.spawn(f"voicemail box of {self.number}", self._answer_as_box(channel.id, self._box_after))

    async def _answer_as_box(self, channel: str, after: float) -> None:
        await asyncio.sleep(after)
        if self._channel != channel:
            return
        self._exchange.ari.send(requests.answer(channel))
        await self._pick_up_sound(channel)
        if self._line is not None:
            self.speaks("greeting")

    def _refuse(self, sip_status: int) -> None:
        # Not by hanging up: whatever reason is given, Asterisk would make 403 of a rejection.
        channel = self._in_call("refuse")
        self._note(f"refused with {sip_status}")
        self._exchange.ari.send(requests.continue_in_dialplan(channel, REFUSE, str(sip_status)))

    def _ringing(self, what: str) -> None:
        assert self._channel is not None and self.answered_at is None, self._failure(f"cannot {what}: it does not ring")


def _tone_packets(name: str, seconds: float | None) -> Iterator[bytes]:
    sound = audioop.lin2ulaw(packet(name), 2)
    return itertools.repeat(sound) if seconds is None else itertools.repeat(sound, round(seconds / PACKET_SECONDS))


def _file_packets(path: Path) -> Iterator[bytes]:
    """A WAV file (8 kHz mono 16-bit) in packets of 20 ms, the last one filled up with silence."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE), path
        pcm = file.readframes(file.getnframes())
    size = 2 * PACKET_SAMPLES
    return iter([audioop.lin2ulaw(pcm[at : at + size].ljust(size, b"\0"), 2) for at in range(0, len(pcm), size)])
