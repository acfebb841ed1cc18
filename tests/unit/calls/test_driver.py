"""One call's mistakes are its own: the loop that all calls share has time for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest

from lcr_asterisk.ari.messages import StasisStart
from lcr_asterisk.callflow.commands import Command
from lcr_asterisk.callflow.events import CallerHungUp, Connected, Event, LegAnswered, LegPressed, TimePassed
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.calls import driver as driver_module
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.errors import IllegalEvent
from tests.unit.calls.conftest import Desk, channel

TURNS = 200  # of the loop
FEW = 10


class Stopped(Clock):
    """It is this late."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self._at = at

    def now(self) -> datetime:
        return self._at


@pytest.mark.parametrize("failure", [IllegalEvent("cannot happen"), ZeroDivisionError("a defect")])
async def test_a_call_whose_deadline_cannot_be_dealt_with_leaves_all_others_their_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """Two people talk, whom nothing of this is worth parting, and somebody else is told why they are not needed."""
    for caller in ("1.0", "2.0"):
        desk.switchboard.on_event(StasisStart(channel(caller), ("inbound", "+14155551001")))
    failing, other = desk.registry
    first, *_, second = (leg.id for leg in failing.call.legs)
    for event in (LegAnswered(first), LegAnswered(second), LegPressed(first, "1"), Connected(first)):
        failing.post(event)
    deadline = failing.call.deadline()
    assert deadline is not None

    attempts = 0

    def fails(call: Call | None, event: Event, now: datetime) -> tuple[Call, Sequence[Command]]:
        nonlocal attempts
        if not isinstance(event, TimePassed):
            return step(call, event, now)
        attempts += 1
        raise failure

    monkeypatch.setattr(driver_module, "step", fails)
    failing.clock = Stopped(deadline)
    failing.post(TimePassed())
    for _ in range(TURNS):
        await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(other.post, CallerHungUp())
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert 1 <= attempts < FEW
    assert not other.call.caller_present
    assert failing.call.deadline() == deadline


async def test_time_that_could_not_be_dealt_with_passes_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the call has its deadlines still."""
    monkeypatch.setattr(driver_module, "TIME_AGAIN", driver_module.TIME_AGAIN / 1000)
    desk.switchboard.on_event(StasisStart(channel("1.0"), ("inbound", "+14155551001")))
    driver = desk.driver
    deadline = driver.call.deadline()
    assert deadline is not None
    passed = asyncio.Event()
    failures = [IllegalEvent("cannot happen")]

    def fails_once(call: Call | None, event: Event, now: datetime) -> tuple[Call, Sequence[Command]]:
        if isinstance(event, TimePassed) and failures:
            raise failures.pop()
        if isinstance(event, TimePassed):
            passed.set()
        return step(call, event, now)

    monkeypatch.setattr(driver_module, "step", fails_once)
    driver.clock = Stopped(deadline)
    driver.post(TimePassed())
    async with asyncio.timeout(30):
        await passed.wait()
    assert driver.call.deadline() != deadline
