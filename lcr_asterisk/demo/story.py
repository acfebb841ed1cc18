"""The two calls of the demo, as their people live them."""

from __future__ import annotations

from dataclasses import dataclass

from lcr_asterisk.demo.listening import Person, Teller
from lcr_asterisk.demo.sounds import Sounds
from lcr_asterisk.errors import DemoFailed
from lcr_asterisk.simulator.phone import Caller, ResponderPhone, Ring

HOTLINE = "+14155551000"
SAM = "+14155559001"
ALICE = "+14155550101"
BOB = "sip:bob"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in both stories, besides the caller."""

    alice: ResponderPhone
    bob: ResponderPhone
    sounds: Sounds
    teller: Teller

    async def ring(self) -> None:
        """Both responders' phones ring."""
        self.teller.tell(f"Alice's mobile ({ALICE}) rings, showing {_display(await self.alice.rings())}")
        self.teller.tell(f"Bob's softphone ({BOB}) rings, showing {_display(await self.bob.rings())}")


async def someone_takes_the_call(cast: Cast, caller: Caller) -> None:
    """Alice presses 1, and Sam and she talk. Raises DemoFailed, or AssertionError where a phone did something else."""
    sounds, tell = cast.sounds, cast.teller.tell
    sam, alice = Person("Sam", caller, cast.teller), Person("Alice", cast.alice, cast.teller)
    await _dials(cast, caller)
    await sam.hears(sounds.welcome)
    await sam.hears(sounds.menu)
    await sam.presses("1", "for the website")
    await cast.ring()
    await sam.hears(sounds.hold, all_of_it=False)
    await cast.alice.answers()
    tell("Alice answers; Bob's softphone goes on ringing")
    await alice.hears(sounds.whisper)
    pressed = await alice.presses("1", "to take it: she need not listen to the end")
    if await cast.bob.stops_ringing() < pressed:
        raise DemoFailed("Bob's phone stopped ringing before Alice had taken the call.")
    tell("Bob's softphone stops ringing; Sam and Alice are connected")
    await sam.hears(sounds.notice, all_of_it=False)
    await alice.hears(sounds.notice)
    await sam.says_to(alice, sounds.report)
    await alice.says_to(sam, sounds.answer)
    await sam.says_to(alice, sounds.thanks)
    await caller.hangs_up()
    await cast.alice.is_hung_up()
    tell("Sam hangs up, and Alice's line is closed")


async def nobody_takes_the_call(cast: Cast, caller: Caller) -> None:
    """Alice rejects, Bob does not answer, Sam leaves a message. Raises as `someone_takes_the_call`."""
    sounds, tell = cast.sounds, cast.teller.tell
    sam = Person("Sam", caller, cast.teller)
    await _dials(cast, caller)
    await sam.hears(sounds.welcome, all_of_it=False)
    await sam.presses("2", "at once, for the shop: Sam knows the menu by now")
    await cast.ring()
    await cast.alice.rejects()
    tell("Alice rejects the call")
    await sam.hears(sounds.hold, all_of_it=False)
    await cast.bob.stops_ringing()
    tell("Bob does not answer; after 4 s his softphone stops ringing")
    await sam.hears(sounds.no_answer)
    await sam.hears(sounds.voicemail)
    await sam.hears(sounds.beep)
    await sam.says(sounds.message)
    await sam.presses("#", "to end the message")
    await sam.hears(sounds.message_kept)
    await caller.is_hung_up()
    tell("The hotline hangs up")


async def _dials(cast: Cast, caller: Caller) -> None:
    cast.teller.tell(f"Sam ({SAM}) dials the hotline, {HOTLINE}")
    await caller.dials(HOTLINE)
    await caller.is_answered()


def _display(ring: Ring) -> str:
    return f"“{ring.shown_name}” {ring.shown_number}"
