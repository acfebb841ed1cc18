"""Asterisk's messages become typed values; what does not have the documented form is named, never a KeyError."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lcr_asterisk.ari import messages as ari
from lcr_asterisk.errors import AriMalformed

CHANNEL: dict[str, Any] = {
    "id": "20261121-090012-k7m3q-leg-3",
    "name": "PJSIP/trunk-00000015",
    "state": "Up",
    "protocol_id": "fe038f8f",
    "caller": {"name": "Hot, Line", "number": "+14155551000"},
    "connected": {"name": "", "number": ""},
    "accountcode": "",
    "dialplan": {"context": "inbound", "exten": "+14155551000", "priority": 1, "app_name": "Stasis"},
    "creationtime": "2026-11-21T09:00:12.617+0000",
    "language": "en",
}
PARSED = ari.Channel(
    id="20261121-090012-k7m3q-leg-3",
    name="PJSIP/trunk-00000015",
    state=ari.ChannelState.UP,
    caller_name="Hot, Line",
    caller_number="+14155551000",
    connected_name="",
    connected_number="",
    context="inbound",
    exten="+14155551000",
    application="Stasis",
    created_at=datetime(2026, 11, 21, 9, 0, 12, 617000, tzinfo=UTC),
)
BRIDGE = {"id": "b", "bridge_type": "mixing", "channels": ["x", "y"]}
PARSED_BRIDGE = ari.Bridge("b", "mixing", ("x", "y"))
PLAYBACK = {"id": "p", "media_uri": "sound:/a", "target_uri": "channel:c", "state": "failed"}
RECORDING = {"name": "r", "format": "wav", "state": "done", "duration": 7, "talking_duration": 5, "silence_duration": 2}


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ({"type": "StasisStart", "args": ["leg", "x"]}, ari.StasisStart(PARSED, ("leg", "x"))),
        ({"type": "StasisEnd"}, ari.StasisEnd(PARSED)),
        ({"type": "ChannelStateChange"}, ari.ChannelStateChange(PARSED)),
        ({"type": "ChannelDtmfReceived", "digit": "#", "duration_ms": 90}, ari.ChannelDtmfReceived(PARSED, "#", 90)),
        ({"type": "ChannelHangupRequest"}, ari.ChannelHangupRequest(PARSED, None)),
        ({"type": "ChannelHangupRequest", "cause": 16}, ari.ChannelHangupRequest(PARSED, 16)),
        (
            {"type": "ChannelDestroyed", "cause": 21, "cause_txt": "Call Rejected", "tech_cause": 603},
            ari.ChannelDestroyed(PARSED, 21, "Call Rejected", 603),
        ),
        (
            {"type": "ChannelDestroyed", "cause": 16, "cause_txt": "Normal Clearing"},
            ari.ChannelDestroyed(PARSED, 16, "Normal Clearing", None),
        ),
        ({"type": "ChannelEnteredBridge"}, ari.ChannelEnteredBridge(PARSED, PARSED_BRIDGE)),
        ({"type": "ChannelLeftBridge"}, ari.ChannelLeftBridge(PARSED, PARSED_BRIDGE)),
        ({"type": "BridgeDestroyed"}, ari.BridgeDestroyed(PARSED_BRIDGE)),
        ({"type": "PlaybackStarted"}, ari.PlaybackStarted("p", "sound:/a")),
        ({"type": "PlaybackFinished"}, ari.PlaybackFinished("p", "sound:/a", "failed")),
        ({"type": "RecordingStarted"}, ari.RecordingStarted("r")),
        ({"type": "RecordingFinished"}, ari.RecordingFinished("r", 7, 5, 2)),
        ({"type": "RecordingFailed"}, ari.RecordingFailed("r", "")),
        ({"type": "ChannelTalkingStarted"}, ari.ChannelTalkingStarted(PARSED)),
        ({"type": "ChannelTalkingFinished", "duration": 340}, ari.ChannelTalkingFinished(PARSED, 340)),
        ({"type": "Dial", "peer": CHANNEL, "dialstatus": "RINGING"}, ari.Dial(PARSED, "RINGING")),
        ({"type": "ApplicationReplaced", "application": "lcr"}, ari.ApplicationReplaced("lcr")),
        ({"type": "SomethingNew", "channel": 5}, ari.Unknown("SomethingNew")),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_each_event_becomes_its_value(message: dict[str, Any], event: ari.Event) -> None:
    everything = {"channel": CHANNEL, "bridge": BRIDGE, "playback": PLAYBACK, "recording": RECORDING}
    assert ari.parse(everything | message) == event
    assert ari.decode(json.dumps(everything | message)) == event


def test_a_playback_of_a_missing_file_shows_as_failed() -> None:
    assert ari.PlaybackFinished("p", "sound:/a", "failed").failed
    assert not ari.PlaybackFinished("p", "sound:/a", "done").failed


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ([], "event is not an object"),
        ({}, r"event\.type is not a string"),
        ({"type": "StasisEnd"}, r"StasisEnd\.channel is not an object"),
        ({"type": "StasisEnd", "channel": CHANNEL | {"id": None}}, r"StasisEnd\.channel\.id is not a string"),
        ({"type": "StasisEnd", "channel": CHANNEL | {"creationtime": "noon"}}, "creationtime is not a time"),
        ({"type": "StasisStart", "channel": CHANNEL, "args": [1]}, "args is not a list of strings"),
        ({"type": "ChannelDestroyed", "channel": CHANNEL, "cause_txt": ""}, "cause is missing"),
        ({"type": "ChannelDestroyed", "channel": CHANNEL, "cause": "16", "cause_txt": ""}, "not a whole number"),
    ],
)
def test_a_malformed_event_is_named(message: object, complaint: str) -> None:
    with pytest.raises(AriMalformed, match=complaint):
        ari.parse(message)


def test_a_channel_state_of_a_newer_asterisk_is_unknown_not_an_error() -> None:
    assert ari.parse_channel(CHANNEL | {"state": "Levitating"}).state is ari.ChannelState.UNKNOWN


def test_a_bridge_reply_is_read() -> None:
    assert ari.parse_bridge(BRIDGE) == PARSED_BRIDGE


def test_a_reply_carries_its_decoded_body() -> None:
    reply = {"type": "RESTResponse", "request_id": "7", "status_code": 404, "reason_phrase": "Not Found"}
    assert ari.decode(json.dumps(reply)) == ari.Response("7", 404, "Not Found", None)
    body = {"message_body": '{"message": "gone"}'}
    assert ari.decode(json.dumps(reply | body)) == ari.Response("7", 404, "Not Found", {"message": "gone"})


@pytest.mark.parametrize("text", ["", "{", '{"type": "RESTResponse", "request_id": "1", "message_body": "{"}'])
def test_what_is_not_json_is_named(text: str) -> None:
    with pytest.raises(AriMalformed, match="not JSON"):
        ari.decode(text)
