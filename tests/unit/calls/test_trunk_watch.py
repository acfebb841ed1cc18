"""Whether the carrier is there: asked by a real Asterisk, of a carrier that comes and goes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.ari.requests import Request
from lcr_asterisk.calls.trunk_watch import NOT_YET, TrunkWatch
from lcr_asterisk.errors import AriDisconnected, NotFound
from lcr_asterisk.pbx.instance import Instance
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import Address, InstanceSpec, Login, Trunk
from lcr_asterisk.simulator.addresses import some_rtp_ports
from tests.unit.loopback import own_address


class Carrier(asyncio.DatagramProtocol):
    """Answers OPTIONS as many carriers do: that they are not allowed. Silent while it is away."""

    def __init__(self) -> None:
        self.here = True
        self.asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.asked += 1
        text = data.decode()
        if self.here:
            kept = re.findall(r"(?im)^(?:via|from|to|call-id|cseq):.*$", text)
            headers = "\n".join(f"{line.strip()};tag=1" if line.lower().startswith("to:") else line for line in kept)
            reply = f"SIP/2.0 405 Method Not Allowed\n{headers}\nContent-Length: 0\n\n"
            self._transport.sendto(reply.replace("\r", "").replace("\n", "\r\n").encode(), addr)


@pytest_asyncio.fixture
async def carrier_at() -> AsyncIterator[tuple[Carrier, Address]]:
    transport, carrier = await asyncio.get_running_loop().create_datagram_endpoint(Carrier, local_addr=("127.0.0.2", 0))
    yield carrier, Address(*transport.get_extra_info("sockname"))
    transport.close()


async def becomes(watch: TrunkWatch, online: bool) -> None:
    async with asyncio.timeout(60):
        while watch.online is not online:
            await watch.look()
            await asyncio.sleep(0.05)


async def test_a_carrier_that_comes_and_goes(
    asterisk_binary: AsteriskBinary,
    tmp_path: Path,
    carrier_at: tuple[Carrier, Address],
    caplog: pytest.LogCaptureFixture,
) -> None:
    carrier, at = carrier_at
    http = own_address("tcp")
    spec = InstanceSpec(
        tmp_path,
        http=http,
        sip=own_address("udp"),
        rtp=some_rtp_ports(),
        ari_users=(Login("lcr", "password"),),
        trunk=Trunk(at),
    )
    connected = asyncio.Event()
    ari = AriClient(
        f"http://{http}",
        "lcr",
        "password",
        "lcr",
        on_event=lambda _: None,
        on_connected=connected.set,
        on_disconnected=lambda: None,
    )
    async with Instance(spec, asterisk_binary) as asterisk, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(ari.run())
        await connected.wait()
        watch = TrunkWatch(ari.call, "trunk-watch", "trunk")
        await asterisk.cli("pjsip qualify trunk-watch")  # now, and not within 20 s
        await becomes(watch, True)
        carrier.here = False
        await asterisk.cli("pjsip qualify trunk-watch")
        await becomes(watch, False)
        assert "NonQual" in await asterisk.cli("pjsip show aor trunk"), "a call still tries a carrier that seems away"
        carrier.here = True
        await asterisk.cli("pjsip qualify trunk-watch")
        await becomes(watch, True)
        told = [record.getMessage() for record in caplog.records if "carrier" in record.getMessage()]
        assert told[-2:] == [
            "The carrier does not answer on the trunk trunk: no calls come in or go out",
            "The carrier answers again on the trunk trunk",
        ]
        running.cancel()


def answering(states: dict[str, str]) -> Callable[[Request], Awaitable[Any]]:
    async def call(request: Request) -> Any:
        name = request.uri.rpartition("/")[2]
        if not states:
            raise AriDisconnected("gone")
        if name not in states:
            raise NotFound(404, "Endpoint not found", str(request))
        return {"technology": "PJSIP", "resource": name, "state": states[name]}

    return call


async def test_a_carrier_that_was_not_asked_yet_is_not_away() -> None:
    """Asterisk calls the trunk offline from its start until it has asked, which takes it up to 20 s."""
    states = {"trunk-watch": "offline"}
    watch = TrunkWatch(answering(states), "trunk-watch", "trunk")
    seen = []
    for _ in range(NOT_YET + 1):
        await watch.look()
        seen.append(watch.online)
    assert seen == [None] * (NOT_YET - 1) + [False, False]
    states.clear()
    await watch.look()
    states["trunk-watch"] = "offline"
    await watch.look()
    assert watch.online is None
    states["trunk-watch"] = "online"
    await watch.look()
    states["trunk-watch"] = "offline"
    await watch.look()
    assert watch.online is False


@pytest.mark.parametrize(
    ("states", "online"),
    [
        pytest.param({"trunk": "online", "trunk-watch": "offline"}, False, id="the one that asks the carrier knows"),
        pytest.param({"trunk": "offline", "trunk-watch": "online"}, True, id="and is believed"),
        pytest.param({"trunk": "offline"}, False, id="a PBX that asks at its own trunk"),
        pytest.param({"trunk": "online"}, True, id="or not at all"),
        pytest.param({"trunk": "unknown"}, None, id="a state that nobody knows"),
        pytest.param({"other": "online"}, None, id="no trunk, only softphones"),
        pytest.param({}, None, id="not connected to Asterisk"),
    ],
)
async def test_whose_word_counts(states: dict[str, str], online: bool | None) -> None:
    watch = TrunkWatch(answering(states), "trunk-watch", "trunk")
    watch.online = True
    await watch.look()
    assert watch.online is online
