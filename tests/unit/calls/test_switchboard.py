"""Whoever comes in is served, once, and never left in silence."""

from __future__ import annotations

import pytest

from lcr_asterisk.ari.messages import StasisStart
from lcr_asterisk.audio.whisper import Spelling
from lcr_asterisk.calls.plans import PlanBook
from tests.unit.callflow.plans import direct, prompt
from tests.unit.calls.conftest import Desk, channel

CALLER = "1795228294.0"
IN = ("inbound", "+14155551001")
PHONES = 3  # of the team


async def test_a_caller_who_is_seen_twice_is_one_call_and_rings_each_phone_once(desk: Desk) -> None:
    """After a gap a caller may be found in Asterisk in the same instant in which Asterisk reports them."""
    desk.switchboard.begin(channel(CALLER), IN[1])
    desk.switchboard.on_event(StasisStart(channel(CALLER), IN))
    assert len(desk.registry) == 1
    assert len([request for request in desk.asterisk.requests("POST") if request == "POST channels"]) == PHONES


@pytest.mark.parametrize("args", [(), ("inbound",), ("inbound", ""), ("something", "else", "entirely")])
async def test_a_caller_without_a_number_is_answered_and_told_so(desk: Desk, args: tuple[str, ...]) -> None:
    desk.switchboard.on_event(StasisStart(channel(CALLER), args))
    assert desk.asterisk.requests(f"POST channels/{CALLER}/answer")
    assert desk.driver.call.plan.name == "Unknown number"


async def test_a_caller_whom_this_program_cannot_serve_goes_to_the_dialplan(desk: Desk) -> None:
    # A book whose prompts are missing stands for any defect between the caller and their call.
    nothing = Spelling({}, prompt("pause"), prompt("hidden"))
    desk.book = PlanBook(desk.book.settings, {}, direct(), {}, nothing, {}, {})
    desk.switchboard.on_event(StasisStart(channel(CALLER), IN))
    assert len(desk.registry) == 0
    assert desk.asterisk.requests("POST")[-1] == f"POST channels/{CALLER}/continue"
