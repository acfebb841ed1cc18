"""How much later do phones ring, and do people hear each other, than with plain Dial() on the same Asterisk?

`make bench` places the same call in turn through the engine and through Dial(A&B&C,,U(screen)), over real SIP and RTP,
and prints medians and their ratios. Exit code 1 when a ratio is above its bound.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from lcr_asterisk.pbx.root import ensure_asterisk
from tests.acceptance.hotline import Hotline

REPOSITORY = Path(__file__).parents[1]
ROUNDS = 20
OURS, DIAL = "+14155551009", "+14155559990"
PEOPLE = ("alice", "bob", "carol")
RINGING_BOUND = 1.0
SOUND_BOUND = 1.05

# Plain Asterisk doing the same: all three ring, the one who answers has to press 1, then both talk.
DIALPLAN = f"""
[lcr-inbound](+)
exten => {DIAL},1,Answer()
 same => n,Dial(PJSIP/+14155550101@trunk&PJSIP/+14155550102@trunk&PJSIP/+14155550103@trunk,30,U(bench-screen))
 same => n,Hangup()
[bench-screen]
exten => s,1,Read(PRESSED,,1,,1,10)
 same => n,Return()
"""


@dataclass
class Times:
    """Seconds: from dialling until the third phone rings, and from pressing 1 until the caller hears the responder."""

    ringing: list[float] = field(default_factory=list)
    sound: list[float] = field(default_factory=list)


async def one_call(hotline: Hotline, number: str, times: Times) -> None:
    await hotline.world.starts_afresh()
    caller, phones = hotline.caller(), [hotline.phone(person) for person in PEOPLE]
    dialled = await caller.dials(number)
    rings = [await phone.rings() for phone in phones]
    times.ringing.append(max(ring.at for ring in rings) - dialled)
    taker = phones[len(times.ringing) % len(phones)]
    await taker.answers()
    await caller.is_answered()
    taker.speaks("alice-voice")
    pressed = await taker.presses("1")
    heard = await caller.hears("alice-voice")
    times.sound.append(heard.start - pressed)
    await caller.hangs_up()
    await taker.is_hung_up()
    await hotline.nothing_is_left()


def report(what: str, ours: list[float], dial: list[float], bound: float) -> bool:
    ratio = median(ours) / median(dial)
    good = ratio <= bound
    print(
        f"{what:<34} engine {_shown(ours)}   Dial {_shown(dial)}   "
        f"ratio {ratio:.3f} (bound {bound:.2f}: {'met' if good else 'NOT MET'})"
    )
    return good


def _shown(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:6.1f} ms (p95 {quantiles(seconds, n=20)[-1] * 1000:6.1f})"


async def main() -> int:
    binary = await asyncio.to_thread(ensure_asterisk, REPOSITORY / "var", print)
    ours, dial = Times(), Times()
    with tempfile.TemporaryDirectory(prefix="lcr-bench-") as directory:
        async with Hotline(Path(directory), binary, dialplan=DIALPLAN) as hotline:
            print(f"{binary}: {ROUNDS} calls through each, in turn, with three phones", flush=True)
            for number in range(1, ROUNDS + 1):
                await one_call(hotline, OURS, ours)
                await one_call(hotline, DIAL, dial)
                if number % 5 == 0:
                    print(f"  {number} of {ROUNDS}", flush=True)
    good = [
        report("INVITE until three phones ring", ours.ringing, dial.ringing, RINGING_BOUND),
        report("press 1 until the caller hears", ours.sound, dial.sound, SOUND_BOUND),
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
