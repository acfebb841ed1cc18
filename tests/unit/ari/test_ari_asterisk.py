"""The client and a real Asterisk understand each other: ids, media, refusals, a frozen and a restarted Asterisk."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest

from lcr_asterisk.ari import requests
from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.ari.messages import (
    ChannelDestroyed,
    Event,
    PlaybackFinished,
    RecordingFinished,
    StasisStart,
    parse_bridge,
    parse_channel,
)
from lcr_asterisk.errors import AriReplaced, AriUnauthorized, AriUnreachable, Conflict, NotFound, ServerError
from lcr_asterisk.pbx.instance import Instance
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import InstanceSpec, Login
from tests.unit.loopback import own_address

Awaited = TypeVar("Awaited", bound=Event)

USER = Login("lcr", "a-password")
DIALPLAN = """
[somebody]
exten => s,1,Answer()
 same => n,Wait(60)
exten => rings,1,Wait(60)
"""


@pytest.fixture(scope="module")
async def asterisk(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Instance]:
    spec = InstanceSpec(
        tmp_path_factory.mktemp("ari"),
        http=own_address("tcp"),
        sip=own_address("udp"),
        ari_users=(USER,),
        extra={"extensions.conf": DIALPLAN},
    )
    async with Instance(spec, asterisk_binary) as instance:
        yield instance


class Engine:
    """A client with a note of what came."""

    def __init__(self, asterisk: Instance, *, app: str = "lcr", heartbeat: float = 10.0, password: str = "") -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.connected = asyncio.Event()
        self.disconnected = asyncio.Event()
        self.client = AriClient(
            f"http://{asterisk.spec.http}",
            USER.name,
            password or USER.password,
            app,
            on_event=self.events.put_nowait,
            on_connected=self.connected.set,
            on_disconnected=self.disconnected.set,
            heartbeat=heartbeat,
        )

    async def next(self, kind: type[Awaited]) -> Awaited:
        async with asyncio.timeout(30):
            while not isinstance(event := await self.events.get(), kind):
                pass
        return event


@pytest.fixture
async def engine(asterisk: Instance) -> AsyncIterator[Engine]:
    engine = Engine(asterisk)
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(engine.client.run())
        async with asyncio.timeout(30):
            await engine.connected.wait()
        yield engine
        run.cancel()


async def _leg(engine: Engine, channel: str) -> None:
    request = requests.originate("Local/s@somebody", app="lcr", app_args="leg,x", channel_id=channel)
    await engine.client.call(request)
    started = await engine.next(StasisStart)
    assert (started.channel.id, started.args) == (channel, ("leg", "x"))


async def _has_no_bridge(engine: Engine) -> None:
    """Wait until it has not; Asterisk ends the subscription to a destroyed bridge in another thread."""
    async with asyncio.timeout(30):
        while (await engine.client.call(requests.get_application("lcr")))["bridge_ids"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_an_id_with_every_kind_of_sign_names_the_same_channel_everywhere(engine: Engine) -> None:
    channel = "leg +1 %41/ü?&"
    await _leg(engine, channel)
    assert parse_channel(await engine.client.call(requests.get_channel(channel))).id == channel
    await engine.client.call(requests.set_variable(channel, "NAME", 'a+b %41 "c", d'))
    assert await engine.client.call(requests.get_variable(channel, "NAME")) == {"value": 'a+b %41 "c", d'}
    await engine.client.call(requests.hangup(channel))
    # The other half of a Local channel, the same id with ";2", may go first.
    while (await engine.next(ChannelDestroyed)).channel.id != channel:
        pass


async def test_a_missing_sound_shows_only_when_its_playback_ends(engine: Engine) -> None:
    await _leg(engine, "leg-1")
    await engine.client.call(requests.play("leg-1", ["sound:/no/such, file"], "play-1"))
    finished = await engine.next(PlaybackFinished)
    assert (finished.playback, finished.media, finished.failed) == ("play-1", "sound:/no/such, file", True)
    await engine.client.call(requests.play("leg-1", ["tone:1004/60000"], "play-2"))
    await engine.client.call(requests.stop_playback("play-2"))
    assert not (await engine.next(PlaybackFinished)).failed
    await engine.client.call(requests.hangup("leg-1"))


async def test_everything_may_be_stopped_twice(engine: Engine) -> None:
    await _leg(engine, "leg-2")
    for request in (
        requests.create_bridge("talk"),
        requests.create_bridge("talk"),
        requests.add_to_bridge("talk", ["leg-2"]),
        requests.record_bridge("talk", "talk"),
        requests.stop_recording("talk"),
        requests.stop_recording("talk"),
        requests.stop_playback("never"),
        requests.destroy_bridge("talk"),
        requests.destroy_bridge("talk"),
        requests.stop_moh("leg-2"),
        requests.hangup("leg-2"),
        requests.hangup("leg-2"),
        requests.hangup("leg-2", "answered_elsewhere"),
        requests.stop_moh("leg-2"),
    ):
        await engine.client.call(request)


async def test_the_end_of_a_recording_is_told_although_all_have_left_its_bridge(engine: Engine) -> None:
    await _leg(engine, "leg-6")
    for attempt in range(10):  # without the subscription, about half of the ends are lost
        bridge = f"talk-6-{attempt}"
        for request in (
            requests.create_bridge(bridge),
            requests.subscribe_to_bridge("lcr", bridge),
            requests.add_to_bridge(bridge, ["leg-6"]),
            requests.record_bridge(bridge, bridge),
            requests.remove_from_bridge(bridge, "leg-6"),
        ):
            await engine.client.call(request)
        assert (await engine.next(RecordingFinished)).recording == bridge
        await engine.client.call(requests.destroy_bridge(bridge))
    await _has_no_bridge(engine)
    await engine.client.call(requests.hangup("leg-6"))


async def test_the_application_tells_what_it_still_has(engine: Engine) -> None:
    await _has_no_bridge(engine)
    await _leg(engine, "leg-3")
    await engine.client.call(requests.create_bridge("talk-3"))
    await engine.client.call(requests.add_to_bridge("talk-3", ["leg-3"]))
    application = await engine.client.call(requests.get_application("lcr"))
    assert "leg-3" in application["channel_ids"]
    assert application["bridge_ids"] == ["talk-3"]
    bridges = [parse_bridge(bridge) for bridge in await engine.client.call(requests.list_bridges())]
    assert [(bridge.id, bridge.channels) for bridge in bridges] == [("talk-3", ("leg-3",))]
    channels = [parse_channel(channel).id for channel in await engine.client.call(requests.list_channels())]
    assert "leg-3" in channels
    await engine.client.call(requests.destroy_bridge("talk-3"))
    await engine.client.call(requests.hangup("leg-3"))


async def test_refusals_are_told_apart(engine: Engine) -> None:
    with pytest.raises(NotFound, match="GET channels/nobody: 404 Channel not found"):
        await engine.client.call(requests.get_channel("nobody"))
    with pytest.raises(ServerError):
        await engine.client.call(requests.originate("PJSIP/nobody", app="lcr", channel_id="leg-4"))
    await engine.client.call(requests.originate("Local/rings@somebody", app="lcr", channel_id="leg-5"))
    with pytest.raises(Conflict, match="not in Stasis"):
        await engine.client.call(requests.play("leg-5", ["tone:1004/100"], "play-5"))
    await engine.client.call(requests.hangup("leg-5"))


async def test_a_wrong_password_is_refused(asterisk: Instance) -> None:
    stranger = Engine(asterisk, password="guessed")
    with pytest.raises(AriUnauthorized):
        await stranger.client.run()
    with pytest.raises(AriUnauthorized):
        await stranger.client.check()
    await Engine(asterisk).client.check()


async def test_the_first_of_two_programs_with_one_name_gives_way(asterisk: Instance) -> None:
    first, second = Engine(asterisk, app="twice"), Engine(asterisk, app="twice")
    async with asyncio.TaskGroup() as tasks:
        gives_way = tasks.create_task(_is_replaced(first))
        await first.connected.wait()
        stays = tasks.create_task(second.client.run())
        async with asyncio.timeout(30):
            await gives_way
            await second.connected.wait()
        assert await second.client.call(requests.ping())
        stays.cancel()


async def test_a_frozen_asterisk_is_noticed_and_found_again(asterisk: Instance) -> None:
    # Half of a heartbeat is what an Asterisk that is only slow has to answer in.
    engine = Engine(asterisk, app="thaws", heartbeat=2.0)
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(engine.client.run())
        await engine.connected.wait()
        engine.connected.clear()
        os.kill(asterisk.pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(30):
                await engine.disconnected.wait()
        finally:
            os.kill(asterisk.pid, signal.SIGCONT)
        async with asyncio.timeout(30):
            await engine.connected.wait()
        assert await engine.client.call(requests.ping())
        run.cancel()


async def test_an_asterisk_that_restarts_is_found_again(asterisk: Instance) -> None:
    engine = Engine(asterisk)
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(engine.client.run())
        await engine.connected.wait()
        engine.connected.clear()
        await asterisk.stop()
        await engine.disconnected.wait()
        with pytest.raises(AriUnreachable):
            await engine.client.check()
        await asterisk.start()
        async with asyncio.timeout(30):
            await engine.connected.wait()
        assert await engine.client.call(requests.ping())
        run.cancel()


async def _is_replaced(engine: Engine) -> None:
    with pytest.raises(AriReplaced, match="Stop one of the two"):
        await engine.client.run()
