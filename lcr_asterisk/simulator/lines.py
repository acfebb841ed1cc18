"""The sound of the phones: RTP between this program and the world's Asterisk, one line for each answered phone.

A line is an external-media channel that waits in a bridge of its own; a phone that answers is put into that bridge, and
from then on hears and speaks through this program. Lines are kept when a call ends: the next phone takes one over
without any delay. One socket and one tick of 20 ms serve all of them: the kernel stamps each packet with its arrival,
so that the tick costs no accuracy, and what came for all phones is recognised in one batch.
"""

from __future__ import annotations

import asyncio
import audioop
import itertools
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from lcr_asterisk.ari import requests
from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.errors import AriRefused
from lcr_asterisk.simulator.ear import PACKET_SECONDS, Ear, recognise
from lcr_asterisk.simulator.tones import PACKET_SAMPLES

_HEADER = struct.Struct("!BBHII")
_VERSION = 0x80
_MARKER = 0x80
_ULAW = 0  # the RTP payload type of G.711 u-law
_STAMP = 35  # SO_TIMESTAMPNS of Linux, which Python's socket module does not name
_STAMP_FORMAT = struct.Struct("@ll")
_SOCKET_BUFFER = 4 << 20  # bytes: more than a second of sixty phones
_SILENCE = audioop.lin2ulaw(bytes(2 * PACKET_SAMPLES), 2)
_MOST_LATE = 10  # packets that are sent at once after this program was held up; more would be a burst of noise


@dataclass(slots=True)
class Line:
    """One way for sound, in use by a phone or waiting for one."""

    name: str
    address: tuple[str, int]
    ssrc: int
    ear: Ear | None = None
    since: float = 0.0  # the event loop's time at which this ear began to listen
    voice: Iterator[bytes] | None = None
    sequence: int = 0
    timestamp: int = 0

    @property
    def bridge(self) -> str:
        return f"{self.name}-bridge"

    def next_packet(self) -> bytes:
        """What the phone says in the next 20 ms: like a real one, it sends silence when nobody speaks."""
        sound = next(self.voice, None) if self.voice is not None else None
        if sound is None:
            self.voice = None
            sound = _SILENCE
        marker = _MARKER if self.sequence == 0 else 0
        header = _HEADER.pack(_VERSION, marker | _ULAW, self.sequence & 0xFFFF, self.timestamp, self.ssrc)
        self.sequence += 1
        self.timestamp = (self.timestamp + PACKET_SAMPLES) & 0xFFFFFFFF
        return header + sound


@dataclass(slots=True)
class Lines:
    """All lines of one world; `app` is its ARI application, `host` the address on which this program listens."""

    ari: AriClient
    app: str
    host: str
    _free: list[Line] = field(default_factory=list)
    _busy: dict[int, Line] = field(default_factory=dict)
    _entered: dict[str, asyncio.Event] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _used: asyncio.Event = field(default_factory=asyncio.Event)
    _socket: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    async def open(self, ready: int) -> None:
        """Bind the socket and make `ready` lines ahead."""
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, _STAMP, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER)
        self._socket.bind((self.host, 0))
        self._free += await asyncio.gather(*(self._make() for _ in range(ready)))

    def close(self) -> None:
        self._socket.close()

    async def _make(self) -> Line:
        number = next(self._ids)
        name = f"line-{number}"
        entered = self._entered[name] = asyncio.Event()
        own = f"{self.host}:{self._socket.getsockname()[1]}"
        await self.ari.call(requests.external_media(own, app=self.app, channel_id=name, audio_format="ulaw"))
        async with asyncio.timeout(20):
            await entered.wait()
        address = await self.ari.call(requests.get_variable(name, "UNICASTRTP_LOCAL_ADDRESS"))
        port = await self.ari.call(requests.get_variable(name, "UNICASTRTP_LOCAL_PORT"))
        line = Line(name, (address["value"], int(port["value"])), ssrc=number)
        await self.ari.call(requests.create_bridge(line.bridge))
        await self.ari.call(requests.add_to_bridge(line.bridge, [name]))
        return line

    def entered(self, channel: str) -> None:
        """An external-media channel of ours is ready."""
        self._entered.pop(channel).set()

    async def connect(self, channel: str, ear: Ear) -> Line:
        """Let an answered phone hear with this ear, and speak. AriRefused: it hung up meanwhile."""
        line = self._free.pop() if self._free else await self._make()
        line.ear, line.since = ear, asyncio.get_running_loop().time()
        ear.is_connected()
        self._busy[line.address[1]] = line
        self._used.set()
        try:
            await self.ari.call(requests.add_to_bridge(line.bridge, [channel]))
        except AriRefused:
            self.release(line)
            raise
        return line

    def release(self, line: Line) -> None:
        """The phone has hung up; it left the bridge by itself. What came until then is heard."""
        self._receive(asyncio.get_running_loop().time())
        line.ear = line.voice = None
        del self._busy[line.address[1]]
        self._free.append(line)

    async def run(self) -> None:
        """Send and receive, every 20 ms, while any line is in use; for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await self._used.wait()
            due = loop.time()
            while self._busy:
                due = max(due + PACKET_SECONDS, loop.time() - _MOST_LATE * PACKET_SECONDS)
                await asyncio.sleep(due - loop.time())
                self._send()
                self._receive(loop.time())
            self._used.clear()

    def _send(self) -> None:
        for line in self._busy.values():
            try:
                self._socket.sendto(line.next_packet(), line.address)
            except BlockingIOError:
                continue  # lost, as packets are on a busy network

    def _receive(self, now: float) -> None:
        # Arrivals are stamped by the wall clock; the event loop has its own.
        loop_minus_wall = now - time.clock_gettime(time.CLOCK_REALTIME)
        ears: list[tuple[Ear, float, int]] = []
        packets: list[bytes] = []
        while True:
            try:
                data, extra, _, (_, port) = self._socket.recvmsg(2048, 64)
            except BlockingIOError:
                break
            line = self._busy.get(port)
            if line is None or line.ear is None or len(data) != _HEADER.size + PACKET_SAMPLES:
                continue
            seconds, nanoseconds = _STAMP_FORMAT.unpack(extra[0][2])
            at = seconds + nanoseconds * 1e-9 + loop_minus_wall
            # What the socket still held from the phone that had this line before is not for this ear.
            if data[1] & 0x7F == _ULAW and at >= line.since:
                *_, stamp, _ = _HEADER.unpack_from(data)
                ears.append((line.ear, at, stamp))
                packets.append(data[_HEADER.size :])
        if packets:
            for (ear, at, stamp), packet, sound in zip(ears, packets, recognise(packets), strict=True):
                ear.take(at, stamp, packet, sound)
