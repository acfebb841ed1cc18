"""A real Asterisk with the project's configuration: it starts clean, is closed to strangers, and keeps callers safe."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from lcr_asterisk.errors import PbxError, PortTaken
from lcr_asterisk.pbx.instance import Instance, run_forever
from lcr_asterisk.pbx.ports import free_port
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import Address, InstanceSpec, Login, Trunk
from tests.unit.loopback import own_address

# The carrier's side: a caller who speaks (a tone) until the test has seen enough of it on disk, and then presses #, or
# hangs up in mid-message. The caller's number and name are what a hostile one might send.
CARRIER_DIALPLAN = r"""
[lines]
exten => _X.,1,Set(CALLERID(num)=+1415"},{"555${HOME}0199)
 same => n,Set(CALLERID(name)=x",$[1],/../../etc)
 same => n,Dial(PJSIP/+${EXTEN}@carrier)
[callers]
exten => presses_hash,1,PlayTones(800)
 same => n(speak),Wait(0.1)
 same => n,GotoIf($["${SPOKEN}" = ""]?speak)
 same => n,SendDTMF(#)
 same => n,Wait(10)
exten => hangs_up,1,PlayTones(800)
 same => n(speak),Wait(0.1)
 same => n,GotoIf($["${SPOKEN}" = ""]?speak)
"""
HALF_A_SECOND = 8000  # bytes of a message: 8 kHz, 16 bits


def addresses() -> tuple[Address, Address]:
    return own_address("tcp"), own_address("udp")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pbx(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    """The hotline's Asterisk with a trunk to 127.0.0.2, and no engine connected."""
    http, sip = addresses()
    carrier = Address("127.0.0.2", free_port("127.0.0.2", "udp"))
    spec = InstanceSpec(
        tmp_path_factory.mktemp("pbx"),
        http=http,
        sip=sip,
        rtp=(30000, 30499),
        ari_users=(Login("lcr", "ari-password"),),
        trunk=Trunk(carrier),
        softphones=(Login("bob", "bobs-password"),),
    )
    async with Instance(spec, asterisk_binary) as instance:
        yield instance


def errors(pbx: Instance) -> list[str]:
    return [line for line in pbx.spec.log.read_text().splitlines() if " ERROR[" in line]


async def test_a_clean_start_logs_no_error(pbx: Instance) -> None:
    assert "Not Running" not in await pbx.cli("module show")
    assert errors(pbx) == []


async def test_ari_answers_the_engine_and_nobody_else(pbx: Instance) -> None:
    async with aiohttp.ClientSession(f"http://{pbx.spec.http}") as http:
        login = aiohttp.encode_basic_auth("lcr", "ari-password")
        async with http.get("/ari/asterisk/info", headers={"Authorization": login}) as reply:
            assert reply.status == 200
        async with http.get("/ari/asterisk/info") as reply:
            assert reply.status == 401


async def both_are_recorded(pbx: Instance) -> None:
    """Wait until two messages have reached the disk; Asterisk writes about two seconds of audio at a time."""
    async with asyncio.timeout(30):
        while True:
            sizes = [path.stat().st_size for path in (pbx.spec.spool / "away").glob("*.wav")]
            if sum(size > HALF_A_SECOND for size in sizes) == 2:
                return
            await asyncio.sleep(0.05)


async def both_are_over(pbx: Instance) -> None:
    """Wait until two calls have left their mark and no channel is left of them."""
    async with asyncio.timeout(30):
        while True:
            sidecars = [path.read_text() for path in (pbx.spec.spool / "away").glob("*.jsonl")]
            over = sum('"ended"' in text for text in sidecars) == 2
            if over and "0 active channels" in await pbx.cli("core show channels"):
                return
            await asyncio.sleep(0.05)


async def test_a_caller_while_the_engine_is_away_leaves_a_message(
    pbx: Instance, asterisk_binary: AsteriskBinary, tmp_path: Path
) -> None:
    """Also one who hangs up in mid-message, whatever the caller's number and name try."""
    assert pbx.spec.trunk is not None
    carrier = InstanceSpec(
        tmp_path,
        http=Address("127.0.0.2", free_port("127.0.0.2", "tcp")),
        sip=pbx.spec.trunk.peer,
        rtp=(30500, 30999),
        trunk=Trunk(pbx.spec.sip, endpoint="carrier"),
        extra={"extensions.conf": CARRIER_DIALPLAN},
    )
    away = pbx.spec.spool / "away"
    before = int(time.time())
    async with Instance(carrier, asterisk_binary) as world:
        for caller in ("presses_hash", "hangs_up"):
            await world.cli(f"channel originate Local/14155551000@lines/n extension {caller}@callers")
        await both_are_recorded(pbx)
        await world.cli("dialplan set global SPOKEN enough")
        await both_are_over(pbx)
    after = int(time.time())

    stories = [[json.loads(line) for line in path.read_text().splitlines()] for path in sorted(away.glob("*.jsonl"))]
    assert [[step["event"] for step in story] for story in stories] == [["started", "ended"]] * 2
    assert {story[1]["status"] for story in stories} == {"DTMF", "HANGUP"}
    for started, ended in stories:
        assert started["dialled"] == "+14155551000"
        assert started["caller"] == "+14155550199"
        assert before <= started["epoch"] < ended["epoch"] <= after
        message = away / f"{started['id']}.wav"
        assert stat.S_IMODE(message.stat().st_mode) == 0o600
        with wave.open(str(message)) as audio:
            assert (audio.getframerate(), audio.getsampwidth(), audio.getnchannels()) == (8000, 2, 1)
            assert audio.getnframes() * audio.getsampwidth() > HALF_A_SECOND, "the caller's words were kept"


class SipPeer(asyncio.DatagramProtocol):
    """A bare SIP sender: puts its own words into a request and waits for the final answer."""

    def __init__(self) -> None:
        self.final: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        first = data.decode(errors="replace").splitlines()[0]
        if first.startswith("SIP/2.0 ") and not first.startswith("SIP/2.0 1") and not self.final.done():
            self.final.set_result(first)


async def answer_to(pbx: Instance, method: str, request_user: str, from_user: str) -> str:
    """The first line of Asterisk's final answer to a request from 127.0.0.1, which is not the trunk's address."""
    sip = pbx.spec.sip
    transport, peer = await asyncio.get_running_loop().create_datagram_endpoint(SipPeer, local_addr=("127.0.0.1", 0))
    host, port = transport.get_extra_info("sockname")
    transport.sendto(
        (
            f"{method} sip:{request_user}@{sip} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{port}{from_user};rport\r\n"
            f"From: <sip:{from_user}@{host}>;tag=1\r\nTo: <sip:{request_user}@{sip.host}>\r\n"
            f"Call-ID: {port}-{from_user}\r\nCSeq: 1 {method}\r\nContact: <sip:{from_user}@{host}:{port}>\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        ).encode(),
        (sip.host, sip.port),
    )
    try:
        return await asyncio.wait_for(peer.final, 30)
    finally:
        transport.close()


@pytest.mark.parametrize("from_user", ["stranger", "anonymous", "trunk", "bob", "+14155550199"])
@pytest.mark.parametrize(("method", "to"), [("INVITE", "+14155551000"), ("REGISTER", "bob")])
async def test_strangers_get_no_call_and_no_registration(pbx: Instance, method: str, to: str, from_user: str) -> None:
    """Not by the trunk's name, nor by a responder's without the password."""
    answer = await answer_to(pbx, method, to, from_user)
    assert answer.split()[1] in ("401", "403"), answer


async def test_a_second_asterisk_on_the_same_port_is_told_who_has_it(pbx: Instance, tmp_path: Path) -> None:
    http, _ = addresses()
    with pytest.raises(PortTaken) as refused:
        await Instance(InstanceSpec(tmp_path, http=http, sip=pbx.spec.sip), pbx.binary).start()
    assert f"asterisk (pid {pbx.pid})" in refused.value.message


async def test_a_second_asterisk_in_the_same_directory_is_refused(pbx: Instance) -> None:
    http, sip = addresses()
    with pytest.raises(PbxError, match="already runs"):
        await Instance(InstanceSpec(pbx.spec.directory, http=http, sip=sip), pbx.binary).start()
    assert "0 active channels" in await pbx.cli("core show channels")


async def test_an_asterisk_that_cannot_start_says_why(asterisk_binary: AsteriskBinary, tmp_path: Path) -> None:
    http, sip = addresses()
    spec = InstanceSpec(tmp_path, http=http, sip=sip, extra={"modules.conf": "require = no_such_module.so"})
    with pytest.raises(PbxError, match=r"no_such_module\.so"):
        await Instance(spec, asterisk_binary).start()


async def test_run_stops_asterisk_in_order_when_asked(asterisk_binary: AsteriskBinary, tmp_path: Path) -> None:
    http, sip = addresses()
    instance = Instance(InstanceSpec(tmp_path, http=http, sip=sip), asterisk_binary)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "Asterisk runs" in line:
            os.kill(os.getpid(), signal.SIGTERM)

    await run_forever(instance, say)
    assert said[-1] == "Asterisk has stopped."
    assert "cleanly ending" in (tmp_path / "log/console.log").read_text()


async def test_run_ends_with_an_error_when_asterisk_does(asterisk_binary: AsteriskBinary, tmp_path: Path) -> None:
    http, sip = addresses()
    instance = Instance(InstanceSpec(tmp_path, http=http, sip=sip), asterisk_binary)

    def say(line: str) -> None:
        if "Asterisk runs" in line:
            os.kill(instance.pid, signal.SIGKILL)

    with pytest.raises(PbxError, match="ended by itself"):
        await run_forever(instance, say)
    await instance.start()
    try:
        assert "0 active channels" in await instance.cli("core show channels")
    finally:
        await instance.stop()
