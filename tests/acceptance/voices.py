"""What people say in these tests, and what a kept recording has of it."""

from __future__ import annotations

import audioop
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from lcr_asterisk.simulator.ear import PACKET_SECONDS, recognise
from lcr_asterisk.simulator.phone import WITHIN, Phone
from lcr_asterisk.simulator.tones import PACKET_SAMPLES, RATE

if TYPE_CHECKING:
    from tests.acceptance.hotline import Hotline

LEFT, RIGHT = "mono|c0=c0", "mono|c0=c1"


async def speaks_for(phone: Phone, voice: str, seconds: float) -> None:
    """Say so many seconds of something, and then nothing. The sound is counted: a machine that halts cuts none off."""
    phone.speaks(voice, seconds)
    await phone.has_spoken(within=seconds + WITHIN)
    phone.falls_silent()


async def says(phone: Phone, voice: str, *listeners: Phone) -> None:
    """Say something until all of them have heard it, however long they took to be connected; and then nothing."""
    phone.speaks(voice)
    for listener in listeners:
        await listener.hears(voice)
    phone.falls_silent()
    for listener in listeners:
        await listener.no_longer_hears(voice)


async def leaves_a_message(hotline: Hotline, caller: Phone, seconds: float = 2.5) -> None:
    """Listen to the greeting, speak after the beep, press #, and hear that it is kept."""
    await speaks_after_the_beep(hotline, caller, seconds)
    await caller.presses("#")
    await caller.hears("message_kept")
    await caller.is_hung_up()


async def speaks_after_the_beep(hotline: Hotline, caller: Phone, seconds: float) -> None:
    """Listen until the beep, and speak after it; the line stays open. Nobody else may leave a message just then.

    Between the end of the beep and the recording there is a request: what is said meanwhile would be in no message.
    """
    await caller.hears("beep")
    await caller.no_longer_hears("beep")
    await hotline.records("message")
    await speaks_for(caller, "caller-voice", seconds)


def tones_in(recording: Path, side: str = LEFT) -> dict[str, float]:
    """Every tone in a kept WAV or MP3, or on one `side` of it, and how many seconds there are of it."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(recording), "-af", f"pan={side}", "-ar", str(RATE)]
    pcm = subprocess.run([*command, "-f", "s16le", "-"], check=True, capture_output=True).stdout
    size = 2 * PACKET_SAMPLES
    packets = [audioop.lin2ulaw(pcm[at : at + size], 2) for at in range(0, len(pcm) - size, size)]
    found = Counter(name for sound in recognise(packets) for name in sound.tones)
    return {name: round(count * PACKET_SECONDS, 2) for name, count in found.items()}
