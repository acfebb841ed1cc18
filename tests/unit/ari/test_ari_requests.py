"""What is asked of Asterisk says what was meant, to the letter."""

from __future__ import annotations

from lcr_asterisk.ari import requests


def test_a_leg_is_originated_with_everything_its_phone_shows() -> None:
    request = requests.originate(
        "PJSIP/+14155550101@trunk",
        app="lcr",
        app_args="leg,call-1",
        channel_id="call-1-leg-3",
        caller_id='"Hot, Line" <+14155551000>',
        timeout=25.4,
        originator="caller",
        variables={"PJSIP_HEADER(add,X-Call)": "call-1"},
    )
    assert request.uri == "channels"
    assert dict(request.query) == {
        "endpoint": "PJSIP/+14155550101@trunk",
        "app": "lcr",
        "appArgs": "leg,call-1",
        "channelId": "call-1-leg-3",
        "callerId": '"Hot, Line" <+14155551000>',
        "timeout": "25",
        "originator": "caller",
    }
    assert request.body == {"variables": {"PJSIP_HEADER(add,X-Call)": "call-1"}}


def test_a_very_short_ring_still_has_a_timeout() -> None:
    """0 means "for ever" to Asterisk."""
    assert ("timeout", "1") in requests.originate("PJSIP/x", app="a", channel_id="c", timeout=0.2).query


def test_recording_limits_are_rounded_up_to_asterisks_whole_seconds() -> None:
    query = dict(requests.record_channel("c", "n", max_seconds=1.2, max_silence_seconds=0.5, terminate_on="#").query)
    assert (query["maxDurationSeconds"], query["maxSilenceSeconds"], query["terminateOn"]) == ("2", "1", "#")
    assert dict(requests.record_channel("c", "n", max_seconds=120).query)["maxDurationSeconds"] == "120"


def test_digits_cross_a_bridge_unless_told_otherwise() -> None:
    assert requests.add_to_bridge("b", ["x", "y"]).query == ()
    assert requests.add_to_bridge("b", ["x"], absorb_dtmf=True).query == (("absorbDTMF", "true"),)
    assert requests.add_to_bridge("b", ["x", "y"]).body == {"channel": ["x", "y"]}
