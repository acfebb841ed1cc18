"""The world outside of the system: a second Asterisk that is the carrier, the callers and the responders' phones.

async with World(directory, binary, system=Address("127.0.0.1", 5060)) as world:
    caller, alice = world.caller("+14155559999"), world.phone("+14155550101")
    await caller.dials("+14155551000")
    await caller.hears("welcome")
    await alice.rings()
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lcr_asterisk.ari import messages as ari
from lcr_asterisk.ari import requests
from lcr_asterisk.ari.client import AriClient
from lcr_asterisk.pbx.instance import Instance
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import Address, InstanceSpec, Login
from lcr_asterisk.simulator.addresses import free_address, some_rtp_ports
from lcr_asterisk.simulator.lines import Lines
from lcr_asterisk.simulator.phone import ANNOUNCE, FOR_EVER, REFUSE, Caller, Exchange, Phone, ResponderPhone

APP = "world"
HOST = "127.0.0.2"  # its own loopback address: SIP knows the two sides apart by where packets come from
TRUNK = "carrier"
_CONTEXT = "world"


class World:
    """Phones around a system whose SIP listens at `system`. `async with` starts and ends it.

    `sip` is where the carrier is, to which the system's trunk must point; `softphones` register at the system with
    these names and passwords; `lines` is how many calls can be heard without a moment's delay at their answer.
    """

    def __init__(
        self,
        directory: Path,
        binary: AsteriskBinary,
        *,
        system: Address,
        sip: Address | None = None,
        softphones: tuple[Login, ...] = (),
        lines: int = 4,
    ) -> None:
        self.sip = sip or free_address(HOST, "udp")
        self._lines_ready = lines
        self._softphones = softphones
        user = Login(APP, secrets.token_hex(20))
        http = free_address(self.sip.host, "tcp")
        spec = InstanceSpec(
            directory=directory,
            http=http,
            sip=self.sip,
            rtp=some_rtp_ports(),
            ari_users=(user,),
            extra={
                "pjsip.conf": _pjsip(system, softphones),
                "extensions.conf": _DIALPLAN,
                "modules.conf": _MODULES,
            },
            # Sending digits starts a generator of silence, which now and then (1 % of presses under load, 22.10.1)
            # stays on and drowns what the phone says afterwards.
            transmit_silence=False,
        )
        self.asterisk = Instance(spec, binary)
        self._connected = asyncio.Event()
        self._ari = AriClient(
            f"http://{http}",
            user.name,
            user.password,
            APP,
            on_event=self._on_event,
            on_connected=self._connected.set,
            on_disconnected=self._connected.clear,
        )
        self._lines = Lines(self._ari, APP, self.sip.host)
        self._phones: dict[str, ResponderPhone] = {}
        self.callers: list[Caller] = []  # of this story
        self._stack = AsyncExitStack()
        self._exchange: Exchange | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._begin()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def _begin(self) -> None:
        stack = self._stack
        await stack.enter_async_context(self.asterisk)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        stack.callback(self._lines.close)
        stack.callback(tasks.create_task(self._ari.run(), name="world-ari").cancel)
        async with asyncio.timeout(10):
            await self._connected.wait()

        def spawn(name: str, work: Coroutine[Any, Any, None]) -> None:
            tasks.create_task(work, name=name)

        began = asyncio.get_running_loop().time()
        self._exchange = Exchange(self._ari, APP, TRUNK, self._lines, spawn, began)
        await self._lines.open(self._lines_ready)
        stack.callback(tasks.create_task(self._lines.run(), name="world-sound").cancel)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Without the error: a task group would wrap it into a group of its own.
        await self._stack.aclose()

    @property
    def exchange(self) -> Exchange:
        assert self._exchange is not None, "the world has not begun: use `async with`"
        return self._exchange

    def caller(self, number: str, *, name: str = "", listen: bool = True) -> Caller:
        """Somebody with this number (E.164; empty: hidden), who can dial."""
        caller = Caller(self.exchange, number, name=name, listen=listen)
        self.callers.append(caller)
        return caller

    def phone(self, number: str, *, listen: bool = True) -> ResponderPhone:
        """The phone with this number ("+14155550101"), or this softphone ("sip:bob"); always the same one."""
        user = number.removeprefix("sip:")
        if user not in self._phones:
            self._phones[user] = ResponderPhone(self.exchange, number, listen=listen)
        return self._phones[user]

    async def softphones_register(self, within: float = 30.0) -> None:
        """Wait until every softphone is registered at the system."""
        shown = ""
        try:
            async with asyncio.timeout(within):
                while shown.count(" Registered ") < len(self._softphones):
                    await asyncio.sleep(0.1)
                    shown = await self.asterisk.cli("pjsip show registrations")
        except TimeoutError:
            raise AssertionError(f"The softphones did not register within {within:g} s.\n{shown}") from None

    async def starts_afresh(self, within: float = 10.0) -> None:
        """Hang up every call and forget every phone, so that the next story begins with none."""
        for channel, phone in list(self.exchange.calls.items()):
            self._ari.send(requests.hangup(channel))
            await phone.is_hung_up(within)
        self._phones.clear()
        self.callers.clear()

    def story(self) -> str:
        """What happened at every phone, for a failure report."""
        return "\n".join(f"{phone.number}:\n{phone.story()}" for phone in [*self.callers, *self._phones.values()])

    def _on_event(self, event: ari.Event) -> None:
        match event:
            case ari.StasisStart(channel, args):
                self._entered(channel, args)
            case ari.ChannelStateChange(channel) if channel.state is ari.ChannelState.UP:
                self._with(channel, lambda phone: phone.was_answered())
            case ari.ChannelDtmfReceived(channel, digit):
                self._with(channel, lambda phone: phone.received(digit))
            case ari.ChannelHangupRequest(channel, cause):
                self._with(channel, lambda phone: phone.other_side_hung_up(cause))
            case ari.StasisEnd(channel):
                self._with(channel, lambda phone: phone.was_ended())
            case ari.ChannelDestroyed(channel, cause, _, sip_status):
                # Comes for calls placed here; one that was refused never entered the application.
                self._with(channel, lambda phone: phone.was_ended(cause, sip_status))

    def _with(self, channel: ari.Channel, tell: Callable[[Phone], None]) -> None:
        phone = self.exchange.calls.get(channel.id)
        if phone is not None:
            tell(phone)

    def _entered(self, channel: ari.Channel, args: tuple[str, ...]) -> None:
        match args:
            case ("caller",):
                caller = self.exchange.calls.get(channel.id)
                if isinstance(caller, Caller):
                    caller.entered(channel.id)
            case ("inbound", user) if user in self._phones:
                self._phones[user].was_called(channel)
            case ("inbound", _):
                self._ari.send(requests.continue_in_dialplan(channel.id, REFUSE, "404"))
            case _:
                self._lines.entered(channel.id)


def _pjsip(system: Address, softphones: tuple[Login, ...]) -> str:
    text = f"""
[{TRUNK}]
type = endpoint
transport = lcr-udp
context = {_CONTEXT}
identify_by = ip
disallow = all
allow = ulaw
aors = {TRUNK}
direct_media = no
trust_id_inbound = yes
trust_id_outbound = yes
send_pai = yes
[{TRUNK}]
type = aor
contact = sip:{system}
[{TRUNK}]
type = identify
endpoint = {TRUNK}
match = {system.host}
"""
    for phone in softphones:
        text += f"""
[{phone.name}]
type = auth
auth_type = userpass
username = {phone.name}
password = {phone.password}
[{phone.name}]
type = registration
transport = lcr-udp
outbound_auth = {phone.name}
server_uri = sip:{system}
client_uri = sip:{phone.name}@{system}
contact_user = {phone.name}
retry_interval = 2
max_random_initial_delay = 0
"""
    return text


# External media is a channel of chan_rtp, which does not load without the multicast module.
_MODULES = "require = res_rtp_multicast.so\nrequire = chan_rtp.so\n"

_DIALPLAN = f"""
[{_CONTEXT}]
exten => _[+0-9a-zA-Z]!,1,Stasis({APP},inbound,${{EXTEN}})
 same => n,Hangup()
[{REFUSE}]
exten => _X!,1,PJSIPHangup(${{EXTEN}})
[{ANNOUNCE}]
exten => _X!,1,Gosub(announcement,1)
 same => n,PJSIPHangup(${{EXTEN}})
exten => {FOR_EVER},1,Gosub(announcement,1)
 same => n,Wait(600)
exten => announcement,1,Progress()
 same => n,PlayTones(950/330,1400/330,1800/330)
 same => n,Wait(1)
 same => n,Return()
"""
