"""What is asked of Asterisk, and what comes of an answer that does not come."""

from __future__ import annotations

import pytest

from lcr_asterisk.ari.messages import StasisStart
from lcr_asterisk.ari.requests import subscribe_to_bridge
from lcr_asterisk.callflow.events import CallerPressed, Connected, LegAnswered, LegEnd, LegPressed, NoRoom
from lcr_asterisk.calls import ids
from lcr_asterisk.errors import AriTimeout, Conflict
from tests.unit.calls.conftest import Desk, Kept, channel


async def test_a_phone_that_asterisk_was_too_slow_to_ring_is_not_left_ringing(desk: Desk) -> None:
    """The request is given up, but Asterisk may still carry it out: nobody would watch over that phone."""
    desk.switchboard.on_event(StasisStart(channel("1.0"), ("inbound", "+14155551001")))
    call = desk.driver.call
    assert not desk.asterisk.requests("DELETE channels/")
    await desk.asterisk.refuses("POST channels", AriTimeout("no reply"))
    assert {leg.end for leg in desk.driver.call.legs} == {LegEnd.UNREACHABLE}
    assert {f"DELETE channels/{leg.id}" for leg in call.legs} <= set(desk.asterisk.requests("DELETE channels/"))


STEREO, MONO = "+14155551009", "+14155551010"


def talk(desk: Desk, number: str = STEREO) -> tuple[str, str, str]:
    """Two people talk and are recorded: the leg, and what listens to the caller and to the responder if in stereo."""
    desk.switchboard.on_event(StasisStart(channel("1.0"), ("inbound", number)))
    leg = desk.driver.call.legs[0].id
    for event in (LegAnswered(leg), LegPressed(leg, "1"), Connected(leg)):
        desk.driver.post(event)
    return leg, *ids.ears(desk.driver.call_id)


async def test_each_side_of_a_talk_is_recorded_once_asterisk_has_its_ear_ready(desk: Desk) -> None:
    """Asterisk refuses to record a channel that has not entered the application yet."""
    leg, left, right = talk(desk)
    assert desk.asterisk.requests("POST channels/1.0/snoop") == [f"POST channels/1.0/snoop/{left}"]
    assert desk.asterisk.requests(f"POST channels/{leg}/snoop") == [f"POST channels/{leg}/snoop/{right}"]
    assert not desk.asterisk.requests(f"POST channels/{left}")
    desk.switchboard.on_event(StasisStart(channel(left), ()))
    assert desk.asterisk.requests(f"POST channels/{left}") == [f"POST channels/{left}/record"]
    assert not desk.asterisk.requests(f"POST channels/{right}")
    assert len(desk.registry) == 1, "an ear is no caller"


async def test_asterisk_is_told_to_report_of_a_talk_before_it_records_it(desk: Desk) -> None:
    """Otherwise the end of a recording that everybody leaves in one instant is not heard."""
    talk(desk, MONO)
    bridge = ids.talk(desk.driver.call_id)
    uris = [request.uri for request in desk.asterisk.sent]
    assert desk.asterisk.sent.index(subscribe_to_bridge(ids.APP, bridge)) < uris.index(f"bridges/{bridge}/record")


async def test_an_ear_from_before_a_crash_is_recorded_too(desk: Desk) -> None:
    leg, _, right = talk(desk)
    await desk.asterisk.refuses(f"POST channels/{leg}/snoop/{right}", Conflict(409, "exists", "snoop"))
    assert desk.asterisk.requests(f"POST channels/{right}") == [f"POST channels/{right}/record"]


async def test_without_room_on_the_disk_a_talk_is_not_recorded(desk: Desk, kept: Kept) -> None:
    kept.floor = 10**18
    talk(desk)
    assert not desk.asterisk.requests("POST channels/1.0/snoop")


@pytest.mark.parametrize(("floor", "told"), [(0, False), (10**18, True)])
async def test_who_asks_whether_there_is_room_is_told_only_where_there_is_none(
    desk: Desk, kept: Kept, floor: int, told: bool
) -> None:
    kept.floor = floor
    desk.switchboard.on_event(StasisStart(channel("1.0"), ("inbound", STEREO)))
    desk.driver.post(CallerPressed("*"))
    assert (NoRoom() in [entry.event for entry in desk.journal.entries]) == told
