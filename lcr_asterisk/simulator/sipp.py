"""A carrier of another make: sipp, which does to the letter what a scenario says and fails on anything else.

Where our own world is an Asterisk that talks with an Asterisk, sipp sends what other exchanges send: keys as SIP INFO
or as RTP events (RFC 4733), answers that cross a CANCEL, a BYE for a call that is over. It does not listen: what was
heard is known at the other end of the call.

    line = called()
    steps = (line.answers(), waits(1500), line.presses_by_info("1"), line.is_hung_up())
    async with Sipp(directory, steps, at=carrier) as bob:
        ...
        await bob.is_done()
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from lcr_asterisk.pbx.spec import Address
from lcr_asterisk.simulator.addresses import free_address

KEYS = Path("/usr/share/sip-tester")  # of the Debian package: each key as a recorded stream of RTP events
_MAY_SEND_RAW = Path(__file__).parents[2] / "var" / "sipp"  # scripts/setup makes it for those who are not root
_EVENTS = 101  # the RTP payload type that those recordings have
_POLL_SECONDS = 0.02
_STARTS_WITHIN = 10.0  # seconds
_LONGEST = 60  # seconds of a scenario

_SCENARIO = """\
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="{name}">
{body}
</scenario>
"""


class Sipp:
    """One sipp that listens at `at` and plays `steps` for one call: as the caller of `number` at `calls`, else as the
    one that is called. `async with` starts and ends it."""

    def __init__(self, directory: Path, steps: Sequence[str], *, at: Address, calls: Address | None = None) -> None:
        self._directory = directory
        self._steps = steps
        self._at = at
        self._calls = calls
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        scenario = self._directory / "scenario.xml"
        body = "\n".join(self._steps)
        scenario.write_text(_SCENARIO.format(name=self._directory.name, body=body), "utf-8")
        program = str(_MAY_SEND_RAW) if _MAY_SEND_RAW.exists() else "sipp"
        command = [program, "-sf", str(scenario), "-m", "1", "-nostdin"]
        command += ["-i", self._at.host, "-p", str(self._at.port)]
        command += ["-mi", self._at.host, "-mp", str(free_address(self._at.host, "udp").port)]
        command += ["-timeout", str(_LONGEST), "-timeout_error", "-trace_err", "-error_file", "errors.log"]
        if self._calls is not None:
            command.append(str(self._calls))
        self._process = await asyncio.create_subprocess_exec(
            *command, cwd=self._directory, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
        )
        async with asyncio.timeout(_STARTS_WITHIN):
            while self._process.returncode is None:  # where it ends at once, `is_done` says why
                if _listens(self._at):
                    break
                await asyncio.sleep(_POLL_SECONDS)
        return self

    async def is_done(self, within: float = 20.0) -> None:
        """The whole scenario was played, and everything that it expects came."""
        assert self._process is not None, "sipp does not run: use `async with`"
        try:
            output, _ = await asyncio.wait_for(self._process.communicate(), within)
        except TimeoutError:
            raise AssertionError(f"sipp was not done within {within:g} s.\n{self._errors()}") from None
        assert self._process.returncode == 0, f"{output.decode(errors='replace')[-1500:]}\n{self._errors()}"

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _errors(self) -> str:
        log = self._directory / "errors.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else "(it reported no error)"


def _listens(address: Address) -> bool:
    """Whether a UDP socket of this machine is bound there, as Linux shows it."""
    host = "".join(f"{int(part):02X}" for part in reversed(address.host.split(".")))
    return f" {host}:{address.port:04X} " in Path("/proc/net/udp").read_text()


def waits(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>'


@dataclass(frozen=True)
class Line:
    """One side of a call, whose steps are put together to a scenario. `events`: it offers keys as RTP events.

    `own` and `other` are its From and To in what it sends of itself.
    """

    own: str
    other: str
    events: bool = True

    def presses_by_event(self, key: str) -> str:
        """Press a key, sent as RTP events. They are raw packets, for which sipp needs a permission."""
        return f'<nop><action><exec play_pcap_audio="{KEYS}/dtmf_2833_{key}.pcap"/></action></nop>'

    def presses_by_info(self, key: str) -> str:
        """Press a key, sent as SIP INFO."""
        body = f"Signal={key}\nDuration=160"
        return self._sends("INFO", 2, "application/dtmf-relay", body) + '<recv response="200"/>'

    def is_hung_up(self) -> str:
        return '<recv request="BYE"/>' + _reply("200 OK", _SAME)

    def hangs_up(self) -> str:
        return self._sends("BYE", 3) + '<recv response="200"/>'

    def is_hung_up_and_hangs_up_late(self) -> str:
        """The BYE is answered only when it has come again; then comes one of our own, for a call that is over."""
        answer = f'<recv request="BYE"/>{waits(800)}{_reply("200 OK", _SAME)}{waits(300)}'
        # Whichever is right: for Asterisk a call lingers for a while, so that it still knows it.
        either = '<recv response="481" optional="true" next="known"/><recv response="200"/><label id="known"/>'
        return answer + self._sends("BYE", 3) + either

    def _sends(self, method: str, cseq: int, content: str = "", body: str = "") -> str:
        """A request in the call."""
        return f"""
<send{"" if method == "ACK" else ' retrans="500"'}><![CDATA[
{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: {self.own}
To: {self.other}
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
{_content(content, body)}
]]></send>
"""

    def _sdp(self) -> str:
        keys = f"\na=rtpmap:{_EVENTS} telephone-event/8000" if self.events else ""
        return f"""v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0{f" {_EVENTS}" if self.events else ""}
a=rtpmap:0 PCMU/8000{keys}"""


def dialling(number: str, caller: str, *, events: bool = True) -> Dialling:
    """The line of `caller`, who calls `number`."""
    own = f"<sip:{caller}@[local_ip]:[local_port]>;tag=[pid]"
    return Dialling(own, f"<sip:{number}@[remote_ip]:[remote_port]>[peer_tag_param]", events, number, caller)


@dataclass(frozen=True)
class Dialling(Line):
    """The line that calls."""

    number: str = ""
    caller: str = ""

    def dials(self) -> str:
        """Call, and wait for the answer."""
        return f"""
<send retrans="500"><![CDATA[
INVITE sip:{self.number}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: {self.own}
To: <sip:{self.number}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:{self.caller}@[local_ip]:[local_port]>
P-Asserted-Identity: <sip:{self.caller}@[local_ip]>
Max-Forwards: 70
{_content(_SDP, self._sdp())}
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rrs="true"/>
{self._sends("ACK", 1)}"""


def called(*, events: bool = True) -> Called:
    """The line of whoever is called next."""
    return Called(f"[$called]{_OWN_TAG}", "[$caller]", events)


@dataclass(frozen=True)
class Called(Line):
    """The line that is called."""

    def rings(self) -> str:
        return f"""
<recv request="INVITE" rrs="true"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="called"/>
</action></recv>
<Reference variables="caller,called"/>
{_reply("180 Ringing")}"""

    def answers(self) -> str:
        """Ring, then answer."""
        return f"""{self.rings()}{_reply("200 OK", body=self._sdp())}<recv request="ACK"/>"""

    def refuses_with(self, status: str) -> str:
        """`status`, such as "486 Busy Here"."""
        return f"""<recv request="INVITE"/>{_reply(status)}<recv request="ACK"/>"""

    def announces_and_refuses_with(self, status: str) -> str:
        """Open the sound before any answer, as for an announcement (which is not played), then refuse after 1 s."""
        progress = _reply("183 Session Progress", body=self._sdp())
        return f"""<recv request="INVITE"/>{progress}{waits(1000)}{_reply(status)}<recv request="ACK"/>"""

    def wants_a_password(self) -> str:
        """Ask who calls, as a carrier does that does not know us."""
        challenge = 'WWW-Authenticate: Digest realm="carrier", nonce="1", algorithm=MD5'
        return f"""<recv request="INVITE"/>{_reply("401 Unauthorized", header=challenge)}<recv request="ACK"/>"""

    def answers_as_it_is_cancelled(self) -> str:
        """The answer crosses the CANCEL: both sides are in a call that nobody wants any more."""
        answer = _reply("200 OK", cseq="CSeq: [last_cseq_number] INVITE", body=self._sdp())
        return f"""{self.rings()}<recv request="CANCEL"/>{_reply("200 OK")}{answer}<recv request="ACK"/>"""


_SDP = "application/sdp"
_OWN_TAG = ";tag=[pid]called"
_SAME = ""  # in a call, the To of a request has our tag already


def _reply(status: str, tag: str = _OWN_TAG, *, cseq: str = "[last_CSeq:]", header: str = "", body: str = "") -> str:
    """An answer to the last request, or with `cseq` to another one of its branch. `header` is one more of its lines."""
    extra = f"\n{header}" if header else ""
    return f"""
<send{' retrans="500"' if body and status.startswith("2") else ""}><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
{cseq}
Contact: <sip:[local_ip]:[local_port]>{extra}
{_content(_SDP if body else "", body)}
]]></send>
"""


def _content(kind: str, body: str) -> str:
    return f"Content-Type: {kind}\nContent-Length: [len]\n\n{body}" if body else "Content-Length: 0\n"
