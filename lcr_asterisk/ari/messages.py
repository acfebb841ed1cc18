"""What Asterisk says on the socket, as typed values. Counterpart: `requests.py`, what it is asked to do.

Only fields that something here reads are kept. An event this program has no use for becomes `Unknown`, so that a newer
Asterisk with more event types does no harm; one that lacks what its type promises raises `AriMalformed`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lcr_asterisk.errors import AriMalformed


class ChannelState(StrEnum):
    DOWN = "Down"
    RESERVED = "Rsrved"
    OFF_HOOK = "OffHook"
    DIALING = "Dialing"
    RING = "Ring"
    RINGING = "Ringing"
    UP = "Up"
    BUSY = "Busy"
    DIALING_OFF_HOOK = "Dialing Offhook"
    PRE_RING = "Pre-ring"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Channel:
    """One side of a call. `name` is Asterisk's own ("PJSIP/trunk-00000001"); `caller_name` is hostile text.

    `application` is what the dialplan does with it at the moment: "Stasis" when it is in our hands.

    On a channel that Asterisk originated, `caller_*` is the party called; `connected_number` the party shown to it.
    """

    id: str
    name: str
    state: ChannelState
    caller_name: str
    caller_number: str
    connected_name: str
    connected_number: str
    context: str
    exten: str
    application: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Bridge:
    id: str
    type: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StasisStart:
    """A channel entered the application; for an originated leg: it was answered."""

    channel: Channel
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StasisEnd:
    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelStateChange:
    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelDtmfReceived:
    """Comes when the digit ends; `duration_ms` is how long it was held."""

    channel: Channel
    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class ChannelHangupRequest:
    """The other end hung up; the channel is still there for a moment. `cause` as in ChannelDestroyed, or None."""

    channel: Channel
    cause: int | None


@dataclass(frozen=True, slots=True)
class ChannelDestroyed:
    """`cause` is a Q.850 cause, `tech_cause` the SIP status behind it, where Asterisk knows one."""

    channel: Channel
    cause: int
    cause_txt: str
    tech_cause: int | None


@dataclass(frozen=True, slots=True)
class ChannelEnteredBridge:
    channel: Channel
    bridge: Bridge


@dataclass(frozen=True, slots=True)
class ChannelLeftBridge:
    channel: Channel
    bridge: Bridge


@dataclass(frozen=True, slots=True)
class BridgeDestroyed:
    bridge: Bridge


@dataclass(frozen=True, slots=True)
class PlaybackStarted:
    playback: str
    media: str


@dataclass(frozen=True, slots=True)
class PlaybackFinished:
    """`state` is "done" (played out or stopped) or "failed" (a missing file, for one: the caller heard nothing)."""

    playback: str
    media: str
    state: str

    @property
    def failed(self) -> bool:
        return self.state == "failed"


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    recording: str


@dataclass(frozen=True, slots=True)
class RecordingFinished:
    """Seconds, where Asterisk gives them; the two last ones only when a silence limit was set."""

    recording: str
    duration: int | None
    talking_duration: int | None
    silence_duration: int | None


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    recording: str
    cause: str


@dataclass(frozen=True, slots=True)
class ChannelTalkingStarted:
    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelTalkingFinished:
    """`duration` is how long the talking lasted, in milliseconds."""

    channel: Channel
    duration: int


@dataclass(frozen=True, slots=True)
class Dial:
    """Progress of an outbound leg. `status` is "" when dialling began, then RINGING, PROGRESS, ANSWER, BUSY …"""

    peer: Channel
    status: str


@dataclass(frozen=True, slots=True)
class ApplicationReplaced:
    """Another client connected under the same name and gets all events from now on."""

    application: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event this program has no use for."""

    type: str


Event = (
    StasisStart
    | StasisEnd
    | ChannelStateChange
    | ChannelDtmfReceived
    | ChannelHangupRequest
    | ChannelDestroyed
    | ChannelEnteredBridge
    | ChannelLeftBridge
    | BridgeDestroyed
    | PlaybackStarted
    | PlaybackFinished
    | RecordingStarted
    | RecordingFinished
    | RecordingFailed
    | ChannelTalkingStarted
    | ChannelTalkingFinished
    | Dial
    | ApplicationReplaced
    | Unknown
)


@dataclass(frozen=True, slots=True)
class Response:
    """The reply to one request. `body` is decoded JSON, or None where there is none."""

    request_id: str
    status: int
    reason: str
    body: Any


_STATES = {state.value: state for state in ChannelState}


class _Fields:
    """Reads one JSON object strictly; every complaint says where in the message it is."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise AriMalformed(f"{where} is not an object but {value!r:.80}")
        self._value = value
        self._where = where

    def text(self, key: str, default: str | None = None) -> str:
        value = self._value.get(key, default)
        if not isinstance(value, str):
            raise AriMalformed(f"{self._where}.{key} is not a string but {value!r:.80}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._value.get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise AriMalformed(f"{self._where}.{key} is not a list of strings but {value!r:.80}")
        return tuple(value)

    def number_or_none(self, key: str) -> int | None:
        value = self._value.get(key)
        if value is not None and not isinstance(value, int):
            raise AriMalformed(f"{self._where}.{key} is not a whole number but {value!r:.80}")
        return value

    def number(self, key: str) -> int:
        value = self.number_or_none(key)
        if value is None:
            raise AriMalformed(f"{self._where}.{key} is missing")
        return value

    def time(self, key: str) -> datetime:
        text = self.text(key)
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            raise AriMalformed(f"{self._where}.{key} is not a time but {text!r:.80}") from error

    def fields(self, key: str) -> _Fields:
        return _Fields(self._value.get(key), f"{self._where}.{key}")

    def channel(self, key: str = "channel") -> Channel:
        return _channel(self.fields(key))

    def bridge(self) -> Bridge:
        return _bridge(self.fields("bridge"))


def _channel(fields: _Fields) -> Channel:
    caller, connected, dialplan = fields.fields("caller"), fields.fields("connected"), fields.fields("dialplan")
    return Channel(
        id=fields.text("id"),
        name=fields.text("name"),
        state=_STATES.get(fields.text("state"), ChannelState.UNKNOWN),
        caller_name=caller.text("name"),
        caller_number=caller.text("number"),
        connected_name=connected.text("name"),
        connected_number=connected.text("number"),
        context=dialplan.text("context"),
        exten=dialplan.text("exten"),
        application=dialplan.text("app_name", ""),
        created_at=fields.time("creationtime"),
    )


def _bridge(fields: _Fields) -> Bridge:
    return Bridge(id=fields.text("id"), type=fields.text("bridge_type"), channels=fields.texts("channels"))


def _playback_finished(event: _Fields) -> PlaybackFinished:
    playback = event.fields("playback")
    return PlaybackFinished(playback.text("id"), playback.text("media_uri"), playback.text("state"))


def _playback_started(event: _Fields) -> PlaybackStarted:
    playback = event.fields("playback")
    return PlaybackStarted(playback.text("id"), playback.text("media_uri"))


def _recording_finished(event: _Fields) -> RecordingFinished:
    recording = event.fields("recording")
    return RecordingFinished(
        recording=recording.text("name"),
        duration=recording.number_or_none("duration"),
        talking_duration=recording.number_or_none("talking_duration"),
        silence_duration=recording.number_or_none("silence_duration"),
    )


def _recording_failed(event: _Fields) -> RecordingFailed:
    recording = event.fields("recording")
    return RecordingFailed(recording.text("name"), recording.text("cause", ""))


_EVENTS: dict[str, Callable[[_Fields], Event]] = {
    "StasisStart": lambda event: StasisStart(event.channel(), event.texts("args")),
    "StasisEnd": lambda event: StasisEnd(event.channel()),
    "ChannelStateChange": lambda event: ChannelStateChange(event.channel()),
    "ChannelDtmfReceived": lambda event: ChannelDtmfReceived(
        event.channel(), event.text("digit"), event.number("duration_ms")
    ),
    "ChannelHangupRequest": lambda event: ChannelHangupRequest(event.channel(), event.number_or_none("cause")),
    "ChannelDestroyed": lambda event: ChannelDestroyed(
        event.channel(), event.number("cause"), event.text("cause_txt"), event.number_or_none("tech_cause")
    ),
    "ChannelEnteredBridge": lambda event: ChannelEnteredBridge(event.channel(), event.bridge()),
    "ChannelLeftBridge": lambda event: ChannelLeftBridge(event.channel(), event.bridge()),
    "BridgeDestroyed": lambda event: BridgeDestroyed(event.bridge()),
    "PlaybackStarted": _playback_started,
    "PlaybackFinished": _playback_finished,
    "RecordingStarted": lambda event: RecordingStarted(event.fields("recording").text("name")),
    "RecordingFinished": _recording_finished,
    "RecordingFailed": _recording_failed,
    "ChannelTalkingStarted": lambda event: ChannelTalkingStarted(event.channel()),
    "ChannelTalkingFinished": lambda event: ChannelTalkingFinished(event.channel(), event.number("duration")),
    "Dial": lambda event: Dial(event.channel("peer"), event.text("dialstatus")),
    "ApplicationReplaced": lambda event: ApplicationReplaced(event.text("application")),
}


def parse(message: object) -> Event:
    """One decoded JSON event as a typed value. Raises AriMalformed."""
    fields = _Fields(message, "event")
    kind = fields.text("type")
    make = _EVENTS.get(kind)
    return Unknown(kind) if make is None else make(_Fields(message, kind))


def parse_channel(value: object) -> Channel:
    """One channel from a reply's body (`get_channel`, `list_channels`). Raises AriMalformed."""
    return _channel(_Fields(value, "channel"))


def parse_bridge(value: object) -> Bridge:
    """One bridge from a reply's body (`get_bridge`, `list_bridges`). Raises AriMalformed."""
    return _bridge(_Fields(value, "bridge"))


def decode(text: str) -> Event | Response:
    """One text frame of the socket: an event, or the reply to a request. Raises AriMalformed."""
    try:
        message = json.loads(text)
    except ValueError as error:
        raise AriMalformed(f"Asterisk sent something that is not JSON: {text!r:.80}") from error
    if not isinstance(message, dict) or message.get("type") != "RESTResponse":
        return parse(message)
    fields = _Fields(message, "RESTResponse")
    body = fields.text("message_body", "")
    try:
        decoded = json.loads(body) if body else None
    except ValueError as error:
        raise AriMalformed(f"RESTResponse.message_body is not JSON: {body!r:.80}") from error
    return Response(fields.text("request_id"), fields.number("status_code"), fields.text("reason_phrase", ""), decoded)
