"""What Asterisk can be asked to do, each as a value that the client sends. Counterpart: `messages.py`, what it says.

`done_when` names the error statuses that mean "it already is so". Stopping what has stopped is a success: a channel,
playback or recording may end by itself while the request is under way (404), be on its way out (409), or be refused
because it just left (422).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

Method = Literal["GET", "POST", "PUT", "DELETE"]
BridgeType = Literal["mixing", "mixing,dtmf_events", "holding"]
HangupReason = Literal["normal", "busy", "congestion", "no_answer", "rejected", "unallocated", "answered_elsewhere"]
IfExists = Literal["fail", "overwrite", "append"]

ALREADY_OVER = frozenset({404, 409, 422})


@dataclass(frozen=True, slots=True)
class Request:
    """`uri` is relative and quoted; `query` are unquoted pairs; `body` is sent as JSON."""

    method: Method
    uri: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    done_when: frozenset[int] = frozenset()

    def __str__(self) -> str:
        return f"{self.method} {self.uri}"


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)


def _query(**values: str | int | bool | None) -> tuple[tuple[str, str], ...]:
    """Query pairs with ARI's camel-case names as written; None is left out."""
    return tuple(
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in values.items()
        if value is not None
    )


# Channels


def originate(
    endpoint: str,
    *,
    app: str,
    app_args: str = "",
    channel_id: str,
    caller_id: str | None = None,
    timeout: float = 30.0,
    originator: str | None = None,
    variables: Mapping[str, str] | None = None,
    formats: str | None = None,
) -> Request:
    """Call `endpoint` ("PJSIP/+14155550101@trunk"); StasisStart comes when it answers.

    `timeout` in seconds ends the attempt (cause 19); `originator` is the caller's channel, whose codecs and linked id
    the leg takes; `caller_id` is what the phone shows, as 'Name <number>'. A channel id in use raises Conflict; ask
    `get_channel` first where that is likely, because Asterisk 22.10.1 then waits 15 s at its own stop for the channel
    that it did not make.
    """
    query = _query(
        endpoint=endpoint,
        app=app,
        appArgs=app_args or None,
        channelId=channel_id,
        callerId=caller_id,
        timeout=max(1, round(timeout)),
        originator=originator,
        formats=formats,
    )
    return Request("POST", "channels", query, {"variables": dict(variables)} if variables else None)


def originate_to_dialplan(
    endpoint: str,
    *,
    context: str,
    channel_id: str,
    caller_id: str | None = None,
    timeout: float = 30.0,
    originator: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Request:
    """Call `endpoint` as `originate` does, but when it answers it goes to extension `s` of a dialplan context.

    No application hears of the channel until it is subscribed to it (`subscribe_to_channel`) or the channel enters it.
    """
    query = _query(
        endpoint=endpoint,
        context=context,
        extension="s",
        priority=1,
        channelId=channel_id,
        callerId=caller_id,
        timeout=max(1, round(timeout)),
        originator=originator,
    )
    return Request("POST", "channels", query, {"variables": dict(variables)} if variables else None)


def list_channels() -> Request:
    return Request("GET", "channels")


def get_channel(channel: str) -> Request:
    return Request("GET", _path("channels", channel))


def answer(channel: str) -> Request:
    return Request("POST", _path("channels", channel, "answer"))


def ring(channel: str) -> Request:
    """Tell the calling phone that it rings (180)."""
    return Request("POST", _path("channels", channel, "ring"))


def hangup(channel: str, reason: HangupReason | None = None) -> Request:
    return Request("DELETE", _path("channels", channel), _query(reason=reason), done_when=ALREADY_OVER)


def continue_in_dialplan(channel: str, context: str, extension: str, priority: int = 1) -> Request:
    """Let the channel leave the application and go on at this place of the dialplan."""
    query = _query(context=context, extension=extension, priority=priority)
    return Request("POST", _path("channels", channel, "continue"), query)


def dtmf(channel: str, digits: str, *, duration_ms: int = 100, between_ms: int = 100) -> Request:
    """Send keypad digits out on the channel, as if its other end pressed them."""
    query = _query(dtmf=digits, duration=duration_ms, between=between_ms)
    return Request("POST", _path("channels", channel, "dtmf"), query)


def get_variable(channel: str, name: str) -> Request:
    """Replies {"value": text}. Raises NotFound where the variable is not set."""
    return Request("GET", _path("channels", channel, "variable"), _query(variable=name))


def set_variable(channel: str, name: str, value: str) -> Request:
    return Request("POST", _path("channels", channel, "variable"), _query(variable=name, value=value))


def external_media(host: str, *, app: str, channel_id: str, audio_format: str) -> Request:
    """A channel that exchanges RTP with `host` ("127.0.0.1:40000") and enters `app` with its own StasisStart."""
    query = _query(app=app, channelId=channel_id, external_host=host, format=audio_format)
    return Request("POST", "channels/externalMedia", query)


def listen(channel: str, ear: str, *, app: str) -> Request:
    """A channel `ear` that hears what comes from the channel's other end, and ends with it.

    It can be recorded once it has entered `app`, which its StasisStart tells: before that Asterisk answers 409.
    """
    return Request("POST", _path("channels", channel, "snoop", ear), _query(app=app, spy="in"))


def whisper(channel: str, aside: str, *, app: str) -> Request:
    """A channel `aside`: what is played to it is mixed into what the other channel hears, and ends with that one.

    It can be played to once it has entered `app`, which its StasisStart tells.
    """
    return Request("POST", _path("channels", channel, "snoop", aside), _query(app=app, whisper="out"))


# Sound


def play(channel: str, media: Sequence[str], playback_id: str) -> Request:
    """Play media URIs one after the other as one playback. A missing file only shows in PlaybackFinished."""
    # As a JSON list: a query would cut a path at its commas.
    uri = _path("channels", channel, "play", playback_id)
    return Request("POST", uri, body={"media": list(media)})


def play_to_bridge(bridge: str, media: Sequence[str], playback_id: str) -> Request:
    return Request("POST", _path("bridges", bridge, "play", playback_id), body={"media": list(media)})


def stop_playback(playback_id: str) -> Request:
    return Request("DELETE", _path("playbacks", playback_id), done_when=ALREADY_OVER)


def start_moh(channel: str, music_class: str) -> Request:
    return Request("POST", _path("channels", channel, "moh"), _query(mohClass=music_class))


def stop_moh(channel: str) -> Request:
    return Request("DELETE", _path("channels", channel, "moh"), done_when=ALREADY_OVER)


# Recordings


def record_channel(
    channel: str,
    name: str,
    *,
    audio_format: str = "wav",
    max_seconds: float = 0,
    max_silence_seconds: float = 0,
    terminate_on: str = "none",
    if_exists: IfExists = "fail",
) -> Request:
    """Record what the channel's other end says, into the spool's recording/NAME.FORMAT; 0 seconds is no limit.

    Asterisk takes whole seconds: limits are rounded up, so that none is cut short. `if_exists` is about a finished
    recording of that name; one that is still being made raises Conflict.
    """
    return _record("channels", channel, name, audio_format, max_seconds, max_silence_seconds, terminate_on, if_exists)


def record_bridge(
    bridge: str, name: str, *, audio_format: str = "wav", max_seconds: float = 0, if_exists: IfExists = "fail"
) -> Request:
    """Record everyone in the bridge into one file, until the bridge ends or nobody is in it."""
    return _record("bridges", bridge, name, audio_format, max_seconds, 0, "none", if_exists)


def _record(
    kind: str,
    target: str,
    name: str,
    audio_format: str,
    max_seconds: float,
    max_silence: float,
    terminate_on: str,
    if_exists: IfExists,
) -> Request:
    query = _query(
        name=name,
        format=audio_format,
        maxDurationSeconds=_whole_seconds(max_seconds),
        maxSilenceSeconds=_whole_seconds(max_silence),
        ifExists=if_exists,
        terminateOn=terminate_on,
    )
    return Request("POST", _path(kind, target, "record"), query)


def _whole_seconds(seconds: float) -> int:
    return -int(-seconds // 1)


def get_live_recording(name: str) -> Request:
    return Request("GET", _path("recordings", "live", name))


def get_stored_recording(name: str) -> Request:
    """NotFound where there is no finished recording of this name."""
    return Request("GET", _path("recordings", "stored", name))


def stop_recording(name: str) -> Request:
    """End the recording and keep the file."""
    return Request("POST", _path("recordings", "live", name, "stop"), done_when=ALREADY_OVER)


def delete_recording(name: str) -> Request:
    """Delete a finished recording's file from the spool."""
    return Request("DELETE", _path("recordings", "stored", name), done_when=ALREADY_OVER)


# Bridges


def create_bridge(bridge: str, bridge_type: BridgeType = "mixing") -> Request:
    """Make the bridge; one that exists under this id (409) stays as it is.

    With `dtmf_events` keys pressed in it are reported. Without, Asterisk may let two phones' packets through unread.
    """
    return Request("POST", _path("bridges", bridge), _query(type=bridge_type), done_when=frozenset({409}))


def list_bridges() -> Request:
    return Request("GET", "bridges")


def get_bridge(bridge: str) -> Request:
    return Request("GET", _path("bridges", bridge))


def add_to_bridge(bridge: str, channels: Sequence[str], *, absorb_dtmf: bool | None = None) -> Request:
    """Put channels into the bridge. Their digits cross to the others unless `absorb_dtmf`."""
    query = _query(absorbDTMF=absorb_dtmf)
    return Request("POST", _path("bridges", bridge, "addChannel"), query, {"channel": list(channels)})


def remove_from_bridge(bridge: str, channel: str) -> Request:
    """Take a channel out of the bridge; it stays in the application."""
    query = _query(channel=channel)
    return Request("POST", _path("bridges", bridge, "removeChannel"), query, done_when=ALREADY_OVER)


def destroy_bridge(bridge: str) -> Request:
    """End the bridge; channels that were in it stay in the application."""
    return Request("DELETE", _path("bridges", bridge), done_when=ALREADY_OVER)


# The application and Asterisk itself


def get_application(app: str) -> Request:
    """Replies with `channel_ids` and `bridge_ids` of the application; NotFound while nobody is connected for it."""
    return Request("GET", _path("applications", app))


def subscribe_to_channel(app: str, channel: str) -> Request:
    """Let the application hear of a channel that is not in it. Unprocessable where there is no such channel."""
    return Request("POST", _path("applications", app, "subscription"), _query(eventSource=f"channel:{channel}"))


def subscribe_to_bridge(app: str, bridge: str) -> Request:
    """Have the application hear of this bridge until it is destroyed, also when no channel of the application is in it.

    Without it the application hears of a bridge only while one of its channels is there. The end of the bridge's
    recording, reported in the instant in which the last of them leaves, was then lost in every second case.
    """
    return Request("POST", _path("applications", app, "subscription"), _query(eventSource=f"bridge:{bridge}"))


def subscribe_to_endpoint(app: str, endpoint: str) -> Request:
    """Let the application hear of every channel that this endpoint ("PJSIP/trunk") has from now on."""
    return Request("POST", _path("applications", app, "subscription"), _query(eventSource=f"endpoint:{endpoint}"))


def hear_only(app: str, events: Sequence[str]) -> Request:
    """Let the application hear of these types of events and of no others."""
    # Replies come as events too, and a filter that does not name them would keep them back (22.10.1).
    allowed = [{"type": event} for event in (*events, "RESTResponse")]
    return Request("PUT", _path("applications", app, "eventFilter"), body={"allowed": allowed})


def get_endpoint(technology: str, name: str) -> Request:
    """Replies with its `state`: "online" or "offline". NotFound where Asterisk has no such endpoint."""
    return Request("GET", _path("endpoints", technology, name))


def ping() -> Request:
    return Request("GET", "asterisk/ping")


def reload_module(name: str) -> Request:
    """Let a module ("res_musiconhold.so") read its configuration again."""
    return Request("PUT", _path("asterisk", "modules", name))
