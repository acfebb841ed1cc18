"""Why a phone refused is known however quickly it did: with a real Asterisk, and a carrier that is busy at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.commands import Command
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.execute import Executor
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.calls.registry import CallRegistry
from lcr_asterisk.calls.switchboard import Switchboard
from lcr_asterisk.pbx.instance import Instance
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import Address, InstanceSpec, Login
from lcr_asterisk.simulator.addresses import free_address, some_rtp_ports
from tests.unit.callflow.plans import direct, prompt
from tests.unit.calls.conftest import Kept, Memory

CALLS = 400
AT_ONCE = 20
USER = Login("lcr", "a-password")


class BusyCarrier(asyncio.DatagramProtocol):
    """Answers every INVITE with 486, at once. Plain UDP, because nothing that can do more is as quick."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        request, *lines = data.decode().partition("\r\n\r\n")[0].split("\r\n")
        if request.startswith("INVITE "):
            kept = [line for line in lines if line.startswith(("Via:", "From:", "Call-ID:", "CSeq:"))]
            to = next(line for line in lines if line.startswith("To:"))
            answer = ["SIP/2.0 486 Busy Here", *kept, f"{to};tag=busy", "Content-Length: 0", "", ""]
            self._transport.sendto("\r\n".join(answer).encode(), address)


@pytest.fixture
async def carrier() -> AsyncIterator[Address]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(BusyCarrier, local_addr=("127.0.0.1", 0))
    host, port = transport.get_extra_info("sockname")
    yield Address(host, port)
    transport.close()


@pytest.fixture
async def asterisk(asterisk_binary: AsteriskBinary, tmp_path: Path, carrier: Address) -> AsyncIterator[Instance]:
    spec = InstanceSpec(
        tmp_path / "asterisk",
        http=free_address("127.0.0.1", "tcp"),
        sip=free_address("127.0.0.1", "udp"),
        rtp=some_rtp_ports(),
        ari_users=(USER,),
        extra={
            "extensions.conf": "[lcr-leg]\nexten => s,1,Wait(5)\n",
            "pjsip.conf": (
                "[trunk]\ntype = endpoint\ntransport = lcr-udp\ncontext = nowhere\nallow = ulaw\naors = trunk\n"
                f"[trunk]\ntype = aor\ncontact = sip:{carrier}\n"
            ),
        },
    )
    async with Instance(spec, asterisk_binary) as instance:
        yield instance


class Engine:
    """Call backs whose responder has one phone, at that carrier. `ends` is why each phone's ringing ended."""

    def __init__(self, asterisk: Instance, kept: Kept, book: PlanBook) -> None:
        self.connected = asyncio.Event()
        self.ends = Counter[ev.LegEnd | None]()
        self._over = asyncio.Semaphore(0)
        self._registry = CallRegistry()
        self.client = AriClient(
            f"http://{asterisk.spec.http}",
            USER.name,
            USER.password,
            f"{ids.APP},{ids.ENDS}",
            on_event=lambda event: self._switchboard.on_event(event),
            on_connected=self._on_connected,
            on_disconnected=lambda: None,
        )
        self._executor = Executor(self.client, self._registry, kept.keeper, lambda work, _: work.close())
        self._book = book
        self._switchboard = Switchboard(
            self._registry,
            Clock(),
            lambda: self._book,
            lambda call_id, _: self._driver(call_id),
            lambda _: None,
            lambda _: None,
            self._executor.rescue,
            lambda _: None,
            self._executor.hear,
            self._executor.speak,
            self._executor.pass_on,
            lambda work, _: work.close(),
        )

    def _on_connected(self) -> None:
        self._executor.listen_anew()
        self.connected.set()

    def _driver(self, call_id: str) -> CallDriver:
        return CallDriver(call_id, self._book, Clock(), self._executor, Memory(), self._watch)

    def _watch(self, before: Call | None, event: ev.Event, after: Call, commands: Sequence[Command]) -> None:
        if after.over and before is not None and not before.over:
            self.ends.update(leg.end for leg in after.legs)
            self._over.release()

    async def rings(self, times: int) -> None:
        for _ in range(times):
            call_id = ids.new_call_id(Clock().now())
            phone = ev.Phone("PJSIP/+14155550101@trunk", "+14155550101")
            asked = ev.CallbackAsked(
                call_id,
                ids.caller(call_id),
                ev.Caller("+14155552671", ""),
                "+14155551001",
                direct(),
                ev.Responder("alice", "Alice", (phone,)),
                ev.Callback("before", phone, 25.0, prompt("callback"), prompt("callback_failed")),
            )
            driver = self._driver(call_id)
            driver.post(asked)
            self._registry.add(driver, driver.call.channel)
        for _ in range(times):
            await self._over.acquire()


async def test_of_hundreds_of_phones_that_are_busy_at_once_each_is_known_to_be_busy(
    asterisk: Instance, kept: Kept, book: PlanBook
) -> None:
    engine = Engine(asterisk, kept, book)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        run = tasks.create_task(engine.client.run())
        await engine.connected.wait()
        for _ in range(CALLS // AT_ONCE):
            await engine.rings(AT_ONCE)
        run.cancel()
    assert engine.ends == {ev.LegEnd.BUSY: CALLS}
