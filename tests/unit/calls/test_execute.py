"""What is asked of Asterisk, and what comes of an answer that does not come."""

from __future__ import annotations

import asyncio
import socket

import pytest

from lcr_asterisk.ari.messages import ChannelDestroyed, StasisEnd, StasisStart
from lcr_asterisk.ari.requests import subscribe_to_bridge
from lcr_asterisk.callflow.events import (
    CallerPressed,
    Connected,
    LegAnswered,
    LegEnd,
    LegPressed,
    MessageRecorded,
    NoRoom,
    PromptEnded,
)
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.states import Beeping, Parting, Recording, VoicemailGreeting
from lcr_asterisk.calls import execute, ids
from lcr_asterisk.errors import AriTimeout, Conflict, NotFound, Unprocessable
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


# -- a phone that was refused at once --------------------------------------------------------------------------------


def busy(leg: str) -> ChannelDestroyed:
    return ChannelDestroyed(channel(leg), 17, "User busy", 486)


async def turns(number: int = 20) -> None:
    """The event loop turns so often."""
    for _ in range(number):
        await asyncio.sleep(0)


async def refused_at_once(desk: Desk) -> str:
    """A phone of the team that Asterisk does not know any more; why is on its way."""
    desk.switchboard.on_event(StasisStart(channel("1.0"), ("inbound", "+14155551001")))
    leg = desk.driver.call.legs[0].id
    await desk.asterisk.refuses("POST applications/lcr/subscription", Unprocessable(422, "no such channel", leg))
    return leg


def end_of(desk: Desk, leg: str) -> LegEnd | None:
    known = desk.driver.call.leg(leg)
    assert known is not None
    return known.end


async def test_a_busy_phone_is_known_to_be_busy_though_asterisk_is_held_up_for_a_second(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = await refused_at_once(desk)
    loop, held_up = asyncio.get_running_loop(), 1.5
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + held_up)
    await turns()
    assert end_of(desk, leg) is None
    desk.switchboard.on_event(busy(leg))
    assert end_of(desk, leg) is LegEnd.BUSY


async def test_what_the_socket_has_already_is_read_before_a_phone_counts_as_unreachable(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine was held up for so long that the time is over when it looks."""
    monkeypatch.setattr(execute, "END_COMES_WITHIN", 0.0)
    ours, asterisks = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=ours)

    async def reads() -> None:
        desk.switchboard.on_event(busy((await reader.readline()).decode().strip()))

    reading = asyncio.create_task(reads())
    await turns(1)
    leg = await refused_at_once(desk)
    asterisks.send(f"{leg}\n".encode())
    await turns()
    assert end_of(desk, leg) is LegEnd.BUSY
    assert {other.end for other in desk.driver.call.legs if other.id != leg} == {LegEnd.UNREACHABLE}
    await reading
    writer.close()
    asterisks.close()


# -- a message that Asterisk would not record ------------------------------------------------------------------------

RECORDS, LIVE, STORED = "POST channels/1.0/record", "GET recordings/live/", "GET recordings/stored/"


@pytest.fixture
async def not_recorded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """After the beep Asterisk answers 409: it records already, or the caller is not in the application any more."""
    monkeypatch.setattr(execute, "END_COMES_WITHIN", 0.0)
    desk.switchboard.on_event(StasisStart(channel("1.0"), ("inbound", "+14155551001")))
    desk.driver.post(CallerPressed("*"))
    for kind in (VoicemailGreeting, Beeping):
        stage = desk.driver.call.stage
        assert isinstance(stage, kind)
        assert isinstance(stage, VoicemailGreeting | Beeping)
        desk.driver.post(PromptEnded(stage.playback))
    await desk.asterisk.refuses(RECORDS, Conflict(409, "Channel not in Stasis application", RECORDS))
    return desk


async def has_no(desk: Desk, kind: str) -> None:
    (asked,) = desk.asterisk.requests(kind)
    assert asked == kind + ids.message(desk.driver.call_id)
    await desk.asterisk.refuses(asked, NotFound(404, "Recording not found", asked))


async def has(desk: Desk, kind: str) -> None:
    for asked, future in desk.asterisk.asked:
        if asked.startswith(kind):
            future.set_result({})
    await turns()


async def test_a_caller_who_hangs_up_in_the_instant_of_the_beeps_end_left_no_message(not_recorded: Desk) -> None:
    """And so none was lost, which somebody would be paged for."""
    await has_no(not_recorded, LIVE)
    await has_no(not_recorded, STORED)
    not_recorded.switchboard.on_event(StasisEnd(channel("1.0")))
    await turns()
    assert not_recorded.driver.call.outcome == Outcome(Result.ABANDONED, Reason.NO_MESSAGE)


async def test_a_caller_who_is_there_and_cannot_be_recorded_is_told_so(not_recorded: Desk) -> None:
    await has_no(not_recorded, LIVE)
    await has_no(not_recorded, STORED)
    await turns()
    call = not_recorded.driver.call
    assert isinstance(call.stage, Parting)
    assert call.stage.prompt == call.plan.messages.message_lost
    assert call.outcome == Outcome(Result.FAILED, Reason.MESSAGE_LOST)


async def test_a_message_that_is_recorded_since_before_a_crash_goes_on(not_recorded: Desk) -> None:
    await has(not_recorded, LIVE)
    not_recorded.switchboard.on_event(StasisEnd(channel("1.0")))
    await turns()
    assert isinstance(not_recorded.driver.call.stage, Recording), "its end will be reported"


async def test_a_message_whose_recording_has_just_ended_is_no_message_of_no_length(not_recorded: Desk) -> None:
    """Asterisk recorded it when it was asked to, and not any more when it was asked whether."""
    await has_no(not_recorded, LIVE)
    await has(not_recorded, STORED)
    not_recorded.switchboard.on_event(StasisEnd(channel("1.0")))
    await turns()
    assert isinstance(not_recorded.driver.call.stage, Recording)
    not_recorded.driver.post(MessageRecorded(9.0))
    assert not not_recorded.asterisk.requests("DELETE recordings/")
