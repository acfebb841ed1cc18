"""What is asked of Asterisk, and what comes of an answer that does not come."""

from __future__ import annotations

from lcr_asterisk.ari.messages import StasisStart
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.errors import AriTimeout
from tests.unit.calls.conftest import Desk, channel


async def test_a_phone_that_asterisk_was_too_slow_to_ring_is_not_left_ringing(desk: Desk) -> None:
    """The request is given up, but Asterisk may still carry it out: nobody would watch over that phone."""
    desk.switchboard.on_event(StasisStart(channel("1.0"), ("inbound", "+14155551001")))
    call = desk.driver.call
    assert not desk.asterisk.requests("DELETE channels/")
    await desk.asterisk.refuses("POST channels", AriTimeout("no reply"))
    assert {leg.end for leg in desk.driver.call.legs} == {LegEnd.UNREACHABLE}
    assert {f"DELETE channels/{leg.id}" for leg in call.legs} <= set(desk.asterisk.requests("DELETE channels/"))
