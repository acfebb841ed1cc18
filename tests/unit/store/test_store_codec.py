"""What is written to the journal is read back exactly, or refused by name."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcr_asterisk.callflow.events import CallArrived, Caller, CallerPressed, Event, Responder, RespondersFound, Resumed
from lcr_asterisk.callflow.plan import RoutePlan
from lcr_asterisk.errors import StoreError
from lcr_asterisk.store.codec import EVENT_TYPES, decode, encode

st.register_type_strategy(float, st.floats(min_value=0, max_value=1e9).filter(math.isfinite))


def through_json(event: Event) -> Event:
    kind, payload = encode(event)
    return decode("call-1", 1, kind, json.loads(json.dumps(payload)))


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_every_event_comes_back_as_it_was(kind: str) -> None:
    @settings(deadline=None, max_examples=20)
    @given(st.from_type(EVENT_TYPES[kind]))
    def comes_back(event: Event) -> None:
        assert through_json(event) == event

    comes_back()


@pytest.mark.parametrize("name", ["\x00", "\ud800", "\x1b[31m", '李 “x” \\ "', "\u202e", "1", ""])
def test_a_callers_name_comes_back_whatever_it_holds(name: str, plan: RoutePlan) -> None:
    """The journal keeps what the trunk said, byte for byte, and never refuses it."""
    arrived = CallArrived("call-1", "channel-1", Caller("", name), "1000", plan)
    assert through_json(arrived) == arrived


@pytest.mark.parametrize(
    ("kind", "payload", "complaint"),
    [
        ("CallerSneezed", {}, "there is no event 'CallerSneezed'"),
        ("CallerPressed", {}, "digit: Field required"),
        ("CallerPressed", None, "payload: Input should be"),
        ("CallerPressed", {"digit": 5}, "digit: Input should be a valid string"),
        ("LegEnded", {"leg": "leg-1", "end": "bored"}, "end: Input should be 'busy'"),
    ],
)
def test_a_damaged_entry_is_refused_by_name(kind: str, payload: Any, complaint: str) -> None:
    with pytest.raises(StoreError) as refused:
        decode("20261121-090012-k7m3q", 7, kind, payload)
    assert "20261121-090012-k7m3q, entry 7" in str(refused.value)
    assert complaint in str(refused.value)


def test_a_call_that_was_live_during_an_update_can_still_be_read(plan: RoutePlan) -> None:
    """What the version before did not write yet has a default."""
    arrived = CallArrived("call-1", "channel-1", Caller("", ""), "1000", plan)
    kind, payload = encode(arrived)
    for new in ("pin", "labels", "test_person", "test_name"):
        del payload["plan"][new]
    assert decode("call-1", 0, kind, payload) == arrived
    resumed = {"caller_present": True, "legs": [], "bridged": []}
    assert decode("call-1", 2, "Resumed", resumed) == Resumed(True, (), (), caller_answered=True)
    found = {"level": 0, "responders": [{"person": "alice", "name": "Alice", "phones": []}], "skipped": []}
    assert decode("call-1", 1, "RespondersFound", found) == RespondersFound(0, (Responder("alice", "Alice", ()),))


def test_the_kind_is_the_events_name() -> None:
    assert encode(CallerPressed("1")) == ("CallerPressed", {"digit": "1"})
